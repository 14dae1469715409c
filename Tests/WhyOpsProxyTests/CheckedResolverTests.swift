import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import WhyOpsProxy

/// PRX-46.
struct CheckedResolverTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func found(_ texts: [String], _ reach: UpstreamReach) async throws -> [String] {
        let resolver = CheckedResolver(loop: loop, reach: reach) { _, port, _ in
            texts.compactMap { try? SocketAddress(ipAddress: $0, port: port) }
        }
        let four = try await resolver.initiateAQuery(host: "provider.test", port: 443).get()
        let six = try await resolver.initiateAAAAQuery(host: "provider.test", port: 443).get()
        #expect(four == six)
        return four.compactMap(\.ipAddress)
    }

    @Test func onlyAddressesThatMayBeConnectedToAreLeft() async throws {
        let all = [
            "127.0.0.1", "10.0.0.7", "169.254.169.254", "8.8.8.8", "::1", "fd00::1", "fe80::1", "2606:4700::1111",
            "::ffff:127.0.0.1", "0.0.0.0",
        ]
        #expect(try await found(all, .internet) == ["8.8.8.8", "2606:4700::1111"])
        let allowed = try await found(all, .allowed)
        #expect(!allowed.contains("169.254.169.254") && !allowed.contains("fe80::1"))
        #expect(allowed.contains("127.0.0.1") && allowed.contains("10.0.0.7"))
    }

    @Test func aNameThatChangesIsCheckedEachTime() async throws {
        let asked = Mutex(0)
        let resolver = CheckedResolver(loop: loop, reach: .internet) { _, port, _ in
            let isFirst = asked.withLock { asked in
                asked += 1
                return asked == 1
            }
            return [try? SocketAddress(ipAddress: isFirst ? "8.8.8.8" : "127.0.0.1", port: port)].compactMap(\.self)
        }
        #expect(try await resolver.initiateAQuery(host: "provider.test", port: 443).get().count == 1)
        #expect(try await resolver.initiateAQuery(host: "provider.test", port: 443).get().isEmpty)
    }

    @Test func theSystemIsAskedForBothFamilies() async throws {
        let resolver = CheckedResolver(loop: loop, reach: .anywhere)
        let four = try await resolver.initiateAQuery(host: "127.0.0.1", port: 80).get()
        #expect(four == [try SocketAddress(ipAddress: "127.0.0.1", port: 80)])
        let six = try await resolver.initiateAAAAQuery(host: "::1", port: 80).get()
        #expect(six.compactMap(\.ipAddress) == ["::1"])
        #expect(try await resolver.initiateAQuery(host: "no such name", port: 80).get().isEmpty)
    }
}
