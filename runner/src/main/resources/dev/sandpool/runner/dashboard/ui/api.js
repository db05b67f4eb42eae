// Speaks with the runner. All paths are relative to the page, which a proxy may have put anywhere.

import { ask, authorization } from "./token.js";

const BASE = new URL("../", import.meta.url);

/** An answer that is not a success, with the words that the runner found for it. */
export class Problem extends Error {
  constructor(status, fields, retryAfter) {
    super(fields.detail || fields.title || `The runner answered with status ${status}.`);
    this.status = status;
    this.fields = fields;
    this.retryAfter = retryAfter;
  }

  /** The detail, and when it may be worth trying again. */
  words() {
    const parts = [this.message.replace(/([^.!?])$/, "$1.")];
    if (this.fields.position) parts.push(`${this.fields.position} of yours are ahead.`);
    if (this.retryAfter) parts.push(`Try again in ${this.retryAfter} s.`);
    return parts.join(" ");
  }
}

/** fetch, with the token if there is one; asks for it when the runner does. What is sent is made anew for each attempt. */
export async function call(path, makeInit = () => ({})) {
  while (true) {
    const init = makeInit();
    const response = await fetch(new URL(path, BASE), {
      ...init,
      cache: "no-store",
      credentials: "same-origin",
      headers: { ...init.headers, ...authorization() },
    });
    if (response.status === 401 && (await ask("Authorization" in authorization()))) continue;
    if (!response.ok) throw await problem(response);
    return response;
  }
}

async function problem(response) {
  const text = (await response.text()).slice(0, 4096);
  const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
  try {
    return new Problem(response.status, JSON.parse(text), retryAfter);
  } catch {
    return new Problem(response.status, { detail: text.trim() }, retryAfter);
  }
}

// No line of the runner's is longer; one that is would only fill the memory.
const LONGEST_LINE = 4 << 20;

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const parts = (rest + piece.value).split("\n");
      rest = parts.pop();
      yield* parts;
      if (rest.length > LONGEST_LINE) throw new Error("The runner sent a line without an end.");
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** The objects of an answer in lines of JSON, as they come. */
export async function* jsonLines(response) {
  for await (const line of lines(response.body)) {
    if (line.trim()) yield JSON.parse(line);
  }
}

/** Server-sent events, as they come. Not by EventSource, which cannot send a token. */
export async function* events(response) {
  let name = "message";
  let data = [];
  for await (const line of lines(response.body)) {
    if (line === "") {
      if (data.length) yield { name, data: JSON.parse(data.join("\n")) };
      name = "message";
      data = [];
    } else if (line.startsWith("event:")) {
      name = line.slice(6).trim();
    } else if (line.startsWith("data:")) {
      data.push(line.slice(5).replace(/^ /, ""));
    }
  }
}
