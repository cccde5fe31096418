package import Foundation

/// Why what was agreed of a batch cannot be changed. In order of precedence.
package enum BatchLifeRefusal: Refusal {
    /// Only open and paused batches are worked on.
    case notInWork(BatchState)
    /// Nothing can be changed of a batch that has ended.
    case ended(BatchState)
    /// The deadline has passed.
    case overdue
    /// A change of redundancy to that has begun and not ended.
    case resizing(to: Int)
    /// A live lease was promised time until then.
    case promised(until: Date)
    /// So many tasks have more answers, or leases in hand, than that.
    case moreAnswers(tasks: Int, than: Int)
    /// What was spent and what is in hand come to this, in minor units.
    case budgetTooLow(least: Int64)

    package var code: String {
        switch self {
        case .notInWork: "batch_not_in_work"
        case .ended: "batch_ended"
        case .overdue: "batch_overdue"
        case .resizing: "batch_resizing"
        case .promised: "deadline_promised"
        case .moreAnswers: "more_answers"
        case .budgetTooLow: "budget_too_low"
        }
    }

    package var message: String {
        switch self {
        case .notInWork(let state): "The batch is \(state.rawValue); this can be done to one that is open or paused."
        case .ended(let state): "The batch is \(state.rawValue) and cannot be changed any more."
        case .overdue: "The deadline of the batch has passed; it is ending. Clone it to go on."
        case .resizing(let number):
            "A change of redundancy to \(number) has begun and not ended. Repeat it, then try again."
        case .promised(let end):
            "Somebody was promised time until \(end.ISO8601Format()); the deadline cannot be before that."
        case .moreAnswers(let tasks, let number):
            "\(tasks) tasks have more than \(number) answers or leases in hand; the redundancy cannot be below that."
        case .budgetTooLow(let least):
            "What was spent and what is in hand come to \(least) minor units; the budget cannot be below that."
        }
    }
}

extension Batch {
    /// - Throws: ``BatchLifeRefusal/notInWork(_:)``.
    func mustBeInWork() throws(BatchLifeRefusal) {
        guard state.isInWork else { throw .notInWork(state) }
    }

    /// - Throws: ``BatchLifeRefusal/ended(_:)``.
    func mustNotHaveEnded() throws(BatchLifeRefusal) {
        guard state == .draft || state.isInWork else { throw .ended(state) }
    }
}
