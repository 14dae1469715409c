import WhyOps

/// What a service says became of each event of a request (ING-22).
struct BatchAnswer {
    /// One outcome for each event, in order.
    let outcomes: [QueuedEvent.Outcome]

    /// Reads the answer to a request of these events; one without results took them all.
    ///
    /// - Returns: Nothing where the answer cannot be understood.
    init?(_ response: ClientResponse, to items: ArraySlice<QueuedEvent>, apiKey: Secret) {
        guard response.status == 207 else {
            // What answers with a page is no service of events.
            guard response.body.isEmpty || (try? JSONDocument(response.body)) != nil else { return nil }
            outcomes = items.map { _ in .acknowledged(isSampledOut: false) }
            return
        }
        guard let results = try? JSONDocument(response.body).root["results"]?.children, results.count == items.count
        else { return nil }
        outcomes = zip(items, results).map { item, result in
            switch result["status"]?.string {
            case "saved", "skipped": return .acknowledged(isSampledOut: false)
            case "sampled_out": return .acknowledged(isSampledOut: true)
            default:
                let message = result["error"]?.string ?? result["message"]?.string ?? "not stored"
                let error = ClientError(
                    .refused,
                    apiKey.hidden(in: message),
                    status: response.status,
                    faults: ClientError.faults(in: result, without: apiKey)
                )
                return .refused(error.about(CollectionOfOne(item)))
            }
        }
    }
}
