import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Nobody is sent away while work waits", .scratchDatabase)
struct ServiceBoundTests {
    private func key(_ small: SmallMarket, _ batch: Batch.ID) -> Batch.Key {
        Batch.Key(requester: small.requester, id: batch)
    }

    @Test("the oldest batch is found behind more newer and urgent ones than are looked at")
    func oldest() async throws {
        let small = try await SmallMarket()
        let old = try await small.batch(small.draft("old", priority: -1), tasks: 3)
        for number in 0..<101 {
            Scratch.clock.advance(by: 1)
            _ = try await small.batch(small.draft("new \(number)", priority: 5), tasks: 1)
        }
        let worker = try await small.lawyer("w")
        let byAge = ClaimTask(market: small.market, order: OrderOfService(agingEvery: 1))
        #expect(try await byAge(by: Principal.ID(worker.uuid)).batch == old)
        #expect(try await small.claim(worker).batch != old)
    }

    @Test("work is found behind more batches with nothing for this worker than are looked at")
    func beyond() async throws {
        let small = try await SmallMarket()
        let (worker, other) = (try await small.lawyer("w"), try await small.lawyer("other"))
        let reserve = ReserveTasks(market: small.market)
        for number in 0..<101 {
            let batch = try await small.batch(small.draft("kept \(number)", priority: 5), tasks: 1)
            #expect(
                try await reserve(
                    ["kept \(number)-0"], of: key(small, batch), for: .workers([other]), by: small.manager) == 1)
        }
        let plain = try await small.batch(small.draft("plain"), tasks: 1)
        #expect(try await small.claim(worker).batch == plain)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker) } == .noWork)
    }

    @Test("a pack of which a worker can take nothing stays free")
    func packs() async throws {
        let small = try await SmallMarket()
        let (barred, free) = (try await small.worker("barred"), try await small.worker("free"))
        _ = try await DeclareInterest(market: small.market)(
            .employer, in: "Harbour LLC", of: barred, by: Principal.ID(barred.uuid))
        let id = try await CreateBatch(market: small.market)(
            BatchDraft(
                project: small.project, name: "b", profession: .lawyer, tier: .expert, requirement: .all([]),
                feeBasisPoints: 1_000, budget: Money(5_000_000, small.usd), expectedMinutes: 1,
                sharing: TaskSharing(isPacked: true)
            ), of: small.requester, by: small.manager)
        let tasks = try (0..<24).map {
            TaskDraft(
                externalKey: "t\($0)", payload: [:],
                parties: $0 < 22 ? [try PartyName("Harbour LLC")] : [], matter: "m\($0 / 2)")
        }
        // Packs are looked at in the order of their ids, which begin with the instant: those with the party first.
        for part in [tasks.prefix(22), tasks.suffix(2)] {
            _ = try await AddTasks(market: small.market)(
                AsyncStream { stream in
                    part.forEach { stream.yield($0) }
                    stream.finish()
                }, to: id, of: small.requester, by: small.manager)
            Scratch.clock.advance(by: 1)
        }
        _ = try await PublishBatch(market: small.market)(id, of: small.requester, by: small.manager)
        let other = try await small.batch(small.draft("other", requirement: .all([])), tasks: 1)
        // Eleven packs are not for them: a claim looks at eight, finds nothing there, and goes on to the other batch.
        #expect(
            try await ClaimTask(market: small.market, order: OrderOfService(agingEvery: 1))(
                by: Principal.ID(barred.uuid)
            ).batch == other)
        #expect(try await small.count("select count(*) as n from allotment where holder_id is not null") == 0)
        #expect(try await small.claim(free, id).batch == id)
        #expect(try await small.count("select count(*) as n from allotment where holder_id is not null") == 1)
        #expect(try await small.ills() == [])
    }

    @Test("a claim that waited for a slot is refused when the batch was paused meanwhile")
    func paused() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b", requirement: .all([])), tasks: 1)
        let worker = try await small.worker("w")
        let (locked, goOn) = (AsyncStream<Void>.makeStream(), AsyncStream<Void>.makeStream())
        async let holder: Void = small.market.database.transaction { transaction in
            try await transaction.execute("select from slot for update")
            locked.continuation.finish()
            for await _ in goOn.stream {}
        }
        for await _ in locked.stream {}
        async let outcome = refusal(ClaimRefusal.self) { try await small.claim(worker, batch) }
        while try await !somebodyWaits() { try await Task.sleep(for: .milliseconds(20)) }
        try await PauseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        goOn.continuation.finish()
        try await holder
        #expect(await outcome == .batchNotOpen(.paused))
        #expect(try await small.count("select count(*) as n from slot where state = 'open'") == 1)
    }

    private func somebodyWaits() async throws -> Bool {
        try await Scratch.asOwner { transaction in
            try await transaction.firstRow(
                """
                select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database() limit 1
                """) != nil
        }
    }
}
