// Tool calls and their results in the canonical view (spec/event.md, EVT-70 to EVT-75).

import { compactText } from './canonical-json.mjs';
import { firstString, isArray, isNothing, isObject, isString, itemsOf, member, stringMember } from './json-values.mjs';

const clean = (text) => (text === undefined ? null : text.toWellFormed()); // EVT-61
const string = (node, ...names) => clean(firstString(node, ...names));

/** A string itself; of any other value its JSON in compact form; null where there is none. */
export function jsonText(node) {
  if (node === undefined) return null;
  return isString(node) ? clean(node.value) : compactText(node);
}

/** EVT-70 */
export function callOf(item) {
  const call = isObject(member(item, 'function')) ? member(item, 'function') : item;
  const values = ['arguments', 'input', 'args'].map((name) => member(call, name));
  return {
    id: string(item, 'call_id', 'id', 'toolCallId'),
    name: string(call, 'name', 'toolName'),
    arguments: jsonText(values.find((node) => !isNothing(node))),
  };
}

/** EVT-71 */
export function callsOf(body) {
  const list = ['toolCalls', 'tool_calls'].map((name) => member(body, name)).find(isArray);
  if (list !== undefined) return list.items.filter(isObject).map(callOf);
  const isCall = isObject(member(body, 'function')) || firstString(body, 'name', 'toolName') !== undefined;
  return isCall && !isResultMessage(body) ? [callOf(body)] : [];
}

const RESULT_TYPES = ['function_call_output', 'custom_tool_call_output', 'tool_result'];

/** EVT-73 */
const isResultMessage = (node) =>
  RESULT_TYPES.includes(stringMember(node, 'type')) || stringMember(node, 'role') === 'tool';

function resultOf(node) {
  return {
    id: string(node, 'call_id', 'tool_call_id', 'tool_use_id', 'toolCallId', 'id'),
    name: string(node, 'name', 'toolName'),
    output: jsonText(['output', 'content', 'result'].map((name) => member(node, name)).find((value) => value !== undefined)),
  };
}

/** EVT-75: what a call gave back, in one value for all calls. */
function sharedResults(value, calls) {
  if (isArray(value) && calls.length >= 2 && value.items.length === calls.length) {
    return value.items.map((item, i) => ({ id: calls[i].id, name: calls[i].name, output: jsonText(item) }));
  }
  const only = calls.length === 1 ? calls[0] : { id: null, name: null };
  return [{ id: only.id, name: only.name, output: jsonText(value) }];
}

/** EVT-74 */
export function resultsOf(body) {
  if (isString(body)) return [{ id: null, name: null, output: clean(body.value) }];
  if (isArray(body)) {
    return body.items.flatMap((item) => (isResultMessage(item) ? [item] : itemsOf(member(item, 'content')).filter(isResultMessage)))
      .map(resultOf);
  }
  if (isResultMessage(body)) return [resultOf(body)];
  const value = ['toolResults', 'tool_results', 'result'].map((name) => member(body, name)).find((node) => node !== undefined);
  if (value !== undefined) return sharedResults(value, callsOf(body));
  return member(body, 'output') === undefined ? [] : [resultOf(body)];
}
