/// What crowd-kit 1.4.2's MACE does otherwise than ours, so that the two can be compared to the item.
///
/// It begins with draws of numpy's generator with the seed 0, ten times the same. It runs 50 rounds, whether they
/// suffice or not. And it reads its table of habits wrongly: rows and columns are in the order of the names, while
/// workers and answers are numbered as they first appear in the file. Where that is another order, a worker's habit is
/// taken from others' cells.
struct MaceComparison {
    /// 50, and the posteriors by what the last of them found.
    static let rounds = 51

    /// As ``Mace`` keeps them.
    let start: (looking: [Double], guessing: [Double], habits: [Double])
    private let workerTurns: [Int]
    private let answerTurns: [Int]

    init(_ labels: Labels) {
        (workerTurns, answerTurns) = (labels.workerTurns, labels.answerTurns)
        var spamming = NumpyRandom(seed: 0)
        let halves = (0..<labels.workerCount).map { _ in (1 + 1.5 * spamming.unit(), 1 + 1.5 * spamming.unit()) }
        var strategies = NumpyRandom(seed: 0)
        let width = labels.answerCount
        let drawn = (0..<labels.workerCount).map { _ in
            let row = (0..<width).map { _ in 1 + 1.5 * strategies.unit() }
            let sum = row.reduce(0, +)
            return row.map { $0 / sum }
        }
        start = (
            looking: labels.workerTurns.map { halves[$0].1 / (halves[$0].0 + halves[$0].1) },
            guessing: labels.workerTurns.map { halves[$0].0 / (halves[$0].0 + halves[$0].1) },
            habits: labels.workerTurns.flatMap { turn in labels.answerTurns.map { drawn[turn][$0] } }
        )
    }

    func misread(_ habits: [Double]) -> [Double] {
        let width = answerTurns.count
        return workerTurns.flatMap { row in answerTurns.map { habits[row * width + $0] } }
    }
}

/// numpy's `RandomState`: the Mersenne Twister (Matsumoto and Nishimura 1998).
private struct NumpyRandom {
    private var words: [UInt32]
    private var place = 624

    init(seed: UInt32) {
        words = [seed]
        for index in 1..<624 {
            let last = words[index - 1]
            words.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
        }
    }

    /// A number from 0, below 1, of 53 bits.
    mutating func unit() -> Double {
        let (high, low) = (next() >> 5, next() >> 6)
        return (Double(high) * 67_108_864 + Double(low)) / 9_007_199_254_740_992
    }

    private mutating func next() -> UInt32 {
        if place == 624 { twist() }
        var word = words[place]
        place += 1
        word ^= word >> 11
        word ^= (word << 7) & 0x9d2c_5680
        word ^= (word << 15) & 0xefc6_0000
        return word ^ (word >> 18)
    }

    private mutating func twist() {
        for index in 0..<624 {
            let joined = (words[index] & 0x8000_0000) | (words[(index + 1) % 624] & 0x7fff_ffff)
            words[index] = words[(index + 397) % 624] ^ (joined >> 1) ^ (joined & 1 == 1 ? 0x9908_b0df : 0)
        }
        place = 0
    }
}
