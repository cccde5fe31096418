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

    /// Nothing special.
    package static let plain = BatchPricing()

    package init(
        region: String? = nil, language: String? = nil, hoursToDue: Int? = nil, isUnsocial: Bool = false,
        difficulty: Int = 1, escalator: Escalator? = nil, topUpBasisPoints: Int = 0
    ) {
        self.region = region
        self.language = language
        self.hoursToDue = hoursToDue
        self.isUnsocial = isUnsocial
        self.difficulty = difficulty
        self.escalator = escalator
        self.topUpBasisPoints = topUpBasisPoints
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
    /// At the cap of a price that rises.
    let mostPay: Money
    let mostFee: Money
    let escalator: Escalator?
    /// What is held for top-ups beside the worst case, in ten-thousandths of its pay.
    let topUpBasisPoints: Int

    /// - Throws: ``MoneyError``, also for a curve in another currency.
    init(
        _ resolved: ResolvedRate, _ task: RateTask, _ pricing: BatchPricing, feeBasisPoints: Int
    ) throws(MoneyError) {
        rate = resolved.rate.id
        self.task = task
        trace = resolved.trace
        pay = resolved.pay
        fee = try pay.share(basisPoints: feeBasisPoints)
        escalator = pricing.escalator
        topUpBasisPoints = pricing.topUpBasisPoints
        if let escalator, escalator.cap.currency != resolved.pay.currency { throw .currenciesDiffer }
        let cap = escalator?.cap ?? resolved.pay
        mostPay = cap.minorUnits > resolved.pay.minorUnits ? cap : resolved.pay
        mostFee = try mostPay.share(basisPoints: feeBasisPoints)
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
                try await transaction.authorizePublisher(actor, for: requester)
            }
            guard let found = try await transaction.batch(batch, of: requester) else { throw NotFound("batch") }
            let escalator = try await transaction.escalator(of: batch, requester, found.pay.currency)
            return try escalator?.table(from: found.pay) ?? [(0, found.pay)]
        }
    }
}
