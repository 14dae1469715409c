package import WhyOps

/// A status and a JSON body: a reply that needs no HTTP library to be made.
package struct JSONReply: Sendable {
    package var status: Int
    package var body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    package init(status: Int, _ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.object(write)
        self.init(status: status, body: writer.bytes)
    }

    /// The reply to a text that is not JSON (ING-7).
    package init(_ fault: JSONFault) {
        self.init(status: 400) { writer in
            writer.member("error", "Invalid JSON")
            writer.member("message", fault.message)
            writer.member("offset", fault.offset)
        }
    }
}

/// The registration route, which proxy and ingest both have (AGT-10).
package enum AgentInit {
    /// Registers the agent that a body describes.
    package static func reply(to body: [UInt8], tenant: Tenant, store: any Store) async -> JSONReply {
        let request: AgentRegistrationRequest
        do {
            request = try AgentRegistrationRequest(JSONDocument(body).root)
        } catch let fault as JSONFault {
            return JSONReply(fault)
        } catch let invalid as InvalidInput {
            return refusal(400, invalid.faults)
        } catch {
            return failure(500)
        }
        if let fault = DefinitionLimits.fault(of: request.definition) { return refusal(400, [fault]) }
        // AGT-12: null where the definition has no canonical form.
        let definitionHash = (try? DefinitionHash(request.definition))?.text
        do {
            let registration = try await store.registerAgent(request, tenant: tenant)
            return JSONReply(status: registration.isNew ? 201 : 200) { writer in
                writer.member("success", true)
                writer.member("agentId", registration.agentID)
                writer.member("agentVersionId", registration.agentVersionID)
                writer.member("status", registration.isNew ? "created" : "existing")
                writer.member("versionHash", registration.versionHash)
                writer.name("definitionHash")
                if let definitionHash { writer.string(definitionHash) } else { writer.null() }
            }
        } catch let error as StoreError where error.code == .agentLimit {
            // ING-109, in the original's words.
            return failure(409, "Account agent limit reached (\(error.message))")
        } catch let error as StoreError where error.code == .versionLimit {
            return failure(409, "Agent version limit reached (\(error.message))")
        } catch let error as StoreError where error.code == .refused {
            return failure(400, error.message)
        } catch {
            return failure((error as? StoreError) == nil ? 500 : 503)
        }
    }

    private static func refusal(_ status: Int, _ faults: [InputFault]) -> JSONReply {
        JSONReply(status: status) { writer in
            writer.member("success", false)
            writer.name("error")
            writer.object { writer in
                writer.name("issues")
                writer.array { writer in
                    for fault in faults { write(fault, to: &writer) }
                }
                writer.member("name", "ZodError")
            }
        }
    }

    private static func failure(_ status: Int, _ error: String = "Failed to initialize agent") -> JSONReply {
        JSONReply(status: status) { writer in
            writer.member("success", false)
            writer.member("error", error)
        }
    }

    private static func write(_ fault: InputFault, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("code", fault.code)
            writer.member("message", fault.message)
            writer.name("path")
            writer.array { writer in
                for step in fault.path {
                    switch step {
                    case .member(let name): writer.string(name)
                    case .item(let index): writer.integer(index)
                    }
                }
            }
            writer.member("pointer", fault.pointer)
            writer.member("rule", fault.rule)
        }
    }
}
