import Tax
import Testing

@Suite("Days of taxes") struct CalendarTests {
    @Test("days are counted from 1970, each once, to the end of the century")
    func counted() throws {
        var previous = try #require(TaxDay(daysSince1970: 10_957))
        #expect("\(previous)" == "2000-01-01")
        for number in 10_958...47_846 {
            let day = try #require(TaxDay(daysSince1970: number))
            #expect(previous < day)
            let isNext = day.day == previous.day + 1 || day.day == 1 && day.month == previous.month % 12 + 1
            #expect(isNext, "\(previous), \(day)")
            previous = day
        }
        #expect("\(previous)" == "2100-12-31")
        #expect(TaxDay(daysSince1970: 47_847) == nil && TaxDay(daysSince1970: 10_956) == nil)
        #expect(TaxDay(daysSince1970: .max) == nil && TaxDay(daysSince1970: .min) == nil)
    }

    @Test("a day is that of the rule's own clock")
    func zones() throws {
        let day = try Rules.day("2026-06-01")
        // 2026-12-31T16:30:00Z
        let instant: Int64 = 1_798_734_600
        #expect(try Rules.set("china-platform", on: day).day(atSecondsSince1970: instant) == TaxDay(iso: "2027-01-01"))
        #expect(try Rules.set("us", on: day).day(atSecondsSince1970: instant) == TaxDay(iso: "2026-12-31"))
        #expect(try Rules.set("eu", on: day).day(atSecondsSince1970: instant) == TaxDay(iso: "2026-12-31"))
        #expect(try Rules.set("us", on: day).day(atSecondsSince1970: .min) == nil)
        #expect(try Rules.set("china-platform", on: day).day(atSecondsSince1970: .max) == nil)
    }

    @Test("quotes hold to the end of the month, the quarter, the year")
    func holds() throws {
        func end(_ name: String, _ text: String) throws -> String {
            let day = try Rules.day(text)
            return "\(try Rules.set(name, on: day).quoteHolds(from: day))"
        }
        #expect(try end("china-platform", "2028-02-01") == "2028-02-29")
        #expect(try end("china-classic", "2026-12-31") == "2026-12-31")
        #expect(try end("us", "2026-01-01") == "2026-12-31")
        #expect(try end("us", "2026-12-31") == "2026-12-31")
        #expect(try end("eu", "2026-11-01") == "2026-12-31")
        #expect(try end("uk", "2026-04-30") == "2026-06-30")
        #expect(try end("none", "2026-03-31") == "2026-03-31")
    }

    @Test("exact amounts are read back as they are written", arguments: [0, 1, -1, 24_691_20, 123, 10_000_000_000_000])
    func amounts(minor: Int64) {
        let exact = ExactAmount(minor: minor).share(bps: 1_234).share(bps: 77)
        #expect(ExactAmount(minorText: exact.decimalText(digits: 0)) == exact)
        #expect(ExactAmount(minorText: "1e5") == nil && ExactAmount(minorText: "") == nil)
        #expect(ExactAmount(minorText: "1.123456789") == nil && ExactAmount(minorText: ".5") == nil)
    }
}
