import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Ends of leases", .scratchDatabase)
struct LeaseEndTests {
    private func leased(lapsesMax: Int = 5) async throws -> (SmallMarket, Worker.ID, Assignment) {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b", lapsesMax: lapsesMax), tasks: 1)
        return (small, worker, try await small.claim(worker, batch))
    }

    @Test(
        "a late answer is taken if the slot is still free, swept or not, under a lease of its own",
        arguments: [false, true])
    func lateAndFree(isSwept: Bool) async throws {
        let (small, _, work) = try await leased()
        Scratch.clock.set(to: work.leaseUntil)
        if isSwept { #expect(try await ExpireLeases(market: small.market)(by: small.manager) == 1) }
        let taken = try await small.submit(work)
        #expect(taken.assignment != work.id)
        #expect(try await small.submit(work) == taken)
        #expect(await refusal(SubmitRefusal.self) { try await small.submit(work, "b") } == .otherAnswerSubmitted)
        #expect(try await small.count("select count(*) as n from submission") == 1)
        #expect(try await small.count("select lapses::bigint as n from slot") == 1)
        #expect(try await small.count("select live_leases::bigint as n from worker_load") == 0)
        #expect(try await small.ills() == [])
    }

    @Test("a late answer whose slot is another's is refused, kept, and there when the task comes back")
    func lateAndTaken() async throws {
        let (small, worker, work) = try await leased()
        let other = try await small.lawyer("other")
        Scratch.clock.set(to: work.leaseUntil)
        _ = try await ExpireLeases(market: small.market)(by: small.manager)
        let theirs = try await small.claim(other, work.batch)
        #expect(await refusal(SubmitRefusal.self) { try await small.submit(work, "mine") } == .leaseLost)
        let actor = Principal.ID(worker.uuid)
        let kept = try await ReadDraft(market: small.market)(work.id, by: actor)
        #expect(kept.answer == ["label": "mine"] && kept.isLate)
        await #expect(throws: NotFound.self) {
            try await ReadDraft(market: small.market)(work.id, by: Principal.ID(other.uuid))
        }
        try await ReturnTask(market: small.market)(
            theirs.id, token: theirs.leaseToken, .notMyField, by: Principal.ID(other.uuid)
        )
        let again = try await small.claim(worker, work.batch)
        #expect(try await ReadTask(market: small.market)(again.id, by: actor).draft == ["label": "mine"])
        #expect(try await small.ills() == [])
    }

    @Test("a late answer of a worker who may not take work now is kept, and nothing else changes")
    func lateAndPaused() async throws {
        let (small, worker, work) = try await leased()
        try await PauseWorker(market: small.market)(worker, by: Principal.ID(worker.uuid))
        Scratch.clock.set(to: work.leaseUntil)
        #expect(await refusal(SubmitRefusal.self) { try await small.submit(work) } == .leaseLost)
        #expect(try await small.count("select count(*) as n from answer_draft where is_late") == 1)
        #expect(try await ExpireLeases(market: small.market)(by: small.manager) == 1)
        #expect(try await small.ills() == [])
    }

