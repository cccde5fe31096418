import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Pay rates", .scratchDatabase)
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

    private func finance() async throws -> (crew: Crew, maker: Principal.ID, checker: Principal.ID) {
        let crew = try await Crew()
        return (
            crew, try await crew.person("mia", .financeMaker, .financeChecker),
            try await crew.person("cem", .financeChecker)
        )
    }

    private func inForce(_ crew: Crew, after seconds: Double) async throws -> Money? {
        let currency = try #require(dollar)
        return try await crew.market.database.read {
            try await $0.rateInForce(
                profession: .lawyer, tier: .expert, taskKind: .extraction, currency: currency,
                at: Scratch.start + seconds
            )
        }?.amount
    }

    @Test("the rate that counts is the one in force at the instant")
    func rateInForce() async throws {
        let (crew, maker, checker) = try await finance()
        let publish = PublishRate(market: crew.market)
        _ = try await publish(proposal(100, until: 60), preparedBy: maker, approvedBy: checker)
        _ = try await publish(proposal(200, from: 60), preparedBy: maker, approvedBy: checker)
        #expect(try await inForce(crew, after: -1) == nil)
        #expect(try await inForce(crew, after: 59) == money(100))
        #expect(try await inForce(crew, after: 60) == money(200))
    }

    @Test(
        "refusals come in their order",
        arguments: [
            ("chief", "checker", "role_missing"), ("maker", "chief", "role_missing"),
            ("maker", "maker", "rate_approver_is_maker"),
            ("maker", "checker", "none"),
        ])
    func refusals(maker: String, checker: String, code: String) async throws {
        let people = try await finance()
        func person(_ name: String) -> Principal.ID {
            switch name {
            case "maker": people.maker
            case "checker": people.checker
            default: people.crew.chief
            }
        }
        #expect(
            await Crew.refusal {
                try await PublishRate(market: people.crew.market)(
                    proposal(), preparedBy: person(maker), approvedBy: person(checker)
                )
            } == code)
    }

    @Test(
        "two rates never hold for the same work at one instant; for another tier or time they may",
        arguments: [
            (0.0, nil, Tier.expert, "rate_overlaps"), (59, 61, .expert, "rate_overlaps"),
            (-60, 1, .expert, "rate_overlaps"),
            (-60, 0, .expert, "none"), (60, nil, .expert, "none"), (0, nil, .principal, "none"),
        ] as [(Double, Double?, Tier, String)])
    func overlaps(from: Double, until: Double?, tier: Tier, code: String) async throws {
        let (crew, maker, checker) = try await finance()
        let publish = PublishRate(market: crew.market)
        _ = try await publish(proposal(until: 60), preparedBy: maker, approvedBy: checker)
        #expect(
            await Crew.refusal {
                try await publish(
                    proposal(from: from, until: until, tier: tier), preparedBy: maker, approvedBy: checker)
            } == code)
    }

    @Test("of many overlapping rates published at once one is taken")
    func concurrent() async throws {
        let (crew, maker, checker) = try await finance()
        let rate = try proposal()
        let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    do {
                        _ = try await PublishRate(market: crew.market)(rate, preparedBy: maker, approvedBy: checker)
                        return true
                    } catch RateRefusal.overlaps {
                        return false
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 1)
    }

    @Test("a rate ends at a time to come, and another may follow")
    func end() async throws {
        let (crew, maker, checker) = try await finance()
        let (publish, end) = (PublishRate(market: crew.market), EndRate(market: crew.market))
        let first = try await publish(proposal(100, from: -60), preparedBy: maker, approvedBy: checker)
        await #expect(throws: RateRefusal.inThePast) {
            try await end(first, at: Scratch.start - 1, preparedBy: maker, approvedBy: checker)
        }
        try await end(first, at: Scratch.start + 60, preparedBy: maker, approvedBy: checker)
        await #expect(throws: RateRefusal.notInForce) {
            try await end(first, at: Scratch.start + 60, preparedBy: maker, approvedBy: checker)
        }
        _ = try await publish(proposal(200, from: 60), preparedBy: maker, approvedBy: checker)
        #expect(try await inForce(crew, after: 60) == money(200))
    }

    @Test("a rate cannot end when it begins, which would be never to have held")
    func endAtBeginning() async throws {
        let (crew, maker, checker) = try await finance()
        let rate = try await PublishRate(market: crew.market)(proposal(), preparedBy: maker, approvedBy: checker)
        await #expect(throws: RateRefusal.notInForce) {
            try await EndRate(market: crew.market)(rate, at: Scratch.start, preparedBy: maker, approvedBy: checker)
        }
    }

    @Test(
        "rates that cannot be are refused before anything is written",
        arguments: [
            (Int64(0), 0.0, nil, "amount"), (1_000_000_000_001, 0, nil, "amount"), (1, 0, 0, "in_force"),
            (1, 0, -1, "in_force"),
        ] as [(Int64, Double, Double?, String)])
    func badProposals(amount: Int64, from: Double, until: Double?, field: String) {
        let fault = #expect(throws: BadInput.self) { try proposal(amount, from: from, until: until) }
        #expect(fault?.field == field)
    }

    @Test("a rate for a profession that the catalogue lacks is refused")
    func unknownProfession() async throws {
        let (crew, maker, checker) = try await finance()
        let astrologer = try #require(Profession("astrologer"))
        await #expect(throws: RateRefusal.unknownProfession) {
            try await PublishRate(market: crew.market)(
                proposal(profession: astrologer), preparedBy: maker, approvedBy: checker
            )
        }
    }
}
