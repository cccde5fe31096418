import Testing

@testable import Formats

@Suite("Days of the calendar")
struct CalendarDateTests {
    private static let americanDates: [(text: String, iso: String?)] = [
        ("5/8/14", "2014-05-08"), ("05/08/2014", "2014-05-08"), ("12/31/69", "2069-12-31"), ("1/1/70", "1970-01-01"),
        ("1/1/99", "1999-01-01"), ("2/29/2020", "2020-02-29"), ("2/29/1900", nil), ("2/29/2000", "2000-02-29"),
        ("31/01/2025", nil), ("4/31/2020", nil), ("0/1/2020", nil), ("1/0/2020", nil), ("1/1/0000", nil),
        ("1/1/202", nil), ("1/1/20200", nil), ("001/1/2020", nil), ("[]/[]/2020", nil), ("1/1", nil), ("1/1/1/1", nil),
        ("", nil), ("//", nil), ("-1/1/2020", nil), ("+1/1/2020", nil), ("１/1/2020", nil), (" 1/1/2020", nil),
    ]

    @Test("m/d/yy and m/d/yyyy are read, and nothing else", arguments: americanDates)
    func american(text: String, iso: String?) {
        #expect(CalendarDate(monthDayYear: text)?.description == iso)
    }

    @Test("yyyy-MM-dd is read and written back", arguments: ["2024-02-29", "0001-01-01", "9999-12-31"])
    func iso(text: String) {
        #expect(CalendarDate(iso: text)?.description == text)
    }

    @Test(
        "other ISO forms are refused",
        arguments: [
            "2023-02-29", "2024-2-29", "24-02-29", "2024-13-01", "0000-01-01", "2024-02-29T00:00", "", "2024/02/29",
        ])
    func notISO(text: String) {
        #expect(CalendarDate(iso: text) == nil)
    }

    @Test("days are in order")
    func order() throws {
        let texts = ["2023-12-31", "2024-01-31", "2024-02-01", "2024-02-02"]
        let days = texts.compactMap(CalendarDate.init(iso:))
        #expect(days.reversed().sorted() == days)
        #expect(days.count == texts.count)
    }
}
