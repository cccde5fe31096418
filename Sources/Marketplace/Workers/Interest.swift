package import Foundation
internal import Store

/// A party that a worker is tied to. While it is in force, it bars them from work in which the party has a part.
package struct Interest: Hashable, Sendable {
    package typealias ID = Identifier<Interest>
    /// How many one worker may have in force.
    package static let mostInForce = 200

    package let id: ID
    package let worker: Worker.ID
    package let kind: InterestKind
    /// As declared, and in the form that is compared.
    package let partyName: String
    package let party: String
    package let begunAt: Date
    /// Until when it bars; `nil` while it was not withdrawn.
    package let endsAt: Date?

    /// The rule: a worker is barred by the first party, in the order of the text, in which they have an interest.
    ///
    /// - Parameters: normalised names; see ``PartyName/normalised(_:)``.
    package static func conflict(of interests: [String], with parties: [String]) -> String? {
        let held = Set(interests)
        return parties.filter(held.contains).min()
    }
}

/// What ties a worker to a party: the values of the PostgreSQL enum `interest_kind`, in its order.
package enum InterestKind: String, Sendable, CaseIterable, SQLEnum {
    case employer, retainer, counterparty, family, holding

    /// How long a withdrawn interest still bars, in seconds: duties to whom one acted for outlast the tie, a sold share
    /// does not.
    package var coolDownSeconds: TimeInterval {
        switch self {
        case .employer, .retainer, .counterparty: 180 * 86_400
        case .family, .holding: 0
        }
    }
}

/// Why an interest cannot be declared or withdrawn. In order of precedence.
package enum InterestRefusal: Refusal, CaseIterable {
    /// The worker has as many as anybody may.
    case tooMany
    /// It was withdrawn before.
    case alreadyWithdrawn

    package var code: String {
        switch self {
        case .tooMany: "too_many_interests"
        case .alreadyWithdrawn: "interest_withdrawn"
        }
    }

    package var message: String {
        switch self {
        case .tooMany: "You have \(Interest.mostInForce) interests in force. Withdraw those that have ended."
        case .alreadyWithdrawn: "This interest was withdrawn. It bars until its cool-down is over."
        }
    }
}

extension Interest {
    init(row: Row) throws {
        id = try row["interest_id"]
        worker = try row["worker_id"]
        kind = try row["kind"]
        partyName = try row["party_name"]
        party = try row["party"]
        begunAt = try row["begun_at"]
        endsAt = try row["ends_at"]
    }
}
