internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// What workers do in auctions: look, bid, take what they have won. No answer holds anybody else's amount.
///
/// A bid takes no Idempotency-Key: the newest version counts, so that sending it again changes nothing; and what is
/// stored under such a key would let the amount be guessed.
struct BidRoutes {
    private static let path = "/v1/auctions/{requester}/{auction}"
    private static let award = "/v1/awards/{requester}/{award}"
    private static let own: [Code] = [
        "not_a_worker", "worker_not_active", "auction_closed", "batch_not_open", "not_eligible", "excluded",
        "conflict_of_interest", "other_workforce", "had_work_of_batch", "bid_hours", "bid_changed_too_often",
    ]
    let market: Market

    var endpoints: [Endpoint] { bidding + winning }

    private var bidding: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/auctions", "listAuctions",
                "Auctions that take bids, of batches whose requirement you are known to meet", .auctions, for: .worker,
                query: Parameter.pagingOn, gives: .ok(.page(.auction)), by: auctions),
            Endpoint(
                .get, Self.path, "showAuction", "One auction in any state; its seed once it is closed", .auctions,
                for: .requester([.requester], or: [.worker, .operator]), gives: .ok(.auction), by: auction),
            Endpoint(
                .post, Self.path + "/bid", "placeBid", "Bid, or bid otherwise; the newest version counts", .auctions,
                for: .worker,
                takes: .json(
                    ["amount_minor": .minor, "quantity": Shape.integer.optional, "earliest": Shape.text.optional],
                    bytesMax: 4 << 10), keyed: false,
                gives: .ok(
                    .object(
                        "BidReceipt",
                        ["bid": .id, "version": .count, "commitment": .sha256.orNull, "closes_at": .time])),
                refuses: Self.own + ["bid_out_of_band", "bid_too_many"], by: place),
            Endpoint(
                .delete, Self.path + "/bid", "withdrawBid", "Take the bid back", .auctions, for: .worker,
                gives: .ok(
                    .object(["bid": .id, "version": .count, "commitment": .sha256.orNull, "closes_at": .time])),
                refuses: Self.own + ["no_bid"], by: withdraw),
            Endpoint(
                .get, Self.path + "/bid", "showBid",
                "Your bid; after the close also what your other bids would have won and been paid", .auctions,
                for: .worker,
                gives: .ok([
                    "bid": .ownBid,
                    "alternatives": .list(
                        .object(
                            "Alternative",
                            [
                                "bid_minor": .minor, "units": .count, "payment_minor": .minor, "currency": .currency,
                            ])),
                ]), refuses: ["no_bid", "auction_not_cleared"], by: own),
            Endpoint(
                .get, "/v1/bids", "listBids", "Your own bids, newest first", .auctions, for: .worker,
                query: Parameter.paging, gives: .ok(.page(.ownBid)), by: bids),
        ]
    }

    private var winning: [Endpoint] {
        let refused: [Code] = ["award_answered", "award_lapsed", "batch_not_open"]
        return [
            Endpoint(
                .get, "/v1/awards", "listAwards", "What you have won, newest first", .auctions, for: .worker,
                query: Parameter.paging, gives: .ok(.page(.award)), by: awards),
            Endpoint(
                .post, Self.award + "/accept", "acceptAward", "Take what you have won; as much as there is room for",
                .auctions, for: .worker, takes: .empty, keyed: false,
                gives: .ok(["assignments": .list(.assignment), "reserved_until": .time]),
                refuses: refused + Code.claim, by: accept),
            Endpoint(
                .post, Self.award + "/decline", "declineAward", "Leave it; the next moves up", .auctions, for: .worker,
                takes: .empty, keyed: false, gives: .ok(.state("declined")), refuses: refused, by: decline),
        ]
    }

    @Sendable private func auctions(_ call: Call) async throws -> Outcome {
        let found = try await ListAuctions(market: market).open(
            after: try call.identifier("after"), limit: call.limit, to: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func auction(_ call: Call) async throws -> Outcome {
        .json(try await ListAuctions(market: market).one(try call.auction(), by: try call.actor).json)
    }

    @Sendable private func place(_ call: Call) async throws -> Outcome {
        let (worker, key) = (try call.actor, try call.auction())
        let draft = BidDraft(
            amountMinor: try call.integer("amount_minor"), quantity: call.int("quantity") ?? 1,
            earliest: try call.day("earliest"))
        return .json(try await PlaceBid(market: market)(draft, in: key, by: worker).json)
    }

    @Sendable private func withdraw(_ call: Call) async throws -> Outcome {
        .json(try await WithdrawBid(market: market)(from: try call.auction(), by: try call.actor).json)
    }

    @Sendable private func own(_ call: Call) async throws -> Outcome {
        let (bid, table) = try await MyBids(market: market).one(in: try call.auction(), by: try call.actor)
        return .json(["bid": bid.json, "alternatives": .array(table.map { $0.json(in: bid.currency) })])
    }

    @Sendable private func bids(_ call: Call) async throws -> Outcome {
        let found = try await MyBids(market: market)(
            before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.bid.id)" }, \.json)
    }

    @Sendable private func awards(_ call: Call) async throws -> Outcome {
        let found = try await MyAwards(market: market)(
            before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    /// 200 with the leases that were taken at once; said again it is refused as answered, which is harmless.
    @Sendable private func accept(_ call: Call) async throws -> Outcome {
        let (leases, until) = try await AcceptAward(market: market)(try call.award(), by: try call.actor)
        return .json(["assignments": .array(leases.map(\.json)), "reserved_until": .millisecond(until)])
    }

    @Sendable private func decline(_ call: Call) async throws -> Outcome {
        try await DeclineAward(market: market)(try call.award(), by: try call.actor)
        return .json(["state": "declined"])
    }
}

extension Call {
    func auction() throws -> Auction.Key {
        Auction.Key(requester: try id("requester", of: "auction"), id: try id("auction"))
    }

    fileprivate func award() throws -> Award.Key {
        Award.Key(requester: try id("requester", of: "award"), id: try id("award"))
    }
}
