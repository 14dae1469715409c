// Values that go out as they came in: a number keeps its spelling, for JSON.stringify would round it.

import { spelling } from './json-values.mjs';

export class RawJson {
  constructor(text) {
    this.text = text;
  }

  /** A node as it was spelt. */
  static of(node) {
    return new RawJson(spelling(node).toString('utf8'));
  }
}

/** As JSON.stringify for plain values, but RawJson stands as it is. */
export function stringify(value) {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map(stringify).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${stringify(item)}`).join(',')}}`;
}
