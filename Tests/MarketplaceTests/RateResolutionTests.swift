import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Resolution of rates")
struct RateResolutionTests {
    private let at = Date.at("2026-03-02T09:00:00Z")
    private let always = InstantRange(from: .at("2026-01-01T00:00:00Z"), until: nil)

    private func rate(
        _ minorUnits: Int64, region: String? = nil, language: String? = nil, tier: Tier = .expert,
        unit: PayUnit = .hour, currency: String = "USD", inForce: InstantRange? = nil
    ) throws -> PayRate {
        PayRate(
            id: Identifier(UUID()), profession: .lawyer, tier: tier, taskKind: .extraction, region: region,
            language: language, unit: unit, amount: try Money(minorUnits, #require(Currency(currency))),
            inForce: inForce ?? always
        )
    }

    private func task(
        region: String? = nil, language: String? = nil, tier: Tier = .expert, minutes: Int = 60, items: Int = 1,
        hours: Int? = nil, unsocial: Bool = false, difficulty: Int = 1
    ) throws -> RateTask {
        try RateTask(
            profession: .lawyer, tier: tier, taskKind: .extraction, region: region, language: language,
            currency: #require(Currency("USD")), expectedMinutes: minutes, items: items, hoursToDue: hours,
            isUnsocial: unsocial, difficulty: difficulty
        )
    }

    private func pay(_ resolution: RateResolution) -> Int64? {
        if case .resolved(let rate) = resolution { rate.pay.minorUnits } else { nil }
    }

    private func missing(_ resolution: RateResolution) -> RateDimension? {
        if case .noRate(let missing, _) = resolution { missing } else { nil }
    }

    @Test(
        "the region counts before the language, the narrower before the wider",
        arguments: [
            (nil, nil, 1), ("DE", nil, 1), ("US", nil, 2), ("US-CA", nil, 2), ("US-NY", nil, 3), (nil, "en", 4),
            (nil, "zh-Hant", 6), (nil, "zh", 5), ("US", "en", 2), ("US-NY", "zh-hant", 3), ("US", "de", 7),
        ] as [(String?, String?, Int64)])
    func order(region: String?, language: String?, amount: Int64) throws {
        let card = try RateCard(
            name: "c",
            rates: [
                rate(1), rate(2, region: "US"), rate(3, region: "US-NY"), rate(4, language: "en"),
                rate(5, language: "zh"), rate(6, language: "zh-hant"), rate(7, region: "US", language: "de"),
            ].shuffled())
        #expect(pay(card.resolve(try task(region: region, language: language), at: at)) == amount)
    }

    @Test("no rate says at which dimension the last ones were lost")
    func noRate() throws {
        let past = InstantRange(from: .at("2025-01-01T00:00:00Z"), until: .at("2026-01-01T00:00:00Z"))
        func lost(_ rates: PayRate..., region: String? = nil) throws -> RateDimension? {
            missing(try RateCard(name: "c", rates: rates).resolve(task(region: region), at: at))
        }
        #expect(try lost() == .profession)
        #expect(try lost(rate(1, tier: .principal)) == .tier)
        #expect(try lost(rate(1, currency: "EUR")) == .currency)
        #expect(try lost(rate(1, currency: "EUR"), rate(1, inForce: past)) == .inForce)
        #expect(try lost(rate(1, region: "US"), rate(1, inForce: past), region: "DE") == .region)
        #expect(try lost(rate(1, language: "en")) == .language)
        #expect(try lost(rate(1, unit: .hour)) == nil)
        #expect(missing(try RateCard(name: "c", rates: [rate(1)]).resolve(task(minutes: 1), at: at)) == .price)
    }

    @Test("two rates of one key that hold at one instant are refused; one after the other is taken")
    func overlap() throws {
        let (first, then) = (
            InstantRange(from: .at("2026-01-01T00:00:00Z"), until: at), InstantRange(from: at, until: nil)
        )
        #expect(throws: BadInput.self) { try RateCard(name: "c", rates: [rate(1), rate(2, inForce: then)]) }
        let card = try RateCard(name: "c", rates: [rate(2, inForce: then), rate(1, inForce: first)])
        #expect(pay(card.resolve(try task(), at: at - 1)) == 1)
        #expect(pay(card.resolve(try task(), at: at)) == 2)
    }

    private func premiums() throws -> [PremiumRule] {
        [
            try PremiumRule(kind: .urgency, threshold: 24, factorBasisPoints: 12_500, inForce: always),
            try PremiumRule(kind: .urgency, threshold: 4, factorBasisPoints: 20_000, inForce: always),
            try PremiumRule(kind: .unsocialHours, factorBasisPoints: 13_333, inForce: always),
            try PremiumRule(kind: .languageScarcity, language: "ja", factorBasisPoints: 11_111, inForce: always),
            try PremiumRule(kind: .difficulty, threshold: 4, factorBasisPoints: 11_000, inForce: always),
        ]
    }

    @Test("premiums multiply in their order, each capped, rounded once at the end")
    func premiumOrder() throws {
        let caps = try PremiumCaps(
            urgency: 15_000, unsocialHours: 20_000, languageScarcity: 20_000, difficulty: 20_000, whole: 100_000
        )
        let card = try RateCard(name: "c", rates: [rate(10_001)], premiums: premiums().shuffled(), caps: caps)
        let all = try task(language: "ja", hours: 3, unsocial: true, difficulty: 5)
        guard case .resolved(let resolved) = card.resolve(all, at: at) else {
            Issue.record("no rate")
            return
        }
        #expect(resolved.premiums.map(\.rule.kind) == PremiumKind.allCases)
        #expect(resolved.premiums.map(\.factorBasisPoints) == [15_000, 13_333, 11_111, 11_000])
        // 10,001 × 1.5 = 15,001.5; × 1.3333 = 20,001.49995; × 1.1111 = 22,223.66659; × 1.1 = 24,446.03325.
        #expect(resolved.premiums.map(\.running) == [15_002, 20_001, 22_224, 24_446])
        #expect(resolved.pay.minorUnits == 24_446 && !resolved.isWholeCapped)
        #expect(resolved.lines.contains("urgency × 15000/10000 (capped): 150.02 USD."))
        #expect(pay(card.resolve(try task(hours: 24), at: at)) == 12_501)
        #expect(pay(card.resolve(try task(hours: 25), at: at)) == 10_001)
    }

    @Test("the cap of the whole holds all premiums down together")
    func wholeCap() throws {
        let caps = try PremiumCaps(
            urgency: 20_000, unsocialHours: 20_000, languageScarcity: 20_000, difficulty: 20_000, whole: 15_000
        )
        let card = try RateCard(name: "c", rates: [rate(10_000)], premiums: premiums(), caps: caps)
        guard case .resolved(let resolved) = card.resolve(try task(hours: 1, unsocial: true), at: at) else {
            Issue.record("no rate")
            return
        }
        #expect(resolved.isWholeCapped && resolved.pay.minorUnits == 15_000)
    }

    @Test("a trace names fifty candidates at most, the one that was taken among them, and says how many it leaves off")
    func longTrace() throws {
        let letters = ["A", "B", "C", "D", "E", "F", "G", "H"]
        let regions = letters.flatMap { one in letters.map { "US-\(one)\($0)" } }
        let card = try RateCard(name: "c", rates: regions.map { try rate(1, region: $0) })
        let trace = card.resolve(try task(region: "US-HH"), at: at).json
        #expect(trace["candidates"]?.arrayValue?.count == 50 && trace["candidates_left_off"] == 14)
        #expect(trace["candidates"]?[0]?["rate"] == "lawyer/expert/extraction/US-HH/any/USD")
        #expect(trace["candidates"]?[1]?["lost_by"] == "region")
    }

    @Test("a price beyond what an amount can be is told, not wrapped")
    func outOfRange() throws {
        let rules = try [PremiumRule(kind: .unsocialHours, factorBasisPoints: 100_000, inForce: always)]
        let caps = try PremiumCaps(
            urgency: 10_000, unsocialHours: 100_000, languageScarcity: 10_000, difficulty: 10_000, whole: 100_000
        )
        let card = try RateCard(
            name: "c", rates: [rate(ProposedRate.amountMinorMax, unit: .item)], premiums: rules, caps: caps)
        #expect(missing(card.resolve(try task(items: 10_000, unsocial: true), at: at)) == .price)
        #expect(pay(card.resolve(try task(items: 1_000), at: at)) == 1_000_000_000_000_000)
    }

    @Test("resolution is total and deterministic: any card in any order gives one answer, the narrowest that fits")
    func properties() throws {
        let dice = Dice(seed: 20_260_302)
        let regions: [String?] = [nil, "US", "US-NY", "US-CA", "CN", "DE"]
        let languages: [String?] = [nil, "en", "zh", "zh-hant", "de"]
        for _ in 0..<500 {
            var rates: [PayRate] = []
            for region in regions {
                for language in languages where dice.roll(1...4) == 1 {
                    let minor = Int64(dice.roll(1...1_000_000))
                    rates.append(
                        try rate(
                            minor, region: region, language: language, unit: dice.pick(PayUnit.allCases),
                            currency: dice.pick(["USD", "USD", "EUR"])
                        ))
                }
            }
            let asked = try task(
                region: dice.pick(regions), language: dice.pick(languages), minutes: dice.roll(1...10_080),
                items: dice.roll(1...10_000), hours: dice.pick([nil, 3, 20]), unsocial: dice.roll(0...1) == 1,
                difficulty: dice.roll(1...5)
            )
            let caps = try PremiumCaps(
                urgency: dice.roll(10_000...20_000), unsocialHours: dice.roll(10_000...20_000),
                languageScarcity: 15_000, difficulty: 12_000, whole: dice.roll(10_000...30_000)
            )
            let card = try RateCard(name: "c", rates: rates, premiums: premiums(), caps: caps)
            let again = try RateCard(name: "c", rates: rates.shuffled(), premiums: premiums().shuffled(), caps: caps)
            let answer = card.resolve(asked, at: at)
            #expect(answer == again.resolve(asked, at: at))
            let fitting = rates.filter { rate in
                rate.amount.currency == asked.currency
                    && (rate.region.map { Jurisdiction.contains($0, asked.region ?? "") } ?? true)
                    && (rate.language.map { LanguageTag.contains($0, asked.language ?? "") } ?? true)
            }
            switch answer {
            case .resolved(let resolved):
                #expect(fitting.contains(resolved.rate))
                let longest = fitting.map { $0.region?.count ?? 0 }.max()
                #expect(resolved.rate.region?.count ?? 0 == longest)
                #expect(resolved.candidates.filter { $0.lostBy == nil }.map(\.rate) == [resolved.rate])
                #expect(resolved.pay.minorUnits >= resolved.base)
            case .noRate(let missing, let candidates):
                #expect(fitting.isEmpty || missing == .price)
                #expect(candidates.count == rates.count)
            }
        }
    }

    @Test(
        "the samples to try resolve as their names say",
        arguments: [("contract-task", 11_859), ("urgent-reading-task", 6_400), ("no-rate-task", nil)]
            as [(String, Int64?)])
    func samples(name: String, minor: Int64?) throws {
        let (card, task) = (try sample("rate-card"), try sample("what-if/\(name)"))
        #expect(pay(try RateCard(json: card).resolve(RateTask(json: task), at: at)) == minor)
        #expect(try RateTask(json: RateTask(json: task).json) == RateTask(json: task))
    }

    @Test(
        "the sample card pays what the field pays: USD an hour, CNY for a month of 160 hours",
        arguments: [
            ("USD", Tier.generalist, Profession.lawyer, 1_600...2_100), ("USD", .generalist, .physician, 1_600...2_100),
            ("USD", .expert, .lawyer, 10_000...11_000), ("USD", .expert, .physician, 15_500...16_500),
            ("CNY", .generalist, .lawyer, 300_000...900_000), ("CNY", .generalist, .physician, 300_000...900_000),
            ("CNY", .expert, .lawyer, 5_000_000...5_000_000), ("CNY", .expert, .physician, 5_000_000...5_000_000),
        ] as [(String, Tier, Profession, ClosedRange<Int64>)])
    func fieldPay(currency: String, tier: Tier, profession: Profession, range: ClosedRange<Int64>) throws {
        let card = try RateCard(json: sample("rate-card"))
        let (hours, region): (Int, String?) = currency == "CNY" ? (160, "CN") : (1, nil)
        for kind in [TaskKind.extraction, .judgement] {
            let task = try RateTask(
                profession: profession, tier: tier, taskKind: kind, region: region,
                currency: #require(Currency(currency)), expectedMinutes: hours * 60
            )
            #expect(range.contains(try #require(pay(card.resolve(task, at: at)))))
        }
    }

    private func sample(_ name: String) throws -> JSON {
        let path = ScratchServer.root + "/samples/\(name).json"
        return try JSON.parse(Array(#require(FileManager.default.contents(atPath: path))))
    }

    @Test(
        "a card or task that is wrong is refused with the path of the fault",
        arguments: [
            (["name": "c", "in_force": ["from": "2026-01-01"]], "card.in_force.from"),
            (["name": "c", "in_force": ["from": "2026-01-01T00:00:00Z"], "rates": [["tier": "x"]]], "rates[0].unit"),
            (["name": "c", "in_force": ["from": "2026-01-01T00:00:00Z"], "caps": ["whole": 1]], "caps.whole"),
            (["name": "c", "extra": 1], "card.extra"), ([], "card"),
        ] as [(JSON, String)])
    func badCards(json: JSON, field: String) {
        let fault = #expect(throws: BadInput.self) { try RateCard(json: json) }
        #expect(fault?.field == field)
    }

    @Test("a curve never falls, keeps to its cap, and its table is what it gives")
    func curves() throws {
        let usd = try #require(Currency("USD"))
        let base = try Money(1_000, usd)
        for shape in EscalationShape.allCases {
            let curve = try Escalator(
                shape, afterSeconds: 3_600, intervalSeconds: 600, step: Money(70, usd), cap: Money(1_500, usd))
            let prices = try stride(from: -10.0, through: 20_000, by: 37).map {
                try curve.price(from: base, elapsed: $0).minorUnits
            }
            #expect(prices == prices.sorted() && prices.first == 1_000 && prices.last == 1_500)
            for line in try curve.table(from: base) {
                #expect(try curve.price(from: base, elapsed: Double(line.seconds)) == line.pay)
            }
            let table = try curve.table(from: base).map(\.pay.minorUnits)
            #expect(table == [1_000, 1_070, 1_140, 1_210, 1_280, 1_350, 1_420, 1_490, 1_500])
            #expect(try curve.price(from: base, elapsed: .greatestFiniteMagnitude) == Money(1_500, usd))
        }
        let steps = try Escalator(
            .steps, afterSeconds: 0, intervalSeconds: 60, step: Money(100, usd), cap: Money(2_000, usd))
        let line = try Escalator(
            .linear, afterSeconds: 0, intervalSeconds: 60, step: Money(100, usd), cap: Money(2_000, usd))
        #expect(try steps.price(from: base, elapsed: 59.9).minorUnits == 1_000)
        #expect(try line.price(from: base, elapsed: 30).minorUnits == 1_050)
    }
}
