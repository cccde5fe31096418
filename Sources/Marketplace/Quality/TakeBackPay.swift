internal import Formats
internal import Foundation
internal import Store

/// A person of finance proposes to take pay back. Nothing happens, and nobody is told, until another decides it.
package struct ProposeClawback: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by `reference`: the same again is the same clawback. An amount that is left out is then the one that
    /// was proposed.
    ///
    /// - Parameters:
    ///   - parts: earnings of the worker, 1 to 100, of one currency.
    ///   - reasons: for the worker to read, up to 4,000 characters.
    ///   - reference: how finance calls it, a line of 1 to 200 characters.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``BadInput``; ``NotFound`` for an earning of
    ///   somebody else; ``DecisionRefusal`` for a program; ``ClawbackRefusal``.
    package func callAsFunction(
        _ parts: [ClawbackPart], of worker: Worker.ID, by rule: ClawbackRule, reasons: String, reference: String,
        by actor: Principal.ID
    ) async throws -> Clawback {
        let id = Clawback.ID(try Reference.uuid(of: reference, in: "clawback"))
        let reasons = try PlainText.lines(reasons, field: "reasons")
        guard (1...Clawback.itemsMax).contains(parts.count), Set(parts.map(\.earning)).count == parts.count else {
            throw BadInput("items", "must be 1 to \(Clawback.itemsMax) different earnings")
        }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            guard try await transaction.isPerson(actor) else { throw DecisionRefusal.deciderIsNoPerson }
            guard actor.uuid != worker.uuid else { throw ClawbackRefusal.tooClose }
            // One at a time of each worker: what is taken back of an earning is looked for in all of theirs.
            try await transaction.advisoryLock(AdvisoryLock("clawback", "\(worker)"))
            if let earlier = try await transaction.lockClawback(id) {
                let moves = try await transaction.clawbackMoves(of: id)
                guard earlier.worker == worker, earlier.rule == rule, earlier.reasons == reasons,
                    ClawbackPart.areSame(parts, as: moves)
                else { throw ClawbackRefusal.referenceTaken }
                try await change.record(
                    "clawback_repeated", by: actor, on: "clawback", id.uuid, in: .worker(worker))
                return earlier
            }
            let items = try await change.items(for: parts, of: worker)
            guard let currency = items.first?.earning.amount.currency else { throw NotFound("earning of this worker") }
            let amount = try items.reduce(Money(0, currency)) {
                try $0.adding(Money($1.minor, $1.earning.amount.currency))
            }
            guard
                try await transaction.insertClawback(id, rule, of: worker, amount, reasons: reasons, by: actor)
            else { throw ClawbackRefusal.referenceTaken }
            try await transaction.insertClawbackItems(items, of: id)
            guard try await !transaction.takesTwice(id, of: worker) else { throw ClawbackRefusal.takenBack }
            try await change.record(
                "clawback_proposed", by: actor, on: "clawback", id.uuid, in: .worker(worker),
                facts: [
                    "rule": .string(rule.rawValue), "amount": .string("\(amount)"),
                    "items": .integer(Int64(items.count)),
                ])
            guard let clawback = try await transaction.lockClawback(id) else { throw NotFound("clawback") }
            return clawback
        }
    }
}

extension ClawbackPart {
    /// Whether that is what was proposed.
    fileprivate static func areSame(_ parts: [ClawbackPart], as moves: [ClawbackMove]) -> Bool {
        let proposed = Dictionary(
            moves.map { ($0.earning, $0.amount.minorUnits) }, uniquingKeysWith: { first, _ in first })
        return parts.count == proposed.count
            && parts.allSatisfy { part in
                guard let minor = proposed[part.earning] else { return false }
                return part.amountMinor == nil || part.amountMinor == minor
            }
    }
}

extension Change {
    fileprivate func items(
        for parts: [ClawbackPart], of worker: Worker.ID
    ) async throws -> [(id: UUID, earning: TakeableEarning, minor: Int64)] {
        let found = try await transaction.takeableEarnings(parts.map(\.earning), of: worker)
        guard found.count == parts.count else { throw NotFound("earning of this worker") }
        let wanted = Dictionary(parts.map { ($0.earning, $0.amountMinor) }, uniquingKeysWith: { first, _ in first })
        return try found.map { earning in
            let minor = (wanted[earning.transfer] ?? nil) ?? earning.mostMinor
            guard !earning.isUnderWay else { throw ClawbackRefusal.underWay }
            guard minor > 0 else { throw BadInput("amount_minor", "must be above zero") }
            guard minor <= earning.mostMinor else { throw ClawbackRefusal.tooMuch }
            return (identifiers.uuid(at: instant), earning, minor)
        }
    }
}

