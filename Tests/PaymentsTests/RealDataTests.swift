import Foundation
import Testing

@testable import Payments

/// Samples that are not ours to commit; see ATTRIBUTION.md in the folder that `GUILDHALL_DATA` names.
@Suite("Payments RealData", .enabled(if: SharedData.folder != nil))
struct PaymentsRealDataTests {
    private func path(_ name: String) -> String { "\(SharedData.folder ?? "")/\(name)" }

    @Test("every NACHA sample is right, and comes to what its control record says")
    func nacha() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: path("nacha_ach")).filter {
            $0.hasSuffix(".ach")
        }
        #expect(names.count == 29)
        for name in names.sorted() {
            let report = try PaymentFileReader.read(path: path("nacha_ach/\(name)"))
            #expect(report.isValid && report.kind == .nacha, "\(name): \(report.faults)")
            let text = try String(contentsOfFile: path("nacha_ach/\(name)"), encoding: .utf8)
            let control = try #require(text.split(separator: "\n").first { $0.hasPrefix("900") })
            // Advices have wider sums.
            let (start, width) = name == "adv-read.ach" ? (31, 20) : (31, 12)
            let total = report.totals[try Sample.currency("USD")] ?? CurrencyTotal()
            #expect(Int64(control.dropFirst(start).prefix(width)) == total.debitMinor, "\(name)")
            #expect(Int64(control.dropFirst(start + width).prefix(width)) == total.creditMinor, "\(name)")
        }
        let returned = try PaymentFileReader.read(path: path("nacha_ach/dishonored-return.ach"))
        #expect(returned.counts["returns"] == 2)
    }

    @Test("each digit of a NACHA sample's sums, counts and hashes that is changed is noticed")
    func nachaDigits() throws {
        let original = Array(try Data(contentsOf: URL(fileURLWithPath: path("nacha_ach/ppd-mixedDebitCredit.ach"))))
        for place in Array((5 * 95 + 4)..<(5 * 95 + 44)) + Array((3 * 95 + 29)..<(3 * 95 + 39))
        where IBAN.isDigit(original[place]) {
            var wrong = original
            wrong[place] = wrong[place] == 0x39 ? 0x30 : wrong[place] + 1
            #expect(try !Sample.report(wrong).isValid, "at \(place)")
        }
    }

    @Test(
        "the sample statements are read",
        arguments: [
            ("FI_camt_053_sample.xml.xml", 10, 2_307_500, 943_017), ("genkgo_camt053.v2.minimal.xml", 1, 885, 0),
            ("genkgo_camt053.v2.multi.statement.xml", 2, 885, 700), ("genkgo_camt053.v8.xml", 1, 885, 0),
        ])
    func statements(name: String, entries: Int, credit: Int64, debit: Int64) throws {
        let report = try PaymentFileReader.read(path: path("iso20022/\(name)"))
        #expect(report.isValid && report.kind == .statement, "\(report.faults)")
        let total = try #require(report.totals[try Sample.currency("EUR")])
        #expect(report.totals.count == 1 && report.counts["entries"] == entries)
        #expect(total.creditMinor == credit && total.debitMinor == debit)
    }

    /// Both samples declare two transactions and have more; the IBANs of the second are invented.
    @Test(
        "the sample initiations are added up, and what is wrong with them is said",
        arguments: [
            ("sample_pain.001.001.03.xml", 4, 90_000, ["transaction_count"]),
            ("sample_pain.001.001.09.xml", 5, 110_000, ["iban_check_digits", "transaction_count"]),
        ])
    func initiations(name: String, count: Int, minor: Int64, codes: [String]) throws {
        let report = try PaymentFileReader.read(path: path("iso20022/\(name)"))
        let total = try #require(report.totals[try Sample.currency("EUR")])
        #expect(total.count == count && total.creditMinor == minor && report.messageID == "1")
        #expect(Set(report.faults.map(\.code)).sorted() == codes)
    }

    @Test("every example of the IBAN registry is an IBAN, but for those of countries without")
    func ibans() throws {
        let lines = try String(contentsOfFile: path("iban/registry.txt"), encoding: .utf8).split(separator: "\n")
            .dropFirst()
        var refused: Set<String> = []
        for line in lines {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            do { _ = try IBAN(String(fields[7])) } catch { refused.insert(String(fields[0])) }
        }
        // Islands that use the IBANs of another country, a code for examples, and structures that were changed since.
        #expect(lines.count == 116)
        #expect(
            refused.isSubset(of: [
                "AA", "AX", "BF", "BI", "BL", "DJ", "GF", "GP", "MF", "MQ", "NC", "NI", "PF", "PM", "RE", "TF", "WF",
                "YT",
            ]),
            "\(refused.sorted())")
        // The structures of release 101.
        let table = try String(contentsOfFile: path("iban/stdnum_iban.dat"), encoding: .utf8)
        for line in table.split(separator: "\n") where !line.hasPrefix("#") {
            let country = String(line.prefix(2))
            let structure = try #require(line.split(separator: "\"").last)
            var example = ""
            for part in structure.split(separator: "!", omittingEmptySubsequences: false).dropLast().indices {
                let pieces = structure.split(separator: "!", omittingEmptySubsequences: false)
                let count = Int(pieces[part].drop { !$0.isNumber }) ?? 0
                example += String(repeating: pieces[part + 1].hasPrefix("a") ? "A" : "1", count: count)
            }
            _ = try Sample.iban(country, example)
        }
    }

    @Test(
        "what is written of pain.001 is valid by the official schemas",
        arguments: [PaymentFileFormat.pain001v03, .pain001v09])
    func schemas(format: PaymentFileFormat) throws {
        guard FileManager.default.fileExists(atPath: "/usr/bin/xmllint") else {
            Issue.record("xmllint is missing; scripts/install.sh installs libxml2-utils")
            return
        }
        let file = try written(format, count: 200)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let result = try run(
            "/usr/bin/xmllint", ["--noout", "--nonet", "--schema", path("iso20022/\(format.rawValue).xsd"), file])
        #expect(result.status == 0, "\(result.output)")
        // A schema that takes everything would prove nothing.
        let text = try String(contentsOfFile: file, encoding: .utf8).replacing("<PmtMtd>TRF</PmtMtd>", with: "")
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(
            try run(
                "/usr/bin/xmllint", ["--noout", "--nonet", "--schema", path("iso20022/\(format.rawValue).xsd"), file]
            ).status != 0)
    }

    @Test(
        "what is written of NACHA is read back by two other parsers, with the same totals",
        .enabled(if: FileManager.default.fileExists(atPath: SharedData.root.path + "/.guildhall/banks/bin/python")),
        arguments: [PaymentFileFormat.nachaPPD, .nachaCCD])
    func otherParsers(format: PaymentFileFormat) throws {
        let file = try written(format, count: 137)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let result = try run(
            SharedData.root.path + "/.guildhall/banks/bin/python",
            [SharedData.root.path + "/scripts/nacha-oracle.py", file])
        let total = try Sample.payments(format, count: 137).reduce(0) { $0 + $1.amount.minorUnits }
        #expect(result.status == 0 && result.output == "achkit 137 \(total)\nach 137 \(total)\n", "\(result.output)")
    }

    private func written(_ format: PaymentFileFormat, count: Int) throws -> String {
        let file = NSTemporaryDirectory() + "payments-\(UInt64.random(in: 0 ... .max)).\(format.fileExtension)"
        try Data(try Sample.written(format, try Sample.payments(format, count: count))).write(
            to: URL(fileURLWithPath: file))
        return file
    }

    private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

/// Where the data sets are, and the repository.
private enum SharedData {
    static let folder = ProcessInfo.processInfo.environment["GUILDHALL_DATA"].flatMap { $0.isEmpty ? nil : $0 }
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
