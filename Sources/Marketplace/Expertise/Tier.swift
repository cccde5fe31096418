internal import Store

/// Standing within a profession, lowest first: the values of the PostgreSQL enum `tier`, in its order.
package enum Tier: String, Sendable, CaseIterable, SQLEnum {
    case generalist, specialist, expert, principal
}

extension Tier: Comparable {
    package static func < (left: Tier, right: Tier) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .generalist: 0
        case .specialist: 1
        case .expert: 2
        case .principal: 3
        }
    }
}
