// The two forms in which JSON is written: the canonical form of RFC 8785 (JSON-20 to JSON-26), and compact JSON text that
// keeps the spelling of numbers (AGT-4, event.md sections 4 and 5).

import { DEFAULT_LIMITS, parseJson } from './json-text.mjs';
import { doubleOf, effectiveMembers, spelling } from './json-values.mjs';

export class NoCanonicalForm extends Error {
  constructor() {
    super('json.no-canonical-form');
    this.code = 'json.no-canonical-form';
  }
}

/** By UTF-16 code units, as JavaScript compares strings. */
export const byCodeUnits = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** A string as JSON.stringify writes it: for one without lone surrogates this is also the form of JSON-22. */
export const quoted = (text) => JSON.stringify(text);

function canonicalString(text) {
  if (!text.isWellFormed()) throw new NoCanonicalForm(); // JSON-25
  return quoted(text);
}

function canonicalNumber(node) {
  const double = doubleOf(node); // JSON-23
  if (!Number.isFinite(double)) throw new NoCanonicalForm(); // JSON-25
  return String(double === 0 ? 0 : double); // JSON-24
}

/** The canonical form of a node as a string. Throws NoCanonicalForm. */
export function canonicalForm(node) {
  switch (node.kind) {
    case 'object': {
      const members = [...effectiveMembers(node)].sort(([a], [b]) => byCodeUnits(a, b));
      return `{${members.map(([name, value]) => `${canonicalString(name)}:${canonicalForm(value)}`).join(',')}}`;
    }
    case 'array':
      return `[${node.items.map(canonicalForm).join(',')}]`;
    case 'string':
      return canonicalString(node.value);
    case 'number':
      return canonicalNumber(node);
    default:
      return node.kind;
  }
}

/** The canonical form of a text. Throws JsonFault or NoCanonicalForm (JSON-26). */
export const canonicalize = (bytes) => canonicalForm(parseJson(bytes, DEFAULT_LIMITS));

/**
 * Compact JSON text: no white space between tokens, numbers as they were spelt, strings as JSON.stringify writes them.
 * `members` says which members of an object are written and in which order; the default is all, as they came.
 */
export function compactText(node, members = (object) => object.members.map(({ name, value }) => [name, value])) {
  switch (node.kind) {
    case 'object':
      return `{${members(node).map(([name, value]) => `${quoted(name)}:${compactText(value, members)}`).join(',')}}`;
    case 'array':
      return `[${node.items.map((item) => compactText(item, members)).join(',')}]`;
    case 'string':
      return quoted(node.value);
    case 'number':
      return spelling(node).toString('latin1');
    default:
      return node.kind;
  }
}

/** Members sorted by name, of a name that occurs twice the last one (EVT-87). */
export const sortedMembers = (object) => [...effectiveMembers(object)].sort(([a], [b]) => byCodeUnits(a, b));
