internal import Formats
internal import Foundation
internal import Marketplace

extension Shape {
    static let requester = Shape.object(
        "Requester",
        [
            "requester": .id, "external_key": .text, "name": .text,
            "wallets": .list(.object("Amount", ["amount_minor": .minor, "currency": .currency])),
        ])
    static let project = Shape.object(
        "Project",
        [
            "project": .id, "external_key": .text, "name": .text, "task_kind": .choice(TaskKind.self),
            "guideline": .id, "guideline_version": .count, "guideline_pin": .count.orNull, "function": .text,
            "deidentification": .text,
        ])
    static let projectDraft = Shape.object(
        "ProjectDraft",
        [
            "external_key": .text, "name": .text, "task_kind": .choice(TaskKind.self),
            "guideline": Shape.text.described("A text, Markdown; or `existing_guideline`.").optional,
            "existing_guideline": Shape.text.optional, "guideline_pin": Shape.integer.optional,
            "parameters": Shape.anything.described("Of the kind; or schemas of its own.").optional,
            "input_schema": Shape.anything.optional, "answer_schema": Shape.anything.optional,
            "parties": Shape.list(.text).described("For conflicts of interest.").optional,
            "function": Shape.text.optional, "deidentification": Shape.text.optional,
            "retention_class": Shape.text.optional,
        ])
    static let batch = Shape.object(
        "Batch",
        [
            "batch": .id, "requester": .id, "project": .id, "name": .text, "state": .choice(BatchState.self),
            "door": .choice(BatchDoor.self), "redundancy": .count, "redundancy_most": .count,
            "agreement_bps": .bps.orNull, "error_cost_minor": .minor.orNull, "answer_value_minor": .minor.orNull,
            "currency": .currency,
            "pay_minor": .minor, "fee_minor": .minor, "most_pay_minor": .minor, "budget_minor": .minor,
            "top_up_bps": .bps, "top_up_share_minor": .minor, "top_up_spent_minor": .minor, "control_bps": .bps,
            "expected_minutes": .count, "priority": .integer, "tasks": .count, "slots": .count,
            "opened_at": .time.orNull, "due_at": .time.orNull, "resizing_to": .count.orNull,
            "closed_reason": Shape.choice(BatchClosedReason.self).orNull, "closed_by": .id.orNull,
            "archived_at": .time.orNull,
        ])
    static let batchDraft = Shape.object(
        "BatchDraft",
        [
            "project": Shape.text.described("Its external key."), "name": .text, "profession": .text, "tier": .text,
            "requirement": .anyObject.described("What a worker must have: all, any, not, and rules."),
            "fee_bps": .integer, "currency": .currency, "budget_minor": .integer, "expected_minutes": .integer,
            "door": Shape.choice(BatchDoor.self).optional, "redundancy": Shape.integer.optional,
            "redundancy_most": Shape.integer.optional, "agreement_bps": Shape.integer.optional,
            "error_cost_minor": Shape.integer.optional, "items_per_task": Shape.integer.optional,
            "lease_seconds": Shape.integer.optional, "answer_seconds": Shape.integer.optional,
            "priority": Shape.integer.optional, "workforces": Shape.list(.choice(Workforce.self)).optional,
            "region": Shape.text.optional, "language": Shape.text.optional, "hours_to_due": Shape.integer.optional,
            "unsocial_hours": Shape.flag.optional, "difficulty": Shape.integer.optional,
            "escalation": Shape.anyObject.optional, "top_up_bps": Shape.integer.optional,
            "worker_tasks_max": Shape.integer.optional, "gold_bps": Shape.integer.optional,
            "packed": Shape.flag.optional, "due_at": Shape.time.optional, "control_bps": Shape.integer.optional,
            "sensitivity": Shape.integer.optional, "ceiling_minor": Shape.integer.optional,
            "answer_value_minor": Shape.integer.described("What a right answer is worth; routing goes by it.").optional,
        ])
    static let withdrawn = Shape.object(
        "Withdrawn", ["tasks": .count, "slots": .count, "released_minor": .minor, "currency": .currency])
    static let task = Shape.object(
        "Task",
        [
            "task": .id, "external_key": .text, "state": .choice(TaskState.self),
            "slots": .list(
                .object(
                    "Slot",
                    [
                        "slot": .count, "state": .choice(SlotState.self), "lapses": .count, "lease_until": .time.orNull,
                    ])),
        ])
    static let taskDraft = Shape.object(
        "TaskDraft",
        [
            "external_key": .text, "payload": .anything, "parties": Shape.list(.text).optional,
            "matter": Shape.text.optional, "suggestion": Shape.anyObject.optional,
        ])
    static let importRun = Shape.object(
        "Import",
        [
            "import": .id, "batch": .id, "name": .text, "state": .choice(ImportState.self), "records": .count,
            "added": .count, "unchanged": .count, "faulty": .count, "begun_at": .time, "ended_at": .time.orNull,
        ])
    static let quarantinedSlot = Shape.object(
        "QuarantinedSlot",
        ["task": .id, "slot": .count, "external_key": .text, "lapses": .count, "reasons": .anyObject])
}

