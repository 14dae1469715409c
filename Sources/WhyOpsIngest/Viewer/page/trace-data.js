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
    this.windows = new Map();
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
    this.windows.clear();
    if (!isGrown || next.events.length === PAGE) {
      // An event came late and stands before others.
      await this.load(() => {});
      return true;
    }
    this.head = next;
    this.events = this.events.slice(0, tail).concat(next.events);
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
    if (held?.events) {
      const event = held.events[at - number * WINDOW];
      return event?.id === this.events[at].id ? event : null;
    }
    if (!held) this.readWindow(number, onReady);
    else held.waiting.add(onReady);
    return null;
  }

  async readWindow(number, onReady) {
    const entry = { events: null, waiting: new Set([onReady]) };
    this.windows.set(number, entry);
    if (this.windows.size > MOST_WINDOWS) {
      // The one that was read first goes first.
      for (const [old, each] of this.windows) {
        if (each.events) {
          this.windows.delete(old);
          break;
        }
      }
    }
    try {
      entry.events = (await this.page(number * WINDOW, "content,metadata", WINDOW)).events;
    } catch (fault) {
      if (fault.name === "AbortError") return;
      this.windows.delete(number);
      return;
    }
    for (const ready of entry.waiting) ready();
  }
}
