internal import Foundation
internal import Marketplace
internal import Store

/// Resolving a rate of a card of 5,000 rates.
struct RateBenchmark {
    private static let start = Date(timeIntervalSince1970: 1_772_442_000)
    let rounds: Int

    func run() throws {
        guard let usd = Currency("USD") else { throw BenchmarkError(reason: "no dollar") }
        let card = try Self.card(usd)
        let task = try RateTask(
            profession: .lawyer, tier: .expert, taskKind: .extraction, region: "US-NY", language: "en",
            currency: usd, expectedMinutes: 45, hoursToDue: 3, isUnsocial: true, difficulty: 5
        )
        var times: [Double] = []
        for _ in 0..<rounds {
            let count = 200
            times.append(
                try seconds {
                    for _ in 0..<count {
                        guard case .resolved = card.resolve(task, at: Self.start) else {
                            throw BenchmarkError(reason: "no rate")
                        }
                    }
                } / Double(count))
        }
        line("Resolving a rate of a card of \(grouped(Double(card.rates.count))) rates, median of \(rounds):")
        line("  \(twoDigits(times.median * 1_000)) ms  (goal: under 1)")
    }

    /// Every tier of 18 professions and both kinds of task, in 35 regions and languages.
    private static func card(_ usd: Currency) throws -> RateCard {
        let always = InstantRange(from: start, until: nil)
        let regions: [String?] = [nil, "US", "US-NY", "US-CA", "CN", "DE", "JP"]
        let languages: [String?] = [nil, "en", "zh", "ja", "de"]
        let professions = (0..<17).compactMap { Profession("profession_" + String(repeating: "a", count: $0 + 1)) }
        var rates: [PayRate] = []
        for profession in professions + [.lawyer] {
            for tier in Tier.allCases {
                for kind in TaskKind.allCases {
                    for region in regions {
                        for language in languages where rates.count < RateCard.linesMax {
                            rates.append(
                                PayRate(
                                    id: Identifier(.numbered(rates.count, kind: 0xf)), profession: profession,
                                    tier: tier, taskKind: kind, region: region, language: language, unit: .hour,
                                    amount: try Money(10_500, usd), inForce: always
                                ))
                        }
                    }
                }
            }
        }
        return try RateCard(name: "Bench", rates: rates)
    }
}
