import Testing
import WhyOpsEdge

@testable import WhyOpsProxy

/// What is kept of streams together (PRX-210, PRX-211).
struct StreamRoomTests {
    private static let step = 64 << 10

    @Test func aLittleIsAStreamsOwn() {
        let budget = BodyBudget(limit: 3 * Self.step)
        var room = StreamRoom()
        #expect(room.bytes == Self.step)
        room.grow(to: Self.step, of: budget)
        #expect(room.bytes == Self.step)
        #expect(budget.bytes == 0)
        room.grow(to: Self.step + 1, of: budget)
        #expect(room.bytes == 2 * Self.step)
        #expect(budget.bytes == Self.step)
        room.grow(to: 1, of: budget)
        #expect(room.bytes == 2 * Self.step)
    }

    @Test func whatFindsNoRoomKeepsWhatItHas() {
        let budget = BodyBudget(limit: 3 * Self.step)
        var first = StreamRoom()
        var second = StreamRoom()
        first.grow(to: 3 * Self.step, of: budget)
        #expect(first.bytes == 3 * Self.step)
        second.grow(to: 3 * Self.step, of: budget)
        #expect(second.bytes == Self.step)
        second.grow(to: 2 * Self.step, of: budget)
        #expect(second.bytes == 2 * Self.step)
        first.giveBack(to: budget)
        first.giveBack(to: budget)
        #expect(budget.bytes == Self.step)
        // Alone there always is room.
        second.grow(to: 100 * Self.step, of: budget)
        #expect(second.bytes == 100 * Self.step)
        second.giveBack(to: budget)
        #expect(budget.bytes == 0)
    }
}
