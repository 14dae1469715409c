import Foundation
import WhyOps
import WhyOpsInterop

/// The files of `golden`: the events of a trace, and what they are in other forms.
enum Golden {
    static let names = ["anthropic-thinking", "broken-off", "client-events", "proxied-chat", "responses-delta"]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "golden")

    /// `WHYOPS_WRITE_GOLDEN=1` writes the files anew, to be looked over before they are committed.
    static let isWriting = ProcessInfo.processInfo.environment["WHYOPS_WRITE_GOLDEN"] == "1"

    static func events(_ name: String) throws -> [Event] {
        let bytes = try Data(contentsOf: folder.appending(path: "\(name)/events.ndjson"))
        return try bytes.split(separator: 0x0A).flatMap { line in
            try EventValidator().read(JSONDocument(Array(line)).root).events
        }
    }

    static func items(_ name: String) throws -> [TraceItem] {
        try events(name).map { TraceItem($0, agentVersion: "version-1") }
    }

    /// The file beside the events, written first where that is wanted.
    static func expected(_ name: String, _ file: String, _ bytes: [UInt8]) throws -> [UInt8] {
        let place = folder.appending(path: "\(name)/\(file)")
        if isWriting { try Data(bytes).write(to: place) }
        return try Array(Data(contentsOf: place))
    }

    static func request(
        _ name: String,
        _ conventions: TraceExportOptions.Conventions,
        _ change: (inout TraceExportOptions) -> Void = { _ in }
    ) throws -> OTLPRequest {
        var options = TraceExportOptions()
        options.conventions = conventions
        change(&options)
        let spans = TraceExport(try items(name), agentID: "agent-1", options: options).spans
        let resource = OTLPResource(service: "whyops", project: "project-1", environment: "PRODUCTION")
        return OTLPRequest(spans, resource: resource, options: options)
    }

    /// The events that an export becomes again.
    static func back(_ request: OTLPRequest) throws -> [Event] {
        var reading = OTLPImport()
        reading.add(try JSONDocument(request.json).root)
        return reading.events().events.map(\.event)
    }
}
