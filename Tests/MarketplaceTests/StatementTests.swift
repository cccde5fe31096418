import Formats
import Foundation
import Marketplace
import Payments
import Store
import Tax
import TestSupport
import Testing

@Suite("What workers are told of payments", .scratchDatabase)
struct StatementTests {
    private func advice(
        _ small: SmallMarket, _ batch: PayoutBatch, _ worker: Worker.ID, _ form: TableForm = .csv,
        by actor: Principal.ID? = nil
    ) async throws -> [String] {
        let file = Gathered()
        _ = try await WriteRemittanceAdvice(market: small.market)(
            of: batch.id, to: worker, as: form, by: actor ?? small.maker, to: { file.append($0) })
        return lines(file)
    }

    private func statement(_ small: SmallMarket, _ worker: Worker.ID, year: Int = 2026) async throws -> [String] {
        let file = Gathered()
        _ = try await WriteEarningsStatement(market: small.market)(
            of: worker, year: year, as: .csv, by: small.maker, to: { file.append($0) })
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
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: ann, by: small.maker)
        let tasks = try await small.batch(small.draft("b"), tasks: 6)
        for worker in [ann, ben] { try await small.earn(worker, tasks, tasks: 3) }
        let batch = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)

        let taxed = try await advice(small, batch, ann)
        #expect(taxed.first == "kind,earned_at,batch,assignment,share_bps,amount,currency")
        let kinds = taxed.map { String($0.prefix { $0 != "," }) }
        #expect(kinds == ["kind", "work", "work", "work", "withheld", "paid"])
        let parts = taxed.dropFirst().dropLast().reduce(0) { $0 + minor($1, 5) }
        #expect(parts == minor(try #require(taxed.last), 5))
        #expect(minor(taxed[1], 5) == 2_000 && minor(taxed[4], 5) == -1_440, "24 % of 60.00")
        #expect(try await advice(small, batch, ben).last?.hasSuffix(",60.00,USD") == true)

        let year = try await statement(small, ann)
        #expect(year.count == 3)
        #expect(year[1].hasPrefix("payment,") && year[1].hasSuffix(",60.00,14.40,45.60,USD,0.00,2026-03-02"))
        #expect(year[2] == "total,,,1 payments,60.00,14.40,45.60,USD,0.00,")
        #expect(try await statement(small, ann, year: 2025).count == 1)
        let page = try await advice(small, batch, ann, .html).joined()
        #expect(page.contains("<title>Remittance advice</title>") && page.contains("45.60"))
    }

    @Test("a payment is in the year of the day on which the bank is to pay, as in the report of its taxes")
    func newYear() async throws {
        let desk = try await PayoutDesk(workers: 2)
        let market = desk.small.market
        // One of them is taxed.
        try await ChooseTaxRules(market: market)(
            TaxChoice(ruleSet: "eu", residence: "DE", standing: TaxStanding()), of: desk.workers[0],
            by: desk.small.maker)
        let december = try #require(CalendarDate(iso: "2026-12-30"))
        Scratch.clock.advance(by: december.midnightUTC.timeIntervalSince(Scratch.clock.now()) + 12 * 3_600)
        let batch = try await PreparePayoutRun(market: market, keys: desk.keys)(
            from: "main", on: try #require(CalendarDate(iso: "2027-01-04")), by: desk.small.maker
        ).batch
        try await desk.approve(batch)
        _ = try await desk.export(batch)
        for worker in desk.workers {
            #expect(try await statement(desk.small, worker, year: 2026).count == 1)
            let year = try await statement(desk.small, worker, year: 2027)
            #expect(year.count == 3 && year[1].hasPrefix("sent,2026-12-30T") && year[1].hasSuffix(",2027-01-04"))
        }
        func reported(_ year: Int) async throws -> Int {
            try await ReportTaxes(market: market)(.dac7, year: year, by: desk.small.maker, to: { _ in })
        }
        #expect(try await reported(2026) == 0)
        #expect(try await reported(2027) > 0)
    }

    @Test("a payment that came back is in the year with its reason, and counts for nothing")
    func returned() async throws {
        let desk = try await PayoutDesk()
        let sent = try await desk.sent()
        _ = try await desk.take(
            PayoutDesk.status(sent.batch.messageID, nil, sent.payments.map { ($0.endToEndID, "RJCT") }))
        let year = try await statement(desk.small, desk.workers[0])
        #expect(year.count == 2 && year[1].hasPrefix("returned,") && year[1].contains(" AC04,"))
        #expect(try await advice(desk.small, sent.batch, desk.workers[0]).last?.hasPrefix("returned,") == true)
    }

    @Test("nothing is called paid before the bank has said so, nor what came back")
    func bankSpeaks() async throws {
        let desk = try await PayoutDesk()
        let sent = try await desk.sent()
        let (first, second) = (desk.workers[0], desk.workers[1])
        func standing(_ worker: Worker.ID) async throws -> [EarningLine.Standing] {
            let (sums, lines) = try await ListEarnings(market: desk.small.market)(of: worker, by: desk.small.maker)
            let sum = try #require(sums.first)
            let amounts = [sum.due, sum.sent, sum.paid].map(\.minorUnits)
            switch lines.first?.standing {
            case .due: #expect(amounts == [2_000, 0, 0])
            case .sent: #expect(amounts == [0, 2_000, 0])
            case .paid: #expect(amounts == [0, 0, 2_000])
            case .pending, .inPayout, nil: Issue.record("it has not left")
            }
            #expect(lines.allSatisfy { ($0.paidAt != nil) == ($0.standing == .paid) })
            return lines.map(\.standing)
        }
        #expect(try await standing(first) == [.sent])
        #expect(try await advice(desk.small, sent.batch, first).last?.hasPrefix("sent,") == true)
        let open = try await statement(desk.small, first)
        #expect(open.count == 3 && open[1].hasPrefix("sent,") && open[2].hasPrefix("total_sent,,,1 payments,20.00"))
        let ids = sent.payments.map(\.endToEndID)
        _ = try await desk.take(
            PayoutDesk.statement(
                "S", opening: 100_000,
                [(ids[0], 2_000, false, nil), (ids[1], 2_000, false, nil), (ids[1], 2_000, true, "AC04")]))
        #expect(try await standing(first) == [.paid])
        #expect(try await standing(second) == [.due])
        #expect(try await advice(desk.small, sent.batch, first).last?.hasPrefix("paid,") == true)
        #expect(try await advice(desk.small, sent.batch, second).last?.hasPrefix("returned,") == true)
        #expect(try await statement(desk.small, first).last?.hasPrefix("total,,,1 payments,20.00") == true)
    }

    @Test("whoever joined an agency within the time has both payments in one advice")
    func twoPayments() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let small = desk.small
        let agency = try await CreateTeam(market: small.market)(
            TeamDraft(externalKey: "a", kind: .agency, name: "A", base: "DE-BE", isPayee: true), by: small.manager)
        let method = try PayoutMethod(account: PayoutDesk.ibans[2], holder: "Agency", country: "NL", currency: "EUR")
        try await small.setAccount(of: agency.id, method)
        try await JoinTeam(market: small.market)(desk.workers[0], agency.id, by: small.manager)
        Scratch.clock.advance(by: 73 * 3_600)
        try await small.earn(desk.workers[0], small.batch(small.draft("c"), tasks: 1))
        let batch = try await desk.prepare().batch
        #expect(batch.lineCount == 2)
        try await desk.approve(batch)
        _ = try await desk.export(batch)
        let kinds = try await advice(small, batch, desk.workers[0]).map { String($0.prefix { $0 != "," }) }
        #expect(kinds == ["kind", "work", "sent", "work", "sent"])
    }

    @Test("are for the worker and finance alone, of what was issued alone")
    func access() async throws {
        let desk = try await PayoutDesk()
        let prepared = try await desk.prepare().batch
        await #expect(throws: NotFound.self) { try await advice(desk.small, prepared, desk.workers[0]) }
        try await desk.approve(prepared)
        _ = try await desk.export(prepared)
        #expect(
            try await advice(desk.small, prepared, desk.workers[0], by: Principal.ID(desk.workers[0].uuid)).count == 3)
        await #expect(throws: AccessRefusal.self) {
            try await advice(desk.small, prepared, desk.workers[0], by: Principal.ID(desk.workers[1].uuid))
        }
        await #expect(throws: BadInput.self) { try await statement(desk.small, desk.workers[0], year: 10_000) }
    }
}
