package import Formats
package import Foundation
internal import Payments
internal import Store

/// Why somebody who has earned is not in a payout.
package enum PayoutHindrance: Hashable, Sendable {
    /// Agencies are paid by tables without accounts only.
    case agency
    case noAccount
    /// Of the account.
    case otherCurrency(Currency)
    /// Files of this form cannot pay to it.
    case otherForm
    /// The account is new, or was changed, and is not used before then.
    case held(until: Date)
    /// The last payment to exactly this account failed for a reason that lies in the account.
    case accountRefused(String)
    case belowMinimum
    /// The source asks for tax rules, and none are in force for the worker.
    case noTaxRules

    package var code: String {
        switch self {
        case .agency: "agency"
        case .noAccount: "no_account"
        case .otherCurrency: "other_currency"
        case .otherForm: "other_form"
        case .held: "held"
        case .accountRefused: "account_refused"
        case .belowMinimum: "below_minimum"
        case .noTaxRules: "no_tax_rules"
        }
    }

    /// Reasons of ISO 20022 and NACHA that come again with every payment to the account.
    static let ofAccount: Set = [
        "AC01", "AC02", "AC03", "AC04", "AC06", "AC07", "AC13", "AC14", "AG01", "BE01", "BE04", "BE06", "BE07", "CNOR",
        "MD07", "RC01", "RC04", "RR02", "RR03", "R02", "R03", "R04", "R12", "R13", "R14", "R15", "R16", "R17", "R20",
        "R34",
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
        case .otherCurrency(let currency): members["account_currency"] = .string(currency.code)
        case .agency, .noAccount, .otherForm, .belowMinimum, .noTaxRules: break
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
    ///   - day: on which the bank shall pay.
    ///   - minimumMinor: who has earned less waits.
    ///   - earningsMax: how many earnings are looked at, 1 to 1,000,000; the rest waits for the next.
    ///   - report: how many payments there are so far.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``NotFound``; ``PayoutRefusal/nothingToPay``;
    ///   ``VaultRefusal``.
    package func callAsFunction(
        from source: String, on day: CalendarDate, minimumMinor: Int64 = 0, earningsMax: Int = 1_000_000,
        by actor: Principal.ID, report: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> Result {
        guard (1...1_000_000).contains(earningsMax) else { throw BadInput("earnings_max", "must be 1 to 1,000,000") }
        guard minimumMinor >= 0 else { throw BadInput("minimum_minor", "must not be negative") }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            try await transaction.requirePerson(actor)
            guard let source = try await transaction.payoutSource(source) else { throw NotFound("payout source") }
            let currency = source.currency
            // Two makers at once: the second finds, in its next statement, what the first has left.
            try await transaction.advisoryLock(AdvisoryLock("payout", currency.code))
            let id: PayoutBatch.ID = change.make()
            let run = PayoutRun(
                format: source.format, payer: try source.payer.paying(on: day), fileHash: nil, fileBytes: nil)
            try await transaction.insertPayoutBatch(id, in: currency, by: actor, run: run)
            var filling = RunFilling(
                batch: id, source: source, minimumMinor: minimumMinor, earningsMax: earningsMax, keys: keys,
                actor: actor)
            try await filling.fill(change, report)
            if filling.payments == 0, let reason = filling.leftOut { throw WithholdingRefusal.nothingLeft(reason) }
            let content = try await transaction.finishPayoutBatch(id, in: currency)
            try await change.record(
                "payout_prepared", by: actor, on: "payout_batch", id.uuid, in: .platform,
                facts: [
                    "total": .string("\(content.total)"), "lines": .integer(Int64(content.lineCount)),
                    "content_hash": .string(content.hash.hexadecimal), "source": .string(source.name),
                    "format": .string(source.format.rawValue), "excluded": .integer(Int64(filling.excluded.count)),
                    "accounts_opened": .integer(Int64(filling.opened)),
                ])
            let batch = PayoutBatch(
                id: id, state: .prepared, total: content.total, lineCount: content.lineCount,
                contentHash: content.hash, preparedBy: actor, approvedBy: nil, approvedAt: nil, run: run)
            return Result(batch: batch, excluded: filling.excluded)
        }
    }
}

/// Puts what is due into a run, so many payees at a time that memory does not grow with their number: an agency's
/// earnings are added up, a worker's are never more than one part and what they have earned.
private struct RunFilling {
    private static let part = 5_000

    let batch: PayoutBatch.ID
    let source: PayoutSource
    let minimumMinor: Int64
    let earningsMax: Int
    let keys: KeyRing
    let actor: Principal.ID
    private(set) var excluded: [PayoutExclusion] = []
    private(set) var payments = 0
    private(set) var opened = 0
    /// Why the first who was left out for taxes was.
    private(set) var leftOut: String?
    private(set) var agencies: [Team.ID: Money] = [:]

    mutating func fill(_ change: Change, _ report: @Sendable (Int) -> Void) async throws {
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
        for (team, amount) in agencies.sorted(by: { $0.key < $1.key }) {
            excluded.append(PayoutExclusion(payee: .agency(team), amount: amount, hindrance: .agency))
        }
    }

    private mutating func take(_ due: [DueEarning], _ change: Change) async throws {
        let currency = source.currency
        for earning in due {
            guard let team = earning.payee else { continue }
            agencies[team] = try (agencies[team] ?? Money(0, currency)).adding(Money(earning.amountMinor, currency))
        }
        let gross = try change.payoutLines(for: due.filter { $0.payee == nil }, in: currency)
        var chosen = try await change.choose(gross.lines, source: source, minimumMinor: minimumMinor, keys)
        excluded += chosen.excluded
        opened += chosen.opened
        guard !chosen.lines.isEmpty else { return }
        let ids = Set(chosen.lines.map(\.id))
        // Taxes are withheld of those who are paid now, and of nobody else.
        let payout = try await change.withholdTaxes(
            from: chosen.lines, gross.items.filter { ids.contains($0.line) }, in: currency)
        let left = Set(payout.lines.map(\.id))
        chosen.accounts = chosen.accounts.filter { left.contains($0.key) }
        payments += payout.lines.count
        leftOut = leftOut ?? payout.leftOut.first?.reason
        try await change.transaction.insertPayoutLines(payout.lines, of: batch, accounts: chosen.accounts)
        try await change.transaction.insertPayoutItems(payout.items)
        try await change.keep(payout, in: batch, by: actor)
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
        _ all: [PayoutLine], source: PayoutSource, minimumMinor: Int64, _ keys: KeyRing
    ) async throws -> ChosenLines {
        var chosen = ChosenLines()
        for part in all.parts(of: 5_000) {
            let workers = part.compactMap(\.payee.worker)
            let taxed = source.payer.asksTaxRules ? try await transaction.taxChoices(of: workers) : nil
            let methods = try await transaction.storedMethods(of: workers)
            let byWorker = Dictionary(methods.map { ($0.worker, $0) }, uniquingKeysWith: { first, _ in first })
            for line in part {
                if let worker = line.payee.worker, let taxed, taxed[worker] == nil {
                    chosen.excluded.append(
                        PayoutExclusion(payee: line.payee, amount: line.amount, hindrance: .noTaxRules))
                    continue
                }
                let stored = line.payee.worker.flatMap { byWorker[$0] }
                if stored != nil { chosen.opened += 1 }
                switch try account(for: line, stored, source: source, minimumMinor: minimumMinor, keys) {
                case .success(let account):
                    chosen.lines.append(line)
                    chosen.accounts[line.id] = account
                case .failure(let hindered):
                    chosen.excluded.append(
                        PayoutExclusion(payee: line.payee, amount: line.amount, hindrance: hindered.hindrance))
                }
            }
        }
        return chosen
    }

    private struct Hindered: Error {
        let hindrance: PayoutHindrance
    }

    private func account(
        for line: PayoutLine, _ stored: StoredMethod?, source: PayoutSource, minimumMinor: Int64, _ keys: KeyRing
    ) throws -> Swift.Result<SealedAccount, Hindered> {
        func no(_ hindrance: PayoutHindrance) -> Swift.Result<SealedAccount, Hindered> {
            .failure(Hindered(hindrance: hindrance))
        }
        guard let worker = line.payee.worker else { return no(.agency) }
        guard let stored else { return no(.noAccount) }
        let key = try Envelope.unwrap(stored.wrapped.bytes, of: .worker(worker), by: stored.wrappingKey, in: keys)
        let secret = try Envelope.open(stored.sealed.bytes, of: worker, in: .payoutMethod, under: key)
        let method = try PayoutMethod(secret)
        guard method.currency == source.currency else { return no(.otherCurrency(method.currency)) }
        guard method.account(for: source.format) != nil else { return no(.otherForm) }
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
