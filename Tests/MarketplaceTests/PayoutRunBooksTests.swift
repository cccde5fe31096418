import Formats
import Foundation
import Marketplace
import Payments
import Store
import Tax
import TestSupport
import Testing

@Suite("The books of payout runs", .scratchDatabase)
struct PayoutRunBooksTests {
    @Test("withhold of those who are paid, and give it back with a payment that came back")
    func withheld() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let tasks = try await small.batch(small.draft("b"), tasks: 2)
        for worker in [ann, ben] {
            try await ChooseTaxRules(market: small.market)(
                TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: worker, by: small.maker)
            try await small.earn(worker, tasks)
        }
        try await Self.setAccount(of: ann, PayoutDesk.ibans[0], small)
        try await SetPayoutSource(market: small.market)(
            "dollars", format: .csv, currency: small.usd, settings: SmallMarket.payoutSettings, by: small.checker)
        Scratch.clock.advance(by: 73 * 3_600)
        let first = try await Self.prepare(small)
        #expect(first.batch.total.minorUnits == 1_520 && first.excluded.map(\.hindrance.code) == ["no_account"])
        #expect(try await Self.withheld(ben, small) == [])
        try await ApprovePayoutBatch(market: small.market)(
            first.batch.id, contentHash: first.batch.contentHash, by: small.checker)
        #expect(try await small.balance(.taxPayable(small.usd)) == 0)
        _ = try await ExportPayoutRun(market: small.market, keys: Scratch.keys)(
            first.batch.id, by: small.maker, write: { _ in })
        #expect(try await small.balance(.payable(to: ann, small.usd)) == 0)
        #expect(try await small.balance(.taxPayable(small.usd)) == 480)
        #expect(try await small.balance(.clearing(small.usd)) == 1_520)
        #expect(try await small.ills() == [])
        let lines = try await ListPayoutLines(market: small.market)(of: first.batch.id, by: small.maker)
        let id = try #require(lines.first?.line.endToEndID)
        let returns = "end_to_end_id,amount,currency,reason\r\n\(id),15.20,USD,AC04\r\n"
        let back = try await ImportBankFile(market: small.market)(Array(returns.utf8), by: small.maker)
        #expect(back.outcomes == [.returned: 1])
        #expect(try await small.balance(.payable(to: ann, small.usd)) == 2_000)
        #expect(try await small.balance(.taxPayable(small.usd)) == 0)
        #expect(try await small.balance(.clearing(small.usd)) == 0)
        #expect(try await Self.withheld(ann, small) == [true])
        let undone: JournalEntry.ID = try await small.market.database.read {
            try await $0.oneRow("select entry_id from journal_entry where kind = 'reversal'")["entry_id"]
        }
        #expect(
            await refusal(VoucherRefusal.self) {
                try await PrepareVoucher(market: small.market)(
                    .reversal(undone), reference: "undo", reason: "By hand.", by: small.maker)
            } == .notReversible(.withholding))
        #expect(try await small.ills() == [])
        try await Self.setAccount(of: ann, PayoutDesk.ibans[1], small)
        Scratch.clock.advance(by: 73 * 3_600)
        #expect(try await Self.prepare(small).batch.total.minorUnits == 1_520)
        #expect(try await Self.withheld(ann, small) == [false, true])
        #expect(try await small.ills() == [])
    }

    @Test("withhold and report by the day on which the bank pays, whenever the run was prepared and sent")
    func payDay() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let market = desk.small.market
        try await ChooseTaxRules(market: market)(
            TaxChoice(ruleSet: "eu", residence: "DE", standing: TaxStanding()), of: desk.workers[0],
            by: desk.small.maker)
        let march = try #require(CalendarDate(iso: "2026-03-30"))
        Scratch.clock.advance(by: march.midnightUTC.timeIntervalSince(Scratch.clock.now()) + 12 * 3_600)
        let batch = try await PreparePayoutRun(market: market, keys: desk.keys)(
            from: "main", on: try #require(CalendarDate(iso: "2026-04-02")), by: desk.small.maker
        ).batch
        let kept = try #require(
            try await ListWithholdings(market: market)(of: desk.workers[0], by: desk.small.maker).first?.withholding)
        #expect(kept.paidOn == TaxDay(iso: "2026-04-02"))
        try await desk.approve(batch)
        // In another quarter than it was prepared in.
        Scratch.clock.advance(by: 2 * 86_400)
        _ = try await desk.export(batch)
        func rows(_ quarter: Int) async throws -> Int {
            try await ReportTaxes(market: market)(
                .dac7, year: 2026, quarter: quarter, by: desk.small.maker, to: { _ in })
        }
        #expect(try await rows(1) == 0)
        #expect(try await rows(2) == 1)
        #expect(try await desk.small.ills() == [])
    }

    /// By the check, what is done behind the program's back to a run of which one payment is settled, one has come back
    /// and one is under way.
    private static let breaks: [(check: DoctorCheck, statement: SQL)] = [
        (.clearing, "update payout_batch set format = null, payer = null, file_hash = null, file_bytes = null"),
        (
            .payoutPosted,
            "update payout_line set state = 'settled', failed_at = null, reason = null where state = 'failed'"
        ),
        (
            .payoutPosted,
            "update payout_line set state = 'failed', failed_at = settled_at, reason = 'AC04' where state = 'settled'"
        ),
        (.payoutPosted, "update transfer set source_id = transfer_id where kind = 'payout_return'"),
        (.payoutPosted, "update transfer set source_id = transfer_id where kind = 'settlement'"),
    ]

    @Test("are found wrong by exactly the check that was broken", arguments: breaks.indices)
    func broken(index: Int) async throws {
        let desk = try await PayoutDesk()
        let ids = try await desk.sent().payments.map(\.endToEndID)
        _ = try await desk.take(
            PayoutDesk.statement(
                "S", opening: 100_000,
                [(ids[0], 2_000, false, nil), (ids[1], 2_000, false, nil), (ids[1], 2_000, true, "AC04")]))
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 2_000)
        #expect(try await desk.small.ills() == [])
        try await Scratch.asOwner { try await $0.execute(Self.breaks[index].statement) }
        #expect(try await desk.small.ills() == [Self.breaks[index].check])
    }

    private static func setAccount(of worker: Worker.ID, _ iban: String, _ small: SmallMarket) async throws {
        let method = try PayoutMethod(
            account: iban, holder: "Worker", country: String(iban.prefix(2)), currency: "USD")
        try await SetPayoutMethod(market: small.market, keys: Scratch.keys)(method, of: worker, by: small.manager)
    }

    private static func prepare(_ small: SmallMarket) async throws -> PreparePayoutRun.Result {
        try await PreparePayoutRun(market: small.market, keys: Scratch.keys)(
            from: "dollars", on: try #require(CalendarDate(iso: "2026-03-10")), by: small.maker)
    }

    /// Of each withholding, newest first, whether it was taken back.
    private static func withheld(_ worker: Worker.ID, _ small: SmallMarket) async throws -> [Bool] {
        try await ListWithholdings(market: small.market)(of: worker, by: small.maker).map { $0.reversedAt != nil }
    }
}
