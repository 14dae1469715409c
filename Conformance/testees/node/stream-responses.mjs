// The events of OpenAI Responses: the frame comes in a delta of its own before the first text is done, and in every later
// copy of that text (spec/exchange.md, EXC-40 to EXC-43).

import { constrainsItself } from './constraints.mjs';
import { HeldText } from './held-text.mjs';
import { doubleOf, isArray, isNumber, isObject, isString, itemsOf, member, spelling, stringMember } from './json-values.mjs';
import { offsetInString } from './reply.mjs';
import { eventType } from './stream-messages.mjs';

const DELTA = 'response.output_text.delta';
const DONE = 'response.output_text.done';
const ENDS = ['response.completed', 'response.incomplete', 'response.failed', 'error'];
const MOST_COPY_BYTES = 3 * 1024 * 1024; // EXC-43
const PLACE = ['item_id', 'output_index', 'content_index'];

const indexOf = (root, name) => (isNumber(member(root, name)) ? doubleOf(member(root, name)) : 0);
const sizeOf = (node) => (node === undefined ? 0 : node.end - node.start);

export class ResponsesStream {
  constructor(frame, policy) {
    this.frame = frame;
    this.policy = policy;
    this.text = new HeldText(policy);
    this.joined = ''; // the text of the deltas
    this.part = null; // the first text: its output and content index
    this.model = null; // a delta of that part, {root, isNamed}, whose members an addition takes
    this.state = 'before'; // then open, and signed or closed
    this.copyBytes = 0;
    this.firstResponse = undefined;
    this.shift = 0; // how many events were put in so far (EXC-42)
    this.lastNumber = null;
  }

  event(root, event) {
    const before = [];
    const edits = [];
    const number = member(root, 'sequence_number');
    this.number = isNumber(number) && Number.isSafeInteger(doubleOf(number)) ? doubleOf(number) : null;
    const type = eventType(root);
    this.note(root, type);
    if (this.state === 'signed') edits.push(...this.copies(root, type));
    else if (this.endsPart(root, type)) before.push(...this.close());
    else if (type === 'response.content_part.added') this.open(root, member(root, 'part'));
    else if (type === DELTA) edits.push(...this.delta(root, event));
    else if (type === DONE && this.isPart(root)) this.done(root, before, edits);
    else if (type === DONE && this.state === 'before' && isString(member(root, 'text'))) this.state = 'closed'; // EXC-20
    if (this.number !== null) {
      this.lastNumber = this.number;
      if (this.shift > 0) edits.push([number.start, number.end, Buffer.from(String(this.number + this.shift))]);
    }
    return { before, edits };
  }

  /** Whether the part ends unsigned: no `response.output_text.done` came before (EXC-35, EXC-36). */
  endsPart(root, type) {
    if (type === 'response.content_part.done') return this.isPart(root);
    if (type === 'response.output_item.done') return this.part !== null && indexOf(root, 'output_index') === this.part.output;
    return ENDS.includes(type);
  }

  isPart(root) {
    return this.part !== null
      && indexOf(root, 'output_index') === this.part.output && indexOf(root, 'content_index') === this.part.content;
  }

  /** What later copies of the text will hold beside it, and whether the reply says that it is constrained (EXC-27, EXC-43). */
  note(root, type) {
    const response = member(root, 'response');
    if (isObject(response)) {
      this.firstResponse ??= response;
      if (this.firstResponse === response) this.copyBytes += sizeOf(response);
      if (this.state !== 'signed' && constrainsItself(response)) {
        this.isConstrained = true;
        if (this.state === 'open' && this.model === null) this.state = 'closed'; // none of its deltas has come
      }
    }
    if (type === 'response.output_item.done') this.copyBytes += sizeOf(member(root, 'item'));
  }

  /** The first part that is a text is the one; text that it has already is in no delta, so it stays unsigned (EXC-43). */
  open(root, part) {
    const text = stringMember(part, 'text');
    if (this.state !== 'before' || stringMember(part, 'type') !== 'output_text' || text === undefined) return;
    this.part = { output: indexOf(root, 'output_index'), content: indexOf(root, 'content_index') };
    this.state = text === '' && !this.isConstrained ? 'open' : 'closed';
  }

  delta(root, event) {
    if (this.state === 'before') {
      this.part = { output: indexOf(root, 'output_index'), content: indexOf(root, 'content_index') };
      this.state = this.isConstrained ? 'closed' : 'open';
    }
    const delta = member(root, 'delta');
    if (this.state !== 'open' || !this.isPart(root) || !isString(delta)) return [];
    this.model = { root, isNamed: event.isNamed };
    this.joined += delta.value;
    const written = [this.text.take(delta), ...(event.isLast ? [this.text.release()] : [])];
    return [[delta.start + 1, delta.end - 1, Buffer.concat(written)]];
  }

  done(root, before, edits) {
    const text = member(root, 'text');
    const agrees = isString(text) && text.value === this.joined;
    const fits = this.copyBytes + sizeOf(text) <= MOST_COPY_BYTES;
    const isSigned = this.state === 'open' && agrees && fits && !this.isConstrained && this.text.carries;
    if (!isSigned) {
      before.push(...this.close());
      return;
    }
    before.push(this.addition(Buffer.concat([this.frame, this.text.release()]), this.number));
    this.state = 'signed';
    edits.push(...this.insertion(text));
  }

  close() {
    const held = this.release(this.number);
    this.state = 'closed';
    return held;
  }

  /** Where a copy of the text gains the frame; a text that is no copy stays as it came (EXC-41). */
  insertion(text) {
    if (!isString(text) || text.value !== this.joined) return [];
    const offset = offsetInString(text, this.policy);
    return [[offset, offset, this.frame]];
  }

  copies(root, type) {
    const textOf = (item) => member(itemsOf(member(item, 'content'))[this.part.content], 'text');
    if (type === 'response.content_part.done' && this.isPart(root)) return this.insertion(member(member(root, 'part'), 'text'));
    if (type === 'response.output_item.done' && indexOf(root, 'output_index') === this.part.output) {
      return this.insertion(textOf(member(root, 'item')));
    }
    const output = member(member(root, 'response'), 'output');
    return isArray(output) ? this.insertion(textOf(output.items[this.part.output])) : [];
  }

  /** White space that is held, as an event before one with that number. */
  release(number = this.lastNumber === null ? null : this.lastNumber + 1) {
    return this.state === 'open' && this.text.isHolding ? [this.addition(this.text.release(), number)] : [];
  }

  /** A delta of the part; `text` is the inside of a JSON string, `number` that of the event that it stands before. */
  addition(text, number) {
    const { root, isNamed } = this.model;
    const place = PLACE.filter((name) => member(root, name) !== undefined)
      .map((name) => Buffer.concat([Buffer.from(`,"${name}":`), spelling(member(root, name))]));
    const logprobs = member(root, 'logprobs') === undefined ? '' : ',"logprobs":[]';
    const numbered = number === null ? '' : `,"sequence_number":${number + this.shift}`;
    this.shift += 1;
    const data = [Buffer.from(`{"type":"${DELTA}"`), ...place, Buffer.from(',"delta":"'), text, Buffer.from(`"${logprobs}${numbered}}`)];
    return { name: isNamed ? DELTA : null, data: Buffer.concat(data) };
  }
}
