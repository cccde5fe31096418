package import Formats
internal import Foundation
package import Matching

/// Bounds of an auction's file.
package enum AuctionFile {
    /// The most bytes that are read.
    package static let bytesMax = 64 << 20
    /// Its depth and members, for the parser.
    package static let limits = JSON.Limits(maxDepth: 4, maxBytes: bytesMax, maxKeys: 5_000_000)
}

/// A file that is no auction's market, with everything that is wrong about it.
package struct MalformedAuction: Refusal {
    /// One thing that is wrong.
    package struct Fault: Hashable, Sendable {
        /// Where, as a JSON Pointer (RFC 6901); "" is the whole.
        package let pointer: String
        /// What must hold there.
        package let reason: String
    }

    /// The first ``faultsMax``, in the order of the file's members.
    package let faults: [Fault]
    /// All of them.
    package let count: Int
    /// How many are kept.
    package static let faultsMax = 100

    package var code: String { "malformed_auction" }
    package var message: String {
        let told = faults.prefix(5).map { "\($0.pointer.isEmpty ? "/" : $0.pointer): \($0.reason)" }
        let rest = count > told.count ? ["and \(count - told.count) more"] : []
        return "This is no auction's market. " + (told + rest).joined(separator: "; ") + "."
    }
}

extension AuctionMarket {
    /// Reads a market of a file or of the stored record; docs/FILES.md says what each member is.
    ///
    /// - Throws: ``MalformedAuction`` with every fault.
    package init(json: JSON) throws(MalformedAuction) {
        var reading = AuctionReading()
        let parts = reading.parts(json)
        guard reading.isClean, let parts else { throw reading.refusal }
        do throws(AuctionMarketFault) {
            self = try parts.market()
        } catch {
            reading.add(error.pointer, error.reason)
            throw reading.refusal
        }
    }

    /// The market as ``init(json:)`` reads it, with every member; bids by the worker's id. Equal markets have equal
    /// bytes.
    package var json: JSON {
        [
            "auction": .string(Self.text(ofID: id)), "seed": .string(seed.hexadecimal),
            "tasks": .integer(Int64(tasks)), "redundancy": .integer(Int64(redundancy)),
            "floor_minor": .integer(floorMinor), "ceiling_minor": .integer(ceilingMinor),
            "reserve_score_minor": .integer(reserveScoreMinor),
            "budget_minor": budgetMinor.map { .integer($0) } ?? .null, "step_bps": .integer(Int64(stepBasisPoints)),
            "bids": .array(
                bidders.map { bidder in
                    [
                        "worker": .string(Self.text(ofID: bidder.id)), "quality_minor": .integer(bidder.qualityMinor),
                        "bid_minor": .integer(bidder.bidMinor), "quantity": .integer(Int64(bidder.quantity)),
                    ]
                }),
        ]
    }
}

extension AuctionResult {
    /// The result for files, for the stored record and for comparing with it; docs/FILES.md says what each member is.
    package var json: JSON {
        var members: [String: JSON] = [
            "lane": .string(lane.rawValue), "outcome": .string(outcome.rawValue),
            "units_wanted": .integer(Int64(unitsWanted)), "units_filled": .integer(Int64(unitsFilled)),
            "units_unfilled": .integer(Int64(unitsUnfilled)), "payment_minor": .integer(paymentMinor),
        ]
        switch lane {
        case .sealed:
            members["cut_off_score_minor"] = cutOffScoreMinor.map { .integer($0) } ?? .null
            members["best_losing_score_minor"] = bestLosingScoreMinor.map { .integer($0) } ?? .null
        case .clock:
            members["clearing_price_minor"] = clearingPriceMinor.map { .integer($0) } ?? .null
        }
        members["winners"] = .array(
            winners.map { standing in
                [
                    "worker": .string(AuctionMarket.text(ofID: standing.bidder)),
                    "score_minor": .integer(standing.scoreMinor), "units": .integer(Int64(standing.units)),
                    "payment_minor": .integer(standing.paymentMinor),
                ]
            })
        members["losers"] = .array(
            standings.filter { $0.units == 0 }.map { standing in
                [
                    "worker": .string(AuctionMarket.text(ofID: standing.bidder)),
                    "score_minor": .integer(standing.scoreMinor),
                ]
            })
        return .object(members)
    }
}

