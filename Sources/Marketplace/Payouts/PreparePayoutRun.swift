package import Formats
package import Foundation
internal import Payments
internal import Store

/// Why somebody who has earned is not in a payout.
package enum PayoutHindrance: Hashable, Sendable {
    case noAccount
    /// Of the account.
    case otherCurrency(Currency)
    /// Files of this form cannot pay to it.
    case otherForm
    /// A file of this form has no place for such a payment: the payee's name, or the amount before taxes. Why.
    case notWritable(String)
    /// The account is new, or was changed, and is not used before then.
    case held(until: Date)
    /// The last payment to exactly this account failed for a reason that lies in the account, or its bank has said that
    /// the account is another one.
    case accountRefused(String)
    case belowMinimum
    /// The source asks for tax rules, and none are in force for the worker.
    case noTaxRules
    /// The rules that are in force for the worker cannot be used, or would leave nothing of it. Why.
    case notTaxable(String)

    package var code: String {
        switch self {
        case .noAccount: "no_account"
        case .otherCurrency: "other_currency"
        case .otherForm: "other_form"
        case .notWritable: "not_writable"
        case .held: "held"
        case .accountRefused: "account_refused"
        case .belowMinimum: "below_minimum"
        case .noTaxRules: "no_tax_rules"
        case .notTaxable: "not_taxable"
        }
    }

    /// Reasons of ISO 20022 and NACHA that come again with every payment to the account. AC02, AC13, BE07 and RR02 lie
    /// in ours.
    static let ofAccount: Set = [
        "AC01", "AC03", "AC04", "AC06", "AC07", "AC14", "AG01", "BE01", "BE04", "BE06", "CNOR", "MD07", "RC01", "RC04",
        "RR03", "R02", "R03", "R04", "R12", "R13", "R14", "R15", "R16", "R17", "R20", "R34", "C01", "C02", "C03", "C05",
        "C06", "C07",
    ]
}

/// What a payee has earned, and why it is not paid now.
package struct PayoutExclusion: Hashable, Sendable {
    package let payee: Payee
    package let amount: Money
    package let hindrance: PayoutHindrance

    package var json: JSON {
        var members: [String: JSON] = [
            "worker": payee.worker.map { .string("\($0)") } ?? .null,
            "team": payee.agency.map { .string("\($0)") } ?? .null, "amount": .string(amount.decimalText),
            "currency": .string(amount.currency.code), "reason": .string(hindrance.code),
        ]
        switch hindrance {
        case .held(let until): members["until"] = .integer(Int64(until.timeIntervalSince1970.rounded(.up)))
        case .accountRefused(let reason): members["bank_reason"] = .string(reason)
        case .notWritable(let why), .notTaxable(let why): members["why"] = .string(why)
        case .otherCurrency(let currency): members["account_currency"] = .string(currency.code)
        case .noAccount, .otherForm, .belowMinimum, .noTaxRules: break
        }
        return .object(members)
    }
}

