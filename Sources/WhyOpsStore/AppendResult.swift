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
        /// Not stored, because another event of the same append is a conflict or, where that leaves the others alone,
        /// because the database can never take it.
        case notStored = "not_stored"
        /// Not stored, because it breaks rules; only in what may be stored in part (ING-22).
        case invalid
    }

    /// A lower-case UUID; for `skipped` and `conflict` that of the event in the way; empty for the others that are not
    /// stored.
    package var id: String
    package var status: Status
    /// The step in the trace, from 1; 0 where `id` is empty.
    package var stepId: Int
    package var parentStepId: Int?
    package var spanId: String
    package var message: String?
    /// What the event is kept as where it is not stored and there was room for it (ING-40).
    package var deadLetterID: String?

    package init(
        id: String,
        status: Status,
        stepId: Int,
        parentStepId: Int?,
        spanId: String,
        message: String? = nil,
        deadLetterID: String? = nil
    ) {
        self.id = id
        self.status = status
        self.stepId = stepId
        self.parentStepId = parentStepId
        self.spanId = spanId
        self.message = message
        self.deadLetterID = deadLetterID
    }

    /// The result of an event that is not stored and has nothing of its own.
    static func unstored(_ status: Status, spanId: String = "", message: String? = nil) -> AppendResult {
        AppendResult(id: "", status: status, stepId: 0, parentStepId: nil, spanId: spanId, message: message)
    }
}

extension DeadLetter.Reason.Code {
    /// Why an event with a status is kept as a dead letter; `nil` where it is stored, or was left out by choice.
    package init?(_ status: AppendResult.Status) {
        switch status {
        case .conflict: self = .conflict
        case .notStored: self = .refused
        case .invalid: self = .invalid
        case .saved, .skipped, .sampledOut: return nil
        }
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
