internal import Foundation
internal import Matching
internal import Store

extension Transaction {
    /// Whether every task of a batch is like every other, so that it does not matter who gets which.
    func hasLikeTasks(_ batch: Batch) async throws -> Bool {
        try await oneRow(
            """
            select not has_task_parties and not is_packed and gold_bps = 0 and agreement_bps is null
                   and worker_tasks_max is null and resizing_to is null as is_alike
              from batch where requester_id = \(batch.requester) and batch_id = \(batch.id)
            """)["is_alike"]
    }

    func hasRunningAuction(_ batch: Batch.Key) async throws -> Bool {
        try await firstRow(
            """
            select from auction
             where requester_id = \(batch.requester) and batch_id = \(batch.id)
               and state in ('open', 'closed', 'awarding')
            """) != nil
    }

    /// What nobody has and nobody is kept for, by task.
    func freeSlots(of batch: Batch.Key) async throws -> [FreeTask] {
        try await rows(
            """
            select task_id, array_agg(slot_no::bigint order by slot_no) as numbers
              from slot
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and state = 'open'
               and allotment_id is null
             group by task_id
             order by task_id
            """
        ).map { FreeTask(id: try $0["task_id"], numbers: try $0["numbers"]) }
    }

    /// The bottom of the band of a batch's rate, for one task.
    func leastPay(of batch: Batch) async throws -> Int64 {
        let row = try await oneRow(
            """
            select price.task, rate.* from (\(fragment: PayRate.columns) where rate_id = \(batch.rate)) as rate
             cross join batch_price as price
             where price.requester_id = \(batch.requester) and price.batch_id = \(batch.id)
            """)
        let rate = try PayRate(row: row)
        let least = try rate.price(of: rate.band.lowerBound, try RateTask(json: row["task"])).minorUnits
        return min(least, batch.pay.minorUnits)
    }

    /// The skill that is named as the profession a batch is priced for.
    func pricedSkill(of batch: Batch) async throws -> Skill {
        try await oneRow("select profession as skill from rate where rate_id = \(batch.rate)")["skill"]
    }

    func insertAuction(
        _ opening: AuctionOpening, commitment: Digest, sealedSeed: Bytes, wrapped: Bytes, by name: String,
        opener: Principal.ID
    ) async throws {
        let (batch, terms) = (opening.batch, opening.terms)
        try await execute(
            """
            insert into auction (requester_id, auction_id, batch_id, round_no, lane, state, opened_by, opened_at,
                                 closes_at, closes_latest_at, snipe_seconds, extension_seconds, acceptance_seconds,
                                 reserved_seconds, task_count, redundancy, expected_minutes, currency, floor_minor,
                                 ceiling_minor, ceiling_most_minor, reserve_score_minor, budget_minor, step_bps,
                                 quality_value_minor, quality_baseline_bps, quality_default_bps, skill, widen_bps,
                                 rounds_left, rule_version, commitment, sealed_seed, wrapping_key, wrapped,
                                 extension_most_seconds)
            values (\(batch.requester), \(opening.id), \(batch.id),
                    (select coalesce(max(round_no), 0) + 1 from auction
                      where requester_id = \(batch.requester) and batch_id = \(batch.id)),
                    \(terms.lane), 'open', \(opener), \(instant), \(terms.closesAt), \(opening.closesLatestAt),
                    \(terms.snipeSeconds), \(terms.extensionSeconds), \(terms.acceptanceSeconds),
                    \(terms.reservedSeconds), \(opening.supply.tasks), \(opening.supply.redundancy),
                    \(batch.expectedMinutes), \(batch.pay.currency), \(opening.band.lowerBound),
                    \(opening.band.upperBound), \(batch.mostPay.minorUnits), \(opening.reserveScoreMinor),
                    \(terms.budgetMinor), \(opening.stepBasisPoints), \(terms.qualityValueMinor),
                    \(terms.baselineBasisPoints), \(terms.defaultBasisPoints ?? terms.baselineBasisPoints),
                    \(opening.skill), \(terms.widenBasisPoints), \(terms.rounds), \(Auction.rules), \(commitment),
                    \(sealedSeed), \(name), \(wrapped), \(terms.extensionMostSeconds))
            """)
    }

    /// Notes how good everybody is known to be in a skill; the greatest version counts.
    func freezeQuality(of auction: Auction.Key, skill: Skill) async throws {
        try await execute(
            """
            insert into auction_quality (requester_id, auction_id, worker_id, estimate_version, low_bps)
            select distinct on (worker_id) \(auction.requester), \(auction.id), worker_id, version, low_bps
              from skill_estimate
             where skill = \(skill) and estimated_at <= \(instant)
             order by worker_id, version desc
            """)
    }

    /// The key's wrapped form and the sealed seed, for as long as they are kept.
    func wrappedAuctionKey(of auction: Auction.Key) async throws -> Row? {
        try await firstRow(
            """
            select wrapping_key, wrapped, sealed_seed from auction
             where requester_id = \(auction.requester) and auction_id = \(auction.id) and wrapped is not null
            """)
    }

