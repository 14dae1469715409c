import WhyOps

/// What is said of all spans of a request: who they come from.
public struct OTLPResource: Hashable, Sendable {
    /// What stands in each request.
    public var attributes: [Attribute]

    /// - Parameters:
    ///   - service: what receivers call the sender.
    ///   - project: the project's id.
    ///   - environment: the environment's name.
    public init(service: String, project: String? = nil, environment: String? = nil) {
        attributes = [Attribute("service.name", .string(service))]
        // What Phoenix calls a project.
        attributes.add("openinference.project.name", service)
        attributes.add("whyops.project.id", project)
        attributes.add("deployment.environment.name", environment)
    }
}

/// A request of OTLP/HTTP for spans (opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest).
public struct OTLPRequest: Sendable {
    /// Who made the spans.
    static let scope = "whyops"
    static let version = "0.1.0"

    /// What is sent.
    public let spans: [OTLPSpan]
    let resource: OTLPResource
    let schemaURL: String?
    let profile: String

    /// Combines spans and what they follow.
    public init(_ spans: [OTLPSpan], resource: OTLPResource, options: TraceExportOptions) {
        self.spans = spans
        self.resource = resource
        schemaURL = options.schemaURL
        profile = options.profile
    }

    /// The request as JSON (IOP-20), on one line.
    public var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("resourceSpans")
            writer.array { writer in
                writer.object { writer in
                    writer.name("resource")
                    writer.object { $0.attributes(resource.attributes) }
                    writer.name("scopeSpans")
                    writer.array { writer in
                        writer.object { writer in
                            writer.name("scope")
                            writer.object { writer in
                                writer.member("name", Self.scope)
                                writer.member("version", Self.version)
                                writer.attributes([Attribute("whyops.profile", .string(profile))])
                            }
                            writer.name("spans")
                            writer.array { writer in
                                for span in spans { span.write(to: &writer) }
                            }
                            writer.member("schemaUrl", schemaURL)
                        }
                    }
                    writer.member("schemaUrl", schemaURL)
                }
            }
        }
        return writer.bytes
    }
}

extension OTLPSpan {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("traceId", Hex.text(traceID))
            writer.member("spanId", Hex.text(spanID))
            writer.member("parentSpanId", parentID.map(Hex.text))
            writer.member("name", name)
            writer.member("kind", kind.rawValue)
            // 64 bits are more than a number of JSON holds for many readers.
            writer.member("startTimeUnixNano", String(start))
            writer.member("endTimeUnixNano", String(end))
            writer.attributes(attributes)
            if !events.isEmpty {
                writer.name("events")
                writer.array { writer in
                    for event in events {
                        writer.object { writer in
                            writer.member("timeUnixNano", String(event.time))
                            writer.member("name", event.name)
                            writer.attributes(event.attributes)
                        }
                    }
                }
            }
            if !links.isEmpty {
                writer.name("links")
                writer.array { writer in
                    for link in links {
                        writer.object { writer in
                            writer.member("traceId", Hex.text(link.traceID))
                            writer.member("spanId", Hex.text(link.spanID))
                            writer.attributes(link.attributes)
                        }
                    }
                }
            }
            guard status != .unset || statusMessage != nil else { return }
            writer.name("status")
            writer.object { writer in
                if status != .unset { writer.member("code", status.rawValue) }
                writer.member("message", statusMessage)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func attributes(_ attributes: [Attribute]) {
        name("attributes")
        keyValues(attributes)
    }

    private mutating func keyValues(_ attributes: [Attribute]) {
        array { writer in
            for attribute in attributes {
                writer.object { writer in
                    writer.member("key", attribute.key)
                    writer.name("value")
                    writer.anyValue(attribute.value)
                }
            }
        }
    }

    private mutating func anyValue(_ value: AttributeValue) {
        object { writer in
            switch value {
            case .string(let text): writer.member("stringValue", text)
            case .boolean(let flag): writer.member("boolValue", flag)
            case .integer(let number): writer.member("intValue", String(number))
            case .double(let text): writer.member("doubleValue", raw: Array(text.utf8))
            case .bytes(let bytes): writer.member("bytesValue", Base64.text(bytes))
            case .array(let values):
                writer.name("arrayValue")
                writer.object { writer in
                    writer.name("values")
                    writer.array { writer in
                        for value in values { writer.anyValue(value) }
                    }
                }
            case .object(let members):
                writer.name("kvlistValue")
                writer.object { writer in
                    writer.name("values")
                    writer.keyValues(members)
                }
            }
        }
    }
}
