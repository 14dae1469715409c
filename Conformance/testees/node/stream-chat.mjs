// Chat completion chunks: the frame comes in a delta of its own before a choice's finish chunk, or in that chunk's text
// (spec/exchange.md, EXC-32).

import { HeldText } from './held-text.mjs';
import { isNothing, isObject, isString, itemsOf, member, spelling } from './json-values.mjs';

/** What a delta of the frame has in common with the upstream's chunks, as they spell it. */
const COMMON = ['id', 'object', 'created', 'model'];

export class ChatStream {
  constructor(frame, policy) {
    this.frame = frame;
    this.policy = policy;
    this.choices = new Map(); // by the spelling of their index: {text, chunk}
    this.finished = new Set();
    this.isOver = false; // no text gains anything from here on (EXC-63)
  }

  event(root, { isLast }) {
    const before = [];
    const edits = [];
    if (!isNothing(member(root, 'error'))) before.push(...this.end());
    if (this.isOver) return { before, edits };
    for (const item of itemsOf(member(root, 'choices'))) {
      if (!isObject(item)) continue;
      const index = isNothing(member(item, 'index')) ? '0' : spelling(member(item, 'index')).toString('latin1');
      if (this.finished.has(index)) continue;
      const choice = this.choiceAt(index);
      choice.chunk = root;
      const content = member(member(item, 'delta'), 'content');
      // EXC-96
      const reason = member(item, 'finish_reason');
      const isFinish = !isNothing(reason) && !(isString(reason) && reason.value.length === 0);
      const hasText = isString(content) && content.value.length > 0;
      const pieces = hasText ? [choice.text.take(content)] : [];
      if (isFinish) {
        pieces.push(...this.ending(choice));
        this.finished.add(index);
        this.choices.delete(index);
      } else if (isLast) {
        pieces.push(choice.text.release());
      }
      const written = Buffer.concat(pieces);
      if (hasText) edits.push([content.start + 1, content.end - 1, written]);
      else if (written.length > 0) before.push(delta(index, root, written));
    }
    return { before, edits };
  }

  choiceAt(index) {
    if (!this.choices.has(index)) this.choices.set(index, { text: new HeldText(this.policy), chunk: null });
    return this.choices.get(index);
  }

  /** What a choice ends with: the frame if its text carries one, then the white space that is held. */
  ending({ text }) {
    return [...(text.carries ? [this.frame] : []), text.release()];
  }

  end() {
    this.isOver = true;
    return this.release();
  }

  release() {
    const events = [];
    for (const [index, { text, chunk }] of this.choices) {
      if (text.isHolding) events.push(delta(index, chunk, text.release()));
    }
    return events;
  }
}

/** A chunk with a delta of one choice, like those of the upstream. `text` is the inside of a JSON string. */
function delta(index, chunk, text) {
  const common = COMMON.filter((name) => member(chunk, name) !== undefined)
    .map((name) => Buffer.concat([Buffer.from(`"${name}":`), spelling(member(chunk, name)), Buffer.from(',')]));
  const choice = [Buffer.from(`"choices":[{"index":${index},"delta":{"content":"`), text, Buffer.from('"},"finish_reason":null}]}')];
  return { name: null, data: Buffer.concat([Buffer.from('{'), ...common, ...choice]) };
}
