import Testing

@testable import WhyOpsProxy

struct ClientProbesTests {
    /// A machine is found gone after the rest and every probe.
    @Test(arguments: [(75.0, 75), (600, 600), (30, 30), (7, 7), (4, 4), (1, 4), (0.2, 4), (75.5, 76)])
    func machineIsFoundGoneAfterTheLimit(silence: Double, expected: Int) {
        let probes = ClientProbes(silence: silence)
        #expect(probes.rest >= 1 && probes.interval >= 1)
        #expect(probes.rest + ClientProbes.count * probes.interval == expected)
    }

    /// Systems refuse longer times, and a limit may be a word for none.
    @Test(arguments: [1e6, 1e9, .infinity]) func timesStayWithinWhatSystemsTake(silence: Double) {
        let probes = ClientProbes(silence: silence)
        #expect(probes.rest == 32_767 && probes.interval == 32_767)
    }
}
