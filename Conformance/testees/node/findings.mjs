// What can be said about a trace without asking a model (spec/findings.md).

import { TraceTree } from './findings-tree.mjs';

const DIMENSIONS = {
  TRACE_HAS_NO_EVENTS: 'completeness',
  STEP_ORDER_DECREASED: 'structure',
  DUPLICATE_STEP_ID: 'structure',
  MISSING_PARENT_STEP: 'structure',
  MISSING_TOOL_CALL_RESPONSE: 'completeness',
  ORPHAN_TOOL_CALL_RESPONSE: 'completeness',
  LLM_RESPONSE_METADATA_INCOMPLETE: 'completeness',
  TOOL_CALL_WITHOUT_FOLLOWUP_EVENTS: 'completeness',
  MISSING_METADATA_TOOL: 'completeness',
  IDENTICAL_TOOL_CALL_LOOP: 'behaviour',
  CONSECUTIVE_ERROR_STREAK: 'reliability',
  LATENCY_OUTLIER: 'performance',
  TOKEN_OUTLIER: 'cost',
};
const CODES = Object.keys(DIMENSIONS);
const SEVERITIES = ['critical', 'high', 'medium', 'low'];
const OUTCOMES = ['llm_response', 'embedding_response', 'tool_call_response', 'tool_call'];

/** A list of findings under way. */
class Findings {
  list = [];

  add(code, severity, confidence, events, more = {}) {
    const steps = events.map((event) => event.stepId);
    const about = events.length > 0 ? { steps: steps.slice(0, 100), count: steps.length } : {};
    this.list.push({
      code, dimension: DIMENSIONS[code], severity, confidence, stepId: steps[0] ?? null, eventId: events[0]?.id ?? null,
      evidence: { issue: code, ...about, ...more }, place: events[0]?.place ?? 0,
    });
  }

  get sorted() {
    const keys = (one) => [SEVERITIES.indexOf(one.severity), one.stepId ?? 0, CODES.indexOf(one.code), one.place];
    const order = (one, other) => {
      const [left, right] = [keys(one), keys(other)];
      const at = left.findIndex((key, index) => key !== right[index]);
      return at < 0 ? 0 : left[at] - right[at];
    };
    return this.list.sort(order).slice(0, 1000).map(({ place, ...finding }) => finding);
  }
}

function structure(tree, findings) {
  if (tree.events.length === 0) findings.add('TRACE_HAS_NO_EVENTS', 'critical', 1, []);
  for (const events of grouped(tree.events, (event) => event.stepId).values()) if (events.length > 1) findings.add('DUPLICATE_STEP_ID', 'medium', 1, events);
  for (const event of tree.events) {
    if (event.parentStepId !== undefined && !event.named) {
      const certainty = event.parentStepId === event.stepId - 1 ? ['low', 0.5] : ['high', 1];
      findings.add('MISSING_PARENT_STEP', ...certainty, [event], { parentStepId: event.parentStepId });
    }
    const earlierByMs = event.parent ? event.parent.time - event.time : 0;
    if (earlierByMs > 1000) {
      findings.add('STEP_ORDER_DECREASED', 'high', 0.9, [event], { parentStepId: event.parent.stepId, earlierByMs });
    }
  }
}

