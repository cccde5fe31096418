import Matching
import Testing

@Suite struct HourPriceTests {
    private func pacing(_ used: Int, _ elapsed: Int, error: Int = 0) -> HourPrice.Pacing {
        HourPrice.Pacing(
            usedUnits: used, plannedUnits: 100, elapsedMillionths: elapsed, forecastErrorMillionths: error)
    }

    @Test("On its way the price is the night's; it rises when hours go faster, falls when slower")
    func direction() {
        let price = HourPrice(nightlyMicros: 1_000_000)
        #expect(price.micros(pacing(50, 500_000)) == 1_000_000)
        #expect(price.micros(pacing(60, 500_000)) == 1_105_171)
        #expect(price.micros(pacing(40, 500_000)) == 904_837)
        // The forecast was off: three times as strict.
        #expect(price.micros(pacing(60, 500_000, error: -300_000)) == 1_349_859)
        #expect(pacing(0, 0, error: 200_000).eta == 1 && pacing(0, 0, error: 200_001).eta == 3)
    }

    @Test("Whatever happens, the price stays within zero and twice the night's")
    func clamps() {
        for night in [Int64.min, -5, 0, 1, 1_000_000, .max] {
            let price = HourPrice(nightlyMicros: night)
            for used in [Int.min, -1, 0, 1_000, .max] {
                for elapsed in [Int.min, 0, 1_000_000, .max] {
                    let now = price.micros(pacing(used, elapsed, error: .max))
                    #expect((0...2 * price.nightlyMicros).contains(now))
                    #expect(price.micros(pacing(used, elapsed), units: .max) <= Market.Bounds.valueMax)
                }
            }
        }
    }

    @Test("Towards the end of the week the price falls with the windows that are left, to nothing")
    func closing() {
        func price(_ windowUnits: Int) -> Int64 {
            let closing = HourPrice.closingMillionths(windowUnits: windowUnits, remainingUnits: 10)
            return HourPrice(nightlyMicros: 1_000_000).micros(
                .init(usedUnits: 50, plannedUnits: 100, elapsedMillionths: 500_000, closingMillionths: closing))
        }
        #expect(price(300) == 1_000_000 && price(30) == 1_000_000)
        #expect(price(15) == 500_000 && price(0) == 0 && price(-1) == 0)
        #expect(HourPrice.closingMillionths(windowUnits: 1, remainingUnits: .min) <= 1_000_000)
    }

    @Test("A pair is taken exactly when it is worth more than its time")
    func acceptance() {
        let price = HourPrice(nightlyMicros: 1_000_000)
        #expect(price.nightlyMicros == 1_000_000)
        #expect(!price.accepts(valueMicros: 2_000_000, units: 2, pacing(50, 500_000)))
        #expect(price.accepts(valueMicros: 2_000_001, units: 2, pacing(50, 500_000)))
    }

    @Test("Who has no price of the night has the median of the cell's")
    func fallBack() {
        #expect(HourPrice.fallBack(cell: []).nightlyMicros == 0)
        let cell = [5, 1, 9].map { HourPrice(nightlyMicros: $0) }
        #expect(HourPrice.fallBack(cell: cell).nightlyMicros == 5)
    }
}
