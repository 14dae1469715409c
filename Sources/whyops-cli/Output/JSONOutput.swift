import WhyOps
import WhyOpsCommand

extension Terminal {
    /// Prints one JSON object.
    static func out(object write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.object(write)
        out(String(decoding: writer.bytes, as: UTF8.self))
    }

    /// Prints one JSON array with an object for each of some records.
    static func out<Record>(objects records: [Record], _ write: (Record, inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.array { writer in
            for record in records { writer.object { write(record, &$0) } }
        }
        out(String(decoding: writer.bytes, as: UTF8.self))
    }
}
