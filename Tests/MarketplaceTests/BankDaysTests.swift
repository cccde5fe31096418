import Formats
import Foundation
import Marketplace
import Payments
import Store
import TestSupport
import Testing

@Suite("Days on which banks pay")
struct BankDaysTests {
    @Test(
        "are those that the European Central Bank and the Reserve Banks have published",
        arguments: [
            // TARGET closing days of 2025, 2026 and 2027 that are no weekend.
            (
                PaymentSystem.target,
                """
                2025-01-01 2025-04-18 2025-04-21 2025-05-01 2025-12-25 2025-12-26
                2026-01-01 2026-04-03 2026-04-06 2026-05-01 2026-12-25
                2027-01-01 2027-03-26 2027-03-29
                """
            ),
            // Holidays of the Federal Reserve Banks; 2026-07-04, 2027-06-19 and 2027-12-25 are Saturdays.
            (
                PaymentSystem.fedACH,
                """
                2025-01-01 2025-01-20 2025-02-17 2025-05-26 2025-06-19 2025-07-04 2025-09-01 2025-10-13 2025-11-11
                2025-11-27 2025-12-25
                2026-01-01 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-09-07 2026-10-12 2026-11-11 2026-11-26
                2026-12-25
                2027-01-01 2027-01-18 2027-02-15 2027-05-31 2027-07-05 2027-09-06 2027-10-11 2027-11-11 2027-11-25
                """
            ),
        ])
    func published(system: PaymentSystem, days: String) throws {
        let first = try #require(CalendarDate(iso: "2025-01-01")).daysSince2000
        let closed = (first..<first + 1_095).compactMap(CalendarDate.init(daysSince2000:)).filter { day in
            system.closing(on: day).map { !$0.hasPrefix("a S") } ?? false
        }
        #expect(closed.map { "\($0)" } == days.split(whereSeparator: \.isWhitespace).map(String.init))
    }

    @Test("Easter is right, by what was published of early and late ones")
    func easter() throws {
        // Source: United States Naval Observatory, "The Date of Easter".
        let sundays = "2008-03-23 2011-04-24 2016-03-27 2019-04-21 2024-03-31 2038-04-25 2049-04-18"
        for sunday in sundays.split(separator: " ").map(String.init) {
            let day = try #require(CalendarDate(iso: sunday)).daysSince2000
            let (friday, monday) = (
                try #require(CalendarDate(daysSince2000: day - 2)), try #require(CalendarDate(daysSince2000: day + 1))
            )
            #expect(PaymentSystem.target.closing(on: friday) == "Good Friday")
            #expect(PaymentSystem.target.closing(on: monday) == "Easter Monday")
            #expect(PaymentSystem.target.day(from: friday).daysSince2000 == day + 2)
        }
    }

    @Test("go by the form of the file and the currency")
    func systems() throws {
        let (euro, dollar) = (try #require(Currency("EUR")), try #require(Currency("USD")))
        #expect(PaymentSystem(of: .pain001v09, in: euro) == .target)
        #expect(PaymentSystem(of: .pain001v03, in: dollar) == nil)
        #expect(PaymentSystem(of: .nachaPPD, in: dollar) == .fedACH)
        for format in [PaymentFileFormat.csv, .chineseCSV] { #expect(PaymentSystem(of: format, in: euro) == nil) }
    }
}

@Suite("Days of payout runs", .scratchDatabase)
struct PayoutDayTests {
    @Test(
        "a run on a day on which the bank does not pay is refused with the next one",
        arguments: ["2026-04-03", "2026-04-05"])
    func refused(day: String) async throws {
        let desk = try await PayoutDesk(workers: 1)
        let day = try #require(CalendarDate(iso: day))
        await #expect {
            try await PreparePayoutRun(market: desk.small.market, keys: desk.keys)(
                from: "main", on: day, by: desk.small.maker)
        } throws: { error in
            guard let error = error as? BadInput else { return false }
            return error.field == "day" && error.message.contains("2026-04-07")
        }
        let open = try #require(CalendarDate(iso: "2026-04-07"))
        let run = try await PreparePayoutRun(market: desk.small.market, keys: desk.keys)(
            from: "main", on: open, by: desk.small.maker)
        #expect(run.batch.run?.payer.json["execution_on"] == "2026-04-07")
    }

    @Test("a day that is far ahead, such as one of another year by a slip, is refused")
    func farAhead() async throws {
        let desk = try await PayoutDesk(workers: 1)
        // 60 days after 5 March is 4 May.
        for day in ["2026-05-05", "2036-03-10"] {
            let day = try #require(CalendarDate(iso: day))
            await #expect {
                try await PreparePayoutRun(market: desk.small.market, keys: desk.keys)(
                    from: "main", on: day, by: desk.small.maker)
            } throws: { error in
                (error as? BadInput)?.message.contains("60 days ahead; it is 2026-03-05") == true
            }
        }
        let last = try #require(CalendarDate(iso: "2026-05-04"))
        let run = try await PreparePayoutRun(market: desk.small.market, keys: desk.keys)(
            from: "main", on: last, by: desk.small.maker)
        #expect(run.batch.lineCount == 1)
    }

    @Test("a checker sees from where, when and in which form a run pays, and approves no other of the same lines")
    func terms() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let list = ListPayouts(market: desk.small.market)
        let batch = try await desk.prepare().batch
        let listed = try #require(try await list(by: desk.small.checker).first)
        #expect(listed.terms == batch.terms && listed.terms["source"] == "main")
        #expect(listed.terms["format"] == "pain.001.001.09" && listed.terms["pay_on"] == "2026-03-10")
        #expect(listed.terms["payer"]?["iban"] == SmallMarket.payoutSettings["iban"])
        let text = try #require(listed.run?.text)
        #expect(text.hasPrefix("pain.001.001.09 from main, ") && text.hasSuffix(", to be paid on 2026-03-10"))
        // The same lines for another day are other content, to whoever approves by the hash that was seen.
        try await Scratch.asOwner {
            try await $0.execute(
                "update payout_batch set payer = payer || '{\"execution_on\": \"2026-03-11\"}'")
        }
        #expect(await refusal(PayoutRefusal.self) { try await desk.approve(listed) } == .contentDiffers)
        #expect(try await desk.small.ills() == [.payoutContent])
    }

    @Test("a day that has passed is refused when a run is prepared, approved and first exported, not when it is again")
    func passed() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let yesterday = try #require(CalendarDate(iso: "2026-03-04"))
        await #expect {
            try await PreparePayoutRun(market: desk.small.market, keys: desk.keys)(
                from: "main", on: yesterday, by: desk.small.maker)
        } throws: { error in
            (error as? BadInput)?.message.contains("2026-03-05") == true
        }
        let stale = try await desk.prepare().batch
        Scratch.clock.advance(by: 6 * 86_400)
        #expect(await refusal(PayoutRefusal.self) { try await desk.approve(stale) } == .dayPassed)
        try await CancelPayoutBatch(market: desk.small.market)(stale.id, by: desk.small.maker)
        let late = try await desk.prepare().batch
        try await desk.approve(late)
        Scratch.clock.advance(by: 10 * 86_400)
        #expect(await refusal(PayoutRefusal.self) { try await desk.export(late) } == .dayPassed)
        try await CancelPayoutBatch(market: desk.small.market)(late.id, by: desk.small.maker)
        let sent = try await desk.sent().batch
        Scratch.clock.advance(by: 10 * 86_400)
        #expect(try await desk.export(sent).result.payments == 1)
        #expect(try await desk.small.ills() == [])
    }
}
