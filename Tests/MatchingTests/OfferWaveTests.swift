import Matching
import Testing

@Suite struct OfferWaveTests {
    /// The chance that at least so many of the independent chances come, by trying every outcome.
    private func chance(_ chances: [Int], atLeast wanted: Int) -> Double {
        (0..<(1 << chances.count)).reduce(0) { sum, outcome in
            guard outcome.nonzeroBitCount >= wanted else { return sum }
            return sum
                + chances.indices.reduce(1.0) { product, place in
                    let share = Double(chances[place]) / 1e6
                    return product * (outcome >> place & 1 == 1 ? share : 1 - share)
                }
        }
    }

    @Test("A wave is the smallest that suffices, by trying every outcome, and never more than is paid")
    func smallest() {
        var random = SplitMix64(state: 9)
        for _ in 0..<400 {
            let chances = (0..<random.below(9)).map { _ in random.below(1_000_001) }
            let live = (0..<random.below(3)).map { _ in random.below(1_000_001) }
            let (wanted, payable) = (random.below(4), random.below(10))
            let wave = OfferWave(chances: chances, live: live, wanted: wanted, payable: payable)
            let reached = chance(live + chances.prefix(wave.count), atLeast: wanted)
            #expect(abs(reached * 1e6 - Double(wave.chanceMillionths)) < 2)
            #expect(wave.count == 0 || live.count + wave.count <= payable)
            if wave.count > 0 {
                #expect(chance(live + chances.prefix(wave.count - 1), atLeast: wanted) < 0.950_001)
            }
            let room = max(payable - live.count, 0)
            if wave.count < min(chances.count, room) { #expect(reached > 0.949_999) }
            if wave.isCapped { #expect(wave.count == room && reached < 0.950_001) }
        }
    }

    @Test("The pause until the next wave leaves time for more")
    func pause() {
        let model = AcceptanceModel(cell: [:])
        #expect(OfferWave.pauseMinutes(model, slackMinutes: 10_000) == 73)
        #expect(OfferWave.pauseMinutes(model, slackMinutes: 40) == 10)
        #expect(OfferWave.pauseMinutes(model, slackMinutes: -5) == 1)
    }
}
