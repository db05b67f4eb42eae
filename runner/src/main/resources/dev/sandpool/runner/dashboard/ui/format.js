// How numbers, times and endings are told to people.

/** Milliseconds, in the unit that suits them. */
export function millis(value) {
  if (value === undefined || value === null) return "–";
  if (value >= 10000) return `${(value / 1000).toFixed(0)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  if (value >= 10 || value === 0) return `${value.toFixed(0)} ms`;
  return `${value.toFixed(1)} ms`;
}

export function bytes(value) {
  if (value === undefined || value === null) return "–";
  if (value < 1024) return `${value} B`;
  const units = ["KiB", "MiB", "GiB"];
  let size = value / 1024;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size < 10 ? size.toFixed(1) : size.toFixed(0)} ${units[unit]}`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function time(date) {
  return clock.format(date);
}

/** The few kinds that a reader tells apart at a glance; each ending belongs to one. */
export const KINDS = [
  { name: "exited", words: "exited" },
  { name: "stopped", words: "stopped by a signal or limit" },
  { name: "refused", words: "refused or cancelled" },
  { name: "failed", words: "failed on our side" },
];

const KIND_OF = {
  exited: "exited",
  signalled: "stopped",
  "timed-out": "stopped",
  unanswered: "stopped",
  "cpu-time-exceeded": "stopped",
  "out-of-memory": "stopped",
  "output-too-large": "stopped",
  "failed-to-start": "stopped",
  "sandbox-lost": "failed",
  "authentication-unavailable": "failed",
  overloaded: "failed",
  "no-sandbox": "failed",
  "shutting-down": "failed",
  failed: "failed",
};

/** An ending without an entry here is a refusal with a reason that the client can do something about, or a cancelled run. */
export function kind(outcome) {
  return KIND_OF[outcome] ?? "refused";
}

const WORDS = {
  signalled: "ended by a signal",
  "timed-out": "ran out of time",
  unanswered: "ran out of time",
  "cpu-time-exceeded": "used up its CPU time",
  "out-of-memory": "ran out of memory",
  "output-too-large": "printed too much",
  "failed-to-start": "is not a program that runs here",
  "sandbox-lost": "lost its sandbox",
};

/** How a run ended, in a few words. */
export function ending(run) {
  if (run.outcome === "exited") return `exited with ${run.exitCode ?? 0}`;
  if (run.outcome === "signalled" && run.signal) return `ended by ${run.signal}`;
  return WORDS[run.outcome] ?? run.outcome.replaceAll("-", " ");
}

/** The words of a line as a shell divides them: by spaces, but not inside quotes; a backslash takes the next as it is. */
export function words(line) {
  const found = [];
  let word = null;
  let quote = null;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (c === "\\" && quote !== "'" && i + 1 < line.length) {
      word = (word ?? "") + line[++i];
    } else if (quote) {
      if (c === quote) quote = null;
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= "";
    } else if (/\s/.test(c)) {
      if (word !== null) found.push(word);
      word = null;
    } else {
      word = (word ?? "") + c;
    }
  }
  if (quote) throw new Error(`The quote ${quote} is not closed.`);
  if (word !== null) found.push(word);
  return found;
}

/** An element with a class and text; never markup, since what is told may be anybody's. */
export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
