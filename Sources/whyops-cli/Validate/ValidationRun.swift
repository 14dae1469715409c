import WhyOpsCommand
import WhyOpsValidation

/// Checks files one after another and reports as it goes.
struct ValidationRun {
    private let check: PayloadCheck
    private let layout: PayloadLayout?
    private var report: any FindingReport
    private let progress: ByteProgress?
    private(set) var summary = RunSummary()

    /// - Parameter layout: how values stand in all files; `nil` for what their endings say.
    init(check: PayloadCheck, layout: PayloadLayout?, report: any FindingReport, progress: ByteProgress?) {
        self.check = check
        self.layout = layout
        self.report = report
        self.progress = progress
    }

    mutating func check(_ paths: [String]) throws(ByteSource.Failure) {
        Terminal.out(bytes: report.begin())
        for path in paths { try check(path) }
        progress?.clear()
        Terminal.out(bytes: report.finish(summary))
    }

    private mutating func check(_ path: String) throws(ByteSource.Failure) {
        let source = try ByteSource(path)
        var file = FileCheck(source: path, layout: layout ?? FileSelection.layout(of: path), check: check)
        while true {
            let bytes = try source.read()
            tell(bytes.isEmpty ? file.finish() : file.feed(bytes))
            if bytes.isEmpty { break }
            progress?.show(path, file.bytes, of: source.size)
        }
        summary.files += 1
        summary.payloads += file.payloads
        summary.findings += file.findings
        summary.bytes += file.bytes
        Terminal.out(bytes: report.end(FileSummary(source: path, payloads: file.payloads, findings: file.findings)))
    }

    private mutating func tell(_ findings: [Finding]) {
        if findings.isEmpty { return }
        progress?.clear()
        var bytes: [UInt8] = []
        for finding in findings { bytes += report.add(finding) }
        Terminal.out(bytes: bytes)
    }
}
