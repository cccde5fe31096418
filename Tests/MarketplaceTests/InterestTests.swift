import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Conflicts of interest", .scratchDatabase)
struct InterestTests {
    private func declare(
        _ small: SmallMarket, _ worker: Worker.ID, _ party: String, _ kind: InterestKind = .employer
    ) async throws -> Interest {
        try await DeclareInterest(market: small.market)(kind, in: party, of: worker, by: Principal.ID(worker.uuid))
    }

    /// A published batch of a project of its own.
    private func batch(
        _ small: SmallMarket, parties: [String] = [], tasks: [[String]] = [[]]
    ) async throws -> (batch: Batch.ID, project: Project.ID) {
        let project = try await CreateProject(market: small.market)(
            ProjectDraft(
                externalKey: "matter", name: "Matter", taskKind: .extraction, guideline: "Read.",
                answerSchema: SmallMarket.schema, parties: PartyName.list(parties)
            ),
            of: small.requester, by: small.manager
        )
        let draft = BatchDraft(
            project: project, name: "b", profession: .lawyer, tier: .expert, requirement: .all([]),
            feeBasisPoints: 1_000, budget: try Money(5_000_000, small.usd), expectedMinutes: 30
        )
        let id = try await CreateBatch(market: small.market)(draft, of: small.requester, by: small.manager)
        let drafts = try tasks.enumerated().map { index, parties in
            TaskDraft(externalKey: "t\(index)", payload: [:], parties: try PartyName.list(parties))
        }
        _ = try await AddTasks(market: small.market)(
            AsyncStream { stream in
                drafts.forEach { stream.yield($0) }
                stream.finish()
            }, to: id, of: small.requester, by: small.manager
        )
        _ = try await PublishBatch(market: small.market)(id, of: small.requester, by: small.manager)
        return (id, project)
    }

