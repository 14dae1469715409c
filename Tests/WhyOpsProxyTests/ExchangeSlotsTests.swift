import Testing
import WhyOps
import WhyOpsStore

@testable import WhyOpsProxy

/// PRX-93 to PRX-95
struct ExchangeSlotsTests {
    private func status(of place: Result<ExchangeSlot, ComeAgainLater>) -> Int? {
        if case .failure(let refusal) = place { refusal.error.status } else { nil }
    }

    private func tenant(_ key: String, of environment: String = "e") -> Tenant {
        Tenant(projectID: "p", environmentID: environment, environmentName: environment, keyID: key)
    }

    /// PRX-156
    @Test func theKeysOfOneEnvironmentLeaveAQuarter() throws {
        let slots = ExchangeSlots(limit: 8, limitPerKey: 4)
        var held = try (0..<6).map { try slots.take(tenant($0 < 3 ? "a" : "b")).get() }
        #expect(status(of: slots.take(tenant("c"))) == 429)
        held += try (0..<2).map { _ in try slots.take(tenant("d", of: "f")).get() }
        #expect(status(of: slots.take(tenant("d", of: "f"))) == 503)
        held[0].release()
        held.append(try slots.take(tenant("c")).get())
        // What is given to one key is not taken from it again.
        let wide = ExchangeSlots(limit: 8, limitPerKey: 8)
        held += try (0..<8).map { _ in try wide.take(tenant("a")).get() }
    }

    @Test func placesOfAKeyAndOfAll() throws {
        let slots = ExchangeSlots(limit: 3, limitPerKey: 2)
        var held = [try slots.take(tenant("a")).get(), try slots.take(tenant("a")).get()]
        #expect(throws: ComeAgainLater.self) { try slots.take(tenant("a")).get() }
        held.append(try slots.take(tenant("b")).get())
        #expect(status(of: slots.take(tenant("b"))) == 503)
        #expect(status(of: slots.take(tenant("a"))) == 429)
        // A refusal takes nothing, and a place is given back once however often.
        held[0].release()
        held[0].release()
        held.append(try slots.take(tenant("b")).get())
        #expect(throws: ComeAgainLater.self) { try slots.take(tenant("c")).get() }
    }

    @Test func whatNobodyHoldsIsFree() throws {
        let slots = ExchangeSlots(limit: 1, limitPerKey: 1)
        for _ in 0..<10 { _ = try slots.take(tenant("a")).get() }
    }

    @Test func placesOfConnections() {
        let count = ConnectionCount(limit: 8)
        let places = (0..<80).map { _ in count.enter() }
        #expect(places.filter { $0 == .served }.count == 8)
        #expect(places.filter { $0 == .refused }.count == 1 + 64)
        for _ in 0..<80 { count.leave() }
        #expect(count.enter() == .served)
    }
}
