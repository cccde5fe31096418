internal import Foundation

/// Sets of bidders who are dear together, each against their own usual level: a ring covers its designated winner by
/// bidding above it, so that all of its bids rise in the same auctions, whoever the winner is.
///
/// For each pair the correlation of their rests (``BidResiduals``) in the auctions that both bid in, as a normal score
/// (Fisher's z). A set's score is the sum over its pairs to the root of their number: in a clean cell about normal.
/// Sets of up to ``sizeMax`` are tried; how surprising the best is counts all sets that could have been.
struct RingScreen {
    /// A set of bidders.
    struct Suspected: Hashable {
        /// Places in ``bidders``, rising.
        let members: [Int]
        /// About normal in a clean cell.
        let score: Double
        /// The least that any member has with the others, in the same measure: nobody is in a set by riding along.
        let weakest: Double

        var rank: Double { min(score, weakest) }
    }

    /// The most members of a set.
    static let sizeMax = 5
    /// How many auctions two must have in common.
    static let sharedMin = 12
    /// Up to how many bidders all sets are tried; beyond, sets grow from their best pairs.
    private static let enumeratedMax = 12

    let history: ScreenHistory
    let bidders: [UInt128]
    let rests: BidResiduals
    /// Scores of pairs; 0 where too little is shared.
    let pairs: [[Double]]

    init(_ history: ScreenHistory) {
        self.history = history
        let compared = history.compared
        let rests = BidResiduals(history, compared)
        bidders = compared
        self.rests = rests
        var pairs = compared.map { _ in [Double](repeating: 0, count: compared.count) }
        for one in compared.indices {
            for other in compared.indices where other > one {
                let score = Self.score(rests.values[one], rests.values[other])
                pairs[one][other] = score
                pairs[other][one] = score
            }
        }
        self.pairs = pairs
    }

    private static func score(_ one: [Double], _ other: [Double]) -> Double {
        var (count, sumOne, sumOther, squareOne, squareOther, product) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for place in one.indices {
            let (a, b) = (one[place], other[place])
            if a.isNaN || b.isNaN { continue }
            count += 1
            sumOne += a
            sumOther += b
            squareOne += a * a
            squareOther += b * b
            product += a * b
        }
        guard count >= Double(sharedMin) else { return 0 }
        let (varianceOne, varianceOther) = (
            squareOne - sumOne * sumOne / count, squareOther - sumOther * sumOther / count
        )
        guard varianceOne > 1e-9, varianceOther > 1e-9 else { return 0 }
        let correlation = (product - sumOne * sumOther / count) / (varianceOne * varianceOther).squareRoot()
        return atanh(min(0.999, max(-0.999, correlation))) * (count - 3).squareRoot()
    }

    /// A member's score with all other members.
    private func tie(of bidder: Int, with members: [Int]) -> Double {
        let others = members.filter { $0 != bidder }
        return others.reduce(0) { $0 + pairs[bidder][$1] } / Double(max(1, others.count)).squareRoot()
    }

    private func suspected(_ members: [Int]) -> Suspected {
        var sum = 0.0
        for (place, one) in members.enumerated() {
            for other in members[(place + 1)...] { sum += pairs[one][other] }
        }
        let count = Double(members.count * (members.count - 1) / 2)
        return Suspected(
            members: members, score: sum / count.squareRoot(),
            weakest: members.map { tie(of: $0, with: members) }.min() ?? 0)
    }

    /// Sets with a positive score, the highest rank first; of bidders at most half plus one in a set.
    func sets() -> [Suspected] {
        let size = min(Self.sizeMax, bidders.count / 2 + 1)
        guard size >= 2 else { return [] }
        let found = bidders.count <= Self.enumeratedMax ? enumerated(size) : grown(size)
        return found.filter { $0.rank > 0 }.sorted {
            $0.rank == $1.rank ? $0.members.lexicographicallyPrecedes($1.members) : $0.rank > $1.rank
        }
    }

    private func enumerated(_ size: Int) -> [Suspected] {
        var found: [Suspected] = []
        func extend(_ members: [Int]) {
            if members.count >= 2 { found.append(suspected(members)) }
            guard members.count < size else { return }
            for next in ((members.last ?? -1) + 1)..<max((members.last ?? -1) + 1, bidders.count) {
                extend(members + [next])
            }
        }
        extend([])
        return found
    }

    /// From each of the best pairs, whoever adds most, one after the other.
    private func grown(_ size: Int) -> [Suspected] {
        var seeds: [Suspected] = []
        for one in bidders.indices {
            for other in bidders.indices where other > one && pairs[one][other] > 0 {
                seeds.append(suspected([one, other]))
            }
        }
        seeds.sort { $0.score == $1.score ? $0.members.lexicographicallyPrecedes($1.members) : $0.score > $1.score }
        var found = Set(seeds)
        for seed in seeds.prefix(400) {
            var now = seed
            while now.members.count < size {
                let next = bidders.indices.filter { !now.members.contains($0) }
                    .map { suspected((now.members + [$0]).sorted()) }
                    .max { $0.rank == $1.rank ? $1.members.lexicographicallyPrecedes($0.members) : $0.rank < $1.rank }
                guard let next, next.rank > 0 else { break }
                found.insert(next)
                now = next
            }
        }
        return Array(found)
    }

    /// How surprising a set is, among all sets of its size and all sizes.
    func surprise(_ set: Suspected) -> Double {
        let sizes = Double(max(1, min(Self.sizeMax, bidders.count / 2 + 1) - 1))
        return Tail.surprise(Tail.normal(set.score), of: sizes * Tail.sets(of: set.members.count, from: bidders.count))
    }

    /// How high the members bid together in an auction: the sum of their rests to the root of their number; nil where
    /// fewer than two bid.
    func height(of members: [Int], in auction: Int) -> Double? {
        let rests = members.map { self.rests.values[$0][auction] }.filter { !$0.isNaN }
        return rests.count < 2 ? nil : rests.reduce(0, +) / Double(rests.count).squareRoot()
    }
}
