internal import Marketplace

/// What keeps a worker from a batch. In order of precedence: the first that holds is reported.
package enum RoutingRule: String, Hashable, Sendable, CaseIterable {
    case requirement = "not_eligible"
    /// Their team, an exclusion, or an interest in a party of the project or of its open tasks.
    case barred
    /// The worker's windows leave too little time to answer, or to do the work.
    case away = "not_available"
    case hours = "hours_cap"
    case liveCap = "too_many_leases"
    case alreadyOffered = "already_offered"
    case turnedDown = "turned_down"
    case finished = "work_done"
    /// Declined on these terms, or offered as often as the batch has tasks.
    case offeredBefore = "offered_before"
    /// It pays less than the worker asks for.
    case belowAsk = "below_ask"
    /// The requester has said what an answer is worth, and by them it is less than the pay.
    case belowPay = "below_pay"
    /// Their time is worth more for other work of the week.
    case belowPrice = "below_price"
    /// Who is away or without hours now, and likely to come in time, would bring more.
    case waitsForBetter = "waits_for_better"
    /// No rule: others brought more value for what there was.
    case notChosen = "not_chosen"
    /// There was nobody, or nothing, to look at.
    case emptyMarket = "empty_market"

    /// Greater is nearer to an offer: the place in the order.
    var rank: Int { Self.ranks[self] ?? 0 }
    private static let ranks = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}

/// The first rule that keeps one worker from one batch.
package struct RoutingBar: Hashable, Sendable {
    package let rule: RoutingRule
    /// One sentence for people, made of numbers and the requirement's words.
    package let message: String
}

/// Why a batch has slots left that were not offered, or a worker got no offer.
package struct Unrouted<Subject: Sendable & Hashable>: Hashable, Sendable {
    package let subject: Subject
    /// Of the pairs it is part of, the one that came nearest to an offer; ties go to the first in the order of the
    /// policy.
    package let bar: RoutingBar
    /// How many pairs each rule keeps apart.
    package let counts: [RoutingRule: Int]
}

/// Collects what keeps one batch or worker from an offer.
struct BarTally {
    private var nearest: (bar: RoutingBar, rank: Int)?
    private var counts: [(rule: RoutingRule, pairs: Int)] = []

    /// Bars come in the order of the policy.
    ///
    /// - Parameter pairs: how many it keeps apart; none is no bar.
    mutating func add(_ bar: RoutingBar, pairs: Int = 1) {
        guard pairs > 0 else { return }
        if let place = counts.firstIndex(where: { $0.rule == bar.rule }) {
            counts[place].pairs += pairs
        } else {
            counts.append((bar.rule, pairs))
        }
        let rank = bar.rule.rank
        if let nearest, nearest.rank >= rank { return }
        nearest = (bar, rank)
    }

    func unrouted<Subject>(_ subject: Subject, empty: String) -> Unrouted<Subject> {
        Unrouted(
            subject: subject, bar: nearest?.bar ?? RoutingBar(rule: .emptyMarket, message: empty),
            counts: Dictionary(counts.map { ($0.rule, $0.pairs) }, uniquingKeysWith: { first, _ in first })
        )
    }
}
