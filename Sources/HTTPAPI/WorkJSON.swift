internal import Formats
internal import Foundation
internal import Marketplace

extension Assignment {
    /// The wire form of an assignment; times are RFC 3339 in UTC.
    var json: JSON {
        [
            "assignment_id": .string("\(id)"), "requester_id": .string("\(requester)"),
            "batch_id": .string("\(batch)"), "task_id": .string("\(task)"), "slot": .integer(Int64(slot)),
            "state": .string(state.rawValue), "lease_token": .integer(leaseToken),
            "leased_at": .millisecond(leasedAt), "lease_until": .millisecond(leaseUntil),
            "answer_by": .millisecond(answerBy), "terms": terms,
        ]
    }
}

extension WorkItem {
    var json: JSON { ["assignment": assignment.json, "project": .string(projectName)] }
}

extension TaskInHand {
    var json: JSON {
        [
            "assignment": assignment.json, "project": .string(projectName), "guideline": .string(guideline),
            "answer_schema": answerSchema, "payload": payload, "draft": draft ?? .null,
            "suggestion": suggestion?.json ?? .null,
        ]
    }
}

extension ShownSuggestion {
    fileprivate var json: JSON { ["source": .string(source), "version": .string(version), "answer": answer] }
}

extension Offer {
    /// The wire form of an offer; why it was made is not for the worker.
    var json: JSON {
        [
            "offer_id": .string("\(id)"), "requester_id": .string("\(requester)"), "batch_id": .string("\(batch)"),
            "state": .string(state.rawValue), "answer_by": .millisecond(answerBy),
            "pay_minor": .integer(pay.minorUnits), "currency": .string(pay.currency.code),
            "expected_minutes": .integer(Int64(expectedMinutes)),
        ]
    }
}

extension Submission {
    var json: JSON {
        [
            "assignment_id": .string("\(assignment)"), "answer_sha256": .string(hash.hexadecimal),
            "submitted_at": .millisecond(submittedAt), "state": "submitted",
        ]
    }
}
