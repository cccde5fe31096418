internal import Foundation
internal import Store

extension Transaction {
    /// - Returns: false when somebody has asked for it already.
    func insertEarlyOpening(of auction: Auction.Key, reasons: String, by actor: Principal.ID) async throws -> Bool {
        try await execute(
            """
            insert into early_opening (requester_id, auction_id, reasons, proposed_by, proposed_at)
            values (\(auction.requester), \(auction.id), \(reasons), \(actor), \(instant))
            on conflict on constraint early_opening_pkey do nothing
            """) == 1
    }

    /// Who has asked for the early opening of an auction.
    func earlyOpeningProposer(of auction: Auction.Key) async throws -> Principal.ID? {
        try await firstRow(
            """
            select proposed_by from early_opening
             where requester_id = \(auction.requester) and auction_id = \(auction.id)
               for update
            """)?["proposed_by"]
    }

    func confirmEarlyOpening(of auction: Auction.Key, by actor: Principal.ID) async throws {
        let changed = try await execute(
            """
            update early_opening set confirmed_by = \(actor), confirmed_at = \(instant)
             where requester_id = \(auction.requester) and auction_id = \(auction.id) and confirmed_by is null
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }
}
