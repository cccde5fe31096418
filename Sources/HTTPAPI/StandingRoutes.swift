internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// How workers begin and end, and accounts that may be one person's.
struct StandingRoutes {
    private static let path = "/v1/workers/{worker}"
    private static let cases = "/v1/duplicate-cases"
    private static let operators = Access.platform([.operator])
    private static let duplicate = Shape.object(
        "DuplicateCase",
        [
            "duplicate": .id, "ground": .choice(DuplicateGround.self), "state": .choice(DuplicateState.self),
            "workers": .list(.object(["worker": .id, "worker_key": .text])), "opened_at": .time,
            "reasons": Shape.text.orNull.described("Of the finding."),
        ])
    let market: Market

    var endpoints: [Endpoint] { standing + duplicates }

    private var standing: [Endpoint] {
        [
            Endpoint(
                .post, Self.path + "/apply", "applyAsWorker", "Ask for a registered worker to be let work", .people,
                for: .named(or: [.operator]), takes: .empty, gives: .ok(.state("applicant")),
                refuses: ["illegal_transition", "no_language"], by: apply),
            Endpoint(
                .post, Self.path + "/close", "closeWorker",
                "Close an account for good, by a decision with reasons that can be appealed", .people,
                for: Self.operators,
                takes: .json(["rule": .text, "facts": .anyObject, "reasons": .text], bytesMax: 32 << 10),
                gives: .ok(["decision": .id]),
                refuses: ["illegal_transition", "leases_live", "decider_is_worker", "decider_is_no_person"],
                by: close),
            Endpoint(
                .post, "/v1/workers/me/close", "closeMe",
                "Close your account for good; what you have earned is still paid", .workers, for: .worker,
                takes: .json(["confirm": Shape.words("close").described("So that it is not done by mistake.")]),
                gives: .ok(.state("closed")), refuses: ["illegal_transition", "leases_live"], by: closeOwn),
        ]
    }

    private var duplicates: [Endpoint] {
        [
            Endpoint(
                .get, Self.cases, "listDuplicateCases",
                "Accounts that may be one person's, in a state, open ones if left out, oldest first", .people,
                for: Self.operators, query: [.query("state", .choice(DuplicateState.self))] + Parameter.pagingOn,
                gives: .ok(.page(Self.duplicate)), by: list),
            Endpoint(
                .post, Self.cases + "/{duplicate}/decide", "decideDuplicateCase",
                "Say whether two accounts are one person's, of which only one can be active", .people,
                for: Self.operators,
                takes: .json(["finding": .choice(DuplicateFinding.self), "reasons": .text], bytesMax: 32 << 10),
                gives: .ok(["state": .choice(DuplicateFinding.self)]),
                refuses: ["decider_is_concerned", "illegal_transition"], by: decide),
        ]
    }

    @Sendable private func apply(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        return try await call.once(200, { ["state": "applicant"] }) {
            try await ApplyAsWorker(market: $0)(worker, by: actor)
        }
    }

    @Sendable private func close(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let (rule, facts, reasons) = (try call.string("rule"), call.body["facts"] ?? [:], try call.string("reasons"))
        return try await call.once(200, { ["decision": .string("\($0)")] }) {
            try await CloseWorker(market: $0)(worker, rule: rule, facts: facts, reasons: reasons, by: actor)
        }
    }

    @Sendable private func closeOwn(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        return try await call.once(200, { ["state": "closed"] }) {
            try await CloseWorker(market: $0)(ownAccount: Worker.ID(actor.uuid))
        }
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListDuplicates(market: market)(
            in: call.choice("state") ?? .open, after: try call.identifier("after"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func decide(_ call: Call) async throws -> Outcome {
        let (id, actor): (DuplicateCase.ID, Principal.ID) = (try call.id("duplicate"), try call.actor)
        let finding: DuplicateFinding = try call.chosen("finding")
        let reasons = try call.string("reasons")
        return try await call.once(200, { ["state": .string(finding.rawValue)] }) {
            try await DecideDuplicate(market: $0)(id, finding, reasons: reasons, by: actor)
        }
    }
}

extension DuplicateCase {
    fileprivate var wire: JSON {
        let people = zip(workers, externalKeys).map { worker, key -> JSON in
            ["worker": .string("\(worker)"), "worker_key": .string(key)]
        }
        return [
            "duplicate": .string("\(id)"), "ground": .string(ground.rawValue), "state": .string(state.rawValue),
            "workers": .array(people), "opened_at": .second(openedAt),
            "reasons": reasons.map(JSON.string) ?? .null,
        ]
    }
}
