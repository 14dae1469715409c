// The canonical view of an event's content, one form for each type (spec/event.md, section 4).

import * as json from './json-values.mjs';
import { isArray, isNothing, isNumber, isObject, isString, itemsOf, member } from './json-values.mjs';
import { InvalidEvent } from './event-encoding.mjs';
import { EVENT_TYPES } from './event-validation.mjs';
import { RawJson } from './raw-json.mjs';
import { callOf, callsOf, jsonText, resultsOf } from './event-view-tools.mjs';

/** Half a surrogate pair becomes U+FFFD, before texts are joined (EVT-61). */
const clean = (text) => text?.toWellFormed();
const firstString = (node, ...names) => clean(json.firstString(node, ...names)) ?? null;
const stringOf = (node) => clean(json.stringOf(node));
const listMember = (node, name) => (isArray(member(node, name)) ? member(node, name) : undefined);
const isObjectOrNull = (node) => (isObject(node) ? node : undefined);
const joined = (texts, joiner) => (texts.length === 0 ? undefined : texts.join(joiner));
const found = (texts) => texts.filter((text) => text !== undefined);

function partText(node) {
  if (isString(node)) return stringOf(node);
  const type = member(node, 'type');
  const isText = type === undefined || ['text', 'input_text', 'output_text'].includes(json.stringOf(type));
  return isText ? stringOf(member(node, 'text')) : undefined;
}

/** The text of a value, undefined where it has none. */
function textOf(node, joiner) {
  if (isString(node)) return stringOf(node);
  return joined(found(itemsOf(node).map(partText)), joiner);
}

const bodyOf = (content) => (isObject(member(content, 'response')) ? member(content, 'response') : content);

function userItems(content) {
  if (isString(content)) return [content];
  if (isArray(content)) return content.items;
  if (listMember(content, 'messages')) return member(content, 'messages').items;
  const input = member(content, 'input');
  if (isString(input)) return [input];
  if (isArray(input)) return input.items;
  return isString(member(content, 'role')) || isString(member(content, 'text')) ? [content] : [];
}

/** EVT-63: undefined for an item that is left out. */
function userMessageOf(item) {
  if (isString(item)) return { role: 'user', text: stringOf(item) };
  if (!isObject(item)) return undefined;
  const role = stringOf(member(item, 'role'));
  const content = member(item, 'content');
  const text = content === undefined ? partText(item) : textOf(content, '\n');
  return role === undefined && text === undefined ? undefined : { role: role ?? 'user', text: text ?? '' };
}

function userMessage(content) {
  const messages = found(userItems(content).map(userMessageOf));
  const last = messages.findLast(({ role, text }) => role === 'user' && text !== '');
  return { messages, text: last?.text ?? null };
}

/** EVT-67: a reply with a list of output items. */
function outputReply(body) {
  const items = member(body, 'output').items;
  const contents = items.filter((item) => json.stringMember(item, 'type') === 'message').map((item) => member(item, 'content'));
  const refusals = contents.flatMap(itemsOf).filter((part) => json.stringMember(part, 'type') === 'refusal');
  return {
    text: joined(found(contents.map((content) => textOf(content, ''))), '') ?? null,
    refusal: joined(found(refusals.map((part) => stringOf(member(part, 'refusal')))), '') ?? null,
    toolCalls: found(items.map(outputCall)),
    finishReason: stringOf(member(member(body, 'incomplete_details'), 'reason')) ?? firstString(body, 'status'),
  };
}

function outputCall(item) {
  const type = json.stringMember(item, 'type') ?? '';
  if (type === 'function_call' || type === 'custom_tool_call') return callOf(item);
  if (!type.endsWith('_call')) return undefined;
  const action = member(item, 'action');
  return {
    id: firstString(item, 'id'),
    name: clean(type.slice(0, -'_call'.length)),
    arguments: isNothing(action) ? null : jsonText(action),
  };
}

