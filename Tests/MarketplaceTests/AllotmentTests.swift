import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("What is set aside", .scratchDatabase)
struct AllotmentTests {
    private func key(_ small: SmallMarket, _ batch: Batch.ID) -> Batch.Key {
        Batch.Key(requester: small.requester, id: batch)
    }

    private func open(
        _ small: SmallMarket, _ name: String, _ tasks: [TaskDraft], redundancy: Int = 1, _ sharing: TaskSharing = .plain
    ) async throws -> Batch.ID {
        let draft = BatchDraft(
            project: small.project, name: name, profession: .lawyer, tier: .expert, requirement: .all([]),
            redundancy: redundancy, feeBasisPoints: 1_000, budget: try Money(50_000_000, small.usd),
            expectedMinutes: 1, leaseSeconds: 3_600, answerSeconds: 7_200, sharing: sharing
        )
        let id = try await CreateBatch(market: small.market)(draft, of: small.requester, by: small.manager)
        let stream = AsyncStream { stream in
            for task in tasks { stream.yield(task) }
            stream.finish()
        }
        let added = try await AddTasks(market: small.market)(stream, to: id, of: small.requester, by: small.manager)
        #expect(added.faults == [] && added.added == tasks.count)
        _ = try await PublishBatch(market: small.market)(id, of: small.requester, by: small.manager)
        return id
    }

    private func tasks(_ count: Int, matter: (Int) -> String? = { _ in nil }, gold: Int = 0) -> [TaskDraft] {
        (0..<count).map {
            TaskDraft(
                externalKey: "t\($0)", payload: ["text": "x"], referenceAnswers: ["gold": ["label": "a"]],
                matter: matter($0), isGold: $0 < gold
            )
        }
    }

    private func names(_ work: [Assignment]) async throws -> [String] {
        try await Scratch.database.read { transaction in
            var found: [String] = []
            for one in work {
                found.append(
                    try await transaction.oneRow("select external_key from task where task_id = \(one.task)")[
                        "external_key"])
            }
            return found
        }
    }

