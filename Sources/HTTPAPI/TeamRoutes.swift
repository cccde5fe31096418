internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Agencies and the operator's own staff: who belongs to them, who is paid, what they offer and what they do.
struct TeamRoutes {
    private static let path = "/v1/teams/{team}"
    private static let operators = Access.platform([.operator])
    private static let managed = Access.managed(or: [.operator])
    private static let team = Shape.object(
        "Team",
        [
            "team": .id, "external_key": .text, "kind": .choice(TeamKind.self), "name": .text, "base": .text,
            "is_payee": .flag,
        ])
    private static let member = Shape.object(
        "TeamMember",
        ["membership": .id, "worker": .id, "worker_key": .text, "joined_at": .time, "left_at": .time.orNull])
    private static let capacity = Shape.object(
        "TeamCapacity", ["profession": .text, "weekly_minutes": .count, "since": .time])
    private static let work = Shape.object(
        "AgencyWork",
        [
            "assignment": .id, "worker_key": .text, "project": .text, "state": .choice(AssignmentState.self),
            "leased_at": .time, "pay_minor": .minor, "currency": .currency,
        ])
    let market: Market

    var endpoints: [Endpoint] { teams + people + offered }

    private var guarded: Guarded {
        Guarded(lock: lock, read: show)
    }

    private var guardedMethod: Guarded { Guarded(["version"], lock: lock, read: showMethod) }

    private var guardedCapacity: Guarded { Guarded(["weekly_minutes"], lock: lock, read: showCapacity) }

    @Sendable private func lock(_ call: Call, _ change: Change) async throws {
        _ = try await change.transaction.lockTeam(try call.id("team"))
    }

