/// The computation of an auction line by line, for people: a page of its bidders, and how many follow.
package struct AuctionExplanation: Hashable, Sendable {
    /// Plain text, one statement a line.
    package let lines: [String]
    /// How many bidders come after this page.
    package let rest: Int

    /// The most bidders of one page.
    package static let bidsMax = 1_000
    /// How many different scores are written out for what one winner displaces.
    static let displacedMax = 8
}

extension AuctionMarket {
    /// Explains how the auction is cleared. The end says what ``clear(_:)`` says, from the same sums.
    ///
    /// Shape: the terms; a line for each bid in the order in which it counts; what decided; what each winner among them
    /// is paid and why; the totals.
    /// - Parameters:
    ///   - first: how many bidders to pass over.
    ///   - most: how many bidders at most; clamped to ``AuctionExplanation/bidsMax``.
    ///   - name: how a worker is called; else their UUID.
    /// - Throws: ``AuctionMarketFault/budgetMissing``.
    package func explanation(
        _ lane: AuctionLane, first: Int = 0, most: Int = 50, name: (UInt128) -> String = AuctionMarket.text(ofID:)
    ) throws(AuctionMarketFault) -> AuctionExplanation {
        let result = try clear(lane)
        let start = min(max(0, first), bidders.count)
        let page = start..<min(bidders.count, start + min(max(0, most), AuctionExplanation.bidsMax))
        var lines = terms(lane)
        switch lane {
        case .sealed where result.outcome == .tooFewBidders, .clock where result.outcome == .tooFewBidders: break
        case .sealed: lines += SealedLane(self).lines(page, of: result, name: name)
        case .clock: lines += try ClockLane(self).lines(page, of: result, name: name)
        }
        lines.append(result.endLine)
        return AuctionExplanation(lines: lines, rest: bidders.count - page.upperBound)
    }

    private func terms(_ lane: AuctionLane) -> [String] {
        var lines = [
            "Auction \(Self.text(ofID: id)), \(lane.rawValue) lane, \(bidders.count) bidders, amounts in minor units.",
            "Wanted: \(tasks) tasks, \(redundancy) different workers each: \(unitsWanted) units, "
                + "at most \(tasks) for one worker. Bids from \(floorMinor) to \(ceilingMinor).",
        ]
        switch lane {
        case .sealed:
            lines.append(
                "Score: quality - bid. The best scores win, from the reserve of \(reserveScoreMinor) on; ties by "
                    + "SHA-256(auction, worker, seed), the lower first.")
        case .clock:
            lines.append(
                "The price falls from \(ceilingMinor) by \(stepBasisPoints) ten-thousandths a step, not below "
                    + "\(floorMinor), until the units of those who stay fit: price x units at most "
                    + "\(budgetMinor ?? 0), units at most \(unitsWanted).")
        }
        return lines
    }

    /// A UUID as it is written, from its bits.
    package static func text(ofID id: UInt128) -> String {
        let digits = String(id, radix: 16)
        let all = Array(String(repeating: "0", count: 32 - digits.count) + digits)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(all[$0]) }.joined(separator: "-")
    }
}

extension AuctionResult {
    fileprivate var endLine: String {
        let share = "\(unitsFilled) of \(unitsWanted) units, \(paymentMinor) paid"
        return switch outcome {
        case .cleared: "Cleared: \(share)."
        case .partlyFilled: "Partly filled: \(share)."
        case .reserveNotMet: "Reserve not met: \(share)."
        case .everyoneLeft: "Everyone left in one step: \(share)."
        case .budgetTooSmall: "The budget does not buy one unit at the floor: \(share)."
        case .tooFewBidders:
            "Fewer than \(AuctionMarket.Bounds.biddersMin) bidders: the posted pay stands; \(share)."
        }
    }
}

