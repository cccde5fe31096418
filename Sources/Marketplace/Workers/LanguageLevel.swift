internal import Store

/// How well a language is known: the levels of the CEFR, lowest first; the values of the PostgreSQL enum
/// `language_level`, in its order.
package enum LanguageLevel: String, Sendable, CaseIterable, SQLEnum {
    case a1, a2, b1, b2, c1, c2, native
}

extension LanguageLevel: Comparable {
    package static func < (left: LanguageLevel, right: LanguageLevel) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .a1: 0
        case .a2: 1
        case .b1: 2
        case .b2: 3
        case .c1: 4
        case .c2: 5
        case .native: 6
        }
    }
}
