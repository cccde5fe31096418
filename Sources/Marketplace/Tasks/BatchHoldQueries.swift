internal import Store

extension Transaction {
    /// Goes over all slots and payments of a batch; for what is done now and then.
    func holdFigures(of batch: Batch) async throws -> HoldFigures {
        let row = try await oneRow(
            """
            with hold as (
                select account_id from account
                 where kind = 'batch_hold' and owner_id = \(batch.id.uuid) and currency = \(batch.pay.currency)
            )
            select (select coalesce(sum(balance_minor), 0) from account_slice
                     where account_id = (select account_id from hold))::bigint as balance_minor,
                   (select coalesce(sum(amount_minor), 0) from transfer
                     where debit_account_id = (select account_id from hold) and currency = \(batch.pay.currency)
                       and kind in ('earning', 'fee', 'top_up'))::bigint as spent_minor,
                   count(*) filter (where state in ('waiting', 'open', 'quarantined')) as untaken,
                   count(*) filter (where state in ('leased', 'submitted')) as in_hand,
                   count(*) filter (where state <> 'withdrawn') as kept
              from slot
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)
        return HoldFigures(
            balance: try row["balance_minor"], spent: try row["spent_minor"], untaken: try row["untaken"],
            inHand: try row["in_hand"], kept: try row["kept"]
        )
    }

    /// Lowers the share kept for top-ups of a locked batch, never below what they took.
    ///
    /// - Returns: by how much.
    func cutTopUpShare(of batch: Batch, by part: Money) async throws -> Money {
        let row = try await oneRow(
            """
            with cut as (
                select requester_id, batch_id,
                       least(top_up_share_minor - top_up_spent_minor, \(part.minorUnits)::bigint) as cut_minor
                  from batch
                 where requester_id = \(batch.requester) and batch_id = \(batch.id)
            )
            update batch set top_up_share_minor = top_up_share_minor - cut.cut_minor
              from cut
             where batch.requester_id = cut.requester_id and batch.batch_id = cut.batch_id
            returning cut.cut_minor
            """)
        return try Money(row["cut_minor"], part.currency)
    }

    /// Raises the share kept for top-ups of a locked batch; never lowers it.
    func raiseTopUpShare(of batch: Batch, to share: Money) async throws {
        try await execute(
            """
            update batch set top_up_share_minor = \(share.minorUnits)
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
               and top_up_share_minor < \(share.minorUnits)
            """)
    }
}