/// The members of a market before they are a market.
private struct AuctionParts {
    let id: UInt128
    let seed: [UInt8]
    let tasks, redundancy, floor, ceiling, reserve: Int64
    let budget: Int64?
    let step: Int64
    let bidders: [AuctionMarket.Bidder]

    func market() throws(AuctionMarketFault) -> AuctionMarket {
        try AuctionMarket(
            id: id, seed: seed, tasks: Int(tasks), redundancy: Int(redundancy), floorMinor: floor,
            ceilingMinor: ceiling, reserveScoreMinor: reserve, budgetMinor: budget, stepBasisPoints: Int(step),
            bidders: bidders
        )
    }
}

/// Reads member by member and keeps every fault.
private struct AuctionReading {
    private typealias Bounds = AuctionMarket.Bounds
    private static let members: Set = [
        "auction", "seed", "tasks", "redundancy", "floor_minor", "ceiling_minor", "reserve_score_minor",
        "budget_minor", "step_bps", "bids",
    ]
    private static let bidMembers: Set = ["worker", "quality_minor", "bid_minor", "quantity"]

    private var faults: [MalformedAuction.Fault] = []
    private var count = 0

    var isClean: Bool { count == 0 }
    var refusal: MalformedAuction { MalformedAuction(faults: faults, count: count) }

    mutating func add(_ pointer: String, _ reason: String) {
        if faults.count < MalformedAuction.faultsMax { faults.append(.init(pointer: pointer, reason: reason)) }
        count += 1
    }

    mutating func parts(_ json: JSON) -> AuctionParts? {
        guard let market = object(json, "", Self.members) else { return nil }
        let id = id(market, "/auction")
        let seed = seed(market["seed"])
        let amounts = 0...Bounds.amountMax
        let tasks = integer(market, "/tasks", in: 1...Int64(Bounds.tasksMax))
        let redundancy = integer(market, "/redundancy", in: 1...Int64(Bounds.redundancyMax), or: 1)
        let floor = integer(market, "/floor_minor", in: amounts)
        let ceiling = integer(market, "/ceiling_minor", in: (floor ?? 0)...Bounds.amountMax)
        let reserve = integer(
            market, "/reserve_score_minor", in: -Bounds.scoreMax...Bounds.scoreMax, or: -Bounds.scoreMax)
        let hasBudget = market["budget_minor"].map { !$0.isNull } ?? false
        let budget = hasBudget ? integer(market, "/budget_minor", in: amounts) : nil
        let steps = Bounds.stepBasisPoints
        let step = integer(market, "/step_bps", in: Int64(steps.lowerBound)...Int64(steps.upperBound), or: 200)
        let bidders = bidders(market["bids"], in: (floor ?? 0)...max(floor ?? 0, ceiling ?? Bounds.amountMax))
        guard let id, let seed, let tasks, let redundancy, let floor, let ceiling, let reserve, let step else {
            return nil
        }
        return AuctionParts(
            id: id, seed: seed, tasks: tasks, redundancy: redundancy, floor: floor, ceiling: ceiling,
            reserve: reserve, budget: budget, step: step, bidders: bidders
        )
    }

    private mutating func bidders(_ json: JSON?, in bids: ClosedRange<Int64>) -> [AuctionMarket.Bidder] {
        guard let list = json?.arrayValue else {
            add("/bids", "must be a list of bids")
            return []
        }
        guard list.count <= Bounds.biddersMax else {
            add("/bids", "must have at most \(Bounds.biddersMax) bids")
            return []
        }
        var bidders: [AuctionMarket.Bidder] = []
        bidders.reserveCapacity(list.count)
        for (place, element) in list.enumerated() {
            let path = "/bids/\(place)"
            guard let bid = object(element, path, Self.bidMembers) else { continue }
            let id = id(bid, "\(path)/worker")
            let quality = integer(
                bid, "\(path)/quality_minor", in: -Bounds.amountMax...Bounds.amountMax, or: 0)
            let amount = integer(bid, "\(path)/bid_minor", in: bids)
            let quantity = integer(bid, "\(path)/quantity", in: 1...Int64(Bounds.quantityMax), or: 1)
            guard let id, let quality, let amount, let quantity else { continue }
            bidders.append(.init(id: id, qualityMinor: quality, bidMinor: amount, quantity: Int(quantity)))
        }
        return bidders
    }

