import WhyOps

extension CoreTestee {
    static func exchange(_ operation: String, _ input: JSON) -> TesteeAnswer? {
        switch operation {
        case "exchange.rewrite-request", "stitch.resolve": return rewriteRequest(operation, input)
        case "exchange.embed": return embed(input)
        case "exchange.embed-stream": return embedStream(input)
        default: return nil
        }
    }

    private static func rewriteRequest(_ operation: String, _ input: JSON) -> TesteeAnswer? {
        guard let body = TextValue.bytes(input["body"]) else { return malformed }
        if input["format"]?.text == "other", operation == "exchange.rewrite-request" {
            return output(
                .init("body", TextValue.spelt(PassThroughBody.forwarded(body, keys: keys(input)))),
                .init("traceId", .null),
                .init("source", .null)
            )
        }
        guard let format = ExchangeFormat(rawValue: input["format"]?.text ?? "") else { return nil }
        let reading: RequestReading
        do throws(ExchangeFault) {
            reading = try RequestReading(body, format: format, keys: keys(input))
        } catch {
            return .error(error.code)
        }
        guard let fresh = TraceID("a-new-id") else { return nil }
        let known = known(input)
        let lineage = Lineage(
            of: reading,
            keys: keys(input),
            agent: header("x-agent-name", of: input) ?? "",
            user: header("x-external-user-id", of: input)
        )
        let resolution = TraceResolution(
            traceHeader: header("x-trace-id", of: input),
            threadHeader: header("x-thread-id", of: input),
            turns: reading.turns,
            known: known.traces,
            harness: HarnessSession { header($0, of: input) },
            fresh: fresh,
            acceptsV1: input["acceptV1"]?.bool ?? true
        ).joining(lineage.trace(known))
        let id: JSON = resolution.source == .new ? .null : .text(resolution.id.text)
        let source = JSON.Member("source", .text(resolution.source.rawValue))
        guard operation == "stitch.resolve" else {
            return output(.init("body", TextValue.spelt(reading.forwarded)), .init("traceId", id), source)
        }
        return output(.init("traceId", id), source, .init("links", .array(resolution.links.map { .text($0.text) })))
    }

    private static func header(_ name: String, of input: JSON) -> String? {
        input["headers"]?.members.last { String(decoding: $0.name, as: UTF8.self).lowercased() == name }?.value.text
    }

    private static func known(_ input: JSON) -> EchoLinks.Knowledge {
        var known = EchoLinks.Knowledge()
        for link in input["known"]?.array ?? [] {
            guard let kind = EchoID.Kind(rawValue: link["kind"]?.text ?? ""), let text = link["id"]?.text,
                let echo = EchoID(kind, text), let trace = link["traceId"]?.text.flatMap({ TraceID($0) })
            else { continue }
            // TRC-6
            known.insert(echo, trace)
        }
        return known
    }

    /// What both kinds of reply need: the format, the policy, and the frame where the request allows one.
    private static func embedding(_ input: JSON) -> (format: ExchangeFormat, policy: SignaturePolicy, frame: [UInt8]?)?
    {
        guard let format = ExchangeFormat(rawValue: input["format"]?.text ?? ""),
            let request = TextValue.bytes(input["request"])
        else { return nil }
        let policy = SignaturePolicy(rawValue: input["policy"]?.text ?? "careful") ?? .careful
        let reading: RequestReading
        do throws(ExchangeFault) {
            reading = try RequestReading(request, format: format)
        } catch {
            return (format, policy, nil)
        }
        return (format, policy, reading.constraint == nil ? frame(input) : nil)
    }

    /// The frame that goes into a reply: version 2 where the case has a key, else version 1; `nil` for an id that none
    /// can carry.
    package static func frame(_ input: JSON) -> [UInt8]? {
        guard let id = input["traceId"]?.text.flatMap({ TraceID($0) }) else { return nil }
        return key(input["key"]).map { InvisibleSignature.encodeV2(id, with: $0) } ?? InvisibleSignature.encodeV1(id)
    }

    private static func embed(_ input: JSON) -> TesteeAnswer? {
        guard let reply = TextValue.bytes(input["reply"]), let status = input["status"]?.integer else {
            return malformed
        }
        guard let (format, policy, frame) = embedding(input) else { return nil }
        // EXC-23: only replies with a 2xx status are looked at.
        guard (200..<300).contains(status) else { return output(.init("body", TextValue.spelt(reply))) }
        let edits = WholeReply(reply, format: format, frame: frame, policy: policy)?.edits ?? []
        return output(.init("body", TextValue.spelt(reply.applying(edits))))
    }

    private static func embedStream(_ input: JSON) -> TesteeAnswer? {
        guard case .array(let chunks) = input["chunks"] else { return malformed }
        guard let (format, policy, frame) = embedding(input) else { return nil }
        var stream = ReplyStream(format: format, frame: frame, policy: policy)
        var outputs: [JSON] = []
        for chunk in chunks {
            guard let bytes = TextValue.bytes(chunk) else { return malformed }
            outputs.append(TextValue.spelt(stream.read(bytes.span)))
        }
        outputs.append(TextValue.spelt(stream.finish()))
        return output(.init("outputs", .array(outputs)))
    }
}
