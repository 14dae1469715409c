// One trace: its events without their contents at once, and the contents of those that are looked at.

import { get } from "/viewer/api.js";

const PAGE = 1000;
const WINDOW = 40;
const MOST_WINDOWS = 60;

export class TraceData {
  constructor(id) {
    this.id = id;
    this.head = null;
    this.events = [];
    /** What the service finds wrong with it; null until that is known. */
    this.analysis = null;
    this.windows = new Map();
    /** How often the trace has changed while it was open. */
    this.reading = 0;
    this.aborted = new AbortController();
  }

  close() {
    this.aborted.abort();
  }

  get isComplete() {
    return this.head !== null && this.events.length >= this.head.eventCount;
  }

  /** Reads the trace; `onPart` is called after each page of events. */
  async load(onPart) {
    const first = await this.page(0);
    this.head = first;
    this.events = first.events;
    onPart();
    while (this.events.length < this.head.eventCount) {
      const next = await this.page(this.events.length);
      if (next.events.length === 0) break;
      this.events.push(...next.events);
      onPart();
    }
  }

  /** Reads what is new. True if anything has changed. */
  async refresh() {
    const tail = Math.max(0, this.events.length - 50);
    const next = await this.page(tail);
    if (next.eventCount === this.head.eventCount && next.lastEventTimestamp === this.head.lastEventTimestamp) return false;
    const old = this.events.slice(tail).map((event) => event.id);
    const isGrown = old.every((id, at) => next.events[at]?.id === id);
    this.reading += 1;
    if (!isGrown || next.events.length === PAGE) {
      // An event came late and stands before others.
      await this.load(() => {});
      return true;
    }
    this.head = next;
    this.events = this.events.slice(0, tail).concat(next.events);
    return true;
  }

  /** Reads what the service finds. What it cannot tell is no reason to show nothing else. */
  async analyse() {
    try {
      this.analysis = (await get(["threads", this.id, "findings"], {}, { signal: this.aborted.signal })).analysis;
    } catch {
      return false;
    }
    return true;
  }

  page(offset, include, limit = PAGE) {
    return get(["threads", this.id], { eventLimit: limit, eventOffset: offset, eventInclude: include },
      { signal: this.aborted.signal });
  }

  /** The event at a place with its content, if that has been read; else it is read and `onReady` called later. */
  withContent(at, onReady) {
    const number = Math.floor(at / WINDOW);
    const held = this.windows.get(number);
    const event = held?.events?.[at - number * WINDOW];
    if (event?.id === this.events[at].id) return event;
    if (held?.waiting) held.waiting.add(onReady);
    // What does not fit was read before the trace changed; if it was not, asking again would not help.
    else if (held?.reading !== this.reading) this.readWindow(number, onReady, held?.events);
    return null;
  }

  /** Reads the contents of a window; until they are there, `old` ones are shown where they are the same events. */
  async readWindow(number, onReady, old) {
    const entry = { events: old, waiting: new Set([onReady]), reading: this.reading };
    this.windows.delete(number);
    this.windows.set(number, entry);
    this.forget();
    try {
      const start = number * WINDOW;
      const count = Math.min(WINDOW, this.events.length - start);
      let events = [];
      // A page of long events ends early.
      while (events.length < count) {
        const part = (await this.page(start + events.length, "content,metadata", count - events.length)).events;
        if (part.length === 0) break;
        events = events.concat(part);
      }
      entry.events = events;
    } catch (fault) {
      if (fault.name === "AbortError") return;
      this.windows.delete(number);
      return;
    }
    const { waiting } = entry;
    entry.waiting = null;
    for (const ready of waiting) ready();
  }

  /** Lets go of the window that was read first, when there are too many. */
  forget() {
    if (this.windows.size <= MOST_WINDOWS) return;
    for (const [number, each] of this.windows) {
      if (each.waiting) continue;
      this.windows.delete(number);
      return;
    }
  }
}
