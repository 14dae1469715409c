/// The session that a coding harness names in the headers of its requests (TRC-31 to TRC-33).
///
/// Only headers count: what stands in a body is the client's own business and decides nothing.
public struct HarnessSession: Sendable, Hashable {
    /// The trace of the session, `<harness>:<value>`; `nil` where no harness names one.
    public private(set) var trace: TraceID?
    /// The sub-agent that asks, where it is not the session's main one.
    public private(set) var branch: String?
    /// The agent that called that sub-agent, where the harness says which.
    public private(set) var parentBranch: String?
    /// The headers whose values could not be part of a trace id.
    public private(set) var ignoredHeaders: [TraceHeader] = []

    /// No session.
    public init() {}

    /// Reads the headers of a request.
    ///
    /// - Parameter header: the value of the header with a lower-case name, `nil` where the request has none.
    public init(header: (String) -> String?) {
        if readClaudeCode(header) || readOpenCode(header) { return }
        readCodex(header)
    }

    private mutating func readClaudeCode(_ header: (String) -> String?) -> Bool {
        guard let session = value(.claudeCodeSession, header),
            take("claude-code", session, of: .claudeCodeSession)
        else { return false }
        setBranch(header("x-claude-code-agent-id"), of: header("x-claude-code-parent-agent-id"), in: session)
        return true
    }

    /// A task of OpenCode is a session of its own that names the one it works for.
    private mutating func readOpenCode(_ header: (String) -> String?) -> Bool {
        guard let session = value(.openCodeSession, header) else { return false }
        let parent = value(.openCodeParentSession, header)
        let root = parent ?? session
        guard take("opencode", root, of: parent == nil ? .openCodeSession : .openCodeParentSession) else {
            return false
        }
        setBranch(session, of: nil, in: root)
        return true
    }

    private mutating func readCodex(_ header: (String) -> String?) {
        guard Self.isCodex(header("originator")) || Self.isCodex(header("user-agent")) else { return }
        let first = value(.codexSession, header)
        guard let session = first ?? value(.codexSessionWithUnderscore, header),
            take("codex", session, of: first == nil ? .codexSessionWithUnderscore : .codexSession)
        else { return }
        setBranch(header("thread-id"), of: header("x-codex-parent-thread-id"), in: session)
    }

    /// TRC-33
    private mutating func setBranch(_ agent: String?, of parent: String?, in session: String) {
        guard let agent = text(agent), agent != session else { return }
        branch = agent
        parentBranch = text(parent)
    }

    /// TRC-32
    private static func isCodex(_ value: String?) -> Bool {
        guard let value else { return false }
        return value.utf8.prefix(5).elementsEqual("codex".utf8) { $0 | 0x20 == $1 }
    }

    private mutating func take(_ harness: String, _ session: String, of name: TraceHeader) -> Bool {
        trace = TraceID(headerValue: "\(harness):\(session)")
        if trace == nil { ignoredHeaders.append(name) }
        return trace != nil
    }

    /// The text of a header that may be part of a trace id; another one is counted.
    private mutating func value(_ name: TraceHeader, _ header: (String) -> String?) -> String? {
        guard let header = header(name.rawValue) else { return nil }
        let text = text(header)
        if text == nil { ignoredHeaders.append(name) }
        return text
    }

    /// The text of a header, trimmed, if it is what a trace header may hold (TRC-3).
    private func text(_ header: String?) -> String? {
        header.flatMap { TraceID(headerValue: $0) }?.text
    }
}
