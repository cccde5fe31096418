internal import Formats
internal import Foundation
internal import Store

/// What a batch's price depends on beside profession, tier and kind of task, and how it rises.
package struct BatchPricing: Hashable, Sendable {
    /// Where the work counts (`US`, `US-NY`); `nil` where it does not matter.
    package let region: String?
    /// What the work is in; `nil` where it does not matter.
    package let language: String?
    /// How soon answers must be there; `nil` for no hurry.
    package let hoursToDue: Int?
    package let isUnsocial: Bool
    /// 1 (plain) to 5.
    package let difficulty: Int
    /// `nil` for a price that stays.
    package let escalator: Escalator?
    /// What is held for top-ups to the pay floor beside the worst case, in ten-thousandths of its pay, 0 to 10,000;
    /// what they take beyond it the platform pays.
    package let topUpBasisPoints: Int
    /// The most that an assignment may pay that is won in an auction; the hold of a batch with the door `bid` covers
    /// it. `nil` for the top of the rate's band.
    package let ceiling: Money?

    /// Nothing special.
    package static let plain = BatchPricing()

    package init(
        region: String? = nil, language: String? = nil, hoursToDue: Int? = nil, isUnsocial: Bool = false,
        difficulty: Int = 1, escalator: Escalator? = nil, topUpBasisPoints: Int = 0, ceiling: Money? = nil
    ) {
        self.region = region
        self.language = language
        self.hoursToDue = hoursToDue
        self.isUnsocial = isUnsocial
        self.difficulty = difficulty
        self.escalator = escalator
        self.topUpBasisPoints = topUpBasisPoints
        self.ceiling = ceiling
    }
}

extension BatchDraft {
    /// What is priced: one task of the batch.
    ///
    /// - Throws: ``BadInput``.
    package func rateTask(_ kind: TaskKind) throws(BadInput) -> RateTask {
        try RateTask(
            profession: profession, tier: tier, taskKind: kind, region: pricing.region, language: pricing.language,
            currency: budget.currency, expectedMinutes: expectedMinutes, items: itemsPerTask,
            hoursToDue: pricing.hoursToDue, isUnsocial: pricing.isUnsocial, difficulty: pricing.difficulty
        )
    }
}

/// What one assignment of a batch costs, resolved from the rate card when the batch was made.
struct BatchPrice: Sendable {
    let rate: PayRate.ID
    let task: RateTask
    let trace: JSON
    let pay: Money
    let fee: Money
    /// At the cap of a price that rises, or at the ceiling of auctions.
    let mostPay: Money
    let mostFee: Money
    let escalator: Escalator?
    /// What is held for top-ups beside the worst case, in ten-thousandths of its pay.
    let topUpBasisPoints: Int

    /// - Parameter ceiling: of the auctions of a batch that is bid for; `nil` for any other.
    /// - Throws: ``MoneyError``, also for a curve in another currency.
    init(
        _ resolved: ResolvedRate, _ task: RateTask, _ pricing: BatchPricing, ceiling: Money?, feeBasisPoints: Int
    ) throws(MoneyError) {
        rate = resolved.rate.id
        self.task = task
        trace = resolved.trace
        pay = resolved.pay
        fee = try pay.share(basisPoints: feeBasisPoints)
        escalator = pricing.escalator
        topUpBasisPoints = pricing.topUpBasisPoints
        if let escalator, escalator.cap.currency != resolved.pay.currency { throw .currenciesDiffer }
        let cap = ceiling ?? escalator?.cap ?? resolved.pay
        mostPay = cap.minorUnits > resolved.pay.minorUnits ? cap : resolved.pay
        mostFee = try mostPay.share(basisPoints: feeBasisPoints)
    }
}

extension ResolvedRate {
    /// What the band of the rate comes to for one task; it holds what the task is paid without an auction.
    ///
    /// - Throws: ``MoneyError``.
    func band(for task: RateTask) throws(MoneyError) -> ClosedRange<Int64> {
        let least = try rate.price(of: rate.band.lowerBound, task).minorUnits
        let most = try rate.price(of: rate.band.upperBound, task).minorUnits
        return min(least, pay.minorUnits)...max(most, pay.minorUnits)
    }

    /// The most that an auction may pay for one task: what was asked for, within the band.
    ///
    /// - Throws: ``BadInput``; ``MoneyError``.
    func ceiling(_ asked: Money?, for task: RateTask) throws -> Money {
        let band = try band(for: task)
        guard let asked else { return try Money(band.upperBound, pay.currency) }
        guard asked.currency == pay.currency, (pay.minorUnits...band.upperBound).contains(asked.minorUnits) else {
            throw BadInput("ceiling_minor", "must be \(pay.minorUnits) to \(band.upperBound): the rate and its band")
        }
        return asked
    }
}

extension PayRate {
    /// What a task is paid at another amount for a unit.
    func price(of amountMinor: Int64, _ task: RateTask) throws(MoneyError) -> Money {
        try PayRate(
            id: id, profession: profession, tier: tier, taskKind: taskKind, region: region, language: language,
            unit: unit, amount: Money(amountMinor, amount.currency), inForce: inForce
        ).price(expectedMinutes: task.expectedMinutes, items: task.items)
    }
}

/// What work of a batch pays when, seen beforehand.
package struct PriceTable: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Seconds from the opening, and what an assignment pays that is taken then; one line for a price that stays.
    ///
    /// - Parameter actor: a publisher of the requester, or a worker.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(
        _ batch: Batch.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> [(seconds: Int, pay: Money)] {
        try await market.database.read { transaction in
            if try await !transaction.holds(actor, .worker, for: nil) {
                try await transaction.authorizePublisher(toSee: actor, for: requester)
            }
            guard let found = try await transaction.batch(batch, of: requester) else { throw NotFound("batch") }
            let escalator = try await transaction.escalator(of: batch, requester, found.pay.currency)
            return try escalator?.table(from: found.pay) ?? [(0, found.pay)]
        }
    }
}
