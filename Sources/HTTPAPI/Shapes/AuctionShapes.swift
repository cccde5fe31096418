internal import Marketplace

extension Shape {
    static let auction = Shape.object(
        "Auction",
        [
            "auction": .id, "requester": .id, "batch": .id, "round": .count, "lane": .text,
            "state": .choice(AuctionState.self), "opened_at": .time, "closes_at": .time, "closes_latest_at": .time,
            "tasks": .count, "redundancy": .count, "expected_minutes": .count, "currency": .currency,
            "floor_minor": .minor, "ceiling_minor": .minor, "reserve_score_minor": .minor.orNull,
            "budget_minor": .minor.orNull, "step_bps": .bps.orNull, "quality_value_minor": .minor,
            "quality_baseline_bps": .bps, "quality_default_bps": .bps, "skill": .text, "acceptance_seconds": .count,
            "reserved_seconds": .count, "rounds_left": .count, "rule_version": .count, "commitment": .sha256,
            "seed": .text.orNull, "for_workers": .text, "for_requesters": .text, "waves": .text,
        ])
    static let ownBid = Shape.object(
        "OwnBid",
        [
            "auction": .id, "requester": .id, "bid": .id, "lane": .text, "auction_state": .choice(AuctionState.self),
            "closes_at": .time, "state": .choice(BidState.self), "version": .count, "quantity": .count,
            "earliest": .day, "placed_at": .time, "currency": .currency, "quality_minor": .minor, "low_bps": .bps,
            "amount_minor": .minor.orNull, "salt": .text.orNull, "commitment": .sha256.orNull,
            "score_minor": .minor.orNull,
            "outcome": Shape.object(
                "BidOutcome",
                [
                    "outcome": .text, "cut_off_score_minor": .minor.orNull, "clearing_price_minor": .minor.orNull,
                    "units_won": .count, "total_minor": .minor,
                ]
            ).orNull,
        ])
    static let award = Shape.object(
        "Award",
        [
            "award": .id, "auction": .id, "requester": .id, "batch": .id, "state": .choice(AwardState.self),
            "units": .count, "total_minor": .minor, "currency": .currency, "moved_up": .flag, "accept_by": .time,
            "reserved_until": .time.orNull,
        ])
    static let directTerms: KeyValuePairs<String, Shape> = [
        "amount_minor": .minor, "currency": .currency, "quantity": .integer, "answer_by": .time, "deadline": .time,
        "conditions": Shape.text.optional,
    ]
    static let turn = Shape.object(
        "Turn",
        [
            "turn": .count, "side": .text, "amount_minor": .minor, "currency": .currency, "quantity": .count,
            "answer_by": .time, "deadline": .time, "conditions": .text, "made_at": .time,
        ])
    static let directOffer = Shape.object(
        "DirectOffer",
        [
            "direct_offer": .id, "requester_id": .id, "batch": .id, "worker": .id,
            "state": .choice(DirectOfferState.self), "taken": .count, "ends_at": .time, "agreed_at": .time.orNull,
            "stands": turn,
        ])
    static let directOfferWhole = directOffer.with(
        "DirectOfferWithTurns", ["turns": .list(turn), "assignments": .list(.id)])
}
