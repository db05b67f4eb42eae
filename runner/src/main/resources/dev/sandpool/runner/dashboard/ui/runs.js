// The last runs: facts, never contents.

import { bytes, element, ending, kind, millis, time } from "./format.js";

const MOST = 100;
const body = document.getElementById("runs");
const none = document.getElementById("no-runs");
let waiting = [];

/** Shows these, the newest first, instead of all that was shown. */
export function showAll(runs) {
  waiting = [];
  body.replaceChildren(...runs.slice(0, MOST).map(row));
  none.hidden = runs.length > 0;
}

/** Adds one that just ended. Many at once are shown in one go. */
export function add(run) {
  if (waiting.push(run) === 1) requestAnimationFrame(flush);
  if (waiting.length > MOST) waiting.shift();
}

function flush() {
  if (!waiting.length) return;
  const known = new Set([...body.rows].map((shown) => shown.dataset.handle));
  body.prepend(...waiting.filter((run) => !known.has(run.handle)).reverse().map(row));
  waiting = [];
  while (body.rows.length > MOST) body.rows[body.rows.length - 1].remove();
  none.hidden = true;
}

function row(run) {
  const made = element("tr");
  made.dataset.handle = run.handle;
  const when = element("td", "when");
  const date = new Date(run.begun);
  const shown = element("time", "", time(date));
  shown.dateTime = run.begun;
  shown.title = date.toLocaleString();
  when.append(shown);
  const ended = element("td");
  ended.append(element("span", `key ${kind(run.outcome)}`), ending(run));
  // What never came to a sandbox took nothing, which is not the same as none.
  const { sandbox } = run;
  const usage = sandbox ? run.usage : {};
  const phases = sandbox ? run.phases : {};
  made.append(
    when,
    ended,
    element("td", "number", millis(phases.queueMillis)),
    element("td", "number", millis(phases.runMillis)),
    element("td", "number", millis(sandbox && usage.userMillis + usage.systemMillis)),
    element("td", "number", bytes(usage.peakMemoryBytes)),
    element("td", "number", bytes(sandbox && run.stdoutBytes + run.stderrBytes)),
    element("td", "name", sandbox ? (sandbox.run > 1 ? `${sandbox.name}, run ${sandbox.run}` : sandbox.name) : "none"),
  );
  return made;
}
