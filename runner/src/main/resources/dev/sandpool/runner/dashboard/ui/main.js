// Follows the pool while somebody looks, and wires the page's parts.

import { call, events, Problem } from "./api.js";
import { plots, show } from "./pool.js";
import { prepare } from "./run.js";
import { add, showAll } from "./runs.js";

const LONGEST_PAUSE = 15_000;
const live = document.getElementById("live");
const liveWords = document.getElementById("live-words");
let following = null;

function state(name, words) {
  live.dataset.state = name;
  // The same words again would be read out again.
  if (liveWords.textContent !== words) liveWords.textContent = words;
}

async function follow(signal) {
  let pause = 1000;
  while (!signal.aborted) {
    let words = "connection lost, trying again";
    try {
      const stream = await call("v1/pool/events", () => ({ signal }));
      // After the stream is open, so that no run falls between the two; one that is told twice is shown once.
      showAll((await (await call("v1/runs", () => ({ signal }))).json()).runs);
      for await (const event of events(stream)) {
        state("live", "live");
        pause = 1000;
        if (event.name === "pool") show(event.data);
        else if (event.name === "run") add(event.data);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem) {
        words = error.words();
        if (error.status === 401) return state("lost", "not allowed to watch without a token; reload to give one");
        pause = Math.max(pause, (error.retryAfter ?? 0) * 1000);
      }
    }
    state("lost", words);
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
}

/** Nobody looks at a hidden page: it listens to nothing. */
function whenSeen() {
  if (document.hidden) {
    following?.abort();
    following = null;
  } else if (!following) {
    following = new AbortController();
    follow(following.signal);
  }
}

prepare();
document.addEventListener("visibilitychange", whenSeen);
whenSeen();
setInterval(() => document.hidden || plots(), 5000);
new ResizeObserver(plots).observe(document.getElementById("pool"));
document.getElementById("numbers").addEventListener("toggle", plots);
