import Formats
import Foundation
import Marketplace
import Store
import Tax
import TestSupport
import Testing

@Suite("Appeals", .scratchDatabase)
struct AppealTests {
    private func rejected(
        _ judgement: Judgement = .rejected
    ) async throws -> (desk: JudgingDesk, ann: Worker.ID, work: Assignment, decision: Decision.ID) {
        let desk = try await JudgingDesk()
        let ann = try await desk.small.lawyer("ann")
        let work = try await desk.submitted(by: ann)[0]
        Scratch.clock.advance(by: 1)
        let decision = try #require(try await desk.judge(work, judgement, by: 0).decision)
        return (desk, ann, work, decision)
    }

    private func file(_ desk: JudgingDesk, _ decision: Decision.ID, by worker: Worker.ID) async throws -> Appeal {
        try await FileAppeal(market: desk.small.market)(
            decision, statement: "It is on page 3.", by: Principal.ID(worker.uuid))
    }

    @discardableResult
    private func answer(
        _ desk: JudgingDesk, _ appeal: Appeal, overturned: Bool = true, by person: Principal.ID
    ) async throws -> JSON? {
        try await AnswerAppeal(market: desk.small.market)(
            appeal.id, isOverturned: overturned, answer: "We have looked again.", by: person)
    }

    @Test(
        "what was refused is paid by the platform, once, under the appeal",
        arguments: [(Judgement.rejected, Int64(2_000)), (.acceptedInPart(basisPoints: 3_333), 1_333)])
    func paid(judgement: Judgement, owed: Int64) async throws {
        let (desk, ann, work, decision) = try await rejected(judgement)
        let small = desk.small
        let appeal = try await file(desk, decision, by: ann)
        #expect(appeal.answerUntil == appeal.filedAt.addingTimeInterval(14 * 86_400))
        #expect(try await file(desk, decision, by: ann) == appeal)
        // The hold is given back before: it is not from there.
        if judgement == .rejected { try await small.takeToEnd(work.batch) }
        let remedy = try await answer(desk, appeal, by: small.second)
        #expect(remedy?["amount_minor"] == .integer(owed))
        #expect(try await desk.pay(of: ann) == SmallMarket.pay)
        #expect(
            try await small.count(
                "select count(*) as n from transfer where kind = 'remedy' and source_id = \(appeal.id)") == 1)
        #expect(
            await refusal(AppealRefusal.self) { try await answer(desk, appeal, by: small.second) } == .notOpen)
        #expect(try await small.ills() == [])
        let records = try await ListReviewers(market: small.market)(by: small.manager)
        #expect(records.map(\.overturned) == [1])
        // It is paid out as any other pay.
        let batch = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        #expect(batch.total.minorUnits == SmallMarket.pay)
        #expect(try await small.ills() == [])
    }

    @Test(
        "what was refused and is paid is a remedy to its worker, and one piece of work in reports with what was paid",
        arguments: [(Judgement.rejected, ["remedy"]), (.acceptedInPart(basisPoints: 3_333), ["remedy", "work"])])
    func reported(judgement: Judgement, kinds: [String]) async throws {
        let (desk, ann, _, decision) = try await rejected(judgement)
        let small = desk.small
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: "eu", residence: "DE", standing: TaxStanding()), of: ann, by: small.maker)
        try await answer(desk, try await file(desk, decision, by: ann), by: small.second)
        let batch = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)
        let (report, advice) = (Gathered(), Gathered())
        _ = try await ReportTaxes(market: small.market)(
            .dac7, year: 2026, quarter: 1, by: small.maker, to: { report.append($0) })
        // The consideration and the activities.
        #expect(String(decoding: report.bytes, as: UTF8.self).contains(",DE,USD,20.00,1,"))
        let lines = try await ListEarnings(market: small.market)(of: ann, by: small.maker).lines
        #expect(lines.map(\.kind.rawValue).sorted() == kinds)
        _ = try await WriteRemittanceAdvice(market: small.market)(
            of: batch.id, to: ann, as: .csv, by: small.maker, to: { advice.append($0) })
        let told = String(decoding: advice.bytes, as: UTF8.self).split(separator: "\r\n")
            .map { String($0.prefix { $0 != "," }) }
        #expect(told.filter { ["work", "bonus", "remedy"].contains($0) }.sorted() == kinds)
        #expect(try await small.ills() == [])
    }

    @Test("upheld, the decision stands and no money moves; the worker reads the answer")
    func upheld() async throws {
        let (desk, ann, _, decision) = try await rejected()
        let appeal = try await file(desk, decision, by: ann)
        #expect(try await answer(desk, appeal, overturned: false, by: desk.small.second) == nil)
        #expect(try await desk.pay(of: ann) == 0)
        let mine = try await ListDecisions(market: desk.small.market)(about: ann, by: Principal.ID(ann.uuid))
        #expect(mine.map(\.appealState) == [.upheld])
        #expect(mine.map(\.answer) == ["We have looked again."])
        #expect(
            try await desk.small.count("select count(*) as n from notice where kind = 'appeal_answered'") == 1)
        let figures = try await DecisionStatistics(market: desk.small.market)()
        #expect(figures.map(\.kind) == [.rejection] && figures.map(\.upheld) == [1] && figures.map(\.open) == [0])
        #expect(try await desk.small.ills() == [])
    }

    @Test("neither who decided, nor who judged, nor the worker, nor a colleague answers; nor whoever is no operator")
    func another() async throws {
        let (desk, ann, work, _) = try await rejected()
        let small = desk.small
        let decision = try #require(
            try await ListDecisions(market: small.market)(about: ann, by: small.manager).first?.id)
        let appeal = try await file(desk, decision, by: ann)
        func told(_ person: Principal.ID) async -> AppealRefusal? {
            await refusal(AppealRefusal.self) { try await answer(desk, appeal, by: person) }
        }
        #expect(
            await refusal(AccessRefusal.self) { try await answer(desk, appeal, by: small.reviewer) }
                == .roleMissing(.operator))
        for person in [small.reviewer, Principal.ID(ann.uuid)] {
            try await Scratch.asOwner { transaction in
                try await transaction.execute(
                    """
                    insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
                    values (gen_random_uuid(), \(person), 'operator', \(small.manager),
                            \(InstantRange(from: Scratch.start, until: nil)))
                    """)
            }
        }
        #expect(await told(small.reviewer) == .deciderAnswers)
        #expect(await told(Principal.ID(ann.uuid)) == .tooClose)
        try await Scratch.asOwner { transaction in
            try await transaction.execute(
                """
                insert into opinion
                select requester_id, assignment_id, 'second', batch_id, author_id, \(small.manager), verdict, share_bps,
                       part_weight, whole_weight, reasons, sheet, submission_hash, given_at, risk_bps, false
                  from opinion where assignment_id = \(work.id)
                """)
        }
        #expect(await told(small.manager) == .hadPart)
        try await answer(desk, appeal, by: small.second)
    }

    @Test("a decision is appealed for 14 days, by its worker, once")
    func once() async throws {
        let (desk, ann, _, decision) = try await rejected()
        let ben = try await desk.small.lawyer("ben")
        #expect(await refusal(NotFound.self) { try await file(desk, decision, by: ben) } != nil)
        Scratch.clock.advance(by: 14 * 86_400 - 1)
        let appeal = try await file(desk, decision, by: ann)
        try await WithdrawAppeal(market: desk.small.market)(appeal.id, by: Principal.ID(ann.uuid))
        #expect(
            await refusal(AppealRefusal.self) {
                try await FileAppeal(market: desk.small.market)(
                    decision, statement: "Something else.", by: Principal.ID(ann.uuid))
            } == .appealed)
        #expect(await refusal(AppealRefusal.self) { try await answer(desk, appeal, by: desk.small.second) } == .notOpen)
        let other = try await desk.submitted("c", by: ann)[0]
        let late = try #require(try await desk.judge(other, .rejected, by: 0).decision)
        Scratch.clock.advance(by: 14 * 86_400)
        #expect(await refusal(AppealRefusal.self) { try await file(desk, late, by: ann) } == .tooLate)
        #expect(try await desk.small.ills() == [])
    }

    @Test("many appeals of one decision, and many answers, are one; what is owed is paid once")
    func concurrently() async throws {
        let (desk, ann, _, decision) = try await rejected()
        let appeals = try await withThrowingTaskGroup { group in
            for _ in 0..<6 { group.addTask { try await file(desk, decision, by: ann) } }
            return try await group.reduce(into: Set<Appeal.ID>()) { $0.insert($1.id) }
        }
        #expect(appeals.count == 1)
        let appeal = try await file(desk, decision, by: ann)
        await withTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    _ = try? await answer(
                        desk, appeal, by: number % 2 == 0 ? desk.small.second : desk.small.manager)
                }
            }
        }
        #expect(try await desk.pay(of: ann) == SmallMarket.pay)
        #expect(try await desk.small.ills() == [])
    }

    @Test("operators are told of what is overdue, once, and see it first")
    func overdue() async throws {
        let (desk, ann, _, decision) = try await rejected()
        let small = desk.small
        let first = try await file(desk, decision, by: ann)
        Scratch.clock.advance(by: 86_400)
        let work = try await desk.submitted("c", by: ann)[0]
        let second = try await file(
            desk, try #require(try await desk.judge(work, .rejected, by: 0).decision), by: ann)
        let tell = TellLateAppeals(market: small.market)
        Scratch.clock.advance(by: 13 * 86_400 - 1)
        #expect(try await tell(by: small.manager) == 0)
        Scratch.clock.advance(by: 1)
        #expect(try await tell(by: small.manager) == 1)
        #expect(try await tell(by: small.manager) == 0)
        #expect(try await small.count("select count(*) as n from notice where kind = 'appeal_overdue'") == 2)
        let open = try await ListAppeals(market: small.market)(by: small.manager)
        #expect(open.map(\.id) == [first.id, second.id])
        let figures = try await MarketMetrics(market: small.market)()
        #expect(figures.first { $0.name == "guildhall_open_appeals" }?.value == 2)
        #expect(figures.first { $0.name == "guildhall_overdue_appeals" }?.value == 1)
    }

    @Test("a suspension, an exclusion and the loss of a tier are made up for")
    func standing() async throws {
        let desk = try await JudgingDesk()
        let small = desk.small
        let ann = try await small.lawyer("ann")
        Scratch.clock.advance(by: 60)
        let loss = TierLoss(rule: "house_rules", facts: [:], reasons: "Two complaints.")
        try await GrantTier(market: small.market)(.specialist, in: .lawyer, to: ann, loss: loss, by: small.manager)
        Scratch.clock.advance(by: 60)
        _ = try await ExcludeWorker(market: small.market)(
            ann, from: small.requester, reason: "Not satisfied.", by: small.manager)
        Scratch.clock.advance(by: 60)
        _ = try await SuspendWorker(market: small.market)(
            ann, rule: "house_rules", facts: [:], reasons: "Three complaints.", by: small.manager)
        Scratch.clock.advance(by: 60)
        let states = try await ListDecisions(market: small.market)(about: ann, by: small.manager)
        #expect(states.map(\.kind) == [.suspension, .exclusion, .tierLoss])
        var remedies: [String?] = []
        for line in states {
            let appeal = try await file(desk, line.id, by: ann)
            remedies.append(try await answer(desk, appeal, by: small.second)?["state"]?.stringValue)
        }
        #expect(remedies == ["reinstated", "lifted", "held_again"])
        Scratch.clock.advance(by: 60)
        let work = try await small.claim(ann, small.batch(small.draft("b"), tasks: 1))
        #expect(work.worker == ann)
        #expect(try await small.ills() == [])
    }

    @Test(
        "an account that was closed is open again as it was, and can work",
        arguments: [(Worker.State.active, "active"), (.paused, "paused"), (.suspended, "applicant")])
    func reopened(before: Worker.State, after: String) async throws {
        let desk = try await JudgingDesk()
        let small = desk.small
        let ann = try await small.lawyer("ann")
        let me = Principal.ID(ann.uuid)
        if before == .paused { try await PauseWorker(market: small.market)(ann, by: me) }
        if before == .suspended {
            _ = try await SuspendWorker(market: small.market)(
                ann, rule: "r", facts: [:], reasons: "Looked into.", by: small.manager)
        }
        Scratch.clock.advance(by: 1)
        let decision = try await CloseWorker(market: small.market)(
            ann, rule: "fraud", facts: [:], reasons: "It was not you.", by: small.manager)
        let appeal = try await file(desk, decision, by: ann)
        let remedy = try await answer(desk, appeal, by: small.second)
        #expect(remedy?["state"] == "reopened" && remedy?["was"] == .string(before.rawValue))
        #expect(
            try await small.count(
                "select count(*) as n from worker where worker_id = \(ann) and state = \(after)::worker_state") == 1)
        if before == .paused { try await ResumeWorker(market: small.market)(ann, by: me) }
        if before != .suspended {
            _ = try await small.claim(ann, try await small.batch(small.draft("b"), tasks: 1))
        }
        #expect(try await small.ills() == [])
    }

    @Test("a refused paper is in check again, and a revoked one verified as it was; one that is handed in anew stays")
    func papers() async throws {
        let desk = try await JudgingDesk()
        let small = desk.small
        let ann = try await small.lawyer("ann")
        func paper(_ number: String) async throws -> Credential.ID {
            Scratch.clock.advance(by: 1)
            return try await SubmitCredential(market: small.market)(
                CredentialSubmission(
                    profession: .lawyer, kind: .barAdmission, issuer: "CA", jurisdiction: "US-CA", number: number,
                    issuedOn: try #require(CalendarDate(iso: "2015-01-01")), expiresOn: CalendarDate(iso: "2027-01-01")
                ), of: ann, by: small.manager)
        }
        func overturn(_ decision: Decision.ID) async throws -> JSON? {
            let appeal = try await file(desk, decision, by: ann)
            return try await answer(desk, appeal, by: small.second)?["state"]
        }
        let refuse = RefuseCredential(market: small.market)
        let first = try await paper("1")
        let refused = try await refuse(first, rule: "r", facts: [:], reasons: "Not legible.", by: small.manager)
        #expect(try await overturn(refused) == "in_check_again")
        try await VerifyCredential(market: small.market)(first, by: small.manager)
        try await ConfirmCredential(market: small.market)(first, by: small.second)
        let revoked = try await RevokeCredential(market: small.market)(first, reason: "Withdrawn.", by: small.manager)
        #expect(try await overturn(revoked) == "verified_again")
        #expect(
            try await small.count(
                """
                select count(*) as n from credential
                 where credential_id = \(first) and state = 'verified' and confirmed_at is not null
                """) == 1)
        let second = try await paper("2")
        let again = try await refuse(second, rule: "r", facts: [:], reasons: "Not legible.", by: small.manager)
        _ = try await paper("2")
        #expect(try await overturn(again) == "over")
        #expect(try await small.ills() == [])
    }
}
