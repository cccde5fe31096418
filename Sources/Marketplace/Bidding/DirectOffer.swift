package import Formats
package import Foundation
internal import Store

/// What a requester and one worker bargain about an open batch: what a task pays, and how many of them. Like every
/// other offer it reserves nothing.
package struct DirectOffer: Sendable {
    package typealias ID = Identifier<DirectOffer>
    package let id: ID
    package let requester: Requester.ID
    package let batch: Batch.ID
    package let worker: Worker.ID
    package let state: DirectOfferState
    /// The last turn: what stands.
    package let turn: DirectTurn
    /// How many tasks were taken of those that were agreed.
    package let taken: Int
    /// When it lapses: the time to answer; once it is agreed, the deadline.
    package let endsAt: Date
    package let agreedAt: Date?
    /// Who made the requester's last turn, and is told what the worker says.
    let publisher: Principal.ID

    /// How many tasks may still be taken, once it is agreed.
    package var left: Int { turn.terms.quantity - taken }
}

/// The values of the PostgreSQL enum `direct_offer_state`, in its order.
package enum DirectOfferState: String, Sendable, CaseIterable, SQLEnum {
    case open, agreed, done, declined, withdrawn, lapsed
}

/// What can happen to a direct offer.
package enum DirectOfferEvent: String, Sendable, CaseIterable {
    case counter, agree, finish, decline, withdraw, lapse
}

extension DirectOfferState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: DirectOfferEvent) -> DirectOfferState? {
        switch self {
        case .open:
            switch event {
            case .counter: .open
            case .agree: .agreed
            case .decline: .declined
            case .withdraw: .withdrawn
            case .lapse: .lapsed
            case .finish: nil
            }
        case .agreed:
            switch event {
            case .finish: .done
            case .lapse: .lapsed
            case .counter, .agree, .decline, .withdraw: nil
            }
        case .done, .declined, .withdrawn, .lapsed: nil
        }
    }
}

/// The two sides of a direct offer: the values of the PostgreSQL enum `bargainer`, in its order.
package enum Bargainer: String, Sendable, CaseIterable, SQLEnum {
    case requester, worker

    package var other: Bargainer {
        switch self {
        case .requester: .worker
        case .worker: .requester
        }
    }
}

/// For whom somebody acts who bargains.
package enum BargainingParty: Hashable, Sendable {
    /// A publisher, for the organisation.
    case requester(Requester.ID)
    /// The worker, for themself.
    case worker

    package var side: Bargainer {
        switch self {
        case .requester: .requester
        case .worker: .worker
        }
    }
}

/// What one side wants.
package struct DirectTerms: Hashable, Sendable {
    package static let quantityMax = 10_000
    /// How far ahead a deadline may be.
    package static let daysMax = 366
    /// How often the two sides may go back and forth.
    package static let turnsMax = 20

    /// For one task.
    package let pay: Money
    /// Of how many tasks, 1 to 10,000.
    package let quantity: Int
    /// Until when the other side may answer.
    package let answerBy: Date
    /// Until when the tasks may be taken; no earlier than that.
    package let deadline: Date
    /// In words, up to 2,000 characters; empty for none.
    package let conditions: String

    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        pay: Money, quantity: Int, answerBy: Date, deadline: Date, conditions: String = ""
    ) throws(BadInput) {
        guard (1...1_000_000_000_000).contains(pay.minorUnits) else {
            throw BadInput("amount_minor", "must be 1 to 1000000000000")
        }
        guard (1...Self.quantityMax).contains(quantity) else {
            throw BadInput("quantity", "must be 1 to \(Self.quantityMax)")
        }
        guard answerBy <= deadline else { throw BadInput("deadline", "must not be before the time to answer") }
        self.pay = pay
        self.quantity = quantity
        self.answerBy = answerBy
        self.deadline = deadline
        self.conditions =
            conditions.isEmpty ? "" : try PlainText.lines(conditions, field: "conditions", lengthMax: 2_000)
    }

    /// Refuses times that are over, or too far ahead.
    ///
    /// - Throws: ``BadInput``.
    func mustBeAhead(of instant: Date) throws(BadInput) {
        guard answerBy > instant else { throw BadInput("answer_by", "must be later than now") }
        guard deadline.timeIntervalSince(instant) <= Double(Self.daysMax) * 86_400 else {
            throw BadInput("deadline", "must be within \(Self.daysMax) days")
        }
    }
}

/// One side's turn. Never changed.
package struct DirectTurn: Hashable, Sendable {
    /// 1 for the first; odd ones are the requester's.
    package let number: Int
    package let side: Bargainer
    package let madeBy: Principal.ID
    package let madeAt: Date
    package let terms: DirectTerms

    /// `{"turn", "side", "amount_minor", "currency", "quantity", "answer_by", "deadline", "conditions", "made_at"}`,
    /// the times as RFC 3339.
    package var json: JSON {
        [
            "turn": .integer(Int64(number)), "side": .string(side.rawValue),
            "amount_minor": .integer(terms.pay.minorUnits), "currency": .string(terms.pay.currency.code),
            "quantity": .integer(Int64(terms.quantity)), "answer_by": .string(terms.answerBy.formatted(.iso8601)),
            "deadline": .string(terms.deadline.formatted(.iso8601)), "conditions": .string(terms.conditions),
            "made_at": .string(madeAt.formatted(.iso8601)),
        ]
    }
}

extension DirectOffer {
    /// `{"direct_offer", "requester_id", "batch", "worker", "state", "taken", "ends_at", "agreed_at", "stands"}`, where
    /// `stands` is the last turn (``DirectTurn/json``).
    package var json: JSON {
        [
            "direct_offer": .string("\(id)"), "requester_id": .string("\(requester)"), "batch": .string("\(batch)"),
            "worker": .string("\(worker)"), "state": .string(state.rawValue), "taken": .integer(Int64(taken)),
            "ends_at": .string(endsAt.formatted(.iso8601)),
            "agreed_at": agreedAt.map { .string($0.formatted(.iso8601)) } ?? .null, "stands": turn.json,
        ]
    }
}
