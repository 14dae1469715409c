// Finds frames of both versions in one pass, scalar by scalar from the left, in time linear in the text (SIG-22).

import { isHighHalf, isLowHalf, joinHalves } from './scalars.mjs';

const START = 0x200b;
const BIT_ONE = 0x200c;
const BIT_ZERO = 0x200d;
const END = 0x200e;
const WORD_JOINER = 0x2060;
const MAGIC = 0xe7;
const TAG_LENGTH = 8;
const LONGEST_FRAME = 3 + 128 + TAG_LENGTH; // selectors of a version 2 frame

/** The byte that a variation selector stands for, or -1. */
export function selectorByte(code) {
  if (code >= 0xfe00 && code <= 0xfe0f) return code - 0xfe00;
  if (code >= 0xe0100 && code <= 0xe01ef) return code - 0xe0100 + 16;
  return -1;
}

/** Whether a frame may begin with this scalar, or with a pair of which it is the first half. */
const mayBegin = (code) => code === START || code === WORD_JOINER || isHighHalf(code) || selectorByte(code) >= 0;

const isGraphic = (byte) => byte >= 0x21 && byte <= 0x7e;

/**
 * A stack of *units* holds the scalars that may still become part of a frame; any other scalar empties it, since no frame
 * can hold it. A frame that is found whole is taken off the stack at once, so what stood around it is one text (SIG-21).
 *
 * A unit has `code`; its place, `start` and `end`; `gap`, whether a frame was removed before it; `inner`, whether one was
 * removed between its two halves; `run`, for a selector how many selectors the stack holds up to it; `bare`, whether a
 * frame that lost its U+2060 may begin here (SIG-42), and `continues`, whether a frame may have begun before it.
 */
export class FrameReader {
  constructor(keys) {
    this.keys = keys;
    this.units = [];
    this.gap = false;
    this.previous = undefined; // the scalar before, as the text came
    this.frames = []; // those that may be extracted: {traceId, version}
    this.removed = []; // places of whole frames: [start, end)
  }

  read(code, start, end) {
    const before = this.previous;
    this.previous = code;
    if (this.units.length === 0 && !mayBegin(code)) {
      this.gap = false;
      return;
    }
    if (isLowHalf(code)) this.settleRun();
    const top = this.units[this.units.length - 1];
    if (isLowHalf(code) && top !== undefined && isHighHalf(top.code)) {
      this.units.pop();
      const joined = joinHalves(top.code, code);
      const inner = this.gap;
      this.gap = top.gap;
      this.take(joined, top.start, end, top.before, inner);
      this.previous = inner ? code : joined;
    } else {
      this.take(code, start, end, before, false);
    }
  }

  take(code, start, end, before, inner) {
    const byte = selectorByte(code);
    if (byte >= 0) {
      const top = this.units[this.units.length - 1];
      const continues = top?.run === undefined ? top?.code === WORD_JOINER : top.continues || top.bare;
      const bare = !continues && byte === MAGIC && before !== WORD_JOINER && (before === undefined || selectorByte(before) < 0);
      this.push({ code, start, end, inner, before, byte, bare, continues, run: (top?.run ?? 0) + 1 });
      return;
    }
    this.settleRun();
    const top = this.units[this.units.length - 1]?.code;
    const isBit = code === BIT_ONE || code === BIT_ZERO;
    if (code === END) {
      this.settleVersion1(start, end);
    } else if (code === START || code === WORD_JOINER || isHighHalf(code)
        || (isBit && (top === START || top === BIT_ONE || top === BIT_ZERO))) {
      this.push({ code, start, end, inner, before });
    } else {
      this.clear();
    }
  }

  push(unit) {
    unit.gap = this.gap;
    this.gap = false;
    this.units.push(unit);
  }

  clear() {
    this.units.length = 0;
    this.gap = false;
  }

  /** Takes the units from `base` off the stack, which are a whole frame. */
  remove(base, end) {
    const { start, gap } = this.units[base];
    this.units.length = base;
    while (this.removed.length > 0 && this.removed[this.removed.length - 1][0] >= start) this.removed.pop();
    this.removed.push([start, end]);
    this.gap = true;
    return gap;
  }

