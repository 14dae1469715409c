// Reads the frames of spec/signature.md. The keys stay in the service, so a tag is never checked here.

const BIT = { "\u200C": 1, "\u200D": 0 };

/** The byte that a variation selector stands for, or -1. */
export function selectorByte(scalar) {
  if (scalar >= 0xfe00 && scalar <= 0xfe0f) return scalar - 0xfe00;
  if (scalar >= 0xe0100 && scalar <= 0xe01ef) return scalar - 0xe0100 + 16;
  return -1;
}

function visible(bytes) {
  return bytes.every((byte) => byte >= 0x21 && byte <= 0x7e) ? String.fromCharCode(...bytes) : null;
}

/** The trace id of a whole version 1 frame, given with its start and its end (SIG-1), or null. */
export function readV1(frame) {
  const bits = Array.from(frame.slice(1, -1), (mark) => BIT[mark]);
  if (bits.length === 0 || bits.length % 8 !== 0 || bits.length > 128 * 8) return null;
  const bytes = [];
  for (let at = 0; at < bits.length; at += 8) {
    bytes.push(bits.slice(at, at + 8).reduce((value, bit) => value * 2 + bit, 0));
  }
  const traceId = visible(bytes);
  return traceId === null ? null : { version: 1, traceId };
}

/** What the selectors of a version 2 frame say (SIG-10, SIG-11, SIG-16), or null where they are no whole frame. */
export function readV2(bytes) {
  if (bytes[0] > 0xe7 && bytes[0] <= 0xef) return { version: bytes[0] - 0xe5, traceId: null };
  if (bytes[0] !== 0xe7 || bytes.length < 2 || (bytes[1] & 0x0c) !== 0) return null;
  const keyId = bytes[1] >> 4;
  const kind = bytes[1] & 3;
  if (kind === 0 && bytes.length === 2 + 16 + 8) {
    const hex = bytes.slice(2, 18).map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const traceId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    return { version: 2, keyId, traceId };
  }
  if (kind === 1 && bytes[2] >= 1 && bytes[2] <= 128 && bytes.length === 3 + bytes[2] + 8) {
    const traceId = visible(bytes.slice(3, 3 + bytes[2]));
    return traceId === null ? null : { version: 2, keyId, traceId };
  }
  return null;
}
