import Foundation
import Marketplace
import Matching
import Testing

@testable import Scheduler

@Suite("Who is likely to accept, and how soon")
struct AcceptanceTests {
    private let worker = SmallRouting.worker(1)

    private func cell(_ payBand: Int = 1, accepted: Int = 800, delay: Int64 = 0) -> [AnswerCount] {
        (0...3).map {
            AnswerCount(band: $0, payBand: payBand, offered: 1_000, accepted: accepted, delayMinutes: delay)
        }
    }

    @Test("is learnt from how long it took: who answers at once is not held for slow, nor is notice worth the most")
    func delays() {
        let (unknown, quick) = (Acceptance(cell: cell()), Acceptance(cell: cell(delay: 4_000)))
        func chance(_ acceptance: Acceptance, _ minutes: Double) -> Int {
            acceptance.chance(of: worker, band: 1, minutes: minutes)
        }
        // Five minutes on average; without times 45 are assumed.
        #expect(chance(unknown, 15) < 300_000 && chance(quick, 15) > 700_000)
        #expect(chance(unknown, 240) > 2 * chance(unknown, 15))
        #expect(chance(quick, 240) < chance(quick, 15) * 12 / 10)
    }

    @Test("is learnt for what pays less, about as much and more than the rate")
    func bands() {
        let known = Acceptance(cell: cell(0, accepted: 100) + cell(1, accepted: 500) + cell(2, accepted: 900))
        let chances = [AcceptanceModel.PayBand.low, .usual, .high].map {
            known.chance(of: worker, band: 2, minutes: 10_000, pay: $0)
        }
        #expect(chances[0] < 150_000 && (450_000...550_000).contains(chances[1]) && chances[2] > 850_000)
    }

    @Test("of a band of pay that is not known is what the others have, and never falls as the pay rises")
    func unknownBands() {
        func chance(_ cell: [AnswerCount], _ pay: AcceptanceModel.PayBand) -> Int {
            Acceptance(cell: cell).chance(of: worker, band: 2, minutes: 10_000, pay: pay)
        }
        // Better pay is no worse than the usual where that is nearly always taken, nor poorer pay better where it is
        // hardly ever.
        #expect(chance(cell(accepted: 900), .high) > 880_000 && chance(cell(accepted: 900), .usual) > 880_000)
        #expect(chance(cell(accepted: 100), .low) < 120_000 && chance(cell(accepted: 100), .high) < 120_000)
        // A few lucky offers of poor pay.
        let lucky = (0...3).map { AnswerCount(band: $0, payBand: 0, offered: 10, accepted: 9) }
        let mixed = cell(accepted: 500) + lucky
        #expect(chance(mixed, .low) == chance(mixed, .usual) && chance(mixed, .usual) <= chance(mixed, .high))
        #expect((490_000...520_000).contains(chance(mixed, .usual)))
        #expect(chance([], .low) == chance([], .high))
    }

    @Test("counts for a batch by what that pays, as usual where nothing is known of it")
    func batches() {
        let (first, second) = (SmallRouting.batch(1), SmallRouting.batch(2))
        var known = RoutingKnowledge()
        known.accepting = [worker: 300_000]
        known.payBands = [second: .high]
        #expect(known.acceptance(of: second, by: worker) == 300_000)
        known.acceptingOtherwise = [.high: [worker: 800_000]]
        #expect(known.acceptance(of: first, by: worker) == 300_000)
        #expect(known.acceptance(of: second, by: worker) == 800_000)
        #expect(known.acceptance(of: first, by: SmallRouting.worker(2)) == nil)
    }
}