    private mutating func object(_ json: JSON, _ path: String, _ known: Set<String>) -> [String: JSON]? {
        guard let members = json.objectValue else {
            add(path, "must be an object")
            return nil
        }
        for name in members.keys.sorted() where !known.contains(name) {
            let step = name.replacing("~", with: "~0").replacing("/", with: "~1")
            add("\(path)/\(step)", "is no member of an auction's market")
        }
        return members
    }

    private func member(_ members: [String: JSON], _ path: String) -> JSON? {
        path.lastIndex(of: "/").flatMap { members[String(path[path.index(after: $0)...])] }
    }

    private mutating func integer(
        _ members: [String: JSON], _ path: String, in range: ClosedRange<Int64>, or standard: Int64? = nil
    ) -> Int64? {
        let found = member(members, path)
        if found == nil, let standard { return standard }
        guard let value = found?.integerValue, range.contains(value) else {
            add(path, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    private mutating func id(_ members: [String: JSON], _ path: String) -> UInt128? {
        guard let uuid = (member(members, path)?.stringValue).flatMap(UUID.init(uuidString:)) else {
            add(path, "must be a UUID")
            return nil
        }
        return uuid.bits
    }

    private mutating func seed(_ json: JSON?) -> [UInt8]? {
        guard let digest = json?.stringValue.flatMap(Digest.init(hexadecimal:)) else {
            add("/seed", "must be \(2 * Bounds.seedBytes) hexadecimal digits")
            return nil
        }
        return digest.bytes
    }
}

extension AuctionMarketFault {
    /// Where in a market's file, as a JSON Pointer.
    package var pointer: String {
        switch self {
        case .seedMalformed: "/seed"
        case .tasksOutOfBounds: "/tasks"
        case .redundancyOutOfBounds: "/redundancy"
        case .floorOutOfBounds: "/floor_minor"
        case .ceilingOutOfBounds: "/ceiling_minor"
        case .reserveOutOfBounds: "/reserve_score_minor"
        case .budgetOutOfBounds, .budgetMissing: "/budget_minor"
        case .stepOutOfBounds: "/step_bps"
        case .tooMuchMoney: ""
        case .tooManyBidders, .noSuchBidder, .heldTooMany: "/bids"
        case .qualityOutOfBounds(let place): "/bids/\(place)/quality_minor"
        case .bidOutOfBounds(let place): "/bids/\(place)/bid_minor"
        case .quantityOutOfBounds(let place): "/bids/\(place)/quantity"
        case .bidderTwice(let place): "/bids/\(place)/worker"
        }
    }

    /// What must hold there.
    package var reason: String {
        switch self {
        case .seedMalformed: "must be \(AuctionMarket.Bounds.seedBytes) bytes"
        case .tasksOutOfBounds, .redundancyOutOfBounds, .floorOutOfBounds, .reserveOutOfBounds, .budgetOutOfBounds,
            .stepOutOfBounds, .qualityOutOfBounds, .quantityOutOfBounds:
            "is out of bounds"
        case .ceilingOutOfBounds: "must be at least the floor and within bounds"
        case .tooMuchMoney: "all units at the ceiling must cost at most \(AuctionMarket.Bounds.totalMax)"
        case .tooManyBidders: "must have at most \(AuctionMarket.Bounds.biddersMax) bids"
        case .bidOutOfBounds: "must be from the floor to the ceiling"
        case .bidderTwice: "must not have a bid already"
        case .budgetMissing: "must be given for the clock lane"
        case .noSuchBidder(let id): "has no bid of \(AuctionMarket.text(ofID: id))"
        case .heldTooMany(let id): "does not give \(AuctionMarket.text(ofID: id)) what they are said to hold"
        }
    }
}

extension UUID {
    /// The 128 bits, the first byte the most significant: what an auction knows a worker by.
    package var bits: UInt128 {
        withUnsafeBytes(of: uuid) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
    }

    /// From the bits of a UUID.
    package init(bits: UInt128) {
        self = withUnsafeBytes(of: bits.bigEndian) { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