    package func auction(_ key: Auction.Key) async throws -> Auction? {
        try await firstRow("\(fragment: Self.auctionStatement(key))").map(Auction.init)
    }

    /// How an auction's row is locked.
    enum AuctionLock {
        /// By a bid: together with other bids, but not while the auction is being closed.
        case bid
        /// By a bid that may move the close.
        case movingBid
        /// By whoever closes it, or decides of its awards.
        case close
    }

    static func auctionStatement(_ key: Auction.Key, _ lock: AuctionLock? = nil) -> SQL {
        let end: SQL =
            switch lock {
            case nil: ""
            case .bid: "for share"
            case .movingBid: "for no key update"
            case .close: "for update"
            }
        return """
            \(fragment: Auction.columns)
             where requester_id = \(key.requester) and auction_id = \(key.id)
            \(fragment: end)
            """
    }

    func moveClose(of auction: Auction, to end: Date) async throws {
        try await execute(
            """
            update auction set closes_at = greatest(closes_at, \(end))
             where requester_id = \(auction.requester) and auction_id = \(auction.id) and state = 'open'
            """)
    }

    /// Auctions that something is to be done about: due, or cut off; by id.
    func unfinishedAuctions(after last: Auction.ID?, limit: Int) async throws -> [Auction.Key] {
        try await rows(
            """
            select requester_id, auction_id from (
                (select requester_id, auction_id from auction
                  where state in ('closed', 'awarding')
                    and (\(last)::uuid is null or auction_id > \(last)::uuid)
                  order by auction_id
                  limit \(limit))
                union all
                (select requester_id, auction_id from auction
                  where state = 'open' and closes_at <= \(instant)
                    and (\(last)::uuid is null or auction_id > \(last)::uuid)
                  order by auction_id
                  limit \(limit))) as unfinished
             order by auction_id
             limit \(limit)
            """
        ).map { Auction.Key(requester: try $0["requester_id"], id: try $0["auction_id"]) }
    }

    /// Auctions of a batch, or of all of a requester's; the newest first.
    func auctions(
        of requester: Requester.ID, _ batch: Batch.ID?, before last: Auction.ID?, limit: Int
    ) async throws -> [Auction] {
        try await rows(
            """
            \(fragment: Auction.columns)
             where requester_id = \(requester) and (\(batch)::uuid is null or batch_id = \(batch)::uuid)
               and (\(last)::uuid is null or auction_id < \(last)::uuid)
             order by auction_id desc
             limit \(limit)
            """
        ).map(Auction.init)
    }
}

/// A task with slots that are free.
struct FreeTask: Hashable, Sendable {
    let id: WorkTask.ID
    /// Of the slots, in their order.
    let numbers: [Int]
}

extension Auction {
    static let columns: SQL = """
        select requester_id, auction_id, batch_id, round_no, lane, state, opened_at, closes_at, closes_latest_at,
               closed_at, snipe_seconds, extension_seconds, acceptance_seconds, reserved_seconds, task_count,
               redundancy,
               expected_minutes, currency, floor_minor, ceiling_minor, ceiling_most_minor, reserve_score_minor,
               budget_minor, step_bps, quality_value_minor, quality_baseline_bps, quality_default_bps, skill, widen_bps,
               rounds_left, rule_version, commitment, seed, awards_written, extension_most_seconds, record_hash
          from auction
        """

    init(row: Row) throws {
        id = try row["auction_id"]
        requester = try row["requester_id"]
        batch = try row["batch_id"]
        round = try row["round_no"]
        lane = try row["lane"]
        state = try row["state"]
        openedAt = try row["opened_at"]
        closesAt = try row["closes_at"]
        closesLatestAt = try row["closes_latest_at"]
        closedAt = try row["closed_at"]
        snipeSeconds = try row["snipe_seconds"]
        extensionSeconds = try row["extension_seconds"]
        acceptanceSeconds = try row["acceptance_seconds"]
        reservedSeconds = try row["reserved_seconds"]
        tasks = try row["task_count"]
        redundancy = try row["redundancy"]
        expectedMinutes = try row["expected_minutes"]
        currency = try row["currency"]
        floorMinor = try row["floor_minor"]
        ceilingMinor = try row["ceiling_minor"]
        ceilingMostMinor = try row["ceiling_most_minor"]
        reserveScoreMinor = try row["reserve_score_minor"]
        budgetMinor = try row["budget_minor"]
        stepBasisPoints = try row["step_bps"]
        quality = QualityInMoney(
            valueMinor: try row["quality_value_minor"], baselineBasisPoints: try row["quality_baseline_bps"],
            defaultBasisPoints: try row["quality_default_bps"], skill: try row["skill"]
        )
        widenBasisPoints = try row["widen_bps"]
        roundsLeft = try row["rounds_left"]
        ruleVersion = try row["rule_version"]
        commitment = try row["commitment"]
        let seed: Bytes? = try row["seed"]
        self.seed = seed?.bytes
        awardsWritten = try row["awards_written"]
        extensionMostSeconds = try row["extension_most_seconds"]
        recordHash = try row["record_hash"]
    }
}
