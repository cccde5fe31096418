internal import Formats
internal import Foundation
internal import Store
internal import Tax

/// A payout after taxes.
struct TaxedPayout: Sendable {
    var lines: [PayoutLine] = []
    var items: [(earning: DueEarning, line: PayoutLine.ID)] = []
    var withholdings: [QuotedWithholding] = []
    var recoveries: [Recovery] = []
    /// Whose earnings stay where they are, how much they come to, and why.
    var leftOut: [(worker: Worker.ID, amount: Money, reason: String)] = []
}

/// A withholding and how it came about. Its lines are many, and are made when they are written.
struct QuotedWithholding: Sendable {
    let withholding: Withholding
    let ruleSet: TaxRuleSet
    let payment: TaxPayment

    var lines: JSON {
        let quote = try? ruleSet.quote(payment, after: withholding.before)
        return .array((quote?.lines ?? []).map(\.json))
    }
}

extension Change {
    /// Takes from each share what was taken back of it before, then what is withheld of the rest, and of what is left
    /// after that what may be kept for clawbacks.
    ///
    /// - Parameter day: on which the bank shall pay, which is the day that taxes count; `nil` for today, where each
    ///   rule is from.
    func taxAndNet(
        _ lines: [PayoutLine], _ items: [(earning: DueEarning, line: PayoutLine.ID)],
        _ claims: [Worker.ID: [OpenClaim]], by policy: NettingPolicy, in currency: Currency, on day: CalendarDate?
    ) async throws -> TaxedPayout {
        var claims = claims
        let untaxed = Untaxed(of: lines, items, taking: &claims)
        var payout = try await withholdTaxes(
            from: try untaxed.taken(from: lines), items, untaxed.earnings, in: currency, on: day)
        try payout.net(claims, untaxed, by: policy) { identifiers.uuid(at: instant) }
        return payout
    }

    /// Takes from each share what is withheld of it: shares and lines become net. Who has chosen no rules is paid
    /// gross. Whoever cannot be taxed, or would be left with nothing, is left out; their earnings wait.
    ///
    /// - Parameter untaxed: what of earnings is not paid, and so not taxed.
    ///
    /// Locks the sums of all whose rule counts over a period until the transaction ends, in the order of their keys.
    private func withholdTaxes(
        from lines: [PayoutLine], _ items: [(earning: DueEarning, line: PayoutLine.ID)],
        _ untaxed: [Transfer.ID: Int64], in currency: Currency, on day: CalendarDate?
    ) async throws -> TaxedPayout {
        let choices = try await transaction.taxChoicesInParts(of: lines.flatMap { $0.shares.map(\.worker) })
        guard !choices.isEmpty else { return TaxedPayout(lines: lines, items: items) }
        let catalogue = try TaxCatalogue.builtIn.get()
        var run = TaxRun(
            currency: currency, seconds: Int64(instant.timeIntervalSince1970.rounded(.down)),
            payDay: try day.map(TaxDay.init), choices: choices, catalogue: catalogue, untaxed: untaxed)
        let taxed = items.filter { run.isTaxed($0.earning.worker) }
        run.works = try await transaction.taxedWork(of: taxed.map(\.earning))
        run.sums = try await transaction.lockTaxSums(run.keys(of: choices.keys.sorted()))
        run.claims = try await transaction.taxClaimSums(run.claimants, currency)
        return try run.withhold(from: lines, items) { make() }
    }

    /// Writes down what ``taxAndNet(_:_:_:by:in:on:)`` has found.
    func keep(_ payout: TaxedPayout, in batch: PayoutBatch.ID, by actor: Principal.ID) async throws {
        try await transaction.insertWithholdings(payout.withholdings, in: batch)
        try await transaction.saveTaxSums(payout.sumsAfter)
        try await transaction.insertRecoveries(payout.recoveries, in: batch)
        guard !payout.leftOut.isEmpty else { return }
        let named = payout.leftOut.prefix(100).map { left -> JSON in
            ["worker": .string("\(left.worker)"), "reason": .string(left.reason)]
        }
        try await record(
            "payout_left_out", by: actor, on: "payout_batch", batch.uuid, in: .platform,
            facts: ["workers": .integer(Int64(payout.leftOut.count)), "first": .array(named)])
    }
}