    @Test("of many late copies of an answer while others claim, one at most is taken")
    func lateRace() async throws {
        let (small, worker, work) = try await leased()
        let others = try await [small.lawyer("o1"), small.lawyer("o2")]
        Scratch.clock.set(to: work.leaseUntil)
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { _ = try? await small.submit(work) } }
            for other in others { group.addTask { _ = try? await small.claim(other, work.batch) } }
            group.addTask { _ = try? await ExpireLeases(market: small.market)(by: small.manager) }
        }
        let held = try await small.count(
            "select count(*) as n from assignment where state in ('leased', 'submitted')")
        #expect(held == 1)
        #expect(try await small.count("select count(*) as n from submission") <= 1)
        _ = worker
        #expect(try await small.ills() == [])
    }

    /// The lease of a worker whose slot was given to somebody else after it had run out.
    private func lostToOther() async throws -> (SmallMarket, Worker.ID, Assignment, Assignment) {
        let (small, worker, work) = try await leased()
        let other = try await small.lawyer("other")
        Scratch.clock.set(to: work.leaseUntil)
        _ = try await ExpireLeases(market: small.market)(by: small.manager)
        return (small, worker, work, try await small.claim(other, work.batch))
    }

    @Test("a late text stays behind a draft of a later lease, and comes back in place of an older one")
    func lateAndNewer() async throws {
        let (small, worker, work, theirs) = try await lostToOther()
        let actor = Principal.ID(worker.uuid)
        try await ReturnTask(market: small.market)(
            theirs.id, token: theirs.leaseToken, .notMyField, by: Principal.ID(theirs.worker.uuid))
        let again = try await small.claim(worker, work.batch)
        _ = try await SaveDraft(market: small.market)(
            ["label": "new"], for: again.id, token: again.leaseToken, by: actor)
        #expect(await refusal(SubmitRefusal.self) { try await small.submit(work, "old") } == .leaseLost)
        let draft = try await ReadDraft(market: small.market)(again.id, by: actor)
        #expect(draft.answer == ["label": "new"] && !draft.isLate)
        Scratch.clock.set(to: again.leaseUntil)
        _ = try await ExpireLeases(market: small.market)(by: small.manager)
        _ = try await small.claim(small.lawyer("third"), work.batch)
        #expect(await refusal(SubmitRefusal.self) { try await small.submit(again, "late") } == .leaseLost)
        #expect(try await ReadDraft(market: small.market)(again.id, by: actor).answer == ["label": "late"])
        #expect(try await small.ills() == [])
    }

    @Test("no late text comes back once an answer of its worker is in")
    func lateAndAnswered() async throws {
        let (small, worker, work, theirs) = try await lostToOther()
        try await ReturnTask(market: small.market)(
            theirs.id, token: theirs.leaseToken, .notMyField, by: Principal.ID(theirs.worker.uuid))
        let again = try await small.claim(worker, work.batch)
        try await small.submit(again, "in")
        // Refused at the token or at the earlier answer; neither keeps a draft.
        await #expect(throws: SubmitRefusal.self) { try await small.submit(work, "old") }
        #expect(try await small.count("select count(*) as n from answer_draft") == 0)
        #expect(try await small.ills() == [])
    }

    @Test("a text is kept that the schema refuses when its lease is over, and one whose worker is suspended")
    func keptTexts() async throws {
        let (small, worker, work) = try await leased()
        let actor = Principal.ID(worker.uuid)
        func submit(_ answer: JSON) async -> SubmitRefusal? {
            await refusal(SubmitRefusal.self) {
                try await SubmitAnswer(market: small.market)(answer, for: work.id, token: work.leaseToken, by: actor)
            }
        }
        #expect(await submit(["label": 7])?.code == "invalid_answer")
        #expect(try await small.count("select count(*) as n from answer_draft") == 0, "the lease lives")
        _ = try await SuspendWorker(market: small.market)(
            worker, rule: "test", facts: [:], reasons: "Looked into.", by: small.manager)
        #expect(await submit(["label": "mine"])?.code == "not_eligible")
        let kept = try await ReadDraft(market: small.market)(work.id, by: actor)
        #expect(kept.answer == ["label": "mine"] && !kept.isLate)
        Scratch.clock.set(to: work.leaseUntil)
        #expect(await submit(["label": 8])?.code == "invalid_answer")
        let late = try await ReadDraft(market: small.market)(work.id, by: actor)
        #expect(late.answer == ["label": 8] && late.isLate)
    }

    @Test("the active time of a late answer is no longer than the lease before")
    func lateActiveTime() async throws {
        let (small, _, work) = try await leased()
        Scratch.clock.set(to: work.leaseUntil + 50_000)
        try await small.submit(work, activeSeconds: 40_000)
        #expect(try await small.count("select active_seconds::bigint as n from submission") == 3_600)
        #expect(try await small.ills() == [])
    }

    @Test("a draft is kept, replaced, shown with the work, and gone with the submission")
    func drafts() async throws {
        let (small, worker, work) = try await leased()
        let actor = Principal.ID(worker.uuid)
        let save = SaveDraft(market: small.market)
        _ = try await save(["half": true], for: work.id, token: work.leaseToken, by: actor)
        _ = try await save(["label": 7], for: work.id, token: work.leaseToken, by: actor)
        #expect(try await ReadTask(market: small.market)(work.id, by: actor).draft == ["label": 7])
        #expect(
            try await small.count("select count(*) as n from audit_event where action = 'draft_saved'") == 1,
            "the first of the lease")
        #expect(
            await refusal(LeaseRefusal.self) {
                _ = try await save(["label": 8], for: work.id, token: work.leaseToken + 1, by: actor)
            } == .leaseLost)
        try await small.submit(work)
        await #expect(throws: NotFound.self) { try await ReadDraft(market: small.market)(work.id, by: actor) }
        #expect(
            await refusal(LeaseRefusal.self) {
                _ = try await save(["label": 8], for: work.id, token: work.leaseToken, by: actor)
            } == .alreadySubmitted)
        #expect(try await small.ills() == [])
    }

    @Test("drafts that nobody came back for are forgotten after 90 days")
    func forget() async throws {
        let (small, worker, work) = try await leased()
        _ = try await SaveDraft(market: small.market)(
            ["label": "x"], for: work.id, token: work.leaseToken, by: Principal.ID(worker.uuid)
        )
        Scratch.clock.advance(by: ForgetDrafts.keptSeconds - 1)
        #expect(try await ForgetDrafts(market: small.market)() == 0)
        Scratch.clock.advance(by: 2)
        #expect(try await ForgetDrafts(market: small.market)() == 1)
    }

    @Test("a lease lasts as long as is asked for, within the deadline, and is never cut short")
    func longer() async throws {
        let (small, worker, work) = try await leased()
        let beat = Heartbeat(market: small.market)
        let actor = Principal.ID(worker.uuid)
        #expect(try await beat(work.id, token: work.leaseToken, seconds: 60, by: actor) == work.leaseUntil)
        #expect(
            try await beat(work.id, token: work.leaseToken, seconds: 5_000, by: actor) == Scratch.start + 5_000)
        #expect(try await beat(work.id, token: work.leaseToken, seconds: 90_000, by: actor) == work.answerBy)
        for seconds in [0, -1, 7_776_001, .max] {
            await #expect(throws: BadInput.self) {
                try await beat(work.id, token: work.leaseToken, seconds: seconds, by: actor)
            }
        }
    }

    @Test("a lease ends as soon as what it rests on has: a suspended worker, a credential that has lapsed")
    func revoked() async throws {
        let (small, worker, work) = try await leased()
        let other = try await small.lawyer("other")
        let theirs = try await small.batch(small.draft("c"), tasks: 1)
        let second = try await small.claim(other, theirs)
        let revoke = RevokeLeases(market: small.market)
        // So that what is kept says that they are eligible.
        while try await SweepEligibility(market: small.market)() > 0 {}
        #expect(try await revoke(by: small.manager) == 0)
        _ = try await SuspendWorker(market: small.market)(
            worker, rule: "house_rules", facts: [:], reasons: "Shared the text.", by: small.second
        )
        #expect(try await revoke(by: small.manager) == 1)
        let state = try await small.count(
            "select count(*) as n from assignment where assignment_id = \(work.id) and state = 'revoked'")
        #expect(state == 1)
        #expect(await refusal(SubmitRefusal.self) { try await small.submit(work) } == .leaseLost)
        Scratch.clock.set(to: Scratch.start + 360 * 86_400)
        let end = Scratch.start + 361 * 86_400
        try await Scratch.asOwner {
            try await $0.execute(
                """
                update assignment set lease_until = \(end), answer_by = \(end) where assignment_id = \(second.id)
                """)
            try await $0.execute("update slot set lease_until = \(end) where state = 'leased'")
        }
        #expect(try await revoke(by: small.manager) == 1)
        #expect(try await small.count("select count(*) as n from notice where kind = 'lease_revoked'") == 2)
        #expect(try await small.count("select sum(lapses) as n from slot") == 0)
    }

    @Test("a paused worker's lease is not revoked")
    func paused() async throws {
        let (small, worker, _) = try await leased()
        try await PauseWorker(market: small.market)(worker, by: Principal.ID(worker.uuid))
        #expect(try await RevokeLeases(market: small.market)(by: small.manager) == 0)
    }

    @Test("a slot that nobody finishes is held back, with the reasons, until a person lets it go", arguments: [1, 3])
    func quarantine(lapsesMax: Int) async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let actor = Principal.ID(worker.uuid)
        let batch = try await small.batch(small.draft("b", lapsesMax: lapsesMax), tasks: 1)
        for round in 1...lapsesMax {
            let work = try await small.claim(worker, batch)
            if round == 2 {
                Scratch.clock.set(to: work.leaseUntil)
                _ = try await ExpireLeases(market: small.market)(by: small.manager)
            } else {
                try await ReturnTask(market: small.market)(
                    work.id, token: work.leaseToken, .other, note: "Blank pages.", by: actor
                )
            }
        }
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .noWork)
        let list = ListQuarantine(market: small.market)
        let held = try await list(batch, of: small.requester, by: small.manager)
        #expect(held.map(\.externalKey) == ["b-0"] && held.first?.lapses == lapsesMax)
        #expect(held.first?.reasons == [.other: lapsesMax == 1 ? 1 : 2])
        #expect(try await list(batch, of: small.requester, after: held.last, by: small.manager) == [])
        let slot = try #require(held.first)
        let release = ReleaseQuarantine(market: small.market)
        try await release(slot.task, slot: slot.slot, of: small.requester, by: small.manager)
        await #expect(throws: NotFound.self) {
            try await release(slot.task, slot: slot.slot, of: small.requester, by: small.manager)
        }
        try await small.submit(try await small.claim(worker, batch))
        #expect(try await small.ills() == [])
    }

    @Test("a batch with nothing but held back slots can be closed")
    func closeQuarantined() async throws {
        let (small, worker, work) = try await leased(lapsesMax: 1)
        try await ReturnTask(market: small.market)(
            work.id, token: work.leaseToken, .brokenContent, by: Principal.ID(worker.uuid)
        )
        _ = try await CloseBatch(market: small.market)(work.batch, of: small.requester, by: small.manager)
        #expect(try await small.ills() == [])
    }

    @Test("a return says why: 'other' in words, and not in too many")
    func reasons() async throws {
        let (small, worker, work) = try await leased()
        for note in ["", String(repeating: "x", count: 1_001), "a\u{0}b"] {
            await #expect(throws: BadInput.self) {
                try await ReturnTask(market: small.market)(
                    work.id, token: work.leaseToken, .other, note: note, by: Principal.ID(worker.uuid)
                )
            }
        }
        try await ReturnTask(market: small.market)(
            work.id, token: work.leaseToken, .other, note: "The scan is of another case.",
            by: Principal.ID(worker.uuid)
        )
        #expect(try await small.count("select count(*) as n from task_return where reason = 'other'") == 1)
    }

    private static let violations: [(constraint: String, statement: SQL)] = [
        ("batch_lapses_max_possible", "update batch set lapses_max = 0"),
        ("task_return_note_bounded", "update task_return set note = repeat('x', 1001)"),
        ("task_return_other_is_said", "update task_return set note = '', reason = 'other'"),
    ]

    @Test("each constraint refuses the statement that breaks it")
    func violated() async throws {
        let (small, worker, work) = try await leased()
        try await ReturnTask(market: small.market)(
            work.id, token: work.leaseToken, .unclear, by: Principal.ID(worker.uuid)
        )
        try await expectRefused(Self.violations)
    }
}
