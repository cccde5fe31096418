internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// What further offers of a batch pay, and what band, budget and wallet leave for more. Goes over all slots and
    /// payments of the batch.
    func raiseRoom(of batch: Batch) async throws -> RaiseRoom {
        let row = try await oneRow(
            """
            select price.fee_bps, price.task, rated.*, raise.pay_minor,
                   coalesce((select sum(balance_minor) from account join account_slice using (account_id)
                              where kind = 'requester_wallet' and owner_id = \(batch.requester.uuid)
                                and currency = \(batch.pay.currency)), 0)::bigint as wallet_minor
              from batch_price as price
             cross join (\(fragment: PayRate.columns) where rate_id = \(batch.rate)) as rated
              left join lateral (
                select pay_minor from batch_raise
                 where batch_raise.requester_id = price.requester_id and batch_raise.batch_id = price.batch_id
                 order by raise_no desc
                 limit 1) as raise on true
             where price.requester_id = \(batch.requester) and price.batch_id = \(batch.id)
            """)
        let figures = try await holdFigures(of: batch)
        let currency = batch.pay.currency
        let raised: Int64? = try row["pay_minor"]
        var posted = batch.pay
        if let opened = batch.openedAt, let curve = try await escalator(of: batch.id, batch.requester, currency) {
            posted = try curve.price(from: batch.pay, elapsed: instant.timeIntervalSince(opened))
        }
        let (rate, task) = (try PayRate(row: row), try RateTask(json: row["task"]))
        let bandMost = try rate.price(of: rate.band.upperBound, task).minorUnits
        return RaiseRoom(
            pay: try Money(max(posted.minorUnits, raised ?? 0), currency),
            bandMost: try Money(max(bandMost, posted.minorUnits), currency), heldPay: batch.mostPay,
            heldFee: batch.mostFee, feeBasisPoints: try row["fee_bps"],
            unsettled: figures.untaken + figures.inHand,
            budgetLeft: max(batch.budget.minorUnits - figures.committed, 0), walletLeft: try row["wallet_minor"]
        )
    }

    /// How often a batch's pay was raised.
    func raises(of batch: Batch) async throws -> Int {
        try await firstRow(
            """
            select raise_no from batch_raise
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
             order by raise_no desc
             limit 1
            """)?["raise_no"] ?? 0
    }

    func insert(_ raise: BatchRaise, of batch: Batch.Key, bandMost: Money, by actor: Principal.ID) async throws {
        try await execute(
            """
            insert into batch_raise (requester_id, batch_id, raise_no, pay_minor, fee_minor, band_most_minor,
                                     held_minor, raised_at, raised_by)
            values (\(batch.requester), \(batch.id), \(raise.number), \(raise.pay.minorUnits),
                    \(raise.fee.minorUnits), \(bandMost.minorUnits), \(raise.held.minorUnits), \(instant), \(actor))
            """)
    }

    /// These batches as further offers of them are: at their newest raise, where that is more than the posted price by
    /// now; and those raises. In no order; what is not there is left out.
    func raisedOfferings(
        _ keys: [Batch.Key]
    ) async throws -> (offerings: [Offering], raises: [Batch.Key: BatchRaise]) {
        let rows = try await rows(
            """
            select wanted.requester_id, wanted.batch_id, newest.*, batch.currency
              from unnest(\(keys.map(\.requester))::uuid[], \(keys.map(\.id))::uuid[])
                   as wanted (requester_id, batch_id)
              join batch using (requester_id, batch_id)
             cross join lateral (
                select raise_no, pay_minor, fee_minor, held_minor from batch_raise as raise
                 where raise.requester_id = wanted.requester_id and raise.batch_id = wanted.batch_id
                 order by raise_no desc
                 limit 1) as newest
            """)
        var raises: [Batch.Key: BatchRaise] = [:]
        for row in rows {
            let key = Batch.Key(requester: try row["requester_id"], id: try row["batch_id"])
            raises[key] = try BatchRaise(row: row, row["currency"])
        }
        let posted = try await offerings(keys)
        let raised = posted.map { $0.raised(by: raises[$0.key]) }
        // Of the rest a curve has risen above the raise.
        let paid = Set(zip(posted, raised).filter { $0.pay != $1.pay }.map(\.0.key))
        return (raised, raises.filter { paid.contains($0.key) })
    }

    /// Keeps by which raises offers pay more than the posted price.
    func insertRaises(of offers: [NewOffer]) async throws {
        let raised = offers.filter { $0.raise != nil }
        guard !raised.isEmpty else { return }
        try await execute(
            """
            insert into offer_raise (requester_id, offer_id, batch_id, raise_no)
            select * from unnest(\(raised.map(\.draft.batch.requester))::uuid[], \(raised.map(\.id))::uuid[],
                                 \(raised.map(\.draft.batch.id))::uuid[],
                                 \(raised.map { $0.raise?.number ?? 0 })::bigint[])
            """)
    }

    /// What an offer pays, where that is not the posted price.
    func ownPrice(of offer: Offer, _ currency: Currency) async throws -> BatchRaise? {
        try await firstRow(
            """
            select raise_no, pay_minor, fee_minor, held_minor
              from offer_raise join batch_raise using (requester_id, batch_id, raise_no)
             where requester_id = \(offer.requester) and offer_id = \(offer.id)
            """
        ).map { try BatchRaise(row: $0, currency) }
    }
}

extension BatchRaise {
    fileprivate init(row: Row, _ currency: Currency) throws {
        self.init(
            number: try row["raise_no"], pay: try Money(row["pay_minor"], currency),
            fee: try Money(row["fee_minor"], currency), held: try Money(row["held_minor"], currency))
    }
}

extension Offering {
    /// At a better price, where it pays more than the offering does by then.
    func raised(by raise: BatchRaise?) -> Offering {
        guard let raise, raise.pay.minorUnits > pay.minorUnits else { return self }
        return priced(
            at: raise.pay, fee: raise.fee,
            trace: [
                "raise": .integer(Int64(raise.number)), "amount_minor": .integer(raise.pay.minorUnits),
                "posted": rateTrace ?? .null,
            ])
    }
}