/// Another person decides a clawback, or refuses it. Decided, it is a claim against the worker, and whoever had paid
/// has the money back, once: what had come back before an appeal was granted, the platform has borne, and has now. The
/// worker is told with the reasons, and can appeal. Recoveries begin a week later.
package struct DecideClawback: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: the decision; `nil` when it was refused.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance checker; ``NotFound``; ``ClawbackRefusal``;
    ///   ``DecisionRefusal`` for a program.
    @discardableResult
    package func callAsFunction(
        _ id: Clawback.ID, takeBack: Bool, by actor: Principal.ID
    ) async throws -> Decision.ID? {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeChecker)
            guard try await transaction.isPerson(actor) else { throw DecisionRefusal.deciderIsNoPerson }
            guard let clawback = try await transaction.lockClawback(id) else { throw NotFound("clawback") }
            guard clawback.proposedBy != actor else { throw ClawbackRefusal.samePerson }
            guard clawback.worker.uuid != actor.uuid,
                try await !transaction.isCloseColleague(actor, of: clawback.worker)
            else { throw ClawbackRefusal.tooClose }
            guard clawback.state == .proposed else { throw ClawbackRefusal.notProposed }
            let decision = takeBack ? try await change.takeBack(clawback, by: actor) : nil
            try await transaction.endProposal(
                id, as: takeBack ? .decided : .refused, decision: decision, by: actor)
            try await change.record(
                takeBack ? "clawback_decided" : "clawback_refused", by: actor, on: "clawback", id.uuid,
                in: .worker(clawback.worker), facts: ["amount": .string("\(clawback.amount)")])
            return decision
        }
    }
}

extension Change {
    fileprivate func takeBack(_ clawback: Clawback, by actor: Principal.ID) async throws -> Decision.ID {
        let moves = try await transaction.clawbackMoves(of: clawback.id)
        // Paid since, it may be less that has reached the worker.
        let now = try await transaction.takeableEarnings(moves.map(\.earning), of: clawback.worker)
        let wanted = Dictionary(moves.map { ($0.earning, $0.amount) }, uniquingKeysWith: { first, _ in first })
        for earning in now {
            guard !earning.isUnderWay else { throw ClawbackRefusal.underWay }
            guard let amount = wanted[earning.transfer], amount.minorUnits <= earning.mostMinor else {
                throw ClawbackRefusal.tooMuch
            }
        }
        let decision = try await decide(
            .clawback, about: clawback.worker, subject: clawback.id.uuid, rule: clawback.rule.rawValue,
            facts: [
                "amount_minor": .integer(clawback.amount.minorUnits),
                "currency": .string(clawback.amount.currency.code),
                "earnings": .array(
                    moves.map {
                        ["earning": .string("\($0.earning)"), "amount_minor": .integer($0.amount.minorUnits)]
                    }),
                "effect_at": .string((instant + Clawback.noticeSeconds).formatted(.iso8601)),
            ],
            reasons: clawback.reasons, by: actor)
        let moved = try await transfers(for: moves, in: clawback.amount.currency)
        try await transaction.post(
            JournalEntry(
                id: make(), kind: .clawback, source: clawback.id.uuid, reason: "decision \(decision)", moved))
        return decision
    }

    /// What each item moves: from the workers' debts to where the pay came from, and to the platform what it has borne
    /// when an earlier clawback was overturned; the fee to the requester.
    private func transfers(for moves: [ClawbackMove], in currency: Currency) async throws -> [Transfer] {
        let debts = AccountKey.receivables(currency)
        let fees = AccountKey.fees(currency)
        let platform = AccountKey.remedies(currency)
        let wallets = moves.map { AccountKey.wallet(of: $0.requester, $0.amount.currency) }
        var keys = Set([debts, fees] + moves.map(\.credit) + wallets)
        if moves.contains(where: { $0.borne.minorUnits > 0 }) { keys.insert(platform) }
        let accounts = try await transaction.accounts(Array(keys), ids: identifiers)
        var transfers: [Transfer] = []
        for (move, wallet) in zip(moves, wallets) {
            guard let debts = accounts[debts], let fees = accounts[fees], let to = accounts[move.credit],
                let wallet = accounts[wallet]
            else { throw StoreError.unexpectedRowCount(0) }
            if move.back.minorUnits > 0 {
                transfers.append(
                    Transfer(
                        id: make(), kind: .clawback, debit: debts, credit: to, amount: move.back, source: move.item))
            }
            if move.borne.minorUnits > 0 {
                guard let platform = accounts[platform] else { throw StoreError.unexpectedRowCount(0) }
                // Its own source, as the item may have moved the other part.
                let id: Transfer.ID = make()
                transfers.append(
                    Transfer(
                        id: id, kind: .clawback, debit: debts, credit: platform, amount: move.borne, source: id.uuid))
            }
            guard move.fee.minorUnits > 0 else { continue }
            transfers.append(
                Transfer(
                    id: make(), kind: .feeReturn, debit: fees, credit: wallet, amount: move.fee, source: move.item))
        }
        return transfers
    }

