import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Versions of the rate card", .scratchDatabase)
struct RateCardTests {
    private func card(_ minorUnits: Int64, profession: String = "lawyer") -> JSON {
        [
            "name": "Card",
            "rates": [
                [
                    "profession": .string(profession), "tier": "expert", "task_kind": "extraction", "unit": "task",
                    "currency": "USD", "amount_minor": .integer(minorUnits),
                ]
            ],
            "premiums": [["kind": "difficulty", "least_level": 3, "factor_bps": 15_000]],
            "caps": ["difficulty": 15_000, "whole": 20_000],
        ]
    }

    private func publish(_ minorUnits: Int64, in market: SmallMarket, from start: Date) async throws -> Int {
        let draft = try await DraftRateCard(market: market.market)(card(minorUnits), by: market.maker)
        try await ApproveRateCard(market: market.market)(
            draft.version, contentHash: draft.contentHash, by: market.checker)
        try await PublishRateCard(market: market.market)(draft.version, from: start, by: market.maker)
        return draft.version
    }

    private func pay(_ market: SmallMarket, at instant: Date, difficulty: Int = 1) async throws -> Int64? {
        let task = try RateTask(
            profession: .lawyer, tier: .expert, taskKind: .extraction, currency: market.usd, expectedMinutes: 30,
            difficulty: difficulty
        )
        switch try await market.market.database.read({ try await $0.resolveRate(task, at: instant) }) {
        case .resolved(let rate): return rate.pay.minorUnits
        case .noRate: return nil
        }
    }

    @Test("a published version replaces whatever held, from its instant on; a draft binds nobody")
    func publication() async throws {
        let market = try await SmallMarket()
        let later = Scratch.start + 3_600
        _ = try await publish(3_000, in: market, from: later)
        _ = try await DraftRateCard(market: market.market)(card(9_000), by: market.maker)
        #expect(try await pay(market, at: Scratch.start) == SmallMarket.pay)
        #expect(try await pay(market, at: later - 1, difficulty: 3) == SmallMarket.pay)
        #expect(try await pay(market, at: later) == 3_000)
        #expect(try await pay(market, at: later, difficulty: 3) == 4_500)
        let second = try await publish(4_000, in: market, from: later + 60)
        #expect(try await pay(market, at: later + 59) == 3_000)
        #expect(try await pay(market, at: later + 60) == 4_000)
        try await EndRateCard(market: market.market)(
            second, at: later + 120, preparedBy: market.maker, approvedBy: market.checker)
        #expect(try await pay(market, at: later + 119) == 4_000)
        #expect(try await pay(market, at: later + 120) == nil)
        let list = try await ListRateCards(market: market.market)(limit: 2, by: market.checker)
        #expect(list.map(\.version) == [4, 3] && list.map(\.state) == [.published, .draft])
        #expect(try await ListRateCards(market: market.market)(before: 2, by: market.maker).map(\.version) == [1])
        #expect(try await market.ills().isEmpty)
    }

