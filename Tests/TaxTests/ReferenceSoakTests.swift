import Foundation
import Tax
import Testing

/// The rules once more, as their texts read and by another method: slice by slice of the table, in whole tenths of
/// thousandths of a minor unit that never get a quick deduction.
enum SlowTax {
    /// Ends of slices in yuan, and percent of each.
    static let comprehensive: [(end: Int, percent: Int)] = [
        (36_000, 3), (144_000, 10), (300_000, 20), (420_000, 25), (660_000, 30), (960_000, 35), (.max, 45),
    ]
    static let labour: [(end: Int, percent: Int)] = [(20_000, 20), (50_000, 30), (.max, 40)]
    static let nonResident: [(end: Int, percent: Int)] = [
        (3_000, 3), (12_000, 10), (25_000, 20), (35_000, 25), (55_000, 30), (80_000, 35), (.max, 45),
    ]

    /// - Parameter fifths: the taxable amount in fifths of a fen.
    /// - Returns: the tax in five-hundredths of a fen.
    static func sliced(_ fifths: Int, _ table: [(end: Int, percent: Int)]) -> Int {
        var (tax, start) = (0, 0)
        for slice in table where start < fifths {
            let end = slice.end == .max ? Int.max : slice.end * 100 * 5
            tax += (min(fifths, end) - start) * slice.percent
            start = min(fifths, end)
        }
        return tax
    }

    /// Fen of five-hundredths of a fen; a half is rounded away from zero.
    static func rounded(_ value: Int) -> Int {
        value <= 0 ? 0 : value / 500 + (value % 500 * 2 >= 500 ? 1 : 0)
    }

    struct Entry {
        var month: Int
        var gross: Int
        var exempt: Int
        var other: Int
        var relief: Int
    }

    /// Withholds of each entry of a year, in fen, all sums made anew for each.
    static func platform(_ entries: [Entry]) -> [Int] {
        var withheld: [Int] = []
        for end in entries.indices {
            let so = entries[...end]
            let income = so.map(\.gross).reduce(0, +)
            let months = Set(so.filter { $0.gross > 0 }.map(\.month)).count
            let fifths =
                5 * (income - so.map(\.exempt).reduce(0, +) - so.map(\.other).reduce(0, +) - months * 5_000_00)
                - income
            let tax = sliced(max(fifths, 0), comprehensive)
            let due = tax - 500 * (so.map(\.relief).reduce(0, +) + withheld.reduce(0, +))
            withheld.append(min(rounded(due), entries[end].gross))
        }
        return withheld
    }

    static func classic(_ gross: Int) -> Int {
        let fifths = gross <= 4_000_00 ? 5 * max(0, gross - 800_00) : 4 * gross
        return min(rounded(sliced(fifths, labour)), gross)
    }
}

/// SplitMix64.
struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

@Suite("Tax against a slow reference") struct ReferenceSoakTests {
    /// Years and payments of a seed; in a soak a million payments and more of each rule.
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"
    private static let years = isSoak ? 1_500 : 50
    private static let paymentsEach = isSoak ? 100_000 : 1_000

    @Test("random years under the platform rule withhold what its text says", arguments: 1...40 as ClosedRange<UInt64>)
    func platform(seed: UInt64) throws {
        var random = Random(state: seed)
        for _ in 0..<Self.years {
            var entries: [SlowTax.Entry] = []
            for month in 1...12 {
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    let most = [100, 10_000_00, 60_000_00, 2_000_000_00].randomElement(using: &random) ?? 1
                    let gross = Int.random(in: 0...most, using: &random)
                    let isPlain = Bool.random(using: &random)
                    entries.append(
                        SlowTax.Entry(
                            month: month, gross: gross,
                            exempt: isPlain ? 0 : Int.random(in: 0...gross / 2, using: &random),
                            other: isPlain ? 0 : Int.random(in: 0...1_000_00, using: &random),
                            relief: isPlain ? 0 : Int.random(in: 0...100_00, using: &random)))
                }
            }
            let payments = try entries.map { entry in
                let day = try #require(TaxDay(year: 2026, month: entry.month, day: 28))
                var payment = TaxPayment(day: day, gross: Int64(entry.gross), currency: "CNY")
                payment.exempt = Int64(entry.exempt)
                payment.otherDeductions = Int64(entry.other)
                payment.relief = Int64(entry.relief)
                return payment
            }
            let found = try Rules.withheld("china-platform", payments)
            #expect(found == SlowTax.platform(entries).map(Int64.init), "seed \(seed): \(entries)")
        }
    }

    @Test("random payments under the classic and the non-resident rule", arguments: 1...10 as ClosedRange<UInt64>)
    func payments(seed: UInt64) throws {
        var random = Random(state: seed)
        for _ in 0..<Self.paymentsEach {
            let most = [1_000_00, 5_000_00, 100_000_00, 10_000_000_00].randomElement(using: &random) ?? 1
            let gross = Int.random(in: 0...most, using: &random)
            let payment = TaxPayment(day: try Rules.day("2026-06-30"), gross: Int64(gross), currency: "CNY")
            let classic = try Rules.withheld("china-classic", [payment])
            #expect(classic == [Int64(SlowTax.classic(gross))], "\(gross)")
            let expected = SlowTax.rounded(SlowTax.sliced(4 * gross, SlowTax.nonResident))
            #expect(try Rules.withheld("china-non-resident", [payment]) == [Int64(expected)], "\(gross)")
        }
    }

    @Test("at each end of each table, and a fen to either side")
    func boundaries() throws {
        for end in SlowTax.labour.dropLast().map(\.end) + [4_000, 800] {
            for gross in [end * 125 - 1, end * 125, end * 125 + 1, end * 100 - 1, end * 100, end * 100 + 1] {
                let payment = TaxPayment(day: try Rules.day("2026-06-30"), gross: Int64(gross), currency: "CNY")
                #expect(try Rules.withheld("china-classic", [payment]) == [Int64(SlowTax.classic(gross))], "\(gross)")
            }
        }
        for end in SlowTax.comprehensive.dropLast().map(\.end) {
            for fen in -2...2 {
                // 80 % of the gross less 5,000 is the end of a step.
                let gross = (end + 5_000) * 125 + fen
                let payment = TaxPayment(day: try Rules.day("2026-06-30"), gross: Int64(gross), currency: "CNY")
                let entry = SlowTax.Entry(month: 6, gross: gross, exempt: 0, other: 0, relief: 0)
                let expected = SlowTax.platform([entry]).map(Int64.init)
                #expect(try Rules.withheld("china-platform", [payment]) == expected, "\(gross)")
            }
        }
    }

    @Test(
        "US rates round half up to the cent",
        arguments: [(1, 0), (2, 0), (3, 1), (25, 6), (2_08, 50)] as [(Int64, Int64)])
    func cents(gross: Int64, expected: Int64) throws {
        let payment = TaxPayment(day: try Rules.day("2026-06-30"), gross: gross, currency: "USD")
        #expect(try Rules.withheld("us", [payment]) == [expected])
    }

    @Test("half a cent is rounded up")
    func halves() throws {
        var payment = TaxPayment(day: try Rules.day("2026-06-30"), gross: 25, currency: "USD")
        payment.standing.form = .w8ben
        payment.standing.treatyBps = 1_000
        let quote = try Rules.set("us", on: payment.day).quote(payment, after: TaxSums())
        #expect(quote.withheld == 3 && quote.lines.last?.rounding == .halfUp)
    }
}
