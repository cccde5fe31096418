import Matching
import Testing

@Suite("What can still be had of a task")
struct ContinuationValueTests {
    private typealias Rival = ContinuationValue.Rival

    private func rivals(_ pairs: [(Int64, Int)]) -> [Rival] {
        pairs.map { Rival(surplusMicros: $0.0, chanceMillionths: $0.1) }
    }

    @Test("is nothing without rivals, and the surplus of one who is sure to come")
    func ends() {
        #expect(ContinuationValue.micros([], places: 1) == 0)
        #expect(ContinuationValue.micros(rivals([(70, 1_000_000)]), places: 1) == 70)
        #expect(ContinuationValue.micros(rivals([(70, 1_000_000)]), places: 2) == 0)
        #expect(ContinuationValue.micros(rivals([(-70, 1_000_000), (40, 500_000)]), places: 1) == 20)
        #expect(ContinuationValue.micros(rivals([(70, 2_000_000), (40, -5)]), places: 0) == 70)
    }

    @Test("equals the sum over everybody who could come or not", arguments: 1...3)
    func enumeration(places: Int) {
        let all: [(Int64, Int)] = [
            (9_000_000, 250_000), (8_500_000, 600_000), (4_000_000, 900_000), (3_000_000, 10_000), (1_000_000, 500_000),
        ]
        var expected = 0.0
        for come in 0..<(1 << all.count) {
            var (chance, order) = (1.0, [Int64]())
            for (place, rival) in all.enumerated() {
                let isHere = come >> place & 1 == 1
                chance *= isHere ? Double(rival.1) / 1e6 : 1 - Double(rival.1) / 1e6
                if isHere { order.append(rival.0) }
            }
            if order.count >= places { expected += chance * Double(order[places - 1]) }
        }
        #expect(abs(Double(ContinuationValue.micros(rivals(all), places: places)) - expected) <= 1)
    }

    @Test("a rival promises what they bring by their chance, and nothing below zero")
    func promises() {
        #expect(Rival(surplusMicros: 80, chanceMillionths: 250_000).promisedMicros == 20)
        #expect(Rival(surplusMicros: -80, chanceMillionths: 250_000).promisedMicros == 0)
        #expect(Rival(surplusMicros: 80, chanceMillionths: 2_000_000).promisedMicros == 80)
    }

    @Test("never falls when somebody more may come, and never exceeds the best")
    func order() {
        var random = PolicyRandom(seed: 5, subject: 1)
        for _ in 0..<500 {
            let all = (0..<8).map { _ in
                Rival(
                    surplusMicros: Int64(random.next() % 10_000_000), chanceMillionths: Int(random.next() % 1_000_000))
            }.sorted { $0.surplusMicros > $1.surplusMicros }
            let places = 1 + Int(random.next() % 3)
            let value = ContinuationValue.micros(all, places: places)
            #expect(value <= all.first.map(\.surplusMicros) ?? 0)
            #expect(value >= ContinuationValue.micros(Array(all.dropLast()), places: places))
            #expect(value >= ContinuationValue.micros(all, places: places + 1))
        }
    }

    @Test("a rival comes who accepts, is there, and has hours")
    func chance() {
        func chance(_ accepting: Int, _ window: Int, _ hours: Int, _ units: Int) -> Int {
            Rival.chanceMillionths(
                acceptingMillionths: accepting, windowUnits: window, remainingUnits: hours, units: units)
        }
        #expect(chance(500_000, 800, 30, 2) == 500_000)
        #expect(chance(500_000, 0, 30, 2) == 0 && chance(500_000, -4, 30, 2) == 0 && chance(500_000, 8, -1, 2) == 0)
        // In a window as long as it takes to look: 1 − 1/e. Hours for one task where three are sure: a third.
        #expect(abs(chance(1_000_000, 8, 30, 2) - 632_121) <= 1)
        #expect(abs(chance(1_000_000, 8_000, 2, 2) - 333_333) <= 1)
        #expect(chance(1_000_000, 8_000, .max, 0) == 1_000_000)
    }
}
