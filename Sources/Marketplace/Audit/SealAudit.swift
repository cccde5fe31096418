internal import Store

/// Puts audit events into the hash chains of their streams, those first that have waited longest; any number of
/// processes may do so at once.
///
/// A transaction that commits late is sealed late: the chain tells the order of sealing, ids and times tell the order
/// of events.
package struct SealAudit: Sendable {
    package static let batchMax = 500
    let market: Market

    package init(market: Market) { self.market = market }

    /// Seals one batch, in one transaction.
    ///
    /// - Parameter limit: 1 to 500 events.
    /// - Returns: how many events were sealed; 0 when none waits.
    package func callAsFunction(limit: Int = batchMax) async throws -> Int {
        let limit = min(max(limit, 1), Self.batchMax)
        return try await market.database.transaction { transaction in
            let streams = try await transaction.streamsInLine(limit: limit)
            guard !streams.isEmpty else { return 0 }
            for stream in streams { try await transaction.advisoryLock(AdvisoryLock("audit", stream)) }
            // Read after the locks: what another sealer did meanwhile is no longer in line.
            let records = try await transaction.unsealedEvents(of: streams, limit: limit)
            guard !records.isEmpty else { return 0 }
            var heads: [String: AuditAnchor] = [:]
            for head in try await transaction.heads(of: streams) { heads[head.stream] = head }
            let links = records.map { record in
                let previous = heads[record.stream]
                let position = (previous?.position ?? 0) + 1
                let hash = record.hash(after: previous?.hash ?? AuditRecord.origin(of: record.stream), at: position)
                let anchor = AuditAnchor(stream: record.stream, position: position, hash: hash)
                heads[record.stream] = anchor
                return (anchor: anchor, event: record.event)
            }
            try await transaction.seal(links, heads: heads.values.sorted { $0.stream < $1.stream })
            return links.count
        }
    }
}
