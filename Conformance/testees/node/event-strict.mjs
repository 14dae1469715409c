// What profile strict refuses in addition (spec/event.md, section 2).

import { isBelowZero, isWholeFrom } from './decimals.mjs';
import { contentFaults } from './event-content.mjs';
import { isUuid } from './uuid.mjs';
import { isArray, isNothing, isNumber, isObject, isString, member, pointerToken, stringMember } from './json-values.mjs';

const GREATEST_FIGURE = 9007199254740991n;
const LONGEST_MODEL = 200;
const LONGEST_NAME = 255; // EVT-54 reports what is longer
const FIGURES = [
  'promptTokens', 'completionTokens', 'totalTokens', 'cacheReadTokens', 'cacheCreationTokens', 'cacheWriteTokens',
  'cacheWrite5mTokens', 'cacheWrite1hTokens', 'inputTokens', 'outputTokens', 'cachedTokens', 'cacheRead', 'cacheWrite', 'input',
  'output', 'total', 'prompt_tokens', 'completion_tokens', 'total_tokens', 'input_tokens', 'output_tokens',
];

/** EVT-32 to EVT-36. `missing` are the members whose `required` rule is broken. */
function metadataFaults(metadata, pointer, missing) {
  const faults = [];
  const add = (name, rule) => faults.push({ pointer: `${pointer}/${name}`, rule });
  for (const name of ['tool', 'model', 'provider']) {
    const node = member(metadata, name);
    if (isNothing(node) || missing.includes(name)) continue;
    if (!isString(node)) add(name, `metadata.${name}.type`);
    else if (node.value === '') add(name, `metadata.${name}.minLength`);
    else if (name === 'model' && node.value.length > LONGEST_MODEL && node.value.length <= LONGEST_NAME) add(name, 'model.maxLength');
  }
  const usage = member(metadata, 'usage');
  if (!isNothing(usage) && !isObject(usage)) add('usage', 'usage.type');
  for (const name of FIGURES) {
    const node = member(usage, name);
    const isFigure = isNothing(node) || (isNumber(node) && isWholeFrom(node, 0n, GREATEST_FIGURE));
    if (!isFigure) add(`usage/${name}`, 'usage.nonNegativeInteger');
  }
  const latency = member(metadata, 'latencyMs');
  if (!isNothing(latency) && (!isNumber(latency) || isBelowZero(latency))) add('latencyMs', 'latencyMs.nonNegative');
  return faults;
}

/** The pointer of the first string or member name with U+0000 in document order, hidden ones too, or null (EVT-52). */
function firstNul(node, pointer) {
  if (isString(node)) return node.value.includes('\0') ? pointer : null;
  const entries = isArray(node) ? node.items.map((item, i) => [String(i), item])
    : isObject(node) ? node.members.map(({ name, value }) => [name, value]) : [];
  for (const [name, value] of entries) {
    const place = `${pointer}/${pointerToken(name)}`;
    const found = name.includes('\0') ? place : firstNul(value, place);
    if (found !== null) return found;
  }
  return null;
}

/** EVT-53: a valid id that is not the caller's. */
function tenantFaults(event, pointer, tenant = {}) {
  return ['userId', 'projectId', 'environmentId'].filter((name) => {
    const id = stringMember(event, name);
    return isUuid(id) && tenant[name] !== undefined && id.toLowerCase() !== tenant[name].toLowerCase();
  }).map((name) => ({ pointer: `${pointer}/${name}`, rule: 'tenant.mismatch' }));
}

/** The faults of an event, an object, beside those of profile original. `type` is null where it is refused (EVT-29). */
export function strictFaults(event, pointer, { type, missing, tenant }) {
  const metadata = member(event, 'metadata');
  const content = member(event, 'content');
  const faults = [];
  if (type !== null) {
    if (isObject(metadata)) faults.push(...metadataFaults(metadata, `${pointer}/metadata`, missing));
    faults.push(...contentFaults(content, `${pointer}/content`, type));
  }
  for (const [node, name] of [[content, 'content'], [metadata, 'metadata']]) {
    const found = firstNul(node, `${pointer}/${name}`);
    if (found !== null) faults.push({ pointer: found, rule: 'string.nul' });
  }
  return [...faults, ...tenantFaults(event, pointer, tenant)];
}
