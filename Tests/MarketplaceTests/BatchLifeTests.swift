import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("The life of a batch", .scratchDatabase)
struct BatchLifeTests {
    /// Another requester's key, which may touch nothing of the market's.
    private func stranger(_ small: SmallMarket) async throws -> Principal.ID {
        let other = try await CreateRequester(market: small.market)(
            externalKey: "other", name: "Other", by: small.manager)
        return try await CreatePrincipal(market: small.market)(
            .key, named: "other's key", roles: [.requester], for: other, by: small.manager
        )
    }

    @Test("a deadline is set with the draft, extended, shortened as far as nobody was promised more, and taken away")
    func deadline() async throws {
        let small = try await SmallMarket()
        let due = Scratch.start + 86_400
        let id = try await small.batch(small.draft("b", dueAt: due), tasks: 2)
        #expect(try await small.batch(id).dueAt == due)
        let work = try await small.claim(small.lawyer("w"), id)
        let change = ChangeDeadline(market: small.market)
        let events = {
            try await small.count("select count(*) as n from audit_event where action like 'batch_deadline%'")
        }
        for dueAt in [due + 10, due + 10, nil, work.answerBy] {
            try await change(dueAt, of: id, from: small.requester, by: small.manager)
            #expect(try await small.batch(id).dueAt == dueAt)
        }
        #expect(try await events() == 3)
        #expect(
            await refusal(BatchLifeRefusal.self) {
                try await change(work.answerBy - 1, of: id, from: small.requester, by: small.manager)
            } == .promised(until: work.answerBy))
        for dueAt in [Scratch.start, Scratch.start + 3_654 * 86_400] {
            let refused = await refusal(BadInput.self) {
                try await change(dueAt, of: id, from: small.requester, by: small.manager)
            }
            #expect(refused?.field == "due_at")
        }
        Scratch.clock.set(to: work.answerBy)
        #expect(
            await refusal(BatchLifeRefusal.self) {
                try await change(due + 99, of: id, from: small.requester, by: small.manager)
            } == .overdue)
        let key = try await stranger(small)
        #expect(
            await refusal(AccessRefusal.self) {
                try await change(nil, of: id, from: small.requester, by: key)
            } == .roleMissing(.requester))
    }

    @Test("a draft past its deadline is neither made nor published")
    func overdueDraft() async throws {
        let small = try await SmallMarket()
        let late = await refusal(BadInput.self) {
            try await small.batch(small.draft("a", dueAt: Scratch.start), tasks: 1)
        }
        #expect(late?.field == "due_at")
        let id = try await small.batch(small.draft("b", dueAt: Scratch.start + 1), tasks: 1, publish: false)
        Scratch.clock.advance(by: 1)
        let publish = PublishBatch(market: small.market)
        #expect(
            await refusal(BatchRefusal.self) { try await publish(id, of: small.requester, by: small.manager) }
                == .overdue)
        try await ChangeDeadline(market: small.market)(
            Scratch.start + 99, of: id, from: small.requester, by: small.manager)
        _ = try await publish(id, of: small.requester, by: small.manager)
        #expect(try await small.ills() == [])
    }

    @Test("a draft's file says deadline and adaptive redundancy, both members of it or neither")
    func file() async throws {
        let small = try await SmallMarket()
        let plain: [String: JSON] = [
            "name": "b", "profession": "lawyer", "tier": "expert", "requirement": ["all": []], "fee_bps": 0,
            "currency": "USD", "budget_minor": 10_000, "expected_minutes": 5, "redundancy": 2,
        ]
        func read(_ more: [String: JSON]) throws -> BatchDraft {
            try BatchDraft(json: .object(plain.merging(more) { $1 }), project: small.project)
        }
        let draft = try read(["redundancy_most": 3, "agreement_bps": 8_000, "due_at": "2026-03-09T09:00:00Z"])
        #expect(draft.adaptive == AdaptiveRedundancy(most: 3, agreementBasisPoints: 8_000))
        #expect(draft.dueAt == Scratch.start + 7 * 86_400)
        let fixed = try read(["answer_value_minor": 7])
        #expect(fixed.adaptive == nil && fixed.dueAt == nil && fixed.answerValue == 7 && draft.answerValue == nil)
        let faults: [(more: [String: JSON], field: String)] = [
            (["redundancy_most": 3], "batch.agreement_bps"), (["agreement_bps": 3], "batch.redundancy_most"),
            (["due_at": "tomorrow"], "batch.due_at"), (["answer_value_minor": "much"], "batch.answer_value_minor"),
        ]
        for fault in faults {
            #expect(await refusal(BadInput.self) { try read(fault.more) }?.field == fault.field)
        }
    }

    @Test("past its deadline a batch hands out nothing more, and closes as expired when what was in hand is settled")
    func expiry() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let id = try await small.batch(small.draft("b", redundancy: 2, dueAt: Scratch.start + 60), tasks: 2)
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let (first, second) = (try await small.claim(ann, id), try await small.claim(ben, id))
        #expect(try await (small.end().closed, small.end().tasksWithdrawn) == (0, 0))
        Scratch.clock.advance(by: 60)
        #expect(try await small.end().tasksWithdrawn == 2)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(ann, id) } == .overdue)
        #expect(try await small.hold(id) == 2 * 2_200)
        #expect(try await small.ills() == [])
        try await small.submit(first)
        try await small.review(first)
        try await ReturnTask(market: small.market)(
            second.id, token: second.leaseToken, .noTime, by: Principal.ID(ben.uuid))
        #expect(try await small.slots(.open) == 0)
        #expect(try await small.end().closed == 1)
        let batch = try await small.batch(id)
        #expect(batch.state == .closed && batch.closedReason == .expired && batch.closedBy == small.manager)
        #expect(try await small.balance(.wallet(of: small.requester, small.usd)) == 97_800)
        #expect(try await (small.end().closed, small.end().tasksWithdrawn) == (0, 0))
        #expect(try await small.ills() == [])
    }

    @Test("a batch with nothing left to do closes as done; one that is worked on, or held back for a person, does not")
    func done() async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(small.draft("b", lapsesMax: 1), tasks: 2)
        let worker = try await small.lawyer("w")
        try await small.earn(worker, id)
        #expect(try await small.end().closed == 0)
        let work = try await small.claim(worker, id)
        #expect(try await small.end().closed == 0)
        Scratch.clock.set(to: work.leaseUntil)
        _ = try await ExpireLeases(market: small.market)(by: small.manager)
        #expect(try await small.slots(.quarantined) == 1)
        #expect(try await small.end().closed == 0)
        try await ReleaseQuarantine(market: small.market)(
            work.task, slot: work.slot, of: small.requester, by: small.manager)
        let again = try await small.claim(worker, id)
        try await small.submit(again)
        #expect(try await small.end().closed == 0)
        try await small.review(again)
        try await PauseBatch(market: small.market)(id, of: small.requester, by: small.manager)
        #expect(try await small.end().closed == 1)
        #expect(try await small.batch(id).closedReason == .done)
        #expect(try await small.ills() == [])
    }

    @Test("ending passes by what somebody holds, goes through the batches by pages, and is the operators' alone")
    func endPages() async throws {
        let small = try await SmallMarket(wallet: 1_000_000)
        for number in 0...EndBatches.batchesMax { _ = try await small.batch(small.draft("\(number)"), tasks: 1) }
        let first = try await small.end()
        #expect(first.last != nil)
        #expect(try await EndBatches(market: small.market)(after: first.last, by: small.manager).last == nil)
        let key = try await stranger(small)
        #expect(
            await refusal(AccessRefusal.self) { try await EndBatches(market: small.market)(by: key) } != nil)
        let id = try await small.batch(small.draft("due", dueAt: Scratch.start + 1), tasks: 1)
        Scratch.clock.advance(by: 1)
        try await small.market.database.transaction { transaction in
            try await transaction.execute("select from batch where batch_id = \(id) for no key update")
            #expect(try await small.end().tasksWithdrawn == 0)
        }
        #expect(try await small.end().tasksWithdrawn == 1)
    }

    @Test("priority decides who is handed out first, and can be changed until the end")
    func priority() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let low = try await small.batch(small.draft("low"), tasks: 1)
        _ = try await small.batch(small.draft("high", priority: 1), tasks: 1)
        let change = ChangePriority(market: small.market)
        for _ in 0..<2 { try await change(2, of: low, from: small.requester, by: small.manager) }
        #expect(try await small.claim(worker).batch == low)
        #expect(
            try await small.count("select count(*) as n from audit_event where action = 'batch_priority_changed'") == 1)
        #expect(
            await refusal(BadInput.self) {
                try await change(1_000_001, of: low, from: small.requester, by: small.manager)
            }?.field == "priority")
        try await small.takeToEnd(low)
        #expect(
            await refusal(BatchLifeRefusal.self) {
                try await change(3, of: low, from: small.requester, by: small.manager)
            } == .ended(.closed))
    }

    @Test(
        "withdrawn tasks are handed out no more; leases in hand go on and are paid, and their slots do not open again")
    func withdraw() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let id = try await small.batch(
            small.draft("b", redundancy: 2, pricing: BatchPricing(topUpBasisPoints: 1_000)), tasks: 3)
        let people = try await [small.lawyer("a"), small.lawyer("b"), small.lawyer("c")]
        let works = try await [small.claim(people[0], id), small.claim(people[1], id), small.claim(people[2], id)]
        #expect(Set(works.map(\.task)).count == 3)
        let withdraw = WithdrawTasks(market: small.market)
        let keys = ["b-0", "b-1", "b-2"]
        let done = try await withdraw(keys, of: id, from: small.requester, by: small.manager)
        #expect((done.tasks, done.slots, done.released.minorUnits) == (3, 3, 3 * (2_200 + 200)))
        #expect(try await small.hold(id) == 3 * (2_200 + 200))
        #expect(try await withdraw(keys, of: id, from: small.requester, by: small.manager).tasks == 0)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(people[0], id) } == .noWork)
        // One is accepted, one rejected, one runs out.
        try await small.submit(works[0])
        try await small.review(works[0])
        try await small.submit(works[1])
        try await small.review(works[1], .rejected)
        Scratch.clock.set(to: works[2].leaseUntil)
        #expect(try await ExpireLeases(market: small.market)(by: small.manager) == 1)
        #expect(await refusal(SubmitRefusal.self) { try await small.submit(works[2]) } == .leaseLost)
        #expect(try await (small.slots(.open), small.slots(.withdrawn), small.slots(.done)) == (0, 5, 1))
        #expect(try await small.ills() == [])
        #expect(try await small.end().closed == 1)
        #expect(try await small.balance(.wallet(of: small.requester, small.usd)) == 97_800)
        #expect(try await small.ills() == [])
    }

    @Test("all tasks are withdrawn at once; the batch then closes as withdrawn")
    func withdrawAll() async throws {
        let small = try await SmallMarket(wallet: 100_000_000)
        let id = try await small.batch(small.draft("b", budget: 100_000_000), tasks: 12_000)
        let work = try await small.claim(small.lawyer("w"), id)
        let withdraw = WithdrawTasks(market: small.market)
        let done = try await withdraw.all(of: id, from: small.requester, by: small.manager)
        #expect((done.tasks, done.slots) == (12_000, 11_999))
        #expect(try await small.hold(id) == 2_200)
        #expect(try await withdraw.all(of: id, from: small.requester, by: small.manager).tasks == 0)
        try await small.submit(work)
        #expect(try await small.end().closed == 0)
        try await small.review(work)
        #expect(try await small.end().closed == 1)
        #expect(try await small.batch(id).closedReason == .withdrawn)
        #expect(try await small.ills() == [])
    }

    @Test("withdrawing is refused for what is not there and for batches that are not in work")
    func withdrawRefusals() async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(small.draft("b"), tasks: 1)
        let other = try await small.batch(small.draft("c"), tasks: 1, publish: false)
        let withdraw = WithdrawTasks(market: small.market)
        let missing = await refusal(NotFound.self) {
            try await withdraw(["b-0", "c-0"], of: id, from: small.requester, by: small.manager)
        }
        #expect(missing == NotFound("task called 'c-0'"))
        for keys in [[], Array(repeating: "b-0", count: 1_001)] {
            let refused = await refusal(BadInput.self) {
                try await withdraw(keys, of: id, from: small.requester, by: small.manager)
            }
            #expect(refused?.field == "tasks")
        }
        #expect(
            await refusal(BatchLifeRefusal.self) {
                try await withdraw(["c-0"], of: other, from: small.requester, by: small.manager)
            } == .notInWork(.draft))
        let key = try await stranger(small)
        #expect(
            await refusal(AccessRefusal.self) {
                try await withdraw.all(of: id, from: small.requester, by: key)
            } != nil)
        // Its own and the draft's.
        #expect(try await small.slots(.open) == 2)
    }

    @Test("a raised budget holds nothing; lowered, it withdraws from the end until the rest fits")
    func budget() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let id = try await small.batch(small.draft("b", redundancy: 2, budget: 17_600), tasks: 4)
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        try await small.earn(ann, id)
        let work = try await small.claim(ben, id)
        let change = ChangeBudget(market: small.market)
        let to = { (minor: Int64) in
            try await change(Money(minor, small.usd), of: id, from: small.requester, by: small.manager)
        }
        #expect(try await to(20_000).tasks == 0)
        #expect(try await small.hold(id) == 15_400)
        // 2,200 spent and 2,200 in hand leave one task with one slot open and another with both.
        let cut = try await to(9_000)
        #expect((cut.tasks, cut.slots) == (2, 4))
        #expect(try await (small.hold(id), small.slots(.withdrawn)) == (6_600, 4))
        #expect(try await small.batch(id).budget.minorUnits == 9_000)
        #expect(
            await refusal(BatchLifeRefusal.self) { try await to(4_399) } == .budgetTooLow(least: 4_400))
        #expect(try await to(4_400).slots == 2)
        #expect(try await small.ills() == [])
        try await small.submit(work)
        try await small.review(work)
        #expect(try await small.end().closed == 1)
        #expect(try await small.batch(id).closedReason == .budget)
        #expect(try await small.balance(.wallet(of: small.requester, small.usd)) == 100_000 - 4_400)
        #expect(await refusal(BatchLifeRefusal.self) { try await to(5_000) } == .ended(.closed))
        #expect(try await small.ills() == [])
    }

    @Test("a lowered budget first takes what is held for nothing, and a draft's is just set")
    func idleHold() async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(small.draft("b", budget: 6_600), tasks: 3)
        let work = try await small.claim(small.lawyer("w"), id)
        try await small.submit(work)
        try await small.review(work, .acceptedInPart(basisPoints: 5_000))
        let change = ChangeBudget(market: small.market)
        let cut = try await change(Money(5_500, small.usd), of: id, from: small.requester, by: small.manager)
        #expect((cut.tasks, cut.released.minorUnits) == (0, 1_100))
        #expect(try await small.slots(.open) == 2)
        let draft = try await small.batch(small.draft("d"), tasks: 1, publish: false)
        _ = try await change(Money(7, small.usd), of: draft, from: small.requester, by: small.manager)
        #expect(try await small.batch(draft).budget.minorUnits == 7)
        let euro = try Money(7, #require(Currency("EUR")))
        for wrong in [euro, try Money(0, small.usd)] {
            let refused = await refusal(BadInput.self) {
                try await change(wrong, of: id, from: small.requester, by: small.manager)
            }
            #expect(refused?.field == (wrong == euro ? "currency" : "budget"))
        }
        #expect(try await small.ills() == [])
    }

    @Test("a clone has the settings of its batch and the price of now, no tasks and no deadline of its own")
    func clone() async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(
            small.draft(
                "b", redundancy: 2, minutes: 45, priority: 3, lapsesMax: 7,
                pricing: BatchPricing(topUpBasisPoints: 500),
                adaptive: AdaptiveRedundancy(most: 4, agreementBasisPoints: 8_000), dueAt: Scratch.start + 60
            ), tasks: 1)
        let clone = CloneBatch(market: small.market)
        let fresh = try await clone(id, of: small.requester, as: "c", by: small.manager)
        #expect(try await clone(id, of: small.requester, as: "c", by: small.manager) == fresh)
        let columns: SQL = """
            door, requirement_id, redundancy, redundancy_most, agreement_bps, pay_minor, fee_minor, currency, rate_id,
            budget_minor, expected_minutes, lease_seconds, answer_seconds, lapses_max, priority, workforces
            """
        #expect(
            try await small.count(
                "select count(*) as n from (select distinct \(fragment: columns) from batch) as settings") == 1)
        let made = try await small.batch(fresh)
        #expect(made.state == .draft && made.dueAt == nil && made.topUpBasisPoints == 500)
        #expect(try await small.count("select count(*) as n from task") == 1)
        #expect(
            await refusal(BadInput.self) {
                try await clone(id, of: small.requester, as: "", by: small.manager)
            }?.field == "name")
        #expect(
            await refusal(NotFound.self) {
                try await clone(Batch.ID(small.requester.uuid), of: small.requester, as: "d", by: small.manager)
            } == NotFound("batch"))
    }

    @Test("a clone is shared out, controlled and as sensitive as its batch")
    func cloneShares() async throws {
        let small = try await SmallMarket()
        let create = CreateBatch(market: small.market)
        let id = try await create(
            BatchDraft(
                project: small.project, name: "b", profession: .lawyer, tier: .expert, requirement: .all([]),
                feeBasisPoints: 1_000, budget: Money(5_000_000, small.usd), expectedMinutes: 30,
                sharing: TaskSharing(workerTasksMax: 9, goldBasisPoints: 700, isPacked: true),
                controlBasisPoints: 1_500, sensitivity: 2
            ), of: small.requester, by: small.manager)
        _ = try await CloneBatch(market: small.market)(id, of: small.requester, as: "c", by: small.manager)
        #expect(
            try await small.count(
                """
                select count(*) as n from batch
                 where worker_tasks_max = 9 and gold_bps = 700 and is_packed and control_bps = 1500 and sensitivity = 2
                """) == 2)
    }

    @Test(
        "an archived batch is left out of lists unless asked for, and can still be read; only a closed one is archived")
    func archive() async throws {
        let small = try await SmallMarket()
        let id = try await small.batch(small.draft("b"), tasks: 1)
        let archive = ArchiveBatch(market: small.market)
        #expect(
            await refusal(BatchRefusal.self) { try await archive(id, of: small.requester, by: small.manager) }
                == .wrongState(.open, .archive))
        try await small.earn(small.lawyer("w"), id)
        _ = try await CloseBatch(market: small.market)(id, of: small.requester, by: small.manager)
        #expect(try await small.batch(id).closedReason == .withdrawn)
        for _ in 0..<2 { try await archive(id, of: small.requester, by: small.manager) }
        #expect(try await small.count("select count(*) as n from audit_event where action = 'batch_archived'") == 1)
        let list = ListBatches(market: small.market)
        #expect(try await list(of: small.requester, by: small.manager).isEmpty)
        #expect(try await list(of: small.requester, withArchived: true, by: small.manager).map(\.id) == [id])
        var bytes: [UInt8] = []
        let summary = try await ExportResults(market: small.market)(
            .batch(id), of: small.requester, .accepted, as: ResultWriter.Settings(.jsonl), by: small.manager,
            to: { bytes += $0 })
        #expect(summary.results == 1 && !bytes.isEmpty)
        #expect(try await small.ills() == [])
    }
}