    @Test("only the transitions of the table happen")
    func transitions() {
        let table: [RateCardState: [RateCardEvent: RateCardState]] = [
            .draft: [.approve: .approved, .discard: .discarded],
            .approved: [.publish: .published, .discard: .discarded], .published: [:], .discarded: [:],
        ]
        for state in RateCardState.allCases {
            for event in RateCardEvent.allCases { #expect(state.after(event) == table[state]?[event]) }
        }
    }

    @Test("refusals come in their order")
    func refusals() async throws {
        let market = try await SmallMarket()
        let (draft, approve) = (DraftRateCard(market: market.market), ApproveRateCard(market: market.market))
        let (publish, end) = (PublishRateCard(market: market.market), EndRateCard(market: market.market))
        let other = Digest(of: "other")
        let both = try await CreatePrincipal(market: market.market)(
            .person, named: "Both", roles: [.financeMaker, .financeChecker], by: market.manager)
        #expect(await Crew.refusal { try await draft(card(1), by: market.checker) } == "role_missing")
        #expect(
            await Crew.refusal { try await draft(card(1, profession: "astrologer"), by: market.maker) }
                == "unknown_profession")
        let version = try await draft(card(1), by: both)
        #expect(version.version == 2)
        func approval(_ hash: Digest, by checker: Principal.ID) async -> String {
            await Crew.refusal { try await approve(version.version, contentHash: hash, by: checker) }
        }
        #expect(await Crew.refusal { try await approve(7, contentHash: other, by: market.checker) } == "not_found")
        #expect(await approval(other, by: market.maker) == "role_missing")
        #expect(await approval(other, by: both) == "rate_approver_is_maker")
        #expect(await approval(other, by: market.checker) == "rate_card_content_differs")
        #expect(
            await Crew.refusal { try await publish(2, from: Scratch.start, by: market.maker) }
                == "rate_card_wrong_state")
        #expect(await approval(version.contentHash, by: market.checker) == "none")
        #expect(await approval(other, by: market.checker) == "rate_card_wrong_state")
        #expect(
            await Crew.refusal { try await publish(2, from: Scratch.start - 1, by: market.maker) }
                == "rate_in_the_past")
        #expect(
            await Crew.refusal { try await publish(2, from: Scratch.start, by: market.maker) } == "rate_overlaps")
        #expect(await Crew.refusal { try await publish(2, from: Scratch.start + 1, by: market.maker) } == "none")
        #expect(
            await Crew.refusal {
                try await end(2, at: Scratch.start + 1, preparedBy: market.maker, approvedBy: market.checker)
            } == "rate_card_not_in_force")
        #expect(
            await Crew.refusal {
                try await end(2, at: Scratch.start + 9, preparedBy: both, approvedBy: both)
            } == "rate_approver_is_maker")
    }

    @Test("ends that were prepared are listed to finance, newest first, by pages; open while they can be approved")
    func endings() async throws {
        let market = try await SmallMarket()
        let (end, list) = (EndRateCard(market: market.market), ListRateCardEnds(market: market.market))
        Scratch.clock.advance(by: 1)
        let first = try await end.prepare(1, at: Scratch.start + 60, by: market.maker)
        Scratch.clock.advance(by: 1)
        let second = try await end.prepare(1, at: Scratch.start + 90, by: market.maker)
        let page = try await list(of: 1, limit: 1, by: market.checker)
        #expect(page.map(\.id) == [second.id] && page.map(\.preparedBy) == [market.maker])
        let rest = try await list(of: 1, before: second.id, by: market.maker)
        #expect(rest.map(\.id) == [first.id] && rest.map(\.end) == [Scratch.start + 60])
        #expect(page.map(\.isOpen) == [true] && rest.map(\.isOpen) == [true])
        try await end.approve(first.id, of: 1, by: market.checker)
        // The one has been done, and by that nothing holds any more when the other would come.
        #expect(try await list(of: 1, by: market.maker).map(\.isOpen) == [false, false])
        #expect(await Crew.refusal { try await list(of: 1, by: market.manager) } == "role_missing")
        #expect(await Crew.refusal { try await list(of: 7, by: market.maker) } == "not_found")
        #expect(try await market.ills().isEmpty)
    }

    @Test("a rate that begins later for the same work must be ended before a version is published")
    func overlaps() async throws {
        let market = try await SmallMarket()
        _ = try await publish(3_000, in: market, from: Scratch.start + 600)
        let draft = try await DraftRateCard(market: market.market)(card(1), by: market.maker)
        try await ApproveRateCard(market: market.market)(
            draft.version, contentHash: draft.contentHash, by: market.checker)
        await #expect(throws: RateCardRefusal.overlaps) {
            try await PublishRateCard(market: market.market)(draft.version, from: Scratch.start + 1, by: market.maker)
        }
        #expect(try await pay(market, at: Scratch.start + 599) == SmallMarket.pay)
    }

    @Test("of many versions published for one instant at once one holds")
    func publishedAtOnce() async throws {
        let market = try await SmallMarket()
        let publish = PublishRateCard(market: market.market)
        var versions: [Int] = []
        for minor in 1...6 as ClosedRange<Int64> {
            let draft = try await DraftRateCard(market: market.market)(card(minor), by: market.maker)
            try await ApproveRateCard(market: market.market)(
                draft.version, contentHash: draft.contentHash, by: market.checker)
            versions.append(draft.version)
        }
        let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
            for version in versions {
                group.addTask {
                    do {
                        try await publish(version, from: Scratch.start + 60, by: market.maker)
                        return true
                    } catch RateCardRefusal.overlaps {
                        return false
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 1)
        #expect(try await pay(market, at: Scratch.start + 59) == SmallMarket.pay)
    }

    @Test("a version that was not published is discarded for good, by anybody in finance, and stays on record")
    func discarded() async throws {
        let market = try await SmallMarket()
        let discard = DiscardRateCard(market: market.market)
        let approve = ApproveRateCard(market: market.market)
        let first = try await DraftRateCard(market: market.market)(card(1), by: market.maker)
        let second = try await DraftRateCard(market: market.market)(card(2), by: market.maker)
        try await approve(second.version, contentHash: second.contentHash, by: market.checker)
        #expect(await Crew.refusal { try await discard(first.version, by: market.reviewer) } == "role_missing")
        #expect(await Crew.refusal { try await discard(99, by: market.maker) } == "not_found")
        #expect(await Crew.refusal { try await discard(1, by: market.maker) } == "rate_card_wrong_state")
        try await discard(first.version, by: market.maker)
        try await discard(second.version, by: market.checker)
        #expect(
            await Crew.refusal { try await approve(2, contentHash: first.contentHash, by: market.checker) }
                == "rate_card_wrong_state")
        #expect(
            await Crew.refusal { try await PublishRateCard(market: market.market)(3, by: market.maker) }
                == "rate_card_wrong_state")
        let list = try await ListRateCards(market: market.market)(by: market.maker)
        #expect(list.map(\.state) == [.discarded, .discarded, .published])
        #expect(try await pay(market, at: Scratch.start) == SmallMarket.pay)
    }

    @Test("two versions are compared over the batches that are open, by pages; nothing changes")
    func comparison() async throws {
        let market = try await SmallMarket()
        _ = try await publish(3_000, in: market, from: Scratch.start + 1)
        Scratch.clock.advance(by: 1)
        var hard = try market.draft("hard")
        hard = BatchDraft(
            project: hard.project, name: "hard", profession: .lawyer, tier: .expert, requirement: hard.requirement,
            feeBasisPoints: 1_000, budget: hard.budget, expectedMinutes: 30, pricing: BatchPricing(difficulty: 3)
        )
        let plain = try await market.batch(market.draft("plain"), tasks: 1)
        let other = try await market.batch(hard, tasks: 1)
        _ = try await market.batch(market.draft("unpublished"), tasks: 1, publish: false)
        let draft = try await DraftRateCard(market: market.market)(card(4_001), by: market.maker)
        let compare = CompareRateCards(market: market.market)
        let page = try await compare(from: 2, to: draft.version, limit: 1, by: market.maker)
        let rest = try await compare(from: 2, to: draft.version, after: page.last?.batch, by: market.maker)
        let all = page + rest
        #expect(page.count == 1 && Set(all.map(\.batch)) == [plain, other])
        #expect(
            Set(all.map { [$0.pay.minorUnits, $0.old?.minorUnits, $0.new?.minorUnits] }) == [
                [3_000, 3_000, 4_001], [4_500, 4_500, 6_002],
            ])
        await #expect(throws: AccessRefusal.self) { try await compare(from: 1, to: 2, by: market.reviewer) }
        await #expect(throws: NotFound.self) { try await compare(from: 1, to: 9, by: market.maker) }
    }
}

