// The box that runs a program: sends it, shows its output as it comes, and how it ended.

import { call, jsonLines, Problem } from "./api.js";
import { bytes, element, ending, kind, millis, words } from "./format.js";

// What a page can show without becoming slow; the rest is counted only.
const MOST_SHOWN = 256 * 1024;

const byId = (id) => document.getElementById(id);
const [form, start, cancel, output, outcome, facts] = ["form", "start", "cancel", "output", "outcome", "facts"].map(byId);
let underWay = null;

export function prepare() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!underWay) run();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !underWay) form.requestSubmit();
  });
  byId("run").addEventListener("keydown", (event) => {
    if (event.key === "Escape") underWay?.abort();
  });
  cancel.addEventListener("click", () => underWay?.abort());
  for (const choice of form.elements.kind) choice.addEventListener("change", choose);
  prepareDrop();
  choose();
}

function choose() {
  const file = form.elements.kind.value === "file";
  byId("script-field").hidden = file;
  byId("file-field").hidden = !file;
}

function prepareDrop() {
  const box = byId("run");
  const over = (on) => (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    box.classList.toggle("over", on);
  };
  box.addEventListener("dragover", over(true));
  box.addEventListener("dragleave", over(false));
  box.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    over(false)(event);
    form.elements.kind.value = "file";
    choose();
    byId("file").files = event.dataTransfer.files;
  });
}

/** What the reader filled in, or null after telling what is wrong with it. */
function request() {
  for (const id of ["arguments", "timeout"]) wrong(id, "");
  const options = {};
  try {
    const list = words(byId("arguments").value);
    if (list.length) options.arguments = list;
  } catch (error) {
    return wrong("arguments", error.message);
  }
  const timeout = byId("timeout").value.trim();
  if (timeout) {
    if (!/^(\d+(\.\d+)?(ms|s|m))+$/.test(timeout)) return wrong("timeout", "Write it as 2s or 500ms.");
    options.runTimeout = timeout;
  }
  const file = form.elements.kind.value === "file" ? byId("file").files[0] : null;
  if (form.elements.kind.value === "file" && !file) {
    told("failed", "Choose a file first.");
    byId("file").focus();
    return null;
  }
  return { options, program: file ?? new Blob([byId("script").value]), stdin: byId("stdin").value };
}

function wrong(id, text) {
  byId(`${id}-error`).textContent = text;
  if (text) byId(id).setAttribute("aria-invalid", "true");
  else byId(id).removeAttribute("aria-invalid");
  if (text) byId(id).focus();
  return null;
}

/** The parts in the order that the runner wants them in; blobs, since a form changes the line ends of texts. */
function body({ options, program, stdin }) {
  const parts = new FormData();
  parts.append("options", JSON.stringify(options));
  parts.append("program", program, "program");
  if (stdin) parts.append("stdin", new Blob([stdin]), "stdin");
  return parts;
}

async function run() {
  const wanted = request();
  if (!wanted) return;
  underWay = new AbortController();
  const { signal } = underWay;
  busy(true);
  clear();
  told("", "Sending…");
  try {
    const response = await call("v1/runs", () => ({
      method: "POST",
      body: body(wanted),
      signal,
      headers: { Accept: "application/x-ndjson" },
    }));
    await follow(response);
  } catch (error) {
    if (signal.aborted) told("refused", "Cancelled. The program and its sandbox are ended.");
    else if (error instanceof Problem) told("failed", error.words());
    else told("failed", "The connection to the runner broke before the end.");
  } finally {
    underWay = null;
    busy(false);
  }
}

async function follow(response) {
  for await (const event of jsonLines(response)) {
    switch (event.event) {
      case "started":
        told("", "Running…");
        break;
      case "stdout":
      case "stderr":
        print(event.event, event.text ?? decoded(event.base64));
        break;
      case "exit":
        return ended(event);
      case "problem":
        throw new Problem(event.status, event);
    }
  }
  throw new TypeError("the answer ended early");
}

function decoded(base64) {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
}

let shown = 0;
let last = null;

function clear() {
  shown = 0;
  last = null;
  output.replaceChildren();
  output.hidden = true;
  facts.replaceChildren();
}

function print(stream, text) {
  if (!text || shown > MOST_SHOWN) return;
  output.hidden = false;
  const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 4;
  if (last?.dataset.stream !== stream) {
    const chunk = element("div", `chunk ${stream}`);
    last = element("pre");
    last.dataset.stream = stream;
    chunk.append(element("span", "stream", stream), last);
    output.append(chunk);
  }
  last.append(text.slice(0, MOST_SHOWN - shown));
  shown += text.length;
  if (shown > MOST_SHOWN) output.append(element("p", "hint", `What came after ${bytes(MOST_SHOWN)} is not shown here.`));
  if (atEnd) output.scrollTop = output.scrollHeight;
}

function ended(run) {
  told(kind(run.outcome), `The program ${ending(run)}.${run.message ? ` ${run.message}` : ""}`);
  const { usage = {}, phases = {}, sandbox } = run;
  const rows = [
    ["Took", millis(usage.wallMillis)],
    ["CPU", `${millis(usage.userMillis)} own, ${millis(usage.systemMillis)} system`],
    ["Memory at most", bytes(usage.peakMemoryBytes)],
    ["Printed", `${bytes(run.stdout?.bytes)} stdout, ${bytes(run.stderr?.bytes)} stderr${run.stdout?.truncated || run.stderr?.truncated ? ", cut off" : ""}`],
    ["On the way", `${millis(phases.queueMillis)} queue, ${millis(phases.claimMillis)} sandbox, ${millis(phases.sendMillis)} sending, ${millis(phases.runMillis)} running`],
    ["Sandbox", sandbox ? `${sandbox.name}, run ${sandbox.run}` : "none"],
    ["Run", run.id],
  ];
  facts.replaceChildren(
    ...rows.map(([name, value]) => {
      const pair = element("div", name === "On the way" ? "wide" : "");
      pair.append(element("dt", "", name), element("dd", "", value));
      return pair;
    }),
  );
}

function told(how, text) {
  outcome.className = `outcome ${how}`;
  outcome.textContent = text;
}

function busy(on) {
  const active = document.activeElement;
  start.disabled = on;
  cancel.disabled = !on;
  // Whoever uses the keyboard goes on where he was.
  if (on && active === start) cancel.focus();
  if (!on && (active === cancel || active === document.body)) start.focus();
}
