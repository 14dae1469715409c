// What is forwarded of a request: frames go from every string value, `_whyops_trace_id` from tool arguments, and every other
// byte stays (spec/exchange.md, EXC-1 to EXC-4).

import { tryParseJson } from './json-text.mjs';
import { isArray, isObject, isString, member, stringMember } from './json-values.mjs';
import { forEachJsonScalar, isHalf, withoutRanges } from './scalars.mjs';
import { readFrames } from './signature.mjs';
import { argumentsOf, isKept } from './turns.mjs';

export const TRACE_ARGUMENT = '_whyops_trace_id';
const MAY_HOLD_FRAME = /[\u200b\u2060]|\udb40/;

/** The frames of a JSON string, with their places in the bytes of the text. */
export function framesOfString(node, keys) {
  if (!MAY_HOLD_FRAME.test(node.value)) return { frames: [], removed: [] };
  return readFrames((visit) => forEachJsonScalar(node.bytes, node.start + 1, node.end - 1, visit), keys);
}

/**
 * The places of all whole frames in string values and of the member in tool arguments, except inside thinking blocks and
 * reasoning items (EXC-1, EXC-67).
 */
function removedRanges(node, keys, ranges) {
  if (isString(node)) {
    ranges.push(...framesOfString(node, keys).removed);
  } else if (isArray(node)) {
    node.items.forEach((item) => removedRanges(item, keys, ranges));
  } else if (isObject(node) && !isKept(node)) {
    for (const call of argumentsOf(node)) ranges.push(...traceArgument(call, keys).ranges);
    node.members.forEach(({ value }) => removedRanges(value, keys, ranges));
  }
}

/**
 * The places of the members of that name in an object: each from the end of the member before it to its own end; where none
 * is left before it, from its start to the start of the next (EXC-2).
 */
function memberRanges(object, name) {
  const { members } = object;
  let keptBefore = null;
  return members.flatMap((entry, i) => {
    if (entry.name !== name) {
      keptBefore = entry;
      return [];
    }
    if (keptBefore !== null) return [[members[i - 1].value.end, entry.value.end]];
    return [[entry.key.start, i + 1 < members.length ? members[i + 1].key.start : entry.value.end]];
  });
}

/** Tool arguments that are JSON text in a string: their object, without frames, and where its bytes stand in the string. */
function argumentsInString(node, keys) {
  const { removed } = framesOfString(node, keys);
  const pieces = [];
  const places = [];
  let next = 0;
  forEachJsonScalar(node.bytes, node.start + 1, node.end - 1, (code, start, end) => {
    while (next < removed.length && removed[next][1] <= start) next += 1;
    if (next < removed.length && removed[next][0] <= start) return;
    // Half a surrogate pair is no UTF-8, but here it is only text that is passed on: U+FFFD is as long and as good.
    const piece = Buffer.from(isHalf(code) ? '\ufffd' : String.fromCodePoint(code), 'utf8');
    pieces.push(piece);
    for (let i = 0; i < piece.length; i += 1) places.push([start, end]);
  });
  return { object: tryParseJson(Buffer.concat(pieces)), places };
}

/** The value of a string without its frames; undefined for what is no string (TRC-17). */
function textWithoutFrames(node, keys) {
  if (!isString(node)) return undefined;
  const { removed } = framesOfString(node, keys);
  const places = removed.map(([start, end]) => [start - node.start, end - node.start]);
  return JSON.parse(withoutRanges(node.bytes.subarray(node.start, node.end), places).toString('utf8'));
}

/** What tool arguments say about the trace: `ranges` to remove, and the `value` of the member, undefined if there is none. */
export function traceArgument(call, keys) {
  if (isObject(call)) return { ranges: memberRanges(call, TRACE_ARGUMENT), value: textWithoutFrames(member(call, TRACE_ARGUMENT), keys) };
  if (!call.value.includes('whyops_trace_id') && !call.value.includes('\\')) return { ranges: [], value: undefined };
  const { object, places } = argumentsInString(call, keys);
  if (!isObject(object)) return { ranges: [], value: undefined };
  const ranges = memberRanges(object, TRACE_ARGUMENT).map(([from, to]) => [places[from][0], places[to - 1][1]]);
  return { ranges, value: textWithoutFrames(member(object, TRACE_ARGUMENT), keys) };
}

/** Ranges in order, those that touch or overlap as one. */
function union(ranges) {
  const merged = [];
  for (const [start, end] of ranges.sort(([a], [b]) => a - b)) {
    const last = merged[merged.length - 1];
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** The body to forward. One that is no JSON goes as it came. */
export function rewriteRequest(body, keys) {
  const root = tryParseJson(body);
  if (root === null) return body;
  const ranges = [];
  removedRanges(root, keys, ranges);
  return withoutRanges(body, union(ranges)); // EXC-4: without a range, the bytes that came
}
