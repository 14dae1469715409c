public import CWhyOpsABI
import WhyOps

/// Checks the body of a registration (AGT-2).
@c @implementation
public func whyops_agent_validate(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ faults: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(faults), let body = unsafe text(start, length) else { return WHYOPS_INVALID_ARGUMENT }
    return unsafe reading(body, faults) { root throws(InvalidInput) in
        _ = try AgentRegistrationRequest(root)
        return []
    }
}

/// The hash that makes a version of a definition (AGT-6).
@c @implementation
public func whyops_agent_version_hash(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ json: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(json), let definition = unsafe text(start, length) else { return WHYOPS_INVALID_ARGUMENT }
    return unsafe reading(definition, json) { root throws(InvalidInput) in
        let definition = try AgentDefinition(root)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("versionHash", definition.versionHash)
            writer.name("canonical")
            writer.string(utf8: definition.canonicalJSON)
        }
        return writer.bytes
    }
}

/// What a definition means, in hashes (AGT-25).
@c @implementation
public func whyops_agent_definition_hash(
    _ start: UnsafePointer<UInt8>?,
    _ length: Int,
    _ json: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(json), let definition = unsafe text(start, length) else { return WHYOPS_INVALID_ARGUMENT }
    var hasForm = true
    let status = unsafe reading(definition, json) { root throws(InvalidInput) in
        let definition = try AgentDefinition(root)
        do throws(JSONFault) {
            return try DefinitionHash(definition).json
        } catch {
            hasForm = false
            return []
        }
    }
    return hasForm ? status : WHYOPS_NONE
}

/// What differs in meaning between two definitions (AGT-38).
@c @implementation
public func whyops_agent_diff(
    _ before: UnsafePointer<UInt8>?,
    _ beforeLength: Int,
    _ after: UnsafePointer<UInt8>?,
    _ afterLength: Int,
    _ json: UnsafeMutablePointer<whyops_result>?
) -> whyops_status {
    guard unsafe clear(json), let before = unsafe text(before, beforeLength),
        let after = unsafe text(after, afterLength)
    else { return WHYOPS_INVALID_ARGUMENT }
    do throws(JSONFault) {
        let new = try JSONDocument(after).root
        var fault: JSONFault?
        let status = unsafe reading(before, json) { old throws(InvalidInput) in
            let old = try AgentDefinition(old)
            let new = try AgentDefinition(new)
            do throws(JSONFault) {
                return try DefinitionDifference(from: old, to: new).json
            } catch {
                fault = error
                return []
            }
        }
        if let fault { throw fault }
        return status
    } catch {
        unsafe whyops_result_free(json)
        return unsafe give(error.json, json, WHYOPS_REFUSED)
    }
}

extension DefinitionHash {
    fileprivate var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("definitionHash", text)
            writer.name("canonical")
            writer.string(utf8: canonicalJSON)
            writer.member("systemPrompt", systemPrompt)
            writer.member("description", description)
            writer.name("tools")
            writer.array { writer in
                for tool in tools {
                    writer.object { writer in
                        writer.member("name", tool.name)
                        writer.member("hash", tool.hash)
                    }
                }
            }
        }
        return writer.bytes
    }
}

extension DefinitionDifference {
    fileprivate var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("changes")
            writer.array { writer in
                for change in changes { change.write(to: &writer) }
            }
        }
        return writer.bytes
    }
}
