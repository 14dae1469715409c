import WhyOps
import WhyOpsCommand

/// A trace with all its events, page by page.
struct TraceEvents {
    /// The most events of a page.
    static let pageSize = 1000

    let place: any IngestPlace
    let id: String

    /// - Parameter include: what of each event: `content`, `metadata`.
    func page(offset: Int, limit: Int = Self.pageSize, include: String?, view: Bool = false) async throws -> JSONValue {
        let query = queryText([
            ("eventLimit", "\(limit)"), ("eventOffset", "\(offset)"), ("eventInclude", include),
            ("view", view ? "canonical" : nil),
        ])
        return try await place.get(
            "/api/threads/\(pathText(id))" + query,
            missing: "There is no trace '\(plain(id))' in \(place.name)."
        )
    }

    /// Reads page after page, the events in the order of time.
    func forEachPage(include: String?, view: Bool = false, _ body: (JSONValue) throws -> Void) async throws {
        var offset = 0
        var limit = Self.pageSize
        while !Terminal.isOutputGone {
            let page: JSONValue
            do {
                page = try await self.page(offset: offset, limit: limit, include: include, view: view)
            } catch is AnswerTooLong where limit > 1 {
                // A thousand events may hold many images.
                limit = (limit + 1) / 8 + 1
                continue
            }
            try body(page)
            let count = page["events"]?.children.count ?? 0
            offset += count
            guard count > 0, page["eventsPagination"]?["hasMore"]?.kind == .true else { return }
        }
    }
}
