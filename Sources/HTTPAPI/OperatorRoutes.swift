internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// What operators do: people, workers' standing, review of papers, quarantine, withdrawals, alerts, the doctor.
struct OperatorRoutes {
    private static let credential = "/v1/credentials/{credential}"
    private static let verifying: [Code] = [
        "own_verifier", "verifier_is_no_person", "same_verifier", "licence_not_confirmed", "reasons_missing",
        "illegal_transition", "decider_is_worker", "decider_is_no_person",
    ]
    private static let operators = Access.platform([.operator])
    let market: Market

    var endpoints: [Endpoint] { people + standing + papers + oversight }

    private var people: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/people", "listPeople", "Who can act in the market, with their roles", .people,
                for: Self.operators, query: Parameter.pagingOn,
                gives: .ok(
                    .page(
                        .object("Person", ["person": .id, "name": .text, "roles": .list(.choice(Role.self))]))),
                by: listPeople),
            Endpoint(
                .get, "/v1/workers", "listWorkers", "Workers of a standing", .people, for: Self.operators,
                query: [.query("state", .choice(Worker.State.self), required: true)] + Parameter.pagingOn,
                gives: .ok(.page(.workerSummary)), by: listWorkers),
            Endpoint(
                .post, "/v1/workers", "registerWorker",
                "Register a person, who cannot work yet; the same key is the same worker, left as they are", .people,
                for: Self.operators, takes: Endpoint.Body(.newRegistration), gives: .created(["worker": .id]),
                refuses: ["email_taken"] + Code.content, by: register),
            Endpoint(
                .get, "/v1/workers/{worker}", "showWorker", "One with personal data", .people,
                for: .named(or: [.operator]),
                gives: .ok(.workerRecord), by: showWorker),
            Endpoint(
                .get, "/v1/workers/{worker}/profile", "showWorkerProfile", "One's profile", .people,
                for: .named(or: [.operator]), gives: .ok(.profile), by: showWorkerProfile),
        ]
    }

    private var standing: [Endpoint] {
        [
            change("activate", "activateWorker", "Let a worker work", "active", ["duplicate_open", "same_person"]) {
                try await ActivateWorker(market: $0)($1, by: $2)
            },
            change("reinstate", "reinstateWorker", "End a suspension", "active", []) {
                try await ReinstateWorker(market: $0)($1, by: $2)
            },
            Endpoint(
                .post, "/v1/workers/{worker}/suspend", "suspendWorker",
                "Keep a worker from working, by a decision with reasons that can be appealed", .people,
                for: Self.operators,
                takes: .json(["rule": .text, "facts": .anyObject, "reasons": .text], bytesMax: 32 << 10),
                gives: .ok(["decision": .id]),
                refuses: ["illegal_transition", "decider_is_worker", "decider_is_no_person"], by: suspend),
        ]
    }

    private func change(
        _ verb: String, _ id: String, _ summary: String, _ state: String, _ refusals: [Code],
        _ perform: @escaping @Sendable (Market, Worker.ID, Principal.ID) async throws -> Void
    ) -> Endpoint {
        Endpoint(
            .post, "/v1/workers/{worker}/\(verb)", id, summary, .people, for: Self.operators, takes: .empty,
            gives: .ok(.state(state)), refuses: ["illegal_transition"] + refusals
        ) { call in
            let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
            return try await call.once(200, { ["state": .string(state)] }) { try await perform($0, worker, actor) }
        }
    }

    private var papers: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/credential-reviews", "listCredentialReviews", "Papers in a state, the oldest first",
                .credentials, for: Self.operators,
                query: [.query("state", .choice(CredentialState.self))] + Parameter.pagingOn,
                gives: .ok(.page(.credential)), by: reviews),
            judge("check", "checkCredential", "Say that you look at a paper") {
                try await CheckCredential(market: $0)($1, by: $2)
            },
            judge("verify", "verifyCredential", "Say that a paper is what it says, as its first verifier") {
                try await VerifyCredential(market: $0)($1, by: $2)
            },
            judge("confirm", "confirmCredential", "Confirm it as a second person") {
                try await ConfirmCredential(market: $0)($1, by: $2)
            },
            Endpoint(
                .post, Self.credential + "/refuse", "refuseCredential",
                "Refuse a paper by a decision with reasons that can be appealed", .credentials, for: Self.operators,
                takes: .json(["rule": .text, "facts": .anyObject, "reasons": .text], bytesMax: 32 << 10),
                gives: .ok(["decision": .id]), refuses: Self.verifying, by: refuse),
            Endpoint(
                .post, Self.credential + "/revoke", "revokeCredential",
                "End a paper that was verified, by a decision with reasons that can be appealed", .credentials,
                for: Self.operators, takes: .json(["reasons": .text], bytesMax: 32 << 10),
                gives: .ok(["decision": .id]), refuses: Self.verifying, by: revoke),
        ]
    }

    private func judge(
        _ verb: String, _ id: String, _ summary: String,
        _ perform: @escaping @Sendable (Market, Credential.ID, Principal.ID) async throws -> Void
    ) -> Endpoint {
        Endpoint(
            .post, Self.credential + "/\(verb)", id, summary, .credentials, for: Self.operators, takes: .empty,
            gives: .ok(.state("done")), refuses: Self.verifying
        ) { call in
            let (credential, actor): (Credential.ID, Principal.ID) = (try call.id("credential"), try call.actor)
            return try await call.once(200, { ["state": "done"] }) { try await perform($0, credential, actor) }
        }
    }

    private var oversight: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/alerts", "listAlerts", "Batches that need an operator", .operations, for: Self.operators,
                query: [.query("state", .choice(AlertState.self))] + Parameter.pagingOn, gives: .ok(.page(.alert)),
                by: alerts),
            Endpoint(
                .post, "/v1/alerts/{alert}/close", "closeAlert", "Say what was done about it", .operations,
                for: Self.operators, takes: .json(["resolution": .text]), gives: .ok(.state("closed")),
                refuses: ["alert_closed"], by: closeAlert),
            Endpoint(
                .get, "/v1/quarantines", "listQuarantines", "Batches that are not exported", .quality,
                for: Self.operators, query: [.query("past", .flag)] + Parameter.pagingOn,
                gives: .ok(.page(.quarantine)), by: quarantines),
            Endpoint(
                .post, BatchRoutes.path + "/quarantine", "quarantineBatch", "Keep a batch from being exported",
                .quality, for: Self.operators, takes: .json(["reasons": .text]), gives: .created(["quarantine": .id]),
                refuses: ["already_quarantined"], by: quarantine),
            Endpoint(
                .post, BatchRoutes.path + "/quarantine/lift", "liftQuarantine", "Let it be exported again", .quality,
                for: Self.operators, takes: .json(["reasons": .text]), gives: .ok(.state("lifted")),
                refuses: ["not_quarantined"], by: lift),
            Endpoint(
                .get, "/v1/withdrawals/{requester}", "listWithdrawals", "Answers that no longer count, by decision",
                .quality, for: RequesterRoutes.publisher, query: Parameter.pagingOn,
                gives: .ok(.page(.withdrawal)), by: withdrawals),
            Endpoint(
                .post, "/v1/withdrawals/{requester}", "withdrawContribution",
                "Take a worker's answers out of a batch or project, by a decision with reasons that can be appealed",
                .quality, for: Self.operators,
                takes: .json(
                    [
                        "worker": .id, "project": .id, "batch": Shape.id.orNull.optional,
                        "case": Shape.id.orNull.optional, "reasons": .text,
                    ], bytesMax: 32 << 10),
                gives: .created(["withdrawal": .id]),
                refuses: [
                    "too_close_to_worker", "case_not_upheld", "nothing_counts", "decider_is_worker",
                    "decider_is_no_person",
                ], by: withdrawContribution),
        ]
    }

    @Sendable private func listPeople(_ call: Call) async throws -> Outcome {
        let found = try await ListPeople(market: market)(
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }) { person in
            [
                "person": .string("\(person.id)"), "name": .string(person.name),
                "roles": .array(person.roles.map { .string($0.rawValue) }),
            ]
        }
    }

    @Sendable private func listWorkers(_ call: Call) async throws -> Outcome {
        let found = try await ListWorkers(market: market)(
            in: call.choice("state") ?? .active, after: try call.identifier("after"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }) { .object($0.members) }
    }

    @Sendable private func register(_ call: Call) async throws -> Outcome {
        let (actor, registration) = (try call.actor, try call.registration())
        return try await call.once(201, { ["worker": .string("\($0)")] }) {
            try await RegisterWorker(market: $0, keys: $0.keys)(registration, by: actor)
        }
    }

    @Sendable private func showWorker(_ call: Call) async throws -> Outcome {
        .json(try await ShowWorker(market: market)(try call.id("worker"), by: try call.actor).wire)
    }

    @Sendable private func showWorkerProfile(_ call: Call) async throws -> Outcome {
        .json(try await ShowProfile(market: market)(of: try call.id("worker"), by: try call.actor).json)
    }

    @Sendable private func suspend(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let (rule, facts, reasons) = (try call.string("rule"), call.body["facts"] ?? [:], try call.string("reasons"))
        return try await call.once(200, { ["decision": .string("\($0)")] }) {
            try await SuspendWorker(market: $0)(worker, rule: rule, facts: facts, reasons: reasons, by: actor)
        }
    }

    @Sendable private func reviews(_ call: Call) async throws -> Outcome {
        let found = try await ListCredentials(market: market)(
            in: call.choice("state") ?? CredentialState.submitted, after: try call.identifier("after"),
            limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func refuse(_ call: Call) async throws -> Outcome {
        let (credential, actor): (Credential.ID, Principal.ID) = (try call.id("credential"), try call.actor)
        let (rule, facts, reasons) = (try call.string("rule"), call.body["facts"] ?? [:], try call.string("reasons"))
        return try await call.once(200, { ["decision": .string("\($0)")] }) {
            try await RefuseCredential(market: $0)(credential, rule: rule, facts: facts, reasons: reasons, by: actor)
        }
    }

    @Sendable private func revoke(_ call: Call) async throws -> Outcome {
        let (credential, actor): (Credential.ID, Principal.ID) = (try call.id("credential"), try call.actor)
        let reasons = try call.string("reasons")
        return try await call.once(200, { ["decision": .string("\($0)")] }) {
            try await RevokeCredential(market: $0)(credential, reason: reasons, by: actor)
        }
    }

    @Sendable private func alerts(_ call: Call) async throws -> Outcome {
        let found = try await ListAlerts(market: market)(
            in: call.choice("state") ?? .open, after: try call.identifier("after"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func closeAlert(_ call: Call) async throws -> Outcome {
        let (id, actor): (ScheduleAlert.ID, Principal.ID) = (try call.id("alert"), try call.actor)
        let resolution = try call.string("resolution")
        return try await call.once(200, { ["state": "closed"] }) {
            try await CloseAlert(market: $0)(id, resolution: resolution, by: actor)
        }
    }

    @Sendable private func quarantines(_ call: Call) async throws -> Outcome {
        let found = try await ListQuarantines(market: market)(
            past: call.query["past"] == "true", after: try call.identifier("after"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func quarantine(_ call: Call) async throws -> Outcome {
        let (key, actor, reasons) = (try call.batch(), try call.actor, try call.string("reasons"))
        return try await call.once(201, { ["quarantine": .string("\($0)")] }) {
            try await QuarantineBatch(market: $0)(key.id, of: key.requester, reasons: reasons, by: actor)
        }
    }

    @Sendable private func lift(_ call: Call) async throws -> Outcome {
        let (key, actor, reasons) = (try call.batch(), try call.actor, try call.string("reasons"))
        return try await call.once(200, { ["state": "lifted"] }) {
            try await QuarantineBatch(market: $0).lift(key.id, of: key.requester, reasons: reasons, by: actor)
        }
    }

    @Sendable private func withdrawals(_ call: Call) async throws -> Outcome {
        let found = try await ListWithdrawn(market: market)(
            of: try call.id("requester"), after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func withdrawContribution(_ call: Call) async throws -> Outcome {
        let (requester, actor): (Requester.ID, Principal.ID) = (try call.id("requester"), try call.actor)
        let (worker, project): (Worker.ID, Project.ID) = (try call.required("worker"), try call.required("project"))
        let (batch, cause): (Batch.ID?, QualityCase.ID?) = (try call.member("batch"), try call.member("case"))
        let reasons = try call.string("reasons")
        return try await call.once(201, { ["withdrawal": .string("\($0)")] }) {
            try await WithdrawContribution(market: $0)(
                of: worker, from: project, batch: batch, of: requester, case: cause, reasons: reasons, by: actor)
        }
    }
}
