/// Events are read or refused with places that exist, and what is read can be written and read again.
func checkEvent(_ input: [UInt8]) {
    guard let document = try? JSONDocument(input), let plain = PlainJSON(input) else { return }
    let tenant = EventTenant(
        userId: "3b241101-e2bb-4255-8caf-4136c566a962",
        projectId: "3b241101-e2bb-4255-8caf-4136c566a963",
        environmentId: "3b241101-e2bb-4255-8caf-4136c566a964"
    )
    let validators = [
        EventValidator(), EventValidator(fixedType: .toolResult), EventValidator(profile: .strict),
        EventValidator(profile: .strict, tenant: tenant),
    ]
    for validator in validators {
        let faults = validator.faults(in: document)
        for fault in faults { checkPlace(fault, in: plain) }
        do throws(InvalidInput) {
            let reading = try validator.read(document.root)
            require(faults.isEmpty, "EVT-16: a body with faults is refused")
            require(reading.isBatch == (document.root.kind == .array), "EVT-5")
            for event in reading.events { checkRead(event) }
            if validator.profile == .strict {
                require((try? EventValidator().read(document.root)) != nil, "EVT-30: strict accepts nothing more")
            }
        } catch {
            require(error.faults == faults && !faults.isEmpty, "EVT-16: reading and checking find the same faults")
        }
    }
    checkAgent(document, plain)
}

/// EVT-16: a pointer resolves, or the last member that it names is missing.
private func checkPlace(_ fault: InputFault, in body: PlainJSON) {
    var value: PlainJSON? = body
    for (number, step) in fault.path.enumerated() {
        let isLast = number == fault.path.count - 1
        guard let container = value else {
            // What a rule asks of a missing object's member is told as the member's path: `/metadata/tool`.
            require(isLast && number > 0, "\(fault.rule): nothing at \(fault.pointer)")
            return
        }
        switch step {
        case .item(let index):
            require(index < container.items.count, "\(fault.rule): no item at \(fault.pointer)")
            value = container.items[index]
        case .member(let name):
            // EVT-42: a call that is no object counts as an absent one.
            var members: [PlainJSON.Member] = []
            if case .object(let found) = container { members = found } else { require(isLast, fault.pointer) }
            value = members.last { String(decoding: $0.name, as: UTF16.self) == name }?.value
        }
    }
    require(!fault.rule.isEmpty && !fault.code.isEmpty && !fault.message.isEmpty, "a fault says what is wrong")
}

private func checkRead(_ event: Event) {
    let json = event.json
    guard let document = try? JSONDocument(json), let reading = try? EventValidator().read(document.root) else {
        fatalError("broken: an event that was read cannot be read again: \(shown(json))")
    }
    require(reading.events == [event], "EVT-3: writing and reading gives the same: \(shown(json))")
    let canonical = event.canonicalJSON
    guard let again = try? JSONDocument(canonical), let second = try? EventValidator().read(again.root).events.first
    else {
        fatalError("broken: EVT-85: the canonical form cannot be read: \(shown(canonical))")
    }
    require(second.canonicalJSON == canonical, "EVT-85: the canonical form is stable: \(shown(canonical))")
    require(PlainJSON(EventView(event).json) != nil, "EVT-60: the view is JSON")
    if let timestamp = event.timestamp {
        require(Timestamp(timestamp)?.text == timestamp, "EVT-9: a time stamp is stable")
    }
}

private func checkAgent(_ document: JSONDocument, _ plain: PlainJSON) {
    do throws(InvalidInput) {
        let request = try AgentRegistrationRequest(document.root)
        let canonical = request.definition.canonicalJSON
        require(PlainJSON(canonical) != nil, "AGT-7: \(shown(canonical))")
        require(request.definition.versionHash.utf8.count == 32, "AGT-6")
        let same = try? DefinitionDifference(from: request.definition, to: request.definition)
        require(same?.changes.isEmpty ?? true, "AGT-30: a definition does not differ from itself")
        let hash = try? DefinitionHash(request.definition)
        require((hash == nil) == (same == nil), "AGT-24, AGT-37")
        if let hash { require(PlainJSON(hash.canonicalJSON) != nil, "AGT-23: \(shown(hash.canonicalJSON))") }
    } catch {
        require(!error.faults.isEmpty, "AGT-2")
        for fault in error.faults { checkPlace(fault, in: plain) }
    }
}
