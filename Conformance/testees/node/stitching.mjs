// Which trace a request belongs to (spec/trace.md).

import { tryParseJson } from './json-text.mjs';
import { framesOfString, traceArgument } from './request.mjs';
import { turnsOf } from './turns.mjs';

const MOST_UNITS = 128; // TRC-1
const MOST_LINKS = 16; // TRC-10

/** The value of a trace header, or undefined where it has to be ignored (TRC-3). Names match in any case. */
function headerValue(headers, name) {
  const entry = headers.findLast(([key]) => key.toLowerCase() === name);
  const value = entry?.[1].replace(/^[\t ]+|[\t ]+$/g, '');
  return value !== undefined && /^[\u0020-\u007e]{1,128}$/.test(value) ? value : undefined;
}

const isTraceId = (text) => text !== undefined && text.length >= 1 && text.length <= MOST_UNITS;

/** Ids that earlier replies carried. One that two traces gave out proves nothing (TRC-6). */
export class KnownIds {
  constructor(entries = []) {
    this.traces = new Map();
    for (const { kind, id, traceId } of entries) {
      const key = JSON.stringify([kind, id]);
      const isShared = this.traces.has(key) && this.traces.get(key) !== traceId;
      this.traces.set(key, isShared ? undefined : traceId);
    }
  }

  traceOf({ kind, id }) {
    return this.traces.get(JSON.stringify([kind, id]));
  }
}

/** What a turn says, the strongest first: `{traceId, source}`, of each source the last (TRC-4, SIG-4). */
function evidenceOf(turn, { keys, known, acceptsV1 }) {
  const frames = turn.texts.flatMap((text) => framesOfString(text, keys).frames);
  const lastOf = (ids) => ids.findLast(isTraceId);
  const ofVersion = (version) => lastOf(frames.filter((frame) => frame.version === version).map((frame) => frame.traceId));
  return [
    { source: 'signature.v2', traceId: ofVersion(2) },
    { source: 'echo', traceId: lastOf(turn.ids.map((id) => known.traceOf(id))) },
    { source: 'signature.v1', traceId: acceptsV1 ? ofVersion(1) : undefined },
    { source: 'tool-argument', traceId: lastOf(turn.calls.map((call) => traceArgument(call, keys).value)) },
  ].filter(({ traceId }) => traceId !== undefined);
}

/**
 * Decides the trace of a request: `{traceId, source, links}`, traceId null for a new one (TRC-2). `headers` is a list of
 * [name, value].
 */
export function resolveTrace(format, body, headers, { keys, known, acceptsV1 = true }) {
  const trace = headerValue(headers, 'x-trace-id');
  const thread = headerValue(headers, 'x-thread-id');
  const found = [];
  if (trace !== undefined) found.push({ traceId: trace, source: 'header.trace' });
  if (thread !== undefined) found.push({ traceId: thread, source: 'header.thread' });
  const root = tryParseJson(body);
  for (const turn of root === null ? [] : turnsOf(root, format).reverse()) {
    if (turn.isAssistant) found.push(...evidenceOf(turn, { keys, known, acceptsV1 })); // TRC-5
  }
  const { traceId, source } = found[0] ?? { traceId: null, source: 'new' };
  const links = [...new Set(found.map((item) => item.traceId))].filter((id) => id !== traceId).slice(0, MOST_LINKS);
  return { traceId, source, links };
}
