package import Marketplace
internal import Store

/// Reads how a market stands from its database alone.
package struct MarketOverview: Sendable {
    let market: Market

    /// - Parameter asksDoctor: whether all invariants are checked and the audit log is verified, which takes a while.
    package static func read(_ market: Market, asksDoctor: Bool = true) async throws -> SimulationReport {
        try await MarketOverview(market: market).read(run: nil, asksDoctor: asksDoctor)
    }

    func read(run: RunFacts?, asksDoctor: Bool) async throws -> SimulationReport {
        let agreement = try await KnownAgreement.read(market)
        let part = try await market.database.read(isolation: .repeatableRead) { transaction in
            try await transaction.allowLongReads()
            return (
                projects: try await transaction.projectLines(agreement), releases: try await transaction.releaseLines(),
                pay: try await transaction.payLines(), counts: try await transaction.marketCounts()
            )
        }
        let findings = asksDoctor ? try await ask() : []
        return SimulationReport(
            workers: part.counts.workers, projects: part.projects, releases: part.releases, pay: part.pay,
            decisions: part.counts.decisions, auditEvents: part.counts.events, auditSealed: part.counts.sealed,
            auditStreams: part.counts.streams, checks: asksDoctor ? Self.checks.count + 1 : nil, findings: findings,
            run: run
        )
    }

    /// Those that can be made; the audit chain is verified by itself.
    private static let checks = DoctorCheck.allCases.filter { $0 != .auditChain }

    private func ask() async throws -> [SimulationReport.Finding] {
        var findings: [SimulationReport.Finding] = []
        for check in Self.checks {
            switch try await Doctor(market: market).outcome(of: check) {
            case .clean: continue
            case .violated(let count, let examples):
                findings.append(
                    .init(
                        check: check.rawValue, sentence: check.sentence, count: count, examples: examples
                    ))
            }
        }
        let faults = try await VerifyAudit(market: market)().faults
        if !faults.isEmpty {
            let chain = DoctorCheck.auditChain
            findings.append(
                .init(
                    check: chain.rawValue, sentence: chain.sentence, count: faults.count,
                    examples: faults.prefix(10).map { "\($0.stream) \($0.kind)" }
                ))
        }
        return findings
    }
}
