internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Matching

/// In which auction, and for which worker.
struct BidOptions: ParsableArguments {
    @OptionGroup var options: DatabaseOptions
    @Option(help: "The requester's key or id.") var requester = "contract-desk"
    @Argument(help: "The auction's id.") var auction: String
    @Option(help: "The worker's key or id.") var worker: String
    @Flag(help: "Print JSON.") var json = false

    func run(_ body: (Session, Auction.Key, Principal.ID) async throws -> Void) async throws {
        try await withSession(options) { session in
            let whose: Requester.ID
            if let id = Requester.ID(requester) { whose = id } else { whose = try await session.requester(requester) }
            let actor = Principal.ID(try await session.worker(worker).uuid)
            try await body(session, try auctionKey(auction, of: whose), actor)
        }
    }
}

struct BidCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bid",
        abstract: "Bids of workers: place or change, withdraw, list.",
        discussion: """
            A bid is free, can be changed and withdrawn until the close, and binds after it. Nobody but the bidder can \
            read its amount before. `guildhall auction show` says how it is paid.

            guildhall bid place AUCTION --worker L01 --amount 4500 --quantity 3
            guildhall bid withdraw AUCTION --worker L01
            guildhall bid list --worker L01
            """,
        subcommands: [Place.self, Withdraw.self, List.self]
    )

    struct Place: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bid in an auction, or change the bid; the newest version counts.",
            discussion: """
                Prints the commitment: the SHA-256 that the amount is held against after the close.

                guildhall bid place AUCTION --worker L01 --amount 4500 --quantity 3 --earliest 2026-12-07
                """)
        @OptionGroup var of: BidOptions
        @Option(help: "The least that is taken for one assignment, in minor units.") var amount: Int64
        @Option(help: "How many assignments at most.") var quantity = 1
        @Option(help: "From which day on, as 2026-12-07; at once without.") var earliest: String?

        func run() async throws {
            try await of.run { session, key, actor in
                var day: CalendarDate?
                if let earliest {
                    guard let found = CalendarDate(iso: earliest) else {
                        throw BadInput("earliest", "must be yyyy-MM-dd")
                    }
                    day = found
                }
                let receipt = try await PlaceBid(market: session.market)(
                    BidDraft(amountMinor: amount, quantity: quantity, earliest: day), in: key, by: actor)
                Console.result(receipt.json, receipt.line, asJSON: of.json)
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a bid back before the close.",
            discussion: "guildhall bid withdraw AUCTION --worker L01")
        @OptionGroup var of: BidOptions

        func run() async throws {
            try await of.run { session, key, actor in
                let receipt = try await WithdrawBid(market: session.market)(from: key, by: actor)
                Console.result(receipt.json, receipt.line, asJSON: of.json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a worker's own bids; with an auction, also what their other bids would have earned.",
            discussion: """
                After the close it shows the own score, the cut-off, and what was won; never anybody else's bid.

                guildhall bid list --worker L01
                guildhall bid list --worker L01 --auction AUCTION
                """)
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The requester's key or id; with --auction.") var requester = "contract-desk"
        @Option(help: "The worker's key or id.") var worker: String
        @Option(help: "One auction's id: with the table of what other bids would have earned.") var auction: String?
        @Option(help: "The last bid of the page before.") var before: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let actor = Principal.ID(try await session.worker(worker).uuid)
                let bids = MyBids(market: session.market)
                guard let auction else {
                    let found = try await bids(before: try pageID(before, of: Bid.self), limit: limit, by: actor)
                    return Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
                }
                let whose: Requester.ID
                if let id = Requester.ID(requester) {
                    whose = id
                } else {
                    whose = try await session.requester(requester)
                }
                let (own, table) = try await bids.one(in: try auctionKey(auction, of: whose), by: actor)
                let rows = table.map { "  a bid of \($0.bidMinor): \($0.units) units, \($0.paymentMinor) paid" }
                Console.result(
                    [
                        "bid": own.json,
                        "alternatives": .array(table.map(\.json)),
                    ], ([own.line] + rows).joined(separator: "\n"), asJSON: json)
            }
        }
    }
}

extension BidReceipt {
    fileprivate var line: String {
        let what = commitment.map { "commitment \($0.hexadecimal)" } ?? "withdrawn"
        return "\(bid)  version \(version)  \(what)  closes \(utcText(closesAt))"
    }
}

extension OwnBid {
    fileprivate var line: String {
        let amount = amountMinor.map { "\($0)" } ?? "-"
        var text =
            "\(bid.auction.id)  \(auctionState.rawValue)  \(bid.state.rawValue)  \(amount) x \(bid.quantity)  "
            + "quality \(bid.qualityMinor)"
        if let scoreMinor { text += "  score \(scoreMinor)" }
        if let outcome {
            if let cutOff = outcome.cutOffScoreMinor { text += "  cut-off \(cutOff)" }
            if let price = outcome.clearingPriceMinor { text += "  price \(price)" }
            text += "  won \(outcome.unitsWon) for \(outcome.totalMinor)"
        }
        return text
    }
}
