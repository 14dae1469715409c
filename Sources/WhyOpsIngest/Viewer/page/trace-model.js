// The shape of a trace, from its events alone: who follows whom, branches, spans.

/**
 * For every event: `parent` (a place or -1) and `branch`. For every branch: `first`, `last`, `from` (the event that it
 * leaves, or -1) and `lane`, its column; lanes are used again.
 */
export function shape(events) {
  const byStep = new Map();
  events.forEach((event, at) => {
    if (!byStep.has(event.stepId)) byStep.set(event.stepId, at);
  });
  const parent = events.map((event, at) => {
    const found = event.parentStepId === undefined ? undefined : byStep.get(event.parentStepId);
    return found === undefined || found === at ? -1 : found;
  });
  const branch = new Array(events.length).fill(-1);
  const branches = [];
  const firstChild = new Map();
  const order = events.map((_, at) => at).sort((a, b) => events[a].stepId - events[b].stepId || a - b);
  const begin = (at, from) => {
    branch[at] = branches.length;
    branches.push({ first: at, last: at, from, lane: 0 });
  };
  for (const at of order) {
    const before = parent[at];
    const sibling = firstChild.get(before);
    // Calls that run side by side are one branch.
    const isBesides = sibling !== undefined && isCall(events[sibling]) && isCall(events[at]);
    // What goes on after an error goes on where the error stands.
    const isFault = events[at].eventType === "error";
    if (before < 0 || branch[before] < 0) begin(at, -1);
    else if (sibling === undefined || isBesides || isFault) branch[at] = branch[before];
    else begin(at, before);
    if (sibling === undefined && before >= 0 && !isFault) firstChild.set(before, at);
    const own = branches[branch[at]];
    own.first = Math.min(own.first, at);
    own.last = Math.max(own.last, at);
  }
  assignLanes(branches);
  return { parent, branch, branches, lanes: branches.reduce((most, each) => Math.max(most, each.lane + 1), 1) };
}

function isCall(event) {
  return event.eventType === "tool_call_request";
}

function assignLanes(branches) {
  const free = [];
  const byFirst = [...branches].sort((a, b) => reach(a) - reach(b) || a.first - b.first);
  for (const each of byFirst) {
    let lane = 0;
    while (free[lane] !== undefined && free[lane] >= reach(each)) lane += 1;
    each.lane = lane;
    free[lane] = each.last;
  }
}

/** Where a branch's line begins: at the event that it leaves. */
export function reach(branch) {
  return branch.from >= 0 ? Math.min(branch.from, branch.first) : branch.first;
}