    @Test("in a party of the project bar the claim, and nobody else's")
    func projectParty() async throws {
        let small = try await SmallMarket()
        let (tied, free) = (try await small.worker("tied"), try await small.worker("free"))
        let (batch, project) = try await batch(small, parties: ["Acme Holdings, Inc.", "Other"], tasks: [[], []])
        _ = try await declare(small, tied, "ACME HOLDINGS")
        let refused = await refusal(ClaimRefusal.self) { try await small.claim(tied, batch) }
        #expect(refused == .conflictOfInterest("acme holdings"))
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(tied) } == refused)
        #expect(try await small.claim(free, batch).batch == batch)
        let answers = try await small.market.database.read { transaction in
            var answers: [String?] = []
            for (worker, instant) in [(tied, Scratch.start), (free, Scratch.start), (tied, Scratch.start - 1)] {
                answers.append(
                    try await transaction.conflict(of: worker, with: project, of: small.requester, at: instant)
                )
            }
            return answers
        }
        #expect(answers == ["acme holdings", nil, nil])
    }

    @Test("in a party of a task make a claim pass that task by")
    func taskParty() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let (batch, _) = try await batch(small, tasks: [["Acme Ltd"], ["Acme Ltd", "Zeta"], ["Zeta"], []])
        #expect(try await small.count("select count(*) as n from batch where has_task_parties") == 1)
        _ = try await declare(small, worker, "Acme")
        var taken: Set<WorkTask.ID> = []
        for _ in 0..<2 { taken.insert(try await small.claim(worker, batch).task) }
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .noWork)
        for task in taken {
            let conflict = try await small.market.database.read {
                try await $0.conflict(of: worker, withTask: task, of: small.requester, at: Scratch.start)
            }
            #expect(conflict == nil)
        }
        let other = try await small.worker("other")
        for _ in 0..<2 { _ = try await small.claim(other, batch) }
        #expect(try await small.ills() == [])
    }

    @Test("cost a batch without parties of tasks nothing: its claim does not look at them")
    func noParties() async throws {
        let small = try await SmallMarket()
        let (batch, _) = try await batch(small, parties: ["Acme"], tasks: [[], []])
        #expect(try await small.count("select count(*) as n from batch where has_task_parties") == 0)
        #expect(try await small.claim(small.worker("w"), batch).batch == batch)
    }

    @Test("leave the claim its one index, with the look at parties or without", arguments: [false, true])
    func claimPlan(checksParties: Bool) async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let (batch, _) = try await batch(small, tasks: (0..<2_000).map { $0 % 2 == 0 ? ["Acme"] : [] })
        _ = try await declare(small, worker, "Acme")
        try await Scratch.asOwner {
            try await $0.execute("analyze")
        }
        let grant = LeaseGrant(
            assignments: [small.market.identifiers.make(at: Scratch.start)],
            events: [small.market.identifiers.make(at: Scratch.start)], action: "task_claimed",
            requester: small.requester, batch: batch,
            worker: worker, leaseUntil: Scratch.start + 60, answerBy: Scratch.start + 60, terms: [:],
            pay: try Money(1, small.usd), fee: try Money(1, small.usd), eligibility: [:],
            onDay: .day("2026-03-02"), weekStartsOn: .day("2026-03-02"), expectedMinutes: 30, dayMinutesMax: 1_440,
            weekMinutesMax: 10_080, guideline: small.market.identifiers.make(at: Scratch.start), guidelineVersion: 1,
            checksParties: checksParties
        )
        let plan: [String] = try await small.market.database.transaction { transaction in
            let claim = Transaction.leaseStatement(grant, at: Scratch.start)
            return try await transaction.rows("explain (costs off) \(fragment: claim)").map { try $0["QUERY PLAN"] }
        }
        let text = plan.joined(separator: "\n")
        #expect(text.contains("slot_open_by_batch") && !text.contains("Sort"), "\(text)")
        #expect(text.contains("task_party") == checksParties, "\(text)")
        #expect(!text.contains("Seq Scan on slot"), "\(text)")
    }

    @Test("that were withdrawn bar until the cool-down is over, and stay on record")
    func coolDown() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let (batch, _) = try await batch(small, parties: ["Acme"])
        let interest = try await declare(small, worker, "Acme")
        Scratch.clock.advance(by: 86_400)
        let withdraw = WithdrawInterest(market: small.market)
        let ended = try await withdraw(interest.id, of: worker, by: Principal.ID(worker.uuid))
        #expect(ended.endsAt == Scratch.start + 181 * 86_400)
        #expect(
            await refusal(InterestRefusal.self) {
                try await withdraw(interest.id, of: worker, by: small.manager)
            } == .alreadyWithdrawn)
        Scratch.clock.advance(by: 180 * 86_400 - 1)
        #expect(
            await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .conflictOfInterest("acme"))
        Scratch.clock.advance(by: 1)
        #expect(try await small.claim(worker, batch).batch == batch)
        #expect(try await ListInterests(market: small.market)(of: worker, by: small.manager) == [ended])
    }

    @Test("that are declared again are one; in the cool-down they are in force again")
    func declaredAgain() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let first = try await declare(small, worker, "Acme Inc")
        #expect(try await declare(small, worker, "ACME").id == first.id)
        _ = try await WithdrawInterest(market: small.market)(first.id, of: worker, by: small.manager)
        let again = try await declare(small, worker, "acme")
        #expect(again.id == first.id && again.endsAt == nil)
        let share = try await declare(small, worker, "Acme", .holding)
        let sold = try await WithdrawInterest(market: small.market)(share.id, of: worker, by: small.manager)
        #expect(sold.endsAt == Scratch.start + 0.001)
        Scratch.clock.advance(by: 1)
        #expect(try await declare(small, worker, "Acme", .holding).id != share.id)
    }

    @Test("are refused to others, for names that are none, and beyond the bound")
    func refused() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let declare = DeclareInterest(market: small.market)
        #expect(
            await refusal(BadInput.self) {
                try await declare(.family, in: "…", of: worker, by: small.maker)
            }?.field == "party")
        #expect(
            await refusal(AccessRefusal.self) {
                try await declare(.family, in: "A", of: worker, by: small.maker)
            } == .roleMissing(.operator))
        let unknown = Worker.ID(small.manager.uuid)
        #expect(
            await refusal(NotFound.self) {
                try await WithdrawInterest(market: small.market)(
                    small.market.identifiers.make(at: Scratch.start), of: worker, by: small.manager
                )
            } == NotFound("interest"))
        #expect(
            await refusal(AccessRefusal.self) {
                try await declare(.family, in: "A", of: unknown, by: small.manager)
            } == .roleMissing(.worker))
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into interest (interest_id, worker_id, kind, party_name, party, in_force)
                select gen_random_uuid(), \(worker), 'family', 'p ' || n, 'p ' || n,
                       tstzrange(\(Scratch.start - 1), null)
                  from generate_series(1, 200) as n
                """)
        }
        #expect(
            await refusal(InterestRefusal.self) {
                try await declare(.family, in: "One more", of: worker, by: small.manager)
            } == .tooMany)
        let page = try await ListInterests(market: small.market)(of: worker, limit: 150, by: small.manager)
        let rest = try await ListInterests(market: small.market)(of: worker, before: page.last?.id, by: small.manager)
        #expect(page.count == 150 && rest.count == 50)
    }
}
