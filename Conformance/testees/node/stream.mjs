// A reply that streams: events are changed only where a frame or held white space needs it (spec/exchange.md, "Streams").

import { mayGainFrame } from './constraints.mjs';
import { tryParseJson } from './json-text.mjs';
import { ChatStream } from './stream-chat.mjs';
import { MessagesStream } from './stream-messages.mjs';
import { ResponsesStream } from './stream-responses.mjs';
import { EventSplitter, MOST_EVENT_BYTES, readEvent } from './server-sent-events.mjs';

const DONE = Buffer.from('[DONE]');
const FORMATS = { chat: ChatStream, messages: MessagesStream, responses: ResponsesStream };

/**
 * Rewrites a stream. `push` takes the bytes as they come and returns what the client gets; `finish` the rest.
 *
 * A format has two methods. `event(root, event)` reads the JSON of an event, `event` being what readEvent gives with `isLast`;
 * it returns `before`, the events to put before it, and `edits`, `[start, end, bytes]` in the JSON text. `release()` returns
 * events with all that is held. An event to put in is `{name, data}`: the name of its `event:` line or null, and bytes.
 */
export class ReplyStream {
  constructor({ format, request, frame, policy }) {
    const isRewritten = frame !== null && policy !== 'off' && mayGainFrame(request, format); // EXC-22, EXC-26
    this.format = isRewritten ? new FORMATS[format](frame, policy) : null; // null: everything passes as it comes
    this.splitter = new EventSplitter();
    this.lineEnd = Buffer.from('\n');
  }

  push(chunk) {
    if (this.format === null) return chunk;
    const out = [];
    const pieces = this.splitter.push(chunk);
    for (const [i, piece] of pieces.entries()) {
      if (piece.raw.length > MOST_EVENT_BYTES) {
        // EXC-38: from here on nothing is changed.
        out.push(this.giveUp(), ...pieces.slice(i).map(({ raw }) => raw), this.splitter.finish().raw);
        return Buffer.concat(out);
      }
      out.push(piece.isEvent ? this.rewritten(piece.raw, false) : piece.raw);
    }
    if (this.splitter.isTooLarge) out.push(this.giveUp(), this.splitter.finish().raw);
    return Buffer.concat(out);
  }

  finish() {
    if (this.format === null) return Buffer.alloc(0);
    const { isEvent, raw } = this.splitter.finish();
    return isEvent ? this.rewritten(raw, true) : Buffer.concat([this.giveUp(), raw]);
  }

  giveUp() {
    const released = this.released();
    this.format = null;
    return released;
  }

  released() {
    return this.spelt(this.format.release(), this.lineEnd);
  }

  rewritten(raw, isLast) {
    const event = { ...readEvent(raw), isLast };
    this.lineEnd = event.lineEnd ?? this.lineEnd;
    const root = tryParseJson(event.data);
    if (root === null) {
      const isDone = event.data.equals(DONE);
      const released = isLast || isDone ? this.released() : Buffer.alloc(0);
      if (isDone) this.format.end?.(); // EXC-63
      return Buffer.concat([released, raw]);
    }
    const { before, edits } = this.format.event(root, event);
    const additional = isLast ? [...this.format.release(), ...before] : before;
    return Buffer.concat([this.spelt(additional, this.lineEnd), edited(raw, edits, event.place)]);
  }

  spelt(events, lineEnd) {
    return Buffer.concat(events.flatMap(({ name, data }) => [
      ...(name === null ? [] : [Buffer.from(`event: ${name}`), lineEnd]),
      Buffer.from('data: '), data, lineEnd, lineEnd,
    ]));
  }
}

/** An event's bytes with the edits of its JSON text, which are apart and in any order. */
function edited(raw, edits, place) {
  const pieces = [];
  let from = 0;
  for (const [start, end, bytes] of edits.sort(([a], [b]) => a - b)) {
    pieces.push(raw.subarray(from, place(start)), bytes);
    from = place(end);
  }
  pieces.push(raw.subarray(from));
  return Buffer.concat(pieces);
}
