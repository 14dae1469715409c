// Where text may carry a signature (spec/signature.md, SIG-30 to SIG-36).

import { selectorByte } from './frame-reader.mjs';
import { INVALID, forEachScalar, isHalf } from './scalars.mjs';

/** How many scalars of white space may follow a frame (SIG-30, EXC-34). */
export const MOST_WHITE_SPACE = 64;

const MANIFEST = [...Buffer.from('C2PATXT\0', 'latin1')]; // SIG-14

export function isWhiteSpace(code) {
  return (code >= 0x09 && code <= 0x0d) || code === 0x20 || code === 0x85 || code === 0xa0 || code === 0x1680
    || (code >= 0x2000 && code <= 0x200a) || code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f
    || code === 0x3000;
}

/** Whether a visible scalar counts towards the twelve of a text without spaces between words (SIG-31). */
function countsAsWide(code) {
  return code >= 0x0e00 && !isHalf(code) && code !== 0xfeff
    && !(code >= 0x200b && code <= 0x200f) && !(code >= 0x2060 && code <= 0x2064)
    && !(code >= 0xfe00 && code <= 0xfe0f) && !(code >= 0xe0000 && code <= 0xe0fff);
}

const ENDINGS = new Set([...'.!?,;:\'"'].map((c) => c.charCodeAt(0)));
const isAsciiLetter = (code) => (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
const mayEnd = (code) => isAsciiLetter(code) || ENDINGS.has(code) || (code >= 0xa1 && !isHalf(code)); // SIG-33
const spoilsToken = (code) => code === 0x40 || code === 0x2f || code === 0x5c || code === 0x3d; // SIG-34
const opensCode = (code) => code === 0x7b || code === 0x5b || code === 0x3c; // SIG-32

/** Judges a text scalar by scalar, so that it can be asked at the end of a stream. */
export class Carrier {
  constructor(policy) {
    this.policy = policy;
    this.words = 0;
    this.wide = 0;
    this.first = undefined; // the first visible scalar
    this.fence = 0; // how many scalars of a fence the text begins with
    this.fenceIsOpen = true;
    this.last = undefined; // the last visible scalar
    this.tokenIsSpoilt = false;
    this.inToken = false;
    this.manifest = -1; // selectors of a C2PA manifest read so far, -1 outside one
    this.holdsManifest = false;
  }

  read(scalar) {
    const code = scalar === INVALID ? 0xfffd : scalar;
    this.readManifest(code);
    if (isWhiteSpace(code)) {
      this.inToken = false;
      if (this.first !== undefined) this.fenceIsOpen = false;
      return;
    }
    if (!this.inToken) {
      this.words += 1;
      this.tokenIsSpoilt = false;
    }
    this.inToken = true;
    this.tokenIsSpoilt ||= spoilsToken(code);
    this.first ??= code;
    if (this.fenceIsOpen && this.fence < 3 && (code === 0x60 || code === 0x7e) && code === this.first) this.fence += 1;
    else this.fenceIsOpen = false;
    if (countsAsWide(code)) this.wide += 1;
    this.last = code;
  }

  readManifest(code) {
    if (code === 0xfeff) this.manifest = 0;
    else if (this.manifest >= 0 && selectorByte(code) === MANIFEST[this.manifest]) this.manifest += 1;
    else this.manifest = -1;
    if (this.manifest === MANIFEST.length) {
      this.holdsManifest = true; // SIG-35
      this.manifest = -1;
    }
  }

  /** Whether no text that begins like this one may carry a frame, so that nothing of it need be held back. */
  get isHopeless() {
    const beginsAsCode = this.policy === 'careful' && this.first !== undefined && (opensCode(this.first) || this.fence >= 3);
    return this.holdsManifest || beginsAsCode;
  }

  /** Whether the text as read so far may carry a frame. */
  get carries() {
    if (this.policy === 'off' || this.first === undefined || this.holdsManifest) return false; // SIG-35, SIG-36
    if (this.policy === 'always') return true;
    return (this.words >= 3 || this.wide >= 12) && !opensCode(this.first) && this.fence < 3
      && mayEnd(this.last) && !this.tokenIsSpoilt;
  }
}

/**
 * The places of the last scalars of a text: where the white space at its end begins, of which at most 64 scalars count.
 * There the frame goes (SIG-30).
 */
export class TrailingWhiteSpace {
  constructor(start) {
    this.starts = [];
    this.offset = start;
  }

  read(code, start, end) {
    if (!isWhiteSpace(code)) {
      this.starts.length = 0;
      this.offset = end;
      return;
    }
    this.starts.push(start);
    if (this.starts.length > MOST_WHITE_SPACE) this.starts.shift();
    this.offset = this.starts[0];
  }
}

/** Where a frame goes in a text of which `forEach(visit)` gives the scalars from `textStart` on, or null where it may carry none. */
export function frameOffset(forEach, policy, textStart = 0) {
  const carrier = new Carrier(policy);
  const trailing = new TrailingWhiteSpace(textStart);
  forEach((code, start, end) => {
    carrier.read(code);
    trailing.read(code, start, end);
  });
  return carrier.carries ? trailing.offset : null;
}

export const frameOffsetInBytes = (bytes, policy) =>
  frameOffset((visit) => forEachScalar(bytes, 0, bytes.length, visit), policy);
