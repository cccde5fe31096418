internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace
internal import Store

/// What work pays: versions of the rate card, by maker and checker, and the least that an hour must come to.
struct RateRoutes {
    private static let path = "/v1/rate-cards/{version}"
    private static let version = Parameter.path("version", .integer(1...1_000_000))
    private static let own: [Code] = [
        "rate_approver_is_maker", "unknown_profession", "rate_card_wrong_state", "rate_card_content_differs",
        "rate_in_the_past", "rate_card_not_in_force", "rate_overlaps",
    ]
    private static let maker = Access.platform([.financeMaker])
    private static let card = Shape.object(
        "RateCard",
        [
            "version": .count, "card": .id, "name": .text, "state": .choice(RateCardState.self),
            "content_hash": .sha256, "prepared_by": .id, "approved_by": .id.orNull, "from": .time.orNull,
            "until": .time.orNull,
        ])
    private static let change = Shape.object(
        "RateChange",
        [
            "batch": .id, "requester": .id, "name": .text, "pay_minor": .minor, "currency": .currency,
            "old_minor": .minor.orNull, "new_minor": .minor.orNull,
        ])
    private static let ending = Shape.object(
        "RateCardEnding",
        [
            "ending": .id, "at": .time, "prepared_by": .id, "prepared_at": .time,
            "is_open": Shape.flag.described("Whether it can be approved."),
        ])
    private static let floor = Shape.object(
        "PayFloor",
        [
            "pay_floor": .id, "profession": .text.orNull, "tier": Shape.choice(Tier.self).orNull,
            "hourly_minor": .minor, "currency": .currency, "median_of": .count, "reason": .text, "from": .time.orNull,
            "until": .time.orNull,
        ])
    let market: Market

    var endpoints: [Endpoint] { cards + endings + floors }

