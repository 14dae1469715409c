import WhyOps

// The request as a message of Protocol Buffers (IOP-21); the numbers are those of opentelemetry-proto 1.x.

extension OTLPRequest {
    /// The request in the form that every receiver of OTLP/HTTP takes.
    public var protobuf: [UInt8] {
        var writer = ProtobufWriter()
        // ExportTraceServiceRequest.resource_spans
        writer.message(1) { writer in
            // ResourceSpans: resource, scope_spans, schema_url
            writer.message(1) { $0.attributes(1, resource.attributes) }
            writer.message(2) { writer in
                // ScopeSpans: scope, spans, schema_url
                writer.message(1) { writer in
                    writer.string(1, Self.scope)
                    writer.string(2, Self.version)
                    writer.attributes(3, [Attribute("whyops.profile", .string(profile))])
                }
                for span in spans { writer.message(2) { span.write(to: &$0) } }
                if let schemaURL { writer.string(3, schemaURL) }
            }
            if let schemaURL { writer.string(3, schemaURL) }
        }
        return writer.bytes
    }
}

extension OTLPSpan {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.data(1, traceID)
        writer.data(2, spanID)
        if let parentID { writer.data(4, parentID) }
        writer.string(5, name)
        writer.integer(6, Int64(kind.rawValue))
        writer.fixed64(7, start)
        writer.fixed64(8, end)
        writer.attributes(9, attributes)
        for event in events {
            writer.message(11) { writer in
                writer.fixed64(1, event.time)
                writer.string(2, event.name)
                writer.attributes(3, event.attributes)
            }
        }
        for link in links {
            writer.message(13) { writer in
                writer.data(1, link.traceID)
                writer.data(2, link.spanID)
                writer.attributes(4, link.attributes)
            }
        }
        guard status != .unset || statusMessage != nil else { return }
        writer.message(15) { writer in
            if let statusMessage { writer.string(2, statusMessage) }
            writer.integer(3, Int64(status.rawValue))
        }
    }
}

extension ProtobufWriter {
    fileprivate mutating func attributes(_ field: Int, _ attributes: [Attribute]) {
        for attribute in attributes {
            message(field) { writer in
                writer.string(1, attribute.key)
                writer.message(2) { $0.anyValue(attribute.value) }
            }
        }
    }

    private mutating func anyValue(_ value: AttributeValue) {
        switch value {
        case .string(let text): string(1, text)
        case .boolean(let flag): integer(2, flag ? 1 : 0)
        case .integer(let number): integer(3, number)
        case .double(let text): fixed64(4, (Double(text) ?? 0).bitPattern)
        case .array(let values):
            message(5) { writer in
                for value in values { writer.message(1) { $0.anyValue(value) } }
            }
        case .object(let members): message(6) { $0.attributes(1, members) }
        case .bytes(let bytes): data(7, bytes)
        }
    }
}
