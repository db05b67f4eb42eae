// The pool as it is now, and its last minutes.

import { element, kind, KINDS, millis, time } from "./format.js";
import { lined, stacked } from "./plot.js";

const WAITS = [
  { name: "p50", words: "half waited at most" },
  { name: "p95", words: "95 % waited at most" },
];

const byId = (id) => document.getElementById(id);
let latest = null;
// What the runner's clock is ahead of this one.
let ahead = 0;

export function show(pool) {
  latest = pool;
  if (pool.at) ahead = pool.at - Date.now() / 1000;
  byId("pool-name").textContent = pool.pool;
  byId("runner-name").textContent = pool.runner === pool.pool ? "" : pool.runner;
  byId("revision").textContent = pool.revision && pool.revision !== "local" ? `revision ${pool.revision}` : "";
  document.title = `${pool.pool} · Sandpool`;
  tiles(pool);
  plots();
}

function tiles(pool) {
  const wanted = pool.warmWanted;
  const all = [
    { name: "Warm", value: pool.warm, rest: wanted === undefined ? "ready to run" : `of ${wanted} wanted`, of: wanted, why: pool.warmReason },
    { name: "Running", value: pool.running, rest: `of ${pool.capacity} at once`, of: pool.capacity },
    { name: "Queued", value: pool.queued, rest: `of ${pool.queueDepth} places`, of: pool.queueDepth },
    { name: "Starting", value: pool.starting, rest: "sandboxes" },
  ];
  byId("tiles").replaceChildren(...all.map(tile));
}

function tile({ name, value, rest, of, why }) {
  const box = element("div", `tile ${name.toLowerCase()}`);
  const shown = element("dd");
  shown.append(element("strong", "", String(value ?? 0)), " ", element("span", "", rest));
  box.append(element("dt", "", name), shown);
  if (of) {
    const bar = element("dd", "bar");
    bar.setAttribute("aria-hidden", "true");
    const part = element("span");
    part.style.width = `${Math.min(100, (100 * value) / of)}%`;
    bar.append(part);
    box.append(bar);
  }
  if (why) box.append(element("dd", "why", why));
  return box;
}

/** Draws the plots anew: they move on though nothing new is told. */
export function plots() {
  if (!latest?.recent) return;
  const { seconds, bucketSeconds = 5, buckets } = latest.recent;
  const now = Date.now() / 1000 + ahead;
  const within = buckets.filter((bucket) => bucket.t + bucketSeconds > now - seconds);
  const ended = within.map((bucket) => ({ t: bucket.t, values: byKind(bucket.outcomes) }));
  const totals = byKind({});
  for (const bucket of ended) for (const name in totals) totals[name] += bucket.values[name];
  const runs = KINDS.map(({ name, words }) => ({ name, words: `${totals[name]} ${words}` }));
  const common = { bucketSeconds, seconds, now };
  stacked(byId("ended-plot"), {
    ...common,
    buckets: ended,
    parts: KINDS.map(({ name }) => name),
    description: `Runs that ended in the last 5 minutes: ${runs.map(({ words }) => words).join(", ")}`,
  });
  legend(byId("ended-legend"), runs);

  const waits = within.map((bucket) => ({ t: bucket.t, values: { p50: bucket.queueMillisP50, p95: bucket.queueMillisP95 } }));
  const longest = (name) => waits.reduce((most, { values }) => Math.max(most, values[name] ?? 0), 0);
  lined(byId("wait-plot"), {
    ...common,
    buckets: waits,
    series: WAITS.map(({ name }) => name),
    label: millis,
    description: `Wait in the queue in the last 5 minutes: half of the runs waited at most ${millis(longest("p50"))}, 95 percent at most ${millis(longest("p95"))}, in the worst ${bucketSeconds} seconds`,
  });
  legend(byId("wait-legend"), WAITS);
  if (byId("numbers").open) table(within);
}

function byKind(outcomes) {
  const counts = Object.fromEntries(KINDS.map(({ name }) => [name, 0]));
  for (const [outcome, count] of Object.entries(outcomes)) counts[kind(outcome)] += count;
  return counts;
}

function legend(list, items) {
  const text = items.map(({ words }) => words).join("|");
  if (list.dataset.text === text) return;
  list.dataset.text = text;
  list.replaceChildren(
    ...items.map(({ name, words }) => {
      const item = element("li");
      item.append(element("span", `key ${name}`), words);
      return item;
    }),
  );
}

function table(buckets) {
  const head = element("tr");
  for (const words of ["From", "Runs", ...KINDS.map(({ name }) => name), "wait p50", "wait p95", "run p50"]) {
    const cell = element("th", words === "From" ? "" : "number", words);
    cell.scope = "col";
    head.append(cell);
  }
  const rows = buckets.toReversed().map((bucket) => {
    const row = element("tr");
    const counts = byKind(bucket.outcomes);
    row.append(element("td", "", time(new Date((bucket.t - ahead) * 1000))), element("td", "number", String(bucket.runs)));
    for (const { name } of KINDS) row.append(element("td", "number", String(counts[name])));
    for (const value of [bucket.queueMillisP50, bucket.queueMillisP95, bucket.runMillisP50]) {
      row.append(element("td", "number", millis(value)));
    }
    return row;
  });
  const caption = element("caption", "hint", buckets.length ? "5 seconds a row; those without runs are left out" : "Nothing ended in the last 5 minutes");
  const [thead, tbody] = [element("thead"), element("tbody")];
  thead.append(head);
  tbody.append(...rows);
  byId("numbers-table").replaceChildren(caption, thead, tbody);
}
