internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// What reviewers do: what waits, one of it, their verdict, or back to its worker; and the worker's other version.
struct ReviewRoutes {
    private static let bodyBytesMax = 512 << 10
    private static let answerBytesMax = 2 << 20
    private static let one = "/v1/reviews/{requester}/{batch}/{assignment}"
    private static let barred: [Code] = [
        "reviewer_is_author", "close_colleague", "reviewer_worked_on_task", "reviewer_had_original",
        "reviewer_not_cleared", "conflict_of_interest", "already_reviewed", "sent_back", "opinion_given",
        "not_submitted",
    ]
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/reviews/{requester}/{batch}", "listReviews",
                "What waits in a batch for you, without who wrote it", .reviews, for: .platform([.reviewer]),
                query: Parameter.pagingOn, gives: .ok(.page(.reviewItem)), by: queue),
            Endpoint(
                .get, Self.one, "readSubmission", "With its task and answer; you cannot take the task then", .reviews,
                for: .platform([.reviewer]),
                gives: .ok(Shape.reviewItem.with("ReviewedSubmission", ["payload": .anything, "answer": .anything])),
                refuses: Self.barred + Code.content, by: submission),
            Endpoint(
                .post, Self.one, "reviewSubmission",
                "Judge an answer; without a verdict it follows from the fields", .reviews,
                for: .platform([.reviewer]),
                takes: Endpoint.Body(
                    Shape.object([
                        "verdict": Shape.choice(Verdict.self).optional,
                        "share_bps": Shape.integer(0...10_000).described("Of accepted_in_part.").optional,
                        "reasons": Shape.text.optional,
                    ]).with(nil, Shape.reviewSheet), bytesMax: Self.bodyBytesMax),
                gives: .ok(
                    .object(
                        "Review",
                        [
                            "stage": .choice(ReviewStage.self), "earned_minor": .minor,
                            "currency": Shape.currency.orNull.described("ISO 4217; null where nothing was earned."),
                            "decision": .id.orNull,
                        ])),
                refuses: Self.barred, by: judge),
            Endpoint(
                .post, Self.one + "/back", "sendBack", "Ask the worker for another version", .reviews,
                for: .platform([.reviewer]),
                takes: Endpoint.Body(
                    Shape.object(["reasons": .text]).with(nil, Shape.reviewSheet), bytesMax: Self.bodyBytesMax),
                gives: .ok(["answer_until": .time]),
                refuses: Self.barred + ["sent_back_too_often", "judged_already"], by: sendBack),
            Endpoint(
                .get, "/v1/reworks", "listReworks", "What was sent back to you, with reasons and until when", .work,
                for: .worker, query: Parameter.pagingOn, gives: .ok(.page(.rework)), by: reworks),
            Endpoint(
                .post, "/v1/assignments/{assignment}/revision", "reviseAnswer", "Hand another version in", .work,
                for: .worker,
                takes: .json(["answer": .anything, "active_seconds": .integer], bytesMax: Self.answerBytesMax),
                gives: .ok(.submission), refuses: ["not_sent_back", "judged_already", "invalid_answer"], by: revise),
            Endpoint(
                .get, "/v1/reviewers", "listReviewers",
                "How reviewers' opinions stand beside those of others, and what a word of theirs counts", .reviews,
                for: .platform([.operator]), query: Parameter.pagingOn, gives: .ok(.page(.reviewer)), by: reviewers),
        ]
    }

    @Sendable private func queue(_ call: Call) async throws -> Outcome {
        let items = try await ReviewQueue(market: market)(
            of: try call.id("batch"), from: try call.id("requester"), after: try call.identifier("after"),
            limit: call.limit, by: try call.actor)
        return .page(items, limit: call.limit, next: { "\($0.assignment)" }, \.blind)
    }

    @Sendable private func submission(_ call: Call) async throws -> Outcome {
        let found = try await ReadSubmission(market: market)(
            try call.id("assignment"), of: try call.id("requester"), by: try call.actor)
        return .json(found.item.blind.with(["payload": found.payload, "answer": found.answer]))
    }

    @Sendable private func judge(_ call: Call) async throws -> Outcome {
        let (actor, id): (Principal.ID, Assignment.ID) = (try call.actor, try call.id("assignment"))
        let requester: Requester.ID = try call.id("requester")
        let (said, sheet) = (try call.judgement(), try ReviewSheet(call.body))
        let reasons = call.text("reasons") ?? ""
        return try await call.once(200, \.json) {
            try await ReviewSubmission(market: $0)(id, of: requester, said, sheet: sheet, reasons: reasons, by: actor)
        }
    }

    @Sendable private func sendBack(_ call: Call) async throws -> Outcome {
        let (actor, id): (Principal.ID, Assignment.ID) = (try call.actor, try call.id("assignment"))
        let requester: Requester.ID = try call.id("requester")
        let (sheet, reasons) = (try ReviewSheet(call.body), try call.string("reasons"))
        return try await call.once(200, { ["answer_until": .string($0.internetText)] }) {
            try await SendBack(market: $0)(id, of: requester, sheet: sheet, reasons: reasons, by: actor)
        }
    }

    @Sendable private func reworks(_ call: Call) async throws -> Outcome {
        let items = try await MyReworks(market: market)(
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(items, limit: call.limit, next: { "\($0.assignment)" }, \.json)
    }

    @Sendable private func reviewers(_ call: Call) async throws -> Outcome {
        let found = try await ListReviewers(market: market)(
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.person)" }, \.json)
    }

    @Sendable private func revise(_ call: Call) async throws -> Outcome {
        let (worker, id): (Principal.ID, Assignment.ID) = (try call.actor, try call.id("assignment"))
        guard let answer = call.body["answer"] else { throw BadInput("answer", "is missing") }
        let active = Int(clamping: try call.integer("active_seconds"))
        return try await call.once(200, \.json) {
            try await HandInAgain(market: $0)(answer, for: id, activeSeconds: active, by: worker)
        }
    }
}

extension Call {
    fileprivate func judgement() throws -> Judgement? {
        guard self["verdict"] != nil else { return nil }
        switch Verdict(rawValue: try string("verdict")) {
        case .accepted: return .accepted
        case .acceptedInPart: return .acceptedInPart(basisPoints: Int(clamping: try integer("share_bps")))
        case .rejected: return .rejected
        case nil: throw BadInput("verdict", "must be accepted, accepted_in_part or rejected")
        }
    }
}

extension ReviewItem {
    /// Without its worker.
    fileprivate var blind: JSON {
        [
            "assignment": .string("\(assignment)"), "batch": .string("\(batch)"), "task": .string("\(task)"),
            "external_key": .string(externalKey), "guideline_version": .integer(Int64(guidelineVersion)),
            "submitted_at": .millisecond(submittedAt),
        ]
    }
}

extension Review {
    fileprivate var json: JSON {
        [
            "stage": .string(stage.rawValue), "earned_minor": .integer(earned?.minorUnits ?? 0),
            "currency": earned.map { .string($0.currency.code) } ?? .null,
            "decision": decision.map { .string("\($0)") } ?? .null,
        ]
    }
}

extension OpenRework {
    fileprivate var json: JSON {
        [
            "assignment": .string("\(assignment)"), "requester": .string("\(requester)"),
            "round": .integer(Int64(round)), "reasons": .string(reasons), "sheet": sheet,
            "sent_at": .millisecond(sentAt), "answer_until": .millisecond(answerUntil),
        ]
    }
}
