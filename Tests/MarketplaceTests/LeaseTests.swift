import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Leases", .scratchDatabase)
struct LeaseTests {
    private func leased() async throws -> (SmallMarket, Worker.ID, Assignment) {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        return (small, worker, try await small.claim(worker, batch))
    }

    @Test("take the same answer twice as once, and no other after it")
    func submitTwice() async throws {
        let (small, _, work) = try await leased()
        let first = try await small.submit(work)
        #expect(try await small.submit(work) == first)
        #expect(await refusal(SubmitRefusal.self) { try await small.submit(work, "b") } == .otherAnswerSubmitted)
        #expect(try await small.count("select count(*) as n from submission") == 1)
        #expect(try await small.ills() == [])
    }

    @Test("are handed in by a worker who has paused since")
    func submitPaused() async throws {
        let (small, worker, work) = try await leased()
        try await PauseWorker(market: small.market)(worker, by: Principal.ID(worker.uuid))
        try await small.submit(work)
        #expect(try await small.count("select count(*) as n from submission") == 1)
    }

    @Test("take one of many submissions at the same time, and tell all who sent it the same")
    func submitConcurrently() async throws {
        let (small, _, work) = try await leased()
        let outcomes = await withTaskGroup { group in
            for index in 0..<16 {
                group.addTask { await Result.of { try await small.submit(work, index % 2 == 0 ? "a" : "b") } }
            }
            return await group.reduce(into: [Result<Submission, any Error>]()) { $0.append($1) }
        }
        #expect(Set(outcomes.compactMap { try? $0.get() }).count == 1)
        #expect(outcomes.compactMap { try? $0.get() }.count == 8)
        let refusals = outcomes.compactMap { $0.failure as? SubmitRefusal }
        #expect(refusals == Array(repeating: .otherAnswerSubmitted, count: 8))
        #expect(try await small.ills() == [])
    }

