import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Claims that race", .scratchDatabase)
struct ClaimRaceTests {
    @Test("give 200 claimers exactly the 50 slots there are, a hundred times over")
    func twoHundredOnFifty() async throws {
        let database = Scratch.connect { $0.poolSize = 8 }
        let market = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        let small = try await SmallMarket(market: market)
        let workers = try await crowd(200, of: small)
        let batch = try await small.batch(small.draft("fifty", requirement: .all([]), lapsesMax: 1_000), tasks: 50)
        for round in 0..<100 {
            let outcomes = await claimAll(workers, from: batch, of: small)
            let leases = outcomes.compactMap { try? $0.get() }
            let refusals = outcomes.compactMap { $0.failure as? ClaimRefusal }
            #expect(leases.count == 50, "round \(round)")
            #expect(Set(leases.map(\.task)).count == 50, "round \(round)")
            #expect(refusals == Array(repeating: .noWork, count: 150), "round \(round)")
            // The slots come back as new ones.
            Scratch.clock.advance(by: 3_601)
            #expect(try await ExpireLeases(market: market)(by: small.manager) == 50)
        }
        #expect(try await small.ills() == [])
        await database.shutdown()
    }

    @Test(
        "leave no slot while somebody qualified waits, though others hold slots and let them go"
    )
    func lockedSlotsComeBack() async throws {
        let database = Scratch.connect { $0.poolSize = 16 }
        let market = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        let small = try await SmallMarket(market: market)
        let workers = try await crowd(20, of: small)
        let batch = try await small.batch(small.draft("twenty", requirement: .all([]), lapsesMax: 1_000), tasks: 20)
        for _ in 0..<10 {
            async let lurking: Void = lurk(on: batch, database)
            let outcomes = await claimAll(workers, from: batch, of: small)
            try await lurking
            #expect(outcomes.compactMap { try? $0.get() }.count == 20)
            Scratch.clock.advance(by: 3_601)
            _ = try await ExpireLeases(market: market)(by: small.manager)
        }
        await database.shutdown()
    }

    @Test("never give one worker more than the most at once")
    func oneWorkerManyTimes() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b", redundancy: 3), tasks: 20)
        let outcomes = await claimAll(Array(repeating: worker, count: 20), from: batch, of: small)
        #expect(outcomes.compactMap { try? $0.get() }.count == 5)
        #expect(outcomes.compactMap { $0.failure as? ClaimRefusal } == Array(repeating: .mostAtOnce(5), count: 15))
        #expect(try await small.ills() == [])
    }

    @Test("never pass the hours of a week")
    func oneWorkersHours() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w", weeklyMinutes: 100)
        let batch = try await small.batch(small.draft("b"), tasks: 10)
        let outcomes = await claimAll(Array(repeating: worker, count: 10), from: batch, of: small)
        #expect(outcomes.compactMap { try? $0.get() }.count == 3)
        #expect(Set(outcomes.compactMap { ($0.failure as? ClaimRefusal)?.code }) == ["hours_cap"])
    }

    @Test("are never left without a hold by a batch that closes meanwhile")
    func closingMeanwhile() async throws {
        let small = try await SmallMarket()
        let workers = try await crowd(10, of: small)
        for round in 0..<10 {
            let batch = try await small.batch(small.draft("b\(round)", requirement: .all([])), tasks: 5)
            async let closing = Result.of {
                try await CloseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
            }
            let outcomes = await claimAll(workers, from: batch, of: small)
            let leases = outcomes.compactMap { try? $0.get() }
            if await (try? closing.get()) != nil { #expect(leases.isEmpty) }
            for lease in leases {
                try await ReturnTask(market: small.market)(
                    lease.id, token: lease.leaseToken, .noTime, by: Principal.ID(lease.worker.uuid)
                )
            }
            #expect(try await small.ills() == [])
        }
    }

    /// Locks a few slots, stays for a moment, and goes without having taken them.
    private func lurk(on batch: Batch.ID, _ database: Database) async throws {
        struct Gone: Error {}
        try await withThrowingTaskGroup { group in
            for offset in 0..<4 {
                group.addTask {
                    for _ in 0..<3 {
                        try? await database.transaction { transaction in
                            try await transaction.execute(
                                """
                                select from slot where batch_id = \(batch) and state = 'open'
                                 order by task_id offset \(offset * 4) limit 4 for update skip locked
                                """)
                            try await Task.sleep(for: .milliseconds(5))
                            throw Gone()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func crowd(_ count: Int, of small: SmallMarket) async throws -> [Worker.ID] {
        try await withThrowingTaskGroup { group in
            for index in 0..<count { group.addTask { try await small.worker("w\(index)") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func claimAll(
        _ workers: [Worker.ID], from batch: Batch.ID, of small: SmallMarket
    ) async -> [Result<Assignment, any Error>] {
        await withTaskGroup { group in
            for worker in workers { group.addTask { await Result.of { try await small.claim(worker, batch) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }
}

extension Result where Failure == any Error {
    static func of(_ body: () async throws -> Success) async -> Self {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    var failure: Failure? {
        switch self {
        case .success: nil
        case .failure(let error): error
        }
    }
}
