internal import Formats
internal import Foundation
internal import Store
internal import Tax

extension Transaction {
    /// Where the work of earnings was done, and what the platform took for it; by parts.
    func taxedWork(of earnings: [DueEarning]) async throws -> [Transfer.ID: TaxedWork] {
        var found: [Transfer.ID: TaxedWork] = [:]
        for start in stride(from: 0, to: earnings.count, by: 10_000) {
            let part = earnings[start..<min(start + 10_000, earnings.count)]
            let rows = try await rows(
                """
                select earning.transfer_id, upper(left(assignment.terms->>'place_of_performance', 2)) as place,
                       earning.flag_id is null
                       and (earning.bonus_id is null
                            -- What an appeal pays, unless other pay for the same work is taxed as work: it is not
                            -- where all of it was taken back before taxes, and is given back by this.
                            or \(fragment: Self.isRemedy("earning"))
                               and not exists (
                                   select from earning as work
                                    where work.requester_id = earning.requester_id
                                      and work.assignment_id = earning.assignment_id
                                      and work.flag_id is null and work.bonus_id is null
                                      and (work.amount_minor > earning.amount_minor
                                           or not exists (
                                               select from clawback_item as item join clawback using (clawback_id)
                                                where item.requester_id = work.requester_id
                                                  and item.transfer_id = work.transfer_id
                                                  and item.amount_minor = work.amount_minor
                                                  and clawback.decision_id is not null)))) as is_work,
                       (coalesce(fee.amount_minor, 0)
                        - coalesce((select sum(back.amount_minor)
                                      from clawback_item as item
                                      join transfer as back on back.kind = 'fee_return'
                                                           and back.source_id = item.clawback_item_id
                                     where item.requester_id = earning.requester_id
                                       and item.transfer_id = earning.transfer_id), 0))::bigint as fee_minor
                  from unnest(\(part.map(\.requester))::uuid[], \(part.map(\.transfer))::uuid[])
                       as wanted (requester_id, transfer_id)
                  join earning using (requester_id, transfer_id)
                  left join assignment on assignment.requester_id = earning.requester_id
                                      and assignment.assignment_id = earning.assignment_id
                  left join transfer as fee on fee.kind = 'fee' and fee.source_id = earning.assignment_id
                                           and earning.flag_id is null and earning.bonus_id is null
                """)
            for row in rows {
                let place: String? = try row["place"]
                found[try row["transfer_id"]] = TaxedWork(
                    place: place.flatMap { $0.utf8.count == 2 ? $0 : nil }, feeMinor: try row["fee_minor"],
                    isWork: try row["is_work"])
            }
        }
        return found
    }

    /// The sums so far, kept from changing until the transaction ends; those that were not there are made.
    func lockTaxSums(_ keys: [TaxSumKey]) async throws -> [TaxSumKey: TaxSums] {
        var found: [TaxSumKey: TaxSums] = [:]
        let keys = keys.sorted()
        for start in stride(from: 0, to: keys.count, by: 10_000) {
            let part = keys[start..<min(start + 10_000, keys.count)]
            let periods = part.map { "\($0.period)" }
            try await execute(
                """
                insert into tax_sum (worker_id, rule_set, currency, period_on, counted_minor, withheld_minor, months)
                select worker_id, rule_set, currency, period_on, 0, 0, 0
                  from unnest(\(part.map(\.worker))::uuid[], \(part.map(\.ruleSet))::text[],
                              \(part.map(\.currency.code))::text[], \(periods)::text[]::date[])
                       as wanted (worker_id, rule_set, currency, period_on)
                 order by worker_id, rule_set, currency, period_on
                on conflict on constraint tax_sum_pkey do nothing
                """)
            // A statement of its own: the snapshot of one that waited for a lock is older than what it waited for.
            let rows = try await rows(
                """
                select tax_sum.* from unnest(\(part.map(\.worker))::uuid[], \(part.map(\.ruleSet))::text[],
                                             \(part.map(\.currency.code))::text[], \(periods)::text[]::date[])
                                      as wanted (worker_id, rule_set, currency, period_on)
                  join tax_sum using (worker_id, rule_set, currency, period_on)
                 order by worker_id, rule_set, currency, period_on
                   for update of tax_sum
                """)
            for row in rows {
                let period: CalendarDate = try row["period_on"]
                guard let day = TaxDay(year: period.year, month: period.month, day: period.day) else { continue }
                let key = TaxSumKey(
                    worker: try row["worker_id"], ruleSet: try row["rule_set"], currency: try row["currency"],
                    period: day)
                var sums = TaxSums()
                sums.income = try row["counted_minor"]
                sums.withheld = try row["withheld_minor"]
                let months: Int = try row["months"]
                sums.months = UInt16(clamping: months)
                sums.exempt = try row["exempt_minor"]
                sums.otherDeductions = try row["deductions_minor"]
                sums.relief = try row["relief_minor"]
                found[key] = sums
            }
        }
        return found
    }

