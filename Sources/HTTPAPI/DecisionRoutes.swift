internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace
internal import Store

/// Decisions about a worker and their appeals; the register of appeals for operators; numbers for everybody.
struct DecisionRoutes {
    private static let bodyBytesMax = 32 << 10
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/decisions", "listDecisions",
                "What was decided about you, newest first: rule, facts, reasons, and until when you can appeal",
                .decisions, for: .oneself, query: Parameter.paging, gives: .ok(.page(.decision)), by: decisions),
            Endpoint(
                .post, "/v1/decisions/{decision}/appeal", "fileAppeal",
                "Appeal; the same statement again is the same appeal", .decisions, for: .worker,
                takes: .json(["statement": .text], bytesMax: Self.bodyBytesMax), gives: .created(.appeal),
                refuses: ["appeal_too_late", "already_appealed"], by: appeal),
            Endpoint(
                .get, "/v1/appeals", "listAppeals", "The register of appeals; of the open ones what is overdue first",
                .decisions, for: .platform([.operator]),
                query: [.query("state", .choice(AppealState.self)), .after, .limit()], gives: .ok(.page(.appeal)),
                by: appeals),
            Endpoint(
                .post, "/v1/appeals/{appeal}/withdraw", "withdrawAppeal", "Take an appeal back", .decisions,
                for: .worker, takes: .empty, gives: .ok(.state("withdrawn")), refuses: ["appeal_not_open"],
                by: withdraw),
            Endpoint(
                .post, "/v1/appeals/{appeal}/answer", "answerAppeal",
                "Answer an appeal, as somebody who had no part in the decision", .decisions,
                for: .platform([.operator]),
                takes: .json(
                    ["verdict": .words("upheld", "overturned"), "answer": .text], bytesMax: Self.bodyBytesMax),
                gives: .ok(["state": .words("upheld", "overturned"), "remedy": .anything]),
                refuses: ["appeal_not_open", "decider_answers", "had_part_in_decision", "too_close_to_worker"],
                by: answer),
            Endpoint(
                .get, "/v1/decision-statistics", "showDecisionStatistics",
                "How many decisions and appeals there were of each kind, and how they ended", .decisions,
                for: .everybody, gives: .ok(["items": .list(.decisionFigure)]), by: statistics),
        ]
    }

    @Sendable private func decisions(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        let found = try await ListDecisions(market: market)(
            about: Worker.ID(worker.uuid), before: try call.identifier("before"), limit: call.limit, by: worker)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func appeal(_ call: Call) async throws -> Outcome {
        let (worker, id): (Principal.ID, Decision.ID) = (try call.actor, try call.id("decision"))
        let statement = try call.string("statement")
        return try await call.once(201, \.json) {
            try await FileAppeal(market: $0)(id, statement: statement, by: worker)
        }
    }

    @Sendable private func appeals(_ call: Call) async throws -> Outcome {
        let found = try await ListAppeals(market: market)(
            in: call.choice("state") ?? AppealState.open, after: try call.identifier("after"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func withdraw(_ call: Call) async throws -> Outcome {
        let (worker, id): (Principal.ID, Appeal.ID) = (try call.actor, try call.id("appeal"))
        return try await call.once(200, { ["state": "withdrawn"] }) {
            try await WithdrawAppeal(market: $0)(id, by: worker)
        }
    }

    @Sendable private func answer(_ call: Call) async throws -> Outcome {
        let (actor, id): (Principal.ID, Appeal.ID) = (try call.actor, try call.id("appeal"))
        let (verdict, text) = (try call.string("verdict"), try call.string("answer"))
        return try await call.once(200, { ["state": .string(verdict), "remedy": $0 ?? .null] }) {
            try await AnswerAppeal(market: $0)(id, isOverturned: verdict == "overturned", answer: text, by: actor)
        }
    }

    @Sendable private func statistics(_ call: Call) async throws -> Outcome {
        .json(["items": .array(try await DecisionStatistics(market: market)().map(\.json))])
    }
}
