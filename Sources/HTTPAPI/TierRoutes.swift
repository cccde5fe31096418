internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// What tiers ask for, promotions and losses that wait for a person, and who held which tier when.
struct TierRoutes {
    private static let operators = Access.platform([.operator])
    private static let own = Access.named(or: [.operator])
    private static let profession = Parameter.path("profession", .text(1...40))
    private static let rule = Shape.object(
        "TierRule",
        [
            "rule": .id, "profession": .text, "tier": .choice(Tier.self), "conditions": .anyObject,
            "is_automatic": .flag, "published_by": .id,
        ])
    private static let proposal = Shape.object(
        "TierProposal",
        [
            "proposal": .id, "worker": .id, "profession": .text, "tier": .choice(Tier.self),
            "held": Shape.choice(Tier.self).orNull, "is_loss": .flag, "rule": .id, "reasons": .anything,
            "state": .choice(TierProposalState.self), "proposed_at": .time,
        ])
    private static let period = Shape.object(
        "TierPeriod",
        [
            "profession": .text, "tier": .choice(Tier.self), "from": .time, "until": .time.orNull, "decided_by": .id,
            "ground": .choice(TierGround.self), "reasons": .text,
        ])
    private static let deciding: [Code] = [
        "tier_held_already", "tier_not_held", "tier_conditions_not_met", "tier_conditions_met_again", "own_verifier",
        "reasons_missing", "illegal_transition", "decider_is_worker", "decider_is_no_person",
    ]
    let market: Market

    var endpoints: [Endpoint] { rules + proposals + held }

