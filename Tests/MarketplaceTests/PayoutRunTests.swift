import Formats
import Foundation
import Marketplace
import Payments
import Store
import Tax
import TestSupport
import Testing

@Suite("Payout runs", .scratchDatabase)
struct PayoutRunTests {
    @Test("leave as a bank file that is valid, says the same each time, and is settled by the bank's statement")
    func wholeWay() async throws {
        let desk = try await PayoutDesk()
        let prepared = try await desk.prepare()
        #expect(prepared.excluded.isEmpty && prepared.batch.total.minorUnits == 6_000)
        #expect(
            await refusal(PayoutRefusal.self) { try await desk.export(prepared.batch) }
                == .wrongState(.prepared, .issue))
        try await desk.approve(prepared.batch)
        #expect(
            await refusal(PayoutRefusal.self) {
                try await IssuePayoutBatch(market: desk.small.market)(prepared.batch.id, by: desk.small.maker)
            } == .wrongForm)
        let first = try await desk.export(prepared.batch)
        let again = try await desk.export(prepared.batch)
        #expect(first.file == again.file && first.result.isFirst && !again.result.isFirst)
        let report = try PaymentFileReader.read(bytes: first.file, name: "file")
        #expect(report.isValid && report.warnings.isEmpty && report.messageID == prepared.batch.messageID)
        #expect(report.totals.first?.value.creditMinor == 6_000)
        #expect(try await desk.owed(0) == 0)
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 6_000)
        #expect(try await desk.small.ills() == [])
        var payments: [PaymentInstruction] = []
        _ = try PaymentFileReader.read(bytes: first.file, name: "file") {
            if case .instruction(let payment) = $0 { payments.append(payment) }
        }
        let statement = PayoutDesk.statement(
            "S1", opening: 100_000, payments.map { ($0.endToEndID, 2_000, false, nil) })
        #expect(try await desk.take(statement).outcomes == [.settled: 3])
        let repeated = try await desk.take(statement)
        #expect(!repeated.isNew && repeated.outcomes == [.settled: 3])
        let reconciled = try await desk.reconciled()
        #expect(reconciled.unexplainedMinor == 0 && reconciled.openPayments == 0 && reconciled.paidMinor == 6_000)
        #expect(reconciled.bankMinor == 6_000 && reconciled.gaps == 0 && reconciled.openEntries == 0)
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("leave out who has no account, a new or refused one, or too little, and say why")
    func hindrances() async throws {
        let desk = try await PayoutDesk(workers: 4)
        try await desk.setAccount(of: 1, PayoutDesk.ibans[4])
        try await Scratch.asOwner {
            try await $0.execute("delete from payout_method where worker_id = \(desk.workers[2])")
        }
        let held = try await desk.prepare()
        #expect(held.batch.lineCount == 2)
        #expect(Set(held.excluded.map(\.hindrance.code)) == ["held", "no_account"])
        #expect(await refusal(PayoutRefusal.self) { try await desk.prepare() } == .nothingToPay)
        Scratch.clock.advance(by: 73 * 3_600)
        #expect(await refusal(PayoutRefusal.self) { try await desk.prepare(minimumMinor: 2_001) } == .nothingToPay)
        #expect(try await desk.prepare(minimumMinor: 2_000).batch.lineCount == 1)
        #expect(try await desk.small.ills() == [])
    }

    @Test("leave out whose name cannot be written, so that nobody else waits for them")
    func unwritableName() async throws {
        let desk = try await PayoutDesk(workers: 2)
        let chinese = try PayoutMethod(account: PayoutDesk.ibans[4], holder: "李雷", country: "BE", currency: "EUR")
        try await SetPayoutMethod(market: desk.small.market, keys: desk.keys)(
            chinese, of: desk.workers[1], by: desk.small.manager)
        Scratch.clock.advance(by: 73 * 3_600)
        let prepared = try await desk.prepare()
        #expect(prepared.batch.lineCount == 1 && prepared.excluded.map(\.hindrance.code) == ["not_writable"])
        #expect(prepared.excluded.first?.json["why"]?.stringValue?.contains("in Latin") == true)
        try await desk.approve(prepared.batch)
        #expect(try await desk.export(prepared.batch).result.payments == 1)
        #expect(try await desk.owed(1) == 2_000)
        #expect(try await desk.small.ills() == [])
    }

    @Test("keep their payees from being erased until the bank has paid")
    func erasedPayee() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let (market, worker) = (desk.small.market, desk.workers[0])
        let (batch, payments) = try await desk.sent()
        _ = try await CloseWorker(market: market)(
            worker, rule: "r", facts: [:], reasons: "Bye.", by: desk.small.manager)
        let erase = EraseWorker(market: market)
        #expect(
            await refusal(EraseWorkerRefusal.self) { try await erase(worker, by: desk.small.manager) }
                == .paymentUnderWay)
        #expect(try await desk.export(batch).result.payments == 1)
        _ = try await desk.take(
            PayoutDesk.statement("S", opening: 0, [(payments[0].endToEndID, 2_000, false, nil)]))
        #expect(try await erase(worker, by: desk.small.manager))
        #expect(await refusal(PayoutRefusal.self) { try await desk.export(batch) } == .accountErased)
        #expect(try await desk.small.ills() == [])
    }

    @Test("leave out whoever cannot be taxed, and say so")
    func notTaxable() async throws {
        let desk = try await PayoutDesk(workers: 2)
        // Rules in another currency than the pay.
        try await ChooseTaxRules(market: desk.small.market)(
            TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: desk.workers[0],
            by: desk.small.maker)
        let prepared = try await desk.prepare()
        let left = try #require(prepared.excluded.first)
        #expect(prepared.batch.lineCount == 1 && prepared.excluded.count == 1)
        #expect(left.payee == .worker(desk.workers[0]) && left.amount.minorUnits == 2_000)
        #expect(left.hindrance.code == "not_taxable" && left.json["why"]?.stringValue?.isEmpty == false)
        #expect(
            try await desk.small.count(
                "select count(*) as n from audit_event where action = 'payout_prepared' and facts ->> 'excluded' = '1'")
                == 1)
    }

    @Test("leave out whoever has no tax rules, where the source asks for them")
    func taxRulesAsked() async throws {
        let desk = try await PayoutDesk(workers: 2)
        var settings = try #require(SmallMarket.payoutSettings.objectValue)
        settings["asks_tax_rules"] = true
        try await SetPayoutSource(market: desk.small.market)(
            "main", format: .pain001v09, currency: desk.small.usd, settings: .object(settings), by: desk.small.checker)
        #expect(await refusal(PayoutRefusal.self) { try await desk.prepare() } == .nothingToPay)
        try await ChooseTaxRules(market: desk.small.market)(
            TaxChoice(ruleSet: "eu", residence: "DE", standing: TaxStanding()), of: desk.workers[0],
            by: desk.small.maker)
        let prepared = try await desk.prepare()
        #expect(prepared.batch.lineCount == 1 && prepared.excluded.map(\.hindrance) == [.noTaxRules])
        #expect(prepared.excluded.map(\.payee) == [.worker(desk.workers[1])])
        #expect(try await desk.small.ills() == [])
    }

    @Test("are not approved when an account was changed since; afterwards the old one is paid to, and it shows")
    func accountsChanged() async throws {
        let desk = try await PayoutDesk(workers: 2)
        let first = try await desk.prepare().batch
        try await desk.setAccount(of: 0, PayoutDesk.ibans[4])
        #expect(await refusal(PayoutRefusal.self) { try await desk.approve(first) } == .accountsChanged(1))
        try await CancelPayoutBatch(market: desk.small.market)(first.id, by: desk.small.maker)
        Scratch.clock.advance(by: 73 * 3_600)
        let second = try await desk.prepare().batch
        try await desk.approve(second)
        try await desk.setAccount(of: 1, PayoutDesk.ibans[5])
        let (result, file) = try await desk.export(second)
        let text = String(decoding: file, as: UTF8.self)
        #expect(
            result.accountsChanged == 1 && text.contains(PayoutDesk.ibans[1]) && !text.contains(PayoutDesk.ibans[5]))
        let lines = try await ListPayoutLines(market: desk.small.market)(of: second.id, by: desk.small.maker)
        #expect(lines.filter(\.isAccountChanged).count == 1)
        let notices = try await desk.small.count(
            "select count(*) as n from notice where kind = 'payout_method_changed'")
        #expect(notices == 2)
    }

    @Test("that come back are owed again, told to their payee, and paid to another account only")
    func returns() async throws {
        let desk = try await PayoutDesk()
        let (_, payments) = try await desk.sent()
        let ids = payments.map(\.endToEndID)
        _ = try await desk.take(
            PayoutDesk.statement("S1", opening: 100_000, ids.map { ($0, 2_000, false, nil) }))
        let back = try await desk.take(
            PayoutDesk.statement("S2", opening: 94_000, [(ids[1], 2_000, true, "AC04")]))
        #expect(back.outcomes == [.returned: 1])
        #expect(try await desk.owed(1) == 2_000)
        #expect(try await desk.owed(0) == 0)
        let reconciled = try await desk.reconciled()
        #expect(reconciled.unexplainedMinor == 0 && reconciled.paidMinor == 4_000 && reconciled.bankMinor == 4_000)
        #expect(try await desk.small.count("select count(*) as n from notice where kind = 'payment_returned'") == 1)
        #expect(await refusal(PayoutRefusal.self) { try await desk.prepare() } == .nothingToPay)
        try await desk.setAccount(of: 1, PayoutDesk.ibans[4])
        Scratch.clock.advance(by: 73 * 3_600)
        #expect(try await desk.prepare().batch.total.minorUnits == 2_000)
        #expect(try await desk.small.ills() == [])
    }

    @Test("that come back less the bank's charge are owed again in full, and the platform bears the charge")
    func returnedLess() async throws {
        let desk = try await PayoutDesk(workers: 2)
        let ids = try await desk.sent().payments.map(\.endToEndID)
        _ = try await desk.take(
            PayoutDesk.statement("S1", opening: 100_000, ids.map { ($0, 2_000, false, nil) }))
        // Less than half of the other one comes back: a person looks at it.
        let back = try await desk.take(
            PayoutDesk.statement("S2", opening: 96_000, [(ids[0], 1_950, true, "AC04"), (ids[1], 999, true, "AC04")]))
        #expect(back.outcomes == [.returned: 1, .amountDiffers: 1])
        let told = PayoutDesk.statement("N", opening: 0, kind: "camt.054", [(ids[0], 1_950, true, "AC04")])
        #expect(try await desk.take(told).outcomes == [.repeated: 1])
        #expect(try await desk.owed(0) == 2_000)
        #expect(try await desk.owed(1) == 0)
        #expect(try await desk.small.balance(.writeOff(desk.small.usd)) == -50)
        let books = try await desk.reconciled()
        #expect(books.paidMinor == 2_000 && books.bankMinor == 2_000 && books.chargesMinor == 50)
        #expect(books.unexplainedMinor == 0 && books.openEntries == 1 && books.openEntriesMinor == -999)
        // The charge is the bank's word, and not what somebody has entered.
        let charge: JournalEntry.ID = try await desk.small.market.database.read {
            try await $0.oneRow("select entry_id from journal_entry where kind = 'bank_charge'")["entry_id"]
        }
        #expect(
            await refusal(VoucherRefusal.self) {
                try await PrepareVoucher(market: desk.small.market)(
                    .reversal(charge), reference: "undo", reason: "By hand.", by: desk.small.maker)
            } == .notReversible(.bankCharge))
        #expect(try await desk.small.ills() == [])
    }

    @Test("are failed by a pain.002, but not by the refusal of a repeated file")
    func rejected() async throws {
        let desk = try await PayoutDesk()
        let (batch, payments) = try await desk.sent()
        let ids = payments.map(\.endToEndID)
        #expect(
            try await desk.take(PayoutDesk.status(batch.messageID, "RJCT", reason: "DUPL")).outcomes == [.repeated: 1])
        // The same said at other levels, by other codes.
        let levels = PayoutDesk.status(
            batch.messageID, "RJCT", reason: "DU01", information: "RJCT", [(ids[0], "RJCT")])
        #expect(try await desk.take(levels).outcomes == [.repeated: 3])
        let single = PayoutDesk.status(batch.messageID, "PART", reason: "AM05", [(ids[2], "RJCT")])
        #expect(try await desk.take(single).outcomes == [.repeated: 1])
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 6_000)
        let part = try await desk.take(
            PayoutDesk.status(batch.messageID, "PART", [(ids[0], "ACCP"), (ids[1], "RJCT")]))
        #expect(part.outcomes == [.accepted: 1, .rejected: 1])
        #expect(try await desk.owed(1) == 2_000)
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 4_000)
        #expect(try await desk.small.ills() == [])
        #expect(
            try await desk.take(PayoutDesk.status(batch.messageID, "RJCT", reason: "FF01")).outcomes == [.rejected: 1])
        #expect(try await desk.owed(0) == 2_000)
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 0)
        // A debit of what was refused is no settlement.
        let debit = try await desk.take(PayoutDesk.statement("S", opening: 0, [(ids[0], 2_000, false, nil)]))
        #expect(debit.outcomes == [.contradicts: 1])
        let entries = try await ReconcileBank(market: desk.small.market).entries(by: desk.small.maker)
        #expect(entries.count == 1)
        try await ReconcileBank(market: desk.small.market).resolve(
            entries[0].id, as: "The bank will credit it.", by: desk.small.maker)
        #expect(try await desk.reconciled().openEntries == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test(
        "agree to the cent, or the difference is listed: an entry that is missing, another amount, an unknown payment")
    func differences() async throws {
        let desk = try await PayoutDesk()
        let (_, payments) = try await desk.sent()
        let ids = payments.map(\.endToEndID)
        // The bank tells of one payment; its balance says that all have left.
        let gap = try await desk.take(
            PayoutDesk.statement(
                "S1", opening: 100_000, closing: 94_000,
                [(ids[0], 2_000, false, nil), (ids[1], 1_999, false, nil), ("X", 5, false, nil)]))
        #expect(gap.outcomes == [.settled: 1, .amountDiffers: 1, .unmatched: 1])
        #expect(gap.faults.arrayValue?.count == 1)
        let reconciled = try await desk.reconciled()
        #expect(reconciled.gaps == 1 && reconciled.openEntries == 2 && reconciled.openEntriesMinor == 2_004)
        #expect(reconciled.openPayments == 2 && reconciled.openMinor == 4_000 && reconciled.unexplainedMinor == 0)
        let open = try await ReconcileBank(market: desk.small.market).payments(by: desk.small.maker)
        #expect(Set(open.compactMap { $0["end_to_end_id"]?.stringValue }) == Set(ids[1...]))
        #expect(try await desk.small.ills() == [])
    }

    @Test("are told of in a notification and again in a statement, in any order, and counted once")
    func toldTwice() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let id = try await desk.sent().payments[0].endToEndID
        // The return comes first.
        let returned = PayoutDesk.statement("N2", opening: 0, kind: "camt.054", [(id, 2_000, true, "AC04")])
        #expect(try await desk.take(returned).outcomes == [.returned: 1])
        #expect(try await desk.reconciled().unexplainedMinor == 0)
        #expect(try await desk.reconciled().withoutDebitMinor == 2_000)
        let sent = PayoutDesk.statement("N1", opening: 0, kind: "camt.054", [(id, 2_000, false, nil)])
        #expect(try await desk.take(sent).outcomes == [.settled: 1])
        let statement = PayoutDesk.statement(
            "S", opening: 10_000, [(id, 2_000, false, nil), (id, 2_000, true, "AC04")], reference: "OTHER")
        #expect(try await desk.take(statement).outcomes == [.repeated: 2])
        // In another statement by the same reference it is the same.
        let again = PayoutDesk.statement("R", opening: 10_000, [(id, 2_000, false, nil)], reference: "OTHER")
        #expect(try await desk.take(again).outcomes == [.repeated: 1])
        // Twice in statements, by another reference or by none, is twice.
        let twice = PayoutDesk.statement("T", opening: 10_000, [(id, 2_000, false, nil)], reference: "THIRD")
        #expect(try await desk.take(twice).outcomes == [.contradicts: 1])
        let nameless = PayoutDesk.statement("U", opening: 10_000, [(id, 2_000, false, nil)], reference: "")
        #expect(try await desk.take(nameless).outcomes == [.contradicts: 1])
        #expect(try await desk.owed(0) == 2_000)
        let books = try await desk.reconciled()
        #expect(books.unexplainedMinor == 0 && books.openEntries == 2 && books.openEntriesMinor == 4_000)
        #expect(try await desk.small.ills() == [])
    }

    @Test("booked in one sum are settled once, whatever was told of them one by one; what is booked again is listed")
    func inOneSum() async throws {
        let desk = try await PayoutDesk()
        let (batch, payments) = try await desk.sent()
        let ids = payments.map(\.endToEndID)
        func sum(_ id: String, _ minor: Int64, reference: String) -> String {
            PayoutDesk.statement(
                id, opening: 100_000, [("SUM", minor, false, nil)], reference: reference, sumOf: batch.messageID)
        }
        let told = PayoutDesk.statement(
            "N", opening: 0, kind: "camt.054", ids.prefix(2).map { ($0, 2_000, false, nil) })
        #expect(try await desk.take(told).outcomes == [.settled: 2])
        #expect(try await desk.take(sum("S1", 5_000, reference: "A")).outcomes == [.amountDiffers: 1])
        // The third is told by the sum alone.
        #expect(try await desk.take(sum("S2", 6_000, reference: "B")).outcomes == [.settled: 1])
        #expect(try await desk.take(sum("S3", 6_000, reference: "B")).outcomes == [.repeated: 1])
        #expect(try await desk.take(sum("S4", 6_000, reference: "C")).outcomes == [.contradicts: 1])
        let single = PayoutDesk.statement("S5", opening: 0, [(ids[0], 2_000, false, nil)], reference: "D")
        #expect(try await desk.take(single).outcomes == [.contradicts: 1])
        let books = try await desk.reconciled()
        #expect(books.paidMinor == 6_000 && books.bankMinor == 6_000 && books.unexplainedMinor == 0)
        #expect(books.openEntries == 3 && books.openEntriesMinor == 13_000 && books.openPayments == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("told one by one in a notification are the same in one sum of a statement")
    func sumOfTold() async throws {
        let desk = try await PayoutDesk()
        let (batch, payments) = try await desk.sent()
        let told = PayoutDesk.statement(
            "N", opening: 0, kind: "camt.054", payments.map { ($0.endToEndID, 2_000, false, nil) })
        #expect(try await desk.take(told).outcomes == [.settled: 3])
        let sum = PayoutDesk.statement(
            "S", opening: 100_000, [("SUM", 6_000, false, nil)], reference: "A", sumOf: batch.messageID)
        #expect(try await desk.take(sum).outcomes == [.repeated: 1])
        let books = try await desk.reconciled()
        #expect(books.openEntries == 0 && books.unexplainedMinor == 0 && books.bankMinor == 6_000)
        #expect(try await desk.small.ills() == [])
    }

    @Test("gaps go by the statements' own days; a late or repeated one is none, and what was explained does not count")
    func gaps() async throws {
        let desk = try await PayoutDesk(workers: 1)
        _ = try await desk.sent()
        let reconcile = ReconcileBank(market: desk.small.market)
        func statement(_ id: String, _ opening: Int64, on day: String, closing: Int64? = nil) -> String {
            PayoutDesk.statement(
                id, opening: opening, closing: closing, [("X", 100, false, nil)], reference: id, on: day)
        }
        let first = statement("S1", 10_000, on: "2026-03-09")
        _ = try await desk.take(first)
        _ = try await desk.take(statement("S3", 9_800, on: "2026-03-11"))
        #expect(try await desk.reconciled().gaps == 1)
        _ = try await desk.take(statement("S2", 9_900, on: "2026-03-10"))
        _ = try await desk.take(first + "\n")
        #expect(try await desk.reconciled().gaps == 0)
        _ = try await desk.take(statement("S5", 9_000, on: "2026-03-13"))
        Scratch.clock.advance(by: 1)
        _ = try await desk.take(statement("S6", 8_900, on: "2026-03-16", closing: 8_700))
        let open = try await reconcile.statements(by: desk.small.maker)
        #expect(open.map { $0.json["why"]?.stringValue } == ["statement_missing", "entries_differ"])
        #expect(open.map { $0.json["stated_on"]?.stringValue } == ["2026-03-13", "2026-03-16"])
        #expect(try await desk.reconciled().gaps == 2)
        for statement in open {
            try await reconcile.resolve(statement: statement.id, as: "The bank has told us.", by: desk.small.maker)
        }
        #expect(try await desk.reconciled().gaps == 0)
        #expect(
            await refusal(NotFound.self) {
                try await reconcile.resolve(statement: open[0].id, as: "Again.", by: desk.small.maker)
            } != nil)
        #expect(try await desk.small.ills() == [])
    }

    @Test("what bank files say of no payment shows in its currency, or in none")
    func otherCurrencies() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let reconcile = ReconcileBank(market: desk.small.market)
        let roubles = PayoutDesk.statement("S", opening: 10_000, [("X", 100, false, nil)])
            .replacing("\"EUR\"", with: "\"RUB\"")
        #expect(try await desk.take(roubles).outcomes == [.unmatched: 1])
        #expect(try await desk.take(PayoutDesk.status("M", nil, [("NOBODY", "ACCP")])).outcomes == [.unmatched: 1])
        let lines = try await reconcile(by: desk.small.maker)
        #expect(lines.map(\.currency) == ["RUB", nil])
        #expect(lines.map(\.openEntries) == [1, 1] && lines.map(\.openEntriesMinor) == [100, 0])
        #expect(try await desk.small.ills() == [])
    }

    @Test("files that are damaged, or of another kind, are refused whole")
    func refused() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let id = try await desk.sent().payments[0].endToEndID
        #expect(await refusal(BankFileRefusal.self) { try await desk.take("hello") } == .otherKind)
        let whole = PayoutDesk.statement("S", opening: 0, [(id, 2_000, false, nil)])
        let cut = await refusal(BankFileRefusal.self) { try await desk.take(String(whole.dropLast(20))) }
        #expect(cut?.code == "bank_file_faulty")
        #expect(try await desk.small.count("select count(*) as n from bank_import") == 0)
        #expect(try await desk.reconciled().openPayments == 1)
    }
}
