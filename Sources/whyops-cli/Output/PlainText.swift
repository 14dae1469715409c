/// A text without what a terminal would obey or not show.
func plain(_ text: String) -> String {
    var plain = ""
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
            plain += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        default: plain.unicodeScalars.append(scalar)
        }
    }
    return plain
}
