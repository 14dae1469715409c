import ArgumentParser

/// Which part of a list is printed.
struct PageOptions: ParsableArguments {
    @Option(help: "Lines to a page, 1 to 100.") var count = 20
    @Option(help: "The page, from 1.") var page = 1

    func validate() throws {
        guard (1...100).contains(count) else { throw ValidationError("--count must be 1 to 100.") }
        guard (1...1_000_000).contains(page) else { throw ValidationError("--page must be 1 to 1000000.") }
    }
}
