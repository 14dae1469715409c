// Where a moment stands on the timeline: time in which something happens is to scale, long waits are folded.

/** A folded wait is as wide as this share of the time in which something happens. */
const SHARE = 0.04;
/** Waits of less than this many milliseconds are never folded. */
const SHORTEST = 1000;

/** The stretches of an event: it ends at its time stamp, and a call began its latency before. */
export function stretch(event, events, shape, at) {
  const end = event.timeSinceStart;
  if (typeof event.latencyMs === "number" && event.latencyMs > 0) {
    if (event.eventType !== "tool_call_response") return [Math.max(0, end - event.latencyMs), end];
  }
  if (event.eventType === "tool_call_response") {
    const before = shape.parent[at];
    if (before >= 0 && events[before].eventType === "tool_call_request") return [events[before].timeSinceStart, end];
  }
  return [end, end];
}

/** `at(ms)` gives 0 to 1, `time(share)` the way back, `folds` the shares at which a wait was folded. */
export function timescale(stretches) {
  const sorted = [...stretches].sort((a, b) => a[0] - b[0]);
  const gaps = [];
  let end = sorted.length > 0 ? sorted[0][0] : 0;
  const start = end;
  for (const [from, to] of sorted) {
    if (from > end) gaps.push([end, from]);
    end = Math.max(end, to);
  }
  const total = Math.max(end - start, 1);
  const idle = gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  const busy = Math.max(total - idle, total * 0.02, 1);
  const longest = busy * SHARE;
  const knots = [[start, 0]];
  const folds = [];
  let shrunk = 0;
  for (const [from, to] of gaps) {
    if (to - from <= Math.max(longest * 2, SHORTEST)) continue;
    knots.push([from, from - start - shrunk]);
    shrunk += to - from - longest;
    knots.push([to, to - start - shrunk]);
    folds.push((knots.at(-1)[1] + knots.at(-2)[1]) / 2);
  }
  const width = Math.max(total - shrunk, 1);
  knots.push([end, width]);
  return {
    at: (ms) => between(knots, ms, 0, 1) / width,
    time: (share) => between(knots, share * width, 1, 0),
    folds: folds.map((place) => place / width),
  };
}

/** Reads a polyline: the value of `other` where `one` is `value`. */
function between(knots, value, one, other) {
  let low = 0;
  let high = knots.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (knots[middle][one] <= value) low = middle;
    else high = middle;
  }
  const from = knots[low];
  const to = knots[high];
  const span = to[one] - from[one];
  const share = span <= 0 ? 0 : Math.min(1, Math.max(0, (value - from[one]) / span));
  return from[other] + share * (to[other] - from[other]);
}
