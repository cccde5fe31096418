internal import HTTPTypes

/// The stable name of a refusal, as it stands in `code` of problem details.
package struct Code: Hashable, Sendable, ExpressibleByStringLiteral {
    package let name: String

    package init(stringLiteral name: String) { self.name = name }
    init(_ name: String) { self.name = name }

    /// What a claim, and whatever ends in one, can be refused for.
    static let claim: [Code] = [
        "not_a_worker", "worker_not_active", "too_many_leases", "batch_not_open", "batch_overdue",
        "batch_offered_only", "batch_awarded_only", "no_open_batch", "no_work", "other_workforce", "excluded",
        "conflict_of_interest", "not_eligible", "hours_cap", "hours_cap_day", "hours_cap_window", "hours_rest",
        "batch_cap", "share_cap", "below_ask",
    ]
    /// What reading of sealed content can be refused for.
    static let content: [Code] = [
        "content_keys_missing", "content_destroyed", "content_emptied", "key_unknown", "key_retired",
    ]
}

/// Every code with its status and what it means.
package enum Catalogue {
    package struct Entry: Sendable {
        package let status: Int
        package let meaning: String
    }

    package static let entries: [Code: Entry] = read(text)

    private static func read(_ text: String) -> [Code: Entry] {
        var entries: [Code: Entry] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let status = Int(parts[0]) else { continue }
            entries[Code(String(parts[1]))] = Entry(status: status, meaning: String(parts[2]))
        }
        return entries
    }
}

extension Endpoint {
    /// All that this endpoint may refuse: its own, and what comes with its form.
    package var codes: [Code] {
        var codes: [Code] = isForSupervisors ? [] : ["rate_limited"]
        if id != "showHealth" { codes += ["unavailable", "overloaded"] }
        codes.append("bad_input")
        if access != .everybody { codes += ["not_authenticated", "role_missing", "scope_missing"] }
        if access != .everybody, method != .get { codes.append("cross_origin") }
        if path.contains("{") { codes.append("not_found") }
        if isKeyed {
            codes += [
                "idempotency_key_missing", "bad_idempotency_key", "request_in_flight", "idempotency_key_reused",
            ]
        }
        if takesMatch { codes.append("changed_meanwhile") }
        if needsMatch { codes.append("if_match_missing") }
        if method != .get { codes.append("outcome_unknown") }
        if body != nil { codes += ["unsupported_media_type", "body_too_large"] }
        if body?.isFile == false { codes.append("bad_json") }
        return codes + refusals.filter { !codes.contains($0) }
    }
}
