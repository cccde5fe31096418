import Foundation
import Testing

@testable import Marketplace
@testable import Scheduler

@Suite("Prices of hours in a market that is too large for one solve")
struct HourPricingScaleTests {
    private static let (scarce, idle) = (Requirement.ID(id(1)), Requirement.ID(id(2)))

    private static func id(_ number: Int) -> UUID {
        UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(number / 256), UInt8(number % 256)))
    }

    private func demand(_ profession: Profession, _ requirement: Requirement.ID, _ answers: Int) throws -> PriceDemand {
        PriceDemand(
            profession: profession, requirement: requirement, expectedMinutes: 120,
            pay: try Money(8_000, try #require(Currency("USD"))), redundancy: 1, answers: answers, answerValue: nil)
    }

    /// The median price of lawyers, of whose hours twice as many are wanted as there are, and of physicians, of whose
    /// hours a fifth is, in so many markets of twenty people each, by tasks of two hours.
    private func prices(copies: Int) throws -> (lawyers: Int64, physicians: Int64) {
        let workers = (0..<40 * copies).map { Worker.ID(Self.id($0)) }
        let (lawyers, physicians) = (Array(workers.prefix(20 * copies)), Array(workers.suffix(20 * copies)))
        var sheet = HourPricing.Sheet(
            open: [
                try demand(.lawyer, Self.scarce, 100 * copies), try demand(.physician, Self.idle, 10 * copies),
            ],
            past: [
                try demand(.lawyer, Self.scarce, 400 * copies), try demand(.physician, Self.idle, 40 * copies),
            ],
            supply: workers.map {
                PriceSupply(
                    worker: $0, declaredMinutes: 600, meanMinutes: 600, promisedMinutes: 600, committedMinutes: 0)
            },
            meeting: [Self.scarce: lawyers, Self.idle: physicians])
        sheet.weeks = 4
        // What one market comes to in four weeks.
        let pricing = try HourPricing(sheet, bounds: HourPricing.Bounds(answersMax: 880))
        #expect(pricing.tags.count == workers.count && pricing.answers <= 880)
        let found = Dictionary(uniqueKeysWithValues: pricing.tags.map { ($0.worker, $0.priceMicros) })
        func median(_ workers: [Worker.ID]) -> Int64 { workers.map { found[$0] ?? -1 }.sorted()[workers.count / 2] }
        return (median(lawyers), median(physicians))
    }

    @Test("are those of a small one like it: people are left out and have their cell's price, not parts of hours")
    func copies() throws {
        let (one, many) = (try prices(copies: 1), try prices(copies: 100))
        #expect(one.lawyers > 0 && abs(many.lawyers - one.lawyers) < one.lawyers / 5)
        #expect(one.physicians < one.lawyers / 10 && many.physicians < one.lawyers / 10)
        // Of two markets four weeks are too much, one week is not.
        let two = try prices(copies: 2)
        #expect(abs(two.lawyers - one.lawyers) < one.lawyers / 5)
    }
}
