import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// What an appeal has given back by the platform, and is taken back again.
@Suite("Clawbacks that come again", .scratchDatabase)
struct ClawbackAgainTests {
    private static let fee = SmallMarket.fee

    /// Taken, and given back by an appeal.
    private func overturned(
        _ desk: ClawbackDesk, _ earning: Transfer.ID, amountMinor: Int64? = nil, reference: String
    ) async throws {
        let decision = try await taken(desk, earning, amountMinor: amountMinor, reference: reference)
        try await desk.answer(try await desk.appeal(decision), isOverturned: true)
    }

    @discardableResult
    private func taken(
        _ desk: ClawbackDesk, _ earning: Transfer.ID, amountMinor: Int64? = nil, reference: String
    ) async throws -> Decision.ID {
        let clawback = try await desk.propose(
            [ClawbackPart(earning, amountMinor: amountMinor)], reference: reference)
        return try #require(try await desk.decide(clawback))
    }

    private func remedies(_ desk: ClawbackDesk) async throws -> Int64 {
        try await desk.small.balance(.remedies(desk.small.usd))
    }

    @Test("give whoever had paid their money once, and the platform what it had borne")
    func paid() async throws {
        let desk = try await ClawbackDesk()
        let earning = try #require(try await desk.earn(1).first)
        #expect(try await desk.pay() == 2_000)
        let wallet = try await desk.wallet
        try await overturned(desk, earning, reference: "CB-1")
        #expect(try await desk.wallet == wallet + 2_000 + Self.fee)
        #expect(try await remedies(desk) == -2_000)
        #expect(try await desk.debts == 0)
        let again = try await taken(desk, earning, reference: "CB-2")
        #expect(try await desk.wallet == wallet + 2_000 + Self.fee, "not a second time")
        #expect(try await remedies(desk) == 0)
        #expect(try await desk.debts == -2_000)
        #expect(try await desk.small.ills() == [])
        let report = try await ReportFinance(market: desk.small.market)(
            from: Scratch.start, to: Scratch.clock.now().addingTimeInterval(1), by: desk.small.maker)
        #expect(report.take.map(\.pay.minorUnits) == [0] && report.take.map(\.accepted) == [0])
        // Overturned again, the platform bears it again; and a third time.
        try await desk.answer(try await desk.appeal(again), isOverturned: true)
        #expect(try await remedies(desk) == -2_000)
        try await taken(desk, earning, reference: "CB-3")
        #expect(try await desk.wallet == wallet + 2_000 + Self.fee)
        #expect(try await remedies(desk) == 0)
        #expect(try await desk.small.balance(.fees(desk.small.usd)) == 0)
        Scratch.clock.advance(by: Clawback.noticeSeconds)
        try await desk.earn(4)
        #expect(try await desk.pay() == 6_000)
        #expect(try await desk.debts == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("give whoever had paid what is more than before, and its part of the fee, of what was not paid out, too")
    func parts() async throws {
        let desk = try await ClawbackDesk()
        let earning = try #require(try await desk.earn(1).first)
        let wallet = try await desk.wallet
        try await overturned(desk, earning, amountMinor: 1_000, reference: "CB-1")
        #expect(try await desk.wallet == wallet + 1_000 + Self.fee / 2)
        #expect(try await remedies(desk) == -1_000)
        // As much again: nothing more for the requester, of the fee neither.
        try await overturned(desk, earning, amountMinor: 1_000, reference: "CB-2")
        #expect(try await desk.wallet == wallet + 1_000 + Self.fee / 2)
        #expect(try await remedies(desk) == -1_000)
        #expect(try await desk.small.ills() == [])
        try await overturned(desk, earning, amountMinor: 1_500, reference: "CB-3")
        #expect(try await desk.wallet == wallet + 1_500 + Self.fee * 3 / 4)
        #expect(try await remedies(desk) == -1_500)
        try await taken(desk, earning, amountMinor: 800, reference: "CB-4")
        #expect(try await desk.wallet == wallet + 1_500 + Self.fee * 3 / 4)
        #expect(try await remedies(desk) == -700)
        #expect(try await desk.debts == -800)
        Scratch.clock.advance(by: Clawback.noticeSeconds)
        #expect(try await desk.pay() == 1_200)
        #expect(try await desk.debts == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("leave the platform with the taxes of what was taken before it was paid, and again after that")
    func taxed() async throws {
        let desk = try await ClawbackDesk(currency: "USD", taxed: true)
        let earning = try #require(try await desk.earn(1).first)
        let wallet = try await desk.wallet
        try await overturned(desk, earning, reference: "CB-1")
        #expect(try await desk.wallet == wallet + 2_000 + Self.fee)
        #expect(try await desk.pay() == 1_520)
        try await taken(desk, earning, reference: "CB-2")
        #expect(try await desk.wallet == wallet + 2_000 + Self.fee)
        #expect(try await remedies(desk) == -480, "what is with the authority")
        #expect(try await desk.debts == -1_520)
        #expect(try await desk.small.ills() == [])
    }

    @Test("of a bonus give the requester their money once")
    func bonus() async throws {
        let desk = try await ClawbackDesk()
        let small = desk.small
        try await desk.earn(1)
        let work: Assignment.ID = try await small.market.database.read {
            try await $0.oneRow("select assignment_id from earning where worker_id = \(desk.worker)")["assignment_id"]
        }
        try await PayBonus(market: small.market)(
            Money(500, small.usd), for: work, of: small.requester, reference: "B-1", reason: "Good.",
            by: small.manager)
        let wallet = try await desk.wallet
        let bonus = try #require(try await desk.earnings().last)
        try await overturned(desk, bonus, reference: "CB-1")
        try await taken(desk, bonus, reference: "CB-2")
        #expect(try await desk.wallet == wallet + 500)
        #expect(try await remedies(desk) == 0)
        #expect(try await small.ills() == [])
    }

    /// An earning of which half was kept of a payout, and what an appeal gave back of it.
    private func givenBack(_ desk: ClawbackDesk) async throws -> (earning: Transfer.ID, gift: Transfer.ID) {
        let earning = try #require(try await desk.earn(1).first)
        try await desk.pay()
        let decision = try await taken(desk, earning, reference: "CB-1")
        Scratch.clock.advance(by: Clawback.noticeSeconds)
        try await desk.earn(2)
        #expect(try await desk.pay() == 3_000)
        try await desk.answer(try await desk.appeal(decision), isOverturned: true)
        #expect(try await remedies(desk) == -2_000)
        return (earning, try #require(try await desk.earnings().last))
    }

    @Test("take an earning or what an appeal gave back of it, not both")
    func gift() async throws {
        let desk = try await ClawbackDesk()
        let (earning, gift) = try await givenBack(desk)
        // What was had is 20.00, by whichever way.
        func isRefused(_ earnings: [Transfer.ID], _ reference: String) async -> Bool {
            await refusal(ClawbackRefusal.self) {
                try await desk.propose(earnings.map { ClawbackPart($0) }, reference: reference)
            } == .takenBack
        }
        #expect(await isRefused([earning, gift], "CB-2"))
        let first = try await desk.propose([ClawbackPart(gift)], reference: "CB-2")
        #expect(await isRefused([earning], "CB-3"))
        try await desk.decide(first, takeBack: false)
        try await taken(desk, earning, reference: "CB-3")
        #expect(await isRefused([gift], "CB-4"))
        #expect(try await remedies(desk) == 0)
        #expect(try await desk.small.ills() == [])
        try await Scratch.asOwner {
            try await $0.execute("update clawback_item set is_live = true where transfer_id = \(gift)")
        }
        #expect(try await desk.small.ills() == [.clawbacks])
    }

    @Test("take one of the two where both are proposed at once")
    func atOnce() async throws {
        let desk = try await ClawbackDesk()
        let (earning, gift) = try await givenBack(desk)
        async let one = Result.of { try await desk.propose([ClawbackPart(earning)], reference: "CB-2") }
        async let two = Result.of { try await desk.propose([ClawbackPart(gift)], reference: "CB-3") }
        let refusals = await [one, two].compactMap { $0.failure as? ClawbackRefusal }
        #expect(refusals == [.takenBack])
        #expect(try await desk.small.ills() == [])
    }

    @Test("are found by the doctor where whoever had paid has their money twice")
    func found() async throws {
        let desk = try await ClawbackDesk()
        let earning = try #require(try await desk.earn(1).first)
        try await overturned(desk, earning, reference: "CB-1")
        try await taken(desk, earning, reference: "CB-2")
        #expect(try await desk.small.ills() == [])
        // As it was entered before: to the wallet, with the item as its source.
        try await Scratch.asOwner { transaction in
            try await transaction.execute(
                """
                update transfer
                   set source_id = item.clawback_item_id, credit_account_id = wallet.account_id
                  from clawback_item as item
                  join clawback using (clawback_id)
                  cross join account as wallet
                 where transfer.kind = 'clawback' and transfer.source_id = transfer.transfer_id and item.is_live
                   and wallet.kind = 'requester_wallet' and wallet.owner_id = item.requester_id
                   and wallet.currency = clawback.currency
                """)
            try await transaction.execute(
                """
                update account_slice set balance_minor = balance_minor + 2000
                  from account
                 where account.account_id = account_slice.account_id and account.kind = 'requester_wallet'
                   and slice_no = 0
                """)
        }
        #expect(try await desk.small.ills() == [.clawbacks])
    }
}
