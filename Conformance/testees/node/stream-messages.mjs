// Anthropic's events: the frame comes in a text_delta of its own before the content_block_stop of the first text block
// (spec/exchange.md, EXC-33).

import { HeldText } from './held-text.mjs';
import { isNothing, isString, member, spelling, stringMember } from './json-values.mjs';

const DELTA = 'content_block_delta';

/** What an event is: one without a type that says what went wrong is an error (EXC-85). */
export function eventType(root) {
  const isError = member(root, 'type') === undefined && !isNothing(member(root, 'error'));
  return isError ? 'error' : stringMember(root, 'type');
}

export class MessagesStream {
  constructor(frame, policy) {
    this.frame = frame;
    this.text = new HeldText(policy);
    this.index = null; // the spelling of the index of the first text block, null before it
    this.isOpen = false;
  }

  event(root, { isLast }) {
    switch (eventType(root)) {
      case 'content_block_start':
        return this.start(root, isLast);
      case DELTA:
        return this.delta(root, isLast);
      case 'content_block_stop':
        return this.stop(root);
      case 'message_stop':
      case 'error':
        return { before: this.end(), edits: [] };
      default:
        return { before: [], edits: [] };
    }
  }

  start(root, isLast) {
    const block = member(root, 'content_block');
    if (this.index !== null || stringMember(block, 'type') !== 'text') return { before: [], edits: [] };
    this.index = indexOf(root);
    this.isOpen = true;
    return this.taken(member(block, 'text'), isLast);
  }

  delta(root, isLast) {
    const delta = member(root, 'delta');
    if (!this.isOpen || indexOf(root) !== this.index || stringMember(delta, 'type') !== 'text_delta') {
      return { before: [], edits: [] };
    }
    return this.taken(member(delta, 'text'), isLast);
  }

  taken(text, isLast) {
    if (!isString(text)) return { before: [], edits: [] };
    const written = [this.text.take(text), ...(isLast ? [this.text.release()] : [])];
    return { before: [], edits: [[text.start + 1, text.end - 1, Buffer.concat(written)]] };
  }

  stop(root) {
    if (!this.isOpen || indexOf(root) !== this.index) return { before: [], edits: [] };
    const written = Buffer.concat([...(this.text.carries ? [this.frame] : []), this.text.release()]);
    this.isOpen = false;
    return { before: written.length > 0 ? [this.addition(written)] : [], edits: [] };
  }

  /** Ends the text, and lets none begin (EXC-63). */
  end() {
    const before = this.release();
    this.isOpen = false;
    this.index ??= 'none';
    return before;
  }

  release() {
    return this.isOpen && this.text.isHolding ? [this.addition(this.text.release())] : [];
  }

  /** A text_delta of the block. `text` is the inside of a JSON string. */
  addition(text) {
    const start = Buffer.from(`{"type":"${DELTA}","index":${this.index},"delta":{"type":"text_delta","text":"`);
    return { name: DELTA, data: Buffer.concat([start, text, Buffer.from('"}}')]) };
  }
}

const indexOf = (root) => (member(root, 'index') === undefined ? '0' : spelling(member(root, 'index')).toString('latin1'));
