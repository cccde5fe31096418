import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Whom to ask", .scratchDatabase)
struct AskerTests {
    private static let twoToFour = AdaptiveRedundancy(
        most: 4, agreementBasisPoints: 10_000, errorCost: 50 * (SmallMarket.pay + SmallMarket.fee))

    /// Three who are right, one who is wrong on every third task, of sixty; and one whom nobody knows.
    private func taught() async throws -> (desk: LabelDesk, crew: [Worker.ID]) {
        let desk = try await LabelDesk()
        let (batch, crew) = (try await desk.batch("taught", redundancy: 4, tasks: 60), try await desk.crew(5))
        for (number, worker) in crew.prefix(4).enumerated() {
            for task in 0..<60 {
                let work = try await desk.small.claim(worker, batch)
                let truth = try await desk.small.count(
                    "select split_part(external_key, '-', 2)::integer % 2 as n from task where task_id = \(work.task)")
                let isWrong = number == 3 && task % 6 == 0
                try await desk.small.submit(work, (truth == 0) != isWrong ? "a" : "b")
            }
        }
        Scratch.clock.advance(by: 60)
        #expect(try await FitPosteriors(market: desk.small.market)() == 1)
        return (desk, crew)
    }

    private func gains(_ desk: LabelDesk, _ batch: Batch.ID, _ crew: [Worker.ID]) async throws -> [Int?] {
        try await desk.small.market.database.read { transaction in
            let key = Batch.Key(requester: desk.small.requester, id: batch)
            let read = try await transaction.routingBatches(of: [key])
            let found = try await transaction.routingGains(of: Array(read.values), to: crew)
            return crew.map { found[RoutingPair(batch: batch, worker: $0)] }
        }
    }

    @Test("is whose answer settles most of what asks for one more: the sure before the unsure; nobody where none asks")
    func rated() async throws {
        let (desk, crew) = try await taught()
        let rate = RateAskers(market: desk.small.market)
        let batch = try await desk.batch("differs", redundancy: 2, adaptive: Self.twoToFour)
        // No task asks for one more yet.
        #expect(try await rate())
        #expect(try await gains(desk, batch, crew) == [nil, nil, nil, nil, nil])
        // Not again within a minute.
        #expect(try await !rate())
        try await desk.answer(crew[0], batch, "a")
        try await desk.answer(crew[1], batch, "b")
        Scratch.clock.advance(by: 61)
        #expect(try await rate())
        let found = try await gains(desk, batch, crew)
        let (sure, unsure) = (try #require(found[2]), try #require(found[3]))
        #expect(sure > unsure && sure > 0 && found[4] == nil)
        // What is old does not count.
        Scratch.clock.advance(by: 901)
        #expect(try await gains(desk, batch, crew) == [nil, nil, nil, nil, nil])
        #expect(try await desk.small.ills() == [])
    }

    @Test("is not worked out as long as no fit can be trusted, nor for batches that stop by agreement alone")
    func untrusted() async throws {
        let desk = try await LabelDesk()
        let crew = try await desk.crew(2)
        let rate = RateAskers(market: desk.small.market)
        _ = try await desk.batch(
            "agreement", redundancy: 2, adaptive: AdaptiveRedundancy(most: 3, agreementBasisPoints: 9_000))
        #expect(try await !rate())
        let batch = try await desk.batch("b", redundancy: 2, adaptive: Self.twoToFour)
        try await desk.answer(crew[0], batch, "a")
        try await desk.answer(crew[1], batch, "b")
        #expect(try await rate())
        #expect(try await gains(desk, batch, crew) == [nil, nil])
        #expect(try await desk.small.count("select count(*) as n from worker_gain") == 0)
    }

    @Test("two who rate at once take two batches, or one of them none")
    func raced() async throws {
        let database = Scratch.connect { $0.poolSize = 8 }
        let desk = try await LabelDesk()
        let market = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        for number in 0..<3 {
            _ = try await desk.batch("b\(number)", redundancy: 2, adaptive: Self.twoToFour)
        }
        let rated = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var rated = 0
                    while try await RateAskers(market: market)() { rated += 1 }
                    return rated
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(rated == 3)
        await database.shutdown()
    }

    @Test("a gain is a share, of a batch that was rated")
    func constraints() async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (
            try await desk.batch("b", redundancy: 2, adaptive: Self.twoToFour), try await desk.crew(1)
        )
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into batch_gain select requester_id, batch_id, opened_at, 1 from batch where batch_id = \(batch)
                """)
            try await $0.execute(
                "insert into worker_gain select requester_id, batch_id, \(crew[0]), 1 from batch_gain")
        }
        try await expectRefused([
            ("batch_gain_possible", "update batch_gain set usual_ppm = 1000001"),
            ("worker_gain_possible", "update worker_gain set gain_ppm = -1"),
        ])
    }
}