  /** An end mark came: the units before it are a frame if they are a start and whole bytes of an id (SIG-1, SIG-3). */
  settleVersion1(start, end) {
    const { units } = this;
    let base = units.length;
    let holdsFrame = this.gap;
    while (base > 0 && (units[base - 1].code === BIT_ONE || units[base - 1].code === BIT_ZERO)) {
      base -= 1;
      holdsFrame ||= units[base].gap;
    }
    const bits = units.slice(base);
    const length = bits.length / 8;
    const isFrame = base > 0 && units[base - 1].code === START && Number.isInteger(length) && length >= 1 && length <= 128;
    let traceId = '';
    for (let i = 0; isFrame && i < bits.length; i += 8) {
      let byte = 0;
      for (let bit = 0; bit < 8; bit += 1) byte = byte * 2 + (bits[i + bit].code === BIT_ONE ? 1 : 0);
      if (isGraphic(byte)) traceId += String.fromCharCode(byte);
    }
    if (!isFrame || traceId.length !== length) {
      this.clear();
      return;
    }
    this.remove(base - 1, end);
    if (!holdsFrame) this.frames.push({ traceId, version: 1 }); // SIG-5
  }

  /** A scalar that is no selector came, or the end: the runs of selectors before it are judged. */
  settleRun() {
    for (;;) {
      const { units } = this;
      const top = units[units.length - 1];
      if (top?.run === undefined) return;
      const base = units.length - top.run;
      const isMarked = units[base - 1]?.code === WORD_JOINER;
      if (isMarked && this.settleFrame(base, base - 1)) continue;
      const from = Math.max(base, units.length - LONGEST_FRAME);
      const settled = units.slice(from).some((unit, i) => unit.bare && this.settleFrame(from + i, from + i));
      if (!settled) return;
    }
  }

  /** Judges the selectors from `from` to the top; the frame begins at `base`, its U+2060 or, where that is lost, `from`. */
  settleFrame(from, base) {
    const { units } = this;
    const isBare = base === from;
    const first = units[from].byte;
    const end = units[units.length - 1].end;
    if (first > MAGIC && first <= 0xef && !isBare) {
      this.remove(base, end); // SIG-11
      return true;
    }
    const count = units.length - from;
    if (first !== MAGIC || count !== announcedLength(units, from)) return false;
    const run = units.slice(from);
    const bytes = Buffer.from(run.map((unit) => unit.byte));
    const isUuid = (bytes[1] & 3) === 0;
    if (!isUuid && !bytes.subarray(3, count - TAG_LENGTH).every(isGraphic)) return false;
    const isVerified = this.keys.verify(bytes);
    if (isBare && !isVerified) return false; // SIG-42
    const holdsFrame = run.some((unit, i) => unit.inner || (unit.gap && !(isBare && i === 0)));
    this.remove(base, end);
    if (isVerified && !holdsFrame) {
      const traceId = isUuid ? uuidText(bytes.subarray(2, 18)) : bytes.toString('latin1', 3, count - TAG_LENGTH);
      this.frames.push({ traceId, version: 2 });
    }
    return true;
  }

  /** Ends the text. `removed` is in order and apart; the last of `frames` is the one that stands last. */
  finish() {
    this.settleRun();
    this.clear();
    return { frames: this.frames, removed: this.removed };
  }
}

/** The number of selectors that a version 2 frame announces, -1 where the flags or the length cannot be (SIG-10). */
function announcedLength(units, from) {
  const flags = units[from + 1]?.byte;
  if (flags === undefined || (flags & 0x0c) !== 0) return -1;
  if ((flags & 3) === 0) return 2 + 16 + TAG_LENGTH;
  const length = units[from + 2]?.byte;
  if ((flags & 3) !== 1 || length === undefined || length < 1 || length > 128) return -1;
  return 3 + length + TAG_LENGTH;
}

function uuidText(bytes) {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
