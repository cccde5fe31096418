import Formats
import Foundation
import Marketplace
import Payments
import Store
import Tax
import TestSupport
import Testing

/// A market whose worker has pay that may be taken back.
struct ClawbackDesk {
    let small: SmallMarket
    let worker: Worker.ID
    private let tasks: Batch.ID

    /// - Parameter currency: of all pay; in USD the worker has given no form, so that 24 % are withheld.
    init(currency: String = "EUR", taxed: Bool = false) async throws {
        small = try await SmallMarket(currency: currency)
        worker = try await small.lawyer("ann")
        tasks = try await small.batch(small.draft("c", minutes: 1), tasks: 60)
        guard taxed else { return }
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: worker, by: small.maker)
    }

    /// So many tasks of 20.00, one a second.
    @discardableResult
    func earn(_ count: Int) async throws -> [Transfer.ID] {
        for _ in 0..<count {
            try await small.earn(worker, tasks)
            Scratch.clock.advance(by: 1)
        }
        return Array(try await earnings().suffix(count))
    }

    /// The oldest first.
    func earnings() async throws -> [Transfer.ID] {
        try await small.market.database.read {
            try await $0.rows("select transfer_id from earning where worker_id = \(worker) order by transfer_id")
                .map { try $0["transfer_id"] }
        }
    }

    func prepare() async throws -> PayoutBatch {
        Scratch.clock.advance(by: 1)
        return try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
    }

    func issue(_ batch: PayoutBatch) async throws {
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)
    }

    /// - Returns: what was paid.
    @discardableResult
    func pay() async throws -> Int64 {
        let batch = try await prepare()
        try await issue(batch)
        return batch.total.minorUnits
    }

    func propose(_ parts: [ClawbackPart], reference: String = "CB-1", by actor: Principal.ID? = nil) async throws
        -> Clawback
    {
        try await ProposeClawback(market: small.market)(
            parts, of: worker, by: .paidByMistake, reasons: "Paid twice.", reference: reference,
            by: actor ?? small.maker)
    }

    @discardableResult
    func decide(_ clawback: Clawback, takeBack: Bool = true, by actor: Principal.ID? = nil) async throws -> Decision.ID?
    {
        try await DecideClawback(market: small.market)(clawback.id, takeBack: takeBack, by: actor ?? small.checker)
    }

    func taken(_ parts: [ClawbackPart]) async throws -> (clawback: Clawback, decision: Decision.ID) {
        let clawback = try await propose(parts)
        return (clawback, try #require(try await decide(clawback)))
    }

    func appeal(_ decision: Decision.ID) async throws -> Appeal {
        try await FileAppeal(market: small.market)(decision, statement: "No.", by: Principal.ID(worker.uuid))
    }

    @discardableResult
    func answer(_ appeal: Appeal, isOverturned: Bool) async throws -> JSON? {
        try await AnswerAppeal(market: small.market)(
            appeal.id, isOverturned: isOverturned, answer: "Looked at.", by: small.second)
    }

    func recovered() async throws -> Int64 {
        try await ListClawbacks(market: small.market)(by: small.maker).reduce(0) { $0 + $1.recovered.minorUnits }
    }

    var debts: Int64 { get async throws { try await small.balance(.receivables(small.usd)) } }
    var wallet: Int64 { get async throws { try await small.balance(.wallet(of: small.requester, small.usd)) } }
}

@Suite("Clawbacks", .scratchDatabase)
struct ClawbackTests {
    private static let week = Clawback.noticeSeconds

