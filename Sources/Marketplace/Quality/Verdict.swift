internal import Store

/// What a reviewer says of a submission.
package enum Judgement: Hashable, Sendable {
    case accepted
    /// A share of the terms is paid, in ten-thousandths: 1 to 9,999.
    case acceptedInPart(basisPoints: Int)
    /// So much of the weight of the answer's fields is right: above zero, and less than the whole.
    case weighed(part: Int, whole: Int)
    case rejected
}

/// The values of the PostgreSQL enum `verdict`, in its order.
package enum Verdict: String, Sendable, CaseIterable, SQLEnum {
    case accepted
    case acceptedInPart = "accepted_in_part"
    case rejected
}

extension Judgement {
    package var verdict: Verdict {
        switch self {
        case .accepted: .accepted
        case .acceptedInPart, .weighed: .acceptedInPart
        case .rejected: .rejected
        }
    }

    /// The share of the terms that is paid, in ten-thousandths; of weighed fields rounded down, but at least 1.
    package var basisPoints: Int {
        switch self {
        case .accepted: 10_000
        case .acceptedInPart(let basisPoints): basisPoints
        case .weighed(let part, let whole): max(1, part * 10_000 / whole)
        case .rejected: 0
        }
    }

    /// The weights of what is right and of all, where the share follows from them.
    package var weights: (part: Int, whole: Int)? {
        if case .weighed(let part, let whole) = self { (part, whole) } else { nil }
    }

    /// Whether it pays less than half: what nobody does too often alone.
    var isRejection: Bool { basisPoints < 5_000 }

    var assignmentEvent: AssignmentEvent {
        switch self {
        case .accepted, .acceptedInPart, .weighed: .accept
        case .rejected: .reject
        }
    }

    /// What of an amount it pays, rounded half up to a whole minor unit: of weighed fields by the weights themselves.
    func share(of amount: Money) throws(MoneyError) -> Money {
        guard let (part, whole) = weights else { return try amount.share(basisPoints: basisPoints) }
        return try amount.share(part: Int64(part), of: Int64(whole))
    }

    /// - Throws: ``BadInput`` for a share that is none.
    func validate() throws(BadInput) {
        switch self {
        case .accepted, .rejected: return
        case .acceptedInPart(let basisPoints):
            guard (1...9_999).contains(basisPoints) else { throw BadInput("share_bps", "must be 1 to 9,999") }
        case .weighed(let part, let whole):
            guard part > 0, part < whole, whole <= 1_000_000 else { throw BadInput("fields", "do not weigh a share") }
        }
    }
}
