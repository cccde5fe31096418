import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Simulation

/// What ``PolicyStudySoakTests`` asks of the pure policy, of the scheduler itself, on small markets.
@Suite("Study of policies on a database")
struct DatabaseStudyTests {
    private func run(
        _ scenarios: [PolicyScenario], _ policies: [WeekPolicy], workers: Int = 12, seed: UInt64 = 5
    ) async throws -> PolicyReport {
        let study = try PolicyStudy(
            workers: workers, days: 7, seed: seed, seeds: 1, scenarios: scenarios, policies: policies)
        return try await study.runOnDatabase { seed, body in
            try await ScratchRun.fresh {
                try await body(Scratch.market.seeded(seed), Scratch.clock) { _, _, _ in }
            }
        }
    }

    // With a database of its own it has its turn once, and not again for each of its markets.
    @Test(
        "leaves books in order, whoever decides, and ours does more with the same people than a list to pull from",
        .emptyDatabase, .turnLimit(minutes: 60))
    func books() async throws {
        let report = try await run([.tight], [.ours, .pull, .hindsight])
        #expect(report.books.count == 2 && report.isSound)
        for books in report.books {
            #expect(books.findings.isEmpty && books.checks > 70, "\(books.policy)")
            #expect(books.flows.brought == books.flows.out + books.flows.held && books.flows.out > 0)
            #expect(books.pay.allSatisfy { $0.owed.minorUnits == 0 && $0.earned == $0.paid })
        }
        let (ours, pull) = (
            try #require(report.estimate(.welfare, .tight, .ours)),
            try #require(report.estimate(.welfare, .tight, .pull))
        )
        #expect(ours.mean > pull.mean && ours.mean < 1 && pull.mean > 0)
        #expect(report.estimate(.capViolations, .tight, .ours)?.mean == 0)
        for policy in [WeekPolicy.ours, .pull] {
            let error = try #require(report.estimate(.labelError, .tight, policy))
            #expect((0.005...0.4).contains(error.mean))
        }
        #expect(report.lines.contains(report.caution) && report.lines.contains { $0.contains("nothing found") })
    }

    @Test("refuses what is no part of the program, and more experts than fit")
    func refusals() async throws {
        func fault(_ policies: [WeekPolicy], workers: Int = 12, grants: WeekGrants = []) throws -> String? {
            let study = try PolicyStudy(
                workers: workers, days: 7, seed: 1, seeds: 1, scenarios: [.tight], policies: policies, grants: grants)
            do {
                try study.checkForDatabase()
                return nil
            } catch {
                return error.field
            }
        }
        #expect(try fault([.ours, .pull, .hindsight]) == nil)
        #expect(try fault([.ours, .fifo]) == "policy" && fault([.greedy]) == "policy")
        #expect(try fault([.ours], workers: 1_001) == "workers")
        #expect(try fault([.ours], grants: .skills) == "grant")
    }
}
