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

    func run(
        remotely command: some ParsableCommand, _ body: (Session, Auction.Key, Principal.ID) async throws -> Void
    ) async throws {
        try await withSession(options, remotely: command as? any RemoteCommand) { session in
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
            read its amount before: who shows the worker's access token. `guildhall auction show` says how it is paid.

            guildhall bid place AUCTION --worker L01 --amount 4500 --quantity 3
            guildhall bid withdraw AUCTION --worker L01
            guildhall bid list --worker L01
            guildhall bid list --worker L01 --token-file token.txt
            """,
        subcommands: [Place.self, Withdraw.self, List.self]
    )

    struct Place: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bid in an auction, or change the bid; the newest version counts.",
            discussion: """
                Prints the commitment: the SHA-256 that the amount is held against after the close.

                guildhall bid place AUCTION --worker L01 --amount 4500 --quantity 3 --earliest 2026-12-07
                echo 4500 | guildhall bid place AUCTION --worker L01 --amount -
                """)
        @OptionGroup var of: BidOptions
        @Option(
            help: """
                The least that is taken for one assignment, in minor units; - reads it from standard input, so that \
                it stands in no history and no list of processes.
                """)
        var amount: String
        @Option(help: "How many assignments at most.") var quantity = 1
        @Option(help: "From which day on, as 2026-12-07; at once without.") var earliest: String?

        func run() async throws {
            try await of.run(remotely: self) { session, key, actor in
                var day: CalendarDate?
                if let earliest {
                    guard let found = CalendarDate(iso: earliest) else {
                        throw BadInput("earliest", "must be yyyy-MM-dd")
                    }
                    day = found
                }
                let receipt = try await PlaceBid(market: session.market)(
                    BidDraft(amountMinor: try amountMinor(), quantity: quantity, earliest: day), in: key, by: actor)
                Console.result(receipt.json, receipt.line, asJSON: of.json)
            }
        }

        /// What was given is not said again.
        func amountMinor() throws -> Int64 {
            let text = amount == "-" ? readLine() ?? "" : amount
            guard let amount = Int64(text.trimmingCharacters(in: .whitespaces)) else {
                throw BadInput("amount", "must be a whole number of minor units")
            }
            return amount
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a bid back before the close.",
            discussion: "guildhall bid withdraw AUCTION --worker L01")
        @OptionGroup var of: BidOptions

        func run() async throws {
            try await of.run(remotely: self) { session, key, actor in
                let receipt = try await WithdrawBid(market: session.market)(from: key, by: actor)
                Console.result(receipt.json, receipt.line, asJSON: of.json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a worker's own bids; with an auction, also what their other bids would have earned.",
            discussion: """
                After the close it shows the own score, the cut-off, and what was won; never anybody else's bid. \
                Before the close the amount is shown to who has the worker's access token, and to nobody else.

                guildhall bid list --worker L01
                guildhall bid list --worker L01 --token-file token.txt
                guildhall bid list --worker L01 --auction AUCTION
                """)
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The requester's key or id; with --auction.") var requester = "contract-desk"
        @Option(help: "The worker's key or id.") var worker: String
        @Option(help: "A file with the worker's access token; - reads it from standard input.") var tokenFile: String?
        @Option(help: "One auction's id: with the table of what other bids would have earned.") var auction: String?
        @Option(help: "The last bid of the page before.") var before: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let actor = Principal.ID(try await session.worker(worker).uuid)
                let bids = MyBids(market: session.market)
                let isBidder = try await isShown(to: actor, in: session)
                guard let auction else {
                    let found = try await bids(
                        before: try pageID(before, of: Bid.self), limit: limit, unsealing: isBidder, by: actor)
                    return Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
                }
                let whose: Requester.ID
                if let id = Requester.ID(requester) {
                    whose = id
                } else {
                    whose = try await session.requester(requester)
                }
                let (own, table) = try await bids.one(
                    in: try auctionKey(auction, of: whose), unsealing: isBidder, by: actor)
                let rows = table.map { "  a bid of \($0.bidMinor): \($0.units) units, \($0.paymentMinor) paid" }
                Console.result(
                    [
                        "bid": own.json,
                        "alternatives": .array(table.map { $0.json(in: own.currency) }),
                    ], ([own.line] + rows).joined(separator: "\n"), asJSON: json)
            }
        }

        /// Whether whoever asks has shown to be the worker.
        private func isShown(to worker: Principal.ID, in session: Session) async throws -> Bool {
            guard let tokenFile else { return false }
            let text: String
            if tokenFile == "-" {
                text = readLine() ?? ""
            } else {
                text = String(decoding: try fileBytes(tokenFile, most: 4_096), as: UTF8.self)
            }
            let owner = try await session.market.authenticate(
                token: text.trimmingCharacters(in: .whitespacesAndNewlines))
            guard owner == worker else { throw BadInput("token_file", "is not this worker's") }
            return true
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
        let amount = amountMinor.map { "\($0)" } ?? bid.state.rawValue
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
