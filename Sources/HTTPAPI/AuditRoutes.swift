internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// What was done, by whom, and whether the log of it is whole: for operators and auditors to read.
struct AuditRoutes {
    private static let operators = Access.platform([.operator])
    private static let event = Shape.object(
        "AuditEvent",
        [
            "event": .id, "stream": .text, "occurred_at": .time, "actor": .id, "action": .text, "subject": .text,
            "object": .id, "facts": .anyObject,
            "position": Shape.count.orNull.described("In the chain of its stream; null while it waits for its seal."),
            "hash": Shape.sha256.orNull,
        ])
    private static let fault = Shape.object(
        "AuditFault",
        [
            "fault": .choice(AuditFault.Kind.self), "stream": .text, "position": Shape.count.orNull,
            "event": Shape.id.orNull,
        ])
    private static let most = Parameter.limit(Int64(VerifyAuditPart.most))
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/audit-events", "listAuditEvents",
                "What was done, newest first; a page that is not full need not be the last", .operations,
                for: Self.operators,
                query: [
                    .query("object", .id), .query("subject", .text(1...100)), .query("action", .text(1...100)),
                    .query("actor", .id), .query("from", .time), .query("to", .time),
                ] + Parameter.paging, gives: .ok(.page(Self.event)), by: list),
            Endpoint(
                .get, "/v1/audit-verification/links", "verifyAuditLinks",
                "Hold links of the log's chains against their events, part by part; a link that you kept begins a part",
                .operations, for: Self.operators,
                query: [.next("after", .text(1...300)), Self.most],
                gives: .ok(Self.part(next: Shape.text.described("STREAM/POSITION/HASH of the last link."))),
                by: links),
            Endpoint(
                .get, "/v1/audit-verification/events", "verifyAuditEvents",
                "Look for events that are in no chain and wait for none, part by part", .operations,
                for: Self.operators, query: [.after, Self.most], gives: .ok(Self.part(next: .id)), by: events),
        ]
    }

    private static func part(next: Shape) -> Shape {
        .object(["checked": .count, "faults": .list(fault), "next": next.orNull])
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListAuditEvents(market: market)(
            try call.auditFilter(), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .json([
            "items": .array(found.events.map(\.wire)), "next": found.next.map { .string("\($0)") } ?? .null,
        ])
    }

    @Sendable private func links(_ call: Call) async throws -> Outcome {
        let anchor = try call.auditAnchor()
        let part = try await VerifyAuditPart(market: market).links(
            behind: anchor, limit: call.limit, by: try call.actor)
        return .json(part.wire { $0.text })
    }

    @Sendable private func events(_ call: Call) async throws -> Outcome {
        let part = try await VerifyAuditPart(market: market).events(
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .json(part.wire { "\($0)" })
    }
}

extension Call {
    /// Not inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
    @inline(never)
    fileprivate func auditFilter() throws -> AuditFilter {
        var filter = AuditFilter()
        let object: AuditEvent.ID? = try identifier("object")
        filter.object = object?.uuid
        filter.subject = query["subject"]
        filter.action = query["action"]
        filter.actor = try identifier("actor")
        if let from = query["from"] { filter.from = try Call.instant(from, "from") }
        if let to = query["to"] { filter.until = try Call.instant(to, "to") }
        return filter
    }

    @inline(never)
    fileprivate func auditAnchor() throws -> AuditAnchor? {
        guard let text = query["after"] else { return nil }
        guard let anchor = AuditAnchor(text) else { throw BadInput("after", "must be STREAM/POSITION/HASH") }
        return anchor
    }
}

extension AuditLine {
    fileprivate var wire: JSON {
        [
            "event": .string("\(id)"), "stream": .string(stream), "occurred_at": .millisecond(occurredAt),
            "actor": .string("\(actor)"), "action": .string(action), "subject": .string(subject),
            "object": .string(object.uuidString.lowercased()), "facts": facts,
            "position": position.map(JSON.integer) ?? .null, "hash": hash.map { .string($0.hexadecimal) } ?? .null,
        ]
    }
}

extension AuditPart {
    fileprivate func wire(_ text: (Cursor) -> String) -> JSON {
        [
            "checked": .integer(Int64(checked)), "faults": .array(faults.map(\.wire)),
            "next": next.map { .string(text($0)) } ?? .null,
        ]
    }
}

extension AuditFault {
    fileprivate var wire: JSON {
        [
            "fault": .string(kind.rawValue), "stream": .string(stream),
            "position": position.map(JSON.integer) ?? .null, "event": event.map { .string("\($0)") } ?? .null,
        ]
    }
}
