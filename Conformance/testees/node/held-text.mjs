// The text of one choice or block of a stream: what was read so far, and the white space at its end, which is held back
// because the frame goes before it (EXC-34, EXC-35).

import { Carrier, MOST_WHITE_SPACE, isWhiteSpace } from './carrier.mjs';
import { forEachJsonScalar, isHighHalf, isLowHalf, joinHalves } from './scalars.mjs';

export class HeldText {
  constructor(policy) {
    this.carrier = new Carrier(policy);
    this.half = undefined; // half a pair at the end of the text, whose other half may come in the next delta
    this.held = []; // white space, a scalar each, as it was spelt
  }

  /**
   * Takes a delta's string. Returns what to write in its place, the inside of a JSON string, and holds the white space at
   * the end of the text, at most the last 64 scalars of it.
   */
  take(node) {
    const written = [];
    forEachJsonScalar(node.bytes, node.start + 1, node.end - 1, (code, start, end) => {
      this.judge(code);
      const isHeld = isWhiteSpace(code) && !this.carrier.isHopeless;
      if (!isHeld) written.push(...this.held.splice(0));
      const spelt = node.bytes.subarray(start, end);
      if (!isHeld) {
        written.push(spelt);
      } else {
        this.held.push(spelt);
        if (this.held.length > MOST_WHITE_SPACE) written.push(this.held.shift());
      }
    });
    return Buffer.concat(written);
  }

  /** Clients join the deltas, so halves that meet are one character. */
  judge(code) {
    const joins = this.half !== undefined && isLowHalf(code);
    if (this.half !== undefined && !joins) this.carrier.read(this.half);
    const scalar = joins ? joinHalves(this.half, code) : code;
    this.half = isHighHalf(scalar) ? scalar : undefined;
    if (this.half === undefined) this.carrier.read(scalar);
  }

  /** Whether the whole text may carry a frame. */
  get carries() {
    if (this.half !== undefined) this.carrier.read(this.half);
    this.half = undefined;
    return this.carrier.carries;
  }

  /** The white space that is held, which is then held no longer. */
  release() {
    return Buffer.concat(this.held.splice(0));
  }

  get isHolding() {
    return this.held.length > 0;
  }
}
