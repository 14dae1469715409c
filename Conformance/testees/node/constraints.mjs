// Requests whose reply must not gain a frame, because the output is constrained or measured (EXC-22).

import { doubleOf, isNothing, isNumber, itemsOf, member, spelling, stringMember, stringOf } from './json-values.mjs';
import { acceptedOrNull } from './refusal.mjs';

const FEWEST_TOKENS = 16;
const CONSTRAINTS = [
  'guided_json', 'guided_regex', 'guided_choice', 'guided_grammar', 'grammar', 'structured_outputs',
  'prediction', 'moderation', 'audio', 'logprobs',
];
const TOKEN_LIMITS = ['max_tokens', 'max_completion_tokens'];

/** Whether a member asks for something: it does not where it is absent, null or false (EXC-22). */
const asks = (node) => !isNothing(node) && node.kind !== 'false';
const isZero = (node) => isNumber(node) && doubleOf(node) === 0;
/** A format that is given and is not plain text. */
const isOtherThanText = (format) => asks(format) && stringMember(format, 'type') !== 'text';
const isTrue = (node) => node?.kind === 'true';
/** A limit counts only where it is written as an integer. */
const isLow = (node) => isNumber(node) && !/[.eE]/.test(spelling(node).toString('latin1')) && doubleOf(node) <= FEWEST_TOKENS;
const isAboveZero = (node) => isNumber(node) && doubleOf(node) > 0;
const holds = (list, text) => itemsOf(list).some((item) => stringOf(item) === text);

/** A prefill: the last message, or the last item of a Responses request. */
const endsWithAssistant = (request, list) => stringMember(itemsOf(member(request, list)).at(-1), 'role') === 'assistant';

/** What constrains a reply in Responses only. */
function isConstrainedResponse(request) {
  return isOtherThanText(member(member(request, 'text'), 'format'))
    || holds(member(request, 'include'), 'message.output_text.logprobs')
    || asks(member(request, 'background'))
    || isLow(member(request, 'max_output_tokens'))
    || endsWithAssistant(request, 'input');
}

/** Whether a request constrains or measures its reply. */
function isConstrained(request, format) {
  return isOtherThanText(member(request, 'response_format'))
    || isOtherThanText(member(request, 'output_format'))
    || isOtherThanText(member(member(request, 'output_config'), 'format'))
    || CONSTRAINTS.some((name) => asks(member(request, name)))
    || (asks(member(request, 'top_logprobs')) && !isZero(member(request, 'top_logprobs')))
    || holds(member(request, 'modalities'), 'audio')
    || TOKEN_LIMITS.some((name) => isLow(member(request, name)))
    || (format === 'responses' ? isConstrainedResponse(request) : endsWithAssistant(request, 'messages'));
}

/** Whether a Responses reply says of itself that it is constrained or measured (EXC-27). */
export function constrainsItself(response) {
  return isOtherThanText(member(member(response, 'text'), 'format'))
    || isTrue(member(response, 'background'))
    || isAboveZero(member(response, 'top_logprobs'));
}

/** Whether the reply to the request with this body may gain a frame; not where it has to be refused (EXC-65). */
export function mayGainFrame(body, format) {
  const request = acceptedOrNull(body, format);
  return request !== null && !isConstrained(request, format);
}