    func saveTaxSums(_ sums: [TaxSumKey: TaxSums]) async throws {
        let keys = sums.keys.sorted()
        for start in stride(from: 0, to: keys.count, by: 10_000) {
            let part = keys[start..<min(start + 10_000, keys.count)]
            let values = part.map { sums[$0] ?? TaxSums() }
            try await execute(
                """
                update tax_sum
                   set counted_minor = new.counted_minor, withheld_minor = new.withheld_minor, months = new.months,
                       exempt_minor = new.exempt_minor, deductions_minor = new.deductions_minor,
                       relief_minor = new.relief_minor
                  from unnest(\(part.map(\.worker))::uuid[], \(part.map(\.ruleSet))::text[],
                              \(part.map(\.currency.code))::text[],
                              \(part.map { "\($0.period)" })::text[]::date[],
                              \(values.map(\.income))::bigint[], \(values.map(\.withheld))::bigint[],
                              \(values.map { Int64($0.months) })::bigint[], \(values.map(\.exempt))::bigint[],
                              \(values.map(\.otherDeductions))::bigint[], \(values.map(\.relief))::bigint[])
                       as new (worker_id, rule_set, currency, period_on, counted_minor, withheld_minor, months,
                               exempt_minor, deductions_minor, relief_minor)
                 where tax_sum.worker_id = new.worker_id and tax_sum.rule_set = new.rule_set
                   and tax_sum.currency = new.currency and tax_sum.period_on = new.period_on
                """)
        }
    }

    func insertWithholdings(_ quoted: [QuotedWithholding], in batch: PayoutBatch.ID) async throws {
        guard !quoted.isEmpty else { return }
        let dates = try quoted.map(\.withholding).map { withholding in
            try (
                withholding.ruleSetFrom.calendarDate, withholding.paidOn.calendarDate,
                withholding.holdsUntil.calendarDate, withholding.period?.calendarDate
            )
        }
        try await copyIn(
            """
            copy withholding (withholding_id, payout_batch_id, payout_share_id, worker_id, place, residence, rule_set,
                              rule_set_from, paid_on, holds_until, currency, gross_minor, withheld_minor, period_on,
                              counted_before_minor, withheld_before_minor, counted_minor, counts_toward, activities,
                              fees_minor, lines, exempt_minor, deductions_minor, relief_minor)
            from stdin (format binary)
            """,
            rows: zip(quoted, dates).lazy.map { quoted, dates in
                let withholding = quoted.withholding
                return CopyRow([
                    withholding.id, batch, withholding.share, withholding.worker, withholding.place,
                    withholding.residence, withholding.ruleSet, dates.0, dates.1, dates.2,
                    withholding.gross.currency, withholding.gross.minorUnits, withholding.withheld.minorUnits,
                    dates.3, withholding.before.income, withholding.before.withheld,
                    withholding.after.income - withholding.before.income,
                    withholding.countsToward.map(\.rawValue), Int64(withholding.activities), withholding.feesMinor,
                    quoted.lines, withholding.exemptMinor, withholding.deductionsMinor, withholding.reliefMinor,
                ])
            }
        )
    }