/// What an earning is for, as taxes see it.
struct TaxedWork: Sendable {
    /// ISO 3166-1 alpha-2; `nil` where it is not known.
    let place: String?
    /// What the platform took. Minor units.
    let feeMinor: Int64
    /// False for a top-up and for a bonus, and for what an appeal pays beside other pay for the work.
    let isWork: Bool
}

/// One run through all shares of a payout.
private struct TaxRun {
    let currency: Currency
    let seconds: Int64
    /// `nil` for today.
    let payDay: TaxDay?
    let choices: [Worker.ID: TaxChoice]
    let catalogue: TaxCatalogue
    let untaxed: [Transfer.ID: Int64]
    var works: [Transfer.ID: TaxedWork] = [:]
    var sums: [TaxSumKey: TaxSums] = [:]
    /// What may be counted by now of the claims of a period.
    var claims: [TaxSumKey: TaxClaimSums] = [:]

    /// Whose claims count, through which month.
    var claimants: [TaxSumKey: TaxDay] {
        var found: [TaxSumKey: TaxDay] = [:]
        for key in sums.keys {
            guard let choice = choices[key.worker], let (ruleSet, day) = rule(of: choice), ruleSet.takesClaims else {
                continue
            }
            found[key] = day
        }
        return found
    }

    /// The rule set of a worker with the day of the payment, or of now there; `nil` when none is in force on it.
    private func rule(of choice: TaxChoice) -> (ruleSet: TaxRuleSet, day: TaxDay)? {
        for ruleSet in catalogue.versions(of: choice.ruleSet) {
            guard let day = payDay ?? ruleSet.day(atSecondsSince1970: seconds) else { continue }
            if ruleSet.isInForce(on: day) { return (ruleSet, day) }
        }
        return nil
    }

    func isTaxed(_ worker: Worker.ID) -> Bool {
        guard let choice = choices[worker] else { return false }
        return rule(of: choice).map { $0.ruleSet.hasEffect } ?? true
    }

    func keys(of workers: [Worker.ID]) -> [TaxSumKey] {
        workers.compactMap { worker in
            guard let choice = choices[worker], let (ruleSet, day) = rule(of: choice) else { return nil }
            guard ruleSet.currency == nil || ruleSet.currency == currency.code else { return nil }
            return key(of: worker, ruleSet, day)
        }
    }

    /// A month's payments of one platform are one item.
    private func key(of worker: Worker.ID, _ ruleSet: TaxRuleSet, _ day: TaxDay) -> TaxSumKey? {
        ruleSet.period(on: day, isOfItem: true).start.map {
            TaxSumKey(worker: worker, ruleSet: ruleSet.name, currency: currency, period: $0)
        }
    }

    mutating func withhold(
        from lines: [PayoutLine], _ items: [(earning: DueEarning, line: PayoutLine.ID)],
        make: () -> Withholding.ID
    ) throws -> TaxedPayout {
        struct Owner: Hashable {
            let line: PayoutLine.ID
            let worker: Worker.ID
        }
        let earnings = Dictionary(grouping: items) { Owner(line: $0.line, worker: $0.earning.worker) }
        var result = TaxedPayout()
        for line in lines {
            var shares: [PayoutShare] = []
            for share in line.shares {
                let owned = earnings[Owner(line: line.id, worker: share.worker)] ?? []
                do throws(LeftOut) {
                    let found = try withhold(from: share, owned.map(\.earning), make: make)
                    let withheld = found.reduce(0) { $0 + $1.withholding.withheld.minorUnits }
                    guard let net = try? Money(share.amount.minorUnits - withheld, currency), net.minorUnits > 0 else {
                        throw LeftOut(reason: "nothing is left after taxes")
                    }
                    shares.append(
                        PayoutShare(id: share.id, worker: share.worker, amount: net, keptMinor: share.keptMinor))
                    result.withholdings += found
                    result.items += owned
                    if let last = found.last?.withholding, let period = last.period {
                        sums[last.key(period)] = last.after
                    }
                } catch {
                    let earned = try share.amount.adding(Money(share.keptMinor, currency))
                    result.leftOut.append((share.worker, earned, error.reason))
                }
            }
            guard !shares.isEmpty else { continue }
            let workers = Set(shares.map(\.worker))
            result.lines.append(
                PayoutLine(
                    id: line.id, payee: line.payee,
                    amount: try shares.reduce(Money(0, currency)) { try $0.adding($1.amount) },
                    earningCount: workers.reduce(0) { count, worker in
                        count + (earnings[Owner(line: line.id, worker: worker)]?.count ?? 0)
                    },
                    shares: shares))
        }
        return result
    }

