import Dispatch
import NIOCore
import NIOPosix
import Synchronization
import Testing
import WhyOpsStore

@testable import WhyOpsProxy

/// PRX-46, PRX-150.
struct CheckedResolverTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func found(_ texts: [String], _ reach: UpstreamReach) async throws -> [String] {
        let names = NameLookUps(threads: 2) { _, port, _ in
            texts.compactMap { try? SocketAddress(ipAddress: $0, port: port) }
        }
        let resolver = CheckedResolver(loop: loop, reach: reach, names: names)
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
        let names = NameLookUps(threads: 1) { _, port, _ in
            let isFirst = asked.withLock { asked in
                asked += 1
                return asked == 1
            }
            return [try? SocketAddress(ipAddress: isFirst ? "8.8.8.8" : "127.0.0.1", port: port)].compactMap(\.self)
        }
        let resolver = CheckedResolver(loop: loop, reach: .internet, names: names)
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

    /// Look-ups that hang until they are let go, for one host.
    private final class SlowNames: Sendable {
        private let gate = DispatchSemaphore(value: 0)
        private let asked = Mutex<[String: Int]>([:])

        func count(_ host: String) -> Int { asked.withLock { $0[host] ?? 0 } }
        func letGo(_ count: Int) { for _ in 0..<count { gate.signal() } }

        func lookUp(_ host: String, _ port: Int) -> [SocketAddress] {
            asked.withLock { $0[host, default: 0] += 1 }
            if host.hasPrefix("slow") { gate.wait() }
            return [try? SocketAddress(ipAddress: "8.8.8.8", port: port)].compactMap(\.self)
        }
    }

    @Test func aSlowNameHoldsUpNobodyElse() async throws {
        let slow = SlowNames()
        let names = NameLookUps(threads: 3) { host, port, _ in slow.lookUp(host, port) }
        let resolver = CheckedResolver(loop: loop, reach: .internet, names: names)
        // However many want to know, and whatever the pools of the process are for.
        let waiting = (0..<500).flatMap { _ in
            [
                resolver.initiateAQuery(host: "slow.test", port: 443),
                resolver.initiateAAAAQuery(host: "slow.test", port: 443),
            ]
        }
        #expect(try await resolver.initiateAQuery(host: "quick.test", port: 443).get().count == 1)
        #expect(try await resolver.initiateAAAAQuery(host: "quick.test", port: 443).get().count == 1)
        let other = await Task.detached { 1 }.value
        #expect(other == 1)
        #expect(slow.count("slow.test") <= 2)
        slow.letGo(2)
        for future in waiting { #expect(try await future.get().count == 1) }
        #expect(slow.count("slow.test") == 2)
        // What was asked after an answer is a new question.
        slow.letGo(1)
        #expect(try await resolver.initiateAQuery(host: "slow.test", port: 443).get().count == 1)
        #expect(slow.count("slow.test") == 3)
    }

    /// PRX-158
    @Test func theSlowNamesOfOneEnvironmentLeaveThreadsToTheOthers() async throws {
        let slow = SlowNames()
        let names = NameLookUps(threads: 8, maximumOpen: 40, isShared: true) { host, port, _ in slow.lookUp(host, port)
        }
        func resolver(_ project: String) -> CheckedResolver {
            let owner = EnvironmentName(project: project, environment: "LIVE")
            return CheckedResolver(loop: loop, reach: .internet, owner: owner, names: names)
        }
        let waiting = (0..<10).map { resolver("slow").initiateAQuery(host: "slow\($0).test", port: 443) }
        // It has what it may have; one more stands for nothing at once.
        #expect(try await resolver("slow").initiateAQuery(host: "quick.test", port: 443).get().isEmpty)
        for _ in 0..<20 {
            #expect(try await resolver("other").initiateAQuery(host: "quick.test", port: 443).get().count == 1)
        }
        #expect((0..<10).count { slow.count("slow\($0).test") > 0 } <= 2)
        slow.letGo(10)
        for future in waiting { #expect(try await future.get().count == 1) }
        #expect(try await resolver("slow").initiateAQuery(host: "quick.test", port: 443).get().count == 1)
    }

    @Test func namesThatWaitAreBounded() async throws {
        let slow = SlowNames()
        let names = NameLookUps(threads: 1, maximumOpen: 3) { host, port, _ in slow.lookUp(host, port) }
        let resolver = CheckedResolver(loop: loop, reach: .internet, names: names)
        let waiting = (0..<3).map { resolver.initiateAQuery(host: "slow\($0).test", port: 443) }
        #expect(try await resolver.initiateAQuery(host: "quick.test", port: 443).get().isEmpty)
        slow.letGo(3)
        for future in waiting { #expect(try await future.get().count == 1) }
        #expect(try await resolver.initiateAQuery(host: "quick.test", port: 443).get().count == 1)
    }
}
