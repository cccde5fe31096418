import Consensus
import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Full fits", .scratchDatabase)
struct PosteriorFitTests {
    /// Sixty tasks, whose answer is "a" of the even ones and "b" of the others, with three answers each: two workers
    /// are always right, the third always says "a".
    private func answered(_ desk: LabelDesk, tasks: Int = 60) async throws -> (batch: Batch.ID, works: [Assignment]) {
        let batch = try await desk.batch(redundancy: 4, tasks: tasks)
        var works: [Assignment] = []
        for (number, worker) in try await desk.crew(3).enumerated() {
            for _ in 0..<tasks {
                Scratch.clock.advance(by: 1)
                let work = try await desk.small.claim(worker, batch)
                let isEven = try await isEven(desk, work.task)
                try await desk.small.submit(work, number == 2 || isEven ? "a" : "b")
                works.append(work)
            }
        }
        return (batch, works)
    }

    private func isEven(_ desk: LabelDesk, _ task: WorkTask.ID) async throws -> Bool {
        try await desk.small.count(
            """
            select (split_part(external_key, '-', 2)::integer % 2) as n from task where task_id = \(task)
            """) == 0
    }

    private func fits(_ desk: LabelDesk) async throws -> Int {
        try await desk.small.count("select count(*) as n from label_fit where finished_at is not null")
    }

    private func tables(_ desk: LabelDesk) async throws -> [ConfusionRecord] {
        let ids = try await desk.small.market.database.read { transaction in
            try await transaction.rows("select worker_id from confusion_table order by worker_id").map {
                try $0.value("worker_id", as: Worker.ID.self)
            }
        }
        var found: [ConfusionRecord] = []
        for id in ids {
            found.append(
                try #require(
                    try await ReadConfusions(market: desk.small.market)(
                        of: id, in: desk.project, of: desk.small.requester, by: desk.small.manager)))
        }
        return found
    }

    @Test("a fit learns who is right and who is not, and is not made again before much has changed")
    func learns() async throws {
        let desk = try await LabelDesk()
        let (batch, works) = try await answered(desk)
        Scratch.clock.advance(by: 60)
        #expect(try await FitPosteriors(market: desk.small.market)() == 1)
        #expect(try await FitPosteriors(market: desk.small.market)() == 0)
        for work in works.prefix(6) {
            let posterior = try #require(try await desk.posterior(work.task))
            let isEven = try await isEven(desk, work.task)
            #expect(posterior.fit == 1)
            #expect((posterior.millionths[0] > 500_000) == isEven)
        }
        // The constant "a" says nothing: one more answer by the third hardly moves a new task.
        let fresh = try await desk.batch("fresh", redundancy: 2, tasks: 1)
        let lazy = try #require(works.last?.worker)
        let work = try await desk.answer(lazy, fresh, "a")
        let after = try await desk.first(work.task)
        #expect((400...700).contains(after))
        // A day later some change is enough.
        Scratch.clock.advance(by: 90_000)
        #expect(try await FitPosteriors(market: desk.small.market)() == 1)
        #expect(try await fits(desk) == 2)
        #expect(try await desk.small.ills() == [])
        _ = batch
    }

    @Test("a second fit of the same answers leaves the tables as the first has made them")
    func again() async throws {
        let desk = try await LabelDesk()
        _ = try await answered(desk)
        Scratch.clock.advance(by: 60)
        #expect(try await FitPosteriors(market: desk.small.market)() == 1)
        let first = try await tables(desk)
        let owner = Scratch.connect(asOwner: true)
        _ = try await owner.transaction {
            try await $0.execute("update task_posterior set changed_at = '2099-01-01'")
        }
        await owner.shutdown()
        #expect(try await FitPosteriors(market: desk.small.market)() == 1)
        let second = try await tables(desk)
        #expect(first.map(\.cells) == second.map(\.cells))
        #expect((first.map(\.fit), second.map(\.fit)) == ([1, 1, 1], [2, 2, 2]))
        #expect(first.map(\.answers) == [60, 60, 60])
    }

    @Test("answers that come while it runs are not lost")
    func beside() async throws {
        let desk = try await LabelDesk()
        let (batch, _) = try await answered(desk)
        Scratch.clock.advance(by: 60)
        let late = try await desk.small.worker("late")
        async let fitted = FitPosteriors(market: desk.small.market)()
        for _ in 0..<20 {
            let work = try await desk.small.claim(late, batch)
            try await desk.small.submit(work, "a")
        }
        #expect(try await fitted == 1)
        #expect(try await desk.counted().sorted() == [20, 60, 60, 60])
        #expect(try await desk.small.count("select sum(answers)::bigint as n from task_posterior") == 200)
        #expect(try await desk.small.ills() == [])
    }

    @Test("a fit that was cut off is made anew after an hour, and not before")
    func cutOff() async throws {
        let desk = try await LabelDesk()
        _ = try await answered(desk)
        Scratch.clock.advance(by: 60)
        let requester = desk.small.requester
        _ = try await desk.small.market.database.transaction { transaction in
            try await transaction.execute(
                """
                insert into label_fit (requester_id, project_id, version, started_at)
                values (\(requester), \(desk.project), 1, \(transaction.instant))
                """)
        }
        #expect(try await FitPosteriors(market: desk.small.market)() == 0)
        Scratch.clock.advance(by: 3_601)
        #expect(try await FitPosteriors(market: desk.small.market)() == 1)
        #expect(try await fits(desk) == 1)
    }

    @Test("what was counted since a fit began to read is added to what it found")
    func moved() throws {
        var table = try #require(ConfusionTable(answerCount: 2, cells: [3, 1, 1, 3]))
        let before = table
        table.count(0, [0.75, 0.25])
        let found = try #require(ConfusionTable(answerCount: 2, cells: [4, 0, 0, 4]))
        #expect(table.moved(to: found, since: before).cells == [4.75, 0.25, 0, 4])
        table.count(0, [0.75, 0.25], weight: -1)
        #expect(table == before)
        table.count(1, [1, 9], weight: -1)
        #expect(table.cells == [3, 1, 0, 0])
    }
}