    @Test("refuse an answer that the schema does not allow, with the place of the fault")
    func invalidAnswer() async throws {
        let (small, worker, work) = try await leased()
        let refused = await refusal(SubmitRefusal.self) {
            try await SubmitAnswer(market: small.market)(
                ["label": 7], for: work.id, token: work.leaseToken, by: Principal.ID(worker.uuid)
            )
        }
        guard case .invalidAnswer(let faults) = refused else { return #expect(refused?.code == "invalid_answer") }
        #expect(faults.map(\.path) == ["/label"])
    }

    @Test("refuse every message with a token that is not the newest")
    func staleToken() async throws {
        let (small, worker, work) = try await leased()
        Scratch.clock.advance(by: 3_601)
        #expect(try await ExpireLeases(market: small.market)(by: small.manager) == 1)
        let again = try await small.claim(worker, work.batch)
        #expect(again.leaseToken == work.leaseToken + 1)
        let actor = Principal.ID(worker.uuid)
        for (id, token) in [(work.id, work.leaseToken), (again.id, work.leaseToken), (work.id, again.leaseToken)] {
            #expect(
                await refusal(LeaseRefusal.self) {
                    try await Heartbeat(market: small.market)(id, token: token, by: actor)
                } == .leaseLost)
            #expect(
                await refusal(LeaseRefusal.self) {
                    try await ReturnTask(market: small.market)(id, token: token, .noTime, by: actor)
                } == .leaseLost)
            #expect(
                await refusal(SubmitRefusal.self) {
                    try await SubmitAnswer(market: small.market)(["label": "a"], for: id, token: token, by: actor)
                } == .leaseLost)
        }
        try await small.submit(again)
        #expect(try await small.ills() == [])
    }

    @Test("refuse the answer of somebody whose licence has lapsed meanwhile")
    func notEligibleAnyMore() async throws {
        let (small, _, work) = try await leased()
        try await Scratch.asOwner { try await $0.execute("update credential set expires_at = \(Scratch.start + 60)") }
        Scratch.clock.advance(by: 61)
        let refused = await refusal(SubmitRefusal.self) { try await small.submit(work) }
        #expect(refused?.code == "not_eligible")
    }

    @Test("are extended by heartbeats up to the deadline of the terms")
    func heartbeat() async throws {
        let (small, worker, work) = try await leased()
        let beat = Heartbeat(market: small.market)
        Scratch.clock.advance(by: 1_800)
        #expect(
            try await beat(work.id, token: work.leaseToken, by: Principal.ID(worker.uuid)) == Scratch.start + 5_400
        )
        Scratch.clock.advance(by: 3_000)
        #expect(try await beat(work.id, token: work.leaseToken, by: Principal.ID(worker.uuid)) == work.answerBy)
        #expect(try await small.ills() == [])
    }

    @Test("that run out give slot and minutes back, and count as a lapse")
    func expiry() async throws {
        let (small, worker, work) = try await leased()
        #expect(try await ExpireLeases(market: small.market)(by: small.manager) == 0)
        Scratch.clock.set(to: work.leaseUntil)
        #expect(try await ExpireLeases(market: small.market)(by: small.manager) == 1)
        #expect(try await small.count("select sum(lapses) as n from slot where state = 'open'") == 1)
        #expect(try await small.count("select sum(committed_minutes)::bigint as n from worker_week") == 0)
        #expect(try await small.claim(worker, work.batch).task == work.task)
        #expect(try await small.ills() == [])
    }

    @Test("that are returned give slot and minutes back")
    func returned() async throws {
        let (small, worker, work) = try await leased()
        try await ReturnTask(market: small.market)(
            work.id, token: work.leaseToken, .noTime, by: Principal.ID(worker.uuid))
        #expect(try await small.count("select sum(committed_minutes)::bigint as n from worker_week") == 0)
        #expect(try await small.claim(worker, work.batch).id != work.id)
        #expect(try await small.ills() == [])
    }

    @Test("are listed for their worker; what is to be done is read only while they live")
    func myWork() async throws {
        let (small, worker, work) = try await leased()
        let mine = MyWork(market: small.market)
        let live = try await mine(by: Principal.ID(worker.uuid))
        #expect(live.map(\.assignment.id) == [work.id])
        let read = ReadTask(market: small.market)
        #expect(try await read(work.id, by: Principal.ID(worker.uuid)).payload == ["text": "b-0"])
        try await small.submit(work)
        #expect(
            await refusal(LeaseRefusal.self) { try await read(work.id, by: Principal.ID(worker.uuid)) }
                == .alreadySubmitted)
        #expect(try await mine(by: Principal.ID(worker.uuid)).map(\.assignment.state) == [.submitted])
        #expect(try await mine(before: work.id, by: Principal.ID(worker.uuid)).isEmpty)
        #expect(try await mine(by: small.reviewer).isEmpty)
    }

    @Test("say in their terms where the work is performed, which is not always where the worker is from")
    func place() async throws {
        let small = try await SmallMarket()
        let worker = try await RegisterWorker(market: small.market)(
            Registration(
                externalKey: "w", name: "Worker", email: "w@example.org", country: "US",
                timeZone: "Europe/Berlin", weeklyMinutesMax: 600, languages: ["en"], place: "DE-BE"
            ),
            by: small.manager
        )
        try await ActivateWorker(market: small.market)(worker, by: small.manager)
        let abroad = try await small.batch(small.draft("us", requirement: .performedIn(["US"])), tasks: 1)
        #expect(
            await refusal(ClaimRefusal.self) { try await small.claim(worker, abroad) }?.code == "not_eligible")
        let here = try await small.batch(small.draft("de", requirement: .performedIn(["DE"])), tasks: 1)
        #expect(try await small.claim(worker, here).terms["place_of_performance"] == "DE-BE")
        #expect(try await small.ills() == [])
    }
}
