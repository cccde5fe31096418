internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Auctions as requesters and operators see them: open one, what came of it, its computation, what screens found; and
/// direct offers that a requester makes.
struct AuctionRoutes {
    private static let path = "/v1/auctions/{requester}/{auction}"
    private static let operators = Access.platform([.operator])
    private static let seconds = Shape.integer(0...31_536_000)
    private static let report = Shape.object(
        "AuctionReport",
        [
            "outcome": .text, "units_wanted": .count, "units_filled": .count, "currency": .currency,
            "cost_minor": .minor, "cost_at_reserve_minor": .minor, "cost_at_rate_minor": .minor,
            "expected_quality_bps": .bps.orNull, "units_awarded": .count, "units_accepted": .count,
            "units_given_back": .count,
        ])
    private static let finding = Shape.object(
        "AuctionFinding",
        [
            "finding": .id, "kind": .choice(FindingKind.self), "state": .choice(FindingState.self),
            "requirement": .id, "profession": .text, "tier": .choice(Tier.self), "currency": .currency,
            "score_milli": .integer, "workers": .list(.id), "auctions": .list(.id), "evidence": .anything,
            "found_at": .time, "decided_at": .time.orNull, "decided_by": .id.orNull, "reasons": .text.orNull,
        ])
    private static let opening: [Code] = [
        "auction_closed", "opening_already_proposed", "opening_not_proposed", "same_operator", "opener_is_bidder",
        "opener_is_no_person",
    ]
    private static let reading: [Code] = ["auction_not_cleared", "auction_rules_unknown"]
    let market: Market

    var endpoints: [Endpoint] { offered + results + findings }