/// Gathers what workers have earned and were not paid into a batch that is paid by a bank file. No money moves yet.
///
/// Each payee's account is copied into the batch, sealed: what is approved is what is paid, whatever they change after.
package struct PreparePayoutRun: Sendable {
    /// How long an account is not paid to after it was set or changed.
    package static let accountHold: TimeInterval = 72 * 3_600

    package struct Result: Sendable {
        package let batch: PayoutBatch
        /// Who has earned and is not in it.
        package let excluded: [PayoutExclusion]
    }

    let market: Market
    let keys: KeyRing

    package init(market: Market, keys: KeyRing) {
        self.market = market
        self.keys = keys
    }

    /// - Parameters:
    ///   - source: the account that pays; see ``SetPayoutSource``.
    ///   - day: on which the bank shall pay, within 60 days from today on; none on which it does not
    ///     (``PaymentSystem``).
    ///   - minimumMinor: who has earned less waits.
    ///   - earningsMax: how many earnings are looked at, 1 to 1,000,000; the rest waits for the next.
    ///   - report: how many payments there are so far.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``BadInput``; ``NotFound``;
    ///   ``PayoutRefusal/nothingToPay``; ``PaymentFileRefusal`` when there is more than a file has room for;
    ///   ``VaultRefusal``.
    package func callAsFunction(
        from source: String, on day: CalendarDate, minimumMinor: Int64 = 0, earningsMax: Int = 1_000_000,
        by actor: Principal.ID, report: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> Result {
        try await market.change { change in
            try await change.preparePayoutRun(
                RunOrder(source: source, day: day, minimumMinor: minimumMinor, earningsMax: earningsMax),
                keys, by: actor, report: report)
        }
    }
}

/// What a run is prepared by.
struct RunOrder: Sendable {
    /// How far ahead the day may be: it decides the tax year, and a wrong year is typed easily.
    static let daysMost = 60

    let source: String
    let day: CalendarDate
    let minimumMinor: Int64
    var earningsMax = 1_000_000
    /// Whether it is paid on the next day on which the bank pays, where that one has passed or the bank does not pay on
    /// it.
    var mayBeLater = false

    /// - Throws: ``BadInput`` for a day that has passed or is far ahead, or on which the bank does not pay.
    func payDay(by source: PayoutSource, at instant: Date) throws -> CalendarDate {
        let today = try PaymentSystem.today(of: source.format, in: source.currency, at: instant)
        guard mayBeLater || day >= today else { throw BadInput("day", "has passed; it is \(today)") }
        let wanted = max(day, today)
        guard wanted.daysSince2000 - today.daysSince2000 <= Self.daysMost else {
            throw BadInput("day", "is more than \(Self.daysMost) days ahead; it is \(today)")
        }
        guard let system = PaymentSystem(of: source.format, in: source.currency),
            let reason = system.closing(on: wanted)
        else { return wanted }
        let next = system.day(from: wanted)
        guard mayBeLater else {
            throw BadInput("day", "is \(reason), on which the bank does not pay; the next day is \(next)")
        }
        return next
    }
}

extension Change {
    func preparePayoutRun(
        _ order: RunOrder, _ keys: KeyRing, by actor: Principal.ID, report: @Sendable (Int) -> Void
    ) async throws -> PreparePayoutRun.Result {
        guard (1...1_000_000).contains(order.earningsMax) else {
            throw BadInput("earnings_max", "must be 1 to 1,000,000")
        }
        guard order.minimumMinor >= 0 else { throw BadInput("minimum_minor", "must not be negative") }
        try await transaction.authorize(actor, as: .financeMaker)
        try await transaction.requirePerson(actor)
        guard let source = try await transaction.payoutSource(order.source) else { throw NotFound("payout source") }
        let currency = source.currency
        // Two makers at once: the second finds, in its next statement, what the first has left.
        try await transaction.advisoryLock(AdvisoryLock("payout", currency.code))
        let id: PayoutBatch.ID = make()
        let run = PayoutRun(
            format: source.format,
            payer: try source.payer.paying(on: try order.payDay(by: source, at: instant), from: source.name),
            fileHash: nil, fileBytes: nil)
        try await transaction.insertPayoutBatch(id, in: currency, by: actor, run: run)
        var filling = RunFilling(id, from: source, order, on: run.payer.executionOn, keys, by: actor)
        try await filling.fill(self, report)
        if filling.payments == 0, let reason = filling.leftOut { throw WithholdingRefusal.nothingLeft(reason) }
        let content = try await transaction.finishPayoutBatch(id, in: currency)
        try PaymentTrial.check(content.total, in: content.lineCount, from: source)
        try await record(
            "payout_prepared", by: actor, on: "payout_batch", id.uuid, in: .platform,
            facts: [
                "total": .string("\(content.total)"), "lines": .integer(Int64(content.lineCount)),
                "content_hash": .string(content.hash.hexadecimal), "source": .string(source.name),
                "format": .string(source.format.rawValue), "excluded": .integer(Int64(filling.excluded.count)),
                "accounts_opened": .integer(Int64(filling.opened)),
                "pay_on": run.payer.executionOn.map { .string("\($0)") } ?? .null,
            ])
        let batch = PayoutBatch(
            id: id, state: .prepared, total: content.total, lineCount: content.lineCount,
            contentHash: content.hash, preparedBy: actor, approvedBy: nil, approvedAt: nil, run: run)
        return PreparePayoutRun.Result(
            batch: try await transaction.withUnconfirmedReturns(batch), excluded: filling.excluded)
    }
}

/// Puts what is due into a run, so many payees at a time that memory does not grow with their number: an agency's
/// people are added to its line part by part, a worker's earnings are never more than one part and what they have
/// earned.
private struct RunFilling {
    private static let part = 5_000

    let batch: PayoutBatch.ID
    let source: PayoutSource
    let minimumMinor: Int64
    let earningsMax: Int
    let day: CalendarDate?
    let keys: KeyRing
    let actor: Principal.ID
    private(set) var excluded: [PayoutExclusion] = []
    private(set) var payments = 0
    private(set) var opened = 0
    /// Why the first who was left out for taxes was.
    private(set) var leftOut: String?
    /// The lines of agencies, and what they come to so far.
    private var agencies: [Team.ID: (line: PayoutLine.ID, total: Int64)] = [:]

    init(
        _ batch: PayoutBatch.ID, from source: PayoutSource, _ order: RunOrder, on day: CalendarDate?, _ keys: KeyRing,
        by actor: Principal.ID
    ) {
        (self.batch, self.source, self.day, self.keys, self.actor) = (batch, source, day, keys, actor)
        (minimumMinor, earningsMax) = (order.minimumMinor, order.earningsMax)
    }

    mutating func fill(_ change: Change, _ report: @Sendable (Int) -> Void) async throws {
        try await openAgencies(change)
        var (looked, last): (Int, DueEarning?) = (0, nil)
        // The earnings of the last worker of a part, whose others are in the next.
        var held: [DueEarning] = []
        while true {
            let limit = min(Self.part, earningsMax - looked)
            let next =
                limit == 0
                ? []
                : try await change.transaction.dueEarnings(in: source.currency, after: last, limit: limit)
            looked += next.count
            last = next.last ?? last
            let isEnd = next.count < Self.part
            var due = held + next
            let cut = isEnd ? due.endIndex : due.firstIndex { $0.worker == due.last?.worker } ?? due.endIndex
            held = Array(due[cut...])
            due.removeSubrange(cut...)
            try await take(due, change)
            report(payments)
            if isEnd { break }
        }
        for (_, agency) in agencies.sorted(by: { $0.key < $1.key }) {
            try await change.transaction.finishAgencyLine(agency.line, total: agency.total)
            if agency.total > 0 { payments += 1 }
        }
    }

    /// A line for each agency that can be paid, without an amount yet.
    private mutating func openAgencies(_ change: Change) async throws {
        let due = try await change.transaction.dueByAgency(in: source.currency)
        let lines = due.map { team, amount in
            PayoutLine(id: change.make(), payee: .agency(team), amount: amount, earningCount: 0, shares: [])
        }
        let methods = try await change.transaction.storedMethods(ofTeams: due.map(\.team))
        let chosen = try change.choose(lines, methods, source: source, minimumMinor: minimumMinor, keys)
        excluded += chosen.excluded
        opened += chosen.opened
        try await change.transaction.insertPayoutLines(chosen.lines, of: batch, accounts: chosen.accounts)
        for line in chosen.lines {
            if let team = line.payee.agency { agencies[team] = (line.id, 0) }
        }
    }

    private mutating func take(_ due: [DueEarning], _ change: Change) async throws {
        let currency = source.currency
        let taxed =
            source.payer.asksTaxRules
            ? try await change.transaction.taxChoices(of: Array(Set(due.map(\.worker)))) : nil
        let untaxed = due.filter { taxed != nil && taxed?[$0.worker] == nil }
        for (worker, earnings) in Dictionary(grouping: untaxed, by: \.worker).sorted(by: { $0.key < $1.key }) {
            excluded.append(
                PayoutExclusion(
                    payee: .worker(worker), amount: try earnings.earned(in: currency), hindrance: .noTaxRules))
        }
        let payable = due.filter { taxed == nil || taxed?[$0.worker] != nil }
        let own = try change.payoutLines(for: payable.filter { $0.payee == nil }, in: currency)
        let methods = try await change.transaction.storedMethods(of: own.lines.compactMap(\.payee.worker))
        let chosen = try change.choose(own.lines, methods, source: source, minimumMinor: minimumMinor, keys)
        excluded += chosen.excluded
        opened += chosen.opened
        let ofAgencies = try change.payoutLines(
            for: payable.filter { earning in earning.payee.map { agencies[$0] != nil } ?? false }, in: currency)
        // Under the id of the line that stands.
        let standing = Dictionary(
            ofAgencies.lines.map { ($0.id, $0.payee.agency.flatMap { agencies[$0]?.line } ?? $0.id) },
            uniquingKeysWith: { first, _ in first })
        let shared = ofAgencies.lines.map { $0.renamed(standing[$0.id] ?? $0.id) }
        let lines = chosen.lines + shared
        guard !lines.isEmpty else { return }
        let ids = Set(chosen.lines.map(\.id))
        let items =
            own.items.filter { ids.contains($0.line) }
            + ofAgencies.items.map { ($0.earning, standing[$0.line] ?? $0.line) }
        let workers = Array(Set(lines.flatMap { $0.shares.map(\.worker) }))
        let claims = try await change.transaction.lockClaims(of: workers, in: currency)
        // Taxes are withheld of those who are paid now, and of nobody else.
        let payout = try await change.taxAndNet(
            lines, items, claims, by: source.payer.netting, in: currency, on: day)
        try await write(payout, chosen.accounts, change)
    }

    private mutating func write(
        _ payout: TaxedPayout, _ accounts: [PayoutLine.ID: SealedAccount], _ change: Change
    ) async throws {
        leftOut = leftOut ?? payout.leftOut.first?.reason
        excluded += payout.leftOut.map {
            PayoutExclusion(payee: .worker($0.worker), amount: $0.amount, hindrance: .notTaxable($0.reason))
        }
        let own = payout.lines.filter { $0.payee.agency == nil }
        let shared = payout.lines.filter { $0.payee.agency != nil }
        payments += own.count
        let left = Set(own.map(\.id))
        try await change.transaction.insertPayoutLines(
            own, of: batch, accounts: accounts.filter { left.contains($0.key) })
        try await change.transaction.insertPayoutShares(shared)
        for line in shared {
            guard let team = line.payee.agency, let total = agencies[team]?.total else { continue }
            agencies[team]?.total = try Money(total, source.currency).adding(line.amount).minorUnits
        }
        try await change.transaction.insertPayoutItems(payout.items)
        try await change.keep(payout, in: batch, by: actor)
    }
}

extension PayoutLine {
    fileprivate func renamed(_ id: PayoutLine.ID) -> PayoutLine {
        PayoutLine(id: id, payee: payee, amount: amount, earningCount: earningCount, shares: shares)
    }
}

/// Which lines are paid, to which accounts, and which are not.
private struct ChosenLines {
    var lines: [PayoutLine] = []
    var accounts: [PayoutLine.ID: SealedAccount] = [:]
    var excluded: [PayoutExclusion] = []
    var opened = 0
}

extension Change {
    fileprivate func choose(
        _ all: [PayoutLine], _ methods: [StoredMethod], source: PayoutSource, minimumMinor: Int64, _ keys: KeyRing
    ) throws -> ChosenLines {
        var chosen = ChosenLines()
        let trial = try PaymentTrial(from: source)
        let byPayee = Dictionary(methods.map { ($0.payee, $0) }, uniquingKeysWith: { first, _ in first })
        for line in all {
            let stored = byPayee[line.payee]
            if stored != nil { chosen.opened += 1 }
            switch try account(for: line, stored, source: source, trial, minimumMinor: minimumMinor, keys) {
            case .success(let account):
                chosen.lines.append(line)
                chosen.accounts[line.id] = account
            case .failure(let hindered):
                chosen.excluded.append(
                    PayoutExclusion(payee: line.payee, amount: line.amount, hindrance: hindered.hindrance))
            }
        }
        return chosen
    }

    private struct Hindered: Error {
        let hindrance: PayoutHindrance
    }

    private func account(
        for line: PayoutLine, _ stored: StoredMethod?, source: PayoutSource, _ trial: PaymentTrial, minimumMinor: Int64,
        _ keys: KeyRing
    ) throws -> Swift.Result<SealedAccount, Hindered> {
        func no(_ hindrance: PayoutHindrance) -> Swift.Result<SealedAccount, Hindered> {
            .failure(Hindered(hindrance: hindrance))
        }
        guard let stored else { return no(.noAccount) }
        let owner = line.payee.keyOwner
        let key = try Envelope.unwrap(stored.wrapped.bytes, of: owner, by: stored.wrappingKey, in: keys)
        let secret = try Envelope.open(stored.sealed.bytes, for: line.payee.methodPlace, under: key)
        let method = try PayoutMethod(secret)
        guard method.currency == source.currency else { return no(.otherCurrency(method.currency)) }
        guard let account = method.account(for: source.format) else { return no(.otherForm) }
        if let why = trial.refusal(of: line.amount, to: method, account) { return no(.notWritable(why)) }
        let until = stored.changedAt.addingTimeInterval(PreparePayoutRun.accountHold)
        guard until <= instant else { return no(.held(until: until)) }
        if let reason = stored.failedFor, PayoutHindrance.ofAccount.contains(reason) {
            return no(.accountRefused(reason))
        }
        guard line.amount.minorUnits >= minimumMinor else { return no(.belowMinimum) }
        let sealed = try Envelope.seal(secret, for: "payout_line/\(line.id)", under: key)
        return .success(SealedAccount(sealed: Bytes(sealed), version: stored.version))
    }
}
