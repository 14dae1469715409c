import ArgumentParser
import WhyOpsCommand
import WhyOpsValidation

/// What the protocol says of a rule, for a person.
struct RuleExplanation {
    let rule: String

    /// - Throws: misuse where there is no such rule.
    func print() throws {
        let sentences = RuleCatalogue.sentences(of: rule)
        if sentences.isEmpty {
            let near = RuleCatalogue.rules(like: rule).prefix(8).joined(separator: ", ")
            let next = near.isEmpty ? "Reports name them in brackets, such as [content.type]" : "There are: \(near)"
            throw ValidationError("There is no rule '\(rule)'. \(next).")
        }
        Terminal.out(rule)
        for sentence in sentences { Terminal.out("  \(sentence.id)  \(sentence.text)") }
    }
}