    private var offered: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/auctions/{requester}", "listRequesterAuctions", "A requester's auctions, newest first",
                .auctions, for: RequesterRoutes.publisher, query: [.query("batch", .id)] + Parameter.paging,
                gives: .ok(.page(.auction)), by: list),
            Endpoint(
                .post, BatchRoutes.path + "/auctions", "openAuction",
                "Open an auction for what is left of a batch with the door bid; what decides it is fixed by that",
                .batches, for: RequesterRoutes.publisher, takes: .json(Self.terms),
                gives: .created(["auction": .id]),
                refuses: [
                    "batch_not_for_bids", "batch_not_open", "tasks_not_alike", "auction_running", "awards_unsettled",
                    "nothing_left", "floor_above_ceiling",
                ] + Code.content, by: open),
            Endpoint(
                .post, BatchRoutes.path + "/post-rest", "postRest",
                "Hand out what auctions left of a batch at its posted rate, by claims", .batches,
                for: RequesterRoutes.publisher, takes: .empty, gives: .ok(.state("posted")),
                refuses: ["batch_not_for_bids", "batch_not_open", "auction_running", "awards_unsettled"], by: post),
            Endpoint(
                .post, BatchRoutes.path + "/direct-offers", "makeDirectOffer",
                "Offer tasks of a batch to one worker, on terms of your own", .batches,
                for: RequesterRoutes.publisher,
                takes: Endpoint.Body(Shape.object(Shape.directTerms).with(nil, ["worker": .id])),
                gives: .created(["direct_offer": .id]),
                refuses: [
                    "already_offered", "batch_not_open", "batch_overdue", "batch_auctioned", "worker_not_active",
                    "not_eligible", "excluded", "conflict_of_interest", "other_workforce", "other_currency",
                    "below_floor", "above_most",
                ], by: makeOffer),
        ]
    }

    private static let terms: KeyValuePairs<String, Shape> = [
        "closes_at": .time, "lane": Shape.words("sealed", "clock").optional,
        "snipe_seconds": seconds.optional, "extension_seconds": seconds.optional,
        "extension_most_seconds": seconds.optional, "acceptance_seconds": seconds.optional,
        "reserved_seconds": seconds.optional, "ceiling_minor": Shape.minor.orNull.optional,
        "reserve_score_minor": Shape.minor.orNull.optional, "budget_minor": Shape.minor.orNull.optional,
        "step_bps": Shape.integer(1...5_000).optional,
        "quality_value_minor": Shape.integer(0...10_000_000_000).optional,
        "quality_baseline_bps": Shape.integer(0...10_000).optional,
        "quality_default_bps": Shape.integer(0...10_000).orNull.optional, "skill": Shape.text.orNull.optional,
        "widen_bps": Shape.integer(0...100_000).optional, "rounds": Shape.integer(0...20).optional,
    ]

    private var results: [Endpoint] {
        [
            Endpoint(
                .get, Self.path + "/report", "reportAuction",
                "What a cleared auction costs against its reserve, and what quality to expect", .auctions,
                for: RequesterRoutes.publisher, gives: .ok(Self.report), refuses: Self.reading, by: report),
            Endpoint(
                .get, Self.path + "/explanation", "explainAuction",
                "The whole computation of a cleared auction, line by line; it names every bid", .auctions,
                for: Self.operators,
                query: [
                    .query("first", Shape.integer(0...10_000_000).described("How many bidders to pass over.")),
                    .limit(),
                ], gives: .ok(["lines": .list(.text), "rest": .count]), refuses: Self.reading, by: explain),
            Endpoint(
                .get, Self.path + "/verification", "verifyAuction",
                "A cleared auction worked out again from its stored bids, and what differs", .auctions,
                for: Self.operators,
                gives: .ok(.object("AuctionVerification", ["bids": .count, "hash": .sha256, "faults": .list(.text)])),
                refuses: Self.reading, by: verify),
            Endpoint(
                .post, Self.path + "/early-opening", "proposeEarlyOpening",
                "Ask that bidding ends before its time; another operator confirms", .operations, for: Self.operators,
                takes: .json(["reasons": .text(1...2_000)]), gives: .created(.state("proposed")),
                refuses: Self.opening, by: proposeOpening),
            Endpoint(
                .post, Self.path + "/early-opening/confirm", "confirmEarlyOpening",
                "Confirm what another operator asked for: bidding is over", .operations, for: Self.operators,
                takes: .empty, gives: .ok(.state("closed")), refuses: Self.opening, by: confirmOpening),
        ]
    }

    private var findings: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/findings", "listFindings", "What screens of auctions found, in one state, oldest first",
                .operations, for: Self.operators,
                query: [.query("state", .choice(FindingState.self))] + Parameter.pagingOn,
                gives: .ok(.page(Self.finding)), by: listFindings),
            Endpoint(
                .get, "/v1/findings/{finding}", "showFinding", "One with its evidence", .operations,
                for: Self.operators, gives: .ok(Self.finding), by: showFinding),
            Endpoint(
                .post, "/v1/findings/{finding}/decide", "decideFinding",
                "Say what is behind it; nothing follows by itself", .operations, for: Self.operators,
                takes: .json(["verdict": .choice(FindingVerdict.self), "reasons": .text(1...2_000)]),
                gives: .ok(["verdict": .choice(FindingVerdict.self)]),
                refuses: ["finding_decided", "decider_is_concerned"], by: decideFinding),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListAuctions(market: market)(
            of: try call.id("requester"), batch: try call.identifier("batch"), before: try call.identifier("before"),
            limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func open(_ call: Call) async throws -> Outcome {
        let (key, actor, terms) = (try call.batch(), try call.actor, try call.auctionTerms())
        return try await call.once(201, { ["auction": .string("\($0)")] }) {
            try await OpenAuction(market: $0)(of: key, on: terms, by: actor)
        }
    }

    @Sendable private func post(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        return try await call.once(200, { (_: Void) in ["state": "posted"] }) {
            try await PostRest(market: $0)(of: key, by: actor)
        }
    }

    @Sendable private func makeOffer(_ call: Call) async throws -> Outcome {
        let (key, actor, terms) = (try call.batch(), try call.actor, try call.directTerms())
        let worker: Worker.ID = try call.required("worker")
        return try await call.once(201, { ["direct_offer": .string("\($0)")] }) {
            try await MakeDirectOffer(market: $0)(of: key, to: worker, terms, by: actor)
        }
    }

    @Sendable private func report(_ call: Call) async throws -> Outcome {
        .json(try await ReportAuction(market: market)(try call.auction(), by: try call.actor).json)
    }

    @Sendable private func explain(_ call: Call) async throws -> Outcome {
        let (lines, rest) = try await ExplainAuction(market: market)(
            try call.auction(), first: call.query["first"].flatMap { Int($0) } ?? 0, limit: call.limit,
            by: try call.actor)
        return .json(["lines": .array(lines.map(JSON.string)), "rest": .integer(Int64(rest))])
    }

    @Sendable private func verify(_ call: Call) async throws -> Outcome {
        .json(try await VerifyAuction(market: market)(try call.auction(), by: try call.actor).json)
    }

    @Sendable private func proposeOpening(_ call: Call) async throws -> Outcome {
        let (key, actor, reasons) = (try call.auction(), try call.actor, try call.string("reasons"))
        return try await call.once(201, { (_: Void) in ["state": "proposed"] }) {
            try await OpenBidsEarly(market: $0).propose(key, reasons: reasons, by: actor)
        }
    }

    @Sendable private func confirmOpening(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.auction(), try call.actor)
        return try await call.once(200, { (_: Void) in ["state": "closed"] }) {
            try await OpenBidsEarly(market: $0).confirm(key, by: actor)
        }
    }

    @Sendable private func listFindings(_ call: Call) async throws -> Outcome {
        let found = try await ListFindings(market: market)(
            in: call.choice("state") ?? .open, after: try call.identifier("after"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func showFinding(_ call: Call) async throws -> Outcome {
        .json(try await ListFindings(market: market).one(try call.id("finding"), by: try call.actor).json)
    }

    @Sendable private func decideFinding(_ call: Call) async throws -> Outcome {
        let (id, actor): (Finding.ID, Principal.ID) = (try call.id("finding"), try call.actor)
        let reasons = try call.string("reasons")
        let verdict: FindingVerdict = try call.chosen("verdict")
        return try await call.once(200, { (_: Void) in ["verdict": .string(verdict.rawValue)] }) {
            try await DecideFinding(market: $0)(id, verdict, reasons: reasons, by: actor)
        }
    }
}

extension Call {
    @inline(never)
    fileprivate func auctionTerms() throws -> AuctionTerms {
        var terms = AuctionTerms(closesAt: try instant("closes_at"))
        if let lane = text("lane") { try terms.choose(lane: lane) }
        terms.snipeSeconds = int("snipe_seconds") ?? terms.snipeSeconds
        terms.extensionSeconds = int("extension_seconds") ?? terms.extensionSeconds
        terms.extensionMostSeconds = int("extension_most_seconds") ?? terms.extensionMostSeconds
        terms.acceptanceSeconds = int("acceptance_seconds") ?? terms.acceptanceSeconds
        terms.reservedSeconds = int("reserved_seconds") ?? terms.reservedSeconds
        terms.ceilingMinor = self["ceiling_minor"]?.integerValue
        terms.reserveScoreMinor = self["reserve_score_minor"]?.integerValue
        terms.budgetMinor = self["budget_minor"]?.integerValue
        terms.stepBasisPoints = int("step_bps") ?? terms.stepBasisPoints
        terms.qualityValueMinor = self["quality_value_minor"]?.integerValue ?? 0
        terms.baselineBasisPoints = int("quality_baseline_bps") ?? 0
        terms.defaultBasisPoints = int("quality_default_bps")
        terms.widenBasisPoints = int("widen_bps") ?? 0
        terms.rounds = int("rounds") ?? 0
        guard let path = text("skill") else { return terms }
        guard let skill = Skill(path) else { throw BadInput("skill", "must be a path such as lawyer/contracts") }
        terms.skill = skill
        return terms
    }
}
