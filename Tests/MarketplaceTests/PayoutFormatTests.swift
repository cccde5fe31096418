import Formats
import Foundation
import Marketplace
import Payments
import Store
import TestSupport
import Testing

/// Payout runs in the other forms, on the database from the earnings to the bank's answer.
@Suite("Payout runs by form", .scratchDatabase)
struct PayoutFormatTests {
    /// What a spreadsheet would run.
    private static let formula = "=HYPERLINK(\"http://example.org\";\"Ann\")"

    private struct Case: Sendable {
        let currency: String
        let format: PaymentFileFormat
        let settings: JSON
        /// Account, bank, country and holder.
        let accounts: [(account: String, bank: String, country: String, holder: String)]
    }

    private static let american = Case(
        currency: "USD", format: .nachaPPD,
        settings: PayoutDesk.achSettings,
        accounts: [
            ("900000001", "021000021", "US", "Ann Smith"), ("900000002", "231380104", "US", "Ben Jones"),
        ])
    private static let chinese = Case(
        currency: "CNY", format: .chineseCSV,
        settings: ["name": "行会平台", "country": "CN", "account": "11001234567890123456"],
        accounts: [
            ("622202020011223000", "102100099996", "CN", "王芳"),
            ("6222020200112230012", "102100099996", "CN", formula),
        ])
    private static let table = Case(
        currency: "EUR", format: .csv, settings: SmallMarket.payoutSettings,
        accounts: [
            (PayoutDesk.ibans[0], "COBADEFFXXX", "DE", "Ann"), (PayoutDesk.ibans[2], "ABNANL2A", "NL", formula),
        ])