function grouped(list, keyOf) {
  const groups = new Map();
  for (const item of list) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function tools(tree, findings) {
  const ofTool = tree.events.filter((event) => event.type === 'tool_call_request' || event.type === 'tool_call_response');
  for (const event of ofTool) {
    if (event.type === 'tool_call_request') request(tree, event, findings);
    else if (!tree.before(event).some((one) => one.span === event.span && ['tool_call_request', 'tool_call'].includes(one.type))) {
      findings.add('ORPHAN_TOOL_CALL_RESPONSE', 'medium', 1, [event], { tool: event.tool });
    }
  }
  const nameless = ofTool.filter((event) => !event.tool);
  if (nameless.length > 0) findings.add('MISSING_METADATA_TOOL', 'low', 1, nameless);
  const last = tree.events.at(-1);
  if (tree.isComplete && last?.type === 'llm_response' && last.calls > 0 && last.waitsForTools) {
    findings.add('TOOL_CALL_WITHOUT_FOLLOWUP_EVENTS', 'low', 0.5, [last]);
  }
}

function request(tree, event, findings) {
  const above = event.parent ?? event;
  const answers = (later) => (later.span === event.span && ['tool_call_response', 'tool_result', 'error'].includes(later.type))
    || (later.type === 'tool_result' && tree.isBelow(later, above));
  if (tree.after(event).some(answers)) return;
  if (tree.wentOn(event)) findings.add('MISSING_TOOL_CALL_RESPONSE', 'high', 0.95, [event], { tool: event.tool });
  else if (tree.isComplete) findings.add('MISSING_TOOL_CALL_RESPONSE', 'low', 0.5, [event], { tool: event.tool, pending: true });
}

function replies(tree, findings) {
  const all = tree.events.filter((event) => event.type === 'llm_response');
  const tell = (severity, events, missingOf) => {
    for (const [names, some] of grouped(events, (event) => missingOf(event).join(' '))) {
      if (names) findings.add('LLM_RESPONSE_METADATA_INCOMPLETE', severity, 1, some, { missing: names.split(' ') });
    }
  };
  tell('high', all, (event) => ['model', 'provider'].filter((name) => !event[name]));
  tell('low', all.filter((event) => !event.isBrokenOff), (event) => [
    ...(event.totalTokens === undefined ? ['usage'] : []), ...(event.latencyMs === undefined ? ['latencyMs'] : []),
  ]);
}

/** The call before one, or nothing. */
function callBefore(event, kinds) {
  for (let above = event.parent; above && above.type !== 'user_message'; above = above.parent) {
    if (kinds.includes(above.type)) return above.call === event.call && above.agent === event.agent ? above : undefined;
  }
  return undefined;
}

function loops(tree, findings, kinds) {
  const runs = new Map();
  for (const event of tree.events) {
    if (!kinds.includes(event.type) || event.call === undefined) continue;
    const before = runs.get(callBefore(event, kinds));
    const run = { event, before, length: (before?.length ?? 0) + 1, members: before?.members };
    if (run.length === 3) run.members = [before.before.event, before.event, event];
    else run.members?.push(event);
    runs.set(event, run);
  }
  for (const { event, length, members } of runs.values()) {
    if (length === 3) findings.add('IDENTICAL_TOOL_CALL_LOOP', 'high', 0.98, members, { tool: event.tool });
  }
}

function errors(tree, findings) {
  const withdrawn = new Set(tree.events
    .filter((event) => event.type === 'error' && event.parent?.span === event.span && event.parent.time === event.time)
    .map((event) => event.parent));
  for (const events of grouped(tree.events, (event) => event.agent).values()) {
    let streak = [];
    const end = () => {
      if (streak.length >= 3) findings.add('CONSECUTIVE_ERROR_STREAK', 'high', 0.95, streak);
      streak = [];
    };
    for (const event of events) {
      if (event.type === 'error') streak.push(event);
      else if (OUTCOMES.includes(event.type) && !withdrawn.has(event)) end();
    }
    end();
  }
}

function outliers(tree, findings, type, code, name) {
  const some = tree.events.filter((event) => event.type === type && event[name] >= 0 && event[name] <= 2147483647);
  if (some.length < 10) return;
  const sorted = some.map((event) => event[name]).sort((one, other) => one - other);
  const p95 = sorted[Math.floor((95 * sorted.length + 99) / 100) - 1];
  for (const event of some) {
    const value = event[name];
    if (value - p95 >= 1000 && 2 * value > 3 * p95) findings.add(code, 'low', 0.9, [event], { value, p95, samples: some.length });
  }
}

/** The findings of a list of summaries. */
export function traceFindings(input) {
  const tree = new TraceTree(input);
  const findings = new Findings();
  structure(tree, findings);
  tools(tree, findings);
  replies(tree, findings);
  loops(tree, findings, ['llm_response']);
  loops(tree, findings, ['tool_call_request', 'tool_call']);
  errors(tree, findings);
  for (const type of OUTCOMES) outliers(tree, findings, type, 'LATENCY_OUTLIER', 'latencyMs');
  for (const type of OUTCOMES.slice(0, 2)) outliers(tree, findings, type, 'TOKEN_OUTLIER', 'totalTokens');
  return findings.sorted;
}
