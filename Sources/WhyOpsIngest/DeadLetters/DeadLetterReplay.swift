package import WhyOps
package import WhyOpsStore

/// Tries dead letters again, for the route and for the command (ING-42).
package struct DeadLetterReplay: Sendable {
    /// One that is still not stored.
    package struct Failure: Sendable, Hashable {
        package let id: String
        package let code: String
        package let message: String

        static func missing(_ id: String) -> Failure {
            Failure(id: id, code: "missing", message: "Dead letter not found")
        }
    }

    package struct Outcome: Sendable, Hashable {
        package var replayed = 0
        package var failed: [Failure] = []
        /// Letters that are left, whatever was tried.
        package var remaining = 0
    }

    /// Letters in one replay.
    package static let limit = 1000

    private let store: any IngestStore

    package init(store: any IngestStore) {
        self.store = store
    }

    /// - Parameter wanted: ids; `nil` for the oldest of all.
    package func run(_ wanted: [String]?, _ tenant: Tenant) async throws -> Outcome {
        let possible = wanted.map { Self.possible($0) }
        let ids =
            possible?.isEmpty == true
            ? [] : try await store.oldestDeadLetterIDs(among: possible, limit: Self.limit, tenant: tenant)
        let known = Set(ids)
        var outcome = Outcome()
        outcome.failed = (wanted ?? []).filter { !known.contains($0) }.map { .missing($0) }
        for id in ids {
            guard let letter = try await store.deadLetter(id: id, tenant: tenant) else {
                outcome.failed.append(.missing(id))
                continue
            }
            switch try await attempt(letter, tenant) {
            case .stored: outcome.replayed += 1
            case .gone: outcome.failed.append(.missing(id))
            case .failed(let reason):
                try await store.noteFailure(ofDeadLetter: id, reason, tenant: tenant)
                outcome.failed.append(Failure(id: id, code: reason.code.rawValue, message: reason.message))
            }
        }
        outcome.remaining = try await store.deadLetters(page: PageRequest(limit: 1), tenant: tenant).total
        return outcome
    }

    /// Without those that no letter has, and that not every database can look for.
    static func possible(_ ids: [String]) -> [String] { ids.filter { !$0.utf8.contains(0) } }

    /// What came of another attempt.
    private enum Attempt {
        case stored
        /// Another replay was faster, or it was purged.
        case gone
        case failed(DeadLetter.Reason)
    }

    /// Reads a letter's event as it was read when it came, and stores it.
    private func attempt(_ stored: StoredDeadLetter, _ tenant: Tenant) async throws -> Attempt {
        let letter = stored.letter
        let item = try JSONDocument(letter.event).root
        var event: Event
        switch EventBody.read(item, EventValidator(letter.sending, tenant)).result {
        case .success(let read): event = read
        case .failure(let invalid): return .failed(DeadLetter.Reason(invalid))
        }
        event.take(letter.sending)
        do {
            let options = AppendOptions(deadLetterID: stored.id)
            guard let result = try await store.append([event], options: options, tenant: tenant).first else {
                return .stored
            }
            let isOut = result.status == .sampledOut
            guard let code = isOut ? .sampledOut : DeadLetter.Reason.Code(result.status) else { return .stored }
            return .failed(DeadLetter.Reason(storing: code, result.message ?? "Not stored"))
        } catch let error as StoreError where error.code == .refused {
            return .failed(DeadLetter.Reason(storing: .refused, error.message))
        } catch let error as StoreError where error.code == .unknownDeadLetter {
            return .gone
        }
    }
}

extension DeadLetterReplay.Outcome {
    /// The members of an object that says what came of it.
    package func write(to writer: inout JSONWriter) {
        writer.member("replayed", replayed)
        writer.name("failed")
        writer.array { writer in
            for one in failed {
                writer.object { writer in
                    writer.member("id", one.id)
                    writer.member("code", one.code)
                    writer.member("message", one.message)
                }
            }
        }
        writer.member("remaining", remaining)
    }
}
