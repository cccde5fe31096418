import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// A batch of three tasks that two workers have answered each.
private struct Withdrawing: Sendable {
    let small: SmallMarket
    let batch: Batch.ID
    let bad: Worker.ID
    let good: Worker.ID

    init() async throws {
        small = try await SmallMarket()
        batch = try await small.batch(small.draft("b", redundancy: 2), tasks: 3)
        (bad, good) = (try await small.lawyer("bad"), try await small.lawyer("good"))
        for worker in [bad, good] {
            for _ in 0..<3 {
                let work = try await small.claim(worker, batch)
                try await small.submit(work, worker == bad ? "bad" : "good")
                if worker == bad { try await small.review(work) }
            }
        }
    }

    func withdraw(
        project: Project.ID? = nil, batch: Batch.ID? = nil, case cause: QualityCase.ID? = nil,
        by actor: Principal.ID? = nil
    ) async throws -> Withdrawn.ID {
        try await WithdrawContribution(market: small.market)(
            of: bad, from: project ?? small.project, batch: batch, of: small.requester, case: cause,
            reasons: "They were copied.", by: actor ?? small.manager)
    }

    func decision() async throws -> DecisionLine {
        try #require(
            try await ListDecisions(market: small.market)(about: bad, by: Principal.ID(bad.uuid)).first)
    }

    func plan(_ id: Withdrawn.ID, name: String = "again") async throws -> RecollectionPlan {
        try await RecollectAnswers(market: small.market)(
            id, of: batch, from: small.requester, as: name, by: small.manager)
    }

    var list: ListWithdrawn { ListWithdrawn(market: small.market) }
}