@Suite("Prices of batches", .scratchDatabase)
struct BatchPriceTests {
    private func draft(
        _ market: SmallMarket, cap: Int64 = 3_000, budget: Int64 = 5_000_000, shape: EscalationShape = .steps
    ) throws -> BatchDraft {
        let plain = try market.draft("rising", budget: budget)
        return BatchDraft(
            project: plain.project, name: "rising", profession: .lawyer, tier: .expert,
            requirement: plain.requirement, feeBasisPoints: 1_000, budget: plain.budget, expectedMinutes: 30,
            pricing: BatchPricing(
                escalator: try Escalator(
                    shape, afterSeconds: 600, intervalSeconds: 300, step: Money(400, market.usd),
                    cap: Money(cap, market.usd)
                ))
        )
    }

    @Test("the hold covers the cap, a claim takes the price of its instant, and what is left goes back")
    func rising() async throws {
        let market = try await SmallMarket()
        let worker = try await market.lawyer("w")
        let batch = try await market.batch(draft(market), tasks: 3)
        #expect(try await market.balance(.hold(ofBatch: batch.uuid, market.usd)) == 3 * 3_300)
        let table = try await PriceTable(market: market.market)(
            batch, of: market.requester, by: Principal.ID(worker.uuid))
        #expect(table.map(\.seconds) == [0, 900, 1_200, 1_500])
        #expect(table.map(\.pay.minorUnits) == [2_000, 2_400, 2_800, 3_000])
        let early = try await market.claim(worker, batch)
        Scratch.clock.advance(by: 900)
        let later = try await market.claim(worker, batch)
        Scratch.clock.advance(by: 600)
        #expect(early.terms["pay_minor"] == 2_000 && later.terms["pay_minor"] == 2_400)
        #expect(later.terms["escalated_from_minor"] == 2_000 && later.terms["fee_minor"] == 240)
        #expect(later.terms["rate_trace"]?["pay_minor"] == 2_000)
        for work in [early, later] {
            try await market.submit(work)
            try await market.review(work)
        }
        #expect(try await market.balance(.payable(to: worker, market.usd)) == 4_400)
        #expect(try await market.ills().isEmpty)
        _ = try await CloseBatch(market: market.market)(batch, of: market.requester, by: market.manager)
        #expect(try await market.balance(.wallet(of: market.requester, market.usd)) == 10_000_000 - 4_400 - 440)
        #expect(try await market.ills().isEmpty)
    }

