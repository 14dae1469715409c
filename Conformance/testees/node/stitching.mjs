// Which trace a request belongs to (spec/trace.md).

import { harnessSession } from './harness.mjs';
import { acceptedRequest } from './refusal.mjs';
import { framesOfString, traceArgument } from './request.mjs';
import { lineageKeys } from './lineage.mjs';
import { turnsOf } from './turns.mjs';

const MOST_UNITS = 128; // TRC-1
const MOST_LINKS = 16; // TRC-10

/** An id that a client names, or undefined where it has to be ignored (TRC-3, TRC-17). */
function namedId(text) {
  const value = text?.replace(/^[\t ]+|[\t ]+$/g, '');
  return value !== undefined && /^[\u0020-\u007e]{1,128}$/.test(value) ? value : undefined;
}

/** The value of a trace header. Names match in any case. */
const headerText = (headers, name) => headers.findLast(([key]) => key.toLowerCase() === name)?.[1];
const headerValue = (headers, name) => namedId(headerText(headers, name));

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

  has({ kind, id }) {
    return this.traces.has(JSON.stringify([kind, id]));
  }

  traceOf({ kind, id }) {
    return this.traces.get(JSON.stringify([kind, id]));
  }
}

/** What a turn says, the strongest first: `{traceId, source}` (TRC-4, TRC-16). */
function evidenceOf(turn, { keys, known, acceptsV1 }) {
  const frames = turn.texts.flatMap((text) => framesOfString(text, keys).frames);
  const lastFrame = (version) => frames.filter((frame) => frame.version === version).map((frame) => frame.traceId).slice(-1);
  const named = turn.calls.map((call) => namedId(traceArgument(call, keys).value)).filter((id) => id !== undefined);
  const from = (source, ids) => ids.filter(isTraceId).map((traceId) => ({ source, traceId }));
  return [
    ...from('signature.v2', lastFrame(2)),
    ...from('echo', turn.ids.map((id) => known.traceOf(id)).reverse()),
    ...from('signature.v1', acceptsV1 ? lastFrame(1) : []),
    ...from('tool-argument', named.slice(-1)),
  ];
}

/** The newest text of the assistant that is known decides; one that two traces share ends the search (TRC-40). */
function lineageOf(root, format, headers, keys, known) {
  const who = { agent: headerText(headers, 'x-agent-name'), user: headerText(headers, 'x-external-user-id') };
  for (const keysOfText of lineageKeys(root, format, keys, who)) {
    const ids = keysOfText.map((id) => ({ kind: 'lineage', id })).filter((id) => known.has(id));
    const traces = new Set(ids.map((id) => known.traceOf(id)));
    const [traceId] = traces;
    if (traces.size > 0) return traces.size === 1 && traceId !== undefined ? [{ traceId, source: 'lineage' }] : [];
  }
  return [];
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
  const root = acceptedRequest(body, format);
  for (const turn of turnsOf(root, format).reverse()) {
    if (turn.isAssistant) found.push(...evidenceOf(turn, { keys, known, acceptsV1 })); // TRC-5
  }
  const session = harnessSession((name) => headerText(headers, name), namedId);
  if (session !== undefined) found.push({ traceId: session, source: 'harness' });
  if (found.length === 0) found.push(...lineageOf(root, format, headers, keys, known));
  const { traceId, source } = found[0] ?? { traceId: null, source: 'new' };
  const links = [...new Set(found.map((item) => item.traceId))].filter((id) => id !== traceId).slice(0, MOST_LINKS);
  return { traceId, source, links };
}
