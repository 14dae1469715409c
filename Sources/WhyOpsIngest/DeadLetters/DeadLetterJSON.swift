package import WhyOps
package import WhyOpsStore

/// A dead letter as JSON, the same from the route and from the command (ING-41).
package enum DeadLetterJSON {
    package static func write(_ stored: StoredDeadLetter, withEvent: Bool, to writer: inout JSONWriter) {
        let letter = stored.letter
        writer.object { writer in
            writer.member("id", stored.id)
            writer.member("source", letter.source.rawValue)
            writer.name("reason")
            writer.object { writer in
                writer.member("code", letter.reason.code.rawValue)
                writer.member("message", letter.reason.message)
                writer.member("details", raw: letter.reason.details)
            }
            writer.member("attempts", stored.attempts)
            writer.member("createdAt", stored.createdAt)
            writer.member("updatedAt", stored.updatedAt)
            writer.nullable("eventType", letter.eventType)
            writer.nullable("traceId", letter.traceId)
            writer.nullable("agentName", letter.agentName)
            writer.member("byteCount", stored.eventBytes)
            if withEvent { writer.member("event", raw: letter.event) }
        }
    }
}
