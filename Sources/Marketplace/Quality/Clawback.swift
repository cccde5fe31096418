package import Formats
package import Foundation
internal import Store

/// By which rule pay is taken back: the values of the PostgreSQL enum `clawback_rule`, in its order.
package enum ClawbackRule: String, Sendable, CaseIterable, SQLEnum {
    case fraudUpheld = "fraud_upheld"
    case paidByMistake = "paid_by_mistake"
}

/// Where a clawback stands: the values of the PostgreSQL enum `clawback_state`, in its order.
package enum ClawbackState: String, Sendable, CaseIterable, SQLEnum {
    case proposed, refused, decided, overturned
}

/// Pay that is taken back by a decision. One person proposes it, another decides; the worker is told why, and nothing
/// is kept of them before a week has passed.
package struct Clawback: Hashable, Sendable {
    package typealias ID = Identifier<Clawback>
    /// Between the decision and the first recovery, in seconds: 7 days.
    package static let noticeSeconds: TimeInterval = 7 * 86_400
    package static let itemsMax = 100

    package let id: ID
    package let worker: Worker.ID
    package let rule: ClawbackRule
    /// In all, as its items.
    package let amount: Money
    /// Of which as much is recovered as can be; see `clawback.claim_minor`.
    package let claim: Money
    /// What was kept of payouts that were issued.
    package let recovered: Money
    package let reasons: String
    package let state: ClawbackState
    package let proposedBy: Principal.ID
    package let decision: Decision.ID?
    package let effectAt: Date?
    package let agreedAt: Date?

    package var json: JSON {
        [
            "clawback": .string("\(id)"), "worker": .string("\(worker)"), "rule": .string(rule.rawValue),
            "amount_minor": .integer(amount.minorUnits), "currency": .string(amount.currency.code),
            "recovered_minor": .integer(recovered.minorUnits), "reasons": .string(reasons),
            "state": .string(state.rawValue), "proposed_by": .string("\(proposedBy)"),
            "decision": decision.map { .string("\($0)") } ?? .null,
            "effect_at": effectAt.map { .string($0.formatted(.iso8601)) } ?? .null,
            "agreed_at": agreedAt.map { .string($0.formatted(.iso8601)) } ?? .null,
        ]
    }
}

/// What of an earning is to be taken back.
package struct ClawbackPart: Hashable, Sendable {
    /// Which the earning is.
    package let earning: Transfer.ID
    /// Minor units; `nil` for as much as can be.
    package let amountMinor: Int64?

    package init(_ earning: Transfer.ID, amountMinor: Int64? = nil) {
        (self.earning, self.amountMinor) = (earning, amountMinor)
    }
}

/// An earning as a clawback sees it.
struct TakeableEarning: Sendable {
    let requester: Requester.ID
    let transfer: Transfer.ID
    let worker: Worker.ID
    let amount: Money
    /// Minor units of what was withheld of the payment that it was part of, none where it was not taxed with it, and of
    /// that payment before taxes.
    let withheldMinor: Int64
    let grossMinor: Int64
    /// Whether a payout that was not issued yet pays it, or what an appeal gave back of it, to be taxed, was not paid.
    let isUnderWay: Bool

    /// What was paid was paid after taxes, which stay with their authority on the worker's account: at most what has
    /// reached the worker is taken back. A payment's taxes belong to its earnings in proportion.
    ///
    /// Rounding: taxes up, for the worker.
    var mostMinor: Int64 {
        guard grossMinor > 0 else { return amount.minorUnits }
        let taxes = Int128(withheldMinor) * Int128(amount.minorUnits)
        let share = (taxes + Int128(grossMinor) - 1) / Int128(grossMinor)
        return amount.minorUnits - Int64(clamping: share)
    }
}

/// Why pay is not taken back. In order of precedence.
package enum ClawbackRefusal: Refusal, CaseIterable {
    /// Another clawback has that reference.
    case referenceTaken
    /// Another one takes back of the same earning.
    case takenBack
    /// A payout that was not issued yet pays the earning, or is to pay what an appeal gave back of it.
    case underWay
    /// More than the worker has had of it.
    case tooMuch
    /// Whoever proposed it does not decide, nor does a close colleague of the worker.
    case samePerson, tooClose
    case notProposed
    /// It was not decided, or was overturned.
    case notInForce

    package var code: String {
        switch self {
        case .referenceTaken: "clawback_reference_taken"
        case .takenBack: "already_taken_back"
        case .underWay: "earning_under_way"
        case .tooMuch: "more_than_was_paid"
        case .samePerson: "clawback_same_person"
        case .tooClose: "too_close_to_worker"
        case .notProposed: "clawback_not_proposed"
        case .notInForce: "clawback_not_in_force"
        }
    }

    package var message: String {
        switch self {
        case .referenceTaken: "Another clawback has this reference; a new one needs a reference of its own."
        case .takenBack: "Another clawback takes back of the same earning."
        case .underWay:
            "A payout that was not issued yet pays one of the earnings, or is to pay what an appeal gave back of it: "
                + "cancel it, or wait for its issue."
        case .tooMuch: "Of an earning at most what the worker has had of it after taxes is taken back."
        case .samePerson: "You proposed this clawback. Somebody else must decide it."
        case .tooClose: "It is about you, or about a close colleague of yours. Somebody else must decide it."
        case .notProposed: "It was decided or refused before."
        case .notInForce: "It was not decided, or does not stand any more."
        }
    }
}