    private var teams: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/teams", "listTeams", "All teams, by key", .teams, for: Self.operators,
                query: [.next("after", .text(1...100)), .limit()],
                gives: .ok(.page(Self.team, next: .text)), by: list),
            Endpoint(
                .post, "/v1/teams", "createTeam", "Enter an agency or a base; the same key is the same team", .teams,
                for: Self.operators,
                takes: .json([
                    "external_key": .text(1...100), "kind": .choice(TeamKind.self), "name": .text,
                    "base": Shape.text.described("ISO 3166-2, such as CN-GD, or a country."),
                    "is_payee": Shape.flag.optional,
                ]), gives: .created(Self.team), refuses: ["only_agency_is_payee"], by: create),
            Endpoint(
                .get, Self.path, "showTeam", "One team", .teams, for: Self.operators, guards: guarded,
                gives: .ok(Self.team), by: show),
            Endpoint(
                .put, Self.path + "/payee", "changePayee",
                "Say who is paid from the next payout on: the agency, which takes two operators, or its people", .teams,
                for: Self.operators, takes: .json(["is_payee": .flag]), guards: guarded,
                gives: .ok([
                    "is_payee": Shape.flag.described(
                        "As it is now. An agency is a payee when another operator says so, too, within a week.")
                ]),
                refuses: ["only_agency_is_payee"], by: changePayee),
            Endpoint(
                .get, Self.path + "/payout-method", "showTeamPayoutMethod",
                "How often, and when last, it was written where an agency is paid; not where", .teams,
                for: Self.operators, guards: guardedMethod, gives: .ok(.payoutMethodState), by: showMethod),
            Endpoint(
                .put, Self.path + "/payout-method", "setTeamPayoutMethod",
                "Where an agency is paid in its people's place, by two operators; it waits 72 hours, managers are told",
                .teams, for: Self.operators,
                takes: .json([
                    "account": .text, "bank": Shape.text.orNull.optional, "holder": .text, "country": .text,
                    "currency": .currency, "address": .payeeAddress,
                ]), guards: guardedMethod,
                gives: .ok([
                    "state": Shape.words("kept", "proposed").described(
                        "Proposed: it is written when another operator names the same account within a week.")
                ]),
                refuses: ["only_agency_is_payee"] + Code.content, by: setMethod),
        ]
    }

    private var people: [Endpoint] {
        [
            Endpoint(
                .get, Self.path + "/members", "listMembers", "Memberships, newest first, with those that have ended",
                .teams, for: Self.managed, query: Parameter.paging, gives: .ok(.page(Self.member)), by: members),
            Endpoint(
                .put, Self.path + "/members/{worker}", "joinTeam", "Put a worker into a team; nobody is in two",
                .teams, for: Self.operators, takes: .empty, gives: .ok(.state("member")), refuses: ["in_other_team"],
                by: join),
            Endpoint(
                .delete, Self.path + "/members/{worker}", "leaveTeam", "Take a worker out; their work goes on", .teams,
                for: Self.operators, gives: .ok(.state("left")), refuses: ["not_a_member"], by: leave),
            Endpoint(
                .put, Self.path + "/managers/{person}", "appointManager",
                "Let somebody see the work of an agency's people and offer its capacity", .teams, for: Self.operators,
                takes: .empty, gives: .ok(.state("manager")), refuses: ["only_agency_is_managed"], by: appoint),
            Endpoint(
                .delete, Self.path + "/managers/{person}", "dismissManager", "End that", .teams, for: Self.operators,
                gives: .ok(.state("dismissed")), by: dismiss),
        ]
    }

    private var offered: [Endpoint] {
        [
            Endpoint(
                .get, Self.path + "/capacity", "listCapacity", "What an agency offers a week, by profession", .teams,
                for: Self.managed, gives: .ok(["items": .list(Self.capacity)]), by: listCapacity),
            Endpoint(
                .get, Self.path + "/capacity/{profession}", "showCapacity",
                "What an agency offers a week in one profession; 0 where it never offered any", .teams,
                for: Self.managed, query: [.path("profession", .text(1...40))], guards: guardedCapacity,
                gives: .ok(["profession": .text, "weekly_minutes": .count, "since": .time.orNull]), by: showCapacity),
            Endpoint(
                .put, Self.path + "/capacity/{profession}", "offerCapacity",
                "Offer minutes a week from now on, of all its people together; 0 offers nothing more", .teams,
                for: Self.managed, query: [.path("profession", .text(1...40))],
                takes: .json(["weekly_minutes": .integer(0...100_000_000)]), guards: guardedCapacity,
                gives: .ok(["weekly_minutes": .count]), refuses: ["unknown_profession"], by: offer),
            Endpoint(
                .get, Self.path + "/work", "listAgencyWork", "What an agency's people took while they were its people",
                .teams, for: Self.managed, query: Parameter.paging, gives: .ok(.page(Self.work)), by: listWork),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListTeams(market: market)(
            after: call.query["after"], limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { $0.externalKey }, \.wire)
    }

    @Sendable private func create(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let kind: TeamKind = try call.chosen("kind")
        let draft = try TeamDraft(
            externalKey: try call.string("external_key"), kind: kind, name: try call.string("name"),
            base: try call.string("base"), isPayee: call["is_payee"]?.boolValue ?? false)
        return try await call.once(201, \.wire) { try await CreateTeam(market: $0)(draft, by: actor) }
    }

    @Sendable private func show(_ call: Call) async throws -> Outcome {
        .json(try await ListTeams(market: market).one(try call.id("team"), by: try call.actor).wire)
    }

    @Sendable private func changePayee(_ call: Call) async throws -> Outcome {
        let (team, actor): (Team.ID, Principal.ID) = (try call.id("team"), try call.actor)
        let isPayee = call["is_payee"]?.boolValue ?? false
        return try await call.once(200, { (isDone: Bool) in ["is_payee": .bool(isDone && isPayee)] }) {
            try await ChangePayee(market: $0)(team, isPayee: isPayee, by: actor)
        }
    }

    @Sendable private func showMethod(_ call: Call) async throws -> Outcome {
        let (team, actor): (Team.ID, Principal.ID) = (try call.id("team"), try call.actor)
        return .json(try await ShowPayoutMethod(market: market)(of: team, by: actor).wire)
    }

    @Sendable private func setMethod(_ call: Call) async throws -> Outcome {
        let (team, actor): (Team.ID, Principal.ID) = (try call.id("team"), try call.actor)
        guard let keys = market.keys else { throw ContentRefusal.keysMissing }
        let method = try PayoutMethod(
            account: try call.string("account"), bank: call.text("bank"), holder: try call.string("holder"),
            country: try call.string("country"), currency: try call.string("currency"),
            address: try PayeeAddress.given(call["address"]))
        return try await call.once(200, { (isDone: Bool) in ["state": isDone ? "kept" : "proposed"] }) {
            try await SetTeamPayoutMethod(market: $0, keys: keys)(method, of: team, by: actor)
        }
    }

    @Sendable private func members(_ call: Call) async throws -> Outcome {
        let found = try await ListMembers(market: market)(
            of: try call.id("team"), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }) { member in
            [
                "membership": .string("\(member.id)"), "worker": .string("\(member.worker)"),
                "worker_key": .string(member.workerKey), "joined_at": .second(member.joinedAt),
                "left_at": .second(member.leftAt),
            ]
        }
    }

    @Sendable private func join(_ call: Call) async throws -> Outcome {
        let (team, worker): (Team.ID, Worker.ID) = (try call.id("team"), try call.id("worker"))
        let actor = try call.actor
        return try await call.once(200, { (_: Void) in ["state": "member"] }) {
            try await JoinTeam(market: $0)(worker, team, by: actor)
        }
    }

    @Sendable private func leave(_ call: Call) async throws -> Outcome {
        try await LeaveTeam(market: market)(try call.id("worker"), try call.id("team"), by: try call.actor)
        return .json(["state": "left"])
    }

    @Sendable private func appoint(_ call: Call) async throws -> Outcome {
        let (team, person): (Team.ID, Principal.ID) = (try call.id("team"), try call.id("person"))
        let actor = try call.actor
        return try await call.once(200, { (_: Void) in ["state": "manager"] }) {
            try await AppointManager(market: $0)(person, of: team, by: actor)
        }
    }

    @Sendable private func dismiss(_ call: Call) async throws -> Outcome {
        try await DismissManager(market: market)(try call.id("person"), of: try call.id("team"), by: try call.actor)
        return .json(["state": "dismissed"])
    }

    @Sendable private func listCapacity(_ call: Call) async throws -> Outcome {
        let found = try await ListCapacity(market: market)(of: try call.id("team"), by: try call.actor)
        let items = found.map { capacity -> JSON in
            [
                "profession": .string(capacity.profession.code),
                "weekly_minutes": .integer(Int64(capacity.weeklyMinutes)),
                "since": .second(capacity.since),
            ]
        }
        return .json(["items": .array(items)])
    }

    @Sendable private func showCapacity(_ call: Call) async throws -> Outcome {
        let (team, actor): (Team.ID, Principal.ID) = (try call.id("team"), try call.actor)
        guard let profession = Profession(try call.name("profession")) else { throw NotFound("profession") }
        let found = try await ListCapacity(market: market).one(of: team, in: profession, by: actor)
        return .json([
            "profession": .string(profession.code), "weekly_minutes": .integer(Int64(found?.weeklyMinutes ?? 0)),
            "since": .second(found?.since),
        ])
    }

    @Sendable private func offer(_ call: Call) async throws -> Outcome {
        let (team, actor): (Team.ID, Principal.ID) = (try call.id("team"), try call.actor)
        guard let profession = Profession(try call.name("profession")) else { throw NotFound("profession") }
        let minutes = call.int("weekly_minutes") ?? 0
        return try await call.once(200, { (_: Void) in ["weekly_minutes": .integer(Int64(minutes))] }) {
            try await OfferCapacity(market: $0)(of: team, in: profession, weeklyMinutes: minutes, by: actor)
        }
    }

    @Sendable private func listWork(_ call: Call) async throws -> Outcome {
        let found = try await AgencyWork(market: market)(
            of: try call.id("team"), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.assignment)" }) { item in
            [
                "assignment": .string("\(item.assignment)"), "worker_key": .string(item.workerKey),
                "project": .string(item.projectName), "state": .string(item.state.rawValue),
                "leased_at": .millisecond(item.leasedAt), "pay_minor": .integer(item.pay.minorUnits),
                "currency": .string(item.pay.currency.code),
            ]
        }
    }
}

extension Team {
    fileprivate var wire: JSON {
        [
            "team": .string("\(id)"), "external_key": .string(externalKey), "kind": .string(kind.rawValue),
            "name": .string(name), "base": .string(base), "is_payee": .bool(isPayee),
        ]
    }
}
