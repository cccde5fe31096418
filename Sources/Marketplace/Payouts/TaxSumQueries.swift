internal import Foundation
internal import Store
internal import Tax

/// What a worker claims in a period, through a month of it. Minor units.
struct TaxClaimSums: Sendable {
    let exempt: Int64
    /// Special, additional and other.
    let deductions: Int64
    let relief: Int64
}

extension Transaction {
    /// What may be counted of verified claims.
    ///
    /// - Parameter keys: with the day of payment; claims of later months wait.
    func taxClaimSums(_ keys: [TaxSumKey: TaxDay], _ currency: Currency) async throws -> [TaxSumKey: TaxClaimSums] {
        guard !keys.isEmpty else { return [:] }
        let byWorker = Dictionary(keys.keys.map { ($0.worker, $0) }, uniquingKeysWith: { first, _ in first })
        let wanted = keys.sorted { $0.key < $1.key }
        let rows = try await rows(
            """
            select worker_id,
                   coalesce(sum(amount_minor) filter (where kind = 'exempt'), 0)::bigint as exempt_minor,
                   coalesce(sum(amount_minor) filter (where kind in ('special', 'additional', 'other')), 0)::bigint
                       as deductions_minor,
                   coalesce(sum(amount_minor) filter (where kind = 'relief'), 0)::bigint as relief_minor
              from unnest(\(wanted.map(\.key.worker))::uuid[],
                          \(wanted.map { "\($0.key.period)" })::text[]::date[],
                          \(wanted.map { "\($0.value)" })::text[]::date[]) as wanted (worker_id, from_on, through_on)
              join tax_claim using (worker_id)
             where month_on between from_on and through_on and currency = \(currency)
               and verified_at is not null and withdrawn_at is null
             group by worker_id
            """)
        var found: [TaxSumKey: TaxClaimSums] = [:]
        for row in rows {
            guard let key = byWorker[try row["worker_id"]] else { continue }
            found[key] = TaxClaimSums(
                exempt: try row["exempt_minor"], deductions: try row["deductions_minor"],
                relief: try row["relief_minor"])
        }
        return found
    }

    /// The withholdings of a batch, of which nothing was posted yet.
    func withholdings(in batch: PayoutBatch.ID) async throws -> [Withholding.ID] {
        try await rows("select withholding_id from withholding where payout_batch_id = \(batch)").map {
            try $0["withholding_id"]
        }
    }

    /// Takes down that the withholdings of shares whose payments came back are void; those that were already are left.
    ///
    /// - Returns: those that were not, with what is to be posted back.
    func voidWithholdings(
        of shares: [PayoutShare.ID]
    ) async throws -> [(id: Withholding.ID, worker: Worker.ID, amount: Money, entry: JournalEntry.ID?)] {
        try await rows(
            """
            with void as (
                insert into withholding_reversal (withholding_id, reversed_at)
                select withholding_id, \(instant)
                  from withholding join payout_batch using (payout_batch_id)
                 where payout_share_id = any(\(shares)) and payout_batch.state = 'issued'
                 order by withholding_id
                on conflict on constraint withholding_reversal_pkey do nothing
                returning withholding_id
            )
            select withholding_id, worker_id, withheld_minor, currency, journal_entry.entry_id
              from void
              join withholding using (withholding_id)
              left join journal_entry on journal_entry.kind = 'withholding'
                                     and journal_entry.source_id = withholding.withholding_id
             order by withholding_id
            """
        ).map { row in
            (
                try row["withholding_id"], try row["worker_id"], try Money(row["withheld_minor"], row["currency"]),
                try row["entry_id"]
            )
        }
    }

    /// Keeps the sums that withholdings count in from changing.
    func lockTaxSums(of withholdings: [Withholding.ID]) async throws {
        try await execute(
            """
            select from tax_sum
             where (worker_id, rule_set, currency, period_on)
                   in (select worker_id, rule_set, currency, period_on from withholding
                        where withholding_id = any(\(withholdings)) and period_on is not null)
             order by worker_id, rule_set, currency, period_on
               for update
            """)
    }

    /// Adds up anew the sums that withholdings count in, without what was cancelled or came back.
    func sumTaxesAnew(of withholdings: [Withholding.ID]) async throws {
        try await execute(
            """
            with touched as (
                select distinct worker_id, rule_set, currency, period_on from withholding
                 where withholding_id = any(\(withholdings)) and period_on is not null
            ),
            live as (
                select touched.*, coalesce(sum(withholding.counted_minor), 0)::bigint as counted_minor,
                       coalesce(sum(withholding.withheld_minor), 0)::bigint as withheld_minor,
                       coalesce(bit_or(1 << (extract(month from withholding.paid_on)::integer - 1))
                                filter (where withholding.counted_minor > 0), 0) as months,
                       coalesce(sum(withholding.exempt_minor), 0)::bigint as exempt_minor,
                       coalesce(sum(withholding.deductions_minor), 0)::bigint as deductions_minor,
                       coalesce(sum(withholding.relief_minor), 0)::bigint as relief_minor
                  from touched
                  left join withholding
                    on withholding.worker_id = touched.worker_id and withholding.rule_set = touched.rule_set
                   and withholding.currency = touched.currency and withholding.period_on = touched.period_on
                   and exists (select from payout_batch
                                where payout_batch.payout_batch_id = withholding.payout_batch_id
                                  and payout_batch.state <> 'cancelled')
                   and not exists (select from withholding_reversal as back
                                    where back.withholding_id = withholding.withholding_id)
                 group by 1, 2, 3, 4
            )
            update tax_sum
               set counted_minor = live.counted_minor, withheld_minor = live.withheld_minor, months = live.months,
                   exempt_minor = live.exempt_minor, deductions_minor = live.deductions_minor,
                   relief_minor = live.relief_minor
              from live
             where tax_sum.worker_id = live.worker_id and tax_sum.rule_set = live.rule_set
               and tax_sum.currency = live.currency and tax_sum.period_on = live.period_on
            """)
    }
}
