internal import Formats
package import Foundation
package import Matching
internal import Store

/// What a requester says of a new auction. Amounts are in minor units of the batch's currency, for one assignment.
package struct AuctionTerms: Sendable {
    /// From the opening to the close.
    static let secondsMax: TimeInterval = 366 * 86_400

    package var lane = AuctionLane.sealed
    /// Later than now, at most a year from now, and before the deadline of the batch.
    package var closesAt: Date
    /// A bid within so many seconds of the close moves it to so many seconds from the bid, 0 to 86,400.
    package var snipeSeconds = 0
    package var extensionSeconds = 0
    /// By how much all such bids together move it at most, 0 to 604,800.
    package var extensionMostSeconds = 0
    /// How long a winner may take to accept, 60 to 2,592,000.
    package var acceptanceSeconds = 86_400
    /// How long what was accepted stays reserved, 60 to 31,536,000.
    package var reservedSeconds = 604_800
    /// `nil` for what the batch holds for an assignment.
    package var ceilingMinor: Int64?
    /// Sealed lane; `nil` for what a bid at the ceiling of who is as good as the baseline scores.
    package var reserveScoreMinor: Int64?
    /// Clock lane, where it is needed.
    package var budgetMinor: Int64?
    /// Clock lane, 1 to 5,000.
    package var stepBasisPoints = 200
    /// What a hundredth of quality is worth, 0 to 10^10.
    package var qualityValueMinor: Int64 = 0
    package var baselineBasisPoints = 0
    /// Of who has no estimate; `nil` for the baseline.
    package var defaultBasisPoints: Int?
    /// `nil` for the profession that the batch is priced for.
    package var skill: Skill?
    /// By how much the ceiling of the next round is higher, 0 to 100,000, and how many rounds follow by themselves, 0
    /// to 20.
    package var widenBasisPoints = 0
    package var rounds = 0

    package init(closesAt: Date) { self.closesAt = closesAt }

    /// - Throws: ``BadInput`` for what is no lane's name.
    package mutating func choose(lane name: String) throws(BadInput) {
        guard let lane = AuctionLane(rawValue: name) else { throw BadInput("lane", "must be sealed or clock") }
        self.lane = lane
    }

    /// Whether the latest close and the time to accept are over before a deadline.
    func leaveTime(before dueAt: Date?) -> Bool {
        guard let dueAt else { return true }
        return closesAt + TimeInterval(extensionMostSeconds) + TimeInterval(acceptanceSeconds) <= dueAt
    }

    /// - Throws: ``BadInput`` for the first field that is out of bounds.
    func validate() throws(BadInput) {
        try BatchDraft.check(snipeSeconds, 0...86_400, "snipe_seconds")
        try BatchDraft.check(extensionSeconds, 0...86_400, "extension_seconds")
        try BatchDraft.check(extensionMostSeconds, 0...604_800, "extension_most_seconds")
        try BatchDraft.check(acceptanceSeconds, 60...2_592_000, "acceptance_seconds")
        try BatchDraft.check(reservedSeconds, 60...31_536_000, "reserved_seconds")
        try BatchDraft.check(stepBasisPoints, AuctionMarket.Bounds.stepBasisPoints, "step_bps")
        try BatchDraft.check(baselineBasisPoints, 0...10_000, "quality_baseline_bps")
        try BatchDraft.check(defaultBasisPoints ?? 0, 0...10_000, "quality_default_bps")
        try BatchDraft.check(widenBasisPoints, 0...100_000, "widen_bps")
        try BatchDraft.check(rounds, 0...20, "rounds")
        guard (0...QualityInMoney.valueMax).contains(qualityValueMinor) else {
            throw BadInput("quality_value_minor", "must be 0 to \(QualityInMoney.valueMax)")
        }
        let score = AuctionMarket.Bounds.scoreMax
        switch lane {
        case .sealed:
            guard budgetMinor == nil else { throw BadInput("budget_minor", "goes with the clock lane only") }
            guard (-score...score).contains(reserveScoreMinor ?? 0) else {
                throw BadInput("reserve_score_minor", "must be \(-score) to \(score)")
            }
        case .clock:
            guard reserveScoreMinor == nil else {
                throw BadInput("reserve_score_minor", "goes with the sealed lane only")
            }
            guard let budgetMinor, (1...AuctionMarket.Bounds.amountMax).contains(budgetMinor) else {
                throw BadInput("budget_minor", "must be 1 to \(AuctionMarket.Bounds.amountMax) in the clock lane")
            }
        }
    }
}

