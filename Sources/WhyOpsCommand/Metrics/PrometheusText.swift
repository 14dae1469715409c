/// Text in the exposition format of Prometheus, version 0.0.4.
struct PrometheusText {
    private(set) var text = ""

    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// What stands before the lines of a metric.
    mutating func head(_ metric: String, type: String, help: String?) {
        if let help {
            text += "# HELP \(metric) "
            for scalar in help.unicodeScalars {
                switch scalar {
                case "\\": text += "\\\\"
                case "\n": text += "\\n"
                default: text.unicodeScalars.append(scalar)
                }
            }
            text += "\n"
        }
        text += "# TYPE \(metric) \(type)\n"
    }

    mutating func line(_ metric: String, _ labels: [(String, String)], _ value: String) {
        text += metric
        if !labels.isEmpty {
            text += "{"
            for (place, label) in labels.enumerated() {
                text += place == 0 ? "" : ","
                text += label.0 + "=\""
                for scalar in label.1.unicodeScalars {
                    switch scalar {
                    case "\\": text += "\\\\"
                    case "\"": text += "\\\""
                    case "\n": text += "\\n"
                    default: text.unicodeScalars.append(scalar)
                    }
                }
                text += "\""
            }
            text += "}"
        }
        text += " " + value + "\n"
    }

    /// A number without a needless fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return whole.description }
        return value.description
    }

    /// A name as the format wants it: letters, digits and `_`, no digit first.
    static func name(_ label: String) -> String {
        var name = ""
        for scalar in label.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": name.unicodeScalars.append(scalar)
            case "0"..."9":
                if name.isEmpty { name += "_" }
                name.unicodeScalars.append(scalar)
            default: name += "_"
            }
        }
        return name
    }
}