    @Test("for named workers is given to nobody else, and to them first; the rest is for everybody")
    func named() async throws {
        let small = try await SmallMarket()
        let (one, two) = (try await small.worker("one"), try await small.worker("two"))
        let batch = try await open(small, "b", tasks(4))
        let reserve = ReserveTasks(market: small.market)
        #expect(try await reserve(["t3"], of: key(small, batch), for: .workers([two]), by: small.manager) == 1)
        #expect(try await names([try await small.claim(two, batch)]) == ["t3"])
        var rest: [Assignment] = []
        for _ in 0..<3 { rest.append(try await small.claim(one, batch)) }
        #expect(Set(try await names(rest)) == ["t0", "t1", "t2"])
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(one, batch) } == .noWork)
        #expect(try await small.ills() == [])
    }

    @Test("for a team is given to who is in it when they ask, until its time is over")
    func group() async throws {
        let small = try await SmallMarket()
        let (member, other) = (try await small.worker("member"), try await small.worker("other"))
        let team = try await CreateTeam(market: small.market)(
            TeamDraft(externalKey: "agents", kind: .agency, name: "Agents", base: "US"), by: small.manager
        ).id
        try await JoinTeam(market: small.market)(member, team, by: small.manager)
        let batch = try await open(small, "b", tasks(2))
        let reserve = ReserveTasks(market: small.market)
        let end = Scratch.start + 600
        #expect(
            try await reserve(["t0", "t1"], of: key(small, batch), for: .team(team), until: end, by: small.manager) == 2
        )
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(other, batch) } == .noWork)
        let why = try await WhyNotEligible(market: small.market)(
            other, from: (small.requester, batch), by: small.manager)
        #expect(why == .refused(.noWork))
        #expect(try await names([try await small.claim(member, batch)]) == ["t0"])
        #expect(try await EndReservations(market: small.market)(by: small.manager) == 0)
        Scratch.clock.advance(by: 600)
        #expect(try await EndReservations(market: small.market)(by: small.manager) == 1)
        #expect(try await names([try await small.claim(other, batch)]) == ["t1"])
        let left = try await ListAllotments(market: small.market)(of: key(small, batch), by: small.manager)
        #expect(left.map(\.openSlots) == [0])
        #expect(try await small.ills() == [])
    }

    @Test("is refused for keys, workers and batches that are not there, and in packed batches")
    func refused() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let reserve = ReserveTasks(market: small.market)
        let batch = try await open(small, "b", tasks(1))
        let packed = try await open(
            small, "p", [TaskDraft(externalKey: "p0", payload: [:], matter: "m")], .init(isPacked: true))
        func code(_ keys: [String], _ batch: Batch.ID, _ whom: Reservation, by actor: Principal.ID? = nil) async
            -> String?
        {
            await Crew.refusal {
                try await reserve(keys, of: key(small, batch), for: whom, by: actor ?? small.manager)
            }
        }
        let unknown: Worker.ID = small.market.identifiers.make(at: Scratch.start)
        #expect(await code([], batch, .workers([worker])) == "bad_input")
        #expect(await code(["t0"], batch, .workers([])) == "bad_input")
        #expect(await code(["t0"], batch, .workers([worker]), by: small.reviewer) == "role_missing")
        #expect(await code(["t0"], Batch.ID(unknown.uuid), .workers([worker])) == "not_found")
        #expect(await code(["p0"], packed, .workers([worker])) == "batch_packed")
        #expect(await code(["t0", "t9"], batch, .workers([worker])) == "no_such_tasks")
        #expect(await code(["t0"], batch, .workers([unknown])) == "not_found")
        #expect(try await reserve(["t0"], of: key(small, batch), for: .workers([worker]), by: small.manager) == 1)
    }

    @Test("of a packed batch goes by matter: all of it to whoever took the first, another worker for each slot")
    func packs() async throws {
        let small = try await SmallMarket()
        let (one, two, three) = (
            try await small.worker("one"), try await small.worker("two"), try await small.worker("three")
        )
        let batch = try await open(
            small, "b", tasks(6) { $0.isMultiple(of: 2) ? "even" : "odd" }, redundancy: 2, .init(isPacked: true))
        var held: [Worker.ID: [Assignment]] = [:]
        for _ in 0..<3 {
            for worker in [one, two, three] { held[worker, default: []].append(try await small.claim(worker, batch)) }
        }
        for (_, work) in held {
            let numbers = Set(try await names(work).compactMap { Int($0.dropFirst()) }.map { $0 % 2 })
            #expect(numbers.count == 1, "a worker has tasks of one matter")
            #expect(Set(work.map(\.slot)).count == 1)
        }
        // One of the four packs is left: of a matter that two of the three do not have.
        var more: [Assignment] = []
        for worker in [one, two, three] {
            if let work = try? await small.claim(worker, batch) { more.append(work) }
        }
        #expect(!more.isEmpty)
        #expect(try await small.ills() == [])
    }

    @Test("as a pack goes to somebody else once its holder has let the time for an answer pass")
    func packsEnd() async throws {
        let small = try await SmallMarket()
        let (one, two) = (try await small.worker("one"), try await small.worker("two"))
        let batch = try await open(small, "b", tasks(3) { _ in "m" }, .init(isPacked: true))
        _ = try await small.claim(one, batch)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(two, batch) } == .noWork)
        Scratch.clock.advance(by: 7_200)
        #expect(try await ExpireLeases(market: small.market)(by: small.manager) == 1)
        for _ in 0..<3 { _ = try await small.claim(two, batch) }
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(one, batch) } == .noWork)
        #expect(try await small.ills() == [])
    }

    @Test("as gold comes at the batch's rate and not otherwise")
    func gold() async throws {
        let small = try await SmallMarket(wallet: 100_000_000)
        let worker = try await small.worker("w")
        try await SetAvailability(market: small.market)(
            AvailabilitySettings(tasksAtOnceMax: 100), of: worker, by: Principal.ID(worker.uuid))
        let batch = try await open(small, "b", tasks(100, gold: 40), .init(goldBasisPoints: 3_000))
        var work: [Assignment] = []
        for _ in 0..<60 { work.append(try await small.claim(worker, batch)) }
        let gold = try await names(work).compactMap { Int($0.dropFirst()) }.count { $0 < 40 }
        // 18 of 60 are expected; within four standard deviations.
        #expect((4...32).contains(gold), "\(gold) of 60")
        let draft = TaskDraft(externalKey: "g", payload: [:], isGold: true)
        let bad = try await CreateBatch(market: small.market)(
            try small.draft("bad"), of: small.requester, by: small.manager)
        let stream = AsyncStream { stream in
            stream.yield(draft)
            stream.finish()
        }
        let added = try await AddTasks(market: small.market)(stream, to: bad, of: small.requester, by: small.manager)
        #expect(added.faults.first?.reason.contains("reference answer") == true)
        #expect(try await small.ills() == [])
    }

    @Test("tasks of the matter that a worker had last come before others")
    func affinity() async throws {
        let small = try await SmallMarket()
        let (one, two) = (try await small.worker("one"), try await small.worker("two"))
        let batch = try await open(small, "b", tasks(6) { "m\($0 % 2)" })
        let first = try await names([try await small.claim(one, batch)])[0]
        _ = try await small.claim(two, batch)
        let parity = (Int(first.dropFirst()) ?? 0) % 2
        var next: [String] = []
        for _ in 0..<2 { next += try await names([try await small.claim(one, batch)]) }
        #expect(next.compactMap { Int($0.dropFirst()) }.filter { $0 % 2 == parity }.count >= 1)
        #expect(try await small.ills() == [])
    }

    @Test("one worker has no more tasks of a batch than it allows, and is told so")
    func cap() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let batch = try await open(small, "b", tasks(4), .init(workerTasksMax: 2))
        let work = try await small.claim(worker, batch)
        _ = try await small.claim(worker, batch)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .batchCap(2))
        let why = try await WhyNotEligible(market: small.market)(
            worker, from: (small.requester, batch), by: small.manager)
        #expect(why == .refused(.batchCap(2)))
        // What was given back does not count.
        try await ReturnTask(market: small.market)(
            work.id, token: work.leaseToken, .noTime, by: Principal.ID(worker.uuid))
        _ = try await small.claim(worker, batch)
    }
}

