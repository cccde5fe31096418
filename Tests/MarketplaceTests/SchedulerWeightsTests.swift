import Formats
import Foundation
import Matching
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("What routing goes by, as it is set", .scratchDatabase)
struct SchedulerWeightsTests {
    @Test("is the defaults until an operator sets something; earlier settings stay, what is not named is at default")
    func versions() async throws {
        let small = try await SmallMarket()
        let (set, show) = (
            SetSchedulerWeights(market: small.market), ShowSchedulerWeights(market: small.market)
        )
        #expect(try await show(by: small.manager).settings == SchedulerSettings())
        #expect(try await set(["bar": 100_000, "lateness": 2_000_000], reason: "First.", by: small.manager) == 1)
        Scratch.clock.advance(by: 60)
        #expect(
            try await set(["handling": 50_000, "rate_USD": 1_000_000], reason: "Second.", by: small.second) == 2)
        let found = try await show(by: small.manager)
        #expect(found.settings.weights[.handling] == 50_000 && found.settings.weights[.bar] == 0)
        #expect(found.settings.weights[.lateness] == 1_000_000)
        #expect(found.policy?.version == 2 && found.policy?.setBy == small.second && found.policy?.reason == "Second.")
        #expect(found.policy?.setAt == Scratch.clock.now() && found.atPar == [])
        #expect(try await small.count("select count(*) as n from scheduler_policy") == 2)
        let audited: SQL = "select count(*) as n from audit_event where action = 'scheduler_weights_set'"
        #expect(try await small.count(audited) == 2)
        #expect(
            await refusal(AccessRefusal.self) { try await set([:], reason: "No.", by: small.maker) }
                == .roleMissing(.operator))
        #expect(
            await refusal(AccessRefusal.self) { try await show(by: small.maker) } == .roleMissing(.operator))
        #expect(try await small.ills() == [])
    }

    @Test("are refused with the name that is wrong")
    func refused() async throws {
        let small = try await SmallMarket()
        let wrong: [(weights: JSON, told: String)] = [
            (["lateness": -1], "lateness"), (["exploring": 100_001], "exploring"), (["bar": "half"], "bar"),
            (["pay": 0.5], "pay"), (["rate_USD": 0], "rate_USD"), (["rate_XXX": 1], "rate_XXX"),
            (["kindness": 1], "kindness"), ([1, 2], "weights"), (["price_multiple": 999_999], "price_multiple"),
        ]
        for (weights, told) in wrong {
            let fault = await refusal(BadInput.self) {
                try await SetSchedulerWeights(market: small.market)(weights, reason: "Try.", by: small.manager)
            }
            #expect(fault?.message.contains(told) == true, "\(told)")
        }
        #expect(
            await refusal(BadInput.self) {
                try await SetSchedulerWeights(market: small.market)([:], reason: " ", by: small.manager)
            }?.field == "reason")
        #expect(try await small.count("select count(*) as n from scheduler_policy") == 0)
    }

    @Test("every weight can be set by its name, within its bounds, and its default lies in them")
    func names() throws {
        for name in ValueWeights.Name.allCases {
            #expect(name.bounds.contains(ValueWeights.ofMarket[name]), "\(name)")
            for value in [name.bounds.lowerBound, name.bounds.upperBound] {
                let settings = try SchedulerSettings(json: [name.rawValue: .integer(value)])
                #expect(settings.weights[name] == value, "\(name)")
                let others = ValueWeights.Name.allCases.filter { $0 != name }
                #expect(others.allSatisfy { settings.weights[$0] == ValueWeights.ofMarket[$0] }, "\(name)")
            }
        }
    }

    @Test("rates that nobody set are those of the newest conversions in the ledger, where any is set")
    func conversions() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let eur = try #require(Currency("EUR"))
        for text in ["0.9", "0.8"] {
            Scratch.clock.advance(by: 1)
            let voucher = try await PrepareVoucher(market: small.market)(
                .conversion(
                    small.requester, try Money(10_000, small.usd), try ConversionRate(text, to: eur, source: "ECB")),
                reference: "\(small.market.identifiers.uuid(at: Scratch.start))", reason: "asked", by: small.maker)
            _ = try await DecideVoucher(market: small.market)(voucher, post: true, by: small.checker)
        }
        func settings() async throws -> SchedulerSettings {
            try await small.market.database.read { try await $0.schedulerSettings() }
        }
        #expect(try await settings().rates == ReferenceRates())
        let set = SetSchedulerWeights(market: small.market)
        _ = try await set(["rate_USD": 1_000_000], reason: "Dollars.", by: small.manager)
        #expect(try await settings().rates.rates == [small.usd: 1_000_000, eur: 1_250_000])
        _ = try await set(["rate_USD": 1_000_000, "rate_EUR": 1_100_000], reason: "Set.", by: small.manager)
        #expect(try await settings().rates.rates == [small.usd: 1_000_000, eur: 1_100_000])
    }

    @Test("amounts in two currencies are compared by their rates, and nothing overflows")
    func amounts() throws {
        let (usd, jpy) = (try #require(Currency("USD")), try #require(Currency("JPY")))
        let kwd = try #require(Currency("KWD"))
        let par = ReferenceRates()
        try #expect(
            par.micros(try Money(1_500, usd)) == 15_000_000 && par.micros(try Money(1_500, jpy)) == 1_500_000_000)
        #expect(par.micros(try Money(1_500, kwd)) == 1_500_000)
        let rates = ReferenceRates([usd: 1_000_000, jpy: 6_700])
        try #expect(
            rates.micros(try Money(1_500, usd)) == 15_000_000 && rates.micros(try Money(1_500, jpy)) == 10_050_000)
        #expect(rates.micros(.max, jpy) == 1 << 40 && rates.micros(.min, usd) == 0)
        #expect(par.atPar(of: [usd, usd]) == [] && par.atPar(of: [usd, jpy]) == ["JPY", "USD"])
        #expect(rates.atPar(of: [kwd]) == ["KWD"])
        let filled = ReferenceRates([usd: 1_000_000]).filled(from: [(usd, jpy, 14_950_000_000), (jpy, kwd, 1)])
        #expect(filled.rates == [usd: 1_000_000, jpy: 6_688])
    }
}
