import Foundation
import Marketplace
import TestSupport
import Testing

/// Random amounts and the largest there are, held against what each rule says in integers of 128 bits.
@Suite("Arithmetic of money")
struct MoneyArithmeticSoakTests {
    /// Of each kind: so many in every run of the tests, a million in a soak.
    private static let cases = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1" ? 1_000_000 : 5_000

    private static let edges: [Int64] = [
        .min, .min + 1, -Money.minorUnitsMax - 1, -Money.minorUnitsMax, -1, 0, 1, 9_999, 10_000,
        Money.minorUnitsMax - 1, Money.minorUnitsMax, Money.minorUnitsMax + 1, .max - 1, .max,
    ]

    /// Small ones, large ones, and ends of ranges.
    private static func amount(_ random: inout SplitMix64) -> Int64 {
        let ends: [Int64] = [100, 10_000_00, 1_000_000_000, Money.minorUnitsMax]
        let most = ends[Int.random(in: ends.indices, using: &random)]
        return Int64.random(in: 0...most, using: &random)
    }

    @Test("parts of a split add up to the whole, and differ by a minor unit at most, the larger ones first")
    func splits() throws {
        let usd = try #require(Currency("USD"))
        var random = SplitMix64(seed: 11)
        var wrong: String?
        for _ in 0..<Self.cases {
            let minor = Self.amount(&random)
            let count = Int.random(in: 1...(Bool.random(using: &random) ? 7 : 60), using: &random)
            let parts = try Money(minor, usd).split(into: count).map(\.minorUnits)
            let isEven = (parts.first ?? 0) - (parts.last ?? 0) <= 1 && parts == parts.sorted(by: >)
            if parts.count != count || parts.reduce(0, +) != minor || !isEven { wrong = "\(minor) by \(count)" }
        }
        #expect(wrong == nil)
        let most = try Money(Money.minorUnitsMax, usd)
        #expect(try most.split(into: 3).reduce(0) { $0 + $1.minorUnits } == Money.minorUnitsMax)
        #expect(try Money(2, usd).split(into: 5).map(\.minorUnits) == [1, 1, 0, 0, 0])
        #expect(try Money(0, usd).split(into: 2).map(\.minorUnits) == [0, 0])
        for count in [Int.min, -1, 0] {
            #expect(throws: MoneyError.outOfRange) { try most.split(into: count) }
        }
        #expect(throws: MoneyError.outOfRange) { try Money(-1, usd).split(into: 2) }
    }

    @Test("a share is rounded half up, the whole is all, and a share and the rest lose nothing")
    func shares() throws {
        let usd = try #require(Currency("USD"))
        var random = SplitMix64(seed: 12)
        var wrong: String?
        for _ in 0..<Self.cases {
            let minor = Self.amount(&random)
            let most: Int64 = Bool.random(using: &random) ? 100 : 1_000_000_000
            let whole = Int64.random(in: 1...most, using: &random)
            let part = Int64.random(in: 0...whole, using: &random)
            let share = try Money(minor, usd).share(part: part, of: whole).minorUnits
            if share != Self.halfUp(minor, part, whole) { wrong = "\(minor) × \(part) / \(whole)" }
            // The other share is rounded by itself: at a half both go up, and one minor unit is too many.
            let rest = try Money(minor, usd).share(part: whole - part, of: whole).minorUnits
            if !(0...1).contains(share + rest - minor) { wrong = "\(minor) × \(part) / \(whole) and the rest" }
            let points = Int.random(in: 0...10_000, using: &random)
            let ofPoints = try Money(minor, usd).share(basisPoints: points).minorUnits
            if ofPoints != Self.halfUp(minor, Int64(points), 10_000) { wrong = "\(minor) × \(points) bps" }
        }
        #expect(wrong == nil)
        let most = try Money(Money.minorUnitsMax, usd)
        #expect(try most.share(part: 1_000_000_000, of: 1_000_000_000) == most)
        #expect(try most.share(part: 999_999_999, of: 1_000_000_000).minorUnits == 999_999_999_000_000)
        #expect(try Money(1, usd).share(part: 1, of: 2) == Money(1, usd))
        #expect(try Money(1, usd).share(part: 1, of: 3) == Money(0, usd))
        for (part, whole) in [(0, 0), (1, 0), (-1, 2), (3, 2), (1, -2), (1, 1_000_000_001)] as [(Int64, Int64)] {
            #expect(throws: MoneyError.outOfRange) { try most.share(part: part, of: whole) }
        }
        for edge in Self.edges {
            #expect(throws: MoneyError.outOfRange) { try most.share(part: edge, of: edge < 1 ? edge : 0) }
            _ = try? most.share(part: 1, of: edge)
        }
        for points in [Int.min, -1, 10_001, Int.max] {
            #expect(throws: MoneyError.outOfRange) { try most.share(basisPoints: points) }
        }
    }

