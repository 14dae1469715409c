import FoundationEssentials

/// Memory, processor time and open files of the process, as Linux tells them under the names that Prometheus' own client
/// libraries use; nothing on other systems.
enum ProcessFigures {
    static func write(to text: inout PrometheusText) {
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            // The program's name stands in parentheses and may hold anything.
            let end = stat.lastIndex(of: ")")
        else { return }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        // proc(5): the fields after the name begin with the state, the third one.
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let pages = Double(fields[21])
        else { return }
        func gauge(_ name: String, _ type: String, _ help: String, _ value: Double) {
            text.head(name, type: type, help: help)
            text.line(name, [], PrometheusText.number(value))
        }
        gauge("process_cpu_seconds_total", "counter", "Processor time in seconds.", (user + system) / ticksPerSecond)
        gauge("process_resident_memory_bytes", "gauge", "Memory in bytes.", pages * pageSize)
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            gauge("process_open_fds", "gauge", "Open files and connections.", Double(files.count))
        }
        if let limit = fileLimit {
            gauge("process_max_fds", "gauge", "Files and connections that may be open.", Double(limit))
        }
    }
}
