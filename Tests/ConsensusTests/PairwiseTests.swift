import Consensus
import Testing

@Suite("Pairwise preference") struct PairwiseTests {
    /// Wins of four items over each other, from Bradley-Terry's own likelihood.
    private static let wins = [[0, 7, 8, 9], [3, 0, 6, 8], [2, 4, 0, 7], [1, 2, 3, 0]]

    private static func comparisons(ties: Int = 0) throws -> Comparisons {
        var all: [Comparison] = []
        for (one, row) in wins.enumerated() {
            for (other, count) in row.enumerated() {
                for turn in 0..<count {
                    // Shown on either side in turn.
                    all.append(
                        turn % 2 == 0
                            ? Comparison(worker: 0, left: Int32(one), right: Int32(other), outcome: .left)
                            : Comparison(worker: 0, left: Int32(other), right: Int32(one), outcome: .right))
                }
                for _ in 0..<(one < other ? ties : 0) {
                    all.append(Comparison(worker: 0, left: Int32(one), right: Int32(other), outcome: .tie))
                }
            }
        }
        return try Comparisons(itemCount: 4, workerCount: 1, comparisons: all)
    }

    @Test("Scores of Bradley-Terry solve its likelihood equations")
    func likelihood() throws {
        let fit = BradleyTerry(prior: 1e-9).fit(try Self.comparisons())
        #expect(fit.isConverged && abs(fit.scores.reduce(0, +) - 1) < 1e-12)
        for item in 0..<4 {
            let expected = (0..<4).reduce(0.0) { sum, other in
                let count = Double(Self.wins[item][other] + Self.wins[other][item])
                return sum + (other == item ? 0 : count * fit.scores[item] / (fit.scores[item] + fit.scores[other]))
            }
            #expect(abs(expected - Double(Self.wins[item].reduce(0, +))) < 1e-3)
        }
    }

    @Test("Equal numbers of ties bring scores together, and noisy-bt finds how common ties are")
    func ties() throws {
        let (without, with) = try (Self.comparisons(), Self.comparisons(ties: 10))
        let (plain, tied) = (BradleyTerry().fit(without), BradleyTerry().fit(with))
        #expect(tied.scores[0] < plain.scores[0] && tied.scores[3] > plain.scores[3])
        #expect(NoisyBradleyTerry().fit(with).tieStrength > 2 * NoisyBradleyTerry().fit(without).tieStrength)
    }

    @Test("An item that always won, and groups that nobody compared, have finite scores; groups are found")
    func groups() throws {
        let comparisons = try Comparisons(
            itemCount: 5, workerCount: 1,
            comparisons: [(0, 1), (0, 1), (3, 2)].map {
                Comparison(worker: 0, left: $0.0, right: $0.1, outcome: .left)
            })
        #expect(comparisons.groups == [0, 0, 1, 1, 2] && comparisons.groupCount == 3)
        for fit in [
            BradleyTerry().fit(comparisons), BradleyTerry(prior: 0).fit(comparisons),
            NoisyBradleyTerry().fit(comparisons),
        ] {
            #expect(fit.scores.allSatisfy { $0.isFinite && $0 >= 0 } && fit.scores[0] > fit.scores[1])
            #expect(fit.scores[3] > fit.scores[2] && abs(fit.scores.reduce(0, +) - 1) < 1e-9)
        }
    }

    /// 8 items, 10 workers with 40 comparisons each: seven look, one always says left, two throw a coin.
    private static func drawn() throws -> Comparisons {
        var random = SeededRandom(seed: 3)
        var all: [Comparison] = []
        for worker in 0..<10 {
            for _ in 0..<40 {
                let left = random.below(8)
                let right = (left + 1 + random.below(7)) % 8
                let isLeft = random.unit() < 1 / (1 + Double(1 << right) / Double(1 << left))
                let said =
                    worker < 7 ? isLeft : worker == 7 ? true : random.unit() < 0.5
                all.append(
                    Comparison(
                        worker: Int32(worker), left: Int32(left), right: Int32(right), outcome: said ? .left : .right))
            }
        }
        return try Comparisons(itemCount: 8, workerCount: 10, comparisons: all)
    }

    @Test("Noisy-bt finds who looks, who always says left, and the order of the items")
    func workers() throws {
        let fit = NoisyBradleyTerry().fit(try Self.drawn())
        #expect(fit.isConverged)
        #expect(fit.skills[..<7].allSatisfy { $0 > 0.75 } && fit.skills[7...].allSatisfy { $0 < 0.6 })
        #expect(fit.habits[7][0] > 0.8)
        #expect(fit.scores.indices.sorted { fit.scores[$0] > fit.scores[$1] } == [7, 6, 5, 4, 3, 2, 1, 0])
    }

    @Test("The order of comparisons changes no bit; malformed ones are refused with what is wrong")
    func refusals() throws {
        let drawn = try Self.drawn()
        let reversed = try Comparisons(itemCount: 8, workerCount: 10, comparisons: drawn.all.reversed())
        #expect(NoisyBradleyTerry().fit(drawn).scores == NoisyBradleyTerry().fit(reversed).scores)
        func fault(items: Int = 2, _ left: Int32, _ right: Int32, worker: Int32 = 0) -> ComparisonsFault? {
            do throws(ComparisonsFault) {
                let one = Comparison(worker: worker, left: left, right: right, outcome: .tie)
                _ = try Comparisons(itemCount: items, workerCount: 1, comparisons: [one])
                return nil
            } catch {
                return error
            }
        }
        #expect(fault(0, 1) == nil)
        #expect(fault(0, 0) == .badItems(Comparison(worker: 0, left: 0, right: 0, outcome: .tie)))
        #expect(fault(-1, 0) == .badItems(Comparison(worker: 0, left: -1, right: 0, outcome: .tie)))
        #expect(fault(0, 1, worker: 1) == .noSuchWorker(Comparison(worker: 1, left: 0, right: 1, outcome: .tie)))
        #expect(fault(items: -1, 0, 1) == .sizeOutOfBounds)
    }
}
