// Which events are accepted: the envelope and the metadata that every profile asks for (spec/event.md, section 1).

import { isWhole, isZero, wholeValue } from './decimals.mjs';
import { strictFaults } from './event-strict.mjs';
import { isArray, isNothing, isNumber, isObject, isString, member } from './json-values.mjs';
import { normalizedTimestamp } from './timestamp.mjs';
import { isUuid } from './uuid.mjs';

export const EVENT_TYPES = [
  'user_message', 'llm_response', 'llm_thinking', 'embedding_request', 'embedding_response',
  'tool_call_request', 'tool_call_response', 'tool_call', 'tool_result', 'error',
];
const GREATEST_STEP = 2147483647n;
const LONGEST_NAME = 255;

/** The name of the first broken rule of a string's row, or null. Lengths are in UTF-16 code units. */
function stringRule(node, { isRequired = false, least = 0, most }) {
  if (node === undefined) return isRequired ? 'required' : null;
  if (!isString(node)) return 'type'; // EVT-26
  if (node.value.length < least) return 'minLength';
  if (node.value.length > most) return 'maxLength';
  return node.value.includes('\0') ? 'nul' : null; // EVT-15
}

function stepRule(node) {
  if (node === undefined) return null;
  if (!isNumber(node)) return 'type';
  if (!isWhole(node)) return 'integer';
  if (wholeValue(node) < 1n) return 'minimum';
  return wholeValue(node) > GREATEST_STEP ? 'maximum' : null;
}

function patternRule(node, matches) {
  if (node === undefined) return null;
  if (!isString(node)) return 'type';
  return matches(node.value) ? null : 'format';
}

function typeRule(node) {
  if (node === undefined) return 'required';
  if (!isString(node)) return 'type';
  return EVENT_TYPES.includes(node.value) ? null : 'enum';
}

const uuidRule = (node) => patternRule(node, isUuid);

/** The rows of the envelope that need no other member, in their order. */
const ENVELOPE = [
  ['traceId', (node) => stringRule(node, { isRequired: true, least: 1, most: 128 })],
  ['agentName', (node) => stringRule(node, { isRequired: true, least: 1, most: 255 })],
  ['spanId', (node) => stringRule(node, { most: 128 })],
  ['idempotencyKey', (node) => stringRule(node, { most: 128 })],
  ['externalUserId', (node) => stringRule(node, { most: 255 })],
  ['stepId', stepRule],
  ['parentStepId', stepRule],
  ['timestamp', (node) => patternRule(node, (text) => normalizedTimestamp(text) !== null)],
  ['userId', uuidRule],
  ['projectId', uuidRule],
  ['environmentId', uuidRule],
  ['providerId', uuidRule],
];

/** Absent, null, false, "" or zero (EVT-13). */
const isFalsy = (node) => isNothing(node) || node.kind === 'false' || (isString(node) && node.value === '') || (isNumber(node) && isZero(node));

/** The members of the metadata that a type requires, as far as they are missing (EVT-12, EVT-13). */
function missingMetadata(metadata, type) {
  switch (type) {
    case 'tool_call_request':
    case 'tool_call_response':
      return isNothing(member(metadata, 'tool')) ? ['tool'] : [];
    case 'llm_response':
    case 'embedding_response':
      return ['model', 'provider'].filter((name) => isFalsy(member(metadata, name)));
    default:
      return [];
  }
}

function eventFaults(event, pointer, { eventType, profile, tenant }) {
  if (!isObject(event)) return [{ pointer, rule: 'body.type' }]; // EVT-28
  const faults = [];
  const add = (name, rule) => faults.push({ pointer: `${pointer}/${name}`, rule });
  const brokenType = eventType === undefined ? typeRule(member(event, 'eventType')) : null; // EVT-14
  if (brokenType !== null) add('eventType', `eventType.${brokenType}`);
  const type = brokenType === null ? eventType ?? member(event, 'eventType').value : null;
  for (const [name, ruleOf] of ENVELOPE) {
    const rule = ruleOf(member(event, name));
    if (rule !== null) add(name, rule === 'nul' ? 'string.nul' : `${name}.${rule}`);
  }
  const metadata = member(event, 'metadata');
  const hasMetadata = metadata === undefined || isObject(metadata);
  const missing = hasMetadata ? missingMetadata(metadata, type) : []; // EVT-29
  if (!hasMetadata) add('metadata', 'metadata.type');
  for (const name of missing) add(`metadata/${name}`, `metadata.${name}.required`);
  for (const [node, place, name, rule] of [ // EVT-54
    [metadata, 'metadata', 'model', 'model'],
    [metadata, 'metadata', 'provider', 'metadata.provider'],
    [type === 'llm_response' ? member(event, 'content') : undefined, 'content', 'finishReason', 'finishReason'],
  ]) {
    const value = isObject(node) ? member(node, name) : undefined;
    if (isString(value) && value.value.length > LONGEST_NAME) add(`${place}/${name}`, `${rule}.maxLength`);
  }
  if (profile === 'strict') faults.push(...strictFaults(event, pointer, { type, missing, tenant }));
  return faults;
}

/**
 * Every broken rule of a body, an event or a batch: `{pointer, rule}` (EVT-4, EVT-16). `eventType` is what the route reads every
 * event as, `tenant` the caller's ids.
 */
export function bodyFaults(body, { eventType, profile = 'original', tenant }) {
  const options = { eventType, profile, tenant };
  if (!isArray(body)) return eventFaults(body, '', options);
  return body.items.flatMap((item, i) => eventFaults(item, `/${i}`, options));
}

