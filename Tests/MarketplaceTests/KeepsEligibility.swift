import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// A suite about kept eligibility: how it is brought up to date, and what it is compared with.
protocol KeepsEligibility {}

extension KeepsEligibility {
    /// Interns requirements and sweeps until nothing is left.
    func keep(_ trees: [Requirement]) async throws -> [Requirement.ID: Requirement] {
        let kept = try await Scratch.database.transaction { transaction in
            var kept: [Requirement.ID: Requirement] = [:]
            for tree in trees {
                let id = try await transaction.internRequirement(
                    tree, id: Scratch.here.identifiers.make(at: transaction.instant)
                )
                kept[id] = tree.normalised
            }
            return kept
        }
        Scratch.clock.advance(by: 61)
        try await sweep()
        return kept
    }

    func sweep(most: Int = 2) async throws {
        var steps = 0
        while try await SweepEligibility(market: Scratch.market)(most: most) == most {
            steps += 1
            try #require(steps < 1_000)
        }
    }

    /// What is kept at the clock's instant, and what evaluation from scratch says.
    func compare(_ workers: [Worker.ID], _ trees: [Requirement.ID: Requirement], _ note: String) async throws {
        try await Scratch.database.read { transaction in
            for worker in workers {
                var facts = try #require(try await transaction.workerFacts(worker, at: transaction.instant))
                facts.state = .active
                let scratch = trees.filter { _, tree in tree.evaluate(facts, at: transaction.instant).isEligible }
                let stored = try await transaction.storedEligibility(of: worker)
                #expect(stored.unknown == [], "\(note)")
                #expect(Set(stored.met) == Set(scratch.keys), "\(note)")
                #expect(Set(try await transaction.metRequirements(of: worker)) == Set(scratch.keys), "\(note)")
            }
        }
    }

    func scratch(_ worker: Worker.ID, _ trees: [Requirement.ID: Requirement]) async throws -> Set<
        Requirement.ID
    > {
        try await Scratch.database.read { transaction in
            var facts = try #require(try await transaction.workerFacts(worker, at: transaction.instant))
            facts.state = .active
            return Set(trees.filter { $0.value.evaluate(facts, at: transaction.instant).isEligible }.keys)
        }
    }
}
