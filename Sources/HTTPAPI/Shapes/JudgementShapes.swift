internal import Marketplace

extension Shape {
    static let fieldMarks = Shape.list(
        .object(["field": .text, "mark": .words("right", "wrong", "missing"), "quote": Shape.text.optional]),
        0...ReviewSheet.fieldsMax)
    static let reviewSheet: KeyValuePairs<String, Shape> = [
        "fields": fieldMarks.optional, "scores": Shape.anyObject.described("By criterion of the rubric.").optional,
        "rule": Shape.text.described("snake_case: which rule the answer is against.").optional,
    ]
    static let reviewItem = Shape.object(
        "ReviewItem",
        [
            "assignment": .id, "batch": .id, "task": .id, "external_key": .text, "guideline_version": .count,
            "submitted_at": .time,
        ])
    static let reviewer = Shape.object(
        "Reviewer",
        [
            "person": .id, "opinions": .count, "compared": .count, "agreed": .count, "overturned": .count,
            "weight_ppm": Shape.integer.described("What one word counts in estimates of skill, in millionths."),
        ])
    static let rework = Shape.object(
        "Rework",
        [
            "assignment": .id, "requester": .id, "round": .count, "reasons": .text, "sheet": .anything,
            "sent_at": .time, "answer_until": .time,
        ])
    static let decision = Shape.object(
        "Decision",
        [
            "decision": .id, "kind": .choice(DecisionKind.self), "worker": .id, "subject": .id, "rule": .text,
            "facts": .anyObject, "reasons": .text, "automated": .text, "decided_at": .time, "appeal_until": .time,
            "appeal": .id.orNull, "appeal_state": .choice(AppealState.self).orNull, "answer_until": .time.orNull,
            "answer": .text.orNull, "remedy": .anything,
        ])
    static let appeal = Shape.object(
        "Appeal",
        [
            "appeal": .id, "decision": .id, "kind": .choice(DecisionKind.self), "worker": .id, "statement": .text,
            "filed_at": .time, "answer_until": .time, "state": .choice(AppealState.self), "answer": .text.orNull,
            "remedy": .anything,
        ])
    static let decisionFigure = Shape.object(
        "DecisionFigure",
        [
            "kind": .choice(DecisionKind.self), "decisions": .count, "appeals": .count, "upheld": .count,
            "overturned": .count, "open": .count, "overdue": .count, "median_seconds": .count.orNull,
        ])
    static let qualityCase = Shape.object(
        "QualityCase",
        [
            "case": .id, "signal": .text, "state": .choice(QualityCaseState.self), "requester": .id, "batch": .id,
            "workers": .list(.id), "score_milli": .integer, "evidence_count": .count, "opened_at": .time,
            "decided_at": .time.orNull, "decided_by": .id.orNull, "reasons": .text.orNull,
        ])
    static let qualityCaseWhole = qualityCase.with(
        "QualityCaseWithEvidence",
        [
            "evidence": .list(
                .object(
                    "QualityEvidence",
                    [
                        "evidence": .text, "score_milli": .integer, "tasks": .list(.id), "facts": .anyObject,
                        "found_at": .time,
                    ]))
        ])
    static let record = Shape.object(
        "WorkerRecord",
        [
            "format": .words("guildhall-worker-record"), "version": .integer, "worker": .id, "name": .text,
            "issued_at": .time, "lines": .list(.anyObject),
        ])
    static let stopping = Shape.object(
        "Stopping",
        [
            "stopping": .id, "task": .id, "basis": .text, "outcome": .text, "answers": .count, "least": .count,
            "most": .count, "confidence_bps": .bps, "target_bps": .bps, "decided_at": .time, "fit": .count.orNull,
            "posterior": .anyObject.orNull, "sentence": .text,
        ])
    static let routing = Shape.object(
        "RoutingExplanation",
        [
            "requester_id": .id, "batch_id": .id, "reason": .text, "message": .text.orNull, "counts": .anyObject,
            "slots_left": .count, "since": .time, "last_said": .time,
        ])
    static let ownRouting = Shape.object(
        "OwnRouting",
        ["worker": .id, "reason": .text, "message": .text, "counts": .anyObject, "explained_at": .time])
    static let explainedOffer = Shape.object(
        "ExplainedOffer",
        [
            "offer": .id, "requester_id": .id, "batch_id": .id, "state": .choice(OfferState.self),
            "explanation": Shape.object(
                "OfferExplanation",
                [
                    "value_micros": .integer, "parts": .anyObject, "hours_price_micros": .integer,
                    "certificate_millionths": .integer, "candidates": Shape.count.optional,
                    "runner_up": Shape.anything.optional,
                ]
            ).orNull,
        ])
    private static let star = Shape.object(["mean_milli": .integer, "low_milli": .integer, "high_milli": .integer])
    static let score = Shape.object(
        "RequesterScore", ["workers": .count, "clarity": star, "fairness": star, "pay_speed": star])
}
