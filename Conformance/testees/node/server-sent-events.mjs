// Cuts a stream into events without touching a byte of it (spec/exchange.md, EXC-30, EXC-31, EXC-37).

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** An event larger than this is passed as it comes (EXC-38). */
export const MOST_EVENT_BYTES = 4 * 1024 * 1024;

/**
 * Turns chunks into pieces, in order and without loss: `{isEvent, raw}`. An event is complete with its blank line; what
 * stands outside of events (comments, blank lines, the LF of a CRLF whose CR ended an event) comes line by line.
 */
export class EventSplitter {
  constructor() {
    this.pending = []; // the bytes of the event so far
    this.pendingLength = 0;
    this.hasField = false;
    this.lineLength = 0;
    this.lineIsComment = false;
    this.afterCR = false;
    this.markLength = 0; // how much of a byte order mark the stream has begun with
    this.atStart = true;
  }

  /** Whether the event that has begun is larger than is read. */
  get isTooLarge() {
    return this.pendingLength > MOST_EVENT_BYTES;
  }

  push(chunk) {
    const complete = [];
    let from = 0;
    const release = (to, isEvent) => {
      this.pending.push(chunk.subarray(from, to));
      from = to;
      complete.push({ isEvent, raw: this.takePending() });
    };
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === LF && this.afterCR) {
        this.afterCR = false;
        if (!this.hasField) release(at + 1, false);
        continue;
      }
      this.afterCR = byte === CR;
      if (byte !== CR && byte !== LF) {
        this.content(byte);
        continue;
      }
      this.atStart = false;
      if (this.lineLength === 0 && this.hasField) {
        this.hasField = false;
        release(at + 1, true);
      } else if (this.lineLength > 0 && !this.lineIsComment) {
        this.hasField = true;
      } else if (!this.hasField) {
        release(at + 1, false);
      }
      this.lineLength = 0;
    }
    if (from < chunk.length) this.pending.push(chunk.subarray(from));
    this.pendingLength += chunk.length - from;
    return complete;
  }

  content(byte) {
    if (this.atStart && this.markLength < 3 && byte === BYTE_ORDER_MARK[this.markLength]) {
      this.markLength += 1;
      return;
    }
    this.atStart = false;
    if (this.lineLength === 0) this.lineIsComment = byte === COLON;
    this.lineLength += 1;
  }

  takePending() {
    const raw = Buffer.concat(this.pending);
    this.pending = [];
    this.pendingLength = 0;
    return raw;
  }

  /** The bytes after the last complete piece. The end of the stream completes the event in them, if there is one. */
  finish() {
    const isEvent = this.hasField || (this.lineLength > 0 && !this.lineIsComment);
    return { isEvent, raw: this.takePending() };
  }
}

/**
 * Reads an event: `data`, its data lines joined by line feeds; `lineEnd`, as the event spells it, or null;
 * `isNamed`, whether it has an `event:` line; and `place(offset)`, where a byte of the data stands in the event.
 */
export function readEvent(raw) {
  const data = [];
  const starts = []; // [offset in the data, offset in the event]
  let length = 0;
  let lineEnd = null;
  let isNamed = false;
  let at = BYTE_ORDER_MARK.every((byte, i) => raw[i] === byte) ? 3 : 0;
  while (at < raw.length) {
    let end = at;
    while (end < raw.length && raw[end] !== CR && raw[end] !== LF) end += 1;
    const next = raw[end] === CR && raw[end + 1] === LF ? end + 2 : Math.min(end + 1, raw.length);
    if (next > end) lineEnd ??= raw.subarray(end, next);
    const { name, start } = fieldOf(raw, at, end);
    if (name === 'event') isNamed = true;
    if (name === 'data') {
      if (data.length > 0) {
        data.push(Buffer.from('\n'));
        length += 1;
      }
      starts.push([length, start]);
      data.push(raw.subarray(start, end));
      length += end - start;
    }
    at = next;
  }
  const place = (offset) => {
    const [inData, inEvent] = starts.findLast(([first]) => first <= offset);
    return inEvent + offset - inData;
  };
  return { data: Buffer.concat(data), lineEnd, isNamed, place };
}

function fieldOf(raw, from, to) {
  const colon = raw.subarray(from, to).indexOf(COLON);
  if (colon < 0) return { name: raw.toString('latin1', from, to), start: to };
  const start = from + colon + 1;
  return { name: raw.toString('latin1', from, from + colon), start: raw[start] === 0x20 && start < to ? start + 1 : start };
}
