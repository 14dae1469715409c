import Hummingbird
import WhyOps
import WhyOpsStore

/// What figures are added up by.
private struct UsageGroup: Hashable {
    let provider: ExactText?
    let model: ExactText?
}

/// The routes that add up what was used and what it cost.
struct AnalyticsRoutes: Sendable {
    let access: RequestReader
    let store: any IngestStore
    let prices: PriceTable

    func add(to router: Router<IngestServer.Context>) {
        router.get("api/analytics/usage") { request, _ in try await usage(request) }
        router.get("api/analytics/timeline") { request, _ in try await timeline(request) }
        router.get("api/analytics/summary") { request, _ in try await summary(request) }
        router.get("api/analytics/dashboard") { request, _ in
            let tenant = try await access.tenant(of: request)
            let count = try QueryParameters(request).integer("agentCount", default: 5, in: 1...100)
            let figures = try await store.dashboard(agentCount: count, tenant: tenant)
            return Response(JSONReply(status: 200) { figures.write(to: &$0) })
        }
        router.post("api/llm-costs") { request, _ in
            _ = try await access.tenant(of: request)
            return Response(try costs(of: try await access.document(of: request).root))
        }
    }

    private func query(
        _ query: QueryParameters,
        _ grouping: UsageQuery.Grouping,
        _ tenant: Tenant
    ) throws -> UsageQuery {
        // ING-68
        if let user = query["userId"], user != tenant.projectID {
            throw Refusal(403, "Forbidden: cross-user query is not allowed")
        }
        var wanted = UsageQuery(grouping: grouping)
        wanted.providerId = query["providerId"]
        wanted.agentID = query["agentId"]
        wanted.promptLengths = prices.promptLengths
        wanted.startDate = try query.date("startDate")
        wanted.endDate = try query.date("endDate", isEnd: true)
        return wanted
    }

    private func usage(_ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let wanted = try query(QueryParameters(request), .none, tenant)
        var figures: [UsageGroup: UsageFigures] = [:]
        for row in try await store.usage(matching: wanted, tenant: tenant) {
            let group = UsageGroup(
                provider: row.provider.map { ExactText($0) },
                model: row.model.map { ExactText($0) }
            )
            figures[group, default: UsageFigures()].add(row, prices)
        }
        var groups = figures.map { (provider: $0.provider?.text, model: $0.model?.text, figures: $1) }
        groups.sort { left, right in
            (right.figures.totalTokens, right.figures.requestCount, left.model ?? "", left.provider ?? "")
                < (left.figures.totalTokens, left.figures.requestCount, right.model ?? "", right.provider ?? "")
        }
        return Response(
            JSONReply(status: 200) { writer in
                writer.name("stats")
                writer.array { writer in
                    for group in groups {
                        writer.object { writer in
                            writer.nullable("provider", group.provider)
                            writer.nullable("model", group.model)
                            writer.member("isPriced", group.model != nil && group.figures.unpriced.isEmpty)
                            group.figures.writeMembers(to: &writer)
                        }
                    }
                }
            }
        )
    }

    private func timeline(_ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let parameters = try QueryParameters(request)
        guard let interval = UsageQuery.Interval(rawValue: parameters["interval"] ?? "day") else {
            throw Refusal(parameter: "interval", "must be hour, day, week or month")
        }
        let wanted = try query(parameters, .time(interval), tenant)
        // The store gives the intervals in their order.
        var groups: [(start: String, figures: UsageFigures)] = []
        for row in try await store.usage(matching: wanted, tenant: tenant) {
            let start = row.group ?? ""
            if groups.last?.start != start { groups.append((start, UsageFigures())) }
            groups[groups.count - 1].figures.add(row, prices)
        }
        return Response(
            JSONReply(status: 200) { writer in
                writer.name("timeline")
                writer.array { writer in
                    for group in groups {
                        writer.object { writer in
                            let time = interval == .hour ? ":00:00.000Z" : "T00:00:00.000Z"
                            writer.member("interval", group.start + time)
                            group.figures.writeMembers(to: &writer)
                        }
                    }
                }
            }
        )
    }

    private func summary(_ request: Request) async throws -> Response {
        let tenant = try await access.tenant(of: request)
        let wanted = try query(QueryParameters(request), .none, tenant)
        var figures = UsageFigures()
        for row in try await store.usage(matching: wanted, tenant: tenant) { figures.add(row, prices) }
        let threads = try await store.threadCount(matching: wanted, tenant: tenant)
        return Response(
            JSONReply(status: 200) { [figures] writer in
                writer.name("summary")
                writer.object { writer in
                    writer.member("totalRequests", figures.requestCount)
                    writer.member("totalThreads", threads)
                    figures.writeMembers(to: &writer)
                    writer.name("unpricedModels")
                    writer.array { writer in
                        for model in figures.unpriced.sorted() { writer.string(model.text) }
                    }
                }
            }
        )
    }

    private func costs(of body: JSONValue) throws -> JSONReply {
        var writer = JSONWriter()
        func write(_ model: String) {
            if let price = prices.price(of: model) { price.write(to: &writer) } else { writer.null() }
        }
        let models = body["models"]
        if let model = models?.string {
            write(model)
        } else if let models, models.kind == .array, models.children.count <= 1000,
            models.children.allSatisfy({ $0.kind == .string })
        {
            let names = models.children.map { $0.string ?? "" }
            writer.array { writer in
                for name in names {
                    if let price = prices.price(of: name) { price.write(to: &writer) } else { writer.null() }
                }
            }
        } else {
            throw Refusal(
                member: "models",
                rule: "models.type",
                "Send a model's name or a list of at most 1000 of them"
            )
        }
        return JSONReply(status: 200, body: writer.bytes)
    }
}

extension DashboardFigures {
    fileprivate func write(to writer: inout JSONWriter) {
        let (latency, before) = (today.latency, yesterday.latency)
        writer.member("totalAgents", agents)
        writer.member("activeTraces", activeTraces)
        writer.name("successRate")
        writer.percentage(of: today.errors, among: today.events)
        writer.member("avgLatency", Self.duration(latency))
        writer.member("successRateDelta", ((today.success - yesterday.success) * 100).rounded() / 100)
        writer.member("avgLatencyDeltaMs", Int((latency - before).rounded()))
        writer.name("timeline")
        writer.array { writer in
            for day in 0..<7 {
                let date = Moment.text(daysAgo: 6 - day).prefix(10)
                writer.object { writer in
                    writer.member("day", Self.weekday(String(date)))
                    writer.member("value", tracesByDay.first { $0.day == date }?.count ?? 0)
                }
            }
        }
        writer.name("agentsUsage")
        writer.object { writer in
            for agent in tracesByAgent { writer.member(agent.name, agent.count) }
        }
    }

    private static func duration(_ milliseconds: Double) -> String {
        let whole = Int(milliseconds.rounded())
        if whole < 1000 { return "\(whole)ms" }
        let tenths = Int((milliseconds / 100).rounded())
        return "\(tenths / 10).\(tenths % 10)s"
    }

    private static func weekday(_ date: String) -> String {
        // The first day of 1970 was a Thursday.
        let days = (Timestamp(date + "T00:00:00Z")?.milliseconds ?? 0) / 86_400_000
        return ["THU", "FRI", "SAT", "SUN", "MON", "TUE", "WED"][Int(days % 7 + 7) % 7]
    }
}

extension PeriodFigures {
    fileprivate var latency: Double { latencyCount == 0 ? 0 : Double(latencySum) / Double(latencyCount) }
    fileprivate var success: Double { events == 0 ? 100 : Double(events - errors) / Double(events) * 100 }
}
