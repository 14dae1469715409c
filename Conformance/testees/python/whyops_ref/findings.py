"""What can be said about a trace without asking a model (spec/findings.md), written from its text and for clarity, not speed."""

from datetime import datetime, timedelta

CODES = {
    "TRACE_HAS_NO_EVENTS": "completeness",
    "STEP_ORDER_DECREASED": "structure",
    "DUPLICATE_STEP_ID": "structure",
    "MISSING_PARENT_STEP": "structure",
    "MISSING_TOOL_CALL_RESPONSE": "completeness",
    "ORPHAN_TOOL_CALL_RESPONSE": "completeness",
    "LLM_RESPONSE_METADATA_INCOMPLETE": "completeness",
    "TOOL_CALL_WITHOUT_FOLLOWUP_EVENTS": "completeness",
    "MISSING_METADATA_TOOL": "completeness",
    "IDENTICAL_TOOL_CALL_LOOP": "behaviour",
    "CONSECUTIVE_ERROR_STREAK": "reliability",
    "LATENCY_OUTLIER": "performance",
    "TOKEN_OUTLIER": "cost",
}
SEVERITIES = ["critical", "high", "medium", "low"]
TURNS = ("user_message", "llm_response", "llm_thinking")
OUTCOMES = ("llm_response", "embedding_response", "tool_call_response", "tool_call")


class Trace:
    """The events in their order; a place is an index in `events`."""

    def __init__(self, events, is_complete):
        ordered = sorted(events, key=lambda event: event["stepId"])
        self.events = ordered[:100_000]
        self.is_complete = is_complete and len(ordered) == len(self.events)
        self.found = []
        first = {}
        for place, event in enumerate(self.events):
            first.setdefault(event["stepId"], place)
        self.named, self.parents = [], []
        for place, event in enumerate(self.events):
            step = event.get("parentStepId")
            named = first.get(step) if step is not None and step < event["stepId"] else None
            self.named.append(named)
            self.parents.append(self.parents[named] if named is not None and self._is_beside(place, named) else named)

    def _is_beside(self, place, other):
        event, before = self.events[place], self.events[other]
        if event["eventType"] != "tool_call_request" or before["eventType"] != "tool_call_request":
            return False
        if event["agentName"] != before["agentName"] or event["spanId"] == before["spanId"]:
            return False
        between = self.events[other + 1 : place]
        return not any(
            one["eventType"] == "tool_call_response" and one["spanId"] == before["spanId"] for one in between
        )

    def add(self, code, severity, confidence, places, **evidence):
        steps = [self.events[place]["stepId"] for place in places]
        said = {"issue": code} | ({"steps": steps[:100], "count": len(steps)} if steps else {})
        said |= {name: value for name, value in evidence.items() if value is not None}
        finding = {
            "code": code,
            "dimension": CODES[code],
            "severity": severity,
            "confidence": confidence,
            "stepId": steps[0] if steps else None,
            "eventId": self.events[places[0]].get("id") if places else None,
            "evidence": said,
        }
        order = (SEVERITIES.index(severity), steps[0] if steps else 0, list(CODES).index(code), places[0] if places else 0)
        self.found.append((order, {name: value for name, value in finding.items() if value is not None}))

    def path(self, place):
        """The event's parent, that one's parent and so on."""
        while (place := self.parents[place]) is not None:
            yield place

    def is_below(self, place, above):
        return above in self.path(place)


def moment(event):
    text = event["timestamp"]
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def findings(events, is_complete):
    trace = Trace(events, is_complete)
    structure(trace)
    tools(trace)
    replies(trace)
    for kinds in (("llm_response",), ("tool_call_request", "tool_call")):
        loops(trace, kinds)
    errors(trace)
    for kind in OUTCOMES:
        outliers(trace, kind, "LATENCY_OUTLIER", "latencyMs")
    for kind in OUTCOMES[:2]:
        outliers(trace, kind, "TOKEN_OUTLIER", "totalTokens")
    return [finding for _, finding in sorted(trace.found, key=lambda pair: pair[0])][:1000]


def structure(trace):
    if not trace.events:
        trace.add("TRACE_HAS_NO_EVENTS", "critical", 1, [])
    places_of = {}
    for place, event in enumerate(trace.events):
        places_of.setdefault(event["stepId"], []).append(place)
        if trace.named[place] is None and event.get("parentStepId") is not None:
            step = event["parentStepId"]
            certainty = ("low", 0.5) if step == event["stepId"] - 1 else ("high", 1)
            trace.add("MISSING_PARENT_STEP", *certainty, [place], parentStepId=step)
        if trace.parents[place] is not None:
            parent = trace.events[trace.parents[place]]
            earlier = (moment(parent) - moment(event)) // timedelta(milliseconds=1)
            if earlier > 1000:
                evidence = {"parentStepId": parent["stepId"], "earlierByMs": earlier}
                trace.add("STEP_ORDER_DECREASED", "high", 0.9, [place], **evidence)
    for places in places_of.values():
        if len(places) > 1:
            trace.add("DUPLICATE_STEP_ID", "medium", 1, places)


