import Formats
import Foundation
import Marketplace
import Store
import Tax
import TestSupport
import Testing

@Suite("What workers are told of payments", .scratchDatabase)
struct StatementTests {
    private func advice(
        _ desk: PayoutDesk, _ batch: PayoutBatch, _ index: Int, _ form: TableForm = .csv, by actor: Principal.ID? = nil
    ) async throws -> [String] {
        let file = Gathered()
        _ = try await WriteRemittanceAdvice(market: desk.small.market)(
            of: batch.id, to: desk.workers[index], as: form, by: actor ?? desk.small.maker, to: { file.append($0) })
        return lines(file)
    }

    private func statement(_ desk: PayoutDesk, _ index: Int, year: Int = 2026) async throws -> [String] {
        let file = Gathered()
        _ = try await WriteEarningsStatement(market: desk.small.market)(
            of: desk.workers[index], year: year, as: .csv, by: desk.small.maker, to: { file.append($0) })
        return lines(file)
    }

    private func lines(_ file: Gathered) -> [String] {
        String(decoding: file.bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    private func minor(_ line: String, _ column: Int) -> Int64 {
        let text = line.split(separator: ",", omittingEmptySubsequences: false)[column]
        return Int64(text.filter { $0 != "." }) ?? .min
    }

    @Test("the lines of an advice add up to what was paid, taxes taken off; the year has all payments")
    func addsUp() async throws {
        let desk = try await PayoutDesk(tasks: 3)
        try await ChooseTaxRules(market: desk.small.market)(
            TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: desk.workers[0],
            by: desk.small.maker)
        let batch = try await desk.sent().batch
        let taxed = try await advice(desk, batch, 0)
        #expect(taxed.first == "kind,earned_at,batch,assignment,share_bps,amount,currency")
        let kinds = taxed.map { String($0.prefix { $0 != "," }) }
        #expect(kinds == ["kind", "work", "work", "work", "withheld", "paid"])
        let parts = taxed.dropFirst().dropLast().reduce(0) { $0 + minor($1, 5) }
        #expect(parts == minor(try #require(taxed.last), 5))
        #expect(minor(taxed[1], 5) == 2_000 && minor(taxed[4], 5) == -1_440, "24 % of 60.00")
        #expect(try await advice(desk, batch, 1).last?.contains(",60.00,EUR") == true)

        let year = try await statement(desk, 0)
        #expect(year.count == 3)
        #expect(year[1].hasPrefix("payment,") && year[1].hasSuffix(",60.00,14.40,45.60,EUR"))
        #expect(year[2] == "total,,,1 payments,60.00,14.40,45.60,EUR")
        #expect(try await statement(desk, 0, year: 2025).count == 1)
        let page = try await advice(desk, batch, 0, .html).joined()
        #expect(page.contains("<title>Remittance advice</title>") && page.contains("<dd>EUR 45.60</dd>"))
    }

    @Test("a payment that came back is in the year with its reason, and counts for nothing")
    func returned() async throws {
        let desk = try await PayoutDesk()
        let sent = try await desk.sent()
        _ = try await desk.take(
            PayoutDesk.status(sent.batch.messageID, nil, sent.payments.map { ($0.endToEndID, "RJCT") }))
        let year = try await statement(desk, 0)
        #expect(year.count == 2 && year[1].hasPrefix("returned,") && year[1].contains(" AC04,"))
        #expect(try await advice(desk, sent.batch, 0).last?.hasPrefix("paid,") == true)
    }

    @Test("are for the worker and finance alone, of what was issued alone")
    func access() async throws {
        let desk = try await PayoutDesk()
        let prepared = try await desk.prepare().batch
        await #expect(throws: NotFound.self) { try await advice(desk, prepared, 0) }
        try await desk.approve(prepared)
        _ = try await desk.export(prepared)
        #expect(try await advice(desk, prepared, 0, by: Principal.ID(desk.workers[0].uuid)).count == 3)
        await #expect(throws: AccessRefusal.self) {
            try await advice(desk, prepared, 0, by: Principal.ID(desk.workers[1].uuid))
        }
        await #expect(throws: BadInput.self) { try await statement(desk, 0, year: 10_000) }
    }
}
