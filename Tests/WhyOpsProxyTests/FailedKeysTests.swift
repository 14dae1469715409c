import Synchronization
import Testing
import WhyOpsEdge

@testable import WhyOpsProxy

/// PRX-96
struct FailedKeysTests {
    private final class Clock: Sendable {
        private let moment = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { moment.withLock { $0 } }
        func pass(_ seconds: Double) { moment.withLock { $0 += .seconds(seconds) } }
    }

    private func network(_ text: String) throws -> ClientNetwork {
        ClientNetwork(try #require(IPAddress(text)))
    }

    @Test func asManyAsTheLimitAndThenEvenly() throws {
        let clock = Clock()
        let keys = FailedKeys(perMinute: 30, now: { clock.now })
        let client = try network("192.0.2.1")
        for _ in 0..<30 { #expect(keys.count(client) == nil) }
        let wait = try #require(keys.count(client))
        #expect(abs(wait - 2) < 0.001)
        clock.pass(2)
        #expect(keys.count(client) == nil)
        #expect(keys.count(client) != nil)
        // Others are not concerned.
        #expect(keys.count(try network("192.0.2.2")) == nil)
        clock.pass(600)
        for _ in 0..<30 { #expect(keys.count(client) == nil) }
        #expect(keys.count(client) != nil)
    }

    @Test func rightKeysAreGivenBack() throws {
        let keys = FailedKeys(perMinute: 1)
        let client = try network("192.0.2.1")
        for _ in 0..<100 {
            #expect(keys.count(client) == nil)
            keys.giveBack(client)
        }
        // What is given back is no more than there was.
        #expect(keys.count(client) == nil)
        #expect(keys.count(client) != nil)
    }

    @Test func oneCustomerOfIPv6IsOneNetwork() throws {
        #expect(try network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9"))
        #expect(try network("2001:db8:1:2::1") != network("2001:db8:1:3::1"))
        #expect(try network("::ffff:192.0.2.1") == network("192.0.2.1"))
        #expect(try network("::ffff:192.0.2.1") != network("::ffff:192.0.2.2"))
        // An IPv4 address is none of the IPv6 networks that have the same bits.
        #expect(try network("0:0:c000:201::") != network("192.0.2.1"))
    }

    @Test func anyNumberAndUnknownClients() throws {
        let off = FailedKeys(perMinute: 0)
        let client = try network("192.0.2.1")
        for _ in 0..<1000 { #expect(off.count(client) == nil) }
        #expect(off.networks == 0)
        let on = FailedKeys(perMinute: 1)
        for _ in 0..<10 { #expect(on.count(nil) == nil) }
    }

    /// However many networks try, the table stays what it is, and who tries now is known.
    @Test func tableIsBounded() throws {
        let keys = FailedKeys(perMinute: 1)
        for number in 0..<250_000 {
            let bytes: [UInt8] = [10, UInt8(number >> 16), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)]
            _ = keys.count(ClientNetwork(try #require(IPAddress(bytes: bytes))))
        }
        #expect(keys.networks <= FailedKeys.capacity)
        #expect(keys.count(try network("10.3.208.143")) != nil)
    }
}
