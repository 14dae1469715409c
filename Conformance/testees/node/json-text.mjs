// A JSON reader that works on bytes, tells the exact place of a fault and keeps the place of every value, so that a text
// can be changed without touching anything else (spec/json.md).

import { sequenceLength, forEachJsonScalar, isHalf } from './scalars.mjs';

export const DEFAULT_LIMITS = { depth: 128, values: 1_000_000 }; // JSON-3
const MOST_BYTES = 4_294_967_295; // JSON-13

/** Why a text is no JSON: `code` and the `offset` in bytes of the first byte that cannot stand (JSON-2). */
export class JsonFault extends Error {
  constructor(code, offset) {
    super(`${code} at ${offset}`);
    this.code = code;
    this.offset = offset;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isDigit = (byte) => byte >= 0x30 && byte <= 0x39;
const isWhiteSpace = (byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isHexDigit = (byte) => isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
const ESCAPES = new Set([...'"\\/bfnrt'].map((c) => c.charCodeAt(0)));
const WORDS = new Map([
  [0x74, { kind: 'true', bytes: Buffer.from('true') }],
  [0x66, { kind: 'false', bytes: Buffer.from('false') }],
  [0x6e, { kind: 'null', bytes: Buffer.from('null') }],
]);

/**
 * A node has `kind` (object, array, string, number, true, false, null), the `bytes` that it stands in and its place
 * there, `start` and `end`, quotes and brackets included. An object has `members`, all of them in order, each with
 * `name` (a string), `key` (the name's node) and `value`; an array has `items`; a string has `value`.
 */
class Reader {
  constructor(bytes, limits) {
    this.bytes = bytes;
    this.at = 0;
    this.limits = limits;
    this.begun = 0; // values and names so far
  }

  /** The next byte after white space; the end of the text is a fault, for something still has to come (JSON-8). */
  next() {
    while (this.at < this.bytes.length && isWhiteSpace(this.bytes[this.at])) this.at += 1;
    return this.byte();
  }

  byte() {
    if (this.at >= this.bytes.length) throw new JsonFault('json.unexpected-end', this.bytes.length);
    return this.bytes[this.at];
  }

  unexpected() {
    return new JsonFault('json.unexpected-byte', this.at); // JSON-12
  }

  count() {
    if (this.begun >= this.limits.values) throw new JsonFault('json.too-many-values', this.at); // JSON-13
    this.begun += 1;
  }

  document() {
    const root = this.value();
    while (this.at < this.bytes.length) {
      if (!isWhiteSpace(this.bytes[this.at])) throw new JsonFault('json.trailing-bytes', this.at); // JSON-11
      this.at += 1;
    }
    return root;
  }

  /** Reads a value with all that is in it, on a stack of its own: the limit of depth may be any number. */
  value() {
    const open = [];
    let done = this.opening(open);
    while (open.length > 0) {
      const container = open[open.length - 1];
      if (done !== container) this.put(container, done);
      done = this.step(container, open);
    }
    return done;
  }

  put(container, value) {
    if (container.kind === 'array') container.items.push(value);
    else container.members[container.members.length - 1].value = value;
  }

  /** The start of a value: a scalar value whole, or a container, which is put on the stack. */
  opening(open) {
    const byte = this.next();
    this.count();
    if (byte === 0x7b || byte === 0x5b) {
      if (open.length >= this.limits.depth) throw new JsonFault('json.too-deep', this.at); // JSON-13
      const node = { kind: byte === 0x7b ? 'object' : 'array', bytes: this.bytes, start: this.at, end: 0 };
      if (byte === 0x7b) node.members = [];
      else node.items = [];
      this.at += 1;
      open.push(node);
      return node;
    }
    if (byte === QUOTE) return this.string();
    if (byte === 0x2d || isDigit(byte)) return this.number();
    const word = WORDS.get(byte);
    if (word === undefined) throw this.unexpected();
    return this.word(word);
  }

  /** Goes on in a container: returns its next item or value, or the container itself where it ends. */
  step(container, open) {
    const isArray = container.kind === 'array';
    const closing = isArray ? 0x5d : 0x7d;
    const isFirst = (isArray ? container.items : container.members).length === 0;
    let byte = this.next();
    if (byte === closing) {
      this.at += 1;
      container.end = this.at;
      open.pop();
      return container;
    }
    if (!isFirst) {
      if (byte !== 0x2c) throw this.unexpected();
      this.at += 1;
    }
    if (!isArray) {
      byte = this.next();
      this.count();
      if (byte !== QUOTE) throw this.unexpected();
      const key = this.string();
      if (this.next() !== 0x3a) throw this.unexpected();
      this.at += 1;
      container.members.push({ name: key.value, key, value: null });
    }
    return this.opening(open);
  }

  word({ kind, bytes }) {
    const start = this.at;
    for (const expected of bytes) {
      if (this.byte() !== expected) throw this.unexpected();
      this.at += 1;
    }
    return { kind, bytes: this.bytes, start, end: this.at };
  }

  digits() {
    if (!isDigit(this.byte())) throw new JsonFault('json.invalid-number', this.at); // JSON-9
    while (this.at < this.bytes.length && isDigit(this.bytes[this.at])) this.at += 1;
  }

  number() {
    const { bytes } = this;
    const start = this.at;
    if (bytes[this.at] === 0x2d) this.at += 1;
    if (this.byte() === 0x30) {
      this.at += 1;
      if (isDigit(bytes[this.at])) throw new JsonFault('json.invalid-number', this.at);
    } else {
      this.digits();
    }
    if (bytes[this.at] === 0x2e) {
      this.at += 1;
      this.digits();
    }
    if (bytes[this.at] === 0x65 || bytes[this.at] === 0x45) {
      this.at += 1;
      if (bytes[this.at] === 0x2b || bytes[this.at] === 0x2d) this.at += 1;
      this.digits();
    }
    return { kind: 'number', bytes, start, end: this.at };
  }

  string() {
    const { bytes } = this;
    const start = this.at;
    let isAscii = true;
    let hasEscape = false;
    this.at += 1;
    for (;;) {
      const byte = this.byte();
      if (byte === QUOTE) break;
      if (byte < 0x20) throw new JsonFault('json.control-character', this.at); // JSON-10
      if (byte === BACKSLASH) {
        hasEscape = true;
        this.escape();
      } else if (byte < 0x80) {
        this.at += 1;
      } else {
        isAscii = false;
        const length = sequenceLength(bytes, this.at, bytes.length, false);
        if (length === 0) throw new JsonFault('json.invalid-utf8', this.at);
        this.at += length;
      }
    }
    this.at += 1;
    const value = hasEscape
      ? unescaped(bytes, start + 1, this.at - 1)
      : bytes.toString(isAscii ? 'latin1' : 'utf8', start + 1, this.at - 1);
    return { kind: 'string', bytes, start, end: this.at, value };
  }

  escape() {
    this.at += 1;
    const byte = this.byte();
    if (byte !== 0x75) {
      if (!ESCAPES.has(byte)) throw new JsonFault('json.invalid-escape', this.at);
      this.at += 1;
      return;
    }
    this.at += 1;
    for (let i = 0; i < 4; i += 1) {
      if (!isHexDigit(this.byte())) throw new JsonFault('json.invalid-escape', this.at);
      this.at += 1;
    }
  }
}

function unescaped(bytes, from, to) {
  let text = '';
  forEachJsonScalar(bytes, from, to, (code) => {
    text += isHalf(code) ? String.fromCharCode(code) : String.fromCodePoint(code);
  });
  return text;
}

/** Reads a whole text. Throws JsonFault. */
export function parseJson(bytes, limits = DEFAULT_LIMITS) {
  if (bytes.length > MOST_BYTES) throw new JsonFault('json.too-long', 0);
  return new Reader(bytes, limits).document();
}

/** As parseJson; null where the text is no JSON. */
export function tryParseJson(bytes, limits = DEFAULT_LIMITS) {
  try {
    return parseJson(bytes, limits);
  } catch (error) {
    if (error instanceof JsonFault) return null;
    throw error;
  }
}
