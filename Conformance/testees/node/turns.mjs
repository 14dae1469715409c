// What a request's history says, whatever the format: its turns with their texts, tool arguments and echoed ids.

import { isObject, isString, itemsOf, member, stringMember } from './json-values.mjs';

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

/** Chat: `tool_calls[].function.arguments` and the older `function_call.arguments`. */
function addChatCalls(turn, message) {
  for (const call of itemsOf(member(message, 'tool_calls'))) {
    addId(turn, 'tool_call', stringMember(call, 'id'));
    const text = member(member(call, 'function'), 'arguments');
    if (isString(text)) turn.calls.push(text);
  }
  const older = member(member(message, 'function_call'), 'arguments');
  if (isString(older)) turn.calls.push(older);
}

/** Anthropic: `tool_use` blocks with an `input` object, and the signatures of thinking blocks. */
function addBlocks(turn, content) {
  for (const block of itemsOf(content)) {
    const type = stringMember(block, 'type');
    if (type === 'tool_use') {
      addId(turn, 'tool_call', stringMember(block, 'id'));
      const input = member(block, 'input');
      if (isObject(input)) turn.calls.push(input);
    } else if (type === 'thinking') {
      addId(turn, 'thinking', stringMember(block, 'signature'));
    } else if (type === 'redacted_thinking') {
      addId(turn, 'thinking', stringMember(block, 'data'));
    }
  }
}

function messageTurn(message) {
  const turn = newTurn(stringMember(message, 'role'));
  const content = member(message, 'content');
  addTexts(turn, content, ['text']);
  addChatCalls(turn, message);
  addBlocks(turn, content);
  return turn;
}

/** Whether an item of a Responses request ends the turn before it (TRC-11). */
function endsTurn(item) {
  const role = stringMember(item, 'role');
  const type = stringMember(item, 'type') ?? '';
  return (role !== undefined && role !== 'assistant') || type.endsWith('_output') || type.endsWith('_response');
}

/** TRC-12, TRC-13 */
function addItem(turn, item) {
  const type = stringMember(item, 'type');
  if (stringMember(item, 'role') === 'assistant') addTexts(turn, member(item, 'content'), ['output_text', 'input_text', 'text']);
  if (type === 'function_call' && isString(member(item, 'arguments'))) turn.calls.push(member(item, 'arguments'));
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
  addId(previous, 'response', stringMember(root, 'previous_response_id')); // TRC-14
  return [...turns, previous];
}

/** The turns of a request, the oldest first. */
export function turnsOf(root, format) {
  return format === 'responses' ? itemTurns(root) : itemsOf(member(root, 'messages')).map(messageTurn);
}

/** The tool arguments of a request, whatever its format (EXC-2). */
export const argumentsIn = (root) => ['chat', 'responses'].flatMap((format) => turnsOf(root, format)).flatMap((turn) => turn.calls);
