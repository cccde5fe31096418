internal import Marketplace

extension Shape {
    static let assignment = Shape.object(
        "Assignment",
        [
            "assignment_id": .id, "requester_id": .id, "batch_id": .id, "task_id": .id, "slot": .count,
            "state": .choice(AssignmentState.self), "lease_token": .integer, "leased_at": .time, "lease_until": .time,
            "answer_by": .time, "terms": .anyObject.described("Price, unit, currency, guideline, as frozen."),
        ])
    static let assignments = Shape.object(["assignments": .list(.assignment)])
    static let workItem = Shape.object("WorkItem", ["assignment": .assignment, "project": .text])
    static let taskInHand = Shape.object(
        "TaskInHand",
        [
            "assignment": .assignment, "project": .text, "guideline": .text, "answer_schema": .anything,
            "payload": .anything, "draft": .anything,
            "suggestion": Shape.object("Suggestion", ["source": .text, "version": .text, "answer": .anything]).orNull,
        ])
    static let offer = Shape.object(
        "Offer",
        [
            "offer_id": .id, "requester_id": .id, "batch_id": .id, "state": .choice(OfferState.self),
            "answer_by": .time, "pay_minor": .minor, "currency": .currency, "expected_minutes": .count,
        ])
    static let submission = Shape.object(
        "Submission",
        ["assignment_id": .id, "answer_sha256": .sha256, "submitted_at": .time, "state": .words("submitted")])
    static let suggestionLine = Shape.object(
        "SuggestionLine",
        [
            "worker": .id.optional, "source": .text, "version": .text, "shown": .count, "copies": .count,
            "copy_through_bps": .bps.orNull, "mean_distance_shown_bps": .bps.orNull, "controls": .count,
            "mean_distance_control_bps": .bps.orNull,
        ])
    static let eligibleBatch = Shape.object(
        "EligibleBatch",
        [
            "requester_id": .id, "batch_id": .id, "project": .text, "pay_minor": .minor, "currency": .currency,
            "expected_minutes": .count, "priority": .integer,
        ])
    static let eligibility = Shape.object(
        "Eligibility",
        [
            "eligible": .flag, "proof": Shape.anyObject.optional, "code": Shape.text.optional,
            "message": Shape.text.optional, "failing": Shape.text.optional, "reason": Shape.text.optional,
            "rule": Shape.anything.optional,
        ])
    static let unlock = Shape.object("Unlock", ["kind": .text, "sentence": .text, "at": .time.orNull])
    static let prospect = eligibility.with(
        "Prospect", ["requester_id": .id, "batch_id": .id, "project": .text, "unlock": unlock.orNull])
    static let state = Shape.object(["state": .text])
    /// The end of a page of what is keyed by requester and id.
    static let pairKey = Shape.text.described("REQUESTER/ID, two UUIDs.")

    static func state(_ word: String) -> Shape { .object(["state": .words(word)]) }
}