/** EVT-68: any other reply. */
function plainReply(body) {
  const content = member(body, 'content');
  const blocks = itemsOf(content).filter((item) => ['tool_use', 'server_tool_use'].includes(json.stringMember(item, 'type')));
  const calls = itemsOf(listMember(body, 'toolCalls') ?? listMember(body, 'tool_calls')).filter(isObject);
  return {
    text: textOf(content, '') ?? firstString(body, 'text'),
    refusal: firstString(body, 'refusal'),
    toolCalls: [...calls, ...blocks].map(callOf),
    finishReason: firstString(body, 'finishReason', 'finish_reason', 'stop_reason'),
  };
}

function llmResponse(content) {
  const body = bodyOf(content);
  if (isString(body) || isArray(body)) {
    return plainReply({ kind: 'object', members: [{ name: 'content', value: body }] }); // EVT-65
  }
  const choice = itemsOf(member(body, 'choices'))[0];
  const message = isObjectOrNull(member(choice, 'message')) ?? isObjectOrNull(member(choice, 'delta'));
  if (message !== undefined) {
    const reply = plainReply(message); // EVT-66
    return { ...reply, finishReason: firstString(choice, 'finish_reason') ?? reply.finishReason };
  }
  return listMember(body, 'output') ? outputReply(body) : plainReply(body);
}

function thinking(content) {
  return {
    text: stringOf(content) ?? firstString(content, 'thinking', 'text'),
    signature: firstString(content, 'signature'),
    redacted: json.stringMember(content, 'type') === 'redacted_thinking',
  };
}

/** EVT-78 */
function embeddingRequest(content) {
  const input = member(content, 'input');
  if (isString(input)) return { texts: [stringOf(input)], count: 1 };
  if (!isArray(input)) return { texts: [], count: null };
  const { items } = input;
  if (items.every(isString)) return { texts: items.map(stringOf), count: items.length };
  return { texts: [], count: isNumber(items[0]) ? 1 : items.length };
}

const numberMember = (node, name) => (isNumber(member(node, name)) ? RawJson.of(member(node, name)) : undefined);

/** EVT-79 */
function embeddingResponse(content) {
  const data = listMember(content, 'data');
  const embedding = member(data?.items[0], 'embedding');
  const spelt = isArray(embedding) ? 'float' : isString(embedding) ? 'base64' : null;
  return {
    count: numberMember(content, 'embeddingCount') ?? data?.items.length ?? null,
    dimensions: numberMember(content, 'firstEmbeddingDimensions') ?? (isArray(embedding) ? embedding.items.length : null),
    encodingFormat: firstString(content, 'encodingFormat') ?? spelt,
  };
}

/** EVT-80 */
function errorView(content) {
  const error = member(content, 'error');
  const message = stringOf(content) ?? firstString(content, 'message', 'error') ?? firstString(error, 'message');
  return {
    message: message ?? (isNothing(error) ? null : jsonText(error)),
    status: numberMember(content, 'status') ?? null,
  };
}

const VIEWS = {
  user_message: userMessage,
  llm_response: llmResponse,
  llm_thinking: thinking,
  embedding_request: embeddingRequest,
  embedding_response: embeddingResponse,
  tool_call_request: (content) => ({ toolCalls: callsOf(bodyOf(content)) }),
  tool_call_response: (content) => ({ toolCalls: callsOf(bodyOf(content)), results: resultsOf(bodyOf(content)) }),
  tool_call: (content) => ({ toolCalls: callsOf(bodyOf(content)), results: resultsOf(bodyOf(content)) }),
  tool_result: (content) => ({ results: resultsOf(bodyOf(content)) }),
  error: errorView,
};

/** The view of an event, an object with exactly the members of its type (EVT-60). Throws InvalidEvent where it has none. */
export function eventView(event) {
  const type = json.stringMember(event, 'eventType');
  if (!EVENT_TYPES.includes(type)) throw new InvalidEvent();
  return VIEWS[type](member(event, 'content'));
}
