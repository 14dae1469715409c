/// A header of a request that may say which trace it belongs to (TRC-3, TRC-31, TRC-47).
public enum TraceHeader: String, CaseIterable, Sendable {
    case traceID = "x-trace-id"
    case threadID = "x-thread-id"
    case claudeCodeSession = "x-claude-code-session-id"
    case openCodeSession = "x-opencode-session"
    case openCodeParentSession = "x-parent-session-id"
    case codexSession = "session-id"
    case codexSessionWithUnderscore = "session_id"
    case traceParent = "traceparent"
}
