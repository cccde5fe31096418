internal import Foundation
internal import Store

/// Shows operators and auditors what was done: events of the audit log, newest first.
///
/// The log has one index, its key, whose first bits are the time, and no other is paid for with every change. So a page
/// looks at 10,000 events at most, and may have fewer entries than were asked for, or none, and still not be the last.
package struct ListAuditEvents: Sendable {
    package static let lookMost = 10_000
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: where the page before ended.
    ///   - limit: 1 to 200.
    ///   - look: at so many events at most, where more than a span of time is asked for.
    /// - Returns: the page, and where the next one begins; `nil` after the last.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        _ filter: AuditFilter = AuditFilter(), before last: AuditEvent.ID? = nil, limit: Int = 50,
        look: Int = lookMost, by actor: Principal.ID
    ) async throws -> (events: [AuditLine], next: AuditEvent.ID?) {
        let limit = try PageLimit.checked(limit)
        let look = min(max(look, 1), Self.lookMost)
        let bounds = span(of: filter, before: last)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            let least =
                filter.isOfTimeOnly
                ? nil : try await transaction.auditEvent(look, before: bounds.end, notBefore: bounds.start)
            let found = try await transaction.auditLines(
                filter, before: bounds.end, notBefore: least?.uuid ?? bounds.start, limit: limit)
            return (found, found.count >= limit ? found.last?.id : least)
        }
    }

    /// Ids of events begin with the millisecond of their instant.
    private func span(of filter: AuditFilter, before last: AuditEvent.ID?) -> (start: UUID, end: UUID) {
        func id(at instant: Date) -> AuditEvent.ID { AuditEvent.ID(market.identifiers.uuid(at: instant)) }
        let end = AuditEvent.ID(filter.until.map { id(at: $0).greatestOfItsInstant } ?? .greatest)
        return (filter.from.map { id(at: $0).leastOfItsInstant } ?? .least, min(last ?? end, end).uuid)
    }
}

/// Holds the audit log against its seals, part by part, for operators and auditors; it changes nothing. ``VerifyAudit``
/// does the same at once.
package struct VerifyAuditPart: Sendable {
    package static let most = 2_000
    let market: Market

    package init(market: Market) { self.market = market }

    /// Recomputes the hashes of links, stream by stream.
    ///
    /// - Parameters:
    ///   - anchor: the last link of the part before, or one that was kept outside the database: it must still be that.
    ///   - limit: 1 to 2,000.
    /// - Throws: ``AccessRefusal``.
    package func links(
        behind anchor: AuditAnchor? = nil, limit: Int = most, by actor: Principal.ID
    ) async throws -> AuditPart<AuditAnchor> {
        let limit = min(max(limit, 1), Self.most)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            var walk = ChainWalk(anchors: [])
            if let anchor {
                let kept = try await transaction.links(after: anchor.stream, anchor.position - 1, limit: 1)
                walk.goOn(behind: anchor, kept.first)
            }
            let stream = anchor?.stream ?? ""
            let links = try await transaction.links(after: stream, anchor?.position ?? 0, limit: limit)
            for link in links { walk.take(link) }
            let last = links.count < limit ? nil : links.last
            if last == nil { walk.endStream() }
            var faults = walk.faults
            // Of the stream that this part ends in the end comes with the next.
            for (lost, length) in try await transaction.streamsWithoutHead(
                after: stream, before: last?.stream, limit: VerifyAudit.faultsMax)
            {
                faults.append(AuditFault(kind: .headDiffers, stream: lost, position: length, event: nil))
            }
            var told: Set<String> = []
            return AuditPart(
                checked: links.count, faults: faults.filter { told.insert($0.stream).inserted },
                next: last.map { AuditAnchor(stream: $0.stream, position: $0.position, hash: $0.hash) })
        }
    }

    /// Looks for events that are in no chain and wait for none, by id.
    ///
    /// - Parameters:
    ///   - last: the last event of the part before.
    ///   - limit: 1 to 2,000.
    /// - Throws: ``AccessRefusal``.
    package func events(
        after last: AuditEvent.ID? = nil, limit: Int = most, by actor: Principal.ID
    ) async throws -> AuditPart<AuditEvent.ID> {
        let limit = min(max(limit, 1), Self.most)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            let rows = try await transaction.eventsInLine(after: last ?? AuditEvent.ID(.least), limit: limit)
            let faults = rows.filter { !$0.isInLine }.map { row in
                AuditFault(kind: .neverSealed, stream: row.stream, position: nil, event: row.event)
            }
            return AuditPart(
                checked: rows.count, faults: faults, next: rows.count < limit ? nil : rows.last?.event)
        }
    }
}
