import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Vouchers", .scratchDatabase)
struct VoucherTests {
    @Test("a withdrawal, a write-off and a conversion move what they say, once a second person has posted them")
    func kinds() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let eur = try #require(Currency("EUR"))
        let wallet = AccountKey.wallet(of: small.requester, small.usd)
        try await post(.withdrawal(small.requester, try Money(30_000, small.usd)), small)
        #expect(try await small.balance(wallet) == 70_000)
        #expect(try await small.balance(.bank(small.usd)) == -70_000)
        try await post(.writeOff(small.requester, try Money(500, small.usd)), small)
        #expect(try await small.balance(wallet) == 70_500)
        #expect(try await small.balance(.writeOff(small.usd)) == -500)
        let rate = try ConversionRate("0.9215", to: eur, source: "ECB 2026-03-02")
        try await post(.conversion(small.requester, try Money(10_001, small.usd), rate), small)
        #expect(try await small.balance(wallet) == 60_499)
        #expect(try await small.balance(.wallet(of: small.requester, eur)) == 9_216)
        #expect(try await small.balance(.conversion(eur)) == -9_216)
        #expect(try await small.balance(.conversion(small.usd)) == 10_001)
        for line in try await TrialBalance(market: small.market)(by: small.checker).grouped() {
            #expect(line.value == 0, "\(line.key)")
        }
        try await small.expectClean()
    }

    @Test("what the bank kept or gave beside the books is borne by the platform's write-offs")
    func bankDifferences() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let charge = try #require(try await post(.bankCharge(try Money(50, small.usd)), small))
        #expect(try await small.balance(.bank(small.usd)) == -99_950)
        #expect(try await small.balance(.writeOff(small.usd)) == -50)
        try await post(.bankCredit(try Money(70, small.usd)), small)
        #expect(try await small.balance(.bank(small.usd)) == -100_020)
        #expect(try await small.balance(.writeOff(small.usd)) == 20)
        try await post(.reversal(charge), small)
        #expect(try await small.balance(.writeOff(small.usd)) == 70)
        let listed = try await ListVouchers(market: small.market)(.posted, by: small.checker).map(\.order.kind)
        #expect(listed == [.reversal, .bankCredit, .bankCharge])
        let books = try await ReconcileBank(market: small.market)(by: small.checker)
        #expect(books.map(\.currency) == ["USD"] && books.map(\.chargesMinor) == [-70])
        try await small.expectClean()
    }

    @Test("what a bank rounds otherwise stands on the account for rounding, of at most ten minor units each time")
    func rounding() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let (most, tooMuch) = (try Money(10, small.usd), try Money(11, small.usd))
        let charge = try #require(try await post(.roundingCharge(most), small))
        #expect(try await small.balance(.rounding(small.usd)) == -10)
        #expect(try await small.balance(.bank(small.usd)) == -99_990)
        let three = try Money(3, small.usd)
        try await post(.roundingCredit(three), small)
        #expect(try await small.balance(.rounding(small.usd)) == -7)
        let nothing = try Money(0, small.usd)
        for order: VoucherOrder in [.roundingCharge(tooMuch), .roundingCredit(tooMuch), .roundingCredit(nothing)] {
            #expect(await refusal(BadInput.self) { try await prepare(order, small) }?.field == "amount")
        }
        // Two people, as for all that is entered by hand.
        let id = try await prepare(.roundingCharge(try Money(1, small.usd)), small)
        #expect(
            await refusal(AccessRefusal.self) {
                try await DecideVoucher(market: small.market)(id, post: true, by: small.maker)
            } != nil)
        let books = try await ReconcileBank(market: small.market)(by: small.checker)
        #expect(books.map(\.currency) == ["USD"] && books.map(\.chargesMinor) == [7])
        try await post(.reversal(charge), small)
        #expect(try await small.balance(.rounding(small.usd)) == 3)
        let listed = try await ListVouchers(market: small.market)(.posted, by: small.checker).map(\.order)
        #expect(listed == [.reversal(charge), .roundingCredit(three), .roundingCharge(most)])
        try await small.expectClean()
    }

    @Test("an entry is taken back once; the reversal of a reversal is the original")
    func reversals() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let wallet = AccountKey.wallet(of: small.requester, small.usd)
        let entry = try #require(try await post(.withdrawal(small.requester, try Money(30_000, small.usd)), small))
        let back = try #require(try await post(.reversal(entry), small))
        #expect(try await small.balance(wallet) == 100_000)
        #expect(
            await refusal(VoucherRefusal.self) { try await prepare(.reversal(entry), small) } == .reversalPrepared)
        let again = try #require(try await post(.reversal(back), small))
        #expect(try await small.balance(wallet) == 70_000)
        let show = ShowEntry(market: small.market)
        let (first, last) = (try await show(entry, by: small.maker), try await show(again, by: small.maker))
        #expect(first.transfers.map(\.sides) == last.transfers.map(\.sides))
        #expect(last.reverses == back)
        try await small.expectClean()
    }

    @Test("what follows from work is not taken back by hand")
    func notReversible() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        _ = try await small.batch(small.draft("b"), tasks: 2)
        let hold: JournalEntry.ID = try await small.market.database.read {
            try await $0.oneRow("select entry_id from journal_entry where kind = 'hold'")["entry_id"]
        }
        #expect(
            await refusal(VoucherRefusal.self) { try await prepare(.reversal(hold), small) } == .notReversible(.hold))
        #expect(
            await refusal(NotFound.self) {
                try await prepare(.reversal(small.market.identifiers.make(at: Scratch.start)), small)
            } != nil)
    }

    @Test("who prepared a voucher cannot post it, whatever roles they hold; one that was decided stays so")
    func twoPeople() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let order = VoucherOrder.withdrawal(small.requester, try Money(1_000, small.usd))
        let both = try await CreatePrincipal(market: small.market)(
            .person, named: "Both", roles: [.financeMaker, .financeChecker], by: small.manager)
        let id = try await PrepareVoucher(market: small.market)(order, reference: "b", reason: "x", by: both)
        let decide = DecideVoucher(market: small.market)
        #expect(await refusal(AccessRefusal.self) { try await decide(id, post: true, by: small.maker) } != nil)
        #expect(await refusal(VoucherRefusal.self) { try await decide(id, post: true, by: both) } == .samePerson)
        #expect(
            await refusal(AccessRefusal.self) {
                try await PrepareVoucher(market: small.market)(order, reference: "x", reason: "x", by: small.checker)
            } != nil)
        try await decide(id, post: false, by: small.checker)
        #expect(
            await refusal(VoucherRefusal.self) { try await decide(id, post: true, by: small.checker) }
                == .decided(.refused))
        #expect(try await small.balance(.wallet(of: small.requester, small.usd)) == 100_000)
    }

    @Test("twenty checkers at once post it once; the same reference again is the same voucher")
    func once() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let order = VoucherOrder.withdrawal(small.requester, try Money(60_000, small.usd))
        let id = try await prepare(order, small, reference: "W-1")
        #expect(try await prepare(order, small, reference: " W-1 ") == id)
        #expect(
            await refusal(VoucherRefusal.self) {
                try await prepare(.withdrawal(small.requester, try Money(60_001, small.usd)), small, reference: "W-1")
            } == .referenceTaken)
        let posted = await withTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    (try? await DecideVoucher(market: small.market)(id, post: true, by: small.checker)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(posted == 1)
        #expect(try await small.balance(.wallet(of: small.requester, small.usd)) == 40_000)
        let list = ListVouchers(market: small.market)
        #expect(try await list(.posted, by: small.checker).map(\.id) == [id])
        #expect(try await list(before: id, by: small.checker).isEmpty)
        #expect(await refusal(BadInput.self) { try await list(limit: 0, by: small.checker) } != nil)
    }

    @Test("takes no more than there is")
    func tooMuch() async throws {
        let small = try await SmallMarket(wallet: 1_000)
        let id = try await prepare(.withdrawal(small.requester, try Money(1_001, small.usd)), small)
        let decide = DecideVoucher(market: small.market)
        #expect(
            await refusal(LedgerRefusal.self) { try await decide(id, post: true, by: small.checker) }
                == .insufficientFunds)
        let tax = try await prepare(.remittance(try Money(1, small.usd)), small)
        #expect(
            await refusal(VoucherRefusal.self) { try await decide(tax, post: true, by: small.checker) }
                == .nothingWithheld)
        #expect(
            await refusal(NotFound.self) {
                try await prepare(.withdrawal(small.requester, try Money(1, try #require(Currency("EUR")))), small)
            } != nil)
    }

    @Test("a rate is a plain decimal, and what it brings is rounded half to even by exact arithmetic")
    func rates() throws {
        let (usd, eur, jpy) = try (#require(Currency("USD")), #require(Currency("EUR")), #require(Currency("JPY")))
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0", "0.0", "1.123456789", "1234567890", "١", "1,5"] {
            #expect(throws: BadInput.self, "\(bad)") { try ConversionRate(bad, to: eur, source: "x") }
        }
        // Half a cent is none, and nothing is not converted.
        #expect(throws: MoneyError.outOfRange) {
            try ConversionRate("0.5", to: eur, source: "x").converted(Money(1, usd))
        }
        #expect(try ConversionRate("0.5", to: eur, source: "x").converted(Money(3, usd)) == Money(2, eur))
        #expect(try ConversionRate("0.5", to: eur, source: "x").converted(Money(5, usd)) == Money(2, eur))
        #expect(try ConversionRate("151.25", to: jpy, source: "x").converted(Money(100, usd)) == Money(151, jpy))
        #expect(try ConversionRate("0.00661", to: usd, source: "x").converted(Money(1_000, jpy)) == Money(661, usd))
        #expect(throws: MoneyError.outOfRange) {
            try ConversionRate("999999999", to: jpy, source: "x").converted(Money(Money.minorUnitsMax, usd))
        }
        var random = SplitMix64(seed: 3)
        for _ in 0..<2_000 {
            let amount = Int64.random(in: 1...1_000_000_000_000, using: &random)
            let e8 = Int64.random(in: 1...300_000_000, using: &random)
            let text = String(format: "%lld.%08lld", e8 / 100_000_000, e8 % 100_000_000)
            let rate = try ConversionRate(text, to: eur, source: "x")
            // By parts, as one learns to multiply: no product here is above 10^18.
            let (high, low) = (amount / 100_000_000, amount % 100_000_000)
            let (whole, rest) = (high * e8 + low * e8 / 100_000_000, low * e8 % 100_000_000)
            let up = rest > 50_000_000 || (rest == 50_000_000 && whole % 2 == 1)
            let expected = whole + (up ? 1 : 0)
            if expected > 0 { #expect(try rate.converted(Money(amount, usd)) == Money(expected, eur)) }
        }
    }

    private func prepare(
        _ order: VoucherOrder, _ small: SmallMarket, reference: String? = nil
    ) async throws -> Voucher.ID {
        let name = reference ?? "\(small.market.identifiers.uuid(at: Scratch.start))"
        return try await PrepareVoucher(market: small.market)(order, reference: name, reason: "asked", by: small.maker)
    }

    @discardableResult
    private func post(_ order: VoucherOrder, _ small: SmallMarket) async throws -> JournalEntry.ID? {
        Scratch.clock.advance(by: 1)
        return try await DecideVoucher(market: small.market)(
            try await prepare(order, small), post: true, by: small.checker)
    }
}

extension Transfer {
    fileprivate var sides: [String] { ["\(debit)", "\(credit)", "\(amount)"] }
}

extension [TrialBalanceLine] {
    /// What debits and credits leave in each currency.
    fileprivate func grouped() -> [String: Int64] {
        reduce(into: [:]) { $0[$1.currency.code, default: 0] += $1.balanceMinor }
    }
}

extension SmallMarket {
    fileprivate func expectClean() async throws {
        for check in [DoctorCheck.balances, .journal, .vouchers, .rounding, .currencies, .folds] {
            #expect(try await Doctor(market: market).outcome(of: check) == .clean, "\(check)")
        }
    }
}
