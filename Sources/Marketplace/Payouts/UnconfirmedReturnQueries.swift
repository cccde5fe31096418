internal import Store

extension Transaction {
    /// Payments that the bank has debited, and that have failed by a table of returns: until a credit is booked, nobody
    /// but who wrote the table has said that the money came back. Begins at the imports, as there are few tables.
    static let unconfirmedReturns: SQL = """
        select payout_line.payout_line_id, payout_line.currency, payout_line.amount_minor
          from bank_import
          join bank_entry on bank_entry.bank_import_id = bank_import.bank_import_id
          join payout_line on payout_line.payout_line_id = bank_entry.payout_line_id
         where bank_import.kind = 'returns_csv' and bank_entry.outcome = 'returned' and payout_line.state = 'failed'
           and payout_line.debit_entry_id is not null and payout_line.credit_entry_id is null
        """

    /// The batch with which of those payments it pays again.
    func withUnconfirmedReturns(_ batch: PayoutBatch) async throws -> PayoutBatch {
        try await withUnconfirmedReturns([batch]).first ?? batch
    }

    /// The batches with which of those payments they pay again.
    func withUnconfirmedReturns(_ batches: [PayoutBatch]) async throws -> [PayoutBatch] {
        let rows = try await rows(
            """
            select payout_batch_id, count(*) as payments, sum(amount_minor)::bigint as amount_minor
              from (select distinct again.payout_batch_id, told.payout_line_id, told.amount_minor
                      from (\(fragment: Self.unconfirmedReturns)) as told
                      join payout_item as before on before.payout_line_id = told.payout_line_id
                      join payout_item as item on item.requester_id = before.requester_id
                                              and item.transfer_id = before.transfer_id and item.is_live
                      join payout_line as again on again.payout_line_id = item.payout_line_id
                     where again.payout_batch_id = any(\(batches.map(\.id)))) as repeated
             group by payout_batch_id
            """)
        var found: [PayoutBatch.ID: UnconfirmedReturns] = [:]
        for row in rows {
            found[try row["payout_batch_id"]] = UnconfirmedReturns(
                payments: try row["payments"], minor: try row["amount_minor"])
        }
        return batches.map { batch in
            var batch = batch
            batch.unconfirmed = found[batch.id] ?? UnconfirmedReturns()
            return batch
        }
    }
}