/// Why an auction cannot be opened. In order of precedence.
package enum AuctionRefusal: Refusal {
    /// The batch is not bid for.
    case otherDoor(BatchDoor)
    case batchNotOpen(BatchState)
    /// Its tasks are not alike: parties of their own, matters packed, gold, a redundancy that adapts.
    case notAlike
    /// Another auction of the batch is not over.
    case running
    /// So many awards of the batch wait for an answer, or for somebody in their place.
    case unsettled(Int)
    /// Nothing of the batch is open that is not reserved.
    case nothingLeft
    /// The floor, in minor units, is above the ceiling.
    case noRoom(floor: Int64, ceiling: Int64)

    package var code: String {
        switch self {
        case .otherDoor: "batch_not_for_bids"
        case .batchNotOpen: "batch_not_open"
        case .notAlike: "tasks_not_alike"
        case .running: "auction_running"
        case .unsettled: "awards_unsettled"
        case .nothingLeft: "nothing_left"
        case .noRoom: "floor_above_ceiling"
        }
    }

    package var message: String {
        switch self {
        case .otherDoor(let door): "The work of the batch goes by \(door.rawValue). Make a batch with the door bid."
        case .batchNotOpen(let state): "The batch is \(state.rawValue). Publish it before its auction."
        case .notAlike:
            "The tasks of an auction are alike: without parties of their own, matters that are packed, gold, or a "
                + "redundancy that adapts."
        case .running: "An auction of the batch is under way."
        case .unsettled(let count):
            "\(count) awards of the batch wait for an answer, or for somebody in their place. They lapse by themselves."
        case .nothingLeft: "Nothing of the batch is left to be bid for."
        case .noRoom(let floor, let ceiling):
            "The floor, \(floor) minor units by rate and pay floor, is above the ceiling of \(ceiling)."
        }
    }
}

/// Opens an auction for what is left of a published batch. From now on everything that decides it is fixed: the band,
/// the worth of quality with everybody's estimate, and, by its commitment, the seed.
package struct OpenAuction: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: a publisher of the requester.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``AuctionRefusal``; ``ContentRefusal/keysMissing``;
    ///   ``VaultRefusal``.
    package func callAsFunction(
        of batch: Batch.Key, on terms: AuctionTerms, by actor: Principal.ID
    ) async throws -> Auction.ID {
        try terms.validate()
        return try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: batch.requester)
            guard let locked = try await change.transaction.lockBatch(batch.id, of: batch.requester) else {
                throw NotFound("batch")
            }
            return try await change.openAuction(of: locked, on: terms, round: nil, by: actor)
        }
    }
}

extension Change {
    /// Opens an auction of a locked batch.
    ///
    /// - Parameter previous: the round that it follows, where it does so by itself.
    func openAuction(
        of batch: Batch, on terms: AuctionTerms, round previous: Auction?, by actor: Principal.ID
    ) async throws -> Auction.ID {
        guard batch.door == .bid else { throw AuctionRefusal.otherDoor(batch.door) }
        guard batch.state == .open else { throw AuctionRefusal.batchNotOpen(batch.state) }
        guard try await transaction.hasLikeTasks(batch) else { throw AuctionRefusal.notAlike }
        guard try await !transaction.hasRunningAuction(batch.key) else { throw AuctionRefusal.running }
        let unsettled = try await transaction.unsettledAwards(of: batch.key)
        guard unsettled == 0 else { throw AuctionRefusal.unsettled(unsettled) }
        guard
            let supply = AuctionSupply(
                openSlots: try await transaction.freeSlots(of: batch.key).map(\.numbers.count),
                ceilingMinor: terms.ceilingMinor ?? batch.mostPay.minorUnits)
        else { throw AuctionRefusal.nothingLeft }
        let seconds = terms.closesAt.timeIntervalSince(instant)
        guard seconds > 0, seconds <= AuctionTerms.secondsMax else {
            throw BadInput("closes_at", "must be within a year from now")
        }
        guard terms.leaveTime(before: batch.dueAt) else {
            throw BadInput(
                "closes_at",
                "must leave winners their time to accept before the deadline of the batch, however far bids move it")
        }
        let latest = terms.closesAt + TimeInterval(terms.extensionMostSeconds)
        let priced = try await transaction.pricedSkill(of: batch)
        let opening = AuctionOpening(
            id: make(), batch: batch, terms: terms, supply: supply, closesLatestAt: latest,
            band: try await band(of: batch, terms), skill: terms.skill ?? priced
        )
        let key = AuctionKey(of: Auction.Key(requester: batch.requester, id: opening.id))
        let seed = AuctionKey.freshSeed()
        let ring = try contentRing
        guard try await transaction.holdWrappingKey(ring.current.name) else {
            throw VaultRefusal.keyRetired(name: ring.current.name)
        }
        try await transaction.insertAuction(
            opening, commitment: Digest(of: seed), sealedSeed: key.seal(seed: seed), wrapped: key.wrapped(by: ring),
            by: ring.current.name, opener: actor
        )
        try await transaction.freezeQuality(of: key.auction, skill: opening.skill)
        guard let opened = try await transaction.auction(key.auction) else { throw NotFound("auction") }
        try await record(
            "auction_opened", by: actor, on: "auction", opening.id.uuid, in: .requester(batch.requester),
            facts: opening.facts(following: previous, termsHash: opened.termsHash)
        )
        return opening.id
    }

