// The forms in which texts come over the line and go back (Conformance/README.md, "Texts").

import { parseJson } from './json-text.mjs';
import { isString, member, stringOf } from './json-values.mjs';
import { bytesFromString } from './scalars.mjs';

const isUtf8 = (bytes) => Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);

/** The bytes of a text. */
export function readText(node) {
  if (isString(node)) return bytesFromString(node.value);
  const hex = stringOf(member(node, 'hex'));
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  const literal = Buffer.from(`"${stringOf(member(node, 'escaped'))}"`, 'utf8');
  return bytesFromString(parseJson(literal).value);
}

/** Bytes as a text. */
export const writeText = (bytes) => (isUtf8(bytes) ? bytes.toString('utf8') : { hex: bytes.toString('hex') });

/** A string that may hold half a surrogate pair, as a text. */
export const writeString = (text) => writeText(bytesFromString(text));