@Suite("Contributions that are withdrawn", .scratchDatabase)
struct WithdrawalTests {
    @Test("leave what is exported by a decision with reasons, paid as they were; a granted appeal brings them back")
    func exported() async throws {
        let desk = try await Withdrawing()
        let small = desk.small
        #expect(try await small.exported(desk.batch).contains("bad"))
        let id = try await desk.withdraw(batch: desk.batch)
        let text = try await small.exported(desk.batch)
        #expect(!text.contains("\"bad\"") && text.contains("good"))
        #expect(try await small.balance(.payable(to: desk.bad, small.usd)) == 3 * SmallMarket.pay)
        #expect(try await small.count("select count(*) as n from submission") == 6)
        let decision = try await desk.decision()
        #expect(decision.kind == .contributionWithdrawn && decision.reasons == "They were copied.")
        #expect(decision.facts["answers"] == 3 && decision.automated == "none")
        #expect(
            await refusal(WithdrawalRefusal.self) { try await desk.withdraw() } == .nothingCounts)
        #expect(try await desk.list(of: small.requester, by: small.manager).map(\.id) == [id])
        #expect(try await desk.list(of: small.requester, after: id, by: small.manager).isEmpty)
        await #expect(throws: AccessRefusal.self) {
            try await desk.list(of: small.requester, by: Principal.ID(desk.good.uuid))
        }
        #expect(try await small.ills() == [])
        let appeal = try await FileAppeal(market: small.market)(
            decision.id, statement: "They are mine.", by: Principal.ID(desk.bad.uuid))
        let remedy = try await AnswerAppeal(market: small.market)(
            appeal.id, isOverturned: true, answer: "So they are.", by: small.second)
        #expect(remedy?["state"] == "counted_again")
        #expect(try await small.exported(desk.batch).contains("\"bad\""))
        #expect(
            await refusal(RecollectionRefusal.self) { try await desk.plan(id) }?.code == "withdrawal_ended")
        // Work that is taken later is not concerned, and what counts again can be withdrawn again.
        Scratch.clock.advance(by: 1)
        _ = try await desk.withdraw()
        Scratch.clock.advance(by: 1)
        let later = try await small.batch(small.draft("later"), tasks: 1)
        try await small.submit(small.claim(desk.bad, later), "late")
        #expect(try await small.exported(later).contains("late"))
        #expect(try await !small.exported(desk.batch).contains("\"bad\""))
        #expect(try await small.ills() == [])
    }

    @Test("are withdrawn by an operator who is no colleague, on a case that was upheld, or on none")
    func refused() async throws {
        let desk = try await Withdrawing()
        let small = desk.small
        await #expect(throws: AccessRefusal.self) { try await desk.withdraw(by: small.reviewer) }
        await #expect(throws: NotFound.self) { try await desk.withdraw(project: Project.ID(desk.bad.uuid)) }
        await #expect(throws: NotFound.self) { try await desk.withdraw(batch: Batch.ID(desk.bad.uuid)) }
        #expect(
            await refusal(WithdrawalRefusal.self) {
                try await desk.withdraw(case: QualityCase.ID(desk.bad.uuid))
            } == .caseNotUpheld)
        let system = try await small.market.systemPrincipal()
        #expect(
            await refusal(DecisionRefusal.self) { try await desk.withdraw(by: system) } == .deciderIsNoPerson)
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
                values (gen_random_uuid(), \(desk.good), 'operator', \(small.manager),
                        tstzrange(\(Scratch.start), null))
                """)
        }
        for worker in [desk.bad, desk.good] {
            _ = try await DeclareInterest(market: small.market)(
                .employer, in: "Firm", of: worker, by: Principal.ID(worker.uuid))
        }
        #expect(
            await refusal(WithdrawalRefusal.self) { try await desk.withdraw(by: Principal.ID(desk.good.uuid)) }
                == .tooClose)
        await #expect(throws: NotFound.self) {
            try await desk.list.affected(by: Withdrawn.ID(desk.bad.uuid), of: small.requester, by: small.manager)
        }
        #expect(try await small.count("select count(*) as n from withdrawn_contribution") == 0)
    }

    @Test("a case that was upheld is named in the decision")
    func onCase() async throws {
        let desk = try await ScreenDesk()
        let small = desk.small
        _ = try await desk.screen()
        let found = try #require(try await desk.list(by: small.manager).first)
        let withdraw = WithdrawContribution(market: small.market)
        func go() async throws -> Withdrawn.ID {
            try await withdraw(
                of: desk.workers[0], from: small.project, batch: desk.batch, of: small.requester, case: found.id,
                reasons: "Copied.", by: small.manager)
        }
        #expect(await refusal(WithdrawalRefusal.self) { try await go() } == .caseNotUpheld)
        try await desk.decide.uphold(found.id, reasons: "So it is.", by: small.second)
        _ = try await go()
        let decision = try #require(
            try await ListDecisions(market: small.market)(about: desk.workers[0], by: small.manager).first)
        #expect(decision.facts["case"] == .string("\(found.id)") && decision.automated.contains(found.signal.rawValue))
        // They leave the screens as well.
        Scratch.clock.advance(by: 1)
        #expect(try await desk.screen() == ScreenAnswers.Outcome(pieces: 1, opened: 0, extended: 0, hasMore: true))
        #expect(try await small.ills() == [])
    }

    @Test("tasks that lost an answer are listed, and asked again by a plan that holds its cost before it opens")
    func recollected() async throws {
        let desk = try await Withdrawing()
        let small = desk.small
        let id = try await desk.withdraw()
        let affected = try await desk.list.affected(by: id, of: small.requester, by: small.manager)
        #expect(affected.count == 3 && affected.allSatisfy { $0.left == 1 && $0.wanted == 2 && $0.isShort })
        let page = try await desk.list.affected(by: id, of: small.requester, limit: 1, by: small.manager)
        #expect(page == [affected[0]])
        await #expect(throws: AccessRefusal.self) {
            try await RecollectAnswers(market: small.market)(
                id, of: desk.batch, from: small.requester, as: "again", by: Principal.ID(desk.good.uuid))
        }
        let plan = try await desk.plan(id)
        #expect(plan.tasks == 3 && plan.cost.minorUnits == 3 * (SmallMarket.pay + SmallMarket.fee))
        // A draft: nothing is held, and nobody can take it. The same again is the same.
        #expect(try await small.hold(plan.batch) == 0)
        #expect(try await desk.plan(id) == plan)
        #expect(
            await refusal(RecollectionRefusal.self) { try await desk.plan(id, name: "once more") }?.code
                == "nothing_short")
        let asked = try await desk.list.affected(by: id, of: small.requester, by: small.manager)
        #expect(asked.allSatisfy { $0.copy != nil })
        _ = try await PublishBatch(market: small.market)(plan.batch, of: small.requester, by: small.manager)
        #expect(try await small.hold(plan.batch) == plan.cost.minorUnits)
        // Nobody who answered the tasks is given their copies.
        for worker in [desk.bad, desk.good] {
            #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, plan.batch) }?.code == "no_work")
        }
        let third = try await small.lawyer("third")
        let reviewer = try await CreatePrincipal(market: small.market)(
            .person, named: "Another", roles: [.reviewer], by: small.manager)
        for _ in 0..<3 {
            let work = try await small.claim(third, plan.batch)
            #expect(try await small.task(inHandOf: third)?.suggestion == nil)
            try await small.submit(work, "third")
            // Nor does who judged the answers that are gone judge these.
            await #expect(throws: ReviewRefusal.self) { try await small.review(work) }
            _ = try await ReviewSubmission(market: small.market)(
                work.id, of: small.requester, .accepted, reasons: "", by: reviewer)
        }
        #expect(try await small.exported(plan.batch).contains("third"))
        #expect(try await small.ills() == [])
    }

    @Test("a batch under quarantine is not exported, nor is its project, until it is lifted")
    func quarantined() async throws {
        let desk = try await Withdrawing()
        let small = desk.small
        let quarantine = QuarantineBatch(market: small.market)
        func export(_ scope: ExportScope) async throws -> ExportSummary {
            try await ExportResults(market: small.market)(
                scope, of: small.requester, .counted, as: ResultWriter.Settings(.jsonl), by: small.manager, to: { _ in }
            )
        }
        await #expect(throws: AccessRefusal.self) {
            try await quarantine(desk.batch, of: small.requester, reasons: "x", by: small.reviewer)
        }
        await #expect(throws: BadInput.self) {
            try await quarantine(desk.batch, of: small.requester, reasons: " ", by: small.manager)
        }
        await #expect(throws: NotFound.self) {
            try await quarantine(Batch.ID(desk.bad.uuid), of: small.requester, reasons: "x", by: small.manager)
        }
        let id = try await quarantine(desk.batch, of: small.requester, reasons: "A ring.", by: small.manager)
        #expect(
            await refusal(BatchQuarantineRefusal.self) {
                try await quarantine(desk.batch, of: small.requester, reasons: "Again.", by: small.manager)
            } == .alreadyQuarantined)
        #expect(await refusal(ExportRefusal.self) { try await export(.batch(desk.batch)) } == .quarantined)
        #expect(await refusal(ExportRefusal.self) { try await export(.project(small.project)) } == .quarantined)
        let list = ListQuarantines(market: small.market)
        #expect(try await list(by: small.manager).map(\.id) == [id])
        await #expect(throws: AccessRefusal.self) { try await list(by: small.reviewer) }
        try await quarantine.lift(desk.batch, of: small.requester, reasons: "No ring.", by: small.second)
        #expect(
            await refusal(BatchQuarantineRefusal.self) {
                try await quarantine.lift(desk.batch, of: small.requester, reasons: "x", by: small.second)
            } == .notQuarantined)
        #expect(try await export(.project(small.project)).tasks == 3)
        #expect(try await list(by: small.manager).isEmpty)
        #expect(try await list(past: true, by: small.manager).map(\.liftReasons) == ["No ring."])
        #expect(try await list(past: true, after: id, by: small.manager).isEmpty)
        #expect(try await small.ills() == [])
    }

    private static let violations: [(constraint: String, statement: SQL)] = [
        ("batch_quarantine_reasons_given", "update batch_quarantine set reasons = ''"),
        ("batch_quarantine_lifted_whole", "update batch_quarantine set lifted_at = ordered_at"),
        (
            "batch_quarantine_lift_reasons_given",
            "update batch_quarantine set lifted_at = ordered_at, lifted_by = ordered_by, lift_reasons = ''"
        ),
        (
            "batch_quarantine_lifted_later",
            """
            update batch_quarantine set lifted_at = ordered_at - interval '1 second', lifted_by = ordered_by,
                   lift_reasons = 'x'
            """
        ),
        (
            "batch_quarantine_one_in_force",
            """
            insert into batch_quarantine
            select requester_id, gen_random_uuid(), batch_id, reasons, ordered_by, ordered_at from batch_quarantine
            """
        ),
        (
            "withdrawn_contribution_one_per_decision",
            """
            insert into withdrawn_contribution
            select requester_id, gen_random_uuid(), project_id, batch_id, worker_id, decision_id, withdrawn_at
              from withdrawn_contribution
            """
        ),
        (
            "withdrawn_contribution_ends_later",
            "update withdrawn_contribution set ended_at = withdrawn_at - interval '1 second'"
        ),
        (
            "recollected_task_one_per_copy",
            """
            insert into recollected_task
            select requester_id, withdrawal_id, task_id, (select copy_task_id from recollected_task limit 1)
              from task join withdrawn_contribution as gone using (requester_id)
             where not exists (select from recollected_task as asked where asked.task_id = task.task_id)
               and not exists (select from recollected_task as asked where asked.copy_task_id = task.task_id)
            """
        ),
        ("recollected_task_is_another", "update recollected_task set copy_task_id = task_id"),
    ]

    @Test("what their tables forbid answers by the constraint's name, and none is without a statement")
    func constraints() async throws {
        let desk = try await Withdrawing()
        _ = try await QuarantineBatch(market: desk.small.market)(
            desk.batch, of: desk.small.requester, reasons: "x", by: desk.small.manager)
        _ = try await desk.plan(try await desk.withdraw())
        _ = try await desk.small.batch(desk.small.draft("other"), tasks: 1)
        try await expectRefused(Self.violations)
        let names: [String] = try await Scratch.database.read { transaction in
            try await transaction.rows(
                """
                select conname::text as name from pg_constraint
                 where conrelid = any('{batch_quarantine,withdrawn_contribution,recollected_task}'::regclass[])
                   and contype in ('c', 'u', 'x')
                """
            ).map { try $0["name"] }
        }
        #expect(Set(names).isSubset(of: Self.violations.map(\.constraint)))
    }
}
