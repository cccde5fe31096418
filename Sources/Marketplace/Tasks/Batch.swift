package import Foundation
internal import Store

/// One release of work, priced, with a budget.
package struct Batch: Sendable {
    package typealias ID = Identifier<Batch>

    /// Whose it is, and which.
    package struct Key: Hashable, Sendable {
        package let requester: Requester.ID
        package let id: ID

        package init(requester: Requester.ID, id: ID) {
            (self.requester, self.id) = (requester, id)
        }
    }

    package let id: ID
    package let requester: Requester.ID
    package let project: Project.ID
    package let name: String
    package let state: BatchState
    package let door: BatchDoor
    /// How many counted assignments each task wants.
    package let redundancy: Int
    /// The most answers of a task: ``redundancy``, or more where more are asked for while answers differ.
    package let redundancyMost: Int
    /// The share of the commonest answer that is agreement enough, in ten-thousandths; `nil` for fixed redundancy.
    package let agreementBasisPoints: Int?
    /// What a wrong answer costs the requester, in minor units; `nil` where agreement alone decides.
    package let errorCost: Int64?
    /// What a right answer is worth to the requester, in minor units; `nil` where they have not said.
    package let answerValue: Int64?
    /// What one accepted assignment pays the worker.
    package let pay: Money
    /// What the platform adds to that.
    package let fee: Money
    /// What one accepted assignment costs at most, its price risen to the cap.
    package let mostPay: Money
    package let mostFee: Money
    package let budget: Money
    /// What is held for top-ups beside the worst case, in ten-thousandths of its pay.
    package let topUpBasisPoints: Int
    /// What was held for top-ups at the opening, and how much of it they took.
    package let topUpShare: Money
    package let topUpSpent: Money
    package let rate: PayRate.ID
    package let expectedMinutes: Int
    package let priority: Int
    package let openedAt: Date?
    /// How many tasks it has, and how many answers they want.
    package let taskCount: Int
    package let slotCount: Int

    package let sharing: TaskSharing

    package var key: Key { Key(requester: requester, id: id) }
    /// Past it nothing more is handed out; `nil` for no deadline.
    package let dueAt: Date?
    /// How it ended; `nil` until then.
    package let closedReason: BatchClosedReason?
    package let closedBy: Principal.ID?
    package let archivedAt: Date?
    /// What it closes as when nothing is in hand any more, where that is not ``BatchClosedReason/done``.
    let closesAs: BatchClosedReason?
    /// What a change of redundancy that has begun and not ended leads to; `nil` where none has.
    package let resizingTo: Int?
    /// How many of its tasks with a suggestion stay without it, in ten-thousandths.
    package let controlBasisPoints: Int

    /// What one assignment costs its requester at most.
    package var worstCaseOfOne: Money {
        get throws(MoneyError) { try mostPay.adding(mostFee) }
    }
}

/// The values of the PostgreSQL enum `batch_state`, in its order.
package enum BatchState: String, Sendable, CaseIterable, SQLEnum {
    case draft, open, paused, closed, archived

    /// Whether its work is held for and may be in hand.
    var isInWork: Bool { self == .open || self == .paused }
}

/// How a batch ended: the values of the PostgreSQL enum `batch_closed_reason`, in its order.
package enum BatchClosedReason: String, Sendable, CaseIterable, SQLEnum {
    /// Nothing was left to do.
    case done
    /// Its budget was lowered, and what it no longer covered was withdrawn.
    case budget
    /// Its deadline passed.
    case expired
    /// By hand.
    case withdrawn
}

/// What can happen to a batch.
package enum BatchEvent: String, Sendable, CaseIterable {
    case publish, pause, resume, close, archive
}

extension BatchState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: BatchEvent) -> BatchState? {
        switch (self, event) {
        case (.draft, .publish): .open
        case (.open, .pause): .paused
        case (.paused, .resume): .open
        case (.open, .close), (.paused, .close): .closed
        case (.closed, .archive): .archived
        case (.draft, .pause), (.draft, .resume), (.draft, .close), (.draft, .archive),
            (.open, .publish), (.open, .resume), (.open, .archive),
            (.paused, .publish), (.paused, .pause), (.paused, .archive),
            (.closed, .publish), (.closed, .pause), (.closed, .resume), (.closed, .close), (.archived, _):
            nil
        }
    }
}

/// The values of the PostgreSQL enum `batch_door`, in its order.
package enum BatchDoor: String, Sendable, CaseIterable, SQLEnum {
    /// Workers pull.
    case claim
    /// The scheduler proposes.
    case offer
    /// Workers bid; the winners of an auction take what they have won.
    case bid
}

/// Why a batch cannot go where it is told to. In order of precedence.
package enum BatchRefusal: Refusal {
    /// Another batch of the project has the name; which setting of it is not as asked.
    case nameTaken(field: String)
    /// No rate is in force for profession, tier, kind of task and currency.
    case noRate
    case wrongState(BatchState, BatchEvent)
    /// Tasks can be added to drafts only.
    case notDraft(BatchState)
    case noTasks
    /// Its deadline has passed.
    case overdue
    /// The worst case in minor units, with what is kept for top-ups, is above the budget.
    case overBudget(worstCase: Int64, budget: Int64)
    /// The wallet does not cover the worst case, in minor units.
    case notFunded(worstCase: Int64)
    /// Somebody holds a lease on it, or a submission waits for review.
    case workInFlight

    package var code: String {
        switch self {
        case .nameTaken: "name_taken"
        case .noRate: "no_rate"
        case .wrongState: "batch_wrong_state"
        case .notDraft: "batch_not_draft"
        case .noTasks: "batch_without_tasks"
        case .overdue: "batch_overdue"
        case .overBudget: "over_budget"
        case .notFunded: "not_funded"
        case .workInFlight: "work_in_flight"
        }
    }

    package var message: String {
        switch self {
        case .nameTaken(let field):
            "A batch of the project has this name, and its \(field) is not what you ask for. Take another name, or ask "
                + "for the same."
        case .noRate: "The rate card has no rate in force for this work. Ask finance for one."
        case .wrongState(let state, let event): "A batch that is \(state.rawValue) cannot \(event.rawValue)."
        case .notDraft(let state): "Tasks can be added to a draft; this batch is \(state.rawValue)."
        case .noTasks: "The batch has no tasks."
        case .overdue: "The deadline of the batch has passed."
        case .overBudget(let worstCase, let budget):
            "In the worst case the batch costs \(worstCase) minor units, which is above its budget of \(budget)."
        case .notFunded(let worstCase): "The wallet does not hold the \(worstCase) minor units of the worst case."
        case .workInFlight: "Somebody is working on the batch, or answers wait for review. Pause it and try later."
        }
    }
}
