// What profile strict asks of the content of each type (spec/event.md, EVT-37 to EVT-51).

import { isWhole, isWholeFrom, wholeValue } from './decimals.mjs';
import { isArray, isNothing, isNumber, isObject, isString, itemsOf, member, stringMember } from './json-values.mjs';
import { normalizedTimestamp } from './timestamp.mjs';

const KINDS = { user_message: ['object', 'string', 'array'], error: ['object', 'string'], tool_result: ['object', 'array'] };
const PROVIDER_MEMBERS = ['type', 'role', 'object', 'choices', 'response', 'tool_calls'];
const LONGEST_FINISH_REASON = 100;
const LONGEST_NAME = 255; // EVT-54 reports what is longer

const isTextful = (node) => isString(node) && node.value !== '';
/** In strict, a member that is null counts as absent (EVT-31). */
const given = (node, name) => (isNothing(member(node, name)) ? undefined : member(node, name));

/** Collects the faults of one content; places are relative to it. */
class Faults {
  constructor(pointer) {
    this.pointer = pointer;
    this.list = [];
  }

  add(place, rule) {
    this.list.push({ pointer: `${this.pointer}${place}`, rule });
  }

  /** The items of a list of objects, [item, place]; what is none is a fault of `rule`. */
  objects(list, place, rule) {
    if (!isArray(list)) {
      this.add(place, rule);
      return [];
    }
    const items = list.items.map((item, i) => [item, `${place}/${i}`]);
    for (const [item, at] of items) if (!isObject(item)) this.add(at, rule);
    return items.filter(([item]) => isObject(item));
  }

  /** A member that is a string where it is present. */
  string(node, name, rule) {
    const value = given(node, name);
    if (value !== undefined && !isString(value)) this.add(`/${name}`, rule);
  }

  moment(content, name) {
    const value = given(content, name);
    const isMoment = value === undefined || (isString(value) && normalizedTimestamp(value.value) !== null);
    if (!isMoment) this.add(`/${name}`, `${name}.format`);
  }

  /** A `toolResults` that may be null, for a tool may have returned null (EVT-31). */
  results(content, names) {
    if (names.every((name) => member(content, name) === undefined)) this.add('/toolResults', 'toolResults.required');
  }
}

/** EVT-43 */
function toolCalls(content, faults) {
  for (const [item, place] of faults.objects(given(content, 'toolCalls'), '/toolCalls', 'toolCalls.type')) {
    if (given(item, 'type') !== undefined) continue;
    if (!isTextful(member(item, 'name'))) faults.add(`${place}/name`, 'toolCall.name.required');
    const args = given(item, 'arguments');
    if (args !== undefined && !isObject(args)) faults.add(`${place}/arguments`, 'toolCall.arguments.type');
  }
}

/** EVT-46 */
function namedResult(content, faults) {
  if (!isTextful(member(content, 'toolName'))) faults.add('/toolName', 'toolName.required');
  if (member(content, 'output') === undefined) faults.add('/output', 'output.required');
}

const isListOf = (node, isItem) => isArray(node) && node.items.every(isItem);
const isInput = (node) => isString(node) || isListOf(node, isString) || isListOf(node, isNumber)
  || isListOf(node, (item) => isListOf(item, isNumber));

