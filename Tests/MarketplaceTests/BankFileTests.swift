import Formats
import Foundation
import Marketplace
import Payments
import Store
import TestSupport
import Testing

/// What is not written as it mostly is.
@Suite("Bank files", .scratchDatabase)
struct BankFileTests {
    @Test("a payment that the bank has blocked stays open and is listed, and nobody is paid again for it")
    func blocked() async throws {
        let desk = try await PayoutDesk()
        let (batch, payments) = try await desk.sent()
        let ids = payments.map(\.endToEndID)
        #expect(
            try await desk.take(PayoutDesk.status(batch.messageID, "ACWP", [(ids[0], "ACWP")])).outcomes
                == [.accepted: 1])
        #expect(
            try await desk.take(PayoutDesk.status(batch.messageID, nil, [(ids[0], "BLCK")])).outcomes
                == [.contradicts: 1])
        #expect(try await desk.take(PayoutDesk.status(batch.messageID, "BLCK")).outcomes == [.contradicts: 1])
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 6_000)
        #expect(try await desk.owed(0) == 0)
        #expect(await refusal(PayoutRefusal.self) { try await desk.prepare() } == .nothingToPay)
        let entries = try await ReconcileBank(market: desk.small.market).entries(by: desk.small.maker)
        #expect(entries.count == 2)
        let debit = PayoutDesk.statement("S", opening: 0, [(ids[0], 2_000, false, nil)])
        #expect(try await desk.take(debit).outcomes == [.settled: 1])
        #expect(try await desk.small.ills() == [])
    }

    @Test("a file refused as a repetition fails none of its payments, whatever reasons they have themselves")
    func repetitionWithReasons() async throws {
        let desk = try await PayoutDesk()
        let (batch, payments) = try await desk.sent()
        let ids = payments.map(\.endToEndID)
        let parts = PayoutDesk.status(batch.messageID, "RJCT", reason: "DUPL", information: "RJCT", inner: "NARR")
        #expect(try await desk.take(parts).outcomes == [.repeated: 2])
        let single = PayoutDesk.status(batch.messageID, "RJCT", reason: "DUPL", inner: "AC04", [(ids[1], "RJCT")])
        #expect(try await desk.take(single).outcomes == [.repeated: 2])
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 6_000)
        #expect(try await desk.owed(1) == 0)
        #expect(try await desk.reconciled().openPayments == 3)
        #expect(try await desk.small.ills() == [])
    }

    @Test("an entry without its payments' amounts settles them if it is what they are together; if not, it is listed")
    func withoutAmounts() async throws {
        let desk = try await PayoutDesk()
        let ids = try await desk.sent().payments.map(\.endToEndID)
        let some = ids.map { Self.payment($0) }
        #expect(try await desk.take(Self.statement("S1", Self.debit(50, some))).outcomes == [.amountDiffers: 3])
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 6_000)
        let listed = try await desk.reconciled()
        #expect(listed.openPayments == 3 && listed.openEntries == 1 && listed.openEntriesMinor == 5_000)
        // One that is not ours among them: nobody knows how much of it is whose.
        let others = Self.statement("S2", Self.debit(60, some + [Self.payment("X")]))
        #expect(try await desk.take(others).outcomes == [.amountDiffers: 3, .unmatched: 1])
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 6_000)
        // One says how much it is, the others what is left.
        let mixed = [Self.payment(ids[0]), Self.payment(ids[1], 20), Self.payment(ids[2])]
        #expect(try await desk.take(Self.statement("S3", Self.debit(60, mixed))).outcomes == [.settled: 3])
        let books = try await desk.reconciled()
        #expect(books.paidMinor == 6_000 && books.bankMinor == 6_000 && books.openPayments == 0)
        #expect(books.unexplainedMinor == 0 && books.openEntriesMinor == 11_000)
        #expect(try await desk.small.ills() == [])
    }

    @Test(
        "what an entry is beyond its payments, or short of them, is listed by itself, once, to the cent",
        arguments: ["", "<Chrgs><TtlChrgsAndTaxAmt Ccy=\"EUR\">0.30</TtlChrgsAndTaxAmt></Chrgs>"])
    func besidePayments(charges: String) async throws {
        let desk = try await PayoutDesk()
        let some = try await desk.sent().payments.map { Self.payment($0.endToEndID, 20) }
        let beyond = Self.statement("S1", Self.debit(60, some))
            .replacing(">60.00<", with: ">60.30<").replacing("<NtryDtls>", with: "\(charges)<NtryDtls>")
        // Of a notification nothing is listed, as its statement tells the same.
        #expect(try await desk.take(Self.notified(beyond)).outcomes == [.settled: 3])
        #expect(try await desk.take(beyond).outcomes == [.repeated: 3, .unmatched: 1])
        var books = try await desk.reconciled()
        #expect(books.paidMinor == 6_000 && books.bankMinor == 6_000 && books.unexplainedMinor == 0)
        #expect(books.openEntries == 1 && books.openEntriesMinor == 30)
        // Half a euro was kept of what came back: the entry is less than its payment, so it is a debit.
        let reason = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls>"
        let back = Self.statement("S2", Self.debit(19, [some[0].replacing("</TxDtls>", with: reason)]))
            .replacing(">19.00<", with: ">19.50<").replacing("DBIT", with: "CRDT")
            .replacing("<NtryDtls>", with: "\(charges)<NtryDtls>")
        #expect(try await desk.take(back).outcomes == [.returned: 1, .unmatched: 1])
        books = try await desk.reconciled()
        #expect(books.openEntries == 2 && books.openEntriesMinor == 80 && books.unexplainedMinor == 0)
        // The bank took ten euros less than the payments are: a credit.
        let short = Self.statement("S3", Self.debit(30, ["X", "Y"].map { Self.payment($0, 20) }))
        #expect(try await desk.take(short).outcomes == [.unmatched: 3])
        #expect(try await desk.reconciled().openEntriesMinor == 80 + 3_000)
        #expect(try await desk.small.ills() == [])
    }

    @Test("the refusal of a whole file bars no payee's account, whatever its reason; that of a payment does by its own")
    func wholeRefused() async throws {
        let desk = try await PayoutDesk()
        for reason in ["AC02", "AC01"] {
            let batch = try await desk.sent().batch
            #expect(
                try await desk.take(PayoutDesk.status(batch.messageID, "RJCT", reason: reason)).outcomes
                    == [.rejected: 1])
            Scratch.clock.advance(by: 1)
        }
        let (batch, payments) = try await desk.sent()
        // The first has no reason of its own, but the message's.
        let first = "<OrgnlEndToEndId>\(payments[0].endToEndID)</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
        let status = PayoutDesk.status(
            batch.messageID, "RJCT", reason: "AC01", payments.prefix(2).map { ($0.endToEndID, "RJCT") })
        let inherited = status.replacing("\(first)<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>", with: first)
        #expect(inherited != status)
        #expect(try await desk.take(inherited).outcomes == [.rejected: 3])
        let prepared = try await desk.prepare()
        #expect(prepared.batch.lineCount == 2 && prepared.excluded.map(\.payee) == [.worker(desk.workers[1])])
        #expect(prepared.excluded.map(\.hindrance) == [.accountRefused("AC01")])
        // The lines of the files keep what was said.
        #expect(try await desk.small.count("select count(*) as n from bank_entry where reason = 'AC01'") == 4)
        #expect(try await desk.small.ills() == [])
    }

    /// One payment, all of a file in one sum, also where one of them was told by itself before, all of an entry
    /// together, also where another kind of file tells each by itself later; by how much more they were debited.
    private static let otherAmounts: [(form: String, minor: Int64)] = [
        ("one", 30), ("one", -30), ("sum", 30), ("told", 30), ("together", 30), ("each", 30),
    ]

    @Test(
        "payments debited with another amount are settled as sent, once two people posted the difference for that line",
        arguments: otherAmounts)
    func settledByHand(form: String, minor: Int64) async throws {
        let desk = try await PayoutDesk()
        let (batch, payments) = try await desk.sent()
        let ids = payments.prefix(form == "one" ? 1 : 3).map(\.endToEndID)
        let sent = Int64(ids.count) * 2_000
        let isSum = form == "sum" || form == "told"
        let details = isSum ? ["<Btch><MsgId>\(batch.messageID)</MsgId></Btch>"] : ids.map { Self.payment($0) }
        if form == "told" {
            let first = PayoutDesk.statement("N", opening: 0, kind: "camt.054", [(ids[0], 2_000, false, nil)])
            #expect(try await desk.take(first).outcomes == [.settled: 1])
        }
        let told = Self.statement("S", Self.debit(10, details, number: "1"))
            .replacing(">10.00<", with: ">\((sent + minor) / 100).\((sent + minor) % 100)<")
        let lines = isSum ? 1 : ids.count
        #expect(try await desk.take(told).outcomes == [.amountDiffers: lines])
        let (maker, checker, market) = (desk.small.maker, desk.small.checker, desk.small.market)
        let (reconcile, settle) = (ReconcileBank(market: market), SettleBankEntry(market: market))
        let open = try await reconcile.entries(by: maker)
        let id = try #require(open.first { $0.json["amount_minor"]?.integerValue == sent + minor }).id
        let amount = try Money(abs(minor), desk.small.usd)
        let order: VoucherOrder = minor > 0 ? .bankCharge(amount) : .bankCredit(amount)
        func refused(to person: Principal.ID) async -> BankEntryRefusal? {
            await refusal(BankEntryRefusal.self) { try await settle(id, as: "A fee.", by: person) }
        }
        #expect(await refused(to: checker) == .differenceNotPosted(order.kind, amount))
        let voucher = try await PrepareVoucher(market: market)(
            order, reference: "\(id)", reason: "Of that line.", by: maker)
        #expect(await refused(to: checker) == .differenceNotPosted(order.kind, amount))
        try await DecideVoucher(market: market)(voucher, post: true, by: checker)
        #expect(await refused(to: maker) == .samePerson)
        #expect(try await settle(id, as: "A fee.", by: checker) == (form == "told" ? 2 : ids.count))
        #expect(try await reconcile.entries(by: maker).isEmpty)
        let books = try await desk.reconciled()
        #expect(books.openPayments == 3 - ids.count && books.paidMinor == sent && books.bankMinor == sent)
        #expect(books.chargesMinor == minor && books.unexplainedMinor == 0)
        #expect(await refusal(NotFound.self) { try await settle(id, as: "Again.", by: checker) } != nil)
        // The same again, and then by the other kind of file: it is known, and nothing is listed.
        let each = PayoutDesk.statement("E", opening: 0, kind: "camt.054", ids.map { ($0, 2_000, false, nil) })
        for again in [told + "\n", form == "each" ? each : Self.notified(told)] {
            #expect(try await desk.take(again).outcomes == [.repeated: lines])
        }
        #expect(try await reconcile.entries(by: maker).isEmpty)
        let back = PayoutDesk.statement("R", opening: 0, [(ids[0], 2_000, true, "AC04")])
        #expect(try await desk.take(back).outcomes == [.returned: 1])
        #expect(try await desk.reconciled().unexplainedMinor == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("an entry without any amount moves no money")
    func noAmount() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let id = try await desk.sent().payments[0].endToEndID
        let text = Self.statement("S", Self.debit(20, [Self.payment(id)]))
            .replacing("<Amt Ccy=\"EUR\">20.00</Amt>", with: "")
        #expect(try await desk.take(text).outcomes == [.amountDiffers: 1])
        #expect(try await desk.reconciled().openPayments == 1)
        #expect(try await desk.small.ills() == [])
    }

    @Test("a return that is told again with another amount is listed, whichever of the two is right")
    func otherAmount() async throws {
        let desk = try await PayoutDesk(workers: 2)
        let ids = try await desk.sent().payments.map(\.endToEndID)
        _ = try await desk.take(
            PayoutDesk.statement("S1", opening: 100_000, ids.map { ($0, 2_000, false, nil) }))
        let told = PayoutDesk.statement(
            "N", opening: 0, kind: "camt.054", [(ids[0], 2_000, true, "AC04"), (ids[1], 1_950, true, "AC04")])
        #expect(try await desk.take(told).outcomes == [.returned: 2])
        let booked = PayoutDesk.statement(
            "S2", opening: 96_000, [(ids[0], 1_950, true, "AC04"), (ids[1], 2_000, true, "AC04")])
        #expect(try await desk.take(booked).outcomes == [.amountDiffers: 2])
        #expect(try await desk.small.balance(.writeOff(desk.small.usd)) == -50)
        let books = try await desk.reconciled()
        #expect(books.openEntries == 2 && books.openEntriesMinor == -3_950 && books.unexplainedMinor == 0)
        // As at first it is the same, with its reason or without it.
        let same = PayoutDesk.statement("S3", opening: 99_950, [(ids[1], 1_950, true, nil)], reference: "OTHER")
        #expect(try await desk.take(same).outcomes == [.repeated: 1])
        #expect(try await desk.small.ills() == [])
    }

    @Test("the bank's number of an entry names it only within its statement, for a payment and for a sum")
    func numberOfEntry() async throws {
        let desk = try await PayoutDesk()
        let (batch, payments) = try await desk.sent()
        let sum = "<Btch><MsgId>\(batch.messageID)</MsgId></Btch>"
        let first = Self.statement("S1", Self.debit(60, [sum], number: "1"))
        #expect(try await desk.take(first).outcomes == [.settled: 1])
        #expect(try await desk.take(first + "\n").outcomes == [.repeated: 1])
        #expect(
            try await desk.take(Self.statement("S2", Self.debit(60, [sum], number: "1"))).outcomes
                == [.contradicts: 1])
        let back = payments.map { Self.payment($0.endToEndID) }
        func returned(_ id: String) -> String {
            Self.statement(id, Self.debit(20, [back[0]], number: "1")).replacing("DBIT", with: "CRDT")
        }
        #expect(try await desk.take(returned("S3")).outcomes == [.returned: 1])
        #expect(try await desk.take(returned("S3") + "\n").outcomes == [.repeated: 1])
        #expect(try await desk.take(returned("S4")).outcomes == [.contradicts: 1])
        let books = try await desk.reconciled()
        #expect(books.openEntries == 2 && books.openEntriesMinor == 4_000 && books.unexplainedMinor == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("a message id of another shape is nobody's, whatever bytes it has")
    func foreignMessage() async throws {
        let desk = try await PayoutDesk(workers: 1)
        for id in ["GH" + String(repeating: "é", count: 16), "GH" + String(repeating: "x", count: 32), "GHÄ"] {
            #expect(try await desk.take(PayoutDesk.status(id, "RJCT", reason: "FF01")).outcomes == [.unmatched: 1])
        }
        #expect(try await desk.small.ills() == [])
    }

    @Test("long texts are cut as the database counts them")
    func longTexts() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let id = try await desk.sent().payments[0].endToEndID
        // Two code points that are one character.
        let umlaut = "u\u{308}"
        let text = Self.statement("S", Self.debit(20, [Self.payment(id, 20)], number: "1"))
            .replacing(
                "</TxDtls>",
                with: "<RmtInf><Ustrd>\(String(repeating: umlaut, count: 1_000))</Ustrd></RmtInf></TxDtls>")
        #expect(try await desk.take(text).outcomes == [.settled: 1])
        #expect(try await desk.small.count("select char_length(information)::bigint as n from bank_entry") == 1_000)
        let refused = PayoutDesk.status("M", nil, [(id, "RJCT")])
            .replacing("<Cd>AC04</Cd>", with: "<Prtry>\(String(repeating: umlaut, count: 35))</Prtry>")
        #expect(try await desk.take(refused).outcomes == [.contradicts: 1])
        #expect(try await desk.small.ills() == [])
    }

    @Test("auditors read all that is open between books and bank, and resolve nothing")
    func audited() async throws {
        let desk = try await PayoutDesk(workers: 1)
        _ = try await desk.take(
            PayoutDesk.statement("S", opening: 10_000, closing: 9_000, [("X", 100, false, nil)]))
        let auditor = try await CreatePrincipal(market: desk.small.market)(
            .person, named: "Auditor", roles: [.auditor], by: desk.small.manager)
        let reconcile = ReconcileBank(market: desk.small.market)
        #expect(try await reconcile(by: auditor).count == 1)
        #expect(try await reconcile.entries(by: auditor).count == 1)
        #expect(try await reconcile.payments(by: auditor).isEmpty)
        let statements = try await reconcile.statements(by: auditor)
        #expect(statements.count == 1)
        await #expect(throws: AccessRefusal.self) {
            try await reconcile.resolve(statement: statements[0].id, as: "Fine.", by: auditor)
        }
    }

    @Test("what a table alone says came back after its debit is seen by who approves its repetition, until its credit")
    func byTableAlone() async throws {
        let desk = try await PayoutDesk()
        let market = desk.small.market
        let ids = try await desk.sent().payments.map(\.endToEndID)
        // The first is open when the table speaks, the others were debited.
        _ = try await desk.take(
            PayoutDesk.statement("S1", opening: 100_000, ids.dropFirst().map { ($0, 2_000, false, nil) }))
        let table = "end_to_end_id,amount,currency,reason\r\n\(ids[0]),20.00,EUR,MS03\r\n\(ids[1]),20.00,EUR,MS03\r\n"
        #expect(try await desk.take(table).outcomes == [.returned: 2])
        Scratch.clock.advance(by: 1)
        let batch = try await desk.prepare().batch
        #expect(batch.lineCount == 2 && batch.unconfirmed.payments == 1 && batch.unconfirmed.minor == 2_000)
        let list = ListPayouts(market: market)
        func seen() async throws -> [Int] {
            let (one, books) = (try await list.one(batch.id, by: desk.small.checker), try await desk.reconciled())
            let (sum, total) = (one.unconfirmed.minor, books.unconfirmed.minor)
            #expect(sum == Int64(one.unconfirmed.payments) * 2_000)
            #expect(total == Int64(books.unconfirmed.payments) * 2_000 && books.unexplainedMinor == 0)
            let open = try await ReconcileBank(market: market).payments(by: desk.small.maker)
            return [one.unconfirmed.payments, books.unconfirmed.payments, open.count { $0["state"] == "failed" }]
        }
        #expect(try await seen() == [1, 1, 1])
        // Of the other payout, which is the first that was made, nothing is a repetition.
        #expect(try await list(by: desk.small.checker).map(\.unconfirmed.payments) == [1, 0])
        try await desk.approve(batch)
        #expect(
            try await desk.take(PayoutDesk.statement("S2", opening: 96_000, [(ids[0], 2_000, false, nil)])).outcomes
                == [.settled: 1])
        #expect(try await seen() == [2, 2, 2])
        for (place, id) in ids.prefix(2).enumerated() {
            let credit = PayoutDesk.statement("C\(place)", opening: 94_000, [(id, 2_000, true, "MS03")])
            #expect(try await desk.take(credit).outcomes == [.returned: 1])
            #expect(try await seen() == Array(repeating: 1 - place, count: 3))
        }
        #expect(try await desk.small.ills() == [])
    }

    // MARK: What a bank says

    private static func statement(_ id: String, _ entries: String) -> String {
        """
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>\(id)</MsgId>\
        <CreDtTm>2026-03-10T20:00:00Z</CreDtTm></GrpHdr><Stmt><Id>\(id)</Id><Acct><Id>\
        <IBAN>NL41MOCK0000000001</IBAN></Id></Acct>\(entries)</Stmt></BkToCstmrStmt></Document>
        """
    }

    /// The same in a camt.054.
    private static func notified(_ statement: String) -> String {
        statement.replacing("camt.053", with: "camt.054")
            .replacing("BkToCstmrStmt>", with: "BkToCstmrDbtCdtNtfctn>")
            .replacing("Stmt>", with: "Ntfctn>")
    }

    private static func debit(_ euros: Int, _ details: [String], number: String? = nil) -> String {
        """
        <Ntry>\(number.map { "<NtryRef>\($0)</NtryRef>" } ?? "")<Amt Ccy="EUR">\(euros).00</Amt>\
        <CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-10</Dt></BookgDt><BkTxCd/>\
        <NtryDtls>\(details.joined())</NtryDtls></Ntry>
        """
    }

    private static func payment(_ id: String, _ euros: Int? = nil) -> String {
        let amount = euros.map { "<Amt Ccy=\"EUR\">\($0).00</Amt><CdtDbtInd>DBIT</CdtDbtInd>" } ?? ""
        return "<TxDtls><Refs><EndToEndId>\(id)</EndToEndId></Refs>\(amount)</TxDtls>"
    }
}
