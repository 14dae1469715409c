extension AgentDefinition {
    /// What an event lets one guess of an agent that nobody registered (AGT-9): the prompt and tools of its metadata,
    /// else the first system message of its content.
    package init(observedIn event: Event) {
        let description = "Auto-initialized by analyse service from first ingested trace event"
        let metadata = event.metadata.flatMap { bytes in try? JSONDocument(bytes).root }
        var prompt = metadata?["systemPrompt"].flatMap { $0.kind == .string ? $0 : nil }
        if prompt == nil, let bytes = event.content, let content = try? JSONDocument(bytes).root {
            let messages = content.kind == .array ? content.children : content["messages"]?.children ?? []
            let system = messages.first { message in
                message["role"].map { $0.isString("system") || $0.isString("developer") } ?? false
            }
            prompt = system?["content"].flatMap { $0.kind == .string ? $0 : nil }
        }
        let tools = metadata?["tools"].flatMap { $0.kind == .array ? $0 : nil }
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("systemPrompt")
            if let spelled = prompt?.stringifiedString {
                writer.raw(spelled)
            } else {
                writer.string("(Auto-initialized from ingested trace event)")
            }
            writer.member("tools", raw: tools?.compact ?? Array("[]".utf8))
            writer.member("description", description)
        }
        self.init(
            systemPrompt: prompt?.string ?? "(Auto-initialized from ingested trace event)",
            canonicalJSON: writer.bytes,
            description: description
        )
    }
}
