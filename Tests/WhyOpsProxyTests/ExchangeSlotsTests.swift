import Testing
import WhyOps

@testable import WhyOpsProxy

/// PRX-93 to PRX-95
struct ExchangeSlotsTests {
    private func status(of place: Result<ExchangeSlot, ComeAgainLater>) -> Int? {
        if case .failure(let refusal) = place { refusal.error.status } else { nil }
    }

    @Test func placesOfAKeyAndOfAll() throws {
        let slots = ExchangeSlots(limit: 3, limitPerKey: 2)
        var held = [try slots.take(keyID: "a").get(), try slots.take(keyID: "a").get()]
        #expect(throws: ComeAgainLater.self) { try slots.take(keyID: "a").get() }
        held.append(try slots.take(keyID: "b").get())
        #expect(status(of: slots.take(keyID: "b")) == 503)
        #expect(status(of: slots.take(keyID: "a")) == 429)
        // A refusal takes nothing, and a place is given back once however often.
        held[0].release()
        held[0].release()
        held.append(try slots.take(keyID: "b").get())
        #expect(throws: ComeAgainLater.self) { try slots.take(keyID: "c").get() }
    }

    @Test func whatNobodyHoldsIsFree() throws {
        let slots = ExchangeSlots(limit: 1, limitPerKey: 1)
        for _ in 0..<10 { _ = try slots.take(keyID: "a").get() }
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
