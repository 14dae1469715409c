/// Registers the agent once; a failure is not tried again with every event.
actor AgentRegistration {
    /// How long events go without a further try after one that failed.
    static let pause = Duration.seconds(60)
    /// How often each address is tried for a caller who waits.
    static let attempts = 4

    private let body: [UInt8]
    private let endpoints: Endpoints
    private let requester: Requester
    private var known: AgentInfo?
    private var underWay: Task<Result<AgentInfo, ClientError>, Never>?
    private var pausedUntil = Duration.zero

    init(body: [UInt8], endpoints: Endpoints, requester: Requester) {
        self.body = body
        self.endpoints = endpoints
        self.requester = requester
    }

    /// The agent, registered if it is not yet.
    func explicitly() async -> Result<AgentInfo, ClientError> {
        if let known { return .success(known) }
        return await register(maximumAttempts: Self.attempts)
    }

    /// Registers the agent before events go, with one attempt at each address.
    ///
    /// - Returns: Nothing where there was nothing to do.
    func lazily() async -> Result<AgentInfo, ClientError>? {
        guard known == nil, requester.surroundings.elapsed() >= pausedUntil else { return nil }
        let result = await register(maximumAttempts: 1)
        if case .failure(let error) = result, error.code != .cancelled {
            pausedUntil = requester.surroundings.elapsed() + Self.pause
        }
        return result
    }

    /// All who ask at the same time get one answer, also that one of them was cancelled.
    private func register(maximumAttempts: Int) async -> Result<AgentInfo, ClientError> {
        let task = underWay ?? Task { await self.ask(maximumAttempts) }
        underWay = task
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        if underWay == task { underWay = nil }
        if case .success(let info) = result { known = info }
        return result
    }

    private func ask(_ maximumAttempts: Int) async -> Result<AgentInfo, ClientError> {
        if let fault = endpoints.fault { return .failure(fault) }
        var last = ClientError(.registration, "no address to register at")
        for url in [endpoints.registration, endpoints.fallbackRegistration].compactMap(\.self) {
            do {
                let response = try await requester.post(body, to: url, maximumAttempts: maximumAttempts)
                if let info = AgentInfo(response.body) { return .success(info) }
                last = ClientError(.registration, "the answer names no agent", status: response.status)
            } catch {
                switch error {
                case .unauthorized(let error):
                    // Only where events go, too, a key that is unknown is the end of them.
                    if url == endpoints.registration { return .failure(error) }
                    last = error.as(.registration)
                case .cancelled: return .failure(ClientError(.cancelled, "the registration was cancelled"))
                case .undelivered(let error): last = error.as(.registration)
                case .refused(let error):
                    last = error.as(.registration)
                    // A definition that one refuses the other refuses, too.
                    if [400, 409, 413, 422].contains(error.status) { return .failure(last) }
                }
            }
        }
        return .failure(last)
    }
}

extension ClientError {
    /// The same under another code.
    fileprivate func `as`(_ code: Code) -> ClientError {
        ClientError(code, message, status: status, faults: faults)
    }
}