    @Test(
        "whatever the curve, terms frozen at a lease pay what it gives at that instant, and nothing later reaches them")
    func frozenAtTheInstant() async throws {
        let market = try await SmallMarket()
        let worker = try await market.lawyer("w")
        let dice = Dice(seed: 20_260_302)
        let base = try Money(SmallMarket.pay, market.usd)
        for number in 0..<6 {
            let curve = try Escalator(
                dice.pick(EscalationShape.allCases), afterSeconds: dice.roll(0...3_000),
                intervalSeconds: dice.roll(60...2_000), step: Money(Int64(dice.roll(1...700)), market.usd),
                cap: Money(Int64(dice.roll(1_500...5_000)), market.usd)
            )
            let plain = try market.draft("curve \(number)")
            let batch = try await market.batch(
                BatchDraft(
                    project: plain.project, name: plain.name, profession: .lawyer, tier: .expert,
                    requirement: plain.requirement, feeBasisPoints: 1_000, budget: plain.budget, expectedMinutes: 1,
                    lapsesMax: 1_000, pricing: BatchPricing(escalator: curve)
                ), tasks: 1)
            var elapsed = 0
            for _ in 0..<8 {
                let wait = dice.roll(0...2_000)
                Scratch.clock.advance(by: Double(wait))
                elapsed += wait
                let work = try await market.claim(worker, batch)
                let pay = try curve.price(from: base, elapsed: Double(elapsed))
                #expect(work.terms["pay_minor"] == .integer(pay.minorUnits))
                #expect(work.terms["fee_minor"] == .integer(try pay.share(basisPoints: 1_000).minorUnits))
                Scratch.clock.advance(by: 600)
                elapsed += 600
                let stored = try await market.market.database.read { try await $0.assignment(work.id, of: worker) }
                #expect(stored?.terms == work.terms)
                try await ReturnTask(market: market.market)(
                    work.id, token: work.leaseToken, .noTime, by: Principal.ID(worker.uuid))
            }
        }
        #expect(try await market.ills().isEmpty)
    }

    @Test("a curve whose cap is above the budget is not published, though its beginning would be")
    func overBudget() async throws {
        let market = try await SmallMarket()
        let said = await refusal(BatchRefusal.self) {
            try await market.batch(draft(market, budget: 3 * 2_200), tasks: 3)
        }
        #expect(said?.code == "over_budget")
    }

    @Test("terms keep the price, trace and hash of their lease when the rate card changes")
    func frozen() async throws {
        let market = try await SmallMarket()
        let worker = try await market.lawyer("w")
        let batch = try await market.batch(market.draft("plain"), tasks: 2)
        let first = try await market.claim(worker, batch)
        let card: JSON = [
            "name": "Card",
            "rates": [
                [
                    "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "task",
                    "currency": "USD", "amount_minor": 1,
                ]
            ],
        ]
        let next = try await DraftRateCard(market: market.market)(card, by: market.maker)
        try await ApproveRateCard(market: market.market)(
            next.version, contentHash: next.contentHash, by: market.checker)
        try await PublishRateCard(market: market.market)(next.version, from: Scratch.start + 60, by: market.maker)
        Scratch.clock.advance(by: 120)
        let second = try await market.claim(worker, batch)
        for work in [first, second] {
            #expect(work.terms["pay_minor"] == 2_000)
            #expect(work.terms["rate_trace"]?["rate"] == "lawyer/expert/extraction/any/any/USD")
        }
        #expect(try await market.ills().isEmpty)
    }
}
