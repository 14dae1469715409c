import Synchronization
import Testing
import WhyOpsStore

/// PRX-102
struct HealthProbeTests {
    @Test(arguments: [true, false])
    func tellsWhatItHears(_ answer: Bool) async {
        let probe = HealthProbe(limit: .seconds(60)) { answer }
        #expect(await probe.isHealthy() == answer)
        #expect(await probe.isHealthy() == answer)
    }

    /// A store that hangs: everybody gets a no, it is asked once, and when it comes back it is asked anew.
    @Test func silenceIsANo() async {
        let (gate, opens) = AsyncStream.makeStream(of: Void.self)
        let questions = Mutex(0)
        let probe = HealthProbe(limit: .milliseconds(20)) {
            let number = questions.withLock {
                $0 += 1
                return $0
            }
            if number == 1 { for await _ in gate {} }
            return true
        }
        for _ in 0..<3 { #expect(await probe.isHealthy() == false) }
        #expect(questions.withLock { $0 } == 1)
        opens.finish()
        while await !probe.isHealthy() {}
        #expect(questions.withLock { $0 } > 0)
    }
}
