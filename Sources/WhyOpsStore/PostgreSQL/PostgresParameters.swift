import CPQ

/// Values of parameters as libpq takes them: bytes as they are, all others as text.
struct PostgresParameters {
    private var bytes: [UInt8] = []
    /// Where each value begins; `nil` for `NULL`.
    private var starts: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// - Throws: for a text with U+0000, which the server cannot keep and libpq would cut off there.
    init(_ values: [DatabaseValue]) throws {
        for value in values {
            switch value {
            case .null: addNull()
            case .integer(let number): try add(text: String(number))
            case .real(let number): try add(text: String(number))
            case .text(let text): try add(text: text)
            case .blob(let blob):
                guard blob.count <= Int(Int32.max) else { throw Self.refusal("The value is too large.") }
                starts.append(bytes.count)
                lengths.append(Int32(blob.count))
                formats.append(1)
                bytes += blob
                // So that there is an address, also of nothing.
                bytes.append(0)
            }
        }
    }

    private mutating func addNull() {
        starts.append(nil)
        lengths.append(0)
        formats.append(0)
    }

    private mutating func add(text: String) throws {
        starts.append(bytes.count)
        bytes += text.utf8
        let count = bytes.count - (starts.last.flatMap(\.self) ?? 0)
        guard count <= Int(Int32.max) else { throw Self.refusal("The value is too large.") }
        guard !text.holdsZero else { throw Self.refusal("A text holds U+0000.") }
        lengths.append(Int32(count))
        formats.append(0)
        bytes.append(0)
    }

    private static func refusal(_ message: String) -> DatabaseError {
        DatabaseError(kind: .rule, code: "22021", message: message)
    }

    func withPointers<Value>(
        _ body: (Int32, [UnsafePointer<CChar>?], [Int32], [Int32]) throws -> Value
    ) rethrows -> Value {
        try bytes.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = starts.map { start in start.flatMap { start in base.map { $0 + start } } }
            return try body(Int32(starts.count), pointers, lengths, formats)
        }
    }
}

/// Texts as an array of C strings that a null pointer ends.
struct CStringList {
    private var bytes: [CChar] = []
    private var starts: [Int] = []

    init(_ texts: [String]) {
        for text in texts {
            starts.append(bytes.count)
            bytes += text.utf8CString
        }
    }

    func withPointers<Value>(_ body: ([UnsafePointer<CChar>?]) throws -> Value) rethrows -> Value {
        try bytes.withUnsafeBufferPointer { buffer in
            try body(starts.map { start in buffer.baseAddress.map { $0 + start } } + [nil])
        }
    }
}
