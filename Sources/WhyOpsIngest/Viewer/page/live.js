// Server-sent events, read by fetch since an EventSource cannot send the key in a header.

import { headers } from "/viewer/api.js";

const POLL = 5000;
const LONGEST_WAIT = 30000;

/**
 * Follows the environment's traces until `signal` aborts.
 * `onTrace` gets each new or changed trace, `onGap` is told to read the list anew, `onState` gets "live", "polling" or
 * "waiting". A service without the stream is asked again and again instead: `onGap` at every interval.
 */
export async function follow({ signal, onTrace, onGap, onState }) {
  let last = "";
  let wait = 1000;
  while (!signal.aborted) {
    try {
      const response = await fetch("/api/threads/stream", {
        headers: headers(last ? { Accept: "text/event-stream", "Last-Event-ID": last } : { Accept: "text/event-stream" }),
        signal, cache: "no-store", credentials: "omit",
      });
      const type = response.headers.get("Content-Type") ?? "";
      if (response.ok && type.startsWith("text/event-stream")) {
        onState("live");
        for await (const event of events(response.body)) {
          wait = 1000;
          if (event.id) last = event.id;
          if (event.name === "trace") onTrace(JSON.parse(event.data));
          if (event.name === "gap") onGap();
        }
      } else if (response.status === 404) {
        return poll({ signal, onGap, onState });
      } else if (response.status === 401) {
        return;
      }
    } catch (fault) {
      if (fault.name === "AbortError") return;
    }
    onState("waiting");
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}

async function poll({ signal, onGap, onState }) {
  onState("polling");
  while (!signal.aborted) {
    await pause(POLL, signal);
    if (!signal.aborted && document.visibilityState === "visible") onGap();
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

/** The events of a stream of bytes: `{name, data, id}`. Lines end with LF, CRLF or CR. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = { name: "message", data: [], id: "" };
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    // A CR at the end may be half a CRLF.
    const end = rest.endsWith("\r") ? rest.length - 1 : rest.length;
    const lines = rest.slice(0, end).split(/\r\n|\n|\r/);
    rest = lines.pop() + rest.slice(end);
    for (const line of lines) {
      if (line === "") {
        if (event.data.length > 0) yield { ...event, data: event.data.join("\n") };
        event = { name: "message", data: [], id: event.id };
        continue;
      }
      const at = line.indexOf(":");
      const name = at < 0 ? line : line.slice(0, at);
      const text = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
      if (name === "event") event.name = text;
      else if (name === "data") event.data.push(text);
      else if (name === "id") event.id = text;
    }
  }
}
