// The canonical encoding of an event: what is compared and hashed (spec/event.md, section 5).

import { compactText, quoted, sortedMembers } from './canonical-json.mjs';
import { wholeValue } from './decimals.mjs';
import { bodyFaults } from './event-validation.mjs';
import { isArray, member } from './json-values.mjs';
import { normalizedTimestamp } from './timestamp.mjs';

export class InvalidEvent extends Error {
  constructor() {
    super('event.invalid');
    this.code = 'event.invalid';
  }
}

/** Half a surrogate pair outside of content and metadata is U+FFFD (EVT-89). */
const string = (node) => quoted(node.value.toWellFormed());
const stringUnlessEmpty = (node) => (node.value === '' ? undefined : string(node));
const digits = (node) => String(wholeValue(node));
const kept = (node) => compactText(node, sortedMembers); // EVT-87 to EVT-89

/** The members in their order, each with how it is written; undefined leaves it out (EVT-85, EVT-86). */
const MEMBERS = [
  ['eventType', string],
  ['traceId', string],
  ['agentName', string],
  ['spanId', stringUnlessEmpty],
  ['stepId', digits],
  ['parentStepId', digits],
  ['timestamp', (node) => quoted(normalizedTimestamp(node.value))],
  ['content', kept],
  ['metadata', kept],
  ['idempotencyKey', stringUnlessEmpty],
  ['externalUserId', stringUnlessEmpty],
  ['providerId', string],
];

/** The encoding of an event as a string; null is a body that is no JSON. Throws InvalidEvent (EVT-90). */
export function canonicalEncoding(event) {
  if (event === null || isArray(event) || bodyFaults(event, {}).length > 0) throw new InvalidEvent();
  const written = [];
  for (const [name, write] of MEMBERS) {
    const node = member(event, name);
    const text = node === undefined ? undefined : write(node);
    if (text !== undefined) written.push(`"${name}":${text}`);
  }
  return `{${written.join(',')}}`;
}