    private func taxable(_ earning: DueEarning) -> Int64 { earning.amountMinor - (untaxed[earning.transfer] ?? 0) }

    private struct LeftOut: Error {
        let reason: String
    }

    /// A withholding for each place of work where that matters, one in all where it does not.
    private func withhold(
        from share: PayoutShare, _ earnings: [DueEarning], make: () -> Withholding.ID
    ) throws(LeftOut) -> [QuotedWithholding] {
        guard let choice = choices[share.worker] else { return [] }
        guard let (ruleSet, day) = rule(of: choice) else {
            throw LeftOut(reason: "the rules \(choice.ruleSet) are not in force")
        }
        guard ruleSet.hasEffect else { return [] }
        let key = key(of: share.worker, ruleSet, day)
        var before = key.flatMap { sums[$0] } ?? TaxSums()
        // What an appeal has given back of it was taxed when it was earned; what was taken back is not paid.
        let taxed = earnings.filter { !$0.isGivenBack && taxable($0) > 0 }
        let places = Dictionary(grouping: taxed) { earning in
            ruleSet.dependsOnPlace ? works[earning.transfer]?.place : nil
        }
        var found: [QuotedWithholding] = []
        for (place, part) in places.sorted(by: { ($0.key ?? "") < ($1.key ?? "") }) {
            let gross = part.reduce(0) { $0 + taxable($1) }
            var payment = TaxPayment(day: day, gross: gross, currency: currency.code)
            payment.standing = choice.standing
            payment.standing.placeOfPerformance = place
            if let key, let claimed = claims[key] {
                // What was not counted yet, also of months before; a claim that was withdrawn counts less later.
                payment.exempt = min(max(claimed.exempt - before.exempt, 0), gross)
                payment.otherDeductions = max(claimed.deductions - before.otherDeductions, 0)
                payment.relief = max(claimed.relief - before.relief, 0)
            }
            do {
                let quote = try ruleSet.quote(payment, after: before)
                let parts = part.compactMap { works[$0.transfer] }
                let withholding = Withholding(
                    id: make(), share: share.id, worker: share.worker, place: place, residence: choice.residence,
                    ruleSet: ruleSet.name, ruleSetFrom: ruleSet.from, paidOn: day,
                    holdsUntil: ruleSet.quoteHolds(from: day), gross: try Money(gross, currency),
                    withheld: try Money(quote.withheld, currency), period: key?.period, before: before,
                    after: quote.sums, countsToward: quote.countsToward, activities: parts.count { $0.isWork },
                    feesMinor: parts.reduce(0) { $0 + $1.feeMinor }, exemptMinor: payment.exempt,
                    deductionsMinor: payment.otherDeductions, reliefMinor: payment.relief, lines: .null)
                found.append(QuotedWithholding(withholding: withholding, ruleSet: ruleSet, payment: payment))
                before = quote.sums
            } catch {
                throw LeftOut(reason: "\(error)")
            }
        }
        return found
    }
}

extension Withholding {
    /// Which sums it counts with.
    func key(_ period: TaxDay) -> TaxSumKey {
        TaxSumKey(worker: worker, ruleSet: ruleSet, currency: gross.currency, period: period)
    }
}

extension TaxedPayout {
    /// The sums after the last withholding of each period.
    fileprivate var sumsAfter: [TaxSumKey: TaxSums] {
        withholdings.lazy.map(\.withholding).reduce(into: [:]) { sums, withholding in
            if let period = withholding.period { sums[withholding.key(period)] = withholding.after }
        }
    }
}

extension Transaction {
    /// By parts of 10,000.
    fileprivate func taxChoicesInParts(of workers: [Worker.ID]) async throws -> [Worker.ID: TaxChoice] {
        var found: [Worker.ID: TaxChoice] = [:]
        for part in Set(workers).sorted().parts(of: 10_000) {
            found.merge(try await taxChoices(of: Array(part))) { _, new in new }
        }
        return found
    }
}
