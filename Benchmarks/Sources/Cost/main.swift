import CAllocations
import WhyOps
import Workloads

// Does each thing once before it counts and once while callgrind counts, which dumps its figures after each call of
// `whyops_cost_measured`, and prints `name allocations` a line. `.ci/cost` puts the two together.
//
//     Cost limits [--slow] [PREFIX...]      what is held to limits; with --slow by a slow way, which has to show
//     Cost linear SIZE [PREFIX...]          hostile texts of a size and of twice that size

nonisolated(unsafe) var current: @Sendable () -> Void = {}

nonisolated func count(_ item: Case) {
    item.body()
    current = item.body
    let before = whyops_allocation_count()
    whyops_cost_measured { current() }
    print(item.name, whyops_allocation_count() - before)
}

var arguments = CommandLine.arguments.dropFirst()
let command = arguments.popFirst()
let isSlow = arguments.first == "--slow"
if isSlow { arguments.removeFirst() }
let cases =
    command == "linear" ? Case.linear(arguments.popFirst().flatMap { Int($0) } ?? 0) : Case.gated
for item in cases where arguments.isEmpty || arguments.contains(where: { item.name.hasPrefix($0) }) {
    count(isSlow ? item.slowed : item)
}
