import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Pay rates")
struct PayRatesTests {
    private let dollar = Currency("USD")

    private func money(_ minorUnits: Int64) throws -> Money { try Money(minorUnits, try #require(dollar)) }

    private func rate(_ minorUnits: Int64, _ unit: PayUnit) throws -> PayRate {
        PayRate(
            id: SeededIdentifiers(seed: 1).make(at: Scratch.start), profession: .lawyer, tier: .expert,
            taskKind: .extraction, unit: unit, amount: try money(minorUnits),
            inForce: InstantRange(from: Scratch.start, until: nil)
        )
    }

    private func proposal(
        _ minorUnits: Int64 = 12_000, from: Double = 0, until: Double? = nil, profession: Profession = .lawyer,
        tier: Tier = .expert
    ) throws -> ProposedRate {
        try ProposedRate(
            profession: profession, tier: tier, taskKind: .extraction, unit: .hour, amount: money(minorUnits),
            inForce: InstantRange(from: Scratch.start + from, until: until.map { Scratch.start + $0 })
        )
    }

    @Test(
        "an hourly rate is priced by the minute and rounded half up; other units need no rounding",
        arguments: [
            (PayUnit.hour, 12_000, 60, 1, 12_000), (.hour, 12_000, 1, 1, 200), (.hour, 100, 1, 1, 2),
            (.hour, 89, 1, 1, 1),
            (.hour, 90, 1, 1, 2), (.hour, 30, 1, 1, 1), (.hour, 7_333, 7, 1, 856), (.task, 450, 999, 7, 450),
            (.item, 3, 1, 41, 123),
        ] as [(PayUnit, Int64, Int, Int, Int64)])
    func prices(unit: PayUnit, amount: Int64, minutes: Int, items: Int, price: Int64) throws {
        #expect(try rate(amount, unit).price(expectedMinutes: minutes, items: items) == money(price))
    }

    @Test(
        "a price that is nothing, negative or too great is refused, never wrapped",
        arguments: [
            (PayUnit.hour, 29, 1, 1), (.hour, 100, 0, 1), (.hour, 100, -1, 1), (.item, 100, 1, 0),
            (.item, 100, 1, .max),
            (.hour, 1_000_000_000_000, .max, 1), (.item, 1_000_000_000_000, 1, 1_001),
        ] as [(PayUnit, Int64, Int, Int)])
    func badPrices(unit: PayUnit, amount: Int64, minutes: Int, items: Int) throws {
        let rate = try rate(amount, unit)
        #expect(throws: MoneyError.outOfRange) { try rate.price(expectedMinutes: minutes, items: items) }
    }

    @Test("pay per minute never falls by more than half a minor unit below the rate")
    func roundingInFavour() throws {
        for amount in stride(from: Int64(60), through: 9_000, by: 37) {
            for minutes in 1...120 {
                let price = try rate(amount, .hour).price(expectedMinutes: minutes).minorUnits
                let error = 60 * price - amount * Int64(minutes)
                #expect((-29...30).contains(error))
            }
        }
    }

    @Test(
        "rates that cannot be are refused",
        arguments: [
            (Int64(0), 0.0, nil, "amount"), (1_000_000_000_001, 0, nil, "amount"), (1, 0, 0, "in_force"),
            (1, 0, -1, "in_force"),
        ] as [(Int64, Double, Double?, String)])
    func badProposals(amount: Int64, from: Double, until: Double?, field: String) {
        let fault = #expect(throws: BadInput.self) { try proposal(amount, from: from, until: until) }
        #expect(fault?.field == field)
    }
}
