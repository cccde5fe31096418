/// A way in which a market is hard: S1 to S12 from ALGORITHMS.md, section 7.
package enum PolicyScenario: String, Hashable, Sendable, CaseIterable {
    /// Hours are 0.6 of the demand.
    case tight = "S1"
    /// Hours are 1.3 of the demand.
    case slack = "S2"
    /// Demand in one cell is threefold for three days.
    case shock = "S3"
    /// A fifth of the workers lose a credential on one day.
    case cliff = "S4"
    /// One cell has five experts.
    case thin = "S5"
    /// Two fifths of the workers answer at random and take everything.
    case spam = "S6"
    /// Rings of five copy each other; sleepers turn bad after a week.
    case ring = "S7"
    /// Three of eight bidders bid as a ring in a third of the auctions; the market itself is as S1.
    case bids = "S8"
    /// Three tenths more workers join at once, about whom nothing is known.
    case newcomers = "S9"
    /// Nothing is decided for half an hour, on every seventh day.
    case outage = "S10"
    /// Prices are half of what they should be.
    case underpriced = "S11-low"
    /// Prices are one and a half times what they should be.
    case overpriced = "S11-high"
    /// Most tasks come in the daytime of one zone, most workers live in another.
    case zones = "S12"
    /// A third of the tasks have no deadline; hours are 0.6 of the demand.
    case undated = "S13"

    /// What a name on the command line stands for; `nil` when nothing.
    package static func named(_ name: String) -> [PolicyScenario]? {
        let found = allCases.filter { scenario in
            let own = scenario.rawValue.lowercased()
            return name.lowercased() == "all" || own == name.lowercased()
                || own.split(separator: "-").first.map(String.init) == name.lowercased()
        }
        return found.isEmpty ? nil : found
    }

    /// In a few words.
    package var title: String {
        switch self {
        case .tight: "tight, hours 0.6 of demand"
        case .slack: "slack, hours 1.3 of demand"
        case .shock: "demand x3 in one cell"
        case .cliff: "credential cliff"
        case .thin: "thin cell of five"
        case .spam: "40 % spammers"
        case .ring: "copy rings and sleepers"
        case .bids: "bid ring"
        case .newcomers: "30 % newcomers"
        case .outage: "outage of 30 minutes"
        case .underpriced: "prices x0.5"
        case .overpriced: "prices x1.5"
        case .zones: "time-zone skew"
        case .undated: "a third without a deadline"
        }
    }

    /// Hours ÷ demand.
    var hoursOverDemand: Double {
        switch self {
        case .slack: 1.3
        case .tight, .bids, .underpriced, .overpriced, .undated: 0.6
        case .shock, .cliff, .thin, .spam, .ring, .newcomers, .outage, .zones: 0.9
        }
    }

    /// What prices are multiplied by.
    var priceScale: Double { self == .underpriced ? 0.5 : self == .overpriced ? 1.5 : 1 }
}

/// Who decides.
package enum WeekPolicy: String, Hashable, Sendable, CaseIterable {
    /// Opportunity prices of hours, paced, served at once.
    case ours
    /// First come, first served, by the best who is free and eligible.
    case fifo
    /// The most valuable pair first, at every tick.
    case greedy
    /// Workers take from the list what pays best.
    case pull
    /// No policy: what nobody could exceed who knew the whole of it.
    case hindsight
}
