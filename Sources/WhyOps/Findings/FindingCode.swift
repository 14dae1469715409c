/// What a finding is about; the wire names are those of the original's static analysis where it has one (FND-10).
public enum FindingCode: String, CaseIterable, Hashable, Sendable {
    /// There is nothing to look at.
    case noEvents = "TRACE_HAS_NO_EVENTS"
    /// An event is older than what led to it.
    case stepOrderDecreased = "STEP_ORDER_DECREASED"
    /// Several events have one step.
    case duplicateStep = "DUPLICATE_STEP_ID"
    /// What led to an event is not there.
    case missingParent = "MISSING_PARENT_STEP"
    /// A tool's call that nothing answers.
    case missingToolResponse = "MISSING_TOOL_CALL_RESPONSE"
    /// An answer to a tool's call that nobody made.
    case orphanToolResponse = "ORPHAN_TOOL_CALL_RESPONSE"
    /// A model's reply without what it is counted by.
    case incompleteReply = "LLM_RESPONSE_METADATA_INCOMPLETE"
    /// The trace ends where a model asks for a tool.
    case toolCallAtEnd = "TOOL_CALL_WITHOUT_FOLLOWUP_EVENTS"
    /// A tool's event that does not name its tool.
    case missingTool = "MISSING_METADATA_TOOL"
    /// The same call again and again.
    case toolCallLoop = "IDENTICAL_TOOL_CALL_LOOP"
    /// Nothing but errors for a while.
    case errorStreak = "CONSECUTIVE_ERROR_STREAK"
    /// Much slower than its kind.
    case latencyOutlier = "LATENCY_OUTLIER"
    /// Many more tokens than its kind.
    case tokenOutlier = "TOKEN_OUTLIER"

    /// The place in the order of findings that have the same severity and step (FND-7).
    var order: Int {
        switch self {
        case .noEvents: 0
        case .stepOrderDecreased: 1
        case .duplicateStep: 2
        case .missingParent: 3
        case .missingToolResponse: 4
        case .orphanToolResponse: 5
        case .incompleteReply: 6
        case .toolCallAtEnd: 7
        case .missingTool: 8
        case .toolCallLoop: 9
        case .errorStreak: 10
        case .latencyOutlier: 11
        case .tokenOutlier: 12
        }
    }

    /// What suffers.
    public var dimension: FindingDimension {
        switch self {
        case .stepOrderDecreased, .duplicateStep, .missingParent: .structure
        case .noEvents, .missingToolResponse, .orphanToolResponse, .incompleteReply, .toolCallAtEnd, .missingTool:
            .completeness
        case .toolCallLoop: .behaviour
        case .errorStreak: .reliability
        case .latencyOutlier: .performance
        case .tokenOutlier: .cost
        }
    }
}

/// What a finding touches.
public enum FindingDimension: String, Hashable, Sendable {
    /// What follows what.
    case structure
    /// Whether all is there.
    case completeness
    /// What the agent does.
    case behaviour
    /// Whether it works.
    case reliability
    /// How long it takes.
    case performance
    /// What it uses.
    case cost
}

/// How bad a finding is, the least first.
public enum FindingSeverity: String, CaseIterable, Hashable, Sendable, Comparable {
    /// Worth knowing.
    case low
    /// Worth a look.
    case medium
    /// Something is wrong.
    case high
    /// There is nothing to work with.
    case critical

    /// The severity with this name, compared byte by byte.
    public init?(name: String) {
        for severity in Self.allCases where severity.rawValue.utf8.elementsEqual(name.utf8) {
            self = severity
            return
        }
        return nil
    }

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        case .critical: 3
        }
    }

    /// Whether a severity is less than another.
    public static func < (left: FindingSeverity, right: FindingSeverity) -> Bool { left.rank < right.rank }
}
