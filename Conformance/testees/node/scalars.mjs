// Texts as runs of scalars with their place in the bytes that spell them.
//
// A scalar is a Unicode scalar value or half a surrogate pair, which has a byte form of its own: three bytes, as UTF-8
// would write its number (Conformance/README.md, "Texts"). A byte that is part of neither is the scalar INVALID.

export const INVALID = -1;

export const isHighHalf = (code) => code >= 0xd800 && code <= 0xdbff;
export const isLowHalf = (code) => code >= 0xdc00 && code <= 0xdfff;
export const isHalf = (code) => code >= 0xd800 && code <= 0xdfff;
export const joinHalves = (high, low) => 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);

/**
 * The length in bytes of the UTF-8 sequence at `at`, or 0 where the bytes are none.
 * Half a surrogate pair counts as a sequence only where `halves` is true.
 */
export function sequenceLength(bytes, at, limit, halves) {
  const lead = bytes[at];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + length > limit) return 0;
  const second = bytes[at + 1];
  let lowest = 0x80;
  let highest = 0xbf;
  if (lead === 0xe0) lowest = 0xa0;
  else if (lead === 0xed && !halves) highest = 0x9f;
  else if (lead === 0xf0) lowest = 0x90;
  else if (lead === 0xf4) highest = 0x8f;
  if (second < lowest || second > highest) return 0;
  for (let i = 2; i < length; i += 1) {
    if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/** The scalar of a sequence that `sequenceLength` found. */
export function sequenceScalar(bytes, at, length) {
  if (length === 1) return bytes[at];
  if (length === 2) return ((bytes[at] & 0x1f) << 6) | (bytes[at + 1] & 0x3f);
  if (length === 3) return ((bytes[at] & 0x0f) << 12) | ((bytes[at + 1] & 0x3f) << 6) | (bytes[at + 2] & 0x3f);
  return ((bytes[at] & 0x07) << 18) | ((bytes[at + 1] & 0x3f) << 12) | ((bytes[at + 2] & 0x3f) << 6) | (bytes[at + 3] & 0x3f);
}

/** Calls `visit(code, start, end)` for each scalar of bytes[from..<to]. */
export function forEachScalar(bytes, from, to, visit) {
  let at = from;
  while (at < to) {
    const length = sequenceLength(bytes, at, to, true);
    if (length === 0) {
      visit(INVALID, at, at + 1);
      at += 1;
    } else {
      visit(sequenceScalar(bytes, at, length), at, at + length);
      at += length;
    }
  }
}

const SIMPLE_ESCAPES = new Map([
  [0x22, 0x22], [0x5c, 0x5c], [0x2f, 0x2f], [0x62, 0x08], [0x66, 0x0c], [0x6e, 0x0a], [0x72, 0x0d], [0x74, 0x09],
]);

const hexDigits = (bytes, at) =>
  Number.parseInt(String.fromCharCode(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]), 16);

/**
 * Calls `visit(code, start, end)` for each scalar of the inside of a valid JSON string, bytes[from..<to], by value:
 * an escape is its character, two escapes of a pair are one scalar (JSON-6).
 */
export function forEachJsonScalar(bytes, from, to, visit) {
  let at = from;
  while (at < to) {
    const start = at;
    if (bytes[at] !== 0x5c) {
      const length = sequenceLength(bytes, at, to, false);
      at += length;
      visit(sequenceScalar(bytes, start, length), start, at);
      continue;
    }
    if (bytes[at + 1] !== 0x75) {
      at += 2;
      visit(SIMPLE_ESCAPES.get(bytes[at - 1]), start, at);
      continue;
    }
    let code = hexDigits(bytes, at + 2);
    at += 6;
    if (isHighHalf(code) && at + 6 <= to && bytes[at] === 0x5c && bytes[at + 1] === 0x75) {
      const low = hexDigits(bytes, at + 2);
      if (isLowHalf(low)) {
        code = joinHalves(code, low);
        at += 6;
      }
    }
    visit(code, start, at);
  }
}

/** The string of bytes in UTF-8 with the byte form of halves, or null where a byte belongs to no sequence. */
export function stringFromBytes(bytes) {
  const plain = bytes.toString('utf8');
  if (!plain.includes('\ufffd')) return plain;
  const pieces = [];
  let broken = false;
  forEachScalar(bytes, 0, bytes.length, (code) => {
    if (code === INVALID) broken = true;
    else pieces.push(isHalf(code) ? String.fromCharCode(code) : String.fromCodePoint(code));
  });
  return broken ? null : pieces.join('');
}

/** The bytes of a string: UTF-8, half a surrogate pair in its byte form. */
export function bytesFromString(text) {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const pieces = [];
  let from = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (!isHalf(code)) continue;
    if (isHighHalf(code) && isLowHalf(text.charCodeAt(i + 1))) {
      i += 1;
      continue;
    }
    pieces.push(Buffer.from(text.slice(from, i), 'utf8'));
    pieces.push(Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]));
    from = i + 1;
  }
  pieces.push(Buffer.from(text.slice(from), 'utf8'));
  return Buffer.concat(pieces);
}

/** bytes[from..<to] without the given ranges, which are [start, end) in order and apart. */
export function withoutRanges(bytes, ranges) {
  if (ranges.length === 0) return bytes;
  const pieces = [];
  let from = 0;
  for (const [start, end] of ranges) {
    pieces.push(bytes.subarray(from, start));
    from = end;
  }
  pieces.push(bytes.subarray(from));
  return Buffer.concat(pieces);
}

const isHighHalfAt = (bytes, at) => at >= 0 && bytes[at] === 0xed && bytes[at + 1] >= 0xa0 && bytes[at + 1] <= 0xaf;
const isLowHalfAt = (bytes, at) => at + 3 <= bytes.length && bytes[at] === 0xed && bytes[at + 1] >= 0xb0;

/** As withoutRanges, of a text: halves of a pair that meet where a range was are one character then, of four bytes. */
export function withoutRangesOfText(bytes, ranges) {
  const kept = [];
  let from = 0;
  for (const [start, end] of [...ranges, [bytes.length, bytes.length]]) {
    if (start > from) kept.push(bytes.subarray(from, start));
    from = end;
  }
  for (let i = 1; i < kept.length; i += 1) {
    const before = kept[i - 1];
    if (!isHighHalfAt(before, before.length - 3) || !isLowHalfAt(kept[i], 0)) continue;
    const code = joinHalves(sequenceScalar(before, before.length - 3, 3), sequenceScalar(kept[i], 0, 3));
    kept[i - 1] = Buffer.concat([before.subarray(0, before.length - 3), Buffer.from(String.fromCodePoint(code), 'utf8')]);
    kept[i] = kept[i].subarray(3);
  }
  return Buffer.concat(kept);
}