    @Test("give whoever paid the money back, and keep a quarter of later payouts from a week later on")
    func netting() async throws {
        let desk = try await ClawbackDesk()
        let paid = try await desk.earn(1)
        #expect(try await desk.pay() == 2_000)
        let before = try await desk.wallet
        let fee = try await desk.small.balance(.fees(desk.small.usd))
        let (clawback, decision) = try await desk.taken([ClawbackPart(paid[0])])
        #expect(try await desk.wallet == before + 2_000 + fee)
        #expect(try await desk.debts == -2_000)
        let told = try await ListDecisions(market: desk.small.market)(
            about: desk.worker, by: Principal.ID(desk.worker.uuid))
        #expect(told.map(\.id) == [decision] && told[0].reasons == "Paid twice." && told[0].kind == .clawback)
        // Within the week nothing is kept.
        try await desk.earn(2)
        #expect(try await desk.pay() == 4_000)
        Scratch.clock.advance(by: Self.week)
        try await desk.earn(2)
        let batch = try await desk.prepare()
        #expect(batch.total.minorUnits == 3_000)
        let line = try #require(
            try await ListPayoutLines(market: desk.small.market)(of: batch.id, by: desk.small.maker).first)
        let share = try #require(
            try await ListPayoutLines(market: desk.small.market).shares(of: line.line.id, by: desk.small.maker).first)
        #expect(share.json["gross_minor"] == 4_000 && share.json["clawed_back_minor"] == 1_000)
        #expect(share.json["net_minor"] == 3_000 && share.json["withheld_minor"] == 0)
        #expect(try await desk.small.ills() == [])
        try await desk.issue(batch)
        #expect(try await desk.debts == -1_000)
        #expect(try await desk.recovered() == 1_000)
        #expect(
            try await desk.small.count(
                """
                select count(*) as n from notice
                 where kind = 'clawback_recovered' and recipient_id = \(desk.worker) and facts->>'amount' = '10.00'
                """) == 1)
        let file = Gathered()
        _ = try await WriteRemittanceAdvice(market: desk.small.market)(
            of: batch.id, to: desk.worker, as: .csv, by: desk.small.maker, to: { file.append($0) })
        #expect(String(decoding: file.bytes, as: UTF8.self).contains("clawed_back,,paid_by_mistake,,,-10.00,EUR"))
        let sums = try await ListEarnings(market: desk.small.market)(of: desk.worker, by: desk.small.maker).sums
        #expect(sums.map(\.kept.minorUnits) == [1_000])
        // The rest of it, and then no more.
        try await desk.earn(3)
        #expect(try await desk.pay() == 5_000)
        try await desk.earn(1)
        #expect(try await desk.pay() == 2_000)
        #expect(try await desk.debts == 0)
        #expect(try await desk.small.balance(.payable(to: desk.worker, desk.small.usd)) == 0)
        #expect(try await ListClawbacks(market: desk.small.market)(by: desk.small.maker).map(\.id) == [clawback.id])
        #expect(try await desk.small.ills() == [])
    }

    @Test("hold what was not paid until they take effect, and keep it whole, but for a cent that a bank can pay")
    func unpaid() async throws {
        let desk = try await ClawbackDesk()
        let earned = try await desk.earn(2)
        _ = try await desk.taken([ClawbackPart(earned[0])])
        #expect(try await desk.pay() == 2_000)
        #expect(await refusal(PayoutRefusal.self) { try await desk.prepare() } == .nothingToPay)
        Scratch.clock.advance(by: Self.week)
        #expect(try await desk.pay() == 1)
        #expect(try await desk.debts == -1)
        try await desk.earn(1)
        #expect(try await desk.pay() == 1_999)
        #expect(try await desk.small.ills() == [])
    }

    @Test("keep more than a part where the worker agrees; never of somebody else's agreement")
    func agreed() async throws {
        let desk = try await ClawbackDesk()
        let paid = try await desk.earn(1)
        try await desk.pay()
        let (clawback, _) = try await desk.taken([ClawbackPart(paid[0])])
        let agree = AgreeToClawback(market: desk.small.market)
        await #expect(throws: NotFound.self) { try await agree(clawback.id, by: desk.small.maker) }
        try await agree(clawback.id, by: Principal.ID(desk.worker.uuid))
        Scratch.clock.advance(by: Self.week)
        try await desk.earn(1)
        #expect(try await desk.pay() == 1)
        try await desk.earn(1)
        #expect(try await desk.pay() == 1_999)
        #expect(try await desk.debts == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("are given back when an appeal is granted: what is owed, and what was kept, which is not taxed again")
    func overturned() async throws {
        let desk = try await ClawbackDesk(currency: "USD", taxed: true)
        let paid = try await desk.earn(1)
        #expect(try await desk.pay() == 1_520)
        let (clawback, decision) = try await desk.taken([ClawbackPart(paid[0])])
        #expect(clawback.amount.minorUnits == 1_520, "what was withheld is with the authority")
        Scratch.clock.advance(by: Self.week)
        try await desk.earn(2)
        // 40.00 less 24 %, and of the rest a quarter.
        #expect(try await desk.pay() == 3_040 - 760)
        try await desk.earn(1)
        let stale = try await desk.prepare()
        #expect(stale.total.minorUnits == 1_520 - 380)
        let appeal = try await desk.appeal(decision)
        let wallet = try await desk.wallet
        let remedy = try await desk.answer(appeal, isOverturned: true)
        #expect(remedy?["not_owed_minor"] == 760 && remedy?["paid_again_minor"] == 760)
        #expect(try await desk.wallet == wallet, "the platform pays, not the requester")
        #expect(try await desk.debts == 0)
        #expect(await refusal(PayoutRefusal.self) { try await desk.issue(stale) } == .clawbackOverturned)
        try await CancelPayoutBatch(market: desk.small.market)(stale.id, by: desk.small.maker)
        // 20.00 taxed, 7.60 not; nothing is kept.
        #expect(try await desk.pay() == 1_520 + 760)
        #expect(try await desk.small.balance(.payable(to: desk.worker, desk.small.usd)) == 0)
        await #expect(throws: ClawbackRefusal.self) {
            try await AgreeToClawback(market: desk.small.market)(clawback.id, by: Principal.ID(desk.worker.uuid))
        }
        #expect(try await desk.small.ills() == [])
    }

    @Test("rest while an appeal is open, and go on when the decision stands")
    func appealOpen() async throws {
        let desk = try await ClawbackDesk()
        let paid = try await desk.earn(1)
        try await desk.pay()
        let unpaid = try await desk.earn(1)
        let (_, decision) = try await desk.taken([ClawbackPart(paid[0]), ClawbackPart(unpaid[0])])
        let appeal = try await desk.appeal(decision)
        Scratch.clock.advance(by: Self.week)
        try await desk.earn(1)
        #expect(try await desk.pay() == 2_000, "nothing is kept, and what is in dispute is not paid")
        try await desk.answer(appeal, isOverturned: false)
        try await desk.earn(1)
        // The disputed earning whole, a quarter of the other.
        #expect(try await desk.pay() == 1_500)
        #expect(try await desk.small.ills() == [])
    }

    @Test("are decided by another person, of what was had, once")
    func refusals() async throws {
        let desk = try await ClawbackDesk(currency: "USD", taxed: true)
        let small = desk.small
        let paid = try await desk.earn(1)
        let stale = try await desk.prepare()
        #expect(await refusal(ClawbackRefusal.self) { try await desk.propose([ClawbackPart(paid[0])]) } == .underWay)
        try await desk.issue(stale)
        #expect(
            await refusal(ClawbackRefusal.self) { try await desk.propose([ClawbackPart(paid[0], amountMinor: 1_521)]) }
                == .tooMuch)
        await #expect(throws: BadInput.self) { try await desk.propose([ClawbackPart(paid[0], amountMinor: 0)]) }
        await #expect(throws: BadInput.self) { try await desk.propose([]) }
        await #expect(throws: NotFound.self) { try await desk.propose([ClawbackPart(Transfer.ID(UUID()))]) }
        await #expect(throws: AccessRefusal.self) {
            try await desk.propose([ClawbackPart(paid[0])], by: small.checker)
        }
        let clawback = try await desk.propose([ClawbackPart(paid[0])])
        #expect(try await desk.propose([ClawbackPart(paid[0])]) == clawback)
        let amount = clawback.amount.minorUnits
        #expect(try await desk.propose([ClawbackPart(paid[0], amountMinor: amount)]) == clawback)
        #expect(
            await refusal(ClawbackRefusal.self) {
                try await desk.propose([ClawbackPart(paid[0], amountMinor: amount - 1)])
            } == .referenceTaken)
        let other = try await desk.earn(1)
        #expect(
            await refusal(ClawbackRefusal.self) { try await desk.propose([ClawbackPart(other[0])]) } == .referenceTaken)
        #expect(
            await refusal(ClawbackRefusal.self) { try await desk.propose([ClawbackPart(paid[0])], reference: "CB-2") }
                == .takenBack)
        let create = CreatePrincipal(market: small.market)
        let robot = try await create(.key, named: "Robot", roles: [.financeChecker], by: small.manager)
        #expect(
            await refusal(DecisionRefusal.self) { try await desk.decide(clawback, by: robot) } == .deciderIsNoPerson)
        await #expect(throws: AccessRefusal.self) { try await desk.decide(clawback, by: small.maker) }
        let both = try await create(.person, named: "Both", roles: [.financeMaker, .financeChecker], by: small.manager)
        let own = try await desk.propose([ClawbackPart(other[0])], reference: "CB-3", by: both)
        #expect(await refusal(ClawbackRefusal.self) { try await desk.decide(own, by: both) } == .samePerson)
        #expect(try await desk.decide(clawback, takeBack: false) == nil)
        #expect(await refusal(ClawbackRefusal.self) { try await desk.decide(clawback) } == .notProposed)
        #expect(try await small.count("select count(*) as n from decision where kind = 'clawback'") == 0)
        // Refused, it bars no other.
        let again = try await desk.propose([ClawbackPart(paid[0])], reference: "CB-2")
        try await desk.decide(again)
        #expect(
            try await ListClawbacks(market: small.market)(of: desk.worker, by: Principal.ID(desk.worker.uuid)).count
                == 1)
        await #expect(throws: AccessRefusal.self) {
            try await ListClawbacks(market: small.market)(by: Principal.ID(desk.worker.uuid))
        }
        #expect(try await small.ills() == [])
    }

    @Test("are owed again when a payment of which was kept comes back, also after they were overturned")
    func returned() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let worker = desk.workers[0]
        let clawing = try await ClawbackDesk.on(desk.small, worker)
        let first = try await desk.sent()
        _ = try await desk.take(
            PayoutDesk.statement("S1", opening: 100_000, [(first.payments[0].endToEndID, 2_000, false, nil)]))
        let (_, decision) = try await clawing.taken([ClawbackPart(try await clawing.earnings()[0])])
        Scratch.clock.advance(by: Self.week)
        try await clawing.earn(1)
        let second = try await desk.sent()
        #expect(second.batch.total.minorUnits == 1_500)
        #expect(try await clawing.debts == -1_500)
        _ = try await desk.take(PayoutDesk.status(second.batch.messageID, "RJCT", reason: "FF01"))
        #expect(try await clawing.debts == -2_000)
        #expect(try await desk.owed(0) == 2_000)
        #expect(try await desk.small.ills() == [])
        let third = try await desk.sent()
        #expect(third.batch.total.minorUnits == 1_500)
        try await clawing.answer(try await clawing.appeal(decision), isOverturned: true)
        #expect(try await clawing.debts == 0)
        #expect(try await desk.owed(0) == 500)
        // What was kept of it was given back; now it was never kept, and the earning is due in full.
        _ = try await desk.take(PayoutDesk.status(third.batch.messageID, "RJCT", reason: "FF01"))
        #expect(try await desk.owed(0) == 2_500)
        #expect(try await clawing.debts == -500)
        #expect(try await desk.small.ills() == [])
        let fourth = try await desk.sent()
        #expect(fourth.batch.total.minorUnits == 2_000)
        #expect(try await clawing.debts == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("keep no more than the source's limit, and leave its floor")
    func policy() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let clawing = try await ClawbackDesk.on(desk.small, desk.workers[0])
        _ = try await desk.sent()
        _ = try await clawing.taken([ClawbackPart(try await clawing.earnings()[0])])
        Scratch.clock.advance(by: Self.week)
        var settings = try #require(SmallMarket.payoutSettings.objectValue)
        let source = SetPayoutSource(market: desk.small.market)
        for (name, value) in [("clawback_limit_bps", JSON.integer(10_001)), ("clawback_floor_minor", 0)] {
            var wrong = settings
            wrong[name] = value
            await #expect(throws: BadInput.self) {
                try await source(
                    "main", format: .pain001v09, currency: desk.small.usd, settings: .object(wrong),
                    by: desk.small.checker)
            }
        }
        for (limit, floor, paid) in [(Int64(0), Int64(1), Int64(2_000)), (10_000, 1_500, 1_500), (5_000, 1, 1_000)] {
            settings["clawback_limit_bps"] = .integer(limit)
            settings["clawback_floor_minor"] = .integer(floor)
            try await source(
                "main", format: .pain001v09, currency: desk.small.usd, settings: .object(settings),
                by: desk.small.checker)
            try await clawing.earn(1)
            #expect(try await desk.sent().batch.total.minorUnits == paid)
        }
        #expect(try await desk.small.ills() == [])
    }
}

extension ClawbackDesk {
    /// In a market that is there.
    static func on(_ small: SmallMarket, _ worker: Worker.ID) async throws -> ClawbackDesk {
        ClawbackDesk(
            small: small, worker: worker,
            tasks: try await small.batch(small.draft("c", minutes: 1), tasks: 20))
    }

    private init(small: SmallMarket, worker: Worker.ID, tasks: Batch.ID) {
        (self.small, self.worker, self.tasks) = (small, worker, tasks)
    }
}
