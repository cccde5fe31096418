internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Requesters, what they pay in, and their projects.
struct RequesterRoutes {
    static let publisher = Access.requester([.requester], or: [.operator])
    private static let project = "/v1/projects/{requester}/{project}"
    let market: Market

    var endpoints: [Endpoint] { requesters + projects }

    /// What of a project is changed while it goes on.
    var guardedSettings: Guarded {
        Guarded(
            lock: { call, change in
                try await change.transaction.lockProject(try call.id("project"), of: try call.id("requester"))
            }, read: settings)
    }

    private var requesters: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/requesters", "listRequesters", "Requesters with what is in their wallets, oldest first",
                .projects, for: .platform([.operator]), query: Parameter.pagingOn, gives: .ok(.page(.requester)),
                by: list),
            Endpoint(
                .post, "/v1/requesters", "createRequester",
                "Enter a requester; the same key is the same requester, left as it is", .projects,
                for: .platform([.operator]), takes: .json(["external_key": .text(1...200), "name": .text(1...200)]),
                gives: .created(["requester": .id]), by: create),
            Endpoint(
                .post, "/v1/requesters/{requester}/fundings", "fundRequester",
                "Book money that a requester has paid in; the same reference again is the same booking", .ledger,
                for: .platform([.financeMaker]),
                takes: .json([
                    "amount_minor": .integer(1...Money.minorUnitsMax), "currency": .currency,
                    "reference": Shape.text(1...200).described("The payment's reference at the bank."),
                ]),
                gives: .created(["transfer": .id]), refuses: Code.ledger, by: fund),
            Endpoint(
                .post, "/v1/requesters/{requester}/bonuses", "payBonus",
                "Pay more for accepted work than was agreed; the same reference again is the same bonus", .ledger,
                for: Self.publisher,
                takes: .json(
                    [
                        "assignment": .id, "amount_minor": .integer(1...Money.minorUnitsMax), "currency": .currency,
                        "reference": Shape.text(1...200).described("Your own name for it."),
                        "reason": Shape.text.described("For the worker to read."),
                    ], bytesMax: 32 << 10),
                gives: .created(["entry": .id]), refuses: Code.ledger + ["work_not_accepted"], by: payBonus),
        ]
    }

    private var projects: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/projects/{requester}", "listProjects", "A requester's projects, oldest first", .projects,
                for: Self.publisher, query: Parameter.pagingOn, gives: .ok(.page(.project)), by: listProjects),
            Endpoint(
                .post, "/v1/projects/{requester}", "createProject",
                "Enter a project; the same key is the same project, left as it is", .projects, for: Self.publisher,
                takes: Endpoint.Body(.projectDraft, bytesMax: 1 << 20), gives: .created(["project": .id]),
                refuses: ["key_taken"], by: createProject),
            Endpoint(
                .get, Self.project + "/settings", "showProjectSettings",
                "Weight, share limit and retention class of a project", .projects, for: Self.publisher,
                guards: guardedSettings,
                gives: .ok(
                    .object(
                        "ProjectSettings",
                        [
                            "weight": .count, "share_bps": Shape.bps.orNull, "retention_class": Shape.text.orNull,
                        ])), by: settings),
            Endpoint(
                .put, Self.project + "/share-limit", "setShareLimit",
                "How much of a batch one worker may do; null for what holds by default", .projects,
                for: Self.publisher, takes: .json(["share_bps": Shape.integer(1...10_000).orNull]),
                guards: guardedSettings, gives: .ok(["share_bps": Shape.bps.orNull]), by: setShare),
            Endpoint(
                .put, Self.project + "/weight", "weighProject",
                "How often a project is served beside others of the same priority", .projects,
                for: .platform([.operator]),
                takes: .json(["weight": .integer(1...1_000)]), guards: guardedSettings,
                gives: .ok(["weight": .integer]), by: weigh),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListRequesters(market: market)(
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func create(_ call: Call) async throws -> Outcome {
        let (actor, key, name) = (try call.actor, try call.string("external_key"), try call.string("name"))
        return try await call.once(201, { ["requester": .string("\($0)")] }) {
            try await CreateRequester(market: $0)(externalKey: key, name: name, by: actor)
        }
    }

    @Sendable private func fund(_ call: Call) async throws -> Outcome {
        let (actor, requester): (Principal.ID, Requester.ID) = (try call.actor, try call.id("requester"))
        let amount = try call.money()
        let reference = try Reference.uuid(of: try call.string("reference"), in: "funding")
        return try await call.once(201, { ["transfer": .string("\($0)")] }) {
            try await FundRequester(market: $0)(requester, with: amount, reference: reference, by: actor)
        }
    }

    @Sendable private func payBonus(_ call: Call) async throws -> Outcome {
        let (actor, requester): (Principal.ID, Requester.ID) = (try call.actor, try call.id("requester"))
        let (assignment, amount): (Assignment.ID, Money) = (try call.required("assignment"), try call.money())
        let (reference, reason) = (try call.string("reference"), try call.string("reason"))
        return try await call.once(201, { ["entry": .string("\($0)")] }) {
            try await PayBonus(market: $0)(
                amount, for: assignment, of: requester, reference: reference, reason: reason, by: actor)
        }
    }

    @Sendable private func listProjects(_ call: Call) async throws -> Outcome {
        let found = try await ListProjects(market: market)(
            of: try call.id("requester"), after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func createProject(_ call: Call) async throws -> Outcome {
        let (actor, requester): (Principal.ID, Requester.ID) = (try call.actor, try call.id("requester"))
        let draft = try ProjectDraft(json: call.body)
        return try await call.once(201, { ["project": .string("\($0)")] }) {
            try await CreateProject(market: $0)(draft, of: requester, by: actor)
        }
    }

    @Sendable private func settings(_ call: Call) async throws -> Outcome {
        let found = try await ListProjects(market: market).settings(
            of: try call.id("project"), of: try call.id("requester"), by: try call.actor)
        return .json([
            "weight": .integer(Int64(found.weight)),
            "share_bps": found.shareBasisPoints.map { .integer(Int64($0)) } ?? .null,
            "retention_class": found.retentionClass.map(JSON.string) ?? .null,
        ])
    }

    @Sendable private func setShare(_ call: Call) async throws -> Outcome {
        let (actor, requester): (Principal.ID, Requester.ID) = (try call.actor, try call.id("requester"))
        let (project, share): (Project.ID, Int?) = (try call.id("project"), call.int("share_bps"))
        return try await call.once(200, { ["share_bps": share.map { .integer(Int64($0)) } ?? .null] }) {
            try await SetShareLimit(market: $0)(share, of: project, from: requester, by: actor)
        }
    }

    @Sendable private func weigh(_ call: Call) async throws -> Outcome {
        let (actor, requester): (Principal.ID, Requester.ID) = (try call.actor, try call.id("requester"))
        let (project, weight): (Project.ID, Int) = (try call.id("project"), call.int("weight") ?? 0)
        return try await call.once(200, { ["weight": .integer(Int64(weight))] }) {
            try await WeighProject(market: $0)(project, of: requester, weight: weight, by: actor)
        }
    }
}
