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
}
