import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Clawbacks, taxes and fees", .scratchDatabase)
struct ClawbackTaxTests {
    @Test("tax nothing that was taken back before it was paid, and leave nothing owed of it")
    func untaxed() async throws {
        let desk = try await ClawbackDesk(currency: "USD", taxed: true)
        let earned = try await desk.earn(3)
        _ = try await desk.taken([ClawbackPart(earned[0]), ClawbackPart(earned[1], amountMinor: 500)])
        Scratch.clock.advance(by: Clawback.noticeSeconds)
        // 60.00, less 25.00 that were taken back, less 24 % of the rest.
        let batch = try await desk.prepare()
        #expect(batch.total.minorUnits == 3_500 - 840)
        let list = ListPayoutLines(market: desk.small.market)
        let line = try #require(try await list(of: batch.id, by: desk.small.maker).first).line.id
        let share = try #require(try await list.shares(of: line, by: desk.small.maker).first)
        #expect(
            try share.text == "ann: earned 60.00 USD, withheld 8.40 USD, taken back 25.00 USD, paid 26.60 USD")
        #expect(try await desk.small.ills() == [])
        try await desk.issue(batch)
        #expect(try await desk.debts == 0)
        #expect(try await desk.small.balance(.payable(to: desk.worker, desk.small.usd)) == 0)
        #expect(try await desk.small.balance(.taxPayable(desk.small.usd)) == 840)
        // Whole, and with it all that would be paid, but for a cent.
        let last = try await desk.earn(1)
        let more = try await desk.propose([ClawbackPart(last[0])], reference: "CB-2")
        try await desk.decide(more)
        Scratch.clock.advance(by: Clawback.noticeSeconds)
        #expect(try await desk.pay() == 1)
        #expect(try await desk.debts == -1)
        #expect(try await desk.small.balance(.taxPayable(desk.small.usd)) == 840)
        #expect(try await desk.small.ills() == [])
        let report = try await ReportFinance(market: desk.small.market)(
            from: Scratch.start, to: Scratch.clock.now(), by: desk.small.maker)
        #expect(report.receivables.map(\.owed.minorUnits) == [1])
        #expect(report.receivables.map(\.resting.minorUnits) == [0])
    }

    @Test("give the platform's fee back with the pay, as much of it, and once")
    func fees() async throws {
        let desk = try await ClawbackDesk()
        let small = desk.small
        let earned = try await desk.earn(2)
        let fee = try await small.balance(.fees(small.usd)) / 2
        #expect(fee > 0)
        let wallet = try await desk.wallet
        let (_, decision) = try await desk.taken([
            ClawbackPart(earned[0]), ClawbackPart(earned[1], amountMinor: 1_000),
        ])
        #expect(try await small.balance(.fees(small.usd)) == fee - fee / 2)
        #expect(try await desk.wallet == wallet + 3_000 + fee + fee / 2)
        let report = try await ReportFinance(market: small.market)(
            from: Scratch.start, to: Scratch.clock.now().addingTimeInterval(1), by: small.maker)
        #expect(report.take.map(\.fees.minorUnits) == [fee - fee / 2])
        // One answer is left, of which half was taken back.
        #expect(report.take.map(\.pay.minorUnits) == [1_000] && report.take.map(\.accepted) == [1])
        #expect(report.take.map(\.costOfOneMinor) == [1_000 + fee / 2] && report.take.map(\.takeBasisPoints) == [909])
        // Overturned, the requester keeps it; taken back again, it is not given twice.
        try await desk.answer(try await desk.appeal(decision), isOverturned: true)
        #expect(try await small.balance(.fees(small.usd)) == fee - fee / 2)
        let again = try await desk.propose([ClawbackPart(earned[0])], reference: "CB-2")
        try await desk.decide(again)
        #expect(try await small.balance(.fees(small.usd)) == fee - fee / 2)
        #expect(try await small.ills() == [])
    }

    @Test("tax nothing twice where what was given back is taken back again")
    func givenBack() async throws {
        let desk = try await ClawbackDesk(currency: "USD", taxed: true)
        let small = desk.small
        let paid = try await desk.earn(1)
        #expect(try await desk.pay() == 1_520)
        let (_, decision) = try await desk.taken([ClawbackPart(paid[0])])
        Scratch.clock.advance(by: Clawback.noticeSeconds)
        try await desk.earn(2)
        #expect(try await desk.pay() == 3_040 - 760)
        try await desk.answer(try await desk.appeal(decision), isOverturned: true)
        let gift = try #require(try await desk.earnings().last)
        let again = try await desk.propose([ClawbackPart(gift)], reference: "CB-2")
        try await desk.decide(again)
        Scratch.clock.advance(by: Clawback.noticeSeconds)
        try await desk.earn(1)
        // 7.60 were given back and are taken back; 20.00 are taxed.
        #expect(try await desk.pay() == 1_520)
        #expect(try await desk.debts == 0)
        #expect(try await small.balance(.payable(to: desk.worker, small.usd)) == 0)
        #expect(try await small.ills() == [])
    }

    @Test("take all of what was given back after taxes, whatever is withheld of the work that is paid with it")
    func bearsNone() async throws {
        let desk = try await ClawbackDesk(currency: "USD", taxed: true)
        let paid = try await desk.earn(1)
        #expect(try await desk.pay() == 1_520)
        let (_, decision) = try await desk.taken([ClawbackPart(paid[0])])
        Scratch.clock.advance(by: Clawback.noticeSeconds)
        try await desk.earn(1)
        #expect(try await desk.pay() == 1_520 - 380)
        try await desk.answer(try await desk.appeal(decision), isOverturned: true)
        let gift = try #require(try await desk.earnings().last)
        Scratch.clock.advance(by: 1)
        let work = try await desk.earn(1)[0]
        #expect(try await desk.pay() == 1_520 + 380)
        // Of the work what was had of it, of the gift all.
        let again = try await desk.propose([ClawbackPart(work), ClawbackPart(gift)], reference: "CB-2")
        #expect(again.amount.minorUnits == 1_520 + 380)
        try await desk.decide(again)
        #expect(try await desk.debts == -1_900)
        #expect(try await desk.small.ills() == [])
    }
}
