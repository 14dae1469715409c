// The events of a trace as a tree: what follows what (FND-1, FND-11, FND-12).

import { doubleOf, isNothing, itemsOf, member, stringMember } from './json-values.mjs';

const TURNS = ['user_message', 'llm_response', 'llm_thinking'];
const WAITING = ['tool_calls', 'function_call', 'tool_use'];
const BROKEN = ['client_disconnected', 'upstream_error'];
const LIMIT = 100_000;

function number(node, name) {
  const value = member(node, name);
  return isNothing(value) ? undefined : doubleOf(value);
}

function summary(node) {
  const text = (name) => stringMember(node, name) ?? undefined;
  const ending = text('finishReason');
  return {
    id: text('id'), type: text('eventType'), stepId: number(node, 'stepId'), parentStepId: number(node, 'parentStepId'),
    span: text('spanId'), agent: text('agentName'), time: Date.parse(text('timestamp')), latencyMs: number(node, 'latencyMs'),
    totalTokens: number(node, 'totalTokens'), tool: text('tool'), model: text('model'), provider: text('provider'),
    calls: number(node, 'calls') ?? 0, call: text('call'), waitsForTools: WAITING.includes(ending), isBrokenOff: BROKEN.includes(ending),
  };
}

export class TraceTree {
  constructor(input) {
    const ordered = itemsOf(member(input, 'events')).map(summary).sort((one, other) => one.stepId - other.stepId);
    this.events = ordered.slice(0, LIMIT);
    this.isComplete = member(input, 'isComplete')?.kind !== 'false' && ordered.length <= LIMIT;
    const first = new Map();
    this.events.forEach((event, place) => {
      event.place = place;
      if (!first.has(event.stepId)) first.set(event.stepId, event);
      event.named = event.parentStepId < event.stepId ? first.get(event.parentStepId) : undefined;
      event.parent = event.named && this.isBeside(event, event.named) ? event.named.parent : event.named;
    });
  }

  before(event) { return this.events.slice(0, event.place); }

  after(event) { return this.events.slice(event.place + 1); }

  isBeside(event, other) {
    if (event.type !== 'tool_call_request' || other.type !== 'tool_call_request') return false;
    if (event.agent !== other.agent || event.span === other.span) return false;
    const between = this.events.slice(other.place + 1, event.place);
    return !between.some((one) => one.type === 'tool_call_response' && one.span === other.span);
  }

  isBelow(event, above) {
    for (let one = event.parent; one; one = one.parent) if (one === above) return true;
    return false;
  }

  hasTurnBelow(request) {
    return this.after(request).some((turn) => {
      if (!TURNS.includes(turn.type) || turn.agent !== request.agent) return false;
      for (let one = turn.parent; one && one.agent === request.agent; one = one.parent) if (one === request) return true;
      return false;
    });
  }

  /** FND-18 */
  wentOn(request) {
    if (this.hasTurnBelow(request)) return true;
    if (!request.parent) return false;
    const beside = this.events.filter((event) => event.type === 'tool_call_request' && event.parent === request.parent);
    return beside.findLast((event) => this.hasTurnBelow(event))?.agent === request.agent;
  }
}
