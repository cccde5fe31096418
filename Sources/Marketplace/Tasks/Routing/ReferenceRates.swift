/// What currencies are worth against each other, for comparing work that is paid in several: micros of the reference
/// currency for one unit of each. Nothing is paid by them.
package struct ReferenceRates: Hashable, Sendable {
    /// What a rate may be: from a millionth to a million units of the reference currency for one.
    package static let bounds: ClosedRange<Int64> = 1...1_000_000_000_000
    /// No amount is compared as more.
    private static let microsMax: Int64 = 1 << 40

    /// By currency; one that is not here counts at par: one of its units as one of the reference currency's.
    package private(set) var rates: [Currency: Int64]

    package init(_ rates: [Currency: Int64] = [:]) {
        self.rates = rates.mapValues { min(max($0, Self.bounds.lowerBound), Self.bounds.upperBound) }
    }

    /// In micro-units of the reference currency, clamped to 0 to 2^40.
    package func micros(_ money: Money) -> Int64 { micros(money.minorUnits, money.currency) }

    /// The same of minor units. Of a currency at par a cent is 10,000 millionths of a unit.
    package func micros(_ minorUnits: Int64, _ currency: Currency) -> Int64 {
        var product = Int128(max(minorUnits, 0)) * Int128(rates[currency] ?? 1_000_000)
        for _ in 0..<min(max(currency.minorDigits, 0), 6) { product /= 10 }
        return min(Int64(clamping: product), Self.microsMax)
    }

    /// Those of several currencies that are compared at par although nothing says so, by code; none where there is one
    /// currency and no rate.
    package func atPar(of currencies: some Sequence<Currency>) -> [String] {
        let all = Set(currencies)
        guard all.count > 1 || !rates.isEmpty else { return [] }
        return all.filter { rates[$0] == nil }.map(\.code).sorted()
    }

    /// With what conversions in the ledger came to, the newest first, for currencies that have no rate.
    func filled(from conversions: [(from: Currency, to: Currency, e8: Int64)]) -> ReferenceRates {
        var filled = rates
        for (from, to, e8) in conversions where e8 > 0 {
            let (given, taken) = (rates[from], rates[to])
            if given == nil, filled[from] == nil, let taken {
                filled[from] = Int64(clamping: Int128(e8) * Int128(taken) / 100_000_000)
            } else if taken == nil, filled[to] == nil, let given {
                filled[to] = Int64(clamping: Int128(given) * 100_000_000 / Int128(e8))
            }
        }
        return ReferenceRates(filled)
    }
}