    private var rules: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/tier-rules/{profession}", "listTierRules", "What the tiers of a profession ask for now",
                .tiers, for: .anybody, query: [Self.profession], gives: .ok(["items": .list(Self.rule)]), by: list),
            Endpoint(
                .post, "/v1/tier-rules/{profession}", "publishTierRule",
                "Write what a tier asks for from now on; nobody loses what they hold", .tiers, for: Self.operators,
                query: [Self.profession],
                takes: .json([
                    "tier": .choice(Tier.self),
                    "conditions": Shape.anyObject.described(
                        "licences, verifiers, years, credentials, exams, skills of skill and low_bps."),
                    "is_automatic": Shape.flag.described("Given at once, without a decision.").optional,
                ]), gives: .created(["rule": .id]), refuses: ["unknown_profession"], by: publish),
        ]
    }

    private var proposals: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/tier-proposals", "listTierProposals", "Promotions and losses that wait, oldest first",
                .tiers, for: Self.operators, query: Parameter.pagingOn, gives: .ok(.page(Self.proposal)), by: open),
            Endpoint(
                .post, "/v1/workers/{worker}/tier-proposals", "proposeTier",
                "Hold a worker against the rules: granted at once, proposed, or the first condition missing", .tiers,
                for: Self.own, takes: .json(["profession": .text]),
                gives: .created([
                    "granted": Shape.choice(Tier.self).orNull, "proposal": Self.proposal.orNull,
                ]), refuses: ["no_profile", "no_higher_tier", "tier_conditions_not_met"], by: propose),
            Endpoint(
                .post, "/v1/tier-proposals/{proposal}/grant", "grantTierProposal",
                "Grant what a rule proposed; a loss by a decision with reasons that can be appealed", .tiers,
                for: Self.operators, takes: .json(["reasons": Shape.text.orNull.optional], bytesMax: 32 << 10),
                gives: .ok(.state("granted")), refuses: Self.deciding, by: grant),
            Endpoint(
                .post, "/v1/tier-proposals/{proposal}/decline", "declineTierProposal", "Decline it, with reasons",
                .tiers, for: Self.operators, takes: .json(["reasons": .text], bytesMax: 32 << 10),
                gives: .ok(.state("declined")), refuses: Self.deciding, by: decline),
        ]
    }

    private var held: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/workers/{worker}/tiers", "listTiers", "Who held which tier when, and why, newest first",
                .tiers, for: Self.own,
                query: [
                    .next("before", .integer(0...4_102_444_800_000_000)),
                    .limit(),
                ],
                gives: .ok(.page(Self.period, next: .integer)), by: history),
            Endpoint(
                .get, "/v1/workers/{worker}/tiers/{profession}", "showTier",
                "Which tier a worker held in a profession at an instant; null for none", .tiers, for: Self.own,
                query: [Self.profession, .query("at", .time, required: true)],
                gives: .ok(["tier": Shape.choice(Tier.self).orNull]), by: showTier),
            Endpoint(
                .post, "/v1/workers/{worker}/tiers", "setTier",
                "Give a tier that an operator vouches for; a lower one by a decision with a rule and reasons", .tiers,
                for: Self.operators,
                takes: .json(
                    [
                        "profession": .text, "tier": .choice(Tier.self), "reasons": .text,
                        "rule": Shape.text.orNull.described("For a lower tier.").optional,
                    ], bytesMax: 32 << 10), gives: .ok(["tier": .choice(Tier.self)]),
                refuses: Self.deciding + ["no_profile", "licence_not_confirmed"], by: set),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        guard let profession = Profession(try call.name("profession")) else { throw NotFound("profession") }
        return .json(["items": .array(try await ListTierRules(market: market)(of: profession).map(\.json))])
    }

    @Sendable private func publish(_ call: Call) async throws -> Outcome {
        let (actor, tier): (Principal.ID, Tier) = (try call.actor, try call.chosen("tier"))
        guard let profession = Profession(try call.name("profession")) else { throw NotFound("profession") }
        let conditions = try TierConditions(json: call["conditions"] ?? [:])
        let isAutomatic = call["is_automatic"]?.boolValue ?? false
        return try await call.once(201, { ["rule": .string("\($0)")] }) {
            try await PublishTierRule(market: $0)(
                tier, in: profession, conditions: conditions, isAutomatic: isAutomatic, by: actor)
        }
    }

    @Sendable private func open(_ call: Call) async throws -> Outcome {
        let found = try await TierHistory(market: market).openProposals(
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func propose(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let profession = try call.profession()
        return try await call.once(201, \.wire) {
            try await ProposeTier(market: $0)(in: profession, for: worker, by: actor)
        }
    }

    @Sendable private func grant(_ call: Call) async throws -> Outcome {
        let (id, actor): (TierProposal.ID, Principal.ID) = (try call.id("proposal"), try call.actor)
        let reasons = call.text("reasons")
        return try await call.once(200, { (_: Void) in ["state": "granted"] }) {
            try await DecideTierProposal(market: $0)(id, lossReasons: reasons, by: actor)
        }
    }

    @Sendable private func decline(_ call: Call) async throws -> Outcome {
        let (id, actor): (TierProposal.ID, Principal.ID) = (try call.id("proposal"), try call.actor)
        let reasons = try call.string("reasons")
        return try await call.once(200, { (_: Void) in ["state": "declined"] }) {
            try await DecideTierProposal(market: $0)(id, declineNote: reasons, by: actor)
        }
    }

    @Sendable private func history(_ call: Call) async throws -> Outcome {
        // By microseconds, as the database keeps them.
        let before = call.query["before"].flatMap { Int64($0) }.map { Date(timeIntervalSince1970: Double($0) / 1e6) }
        let found = try await TierHistory(market: market)(
            of: try call.id("worker"), before: before, limit: call.limit, by: try call.actor)
        let last = found.count >= call.limit ? found.last?.from : nil
        let next = last.map { JSON.integer(Int64(($0.timeIntervalSince1970 * 1e6).rounded())) }
        return .json(["items": .array(found.map(\.wire)), "next": next ?? .null])
    }

    @Sendable private func showTier(_ call: Call) async throws -> Outcome {
        guard let profession = Profession(try call.name("profession")) else { throw NotFound("profession") }
        let instant = try Call.instant(call.query["at"] ?? "", "at")
        let tier = try await TierHistory(market: market).tier(
            of: try call.id("worker"), in: profession, at: instant, by: try call.actor)
        return .json(["tier": tier.map { .string($0.rawValue) } ?? .null])
    }

    @Sendable private func set(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let (profession, reasons) = (try call.profession(), try call.string("reasons"))
        let tier: Tier = try call.chosen("tier")
        let loss = call.text("rule").map { TierLoss(rule: $0, facts: [:], reasons: reasons) }
        return try await call.once(200, { (_: Void) in ["tier": .string(tier.rawValue)] }) {
            try await GrantTier(market: $0)(tier, in: profession, to: worker, reasons: reasons, loss: loss, by: actor)
        }
    }
}

extension TierOutcome {
    fileprivate var wire: JSON {
        switch self {
        case .granted(let tier): ["granted": .string(tier.rawValue), "proposal": .null]
        case .proposed(let proposal): ["granted": .null, "proposal": proposal.wire]
        }
    }
}

extension TierProposal {
    /// As ``json``, with its time as RFC 3339.
    fileprivate var wire: JSON { json.with(["proposed_at": .millisecond(proposedAt)]) }
}

extension TierPeriod {
    /// As ``json``, with times as RFC 3339.
    fileprivate var wire: JSON { json.with(["from": .millisecond(from), "until": .millisecond(until)]) }
}