extension RequesterLine {
    var wire: JSON {
        [
            "requester": .string("\(id)"), "external_key": .string(externalKey), "name": .string(name),
            "wallets": .array(wallets.map(\.wire)),
        ]
    }
}

extension Money {
    var wire: JSON { ["amount_minor": .integer(minorUnits), "currency": .string(currency.code)] }
}

extension Project {
    var wire: JSON {
        [
            "project": .string("\(id)"), "external_key": .string(externalKey), "name": .string(name),
            "task_kind": .string(taskKind.rawValue), "guideline": .string("\(guideline)"),
            "guideline_version": .integer(Int64(guidelineVersion)),
            "guideline_pin": guidelinePin.map { .integer(Int64($0)) } ?? .null,
            "function": .string(function.rawValue), "deidentification": .string(deidentification.rawValue),
        ]
    }
}

extension Batch {
    var wire: JSON {
        let own: [String: JSON] = [
            "batch": .string("\(id)"), "requester": .string("\(requester)"), "project": .string("\(project)"),
            "name": .string(name), "state": .string(state.rawValue), "door": .string(door.rawValue),
            "expected_minutes": .integer(Int64(expectedMinutes)), "priority": .integer(Int64(priority)),
            "tasks": .integer(Int64(taskCount)), "slots": .integer(Int64(slotCount)),
            "opened_at": .second(openedAt),
            "due_at": .second(dueAt),
            "resizing_to": resizingTo.map { .integer(Int64($0)) } ?? .null,
            "closed_reason": closedReason.map { .string($0.rawValue) } ?? .null,
            "closed_by": closedBy.map { .string("\($0)") } ?? .null,
            "archived_at": .second(archivedAt),
        ]
        return .object(own.merging(pricing) { own, _ in own })
    }

    private var pricing: [String: JSON] {
        [
            "redundancy": .integer(Int64(redundancy)), "redundancy_most": .integer(Int64(redundancyMost)),
            "agreement_bps": agreementBasisPoints.map { .integer(Int64($0)) } ?? .null,
            "error_cost_minor": errorCost.map(JSON.integer) ?? .null,
            "answer_value_minor": answerValue.map(JSON.integer) ?? .null, "currency": .string(pay.currency.code),
            "pay_minor": .integer(pay.minorUnits), "fee_minor": .integer(fee.minorUnits),
            "most_pay_minor": .integer(mostPay.minorUnits), "budget_minor": .integer(budget.minorUnits),
            "top_up_bps": .integer(Int64(topUpBasisPoints)), "top_up_share_minor": .integer(topUpShare.minorUnits),
            "top_up_spent_minor": .integer(topUpSpent.minorUnits),
            "control_bps": .integer(Int64(controlBasisPoints)),
        ]
    }
}

extension Withdrawal {
    var wire: JSON {
        [
            "tasks": .integer(Int64(tasks)), "slots": .integer(Int64(slots)),
            "released_minor": .integer(released.minorUnits), "currency": .string(released.currency.code),
        ]
    }
}

extension TaskLine {
    var wire: JSON {
        [
            "task": .string("\(id)"), "external_key": .string(externalKey), "state": .string(state.rawValue),
            "slots": .array(
                slots.map { slot in
                    [
                        "slot": .integer(Int64(slot.number)), "state": .string(slot.state.rawValue),
                        "lapses": .integer(Int64(slot.lapses)),
                        "lease_until": .millisecond(slot.leaseUntil),
                    ]
                }),
        ]
    }
}

extension ImportRun {
    var wire: JSON {
        [
            "import": .string("\(id)"), "batch": .string("\(batch)"), "name": .string(sourceName),
            "state": .string(state.rawValue), "records": .integer(Int64(counts.records)),
            "added": .integer(Int64(counts.added)), "unchanged": .integer(Int64(counts.unchanged)),
            "faulty": .integer(Int64(counts.faulty)), "begun_at": .millisecond(begunAt),
            "ended_at": .millisecond(endedAt),
        ]
    }
}

extension QuarantinedSlot {
    var wire: JSON {
        let said = reasons.map { ($0.key.rawValue, JSON.integer(Int64($0.value))) }
        return [
            "task": .string("\(task)"), "slot": .integer(Int64(slot)), "external_key": .string(externalKey),
            "lapses": .integer(Int64(lapses)),
            "reasons": .object(Dictionary(said, uniquingKeysWith: { first, _ in first })),
        ]
    }
}
