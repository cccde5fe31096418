import Foundation
import Testing

@testable import Payments

@Suite("Writing payment files")
struct WriterTests {
    @Test("golden: each format is written as before, byte by byte", arguments: PaymentFileFormat.allCases)
    func golden(format: PaymentFileFormat) throws {
        let bytes = try Sample.written(format, try Sample.payments(format, count: 5))
        #expect(try Sample.written(format, try Sample.payments(format, count: 5)) == bytes)
        let file = Sample.golden("payments.\(format.rawValue).\(format.fileExtension)")
        if ProcessInfo.processInfo.environment["GUILDHALL_GOLDEN"] == "accept" { try Data(bytes).write(to: file) }
        #expect(try Data(contentsOf: file) == Data(bytes), "GUILDHALL_GOLDEN=accept rewrites it")
    }

    @Test(
        "what is written of pain.001 is read back, payment by payment",
        arguments: [PaymentFileFormat.pain001v03, .pain001v09])
    func creditTransfers(format: PaymentFileFormat) throws {
        let payments = try Sample.payments(format, count: 500)
        let bytes = try Sample.written(format, payments)
        let read = try Sample.records(bytes).compactMap { record in
            if case .instruction(let instruction) = record { instruction } else { nil }
        }
        #expect(read.map(\.endToEndID) == payments.map(\.endToEndID))
        #expect(read.map(\.amount) == payments.map(\.amount))
        #expect(read.map(\.account) == payments.map(\.account.number))
        #expect(read.map(\.bank) == payments.map(\.account.bankCode))
        #expect(read[0].payeeName == "Jean-Luc d'Ete + Fils" && read[0].remittance == "Payout of week 48 / no. 1")
        let report = try Sample.report(bytes)
        #expect(report.kind == .initiation && report.version == format.rawValue && report.messageID == "GHRUN-0001")
        #expect(report.warnings.isEmpty && report.counts == ["transactions": 500, "payment_informations": 1])
        let total = try #require(report.totals[try Sample.currency("EUR")])
        #expect(total.creditMinor == payments.reduce(0) { $0 + $1.amount.minorUnits } && total.count == 500)
    }

    @Test("what is written of NACHA is read back, and the blocks are full", arguments: [1, 3, 4, 5, 500])
    func ach(count: Int) throws {
        let payments = try Sample.payments(.nachaPPD, count: count)
        let bytes = try Sample.written(.nachaPPD, payments)
        #expect(bytes.count % 950 == 0)
        let read = try Sample.records(bytes).compactMap { record in
            if case .ach(let entry) = record { entry } else { nil }
        }
        #expect(read.map(\.amount) == payments.map(\.amount) && read.allSatisfy { $0.isCredit })
        #expect(read.map(\.individualID) == payments.map(\.shortID))
        #expect(read.map(\.traceNumber) == (1...count).map { "03130001" + Sample.padded($0, 7) })
        #expect(zip(read, payments).allSatisfy { $0.information.hasPrefix($1.endToEndID) })
        #expect(try Sample.report(bytes).counts == ["batches": 1, "entries": count, "addenda": count])
    }

    @Test("a NACHA batch ends before its sum needs a thirteenth digit")
    func achBatches() throws {
        let payments = try (1...150).map { number in
            Payment(
                endToEndID: "GH\(number)", shortID: "S\(number)", amount: try Sample.amount(6_600_000_000, "USD"),
                payee: Party(name: "A"), account: try Sample.account(.nachaPPD, number), remittance: "")
        }
        let report = try Sample.report(try Sample.written(.nachaPPD, payments))
        #expect(report.isValid && report.counts["batches"] == 1)
        // Of a second batch there is need only beyond what a file may hold in all.
        let order = try Sample.order(.nachaPPD, payments + payments)
        #expect(throws: PaymentRefusal.self) { try PaymentFileFormat.nachaPPD.writer(for: order) }
    }

