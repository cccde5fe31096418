internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Matching
internal import Simulation

struct AuctionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auction",
        abstract: "Work that workers name their price for: auctions, and how bids are cleared.",
        discussion: """
            Sealed lane: the best scores (quality less bid) win, and each winner is paid the highest amount at which \
            they would still have won. Clock lane: a price falls until those who stay fit the budget, and everyone \
            staying is paid it. In both, bidding the least one would take is best.

            Try it on a file, which needs no database: guildhall auction clear MARKET.json --lane sealed. \
            docs/FILES.md has the format and an example.
            """,
        subcommands: stored + whatIf
    )

    /// Those that need no database.
    private static let whatIf: [any ParsableCommand.Type] = [Clear.self, Simulate.self]

    struct Clear: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Clear a market from a file: who wins what, at which pay. Needs no database.",
            discussion: """
                The very function that awards. Prints JSON: outcome, units, payment, winners, losers; the order of \
                the bids in the file does not matter. With --explain the computation line by line instead.

                Exit code 1: the file is wrong, and where.

                Example: guildhall auction clear market.json --lane sealed
                """
        )
        @Argument(help: "The market (JSON, at most 64 MiB); - reads standard input.") var market: String
        @Option(help: "sealed or clock.") var lane: String
        @Flag(help: "Print the computation line by line.") var explain = false
        @Option(help: "How many bidders to explain, 1 to 1000.") var limit = 50
        @Option(help: "How many bidders to pass over in the explanation.") var offset = 0

        mutating func validate() throws {
            guard (1...AuctionExplanation.bidsMax).contains(limit), offset >= 0 else {
                throw ValidationError("--limit must be 1 to \(AuctionExplanation.bidsMax), --offset at least 0.")
            }
        }

        func run() async throws {
            do {
                let lane = try choice(lane, of: AuctionLane.self, field: "lane")
                let market = try AuctionMarket(json: try readMarket())
                do throws(AuctionMarketFault) {
                    if explain {
                        let found = try market.explanation(lane, first: offset, most: limit)
                        found.lines.forEach { Console.result($0) }
                        if found.rest > 0 {
                            Console.note("And \(found.rest) bidders more: --offset \(offset + limit).")
                        }
                    } else {
                        Console.result(try market.clear(lane).json)
                    }
                } catch {
                    throw BadInput(error.pointer, error.reason)
                }
            } catch {
                throw Console.failure(error)
            }
        }

        private func readMarket() throws -> JSON {
            let bytes: [UInt8]
            if market == "-" {
                bytes = [UInt8](
                    try FileHandle.standardInput.read(upToCount: AuctionFile.bytesMax + 1) ?? Data())
            } else {
                bytes = try fileBytes(market, most: AuctionFile.bytesMax + 1)
            }
            guard bytes.count <= AuctionFile.bytesMax else {
                throw BadInput("market", "must have at most \(AuctionFile.bytesMax >> 20) MiB")
            }
            do throws(JSONFault) {
                return try JSON.parse(bytes, limits: AuctionFile.limits)
            } catch {
                throw BadInput("market", "is no JSON: \(error)")
            }
        }
    }

    struct Simulate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Play bidding strategies in seeded markets: what truth, shading and chance bring.",
            discussion: """
                In each market one bidder plays every strategy in turn, while all others are truthful and nothing \
                else changes. Prints the mean of what was paid less what the units cost, with its 95 % interval, and \
                how much more than truth it brought: on average, and at most in any market. Equal seeds print equal \
                lines.

                Example: guildhall auction simulate --markets 10000 --bidders 8 --tasks 5 --lane sealed
                """
        )
        @Option(help: "How many markets, 1 to 1000000.") var markets = 10_000
        @Option(help: "Bidders of each, 3 to 10000.") var bidders = 8
        @Option(help: "Tasks of each, 1 to 100000.") var tasks = 5
        @Option(help: "Different workers that each task wants, 1 to 100.") var redundancy = 1
        @Option(help: "sealed or clock.") var lane = "sealed"
        @Option(help: "What the markets are drawn from.") var seed: UInt64 = 1
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            do {
                let trial = try StrategyTrial(
                    lane: try choice(lane, of: AuctionLane.self, field: "lane"), markets: markets, bidders: bidders,
                    tasks: tasks, redundancy: redundancy, seed: seed
                )
                let report = try trial.run()
                if json { Console.result(report.json) } else { report.lines.forEach { Console.result($0) } }
            } catch {
                throw Console.failure(error)
            }
        }
    }
}
