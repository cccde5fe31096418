internal import Foundation
internal import Matching
internal import Store

/// Works auctions out again from their stored bids: those of the last days, and of the older ones each day another
/// part, so that a doctor who comes daily has seen all of them within a month.
struct AuctionCheck: Sendable {
    /// How many days back every auction is looked at.
    static let daysBack = 7
    /// In how many days all older ones are looked at.
    static let turnDays = 30
    private static let pageSize = 100
    let market: Market
    /// Whether all are looked at now.
    let isFull: Bool

    /// Each auction in a short transaction of its own.
    func callAsFunction() async throws -> DoctorOutcome {
        var (count, examples): (Int, [String]) = (0, [])
        var last: Auction.Key?
        repeat {
            let page = try await market.database.read { [last] in
                try await $0.clearedAuctions(after: last, isFull: isFull, limit: Self.pageSize)
            }
            for auction in page where try await !isBorneOut(auction) {
                count += 1
                if examples.count < 10 { examples.append("\(auction.id)") }
            }
            last = page.last?.key
        } while last != nil
        return count == 0 ? .clean : .violated(count: count, examples: examples)
    }

    private func isBorneOut(_ auction: Auction) async throws -> Bool {
        do {
            return try await market.database.read { try await $0.verification(of: auction).faults.isEmpty }
        } catch {
            // What is stored is no market at all, has no seed, or goes by rules that nobody knows.
            if error is AuctionMarketFault || error is NotFound || error is AuctionReadingRefusal { return false }
            throw error
        }
    }
}
