/// An IP address, and whether it lies in the open Internet.
package struct IPAddress: Sendable, Hashable {
    /// What an address is for.
    package enum Kind: Sendable, Hashable {
        case global, loopback, `private`, linkLocal
        /// Unspecified, multicast, documentation, reserved.
        case unusable
    }

    /// 4 or 16 bytes, in network order.
    package let bytes: [UInt8]

    /// An address of 4 or 16 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// The IPv4 address that this is, or that it stands for in IPv6 (RFC 4291, 2.5.5.2).
    package var four: [UInt8]? {
        if bytes.count == 4 { return bytes }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes[12...]) : nil
    }

    /// Reads four decimal numbers without leading zeros, or RFC 4291's text form of an IPv6 address.
    package init?(_ text: String) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let bytes = Self.six(text) else { return nil }
            self.bytes = bytes
        } else {
            guard let bytes = Self.four(text[...]) else { return nil }
            self.bytes = bytes
        }
    }

    private static func four(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> UInt8? in
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part == "0" || part.first != "0" else {
                return nil
            }
            return UInt8(part)
        }
        return parts.count == 4 && numbers.count == 4 ? numbers : nil
    }

    private static func six(_ text: String) -> [UInt8]? {
        // Around the one `::` that stands for zeros.
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        let groups = halves.map { half -> [UInt8]? in
            if half.isEmpty { return [] }
            let parts = half.split(separator: ":", omittingEmptySubsequences: false)
            var bytes: [UInt8] = []
            for (index, part) in parts.enumerated() {
                if index == parts.count - 1, part.contains("."), let four = four(part) {
                    bytes += four
                    continue
                }
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ isHexadecimal($0) }),
                    let value = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
            }
            return bytes
        }
        guard let head = groups[0] else { return nil }
        if halves.count == 1 { return head.count == 16 ? head : nil }
        guard let tail = groups[1], head.count + tail.count <= 14 else { return nil }
        return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    /// Where the address lies, by the registries of special addresses of RFC 6890 and its successors.
    package var kind: Kind {
        if bytes.count == 4 { return Self.kind(of: bytes[...]) }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        let isTranslated = bytes.starts(with: [0, 0x64, 0xFF, 0x9B]) && bytes[4..<12].allSatisfy { $0 == 0 }
        if isMapped || isTranslated { return Self.kind(of: bytes[12...]) }
        if bytes[..<15].allSatisfy({ $0 == 0 }) { return bytes[15] == 1 ? .loopback : .unusable }
        if Self.metadataNetworks.contains(where: { bytes.starts(with: $0) }) { return .linkLocal }
        switch (bytes[0], bytes[1]) {
        case (0xFE, 0x80...0xBF): return .linkLocal
        case (0xFE, 0xC0...0xFF), (0xFC...0xFD, _): return .private
        // 6to4 and Teredo name an IPv4 address inside, 2001:db8 and 3fff are for documents.
        case (0x20, 0x02): return Self.kind(of: bytes[2..<6])
        case (0x20, 0x01) where bytes[2] <= 1 || (bytes[2] == 0x0D && bytes[3] == 0xB8): return .unusable
        case (0x3F, 0xFF) where bytes[2] < 0x10: return .unusable
        case (0x20...0x3F, _): return .global
        default: return .unusable
        }
    }

    /// Where clouds keep their metadata services in IPv6: fd00:ec2::/32, fd20:ce::/32, fd00:c1::/32 and fd00:42::/32.
    private static let metadataNetworks: [[UInt8]] = [
        [0xFD, 0, 0x0E, 0xC2], [0xFD, 0x20, 0, 0xCE], [0xFD, 0, 0, 0xC1], [0xFD, 0, 0, 0x42],
    ]

    private static func kind(of four: ArraySlice<UInt8>) -> Kind {
        let bytes = Array(four)
        switch (bytes[0], bytes[1]) {
        case (127, _): return .loopback
        case (169, 254): return .linkLocal
        // The metadata services of some clouds lie among the shared, the open and the reserved addresses.
        case (100, 100) where bytes[2] == 100 && bytes[3] == 200: return .linkLocal
        case (168, 63) where bytes[2] == 129 && bytes[3] == 16: return .linkLocal
        case (192, 0) where bytes[2] == 0 && bytes[3] == 192: return .linkLocal
        case (10, _), (172, 16...31), (192, 168), (100, 64...127), (198, 18...19): return .private
        case (192, 0) where bytes[2] == 0 || bytes[2] == 2: return .unusable
        case (192, 88) where bytes[2] == 99: return .unusable
        case (198, 51) where bytes[2] == 100: return .unusable
        case (203, 0) where bytes[2] == 113: return .unusable
        case (0, _), (224...255, _): return .unusable
        default: return .global
        }
    }
}
