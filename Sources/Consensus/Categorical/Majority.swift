/// What most workers answered to one item.
package struct Majority: Hashable, Sendable {
    /// The answers with the most votes, ascending: several on a tie, none for an item without labels.
    package let winners: [Int32]
    /// The votes each winner has.
    package let votes: Int
    /// The votes of all answers.
    package let voteCount: Int

    /// The tie-fair share of an answer: 1 for the only winner, an equal part of 1 for each on a tie, 0 for the rest.
    ///
    /// The mean of it over the true answers is the accuracy expected of a majority that breaks ties by lot; a single
    /// lot moves the rte set of Snow et al. 2008 from 0.875 to 0.919 (ALGORITHMS.md, finding 12).
    package func share(of answer: Int32) -> Double {
        winners.contains(answer) ? 1 / Double(winners.count) : 0
    }
}

extension Labels {
    /// The majority on every item, in the order of the items.
    package func majorities() -> [Majority] {
        (0..<itemCount).map { item in
            let votes = votes(on: item)
            let most = votes.max() ?? 0
            let winners = most == 0 ? [] : votes.indices.filter { votes[$0] == most }
            return Majority(winners: winners.map(Int32.init), votes: most, voteCount: votes.reduce(0, +))
        }
    }

    /// The shares of the votes as posteriors; a worker's skill is the mean share of the answers that they gave.
    package func majorityFit() -> Fit {
        let shares = voteShares()
        var (sums, counts) = ([Double](repeating: 0, count: workerCount), countsByWorker())
        for label in all { sums[Int(label.worker)] += shares[Int(label.item) * answerCount + Int(label.answer)] }
        for worker in counts.indices { counts[worker] = max(counts[worker], 1) }
        return Fit(
            method: .majority, prior: nil, answerCount: answerCount, posteriors: shares,
            skills: zip(sums, counts).map { $0 / Double($1) }, answerShares: answerShares(shares, smoothing: 0),
            rounds: 0, isConverged: true
        )
    }

    /// The share of each answer in each item's votes; equal shares where there are none.
    func voteShares() -> [Double] {
        var shares = [Double](repeating: 0, count: itemCount * answerCount)
        for item in 0..<itemCount {
            let count = count(of: item)
            if count == 0 {
                for answer in 0..<answerCount { shares[item * answerCount + answer] = 1 / Double(answerCount) }
            }
            for label in labels(of: item) {
                shares[item * answerCount + Int(label.answer)] += 1 / Double(count)
            }
        }
        return shares
    }

    /// The mean posterior of each answer over the items that have labels.
    ///
    /// - Parameter smoothing: imagined items of each answer.
    func answerShares(_ posteriors: [Double], smoothing: Double) -> [Double] {
        var sums = [Double](repeating: smoothing, count: answerCount)
        for item in 0..<itemCount where count(of: item) > 0 {
            for answer in sums.indices { sums[answer] += posteriors[item * answerCount + answer] }
        }
        let sum = sums.reduce(0, +)
        return sums.map { sum > 0 ? $0 / sum : 1 / Double(answerCount) }
    }
}
