internal import Foundation
internal import Store

extension Transaction {
    /// How long the oldest of each queue has waited since it was due, what is on offer, and how far folds are behind.
    func queueFigures(most: Int) async throws -> [MarketFigure] {
        let row = try await oneRow(
            """
            select coalesce(extract(epoch from \(instant) - (
                       select due_at from notice where state = 'waiting'
                        order by due_at, notice_id limit 1)), 0)::float8 as notices,
                   coalesce(extract(epoch from \(instant) - (
                       select due_at from webhook_delivery where state = 'waiting'
                        order by due_at, webhook_event_id limit 1)), 0)::float8 as webhooks,
                   coalesce(extract(epoch from \(instant) - (
                       select occurred_at from audit_event
                        where event_id = (select event_id from audit_unsealed order by event_id limit 1))), 0)::float8
                       as audit,
                   coalesce(extract(epoch from \(instant) - (
                       select answer_by from offer where state = 'open' order by answer_by limit 1)), 0)::float8
                       as offers,
                   (select count(*) from (select from offer where state = 'open' order by answer_by limit \(most))
                     as open) as open_offers
            """)
        let ages: [(queue: String, seconds: Double)] = [
            ("notices", try row["notices"]), ("webhooks", try row["webhooks"]), ("audit_seal", try row["audit"]),
            ("offer_lapse", try row["offers"]),
        ]
        return ages.map { queue, seconds in
            MarketFigure(
                "queue_overdue_seconds", max(0, seconds), label: ("queue", queue),
                "How long ago the oldest thing that waits in a queue was due; 0 where nothing is."
            )
        } + [
            MarketFigure(
                "open_offers", Double(try row.value("open_offers", as: Int.self)),
                "Offers that wait for an answer; counted up to \(most)."
            )
        ]
    }

    /// Of the accounts that everybody shares: their balance is a fold and the transfers after it.
    func ledgerFigures(most: Int) async throws -> [MarketFigure] {
        let behind: Int = try await oneRow(
            """
            select coalesce(max(behind), 0) as behind
              from account
             cross join lateral (
                select coalesce((select through_id from account_fold
                                  where account_fold.account_id = account.account_id
                                  order by through_id desc limit 1),
                                '00000000-0000-0000-0000-000000000000'::uuid) as through_id) as fold
             cross join lateral (
                select count(*) as behind
                  from ((select from transfer
                          where credit_account_id = account.account_id and currency = account.currency
                            and transfer_id > fold.through_id
                          order by transfer_id limit \(most))
                         union all
                        (select from transfer
                          where debit_account_id = account.account_id and currency = account.currency
                            and transfer_id > fold.through_id
                          order by transfer_id limit \(most))) as side) as lag
             where owner_id is null
            """)["behind"]
        return [
            MarketFigure(
                "ledger_transfers_behind_fold", Double(behind),
                "Transfers after the last fold of the account that has most; counted up to twice \(most)."
            )
        ]
    }
}
