// What a request's history says, whatever the format: its turns with their texts, tool arguments and echoed ids.

import { isObject, isString, itemsOf, member, stringMember } from './json-values.mjs';

/** Whether an object is neither stripped nor read (EXC-1, TRC-20). */
export const isKept = (node) => ['thinking', 'redacted_thinking', 'reasoning'].includes(stringMember(node, 'type'));

/**
 * A turn has `isAssistant`; `texts`, the strings that may hold a signature (TRC-4); `calls`, the tool arguments (EXC-2): JSON
 * text in a string, or an object; and `ids`, what an earlier reply carried and the client echoes: `{kind, id}`.
 */
function newTurn(role) {
  return { isAssistant: role === 'assistant', texts: [], calls: [], ids: [] };
}

function addId(turn, kind, id) {
  if (id !== undefined && id !== '') turn.ids.push({ kind, id });
}

/** The texts of a message's content: a string, or the `text` of its parts of these types. */
function addTexts(turn, content, types) {
  if (isString(content)) turn.texts.push(content);
  for (const part of itemsOf(content)) {
    const text = member(part, 'text');
    if (isString(text) && types.includes(stringMember(part, 'type'))) turn.texts.push(text);
  }
}

/** Tool arguments: JSON text or an object (EXC-2). */
const isArguments = (value) => isString(value) || isObject(value);
function addArguments(turn, value) {
  if (isArguments(value)) turn.calls.push(value);
}

/** Chat: `tool_calls[].function.arguments`, the older `function_call.arguments`, and the ids of calls (TRC-18). */
function addChatCalls(turn, message) {
  for (const call of itemsOf(member(message, 'tool_calls'))) {
    addId(turn, 'tool_call', stringMember(call, 'id'));
    addArguments(turn, member(member(call, 'function'), 'arguments'));
  }
  addArguments(turn, member(member(message, 'function_call'), 'arguments'));
}

/** Anthropic: the `input` of `tool_use` blocks, the ids of calls and the seals of thinking blocks (TRC-18). */
function addBlocks(turn, content) {
  for (const block of itemsOf(content)) {
    const type = stringMember(block, 'type');
    if (['tool_use', 'server_tool_use', 'mcp_tool_use'].includes(type)) addId(turn, 'tool_call', stringMember(block, 'id'));
    if (type === 'tool_use') {
      addArguments(turn, member(block, 'input'));
    } else if (type === 'thinking') {
      addId(turn, 'thinking', stringMember(block, 'signature'));
    } else if (type === 'redacted_thinking') {
      addId(turn, 'thinking', stringMember(block, 'data'));
    }
  }
}

function messageTurn(message, format) {
  const turn = newTurn(stringMember(message, 'role'));
  if (!isKept(message)) addTexts(turn, member(message, 'content'), ['text']);
  if (format === 'chat') addChatCalls(turn, message);
  else addBlocks(turn, member(message, 'content'));
  if (isKept(message)) turn.calls = [];
  return turn;
}

/** Whether an item of a Responses request ends the turn before it (TRC-11). */
function endsTurn(item) {
  const role = stringMember(item, 'role');
  if (role !== undefined) return role !== 'assistant';
  const type = stringMember(item, 'type') ?? '';
  return type.endsWith('_output') || type.endsWith('_response');
}

/** TRC-12, TRC-13 */
function addItem(turn, item) {
  const type = stringMember(item, 'type');
  if (stringMember(item, 'role') === 'assistant' && !isKept(item)) addTexts(turn, member(item, 'content'), ['output_text', 'input_text', 'text']);
  if (type === 'function_call') addArguments(turn, member(item, 'arguments'));
  addId(turn, 'tool_call', stringMember(item, 'call_id'));
  addId(turn, 'message', stringMember(item, 'id'));
  if (type === 'reasoning') addId(turn, 'thinking', stringMember(item, 'encrypted_content'));
}

/** The turns of a Responses request: all items between two that end a turn are one; the response before is the newest. */
function itemTurns(root) {
  const turns = [newTurn('assistant')];
  for (const item of itemsOf(member(root, 'input'))) {
    const ends = endsTurn(item);
    if (ends) turns.push(newTurn('user'));
    addItem(turns.at(-1), item);
    if (ends) turns.push(newTurn('assistant'));
  }
  const previous = newTurn('assistant');
  const conversation = member(root, 'conversation');
  addId(previous, 'conversation', isObject(conversation) ? stringMember(conversation, 'id') : stringMember(root, 'conversation')); // TRC-30
  addId(previous, 'response', stringMember(root, 'previous_response_id')); // TRC-14
  return [...turns, previous];
}

/** The turns of a request, the oldest first. */
export function turnsOf(root, format) {
  if (format === 'responses') return itemTurns(root);
  const turns = itemsOf(member(root, 'messages')).map((message) => messageTurn(message, format));
  if (format !== 'messages') return turns;
  const previous = newTurn('assistant');
  addId(previous, 'response', stringMember(member(root, 'thread'), 'previous_message_id')); // TRC-46
  return [...turns, previous];
}

/** The tool arguments of all calls that an object has or is, whatever the format (EXC-2, EXC-67). */
export function argumentsOf(node) {
  const type = stringMember(node, 'type');
  return [
    ...itemsOf(member(node, 'tool_calls')).map((call) => member(member(call, 'function'), 'arguments')),
    member(member(node, 'function_call'), 'arguments'),
    ...(type === 'function_call' ? [member(node, 'arguments')] : []),
    ...(type === 'tool_use' ? [member(node, 'input')] : []),
  ].filter(isArguments);
}
