internal import Store

/// What a reviewer says of a submission.
package enum Judgement: Hashable, Sendable {
    case accepted
    /// A share of the terms is paid, in ten-thousandths: 1 to 9,999.
    case acceptedInPart(basisPoints: Int)
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
        case .acceptedInPart: .acceptedInPart
        case .rejected: .rejected
        }
    }

    /// The share of the terms that is paid, in ten-thousandths.
    package var basisPoints: Int {
        switch self {
        case .accepted: 10_000
        case .acceptedInPart(let basisPoints): basisPoints
        case .rejected: 0
        }
    }

    var assignmentEvent: AssignmentEvent {
        switch self {
        case .accepted, .acceptedInPart: .accept
        case .rejected: .reject
        }
    }

    /// - Throws: ``BadInput`` for a share that is none.
    func validate() throws(BadInput) {
        switch self {
        case .accepted, .rejected: return
        case .acceptedInPart(let basisPoints):
            guard (1...9_999).contains(basisPoints) else { throw BadInput("share_bps", "must be 1 to 9,999") }
        }
    }
}