const CHECKS = {
  user_message(content, faults) { // EVT-40
    const messages = given(content, 'messages');
    for (const [item, place] of messages === undefined ? [] : faults.objects(messages, '/messages', 'content.type')) {
      const isOwn = given(item, 'type') === undefined;
      if (isOwn && !isTextful(member(item, 'role'))) faults.add(`${place}/role`, 'message.role.required');
    }
    faults.string(content, 'text', 'content.type');
  },

  llm_response(content, faults) { // EVT-41, EVT-42
    faults.string(content, 'content', 'content.type');
    faults.string(content, 'finishReason', 'content.type');
    const length = (stringMember(content, 'finishReason') ?? '').length;
    if (length > LONGEST_FINISH_REASON && length <= LONGEST_NAME) {
      faults.add('/finishReason', 'finishReason.maxLength');
    }
    const calls = given(content, 'toolCalls');
    for (const [item, place] of calls === undefined ? [] : faults.objects(calls, '/toolCalls', 'toolCalls.type')) {
      const isCall = !isObject(member(item, 'function')) && given(item, 'name') !== undefined;
      const call = isCall ? item : member(item, 'function');
      const at = isCall ? place : `${place}/function`;
      if (!isTextful(member(call, 'name'))) faults.add(`${at}/name`, 'toolCall.name.required');
      const args = given(call, 'arguments');
      if (args !== undefined && !isString(args)) faults.add(`${at}/arguments`, 'toolCall.arguments.type');
    }
  },

  tool_call_request(content, faults) {
    toolCalls(content, faults);
    faults.moment(content, 'requestedAt'); // EVT-44
  },

  tool_call_response(content, faults) {
    toolCalls(content, faults);
    faults.moment(content, 'respondedAt');
    faults.results(content, ['toolResults']); // EVT-45
  },

  tool_call(content, faults) {
    if (given(content, 'toolName') !== undefined) {
      namedResult(content, faults);
    } else {
      toolCalls(content, faults);
      faults.results(content, ['toolResults', 'tool_results', 'result']);
    }
  },

  tool_result: namedResult,

  llm_thinking(content, faults) { // EVT-47
    const type = stringMember(content, 'type');
    if (type === 'thinking') {
      if (!isString(member(content, 'thinking'))) faults.add('/thinking', 'thinking.required');
    } else if (type === 'redacted_thinking') {
      if (!isTextful(member(content, 'data'))) faults.add('/data', 'thinking.required');
    } else {
      faults.add('/type', 'thinking.type.enum');
    }
  },

  embedding_request(content, faults) { // EVT-48
    const input = given(content, 'input');
    if (input === undefined) faults.add('/input', 'embedding.input.required');
    else if (!isInput(input)) faults.add('/input', 'embedding.input.type');
  },

  embedding_response(content, faults) { // EVT-49
    const count = given(content, 'embeddingCount');
    if (count !== undefined && !(isNumber(count) && isWhole(count))) faults.add('/embeddingCount', 'embeddingCount.integer');
    else if (count !== undefined && wholeValue(count) < 0n) faults.add('/embeddingCount', 'embeddingCount.minimum');
    const format = given(content, 'encodingFormat');
    const isKnown = format === undefined || ['float', 'base64'].includes(stringMember(content, 'encodingFormat'));
    if (!isKnown) faults.add('/encodingFormat', 'encodingFormat.enum');
  },

  error(content, faults) { // EVT-50
    const hasMessage = isString(member(content, 'message')) || given(content, 'error') !== undefined;
    if (!hasMessage) faults.add('/message', 'error.message.required');
    const status = given(content, 'status');
    const isStatus = status === undefined || (isNumber(status) && isWholeFrom(status, 100n, 599n));
    if (!isStatus) faults.add('/status', 'error.status.range');
  },
};

const ALWAYS_CHECKED = ['llm_thinking', 'embedding_request', 'embedding_response']; // EVT-51

/** The faults of an event's content, at `pointer`. */
export function contentFaults(content, pointer, type) {
  if (isNothing(content)) return type === 'user_message' ? [] : [{ pointer, rule: 'content.required' }]; // EVT-37
  if (!(KINDS[type] ?? ['object']).includes(content.kind)) return [{ pointer, rule: 'content.type' }]; // EVT-38
  const isProviders = !isObject(content) || PROVIDER_MEMBERS.some((name) => member(content, name) !== undefined);
  if (isProviders && !ALWAYS_CHECKED.includes(type)) return []; // EVT-39
  const faults = new Faults(pointer);
  CHECKS[type](content, faults);
  return faults.list;
}