    /// The rule sets of a payout batch with the first day on which a quote of each ends.
    func quotesHold(in batch: PayoutBatch.ID) async throws -> [(ruleSet: String, until: CalendarDate)] {
        try await rows(
            """
            select rule_set, min(holds_until) as holds_until from withholding where payout_batch_id = \(batch)
             group by rule_set
            """
        ).map { (try $0["rule_set"], try $0["holds_until"]) }
    }

    /// Whether each share is what was earned less what is withheld and kept. Added up and not joined: a plan that
    /// takes a hundred thousand for one, as statistics from before the batch make it, would go through all of them for
    /// each.
    func withholdingsAreWhole(in batch: PayoutBatch.ID) async throws -> Bool {
        try await firstRow(
            """
            select from (
                select payout_line_id, payout_share.worker_id, payout_share.amount_minor as paid, 0 as earned,
                       0 as withheld, 0 as gross, 0 as kept, 0 as untaxed
                  from payout_line join payout_share using (payout_line_id)
                 where payout_batch_id = \(batch)
                 union all
                select payout_line_id, earning.worker_id, 0, earning.amount_minor, 0, 0, 0,
                       case when clawback.clawback_id is null then 0 else earning.amount_minor end
                  from payout_line
                  join payout_item using (payout_line_id)
                  join earning using (requester_id, transfer_id)
                  left join clawback on clawback.given_back_id = earning.transfer_id
                 where payout_batch_id = \(batch)
                 union all
                select payout_line_id, withholding.worker_id, 0, 0, withheld_minor, gross_minor, 0, 0
                  from withholding join payout_share using (payout_share_id)
                 where payout_batch_id = \(batch)
                 union all
                select payout_line_id, payout_share.worker_id, 0, 0, 0, 0, kept.amount_minor, kept.untaxed_minor
                  from clawback_recovery as kept join payout_share using (payout_share_id)
                 where payout_batch_id = \(batch)) as part
             group by payout_line_id, worker_id
            having sum(paid) + sum(withheld) + sum(kept) <> sum(earned)
                or sum(gross) not in (0, sum(earned) - sum(untaxed)) or sum(paid) = 0
             limit 1
            """) == nil
    }

    /// Whether all that the quotes of a batch count from was issued, and nothing else was.
    func withholdingsCountFromIssued(in batch: PayoutBatch.ID) async throws -> Bool {
        try await firstRow(
            """
            with own as (
                select worker_id, rule_set, currency, period_on, min(counted_before_minor) as counted_minor,
                       min(withheld_before_minor) as withheld_minor
                  from withholding
                 where payout_batch_id = \(batch) and period_on is not null
                 group by 1, 2, 3, 4
            )
            select from own
             cross join lateral (
                   select coalesce(sum(issued.counted_minor), 0)::bigint as counted_minor,
                          coalesce(sum(issued.withheld_minor), 0)::bigint as withheld_minor
                     from withholding as issued join payout_batch using (payout_batch_id)
                    where issued.worker_id = own.worker_id and issued.rule_set = own.rule_set
                      and issued.currency = own.currency and issued.period_on = own.period_on
                      and payout_batch.state = 'issued'
                      and not exists (select from withholding_reversal as back
                                       where back.withholding_id = issued.withholding_id)) as base
             where own.counted_minor <> base.counted_minor or own.withheld_minor <> base.withheld_minor
             limit 1
            """) == nil
    }

    /// What is to be posted, by id.
    func withheldAmounts(
        in batch: PayoutBatch.ID, after last: Withholding.ID?, limit: Int
    ) async throws -> [(id: Withholding.ID, worker: Worker.ID, amount: Money)] {
        try await rows(
            """
            select withholding_id, worker_id, withheld_minor, currency from withholding
             where payout_batch_id = \(batch) and withheld_minor > 0
               and (\(last)::uuid is null or withholding_id > \(last)::uuid)
             order by withholding_id
             limit \(limit)
            """
        ).map { (try $0["withholding_id"], try $0["worker_id"], try Money($0["withheld_minor"], $0["currency"])) }
    }
}
