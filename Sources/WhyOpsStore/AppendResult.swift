/// What became of one event.
package struct AppendResult: Sendable, Hashable {
    package enum Status: String, Sendable {
        /// Stored now.
        case saved
        /// Stored before under the same idempotency key, with the same content.
        case skipped
        /// Not stored: its step is taken, or its idempotency key stands for other content.
        case conflict
        /// Not stored: its trace is not kept, or its span is one too many (ING-29).
        case sampledOut = "sampled_out"
        /// Not stored, because another event of the same append is a conflict.
        case notStored = "not_stored"
    }

    /// A lower-case UUID; for `skipped` and `conflict` that of the event in the way; empty for `notStored`
    /// and `sampledOut`.
    package var id: String
    package var status: Status
    /// The step in the trace, from 1; 0 for `notStored` and `sampledOut`.
    package var stepId: Int
    package var parentStepId: Int?
    package var spanId: String
    package var message: String?

    package init(
        id: String,
        status: Status,
        stepId: Int,
        parentStepId: Int?,
        spanId: String,
        message: String? = nil
    ) {
        self.id = id
        self.status = status
        self.stepId = stepId
        self.parentStepId = parentStepId
        self.spanId = spanId
        self.message = message
    }
}

/// What a registration gives.
package struct AgentRegistration: Sendable, Hashable {
    package let agentID: String
    package let agentVersionID: String
    /// Whether the version is new; `false` also when an older one became current again (AGT-8).
    package let isNew: Bool
    package let versionHash: String

    package init(agentID: String, agentVersionID: String, isNew: Bool, versionHash: String) {
        self.agentID = agentID
        self.agentVersionID = agentVersionID
        self.isNew = isNew
        self.versionHash = versionHash
    }
}