@Suite("Several tasks at once", .scratchDatabase)
struct SeveralTasksTests {
    @Test("are leased each under an assignment of its own, as many as there is room for, of a task once")
    func several() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let batch = try await small.batch(
            small.draft("b", requirement: .all([]), redundancy: 3, minutes: 30), tasks: 3)
        let claim = ClaimTask(market: small.market)
        let taken = try await claim.several(10, from: (small.requester, batch), by: Principal.ID(worker.uuid))
        #expect(taken.count == 3 && Set(taken.map(\.task)).count == 3 && Set(taken.map(\.id)).count == 3)
        #expect(try await small.count("select live_leases::bigint as n from worker_load") == 3)
        #expect(try await small.count("select committed_minutes::bigint as n from worker_week") == 90)
        #expect(try await small.count("select count(*) as n from hours_entry where kind = 'reserved'") == 3)
        #expect(
            try await small.count("select count(*) as n from audit_event where action = 'task_claimed'") == 3)
        for work in taken { try await small.submit(work) }
        #expect(try await small.ills() == [])
    }

    @Test("stop where the worker's leases, their week and their day end")
    func room() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w", weeklyMinutes: 100)
        let batch = try await small.batch(small.draft("b", requirement: .all([]), minutes: 30), tasks: 50)
        let claim = ClaimTask(market: small.market)
        #expect(try await claim.several(100, by: Principal.ID(worker.uuid)).count == 3)
        #expect(
            await refusal(ClaimRefusal.self) { try await claim.several(2, by: Principal.ID(worker.uuid)) } == .hoursCap)
        let other = try await small.worker("other", weeklyMinutes: 10_080)
        #expect(
            try await claim.several(100, from: (small.requester, batch), by: Principal.ID(other.uuid)).count == 5)
        #expect(
            await refusal(ClaimRefusal.self) { try await small.claim(other, batch) } == .mostAtOnce(5))
        #expect(
            await Crew.refusal { try await claim.several(101, by: Principal.ID(other.uuid)) } == "bad_input")
        #expect(try await small.ills() == [])
    }

    @Test("are never over-assigned, however many take many at once")
    func race() async throws {
        let small = try await SmallMarket(wallet: 1_000_000_000)
        var workers: [Worker.ID] = []
        for number in 0..<12 { workers.append(try await small.worker("w\(number)", weeklyMinutes: 10_080)) }
        let batch = try await small.batch(
            small.draft("b", requirement: .all([]), redundancy: 2, minutes: 1), tasks: 20)
        let counts = try await withThrowingTaskGroup { group in
            for worker in workers {
                group.addTask {
                    (try? await ClaimTask(market: small.market)
                        .several(5, from: (small.requester, batch), by: Principal.ID(worker.uuid)).count) ?? 0
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts.reduce(0, +) == 40)
        #expect(try await small.ills() == [])
    }
}