    private static func sent(_ form: Case) async throws -> (small: SmallMarket, file: [UInt8], lines: [NamedLine]) {
        let small = try await SmallMarket(currency: form.currency)
        let tasks = try await small.batch(small.draft("b"), tasks: form.accounts.count)
        for (index, account) in form.accounts.enumerated() {
            let worker = try await small.lawyer("w\(index)")
            try await small.earn(worker, tasks)
            let method = try PayoutMethod(
                account: account.account, bank: account.bank, holder: account.holder, country: account.country,
                currency: form.currency)
            try await SetPayoutMethod(market: small.market, keys: Scratch.keys)(method, of: worker, by: small.manager)
        }
        try await SetPayoutSource(market: small.market)(
            "other", format: form.format, currency: small.usd, settings: form.settings, by: small.checker)
        Scratch.clock.advance(by: 73 * 3_600)
        let result = try await PreparePayoutRun(market: small.market, keys: Scratch.keys)(
            from: "other", on: try #require(CalendarDate(iso: "2026-03-10")), by: small.maker)
        #expect(result.excluded.isEmpty, "\(result.excluded)")
        let batch = result.batch
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        let (first, again) = (Gathered(), Gathered())
        for file in [first, again] {
            _ = try await ExportPayoutRun(market: small.market, keys: Scratch.keys)(
                batch.id, by: small.maker, write: { file.append($0) })
        }
        #expect(first.bytes == again.bytes)
        let lines = try await ListPayoutLines(market: small.market)(of: batch.id, by: small.maker)
        return (small, first.bytes, lines)
    }

    @Test("a NACHA run adds up, is read back by two other parsers, and a return gives its payment back")
    func nacha() async throws {
        let (small, file, lines) = try await Self.sent(Self.american)
        let report = try PaymentFileReader.read(bytes: file, name: "file")
        #expect(report.isValid && report.totals.first?.value.creditMinor == 4_000)
        let python = ScratchServer.root + "/.guildhall/banks/bin/python"
        if FileManager.default.isExecutableFile(atPath: python) {
            let path = NSTemporaryDirectory() + "run-\(UInt64.random(in: 0 ... .max)).ach"
            try Data(file).write(to: URL(fileURLWithPath: path))
            defer { try? FileManager.default.removeItem(atPath: path) }
            let found = path + ".txt"
            #expect(FileManager.default.createFile(atPath: found, contents: nil))
            defer { try? FileManager.default.removeItem(atPath: found) }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: python)
            process.arguments = [ScratchServer.root + "/scripts/nacha-oracle.py", path]
            process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: found))
            try process.run()
            process.waitUntilExit()
            #expect(try String(contentsOfFile: found, encoding: .utf8) == "achkit 2 4000\nach 2 4000\n")
        }
        try await Self.comesBack(lines[0], "USD", small)
    }

    @Test("what a NACHA file corrects is listed without the account's number, told to the payee, and holds the account")
    func corrected() async throws {
        let (small, file, lines) = try await Self.sent(Self.american)
        var ids: [String] = []
        _ = try PaymentFileReader.read(bytes: file, name: "file") { record in
            if case .ach(let entry) = record { ids.append(entry.individualID) }
        }
        let golden = ScratchServer.root + "/Tests/PaymentsTests/Golden/returned.ach"
        let padded = try #require(ids.first).padding(toLength: 15, withPad: " ", startingAt: 0)
        let notes = try String(contentsOfFile: golden, encoding: .utf8)
            .replacing("S000000002     ", with: padded)
        let taken = try await ImportBankFile(market: small.market)(Array(notes.utf8), by: small.maker)
        // The other entry of the file returns a payment of somebody else.
        #expect(taken.outcomes == [.contradicts: 1, .unmatched: 1])
        let entries = try await ReconcileBank(market: small.market).entries(by: small.maker).map(\.json)
        let correction = try #require(entries.first { $0["outcome"] == "contradicts" })
        #expect(correction["reason"] == "C01" && correction["information"] == "…1614")
        #expect(
            try await small.count("select count(*) as n from notice where kind = 'payout_account_corrected'") == 1)
        #expect(try await small.balance(.clearing(small.usd)) == 4_000)
        let worker = try #require(lines.first { $0.line.shortID == ids.first }?.line.payee.workerForTests)
        try await small.earn(worker, try await small.batch(small.draft("more"), tasks: 1))
        let prepare = PreparePayoutRun(market: small.market, keys: Scratch.keys)
        let day = try #require(CalendarDate(iso: "2026-03-10"))
        #expect(
            await refusal(PayoutRefusal.self) { try await prepare(from: "other", on: day, by: small.maker) }
                == .nothingToPay)
        #expect(try await small.ills() == [])
    }

    @Test("a Chinese batch table names each card and payee, and what a spreadsheet would run is neutralised")
    func chinese() async throws {
        let (small, file, lines) = try await Self.sent(Self.chinese)
        let text = String(decoding: file, as: UTF8.self)
        let rows = text.split(separator: "\r\n")
        #expect(rows.count == 3 && rows[0].contains("收款账号"))
        #expect(text.contains("622202020011223000,王芳,") && text.contains("102100099996,20.00,CNY"))
        #expect(!text.contains(",=HYPERLINK") && !text.contains("\"=HYPERLINK") && text.contains("'=HYPERLINK"))
        for line in lines { #expect(text.contains(line.line.endToEndID)) }
        try await Self.comesBack(lines[0], "CNY", small)
    }

    @Test("the documented table has its columns, and what a spreadsheet would run is neutralised")
    func documentedTable() async throws {
        let (small, file, lines) = try await Self.sent(Self.table)
        let text = String(decoding: file, as: UTF8.self)
        #expect(
            text.hasPrefix(
                "end_to_end_id,payee_name,account_scheme,account,account_type,bank_code,bank_name,country,amount,"
                    + "currency,execution_date,remittance\r\n"))
        #expect(text.contains("Ann,iban,\(PayoutDesk.ibans[0]),,COBADEFFXXX,,DE,20.00,EUR,"))
        #expect(!text.contains(",=HYPERLINK") && !text.contains("\"=HYPERLINK") && text.contains("'=HYPERLINK"))
        try await Self.comesBack(lines[0], "EUR", small)
    }

    @Test("a payee's address is in the file in its parts, in plain characters; one without a town is refused")
    func addresses() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let address = try PayeeAddress.given([
            "street": "Kleine Straße", "building_number": "1", "post_code": "50667", "town": "Köln", "country": "DE",
        ])
        let method = try PayoutMethod(
            account: PayoutDesk.ibans[0], holder: "Worker 0", country: "DE", currency: "EUR", address: address)
        try await SetPayoutMethod(market: desk.small.market, keys: desk.keys)(
            method, of: desk.workers[0], by: desk.small.manager)
        Scratch.clock.advance(by: 73 * 3_600)
        let batch = try await desk.prepare().batch
        try await desk.approve(batch)
        let file = String(decoding: try await desk.export(batch).file, as: UTF8.self)
        #expect(
            file.contains(
                "<PstlAdr><StrtNm>Kleine Strasse</StrtNm><BldgNb>1</BldgNb><PstCd>50667</PstCd>"
                    + "<TwnNm>Koln</TwnNm><Ctry>DE</Ctry></PstlAdr>"))
        #expect(try PayeeAddress.given(nil) == nil)
        #expect(!"\(method) \(String(reflecting: address))".contains("Kleine"))
        for wrong in [["street": "x", "country": "DE"], ["town": "x"], ["town": "x", "country": "XX"]] as [JSON] {
            #expect(throws: BadInput.self) { try PayeeAddress.given(wrong) }
        }
    }

    private static func comesBack(_ line: NamedLine, _ currency: String, _ small: SmallMarket) async throws {
        let worker = try #require(line.line.payee.workerForTests)
        #expect(try await small.balance(.payable(to: worker, small.usd)) == 0)
        let returns =
            "end_to_end_id,amount,currency,reason\r\n\(line.line.endToEndID),20.00,\(currency),AC04\r\n"
        let back = try await ImportBankFile(market: small.market)(Array(returns.utf8), by: small.maker)
        #expect(back.outcomes == [.returned: 1])
        #expect(try await small.balance(.payable(to: worker, small.usd)) == 2_000)
        #expect(try await small.balance(.clearing(small.usd)) == 2_000)
        #expect(try await small.ills() == [])
    }
}

extension Payee {
    fileprivate var workerForTests: Worker.ID? {
        switch self {
        case .worker(let id): id
        case .agency: nil
        }
    }
}
