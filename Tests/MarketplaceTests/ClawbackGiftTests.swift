import Formats
import Foundation
import Marketplace
import Payments
import Store
import Tax
import TestSupport
import Testing

@Suite("What an appeal gives back that was kept before taxes", .scratchDatabase)
struct ClawbackGiftTests {
    private static let week = Clawback.noticeSeconds

    private func taxes(_ desk: ClawbackDesk) async throws -> Int64 {
        try await desk.small.balance(.taxPayable(desk.small.usd))
    }

    private func payable(_ desk: ClawbackDesk) async throws -> Int64 {
        try await desk.small.balance(.payable(to: desk.worker, desk.small.usd))
    }

    @Test("is taxed when it is paid; what was kept after them is not again")
    func both() async throws {
        let desk = try await ClawbackDesk(currency: "USD", taxed: true)
        let paid = try await desk.earn(1)
        #expect(try await desk.pay() == 1_520)
        let unpaid = try await desk.earn(2)
        let (_, decision) = try await desk.taken([ClawbackPart(paid[0]), ClawbackPart(unpaid[0])])
        Scratch.clock.advance(by: Self.week)
        // 40.00 less 20.00 that nobody had, less 24 %, and of the rest a quarter.
        #expect(try await desk.pay() == 1_520 - 380)
        let remedy = try await desk.answer(try await desk.appeal(decision), isOverturned: true)
        #expect(remedy?["paid_again_minor"] == 2_380 && remedy?["not_owed_minor"] == 1_140)
        #expect(try await desk.debts == 0)
        #expect(try await payable(desk) == 2_380)
        #expect(try await desk.small.ills() == [])
        #expect(try await desk.pay() == 380 + 1_520)
        #expect(try await taxes(desk) == 3 * 480)
        // Two pieces of work when they were paid, and the one that was kept whole when it was given back.
        #expect(try await desk.small.count("select sum(activities)::bigint as n from withholding") == 3)
        #expect(try await payable(desk) == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("stands for its earning: one of them is taken back, of the earning what was had by both")
    func again() async throws {
        let desk = try await ClawbackDesk(currency: "USD", taxed: true)
        let earned = try await desk.earn(1)
        let (_, decision) = try await desk.taken([ClawbackPart(earned[0])])
        Scratch.clock.advance(by: Self.week)
        #expect(try await desk.pay() == 1)
        try await desk.answer(try await desk.appeal(decision), isOverturned: true)
        let gift = try #require(try await desk.earnings().last)
        #expect(gift != earned[0])
        // Nothing was had of it yet: take what was given back, or wait.
        #expect(
            await refusal(ClawbackRefusal.self) {
                try await desk.propose([ClawbackPart(earned[0])], reference: "CB-2")
            } == .underWay)
        let net = try await desk.pay()
        let withheld = try await taxes(desk)
        #expect(withheld > 0 && net == 1_999 - withheld)
        #expect(
            await refusal(ClawbackRefusal.self) {
                try await desk.propose([ClawbackPart(earned[0]), ClawbackPart(gift)], reference: "CB-2")
            } == .takenBack)
        let again = try await desk.propose([ClawbackPart(earned[0])], reference: "CB-2")
        #expect(again.amount.minorUnits == net + 1)
        #expect(
            await refusal(ClawbackRefusal.self) {
                try await desk.propose([ClawbackPart(gift)], reference: "CB-3")
            } == .takenBack)
        try await desk.decide(again)
        #expect(try await desk.debts == -net - 1)
        #expect(try await desk.small.balance(.remedies(desk.small.usd)) == net + 1 - 2_000)
        #expect(try await desk.small.ills() == [])
    }

    @Test("is kept before taxes once more where it is taken back before it was paid")
    func unpaid() async throws {
        let desk = try await ClawbackDesk(currency: "USD", taxed: true)
        let earned = try await desk.earn(2)
        let (_, decision) = try await desk.taken([ClawbackPart(earned[0])])
        Scratch.clock.advance(by: Self.week)
        #expect(try await desk.pay() == 1_520)
        try await desk.answer(try await desk.appeal(decision), isOverturned: true)
        let gift = try #require(try await desk.earnings().last)
        let again = try await desk.propose([ClawbackPart(gift)], reference: "CB-2")
        let second = try #require(try await desk.decide(again))
        Scratch.clock.advance(by: Self.week)
        try await desk.earn(1)
        #expect(try await desk.pay() == 1_520)
        #expect(try await desk.debts == 0)
        #expect(try await taxes(desk) == 2 * 480)
        #expect(try await desk.small.ills() == [])
        // And given back once more, it is taxed.
        try await desk.answer(try await desk.appeal(second), isOverturned: true)
        #expect(try await desk.pay() == 1_520)
        #expect(try await taxes(desk) == 3 * 480)
        #expect(try await payable(desk) == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("is found by the doctor where it would not be taxed")
    func found() async throws {
        let desk = try await ClawbackDesk(currency: "USD", taxed: true)
        let earned = try await desk.earn(2)
        let (_, decision) = try await desk.taken([ClawbackPart(earned[0])])
        Scratch.clock.advance(by: Self.week)
        try await desk.pay()
        try await desk.answer(try await desk.appeal(decision), isOverturned: true)
        let gift = try #require(try await desk.earnings().last)
        #expect(try await desk.small.ills() == [])
        try await Scratch.asOwner {
            try await $0.execute("update clawback set given_back_id = \(gift)")
        }
        #expect(try await desk.small.ills() == [.clawbacks])
    }

    @Test(
        "and whose payment came back is had once and taxed once, whether it was paid before or not",
        arguments: [false, true])
    func returned(isPaid: Bool) async throws {
        let small = try await SmallMarket()
        let desk = try await ClawbackDesk.on(small, try await small.lawyer("ann"))
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: desk.worker, by: small.maker)
        try await setAccount(PayoutDesk.ibans[0], desk)
        try await SetPayoutSource(market: small.market)(
            "dollars", format: .csv, currency: small.usd, settings: SmallMarket.payoutSettings, by: small.checker)
        let earned = try await desk.earn(2)
        let (_, decision) = try await desk.taken([ClawbackPart(earned[0])])
        Scratch.clock.advance(by: Self.week)
        let first = try await sent(small)
        #expect(first.total.minorUnits == 1_520)
        try await desk.answer(try await desk.appeal(decision), isOverturned: true)
        if isPaid { #expect(try await sent(small).total.minorUnits == 1_520) }
        let lines = try await ListPayoutLines(market: small.market)(of: first.id, by: small.maker)
        let id = try #require(lines.first?.line.endToEndID)
        let returns = "end_to_end_id,amount,currency,reason\r\n\(id),15.20,USD,AC04\r\n"
        let back = try await ImportBankFile(market: small.market)(Array(returns.utf8), by: small.maker)
        #expect(back.outcomes == [.returned: 1])
        // Both are due again, and what was given back of the one was never kept.
        #expect(try await desk.debts == -2_000)
        #expect(try await payable(desk) == (isPaid ? 4_000 : 6_000))
        #expect(try await small.ills() == [])
        try await setAccount(PayoutDesk.ibans[1], desk)
        Scratch.clock.advance(by: 73 * 3_600)
        #expect(try await sent(small).total.minorUnits == (isPaid ? 1_520 : 3_040))
        #expect(try await desk.debts == 0)
        #expect(try await payable(desk) == 0)
        #expect(try await taxes(desk) == 2 * 480)
        #expect(try await small.ills() == [])
    }

    private func setAccount(_ iban: String, _ desk: ClawbackDesk) async throws {
        let method = try PayoutMethod(
            account: iban, holder: "Worker", country: String(iban.prefix(2)), currency: "USD")
        try await SetPayoutMethod(market: desk.small.market, keys: Scratch.keys)(
            method, of: desk.worker, by: desk.small.manager)
    }

    /// A run that has left.
    private func sent(_ small: SmallMarket) async throws -> PayoutBatch {
        let batch = try await PreparePayoutRun(market: small.market, keys: Scratch.keys)(
            from: "dollars", on: try PayoutDesk.payDay(), by: small.maker
        ).batch
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        _ = try await ExportPayoutRun(market: small.market, keys: Scratch.keys)(
            batch.id, by: small.maker, write: { _ in })
        return batch
    }
}
