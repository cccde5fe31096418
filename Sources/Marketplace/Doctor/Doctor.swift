internal import Store

/// What a check of the doctor found.
package struct DoctorFinding: Sendable {
    package let check: DoctorCheck
    package let outcome: DoctorOutcome

    package var isClean: Bool {
        switch outcome {
        case .clean: true
        case .violated: false
        }
    }
}

/// How a check ended.
package enum DoctorOutcome: Hashable, Sendable {
    case clean
    /// How often the rule is broken, and up to ten examples: ids, or a stream and a position.
    case violated(count: Int, examples: [String])
}

/// Asks the database whether the invariants of ARCHITECTURE.md hold. Changes nothing.
package struct Doctor: Sendable {
    let market: Market
    private let isFull: Bool

    /// - Parameter isFull: whether every auction is worked out again, however many there are; else those of the last
    ///   week, and of the older ones the thirtieth part whose day it is.
    package init(market: Market, isFull: Bool = false) { (self.market, self.isFull) = (market, isFull) }

    /// Runs checks, each in a short read-only transaction of its own, all in the order of the invariants.
    ///
    /// - Parameter each: told of every finding as soon as it is there.
    package func callAsFunction(
        _ checks: [DoctorCheck] = DoctorCheck.allCases, each: (DoctorFinding) -> Void = { _ in }
    ) async throws -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        for check in checks {
            let finding = DoctorFinding(check: check, outcome: try await outcome(of: check))
            findings.append(finding)
            each(finding)
        }
        return findings
    }

    /// The same for an operator.
    ///
    /// - Throws: ``AccessRefusal``.
    package func examine(
        _ checks: [DoctorCheck] = DoctorCheck.allCases, by actor: Principal.ID
    ) async throws -> [DoctorFinding] {
        try await market.database.read { try await $0.authorize(actor, toSeeAs: .operator) }
        return try await self(checks)
    }

    /// Makes one check.
    package func outcome(of check: DoctorCheck) async throws -> DoctorOutcome {
        switch check.method {
        case .auditChain: return try await auditChain()
        case .proofs: return try await ProofCheck(market: market)()
        case .termsHash: return try await termsHash()
        case .keptEligibility: return try await KeptEligibilityCheck(market: market)()
        case .rechecks: return try await RecheckCheck(market: market)()
        case .auctions: return try await AuctionCheck(market: market, isFull: isFull)()
        case .payoutContent: return try await PayoutContentCheck(market: market)()
        case .answers: return try await AnswerCheck(market: market)()
        case .stoppings: return try await StoppingCheck(market: market)()
        case .violations(let query):
            return try await market.database.read { transaction in
                let (count, examples) = try await transaction.violations(query)
                return count == 0 ? .clean : .violated(count: count, examples: examples)
            }
        }
    }

    /// Recomputes the hash of all terms, by bounded parts.
    private func termsHash() async throws -> DoctorOutcome {
        var (odd, last): ([String], Assignment.ID?) = ([], nil)
        repeat {
            let page = try await market.database.read { [last] in try await $0.storedTerms(after: last) }
            odd += page.filter { Digest(of: $0.terms) != $0.hash }.map { "\($0.assignment)" }
            last = page.last?.assignment
        } while last != nil
        return odd.isEmpty ? .clean : .violated(count: odd.count, examples: Array(odd.prefix(10)))
    }

    /// Recomputes every hash, by bounded parts.
    private func auditChain() async throws -> DoctorOutcome {
        let faults = try await VerifyAudit(market: market)().faults.filter { $0.kind != .neverSealed }
        guard !faults.isEmpty else { return .clean }
        return .violated(count: faults.count, examples: faults.prefix(10).map { "\($0.stream) \($0.kind)" })
    }
}
