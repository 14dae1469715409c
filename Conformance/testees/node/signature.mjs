// Invisible signatures: writing frames, and reading and stripping them from texts (spec/signature.md).

import { createHmac, timingSafeEqual } from 'node:crypto';
import { FrameReader } from './frame-reader.mjs';
import { forEachScalar, withoutRangesOfText } from './scalars.mjs';
import { isCanonicalUuid } from './uuid.mjs';

export class NotEmbeddable extends Error {
  constructor() {
    super('signature.not-embeddable');
    this.code = 'signature.not-embeddable';
  }
}

const TAG_DOMAIN = Buffer.from('whyops-signature-v2\0', 'latin1'); // SIG-17
export const TAG_LENGTH = 8;

/** Whether a frame can carry an id, given as bytes: 1 to 128 bytes, each 0x21 to 0x7E (SIG-1, SIG-2). */
export const isEmbeddable = (id) => id.length >= 1 && id.length <= 128 && id.every((byte) => byte >= 0x21 && byte <= 0x7e);

/** The version 1 frame of an id given as bytes. Throws NotEmbeddable. */
export function frameV1(id) {
  if (!isEmbeddable(id)) throw new NotEmbeddable();
  let frame = '\u200b';
  for (const byte of id) {
    for (let bit = 7; bit >= 0; bit -= 1) frame += (byte >> bit) & 1 ? '\u200c' : '\u200d';
  }
  return Buffer.from(`${frame}\u200e`, 'utf8');
}

/** The version 2 frame of an id given as bytes, signed by `key`: `{id, bytes}` (SIG-15 to SIG-17). Throws NotEmbeddable. */
export function frameV2(id, key) {
  if (!isEmbeddable(id)) throw new NotEmbeddable();
  const text = id.toString('latin1');
  const isUuid = isCanonicalUuid(text);
  const payload = isUuid ? Buffer.from(text.replaceAll('-', ''), 'hex') : Buffer.concat([Buffer.from([id.length]), id]);
  const signed = Buffer.concat([Buffer.from([0xe7, (key.id << 4) | (isUuid ? 0 : 1)]), payload]);
  let frame = '\u2060';
  for (const byte of Buffer.concat([signed, tagOf(signed, key)])) {
    frame += String.fromCodePoint(byte < 16 ? 0xfe00 + byte : 0xe0100 + byte - 16);
  }
  return Buffer.from(frame, 'utf8');
}

/** The frame that a reply gets: version 2 where there is a key, else version 1; null where no frame can carry the id. */
export function frameFor(traceId, key) {
  if (!isEmbeddable(traceId)) return null;
  return key === undefined ? frameV1(traceId) : frameV2(traceId, key);
}

const tagOf = (signed, key) => createHmac('sha256', key.bytes).update(TAG_DOMAIN).update(signed).digest().subarray(0, TAG_LENGTH);

/** The keys of an environment, by their id (SIG-40). */
export class SigningKeys {
  constructor(keys = []) {
    this.byId = new Map(keys.map((key) => [key.id, key]));
  }

  /** Whether the tag at the end of a whole frame's bytes is the one that the key with the frame's id gives (SIG-18, SIG-41). */
  verify(frame) {
    const key = this.byId.get(frame[1] >> 4);
    if (key === undefined) return false;
    const split = frame.length - TAG_LENGTH;
    return timingSafeEqual(tagOf(frame.subarray(0, split), key), frame.subarray(split));
  }
}

/** All frames of a text of which `forEach(visit)` gives the scalars; their places are those that it gives. */
export function readFrames(forEach, keys) {
  const reader = new FrameReader(keys);
  forEach((code, start, end) => reader.read(code, start, end));
  return reader.finish();
}

const framesOfBytes = (bytes, keys) => readFrames((visit) => forEachScalar(bytes, 0, bytes.length, visit), keys);

/** The text without its whole frames (SIG-20). */
export const strip = (bytes, keys = new SigningKeys()) => withoutRangesOfText(bytes, framesOfBytes(bytes, keys).removed);

/**
 * What a reader sees: `{traceId, version}`, the last version 2 frame that verifies, else the last version 1 frame (SIG-4,
 * SIG-19); both null where there is none.
 */
export function extract(bytes, keys = new SigningKeys()) {
  return decidingFrame(framesOfBytes(bytes, keys).frames) ?? { traceId: null, version: null };
}

export const decidingFrame = (frames) => frames.findLast((f) => f.version === 2) ?? frames.findLast((f) => f.version === 1);
