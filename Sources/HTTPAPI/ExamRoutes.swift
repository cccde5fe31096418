internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Qualification exams and tiers: rules, exams, attempts, promotions and losses, and who held which tier when.
struct ExamRoutes {
    private static let operators = Access.platform([.operator])
    private static let own = Access.named(or: [.operator])
    private static let exam = Shape.object(
        "Exam",
        [
            "exam": .id, "key": .text, "version": .count, "profession": .text, "title": .text, "minutes": .count,
            "attempts_max": .count, "cooldown_hours": .count, "pass_bps": .bps, "valid_days": .count,
        ])
    private static let attempt = Shape.object(
        "ExamAttempt",
        [
            "attempt": .id, "exam": .id, "key": .text, "attempt_no": .count, "due_at": .time, "sections": .anything,
            "score_bps": .bps.orNull, "is_passed": .flag.orNull, "expires_at": .time.orNull,
        ])
    private static let key = Parameter.path("exam", Shape.text(1...60).described("Its key."))
    let market: Market

    var endpoints: [Endpoint] { exams + attempts }

    private var exams: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/exams", "listExams", "The newest version of each exam, by key", .exams, for: .anybody,
                query: [.next("after", .text(1...60)), .limit()],
                gives: .ok(.page(Self.exam, next: .text)), by: list),
            Endpoint(
                .post, "/v1/exams", "publishExam", "Publish an exam, or the next version of one", .exams,
                for: Self.operators,
                takes: .json(
                    [
                        "profession": .text, "key": .text(1...60), "title": .text,
                        "sections": Shape.list(.anyObject, 1...50).described(
                            "title, weight, questions of id, prompt, options and skill."),
                        "answer_key": Shape.anyObject.described("The option that is right, by question."),
                        "minutes": .integer(1...1_440), "attempts_max": .integer(1...100),
                        "cooldown_hours": .integer(0...8_760), "pass_bps": .integer(1...10_000),
                        "valid_days": .integer(1...3_650),
                    ], bytesMax: 1 << 20),
                gives: .created(["exam": .id, "key": .text, "version": .count]),
                refuses: ["unknown_profession", "exam_key_taken", "exam_version_taken"], by: publish),
        ]
    }

    private var attempts: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/exams/{exam}/attempts", "startExam",
                "Begin an attempt, or get the one under way: its questions and until when", .exams, for: .worker,
                query: [Self.key], takes: .empty, gives: .created(Self.attempt),
                refuses: ["no_profile", "no_attempt_left", "exam_cooling_down"], by: start),
            Endpoint(
                .post, "/v1/exam-attempts/{attempt}/answers", "handInExam",
                "Hand an attempt in; twice is the same as once", .exams, for: .worker,
                takes: .json(
                    ["answers": Shape.anyObject.described("The option chosen, by question.")], bytesMax: 256 << 10),
                gives: .ok(Self.attempt), by: handIn),
            Endpoint(
                .get, "/v1/workers/{worker}/exam-attempts", "listExamAttempts", "A worker's attempts, newest first",
                .exams, for: Self.own, query: Parameter.pagingOn, gives: .ok(.page(Self.attempt)), by: listAttempts),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListExams(market: market)(after: call.query["after"], limit: call.limit)
        return .page(found, limit: call.limit, next: { $0.key }, \.json)
    }

    @Sendable private func publish(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let draft = try ExamDraft(json: call.body)
        return try await call.once(
            201,
            { (made: (id: Exam.ID, version: Int)) in
                ["exam": .string("\(made.id)"), "key": .string(draft.key), "version": .integer(Int64(made.version))]
            }
        ) { try await PublishExam(market: $0)(draft, by: actor) }
    }

    @Sendable private func start(_ call: Call) async throws -> Outcome {
        let (key, worker) = (try call.name("exam"), Worker.ID(try call.actor.uuid))
        return try await call.once(201, \.wire) { try await StartExam(market: $0)(key, by: worker) }
    }

    @Sendable private func handIn(_ call: Call) async throws -> Outcome {
        let (id, worker): (ExamAttempt.ID, Worker.ID) = (try call.id("attempt"), Worker.ID(try call.actor.uuid))
        let answers = call["answers"] ?? [:]
        return try await call.once(200, \.wire) { try await HandInExam(market: $0)(id, answers: answers, by: worker) }
    }

    @Sendable private func listAttempts(_ call: Call) async throws -> Outcome {
        let found = try await ListExams(market: market).attempts(
            of: try call.id("worker"), after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }
}

extension ExamAttempt {
    /// As ``json``, with times as RFC 3339.
    fileprivate var wire: JSON {
        json.with(["due_at": .second(dueAt), "expires_at": .second(result?.expiresAt)])
    }
}