def tools(trace):
    events = trace.events
    requests = [place for place, event in enumerate(events) if event["eventType"] == "tool_call_request"]
    responses = [place for place, event in enumerate(events) if event["eventType"] == "tool_call_response"]
    for place in requests:
        if is_answered(trace, place):
            continue
        tool = events[place].get("tool")
        if went_on(trace, requests, place):
            trace.add("MISSING_TOOL_CALL_RESPONSE", "high", 0.95, [place], tool=tool)
        elif trace.is_complete:
            trace.add("MISSING_TOOL_CALL_RESPONSE", "low", 0.5, [place], tool=tool, pending=True)
    for place in responses:
        before = [one for one in events[:place] if one["spanId"] == events[place]["spanId"]]
        if not any(one["eventType"] in ("tool_call_request", "tool_call") for one in before):
            trace.add("ORPHAN_TOOL_CALL_RESPONSE", "medium", 1, [place], tool=events[place].get("tool"))
    nameless = [place for place in sorted(requests + responses) if not events[place].get("tool")]
    if nameless:
        trace.add("MISSING_METADATA_TOOL", "low", 1, nameless)
    if trace.is_complete and events:
        last = events[-1]
        waits = last.get("finishReason") in ("tool_calls", "function_call", "tool_use")
        if last["eventType"] == "llm_response" and last.get("calls", 0) > 0 and waits:
            trace.add("TOOL_CALL_WITHOUT_FOLLOWUP_EVENTS", "low", 0.5, [len(events) - 1])


def is_answered(trace, place):
    above = place if trace.parents[place] is None else trace.parents[place]
    for later in range(place + 1, len(trace.events)):
        event = trace.events[later]
        if event["spanId"] == trace.events[place]["spanId"]:
            if event["eventType"] in ("tool_call_response", "tool_result", "error"):
                return True
        if event["eventType"] == "tool_result" and trace.is_below(later, above):
            return True
    return False


def has_turn_below(trace, place):
    agent = trace.events[place]["agentName"]
    for later in range(place + 1, len(trace.events)):
        if trace.events[later]["eventType"] not in TURNS or trace.events[later]["agentName"] != agent:
            continue
        for above in trace.path(later):
            if above == place:
                return True
            if trace.events[above]["agentName"] != agent:
                break
    return False


def went_on(trace, requests, place):
    if has_turn_below(trace, place):
        return True
    if trace.parents[place] is None:
        return False
    beside = [one for one in requests if trace.parents[one] == trace.parents[place] and has_turn_below(trace, one)]
    return bool(beside) and trace.events[beside[-1]]["agentName"] == trace.events[place]["agentName"]


def replies(trace):
    lists = {}
    for place, event in enumerate(trace.events):
        if event["eventType"] != "llm_response":
            continue
        names = tuple(name for name in ("model", "provider") if not event.get(name))
        lists.setdefault(("high", names), []).append(place)
        if event.get("finishReason") not in ("client_disconnected", "upstream_error"):
            figures = {"usage": event.get("totalTokens"), "latencyMs": event.get("latencyMs")}
            absent = tuple(name for name, value in figures.items() if value is None)
            lists.setdefault(("low", absent), []).append(place)
    for (severity, missing), places in lists.items():
        if missing:
            trace.add("LLM_RESPONSE_METADATA_INCOMPLETE", severity, 1, places, missing=list(missing))


def loops(trace, kinds):
    events = trace.events
    before, length, members = {}, {}, {}
    for place, event in enumerate(events):
        if event["eventType"] not in kinds or event.get("call") is None:
            continue
        length[place] = 1
        for above in trace.path(place):
            one = events[above]
            if one["eventType"] == "user_message":
                break
            if one["eventType"] in kinds:
                same = one.get("call") == event["call"] and one["agentName"] == event["agentName"]
                if same and above in length:
                    before[place], length[place] = above, length[above] + 1
                break
        if length[place] == 3:
            members[place] = [before[before[place]], before[place], place]
        elif length[place] > 3:
            members[place] = members[before[place]]
            members[place].append(place)
    for third, places in members.items():
        if length[third] == 3:
            trace.add("IDENTICAL_TOOL_CALL_LOOP", "high", 0.98, places, tool=events[third].get("tool"))


def errors(trace):
    events = trace.events
    withdrawn = set()
    for place, event in enumerate(events):
        parent = trace.parents[place]
        if event["eventType"] == "error" and parent is not None:
            if events[parent]["spanId"] == event["spanId"] and moment(events[parent]) == moment(event):
                withdrawn.add(parent)
    for agent in {event["agentName"] for event in events}:
        streak = []
        for place, event in [*enumerate(events), (None, None)]:
            if event is not None and event["agentName"] != agent:
                continue
            if event is not None and event["eventType"] == "error":
                streak.append(place)
            elif event is None or (event["eventType"] in OUTCOMES and place not in withdrawn):
                if len(streak) >= 3:
                    trace.add("CONSECUTIVE_ERROR_STREAK", "high", 0.95, streak)
                streak = []


def outliers(trace, kind, code, name):
    def figure(event):
        value = event.get(name) if event["eventType"] == kind else None
        return value if value is not None and 0 <= value <= 2**31 - 1 else None

    values = sorted(value for event in trace.events if (value := figure(event)) is not None)
    if len(values) < 10:
        return
    percentile = values[-(-95 * len(values) // 100) - 1]
    for place, event in enumerate(trace.events):
        value = figure(event)
        if value is not None and value >= percentile + 1000 and 2 * value > 3 * percentile:
            trace.add(code, "low", 0.9, [place], value=value, p95=percentile, samples=len(values))


OPERATIONS = {
    "trace.findings": lambda given, _: {"findings": findings(given["events"], given.get("isComplete", True))},
}
