import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Bonuses, and what a worker sees of their pay", .scratchDatabase)
struct BonusTests {
    @Test("a bonus is paid once by its reference, out of the wallet, and goes into the next payout")
    func paid() async throws {
        let (small, worker, assignment) = try await accepted()
        let wallet = AccountKey.wallet(of: small.requester, small.usd)
        let before = try await small.balance(wallet)
        let bonus = PayBonus(market: small.market)
        let amount = try Money(750, small.usd)
        let entries = try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    try await bonus(
                        amount, for: assignment, of: small.requester, reference: "B-1", reason: "Found it",
                        by: small.manager)
                }
            }
            return try await group.reduce(into: Set<JournalEntry.ID>()) { $0.insert($1) }
        }
        #expect(entries.count == 1)
        #expect(try await small.balance(wallet) == before - 750)
        #expect(try await small.balance(.payable(to: worker, small.usd)) == 2_750)
        #expect(
            await refusal(LedgerRefusal.self) {
                try await bonus(
                    try Money(751, small.usd), for: assignment, of: small.requester, reference: "B-1", reason: "x",
                    by: small.manager)
            } == .alreadyPosted)
        let payout = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        #expect(payout.total.minorUnits == 2_750)
        #expect(try await small.ills() == [])
        let report = try await ReportFinance(market: small.market)(
            from: Scratch.start, to: Scratch.start.addingTimeInterval(86_400), by: small.maker)
        // 20.00 with its fee of 2.00, and the bonus; the fee is told as a share of the pay that it was taken for.
        #expect(report.take.map(\.bonuses.minorUnits) == [750] && report.take.map(\.costOfOneMinor) == [2_950])
        #expect(report.take.map(\.takeBasisPoints) == [909])
        let lines = try await ListEarnings(market: small.market)(of: worker, by: small.maker).lines
        #expect(Set(lines.map(\.kind)) == [.work, .bonus])
        #expect(lines.first { $0.kind == .bonus }?.basisPoints == nil)
        let told = try await small.count("select count(*) as n from notice where kind = 'bonus_paid'")
        #expect(told == 1)
    }

    @Test("no bonus without accepted work, for nothing, in another currency, beyond the wallet, or by a stranger")
    func refused() async throws {
        let (small, worker, assignment) = try await accepted()
        let bonus = PayBonus(market: small.market)
        func pay(_ minor: Int64, _ currency: Currency? = nil, by actor: Principal.ID? = nil) async throws {
            try await bonus(
                try Money(minor, currency ?? small.usd), for: assignment, of: small.requester, reference: "B",
                reason: "x", by: actor ?? small.manager)
        }
        #expect(await refusal(BadInput.self) { try await pay(0) } != nil)
        #expect(await refusal(BadInput.self) { try await pay(5, Currency("EUR")) } != nil)
        #expect(await refusal(LedgerRefusal.self) { try await pay(900_000_000_000) } == .insufficientFunds)
        #expect(await refusal(AccessRefusal.self) { try await pay(5, by: Principal.ID(worker.uuid)) } != nil)
        let batch = try await small.batch(small.draft("c"), tasks: 1)
        let leased = try await small.claim(worker, batch)
        #expect(
            await refusal(BonusRefusal.self) {
                try await bonus(
                    try Money(5, small.usd), for: leased.id, of: small.requester, reference: "C", reason: "x",
                    by: small.manager)
            } == .notAccepted(.leased))
    }

    @Test("a worker sees by pages what is pending, due, in a payout and paid, with the frozen terms; nobody else's")
    func earnings() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b"), tasks: 4)
        let worker = try await small.lawyer("w")
        let me = Principal.ID(worker.uuid)
        let list = ListEarnings(market: small.market)
        try await small.earn(worker, batch, tasks: 1)
        let first = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(first.id, contentHash: first.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(first.id, by: small.maker)
        Scratch.clock.advance(by: 60)
        try await small.earn(worker, batch, tasks: 1)
        _ = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        Scratch.clock.advance(by: 60)
        try await small.earn(worker, batch, tasks: 1)
        Scratch.clock.advance(by: 60)
        try await small.submit(try await small.claim(worker, batch))
        let (sums, lines) = try await list(of: worker, by: me)
        #expect(lines.map(\.standing) == [.pending, .due, .inPayout, .paid])
        #expect(lines.map(\.amount.minorUnits) == [2_000, 2_000, 2_000, 2_000])
        #expect(lines.map(\.basisPoints) == [nil, 10_000, 10_000, 10_000])
        #expect(lines.allSatisfy { $0.terms["pay_minor"] != nil && $0.batch == "b" })
        let sum = try #require(sums.first)
        #expect(
            [sum.pending, sum.due, sum.inPayout, sum.paid].map(\.minorUnits) == [2_000, 2_000, 2_000, 2_000]
                && sums.count == 1)
        var (paged, mark): ([Assignment.ID], EarningLine.Mark?) = ([], nil)
        while case let page = try await list(of: worker, before: mark, limit: 1, by: me).lines, let last = page.last {
            paged.append(last.assignment)
            mark = last.mark
        }
        #expect(paged == lines.map(\.assignment))
        let other = try await small.lawyer("v")
        #expect(
            await refusal(AccessRefusal.self) { try await list(of: worker, by: Principal.ID(other.uuid)) } != nil)
        #expect(try await list(of: worker, by: small.checker).lines.count == 4)
        let report = try await ReportFinance(market: small.market)(
            from: Scratch.start, to: Scratch.start.addingTimeInterval(86_400), by: small.maker)
        #expect(report.booksAgree)
        #expect(report.take.map(\.accepted) == [3] && report.take.map(\.pay.minorUnits) == [6_000])
        #expect(report.take.map(\.costOfOneMinor) == [2_200] && report.take.map(\.takeBasisPoints) == [909])
        #expect(report.aging.map(\.amount.minorUnits) == [4_000] && report.aging.map(\.age) == ["under 7 days"])
    }

    private func accepted() async throws -> (SmallMarket, Worker.ID, Assignment.ID) {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        let worker = try await small.lawyer("w")
        try await small.earn(worker, batch, tasks: 1)
        let id: Assignment.ID = try await small.market.database.read {
            try await $0.oneRow("select assignment_id from assignment where state = 'accepted'")["assignment_id"]
        }
        return (small, worker, id)
    }
}