    /// What a rate brings is the nearest minor unit, at a half the even one.
    @Test("a conversion brings the nearest minor unit, at a half the even one, or nothing at all")
    func conversions() throws {
        let currencies = try ["USD", "EUR", "JPY", "KWD"].map { try #require(Currency($0)) }
        let tens: [Int128] = [1, 10, 100, 1_000]
        var random = SplitMix64(seed: 13)
        var wrong: String?
        for _ in 0..<Self.cases {
            let from = currencies[Int.random(in: 0..<currencies.count, using: &random)]
            let to = currencies[Int.random(in: 0..<currencies.count, using: &random)]
            guard from != to else { continue }
            let minor = max(Self.amount(&random), 1)
            let rates: [Int64] = [1_000, 300_000_000, 99_999_999_999_999_999]
            let e8Most = rates.randomElement(using: &random) ?? 1
            let e8 = Int64.random(in: 1...e8Most, using: &random)
            let digits = String(e8 % 100_000_000)
            let places = String(repeating: "0", count: 8 - digits.count) + digits
            let rate = try ConversionRate("\(e8 / 100_000_000).\(places)", to: to, source: "x")
            let (exact, unit) = (
                Int128(minor) * Int128(e8) * tens[to.minorDigits], 100_000_000 * tens[from.minorDigits]
            )
            let place = "\(minor) \(from.code) at \(e8) to \(to.code)"
            if let found = try? rate.converted(Money(minor, from)).minorUnits {
                let off = 2 * (exact - Int128(found) * unit)
                let isNearest = off.magnitude < unit.magnitude || off.magnitude == unit.magnitude && found % 2 == 0
                if !isNearest { wrong = place }
            } else if 2 * exact > unit, 2 * exact <= (2 * Int128(Money.minorUnitsMax) + 1) * unit {
                wrong = "\(place) was refused"
            }
        }
        #expect(wrong == nil)
    }

    @Test("at the ends of all integers nothing traps: what cannot be is refused")
    func ends() throws {
        let usd = try #require(Currency("USD"))
        let range = -Money.minorUnitsMax...Money.minorUnitsMax
        for one in Self.edges {
            let money = try? Money(one, usd)
            #expect((money != nil) == range.contains(one), "\(one)")
            guard let money else { continue }
            for other in Self.edges {
                guard let second = try? Money(other, usd) else { continue }
                let sum: Int64? = range.contains(one + other) ? one + other : nil
                #expect((try? money.adding(second).minorUnits) == sum, "\(one) + \(other)")
            }
            for count in [Int.min, -1, 0, 1, 2, Int.max] {
                let product = Int128(one) * Int128(count)
                let expected = Int64(exactly: product).flatMap { range.contains($0) ? $0 : nil }
                #expect((try? money.multiplied(by: count).minorUnits) == expected, "\(one) × \(count)")
            }
            _ = money.decimalText
        }
        #expect(throws: MoneyError.currenciesDiffer) {
            try Money(1, usd).adding(Money(1, try #require(Currency("EUR"))))
        }
    }

    private static func halfUp(_ minor: Int64, _ part: Int64, _ whole: Int64) -> Int64 {
        Int64(clamping: (2 * Int128(minor) * Int128(part) + Int128(whole)) / (2 * Int128(whole)))
    }
}
