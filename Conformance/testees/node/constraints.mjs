// Requests whose reply must not gain a frame, because the output is constrained or measured (EXC-22).

import { tryParseJson } from './json-text.mjs';
import { doubleOf, isArray, isNothing, isNumber, isObject, itemsOf, member, stringMember, stringOf } from './json-values.mjs';

const FEWEST_TOKENS = 16;
const CONSTRAINTS = [
  'guided_json', 'guided_regex', 'guided_choice', 'guided_grammar', 'grammar', 'structured_outputs',
  'prediction', 'moderation', 'audio',
];
const TOKEN_LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];

/** A format that is given and is not plain text. */
const isOtherThanText = (format) => !isNothing(format) && stringMember(format, 'type') !== 'text';
const isSwitchedOn = (node) => !isNothing(node) && node.kind !== 'false';
const isLow = (node) => isNumber(node) && doubleOf(node) <= FEWEST_TOKENS;

function endsWithAssistant(request) {
  const messages = itemsOf(member(request, 'messages'));
  return stringMember(messages[messages.length - 1], 'role') === 'assistant';
}

/** Whether the reply to a request may gain a frame. */
export function isConstrained(request) {
  return isOtherThanText(member(request, 'response_format'))
    || isOtherThanText(member(request, 'output_format'))
    || isOtherThanText(member(member(request, 'output_config'), 'format'))
    || isOtherThanText(member(member(request, 'text'), 'format'))
    || CONSTRAINTS.some((name) => !isNothing(member(request, name)))
    || isSwitchedOn(member(request, 'logprobs'))
    || itemsOf(member(request, 'modalities')).some((item) => stringOf(item) === 'audio')
    || TOKEN_LIMITS.some((name) => isLow(member(request, name)))
    || endsWithAssistant(request);
}

/** Whether the reply to the request with this body may gain a frame; not where the body is no JSON object (EXC-6). */
export function mayGainFrame(body) {
  const request = tryParseJson(body);
  return isObject(request) && !isConstrained(request);
}
