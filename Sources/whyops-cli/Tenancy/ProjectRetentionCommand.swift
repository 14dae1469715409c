import ArgumentParser
import WhyOps
import WhyOpsCommand
import WhyOpsStore

/// `whyops projects retention`
struct ProjectRetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Show or set how much of a project is kept.",
        discussion: """
            Without a limit it shows what is set. Traces go whole: where the last event of one was stored longer ago than \
            --age, and the oldest first where the project's events are more than --size. A limit that is not named stays as \
            it is; a project without its own has those of the services (--retention-age, --retention-size). Running services \
            follow at their next look, within 5 minutes unless --retention-interval says otherwise.

            Examples:
              whyops projects retention shop
              whyops projects retention shop --age 30d --size 10GB
              whyops projects retention shop --none
              whyops projects retention shop --default
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The project.") var project: String
    @Option(help: "How long a trace is kept after its last event, as 30d, 12h or 90m.") var age: String?
    @Option(help: "How much is kept, as 10GB or 500MiB.") var size: String?
    @Flag(help: "Keep everything, whatever the services say.") var none = false
    @Flag(name: .customLong("default"), help: "Keep what the services say.") var standard = false
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        if none, standard { throw ValidationError("--none or --default, not both.") }
        if none || standard, age != nil || size != nil {
            throw ValidationError("--none and --default stand for both limits; name them or --age and --size.")
        }
        if let age, Amount.age(age) == nil { throw ValidationError("--age must be \(Amount.ageForm).") }
        if let size, Amount.size(size) == nil { throw ValidationError("--size must be \(Amount.sizeForm).") }
    }

    func run() async throws {
        var chosenAge = age.flatMap(Amount.age).map { RetentionChoice.limit($0) }
        var chosenSize = size.flatMap(Amount.size).map { RetentionChoice.limit($0) }
        if none { (chosenAge, chosenSize) = (.unlimited, .unlimited) }
        if standard { (chosenAge, chosenSize) = (.standard, .standard) }
        let retention = try await withStore(common) { [chosenAge, chosenSize] store, _ in
            if chosenAge != nil || chosenSize != nil {
                try await store.setRetention(age: chosenAge, bytes: chosenSize, ofProject: project)
            }
            return try await store.retention(ofProject: project)
        }
        let age = Self.words(retention.age) { Amount.text(age: $0) }
        let size = Self.words(retention.bytes) { Amount.text(bytes: $0) }
        if json {
            return Terminal.out(object: { writer in
                writer.member("project", project)
                writer.member("age", age)
                writer.member("size", size)
            })
        }
        Terminal.out("\(project)  age \(age)  size \(size)")
    }

    private static func words<Value>(_ choice: RetentionChoice<Value>, _ text: (Value) -> String) -> String {
        switch choice {
        case .standard: "default"
        case .unlimited: "none"
        case .limit(let value): text(value)
        }
    }
}
