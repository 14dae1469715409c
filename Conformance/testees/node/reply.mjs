// Whole replies: where the frame goes (spec/exchange.md, EXC-20 to EXC-26).

import { frameOffset } from './carrier.mjs';
import { constrainsItself, mayGainFrame } from './constraints.mjs';
import { tryParseJson } from './json-text.mjs';
import { isArray, isString, itemsOf, member, stringMember } from './json-values.mjs';
import { forEachJsonScalar } from './scalars.mjs';

/** The strings of a reply that gain a frame, each if it may carry one; null where the reply has no list of choices or items. */
const CARRYING_TEXTS = {
  chat(reply) {
    const choices = member(reply, 'choices');
    if (!isArray(choices)) return null;
    return choices.items.map((choice) => member(member(choice, 'message'), 'content')).filter(isString);
  },
  messages(reply) {
    const content = member(reply, 'content');
    if (!isArray(content)) return null;
    const isText = (block) => stringMember(block, 'type') === 'text' && isString(member(block, 'text'));
    return content.items.filter(isText).slice(0, 1).map((block) => member(block, 'text'));
  },
  responses(reply) {
    const output = member(reply, 'output');
    if (!isArray(output)) return null;
    if (constrainsItself(reply)) return [];
    const messages = output.items.filter((item) => stringMember(item, 'type') === 'message');
    const parts = messages.flatMap((item) => itemsOf(member(item, 'content')));
    const isText = (part) => stringMember(part, 'type') === 'output_text' && isString(member(part, 'text'));
    return parts.filter(isText).slice(0, 1).map((part) => member(part, 'text'));
  },
};

/** Where a frame goes in the bytes of a JSON string, or null. */
export const offsetInString = (node, policy) =>
  frameOffset((visit) => forEachJsonScalar(node.bytes, node.start + 1, node.end - 1, visit), policy, node.start + 1);

/** Puts the same bytes in at these offsets, which are in order. */
export function withInsertions(bytes, offsets, inserted) {
  const pieces = [];
  let from = 0;
  for (const offset of offsets) {
    pieces.push(bytes.subarray(from, offset), inserted);
    from = offset;
  }
  pieces.push(bytes.subarray(from));
  return Buffer.concat(pieces);
}

/** The reply that the client gets. `frame` is null where there is none to embed. */
export function embedReply({ format, request, status, reply, frame, policy }) {
  const isSuccess = status >= 200 && status <= 299; // EXC-23
  if (!isSuccess || frame === null || policy === 'off' || !mayGainFrame(request, format)) return reply; // EXC-22, EXC-26
  const root = tryParseJson(reply);
  const texts = root === null ? null : CARRYING_TEXTS[format](root);
  if (texts === null) return reply; // EXC-24
  const offsets = texts.map((text) => offsetInString(text, policy)).filter((offset) => offset !== null);
  return withInsertions(reply, offsets.sort((a, b) => a - b), frame);
}