extension SealedLane {
    fileprivate func lines(_ page: Range<Int>, of result: AuctionResult, name: (UInt128) -> String) -> [String] {
        var bids: [String] = []
        var payments: [String] = []
        for place in page {
            let own = market.bidders[Int(order[place])]
            let standing = result.standings[place]
            bids.append(
                "\(place + 1). \(name(own.id)): score \(own.qualityMinor) - \(own.bidMinor) = \(standing.scoreMinor), "
                    + "offers \(own.quantity), wins \(standing.units) (tie \(ties[Int(order[place])].shortText))")
            if standing.units > 0 {
                payments += lines(ofWinner: Int(order[place]), standing, name: name(own.id))
            }
        }
        let last = result.cutOffScoreMinor.map { "the last unit that wins has the score \($0)" } ?? "no unit wins"
        let next =
            result.bestLosingScoreMinor.map { "the best that does not has \($0)" }
            ?? "none stands behind it at or above the reserve"
        return bids + ["Cut-off: \(last); \(next)."] + payments
    }

    private func lines(ofWinner bidder: Int, _ standing: AuctionResult.Standing, name: String) -> [String] {
        let own = market.bidders[bidder]
        let parts = displaced(by: bidder, units: standing.units)
        var lines = ["\(name) is paid \(standing.paymentMinor) for \(standing.units):"]
        for part in parts.prefix(AuctionExplanation.displacedMax) {
            let price = own.qualityMinor - part.score
            let reason: String
            if part.score == own.qualityMinor - market.ceilingMinor {
                reason = "the ceiling"
            } else if part.score == market.reserveScoreMinor {
                reason = "the reserve \(part.score)"
            } else {
                reason = "the displaced score \(part.score)"
            }
            lines.append("  \(part.units) x \(price), up to \(reason): \(own.qualityMinor) - \(part.score)")
        }
        let others = parts.dropFirst(AuctionExplanation.displacedMax)
        if !others.isEmpty {
            let sum = others.reduce(Int64(0)) { $0 + (own.qualityMinor - $1.score) * Int64($1.units) }
            let units = others.reduce(0) { $0 + $1.units }
            lines.append("  \(units) more in \(others.count) parts, together \(sum)")
        }
        return lines
    }
}

extension ClockLane {
    /// Bidders in the order in which they leave, the highest bid first.
    fileprivate func lines(_ page: Range<Int>, of result: AuctionResult, name: (UInt128) -> String) -> [String] {
        let stop = stop()
        var lines: [String] = []
        var before = order.count
        var quiet = 0
        for price in ClockPrices(market) {
            let staying = stayers(at: price)
            let isLast = stop == .price(price) || (stop == .turns && price == market.floorMinor)
            guard staying < before || isLast || price == market.ceilingMinor else {
                quiet += 1
                continue
            }
            let left = (order.count - before)..<(order.count - staying)
            if left.overlaps(page) || isLast || price == market.ceilingMinor {
                if quiet > 0 { lines.append("(\(quiet) steps in which nobody on this page leaves)") }
                quiet = 0
                for leaver in left where page.contains(leaver) {
                    let own = market.bidders[Int(order[order.count - 1 - leaver])]
                    lines.append(
                        "  \(name(own.id)) leaves before \(price): bid \(own.bidMinor), "
                            + "\(market.capacity(own)) units")
                }
                lines.append(step(price, staying: staying))
            } else {
                quiet += 1
            }
            before = staying
            if isLast { break }
        }
        return lines + stay(page, stop, staying: before, of: result, name: name)
    }

    private func step(_ price: Int64, staying: Int) -> String {
        let units = units(ofFirst: staying)
        let fit = fitting(at: price)
        let cost = Int128(price) * Int128(units)
        return "Price \(price): \(staying) stay with \(units) units, costing \(cost); \(fit) fit"
            + (units <= fit ? ": it clears." : ".")
    }

    private func stay(
        _ page: Range<Int>, _ stop: Stop, staying: Int, of result: AuctionResult, name: (UInt128) -> String
    ) -> [String] {
        var lines: [String] = []
        if stop == .turns {
            lines.append(
                "Even at the floor they do not fit: turns by SHA-256(auction, worker, seed), the lower first.")
        }
        for leaver in page where leaver >= order.count - staying {
            // Those who stay come by rank, so that turns are read in their order.
            let rank = leaver - (order.count - staying)
            let standing = result.standings[rank]
            let tie = ties[Int(order[rank])].shortText
            lines.append(
                "  \(name(standing.bidder)) stays (tie \(tie)): \(standing.units) units, paid \(standing.paymentMinor)")
        }
        return lines
    }
}
