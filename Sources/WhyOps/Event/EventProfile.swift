/// How much is asked of an event.
public enum EventProfile: String, CaseIterable, Hashable, Sendable {
    /// What clients of the original send is accepted, whatever its content (EVT-1).
    case original
    /// In addition the content has to be what a reader can use (EVT-30).
    case strict

    /// The profile with this name, compared byte by byte.
    public init?(name: String) {
        for profile in Self.allCases where profile.rawValue.utf8.elementsEqual(name.utf8) {
            self = profile
            return
        }
        return nil
    }
}

/// The ids of a caller, which profile `strict` compares with those in the body (EVT-53).
public struct EventTenant: Hashable, Sendable {
    /// What `userId` has to be.
    public var userId: String
    /// What `projectId` has to be.
    public var projectId: String
    /// What `environmentId` has to be.
    public var environmentId: String

    /// Combines the three ids, in the text form of a UUID.
    public init(userId: String, projectId: String, environmentId: String) {
        self.userId = userId
        self.projectId = projectId
        self.environmentId = environmentId
    }
}