    private var cards: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/rate-cards", "listRateCards", "Versions of the rate card, newest first", .rates,
                for: LedgerRoutes.finance,
                query: [
                    .next("before", .integer(1...1_000_000)),
                    .limit(),
                ], gives: .ok(.page(Self.card, next: .integer)), by: list),
            Endpoint(
                .post, "/v1/rate-cards", "draftRateCard", "Prepare the next version of the rate card; it binds nobody",
                .rates, for: Self.maker,
                takes: .json(
                    ["card": Shape.anyObject.described("name, rates, premiums, caps; see samples/rate-card.json.")],
                    bytesMax: 4 << 20), gives: .created(Self.card), refuses: Self.own, by: draft),
            Endpoint(
                .post, Self.path + "/approve", "approveRateCard",
                "Approve exactly the content that the hash names; not by whoever prepared it", .rates,
                for: .platform([.financeChecker]), query: [Self.version], takes: .json(["content_hash": .sha256]),
                gives: .ok(.state("approved")), refuses: Self.own, by: approve),
            Endpoint(
                .post, Self.path + "/publish", "publishRateCard",
                "Let an approved version hold from an instant to come, now if left out; what held until then ends",
                .rates, for: Self.maker, query: [Self.version], takes: .json(["from": Shape.time.orNull.optional]),
                gives: .ok(.state("published")), refuses: Self.own, by: publish),
            Endpoint(
                .post, Self.path + "/discard", "discardRateCard", "Drop a version that was never published", .rates,
                for: LedgerRoutes.finance, query: [Self.version], takes: .empty, gives: .ok(.state("discarded")),
                refuses: Self.own, by: discard),
            Endpoint(
                .get, "/v1/rate-card-comparison", "compareRateCards",
                "What open batches would pay by one version and by another; it changes nothing", .rates,
                for: LedgerRoutes.finance,
                query: [
                    .query("from", .integer(1...1_000_000), required: true),
                    .query("to", .integer(1...1_000_000), required: true),
                ] + Parameter.pagingOn, gives: .ok(.page(Self.change)), refuses: ["not_found"], by: compare),
        ]
    }

    private var endings: [Endpoint] {
        [
            Endpoint(
                .get, Self.path + "/endings", "listRateCardEnds",
                "Ends of a version that were prepared, newest first, whatever has become of them", .rates,
                for: LedgerRoutes.finance, query: [Self.version] + Parameter.paging, gives: .ok(.page(Self.ending)),
                by: listEnds),
            Endpoint(
                .post, Self.path + "/endings", "prepareRateCardEnd",
                "Prepare the end of a published version at an instant to come; nothing ends by that", .rates,
                for: Self.maker, query: [Self.version], takes: .json(["at": .time]),
                gives: .created(["ending": .id, "at": Shape.time.described("The next whole second.")]),
                refuses: Self.own, by: prepareEnd),
            Endpoint(
                .post, Self.path + "/endings/{ending}/approve", "approveRateCardEnd",
                "End the version as it was prepared; not by whoever prepared it", .rates,
                for: .platform([.financeChecker]), query: [Self.version], takes: .empty,
                gives: .ok(["state": .words("ended"), "at": .time]), refuses: Self.own, by: approveEnd),
            Endpoint(
                .post, "/v1/rate-resolutions", "resolveRate",
                "What a task is paid by a card, and how that comes about; neither is kept", .rates, for: .anybody,
                takes: .json(
                    [
                        "card": Shape.anyObject.described("As for a draft; when it holds is in its `in_force`."),
                        "task": Shape.anyObject.described("See samples/what-if/contract-task.json."), "at": .time,
                    ], bytesMax: 4 << 20), keyed: false,
                gives: .ok(["resolution": Shape.anyObject.described("With `no_rate` where the card has none.")]),
                by: resolve),
        ]
    }

    private var floors: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/pay-floors", "listPayFloors", "The least that an hour must come to, newest first", .rates,
                for: .platform([.operator, .financeMaker, .financeChecker]), query: Parameter.paging,
                gives: .ok(.page(Self.floor)), by: listFloors),
            Endpoint(
                .post, "/v1/pay-floors", "setPayFloor",
                "Set a floor from an instant on, now if left out; the one for the same work ends then", .rates,
                for: .platform([.financeChecker]),
                takes: .json([
                    "hourly_minor": .integer(1...Money.minorUnitsMax), "currency": .currency,
                    "median_of": Shape.integer(1...200).described("Newest accepted answers of a batch; 20.").optional,
                    "profession": Shape.text.orNull.optional, "tier": Shape.choice(Tier.self).orNull.optional,
                    "reason": .text, "from": Shape.time.orNull.optional,
                ]), gives: .created(["pay_floor": .id]),
                refuses: ["unknown_profession", "floor_in_the_past", "later_floor"], by: setFloor),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListRateCards(market: market)(
            before: call.query["before"].flatMap { Int($0) }, limit: call.limit, by: try call.actor)
        let next = found.count >= call.limit ? found.last.map { JSON.integer(Int64($0.version)) } : nil
        return .json(["items": .array(found.map(\.wire)), "next": next ?? .null])
    }

    @Sendable private func draft(_ call: Call) async throws -> Outcome {
        let (actor, card) = (try call.actor, call["card"] ?? [:])
        return try await call.once(201, \.wire) { try await DraftRateCard(market: $0)(card, by: actor) }
    }

    @Sendable private func approve(_ call: Call) async throws -> Outcome {
        let (version, actor, hash) = (try call.number("version"), try call.actor, try call.digest("content_hash"))
        return try await call.once(200, { (_: Void) in ["state": "approved"] }) {
            try await ApproveRateCard(market: $0)(version, contentHash: hash, by: actor)
        }
    }

    @Sendable private func publish(_ call: Call) async throws -> Outcome {
        let (version, actor, start) = (try call.number("version"), try call.actor, try call.instantIfGiven("from"))
        return try await call.once(200, { (_: Void) in ["state": "published"] }) {
            try await PublishRateCard(market: $0)(version, from: start, by: actor)
        }
    }

    @Sendable private func discard(_ call: Call) async throws -> Outcome {
        let (version, actor) = (try call.number("version"), try call.actor)
        return try await call.once(200, { (_: Void) in ["state": "discarded"] }) {
            try await DiscardRateCard(market: $0)(version, by: actor)
        }
    }

    @Sendable private func listEnds(_ call: Call) async throws -> Outcome {
        let found = try await ListRateCardEnds(market: market)(
            of: try call.number("version"), before: try call.identifier("before"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func prepareEnd(_ call: Call) async throws -> Outcome {
        let (version, actor, end) = (try call.number("version"), try call.actor, try call.instant("at"))
        return try await call.once(
            201, { (made: EndRateCard.Prepared) in ["ending": .string("\(made.id)"), "at": .second(made.end)] }
        ) {
            try await EndRateCard(market: $0).prepare(version, at: end, by: actor)
        }
    }

    @Sendable private func approveEnd(_ call: Call) async throws -> Outcome {
        let (version, actor) = (try call.number("version"), try call.actor)
        let ending: AuditEvent.ID = try call.id("ending")
        return try await call.once(200, { (end: Date) in ["state": "ended", "at": .second(end)] }) {
            try await EndRateCard(market: $0).approve(ending, of: version, by: actor)
        }
    }

    @Sendable private func resolve(_ call: Call) async throws -> Outcome {
        let (card, task) = (try RateCard(json: call["card"] ?? [:]), try RateTask(json: call["task"] ?? [:]))
        return .json(["resolution": card.resolve(task, at: try call.instant("at")).json])
    }

    @Sendable private func compare(_ call: Call) async throws -> Outcome {
        let found = try await CompareRateCards(market: market)(
            from: call.query["from"].flatMap { Int($0) } ?? 0, to: call.query["to"].flatMap { Int($0) } ?? 0,
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.batch)" }) { change in
            [
                "batch": .string("\(change.batch)"), "requester": .string("\(change.requester)"),
                "name": .string(change.name), "pay_minor": .integer(change.pay.minorUnits),
                "currency": .string(change.pay.currency.code),
                "old_minor": change.old.map { .integer($0.minorUnits) } ?? .null,
                "new_minor": change.new.map { .integer($0.minorUnits) } ?? .null,
            ]
        }
    }

    @Sendable private func listFloors(_ call: Call) async throws -> Outcome {
        let found = try await ListPayFloors(market: market)(
            before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func setFloor(_ call: Call) async throws -> Outcome {
        let (actor, start) = (try call.actor, try call.instantIfGiven("from"))
        let profession = try call["profession"] == nil ? nil : call.profession()
        let floor = try PayFloor(
            profession: profession, tier: call.text("tier").flatMap { Tier(rawValue: $0) },
            hourly: try call.money("hourly_minor"),
            medianOf: call.int("median_of") ?? 20, reason: try call.string("reason"))
        return try await call.once(201, { ["pay_floor": .string("\($0)")] }) {
            try await SetPayFloor(market: $0)(floor, from: start, by: actor)
        }
    }
}

extension Call {
    /// A whole number of the path; what is none names nothing.
    func number(_ parameter: String) throws -> Int {
        guard let number = Int(try name(parameter)) else { throw NotFound(parameter) }
        return number
    }

    func digest(_ field: String) throws(BadInput) -> Digest {
        guard let hash = Digest(hexadecimal: try string(field)) else {
            throw BadInput(field, "must be 64 hexadecimal digits")
        }
        return hash
    }

    func profession(_ field: String = "profession") throws(BadInput) -> Profession {
        guard let profession = Profession(try string(field)) else {
            throw BadInput(field, "must be a code of the catalogue, such as lawyer")
        }
        return profession
    }
}

extension RateCardVersion {
    fileprivate var wire: JSON {
        [
            "version": .integer(Int64(version)), "card": .string("\(id)"), "name": .string(name),
            "state": .string(state.rawValue), "content_hash": .string(contentHash.hexadecimal),
            "prepared_by": .string("\(preparedBy)"), "approved_by": approvedBy.map { .string("\($0)") } ?? .null,
            "from": .second(inForce?.lower),
            "until": .second(inForce?.upper),
        ]
    }
}

extension RateCardEnding {
    fileprivate var wire: JSON {
        [
            "ending": .string("\(id)"), "at": .second(end), "prepared_by": .string("\(preparedBy)"),
            "prepared_at": .second(preparedAt), "is_open": .bool(isOpen),
        ]
    }
}

extension PayFloorPeriod {
    fileprivate var wire: JSON {
        [
            "pay_floor": .string("\(id)"), "profession": floor.profession.map { .string($0.code) } ?? .null,
            "tier": floor.tier.map { .string($0.rawValue) } ?? .null,
            "hourly_minor": .integer(floor.hourly.minorUnits), "currency": .string(floor.hourly.currency.code),
            "median_of": .integer(Int64(floor.medianOf)), "reason": .string(floor.reason),
            "from": .second(inForce.lower),
            "until": .second(inForce.upper),
        ]
    }
}
