internal import Foundation
internal import Store

/// What a verification of the audit log found.
package struct AuditReport: Hashable, Sendable {
    package let streams: Int
    package let links: Int
    package let events: Int
    /// Of each stream the first; at most 100 in all.
    package let faults: [AuditFault]
}

/// Recomputes the hash chains of the audit log and finds events that never got into one.
///
/// Reads in pages, each a transaction of its own: sealing may go on meanwhile, and no old snapshot is held open.
package struct VerifyAudit: Sendable {
    package static let faultsMax = 100
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - anchors: links kept outside the database. Without one, whoever can rewrite a chain to its end and its
    ///     head with it is not found out.
    ///   - page: rows read at once, 1 to 5,000.
    package func callAsFunction(against anchors: [AuditAnchor] = [], page: Int = 1_000) async throws -> AuditReport {
        let page = min(max(page, 1), 5_000)
        let walk = try await chains(against: anchors, page: page)
        var faults = walk.faults
        faults += try await beheaded(page: page, known: Set(faults.map(\.stream)), anchors)
        let (events, lost) = try await neverSealed(page: page)
        return AuditReport(
            streams: walk.streams, links: walk.links, events: events,
            faults: Array((faults + lost).prefix(Self.faultsMax))
        )
    }

    private func chains(against anchors: [AuditAnchor], page: Int) async throws -> ChainWalk {
        var walk = ChainWalk(anchors: anchors)
        var cursor: (stream: String, position: Int64) = ("", 0)
        while true {
            let links = try await market.database.read { [cursor] in
                try await $0.links(after: cursor.stream, cursor.position, limit: page)
            }
            for link in links { walk.take(link) }
            guard let last = links.last, links.count == page else {
                walk.endStream()
                return walk
            }
            guard walk.faults.count < Self.faultsMax else { return walk }
            cursor = (last.stream, last.position)
        }
    }

    /// Streams whose newest links are gone: all of them, or those after an anchor.
    private func beheaded(page: Int, known: Set<String>, _ anchors: [AuditAnchor]) async throws -> [AuditFault] {
        var found: [AuditFault] = []
        var cursor = ""
        while true {
            let streams = try await market.database.read { [cursor] in
                try await $0.streamsWithoutHead(after: cursor, limit: page)
            }
            for (stream, length) in streams where !known.contains(stream) {
                found.append(AuditFault(kind: .headDiffers, stream: stream, position: length, event: nil))
            }
            guard let last = streams.last, streams.count == page else { break }
            cursor = last.stream
        }
        let reported = known.union(found.map(\.stream))
        let heads = try await market.database.read { try await $0.heads(of: anchors.map(\.stream)) }
        for anchor in anchors where !reported.contains(anchor.stream) {
            let length = heads.first { $0.stream == anchor.stream }?.position ?? 0
            guard length < anchor.position else { continue }
            found.append(AuditFault(kind: .anchorDiffers, stream: anchor.stream, position: anchor.position, event: nil))
        }
        return found
    }

    private func neverSealed(page: Int) async throws -> (events: Int, faults: [AuditFault]) {
        var events = 0
        var found: [AuditFault] = []
        var cursor = AuditEvent.ID(.least)
        while true {
            let rows = try await market.database.read { [cursor] in
                try await $0.eventsInLine(after: cursor, limit: page)
            }
            events += rows.count
            for row in rows where !row.isInLine {
                found.append(AuditFault(kind: .neverSealed, stream: row.stream, position: nil, event: row.event))
            }
            guard let last = rows.last, rows.count == page, found.count < Self.faultsMax else { break }
            cursor = last.event
        }
        return (events, found)
    }
}