    /// What may be bid: from the bottom of the rate's band, or the pay floor's where that is higher, to the ceiling.
    ///
    /// Rounding: the pay floor times the expected minutes, up to a whole minor unit.
    private func band(of batch: Batch, _ terms: AuctionTerms) async throws -> ClosedRange<Int64> {
        var floor = try await transaction.leastPay(of: batch)
        if let legal = try await transaction.floor(for: batch.rate) {
            let wanted = Int128(legal.floor.hourly.minorUnits) * Int128(batch.expectedMinutes)
            floor = max(floor, Int64(clamping: (wanted + 59) / 60))
        }
        let most = batch.mostPay.minorUnits
        let ceiling = terms.ceilingMinor ?? most
        guard (1...most).contains(ceiling) else {
            throw BadInput("ceiling_minor", "must be 1 to \(most), what the batch holds for an assignment")
        }
        guard floor <= ceiling else { throw AuctionRefusal.noRoom(floor: floor, ceiling: ceiling) }
        return floor...ceiling
    }
}

/// What is to be had of a batch, all tasks alike.
struct AuctionSupply: Hashable, Sendable {
    let tasks: Int
    /// How many different workers each of these tasks wants.
    let redundancy: Int

    /// The most units so that every task that is in it wants as many: of what several rounds left, some tasks want more
    /// workers than others. No more than one auction can clear (``AuctionMarket/Bounds``); the rest is for the next.
    ///
    /// - Parameters:
    ///   - openSlots: how many slots of each task are free.
    ///   - ceilingMinor: the most that one unit may cost.
    /// - Returns: `nil` when there is none.
    init?(openSlots: [Int], ceilingMinor: Int64) {
        let counts = openSlots.filter { $0 > 0 }.sorted(by: >)
        let unitsMost = Int(clamping: AuctionMarket.Bounds.totalMax / max(ceilingMinor, 1))
        var best: (units: Int, tasks: Int, redundancy: Int)?
        for (place, most) in counts.enumerated() {
            let redundancy = min(most, AuctionMarket.Bounds.redundancyMax)
            // All before it have as many or more.
            let tasks = min(place + 1, AuctionMarket.Bounds.tasksMax, max(unitsMost / redundancy, 1))
            let units = tasks * redundancy
            if units > best?.units ?? 0 || (units == best?.units && tasks > best?.tasks ?? 0) {
                best = (units, tasks, redundancy)
            }
        }
        guard let best else { return nil }
        (tasks, redundancy) = (best.tasks, best.redundancy)
    }
}

/// An auction as it is entered.
struct AuctionOpening: Sendable {
    let id: Auction.ID
    let batch: Batch
    let terms: AuctionTerms
    let supply: AuctionSupply
    let closesLatestAt: Date
    let band: ClosedRange<Int64>
    let skill: Skill

    /// Where the lane has one.
    var reserveScoreMinor: Int64? { terms.lane == .sealed ? terms.reserveScoreMinor ?? -band.upperBound : nil }
    var stepBasisPoints: Int? { terms.lane == .clock ? terms.stepBasisPoints : nil }

    fileprivate func facts(following previous: Auction?, termsHash: Digest) -> JSON {
        [
            "batch": .string("\(batch.id)"), "lane": .string(terms.lane.rawValue),
            "closes_at": .string(terms.closesAt.ISO8601Format()), "tasks": .integer(Int64(supply.tasks)),
            "redundancy": .integer(Int64(supply.redundancy)), "floor_minor": .integer(band.lowerBound),
            "ceiling_minor": .integer(band.upperBound), "rounds": .integer(Int64(terms.rounds)),
            "terms": .string(termsHash.hexadecimal),
            "follows": previous.map { .string("\($0.id)") } ?? .null,
        ]
    }
}
