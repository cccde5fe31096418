internal import Matching
internal import Store

/// Works every auction out again from its stored bids.
struct AuctionCheck: Sendable {
    private static let pageSize = 100
    let market: Market

    /// Each auction in a short transaction of its own.
    func callAsFunction() async throws -> DoctorOutcome {
        var (count, examples): (Int, [String]) = (0, [])
        var last: Auction.ID?
        repeat {
            let page = try await market.database.read { [last] in
                try await $0.clearedAuctions(after: last, limit: Self.pageSize)
            }
            for auction in page where try await !isBorneOut(auction) {
                count += 1
                if examples.count < 10 { examples.append("\(auction.id)") }
            }
            last = page.last?.id
        } while last != nil
        return count == 0 ? .clean : .violated(count: count, examples: examples)
    }

    private func isBorneOut(_ auction: Auction) async throws -> Bool {
        do {
            return try await market.database.read { try await $0.verification(of: auction).faults.isEmpty }
        } catch is AuctionMarketFault {
            // What is stored is no market at all.
            return false
        }
    }
}