    /// An appeal was granted: what is still owed is not owed any more, and what was kept of payouts is earned again;
    /// both by the platform, as the requester may have spent what they were given back. So are the top-ups that the
    /// work has missed meanwhile.
    func undoClawback(_ appeal: Appeal, by actor: Principal.ID) async throws -> JSON {
        guard let id = try await transaction.clawback(by: appeal.decision) else { return ["state": "over"] }
        // Whoever closes one of them looks, under its lock, whether the pay of its work stands.
        let batches = try await transaction.batches(of: id)
        try await transaction.lockBatches(batches)
        guard let clawback = try await transaction.lockClawback(id), clawback.state == .decided else {
            return ["state": "over"]
        }
        let currency = clawback.amount.currency
        let keys: [AccountKey] = [.remedies(currency), .receivables(currency), .payable(to: clawback.worker, currency)]
        let accounts = try await transaction.accounts(keys, ids: identifiers)
        guard let platform = accounts[keys[0]], let debts = accounts[keys[1]], let payable = accounts[keys[2]] else {
            throw StoreError.unexpectedRowCount(0)
        }
        let source = appeal.id.uuid
        let owed = try Money(clawback.claim.minorUnits - clawback.recovered.minorUnits, currency)
        if owed.minorUnits > 0 {
            let release = Transfer(
                id: make(), kind: .clawbackRelease, debit: platform, credit: debts, amount: owed, source: source)
            try await transaction.post(
                JournalEntry(
                    id: make(), kind: .clawbackRelease, source: source, reason: "appeal \(appeal.id)", [release]))
        }
        let earning = try await giveBack(clawback, by: appeal.id, from: platform, to: payable)
        try await transaction.overturn(id, givenBack: clawback.recovered, by: earning)
        try await topUpMissed(of: id, in: batches, by: actor)
        return [
            "state": "given_back", "not_owed_minor": .integer(owed.minorUnits),
            "paid_again_minor": .integer(clawback.recovered.minorUnits), "currency": .string(currency.code),
        ]
    }

    /// What was kept of payouts is earned again: what was kept after taxes by one earning, which is not taxed again;
    /// what was kept before them, and never had, by another, which is taxed as any.
    ///
    /// - Returns: the one that is not taxed, if there is one.
    private func giveBack(
        _ clawback: Clawback, by appeal: Appeal.ID, from platform: Account, to payable: Account
    ) async throws -> Transfer.ID? {
        let currency = clawback.amount.currency
        let before = try await transaction.recoveredUntaxed(of: clawback.id)
        let after = clawback.recovered.minorUnits - before
        var gifts: [Transfer] = []
        for minor in [after, before] where minor > 0 {
            let id: Transfer.ID = make()
            // A kind has one for each source: the second is its own.
            gifts.append(
                Transfer(
                    id: id, kind: .remedy, debit: platform, credit: payable, amount: try Money(minor, currency),
                    source: gifts.isEmpty ? appeal.uuid : id.uuid))
        }
        guard !gifts.isEmpty else { return nil }
        try await transaction.post(
            JournalEntry(id: make(), kind: .remedy, source: appeal.uuid, reason: "appeal \(appeal)", gifts))
        let untaxed = after > 0 ? gifts.first?.id : nil
        for gift in gifts {
            let work = try await transaction.givenBackWork(of: clawback.id, isTaxed: gift.id != untaxed)
            try await transaction.insertRemedy(
                of: RefusedPay(
                    assignment: work.work, requester: work.requester, batch: work.batch, worker: clawback.worker,
                    amount: gift.amount),
                transfer: gift.id)
        }
        return untaxed
    }
}

/// A worker lets more than a part of each payout be kept, until the claim is met.
package struct AgreeToClawback: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Again it is the same agreement.
    ///
    /// - Parameter actor: the worker.
    /// - Throws: ``NotFound``; ``ClawbackRefusal/notInForce``.
    package func callAsFunction(_ id: Clawback.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            guard let clawback = try await change.transaction.lockClawback(id), clawback.worker.uuid == actor.uuid,
                clawback.state == .decided || clawback.state == .overturned
            else { throw NotFound("clawback") }
            guard clawback.state == .decided else { throw ClawbackRefusal.notInForce }
            try await change.transaction.noteAgreement(to: id)
            try await change.record(
                "clawback_agreed", by: actor, on: "clawback", id.uuid, in: .worker(clawback.worker))
        }
    }
}

/// Clawbacks, newest first, by pages.
package struct ListClawbacks: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - worker: only theirs, as far as they were decided.
    ///   - state: only those.
    ///   - before: the last one of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: the worker, or somebody in finance.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        of worker: Worker.ID? = nil, in state: ClawbackState? = nil, before: Clawback.ID? = nil, limit: Int = 50,
        by actor: Principal.ID
    ) async throws -> [Clawback] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            if actor.uuid != worker?.uuid { try await transaction.authorizeFinance(toSee: actor) }
            return try await transaction.clawbacks(of: worker, in: state, before: before, limit: limit)
        }
    }
}
