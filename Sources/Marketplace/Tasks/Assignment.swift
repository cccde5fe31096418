package import Formats
package import Foundation
internal import Store

/// One worker's try at one slot of a task.
package struct Assignment: Sendable {
    package typealias ID = Identifier<Assignment>
    package let id: ID
    package let requester: Requester.ID
    package let batch: Batch.ID
    package let task: WorkTask.ID
    package let slot: Int
    package let worker: Worker.ID
    package let state: AssignmentState
    /// Goes with every message about the lease; another one means that the slot has been given to somebody else.
    package let leaseToken: Int64
    package let leasedAt: Date
    package let leaseUntil: Date
    /// How far heartbeats can extend the lease.
    package let answerBy: Date
    /// See ``Terms``; frozen when the lease was taken.
    package let terms: JSON
}

/// The values of the PostgreSQL enum `assignment_state`, in its order.
package enum AssignmentState: String, Sendable, CaseIterable, SQLEnum {
    case leased, submitted, accepted, rejected, expired, returned, revoked
}

/// What can happen to an assignment.
package enum AssignmentEvent: String, Sendable, CaseIterable {
    case submit, accept, reject, lapse, giveBack, revoke
}

extension AssignmentState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: AssignmentEvent) -> AssignmentState? {
        switch self {
        case .leased:
            switch event {
            case .submit: .submitted
            case .lapse: .expired
            case .giveBack: .returned
            case .revoke: .revoked
            case .accept, .reject: nil
            }
        case .submitted:
            switch event {
            case .accept: .accepted
            case .reject: .rejected
            case .submit, .lapse, .giveBack, .revoke: nil
            }
        case .accepted, .rejected, .expired, .returned, .revoked: nil
        }
    }
}

/// What is promised for an assignment. Written with the lease and never changed.
struct Terms: Sendable {
    let offering: Offering
    let answerBy: Date
    /// ISO 3166-1: where the worker works from.
    let placeOfPerformance: String

    var json: JSON {
        [
            "pay_minor": .integer(offering.pay.minorUnits),
            "fee_minor": .integer(offering.fee.minorUnits),
            "currency": .string(offering.pay.currency.code),
            "unit": .string(offering.unit.rawValue),
            "rate_id": .string("\(offering.rate)"),
            "guideline_version": .integer(Int64(offering.guidelineVersion)),
            "answer_by": .string(answerBy.ISO8601Format()),
            "place_of_performance": .string(placeOfPerformance),
            "escalated_from_minor": offering.escalatedFrom.map { .integer($0.minorUnits) } ?? .null,
            "rate_trace": offering.rateTrace ?? .null,
        ]
    }
}

extension Assignment {
    static let columns: SQL = """
        assignment.requester_id, assignment.assignment_id, assignment.batch_id, assignment.task_id,
        assignment.slot_no, assignment.worker_id, assignment.state, assignment.lease_token, assignment.leased_at,
        assignment.lease_until, assignment.answer_by, assignment.terms
        """

    init(row: Row) throws {
        id = try row["assignment_id"]
        requester = try row["requester_id"]
        batch = try row["batch_id"]
        task = try row["task_id"]
        slot = try row["slot_no"]
        worker = try row["worker_id"]
        state = try row["state"]
        leaseToken = try row["lease_token"]
        leasedAt = try row["leased_at"]
        leaseUntil = try row["lease_until"]
        answerBy = try row["answer_by"]
        terms = try row["terms"]
    }
}
