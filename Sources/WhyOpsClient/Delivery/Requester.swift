import WhyOps

/// Sends one request as often as the policy allows, and says how that ended.
struct Requester: Sendable {
    /// How a request ended that was not taken.
    enum Failure: Error, Sendable {
        /// The service will not take it, however often it is sent.
        case refused(ClientError)
        /// The key is unknown.
        case unauthorized(ClientError)
        /// Tried as often as allowed.
        case undelivered(ClientError)
        /// Nobody wants to know any more.
        case cancelled
    }

    let transport: any ClientTransport
    let apiKey: Secret
    let timeout: Duration
    let policy: RetryPolicy
    let surroundings: Surroundings

    /// Posts JSON and gives the answer, if it is a success.
    ///
    /// - Parameter willSend: Called before each attempt, with its number from 1.
    func post(
        _ body: [UInt8],
        to url: String,
        maximumAttempts: Int = .max,
        willSend: (Int) -> Void = { _ in }
    ) async throws(Failure) -> ClientResponse {
        let request = ClientRequest(
            url: url,
            headers: [("authorization", "Bearer \(apiKey.text)"), ("content-type", "application/json")],
            body: body,
            timeout: timeout
        )
        let attempts = max(1, min(maximumAttempts, policy.maximumAttempts))
        var attempt = 1
        while true {
            guard !Task.isCancelled else { throw .cancelled }
            willSend(attempt)
            var retryAfter: Duration?
            let error: ClientError
            do {
                let response = try await transport.send(request)
                switch response.status {
                case 200..<300: return response
                case 401, 403: throw Failure.unauthorized(refusal(.unauthorized, response))
                case 408, 425, 429, 500, 502, 503, 504:
                    retryAfter = RetryAfter.duration(response.header("retry-after"), now: surroundings.now())
                    error = refusal(.undelivered, response)
                default: throw Failure.refused(refusal(.refused, response))
                }
            } catch let failure as Failure {
                throw failure
            } catch {
                if Task.isCancelled { throw .cancelled }
                let fault = apiKey.hidden(in: "no answer: \(error)")
                if attempt >= attempts { throw .undelivered(ClientError(.undelivered, fault)) }
                try await pause(after: attempt, nil)
                attempt += 1
                continue
            }
            if attempt >= attempts { throw .undelivered(error) }
            try await pause(after: attempt, retryAfter)
            attempt += 1
        }
    }

    private func pause(after attempt: Int, _ retryAfter: Duration?) async throws(Failure) {
        let delay = policy.delay(after: attempt, retryAfter: retryAfter, random: surroundings.random())
        do { try await surroundings.sleep(delay) } catch { throw .cancelled }
    }

    /// What a service says that does not take a request.
    private func refusal(_ code: ClientError.Code, _ response: ClientResponse) -> ClientError {
        let root = try? JSONDocument(response.body).root
        let error = root?["error"]
        let reason = root?["message"]?.string ?? error?.string ?? error?["message"]?.string ?? "no reason given"
        return ClientError(
            code,
            apiKey.hidden(in: reason),
            status: response.status,
            faults: ClientError.faults(in: root, without: apiKey)
        )
    }
}

extension ClientError {
    /// The faults that an answer lists (ING-8), 100 at most, without the key.
    static func faults(in answer: JSONValue?, without apiKey: Secret) -> [Fault] {
        (answer?["details"]?.children ?? []).prefix(100).map { fault in
            Fault(
                pointer: apiKey.hidden(in: fault["pointer"]?.string ?? fault["field"]?.string ?? ""),
                rule: apiKey.hidden(in: fault["rule"]?.string ?? fault["code"]?.string ?? ""),
                message: apiKey.hidden(in: fault["message"]?.string ?? "")
            )
        }
    }
}