    @Test("a file that is not what its order promised is refused", arguments: PaymentFileFormat.allCases)
    func totals(format: PaymentFileFormat) throws {
        let payments = try Sample.payments(format, count: 3)
        var short = try format.writer(for: try Sample.order(format, payments))
        try short.append(payments[0])
        #expect(throws: PaymentRefusal.self) { try short.finish() }
        var long = try format.writer(for: try Sample.order(format, Array(payments.prefix(1))))
        try long.append(payments[0])
        #expect(throws: PaymentRefusal.self) { try long.append(payments[1]) }
        try long.finish()
        #expect(throws: PaymentRefusal.self) { try format.writer(for: try Sample.order(format, [])) }
    }

    @Test("payments that cannot stand in the file are refused, and leave nothing behind")
    func refusals() throws {
        let payments = try Sample.payments(.pain001v09, count: 2)
        func refusal(
            _ format: PaymentFileFormat = .pain001v09, id: String = "A", short: String = "A", name: String = "A",
            amount: Amount? = nil, account: PaymentAccount? = nil
        ) throws -> String? {
            let payments = try Sample.payments(format, count: 2)
            var writer = try format.writer(for: try Sample.order(format, payments))
            _ = writer.take()
            let payment = Payment(
                endToEndID: id, shortID: short, amount: try amount ?? Sample.amount(1, Sample.currencyCode(format)),
                payee: Party(name: name), account: try account ?? Sample.account(format, 1), remittance: "")
            do {
                try writer.append(payment)
                return nil
            } catch {
                #expect(writer.take().isEmpty && error.endToEndID == id)
                return error.code
            }
        }
        #expect(try refusal() == nil)
        #expect(try refusal(id: "") == "end_to_end_id")
        #expect(try refusal(id: String(repeating: "A", count: 36)) == "end_to_end_id")
        #expect(try refusal(id: "A//B") == "end_to_end_id" && refusal(id: "é") == "end_to_end_id")
        #expect(try refusal(name: "李雷") == "payee_name")
        #expect(try refusal(amount: Sample.amount(0, "EUR")) == "amount")
        #expect(try refusal(amount: Sample.amount(1, "USD")) == "currency")
        #expect(try refusal(amount: Sample.amount(payments[0].amount.minorUnits * 9, "EUR")) == "totals_differ")
        #expect(try refusal(account: Sample.account(.nachaPPD, 1)) == "account")
        #expect(try refusal(account: .other("123", BIC("DEUTDEFF"))) == "account")
        #expect(try refusal(.nachaPPD, account: Sample.account(.csv, 1)) == "account")
        #expect(try refusal(.nachaPPD, short: "") == "short_id")
        #expect(try refusal(.nachaPPD, short: "0123456789ABCDEF") == "short_id")
        #expect(try refusal(.chineseCSV, account: .chinese("12", bank: "B", bankCode: nil)) == "account")
        #expect(try refusal(.chineseCSV, account: .chinese("12345678", bank: "B", bankCode: "1")) == "bank_code")
    }

    @Test("a dollar payment by pain.001 keeps its characters and is no SEPA payment")
    func notSEPA() throws {
        let payment = Payment(
            endToEndID: "A", shortID: "A", amount: try Sample.amount(100, "USD"), payee: Party(name: "李雷 <&>"),
            account: .other("0123456789", try BIC("ICBKCNBJ")), remittance: "a\u{1}b")
        let order = PaymentOrder(
            messageID: "M", createdAt: "2026-11-27T10:15:30Z", executionDate: try Sample.order(.csv, []).executionDate,
            count: 1, total: payment.amount, payer: Party(name: "Guildhall"),
            account: .iban(try IBAN("DE89370400440532013000"), nil))
        var writer = try PaymentFileFormat.pain001v09.writer(for: order)
        try writer.append(payment)
        try writer.finish()
        let bytes = writer.take()
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("SEPA") && text.contains("李雷 &lt;&amp;&gt;") && text.contains("NOTPROVIDED"))
        let records = try Sample.records(bytes)
        guard case .instruction(let read) = try #require(records.first) else { return }
        #expect(read.payeeName == "李雷 <&>" && read.account == "0123456789" && read.remittance == "a b")
    }

    @Test("spreadsheet formulas are neutralised, amounts stay numbers")
    func formulas() throws {
        let text = String(
            decoding: try Sample.written(.csv, try Sample.payments(.csv, count: 5)), as: UTF8.self)
        #expect(text.contains(",'=SUM(A1),") && !text.contains(",=SUM") && text.contains(",24.69,EUR,"))
    }
}
