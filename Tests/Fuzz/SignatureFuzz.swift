/// Stripping and extracting agree with the second reader, and stripping is idempotent and undoes embedding.
///
/// The first byte says how the rest makes a text: as it is, or each byte a piece that frames are made of.
func checkSignature(_ input: [UInt8]) {
    guard let mode = input.first else { return }
    // The second reader's time grows with the square of the text.
    let rest = Array(input.dropFirst().prefix(mode & 1 == 0 ? 400 : 24))
    let text = mode & 1 == 0 ? rest : rest.flatMap { pieces[Int($0) % pieces.count] }
    checkText(text, escapes: false)
    let spelled = mode & 1 == 0 ? rest : rest.flatMap { escapedPieces[Int($0) % escapedPieces.count] }
    let quoted = [0x22] + spelled + [0x22]
    if let document = try? JSONDocument(quoted), document.root.kind == .string { checkText(spelled, escapes: true) }
}

private func checkText(_ text: [UInt8], escapes: Bool) {
    // Parts of a character may meet where a frame goes.
    let isUTF8 = String(validating: text, as: UTF8.self) != nil
    for keys in [nil, FuzzKeys.all] {
        let plain = PlainFrames(
            text,
            escapes: escapes,
            keys: keys == nil ? [] : [FuzzKeys.active, FuzzKeys.old].compactMap { $0 }
        )
        let reading = InvisibleSignature.read(text.span, in: 0..<text.count, escapes: escapes, keys: keys)
        let kept = text.applying((reading?.frames ?? []).map { ByteEdit($0) })
        require(kept == plain.kept, "strip gives \(shown(kept)), but the rules give \(shown(plain.kept))")
        require(reading?.traceID?.text == plain.version1, "version 1 id: \(String(describing: plain.version1))")
        require(reading?.verified?.text == plain.version2, "version 2 id: \(String(describing: plain.version2))")
        if isUTF8 {
            let again = InvisibleSignature.read(kept.span, in: 0..<kept.count, escapes: escapes, keys: keys)
            require(again == nil, "SIG-21: a stripped text holds no frame: \(shown(kept))")
        }
        for version in [1, 2] {
            for policy in [SignaturePolicy.always, .careful] {
                let place = CarrierTest.place(in: text.span, 0..<text.count, escapes: escapes, policy: policy)
                require(place == plainPlace(in: text, escapes: escapes, policy: policy), "SIG-30: \(shown(text))")
                guard let place else { continue }
                let signed = text.applying([ByteEdit(place..<place, with: FuzzKeys.frame("id-7", version: version))])
                let reading = InvisibleSignature.read(signed.span, in: 0..<signed.count, escapes: escapes, keys: keys)
                let stripped = signed.applying((reading?.frames ?? []).map { ByteEdit($0) })
                require(stripped == kept, "SIG-23: \(shown(stripped)) instead of \(shown(kept))")
                if version == 2, keys != nil { require(reading?.verified?.text == "id-7", "an embedded id is read") }
            }
        }
        if !escapes {
            require(InvisibleSignature.strip(text, keys: keys) == kept, "strip is what read says")
            let id = InvisibleSignature.extract(from: text.span, keys: keys)?.text
            require(id == plain.version2 ?? plain.version1, "SIG-19")
        }
    }
}

/// Where a frame goes by a reading of the whole text.
private func plainPlace(in text: [UInt8], escapes: Bool, policy: SignaturePolicy) -> Int? {
    var test = CarrierTest(policy: policy)
    var tail = WhiteSpaceTail()
    var cursor = TextCursor(0..<text.count, escapes: escapes)
    while let unit = cursor.next(in: text.span) {
        test.read(unit.scalar)
        tail.read(unit)
    }
    return test.carries ? tail.start ?? text.count : nil
}

/// What texts with frames are made of: characters, whole frames, and frames cut in two.
private let scalarPieces: [[Unicode.Scalar]] = {
    let characters: [Unicode.Scalar] = [
        "\u{200B}", "\u{200C}", "\u{200D}", "\u{200E}", "\u{2060}", "\u{FEFF}", "\u{FE00}", "\u{FE01}", "\u{FE03}",
        "\u{FE0F}", "\u{E0100}", "\u{E0121}", "\u{E01D6}", "\u{E01D7}", "\u{E01D8}", "\u{E01DF}", "\u{E01EF}", "a",
        " ", "\n", "{", ".", "/", "\u{6C34}", "\u{1F600}", "\u{FFFD}",
    ]
    var pieces = characters.map { [$0] }
    for (id, version) in [("x", 1), ("id-7", 1), ("id-7", 2), ("3b241101-e2bb-4255-8caf-4136c566a962", 2)] {
        let frame = Array(String(decoding: FuzzKeys.frame(id, version: version), as: UTF8.self).unicodeScalars)
        pieces += [frame, Array(frame.dropFirst()), Array(frame.dropLast())]
        for cut in [1, 5, 9, 10] { pieces += [Array(frame.prefix(cut)), Array(frame.dropFirst(cut))] }
    }
    return pieces
}()

private let pieces = scalarPieces.map { Array(String(String.UnicodeScalarView($0)).utf8) }

/// The same raw and escaped, and halves of surrogate pairs.
private let escapedPieces: [[UInt8]] = {
    func escape(_ unit: UInt16) -> [UInt8] {
        let digits = String(unit, radix: 16)
        return Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
    }
    var pieces: [[UInt8]] = []
    for piece in scalarPieces {
        let raw = Array(String(String.UnicodeScalarView(piece)).utf8)
        pieces.append(raw.first == 0x0A ? Array("\\n".utf8) : raw)
        pieces.append(String(String.UnicodeScalarView(piece)).utf16.flatMap { escape($0) })
    }
    let frame = Array(String(decoding: FuzzKeys.frame("id-7"), as: UTF8.self).utf16)
    for cut in [2, 10] {
        pieces.append(frame[..<cut].flatMap { escape($0) })
        pieces.append(frame[cut...].flatMap { escape($0) })
    }
    return pieces + [escape(0xDB40), escape(0xDDD7), escape(0xDD00), escape(0xD83D), escape(0xDE00)]
}()
