import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Scheduler

@Suite("Many schedulers and workers at once", .scratchDatabase, .turnLimit(minutes: 20, inSoak: 240))
struct RoutingCommitSoakTests {
    /// Acceptances, declines and answers that are committed; `GUILDHALL_COMMITS` asks for another number in a soak.
    private static var commits: Int {
        let environment = ProcessInfo.processInfo.environment
        guard environment["GUILDHALL_SOAK"] == "1" else { return 1_000 }
        return environment["GUILDHALL_COMMITS"].flatMap(Int.init) ?? 100_000
    }

    private struct Tally {
        var accepted = 0
        var submitted = 0
        var declined = 0
        var refused = 0
        var offered = 0
        /// Licences.
        var revoked = 0
        var commits: Int { accepted + submitted + declined }

        mutating func add(_ other: Tally) {
            accepted += other.accepted
            submitted += other.submitted
            declined += other.declined
            refused += other.refused
            offered += other.offered
            revoked += other.revoked
        }
    }

    @Test("break neither redundancy, hours, credentials nor distinctness, nor offer anything twice")
    func commits() async throws {
        let staffed = try await StaffedMarket()
        // Seats for five tasks at once; for a third of them hours for a few days' work, which run out.
        var workers: [Worker.ID] = []
        for number in 0..<30 {
            workers.append(try await staffed.worker("w\(number)", weeklyMinutes: number % 3 == 0 ? 300 : 10_080))
        }
        // A fifth lose their licence, two in each round while they and all others answer, until the next one.
        let losers = workers.indices.filter { $0 % 5 == 2 }.map { workers[$0] }
        var licences: [Worker.ID: Credential.ID] = [:]
        for worker in losers {
            let papers = try await ListCredentials(market: staffed.market)(of: worker, by: staffed.manager)
            licences[worker] = try #require(papers.first).id
        }
        var total = Tally()
        var round = 0
        let begun = ContinuousClock.now
        while total.commits < Self.commits {
            round += 1
            if round % 25 == 0 { try await staffed.fund() }
            for name in ["x", "y"] {
                _ = try await staffed.batch(
                    "\(name)\(round)", tasks: 24, redundancy: 3, minutes: 5, priority: round % 2)
            }
            let losing = [2 * round, 2 * round + 1].map { losers[$0 % losers.count] }
            total.add(try await run(staffed, workers, losing: licences.filter { losing.contains($0.key) }))
            for worker in losing {
                licences[worker] = try await staffed.licence("NY-\(worker)-\(round)", of: worker)
            }
            // Time for what was left to lapse, and for the next hours; also for leases of who lost their licence.
            Scratch.clock.advance(by: 7_300)
            while try await ExpireLeases(market: staffed.market)(by: staffed.system) > 0 {}
            while try await LapseOffers(market: staffed.market)(by: staffed.system) > 0 {}
            while try await FillOffers(market: staffed.market)(by: staffed.system) > 0 {}
            #expect(try await surplus(staffed) == 0, "round \(round)")
            if round % 20 == 0 { #expect(try await staffed.ills() == [], "round \(round)") }
        }
        #expect(try await staffed.ills() == [])
        #expect(total.accepted > 0 && total.submitted > 0 && total.declined > 0)
        #expect(total.revoked == 2 * round)
        print("routing commits: \(total.commits) in \(begun.duration(to: .now)): \(total)")
    }

    /// Three schedulers route while every worker answers whatever they are offered, until nothing is offered any more.
    /// In the second turn, when there are offers to be accepted, some lose their licence; from the third on they can
    /// take nothing.
    private func run(
        _ staffed: StaffedMarket, _ workers: [Worker.ID], losing: [Worker.ID: Credential.ID]
    ) async throws -> Tally {
        let routings = (0..<3).map { _ in staffed.routing() }
        var total = Tally()
        for number in 0..<12 {
            let turn = try await withThrowingTaskGroup(of: Tally.self) { group in
                for routing in routings {
                    group.addTask { Tally(offered: try await routing.route().offersMade) }
                }
                if number == 1 {
                    for licence in losing.values { group.addTask { try await revoke(licence, staffed) } }
                }
                for (place, worker) in workers.enumerated() {
                    let isOut = number > 1 && losing[worker] != nil
                    group.addTask {
                        let tally = try await answer(staffed, worker, declines: place % 5 == 4)
                        #expect(!isOut || tally.accepted == 0, "took work without a licence")
                        return tally
                    }
                }
                return try await group.reduce(into: Tally()) { $0.add($1) }
            }
            total.add(turn)
            if number > 0, turn.offered == 0, turn.commits == 0 { break }
        }
        return total
    }

    private func revoke(_ licence: Credential.ID, _ staffed: StaffedMarket) async throws -> Tally {
        try await RevokeCredential(market: staffed.market)(licence, reason: "Struck off.", by: staffed.manager)
        return Tally(revoked: 1)
    }

    private func answer(_ staffed: StaffedMarket, _ worker: Worker.ID, declines: Bool) async throws -> Tally {
        var tally = Tally()
        let actor = Principal.ID(worker.uuid)
        for offer in try await staffed.market.database.read({ try await $0.offers(to: worker) })
        where offer.state == .open {
            do {
                if declines {
                    try await DeclineOffer(market: staffed.market)(offer.id, by: actor)
                    tally.declined += 1
                    continue
                }
                let work = try await staffed.accept(offer)
                tally.accepted += 1
                _ = try await SubmitAnswer(market: staffed.market)([:], for: work.id, token: work.leaseToken, by: actor)
                tally.submitted += 1
            } catch is OfferRefusal {
                tally.refused += 1
            } catch is ClaimRefusal {
                tally.refused += 1
            } catch is SubmitRefusal {
                // The licence was lost between lease and answer.
                tally.refused += 1
            }
        }
        return tally
    }

    /// Batches with more open offers than open slots.
    private func surplus(_ staffed: StaffedMarket) async throws -> Int {
        try await staffed.count(
            """
            select count(*) as n from (
                select batch_id, count(*) as offers from offer where state = 'open' group by batch_id) as live
             where live.offers > (select count(*) from slot where slot.batch_id = live.batch_id and state = 'open')
            """)
    }
}
