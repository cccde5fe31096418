internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Matching

/// Which auction, whose, and who asks.
struct AuctionOptions: ParsableArguments {
    @OptionGroup var options: DatabaseOptions
    @OptionGroup var whose: RequesterOptions
    @Argument(help: "The auction's id.") var auction: String
    @Flag(help: "Print JSON.") var json = false

    /// Opens the database and finds out who asks.
    func run(
        remotely command: some ParsableCommand, _ body: (Session, Auction.Key, Principal.ID) async throws -> Void
    ) async throws {
        try await withSession(options, remotely: command as? any RemoteCommand) { session in
            let (requester, actor) = try await whose.people(in: session)
            try await body(session, try auctionKey(auction, of: requester), actor)
        }
    }
}

func auctionKey(_ text: String, of requester: Requester.ID) throws -> Auction.Key {
    guard let id = Auction.ID(text) else { throw BadInput("auction", "must be a UUID") }
    return Auction.Key(requester: requester, id: id)
}

extension AuctionCommand {
    /// Those that work on the database.
    static let stored: [any ParsableCommand.Type] = [
        Open.self, List.self, Show.self, Explain.self, Verify.self, OpenEarly.self, Report.self,
        Post.self,
    ]

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open an auction for what is left of a published batch with the door bid.",
            discussion: """
                From now on everything that decides it is fixed: the band, the worth of quality with everybody's \
                newest estimate, and the seed that breaks ties, of which only the SHA-256 is shown before the \
                close. Amounts are in minor units, for one assignment. Without --ceiling it is what the batch holds \
                for an assignment.

                guildhall auction open BATCH --closes 2026-12-01T12:00:00Z --quality-value 300 --baseline-bps 8000
                guildhall auction open BATCH --lane clock --budget 500000 --closes 2026-12-01T12:00:00Z
                guildhall auction open BATCH --closes 2026-12-01T12:00:00Z --snipe 60 --extension 120 \
                --extension-most 3600 --widen-bps 2000 --rounds 2
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The batch's id.") var batch: String
        @Option(help: "sealed (second score) or clock (falling price under a budget).") var lane = "sealed"
        @Option(help: "When bids are taken no more, as 2026-12-01T12:00:00Z.") var closes: String
        @Option(help: "A bid within so many seconds of the close moves it.") var snipe = 0
        @Option(help: "To so many seconds from the bid.") var `extension` = 0
        @Option(help: "But not by more seconds than these, all together.") var extensionMost = 0
        @Option(help: "Seconds that winners have to accept.") var acceptance = 86_400
        @Option(help: "Seconds that accepted work stays reserved.") var reserved = 604_800
        @Option(help: "The most that a bid may be.") var ceiling: Int64?
        @Option(help: "Sealed lane: the least score that wins; may be below zero.") var reserveScore: Int64?
        @Option(help: "Clock lane: what all units may cost.") var budget: Int64?
        @Option(help: "Clock lane: by how much the price falls in a step, in ten-thousandths.") var stepBps = 200
        @Option(help: "What a hundredth of quality above the baseline is worth.") var qualityValue: Int64 = 0
        @Option(help: "The baseline, in ten-thousandths.") var baselineBps = 0
        @Option(help: "The quality of who has no estimate; the baseline without.") var defaultBps: Int?
        @Option(help: "The skill whose lower bound is quality; the profession of the batch without.") var skill: String?
        @Option(help: "By how much the next round's ceiling is higher, in ten-thousandths.") var widenBps = 0
        @Option(help: "How many rounds follow by themselves for what is left.") var rounds = 0
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                var terms = AuctionTerms(closesAt: try utcInstant(closes, field: "closes"))
                terms.lane = try choice(lane, of: AuctionLane.self, field: "lane")
                (terms.snipeSeconds, terms.extensionSeconds) = (snipe, `extension`)
                terms.extensionMostSeconds = extensionMost
                (terms.acceptanceSeconds, terms.reservedSeconds) = (acceptance, reserved)
                (terms.ceilingMinor, terms.reserveScoreMinor, terms.budgetMinor) = (ceiling, reserveScore, budget)
                terms.stepBasisPoints = stepBps
                terms.qualityValueMinor = qualityValue
                (terms.baselineBasisPoints, terms.defaultBasisPoints) = (baselineBps, defaultBps)
                if let skill {
                    guard let node = Skill(skill) else {
                        throw BadInput("skill", "must be a path such as lawyer/contracts")
                    }
                    terms.skill = node
                }
                (terms.widenBasisPoints, terms.rounds) = (widenBps, rounds)
                let id = try await OpenAuction(market: session.market)(
                    of: Batch.Key(requester: requester, id: try batchID(batch)), on: terms, by: actor)
                let opened = try await ListAuctions(market: session.market).one(
                    Auction.Key(requester: requester, id: id), by: actor)
                Console.result(opened.json, opened.line, asJSON: json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List auctions of a requester, the newest first; with --worker, those they may bid in now.",
            discussion: """
                guildhall auction list --batch BATCH
                guildhall auction list --worker L01
                """)
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Option(help: "Only those of this batch.") var batch: String?
        @Option(help: "A worker's key or id: the open auctions of everybody whose requirement they meet.") var worker:
            String?
        @Option(help: "The last one of the page before.") var after: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let list = ListAuctions(market: session.market)
                let last = try pageID(after, of: Auction.self, field: "after")
                let found: [Auction]
                if let worker {
                    let id = try await session.worker(worker)
                    found = try await list.open(after: last, limit: limit, to: Principal.ID(id.uuid))
                } else {
                    let (requester, actor) = try await whose.people(in: session)
                    found = try await list(
                        of: requester, batch: try batch.map(batchID), before: last, limit: limit, by: actor)
                }
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show an auction: its lane in a sentence for each side, its band, when it closes.",
            discussion: "guildhall auction show AUCTION --requester acme")
        @OptionGroup var of: AuctionOptions

        func run() async throws {
            try await of.run(remotely: self) { session, key, actor in
                let auction = try await ListAuctions(market: session.market).one(key, by: actor)
                Console.result(auction.json, auction.text, asJSON: of.json)
            }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the whole computation of a cleared auction, line by line, from stored bids to payments.",
            discussion: """
                For operators: it names every bid.

                guildhall auction explain AUCTION
                guildhall auction explain AUCTION --first 200 --limit 200
                """)
        @OptionGroup var of: AuctionOptions
        @Option(help: "How many bidders to pass over.") var first = 0
        @Option(help: "How many bidders, 1 to 200.") var limit = 50

        func run() async throws {
            try await of.run(remotely: self) { session, key, actor in
                let (lines, rest) = try await ExplainAuction(market: session.market)(
                    key, first: first, limit: limit, by: actor)
                let more = rest > 0 ? ["\(rest) more bidders with --first \(first + limit)."] : []
                Console.result(
                    ["lines": .array(lines.map { .string($0) }), "rest": .integer(Int64(rest))],
                    (lines + more).joined(separator: "\n"), asJSON: of.json)
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Work a cleared auction out again from its stored bids and compare, to the byte.",
            discussion: """
                Compares market, result and hash, the seed and every bid with what was committed to, frozen quality \
                with its formula, awards with the result. For operators. Exit code 1 when anything differs.

                guildhall auction verify AUCTION
                """)
        @OptionGroup var of: AuctionOptions

        func run() async throws {
            try await of.run(remotely: self) { session, key, actor in
                let found = try await VerifyAuction(market: session.market)(key, by: actor)
                let lines =
                    found.faults.isEmpty
                    ? ["\(found.bids) bids come to what is stored; SHA-256 \(found.hash.hexadecimal)."] : found.faults
                Console.result(found.json, lines.joined(separator: "\n"), asJSON: of.json)
                if !found.faults.isEmpty { throw ExitCode.failure }
            }
        }
    }

    struct OpenEarly: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "open-early",
            abstract: "End the bidding of an auction before its time: one operator asks for it, another confirms.",
            discussion: """
                guildhall auction open-early AUCTION --reasons 'The client needs it today.' --by operator
                guildhall auction open-early AUCTION --confirm --by 'Second Operator'
                """)
        @OptionGroup var of: AuctionOptions
        @Option(help: "Why, 1 to 2,000 characters; asks for it.") var reasons: String?
        @Flag(help: "Confirm what another operator asked for.") var confirm = false

        func validate() throws {
            guard (reasons != nil) != confirm else { throw ValidationError("Give --reasons or --confirm.") }
        }

        func run() async throws {
            try await of.run(remotely: self) { session, key, actor in
                let early = OpenBidsEarly(market: session.market)
                if let reasons {
                    try await early.propose(key, reasons: reasons, by: actor)
                    Console.result(
                        ["proposed": true], "Asked for. Another operator confirms with --confirm.", asJSON: of.json)
                } else {
                    try await early.confirm(key, by: actor)
                    Console.result(
                        ["closed": true], "The bidding is over; the scheduler opens the bids.", asJSON: of.json)
                }
            }
        }
    }

    struct Post: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand out what auctions left of a batch at its posted rate, by claims.",
            discussion: """
                After the last round nothing of it happens by itself: the rate may be more than the reserve that \
                nobody met. Either this, or another `auction open` in another band. What was won stays with its \
                winners.

                guildhall auction post BATCH --requester acme
                """)
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The batch's id.") var batch: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                try await PostRest(market: session.market)(
                    of: Batch.Key(requester: requester, id: try batchID(batch)), by: actor)
                Console.result(
                    ["posted": true], "Whoever is eligible claims what is left, at the posted rate.", asJSON: json)
            }
        }
    }

    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a requester what an auction costs against its reserve, and what quality to expect.",
            discussion: "guildhall auction report AUCTION --requester acme")
        @OptionGroup var of: AuctionOptions

        func run() async throws {
            try await of.run(remotely: self) { session, key, actor in
                let report = try await ReportAuction(market: session.market)(key, by: actor)
                Console.result(report.json, report.text, asJSON: of.json)
            }
        }
    }
}

extension Auction {
    var line: String {
        let band = "\(floorMinor) to \(ceilingMinor) \(currency.code)"
        return
            "\(id)  \(lane.rawValue)  \(state.rawValue)  round \(round)  \(tasks) x \(redundancy)  \(band) minor units"
            + "  closes \(utcText(closesAt))"
    }

    fileprivate var text: String {
        let sentence = LaneSentence(lane)
        var lines = [line, "To workers: \(sentence.forWorkers)", "To requesters: \(sentence.forRequesters)"]
        lines.append(LaneSentence.waves)
        if let reserveScoreMinor { lines.append("Reserve: a score of \(reserveScoreMinor) (quality less bid).") }
        if let budgetMinor { lines.append("Budget: \(budgetMinor).") }
        lines.append(
            "Quality: \(quality.valueMinor) for each hundredth of '\(quality.skill.path)' above "
                + "\(quality.baselineBasisPoints) ten-thousandths; \(quality.defaultBasisPoints) where none is known.")
        lines.append("Ties by the seed with SHA-256 \(commitment.hexadecimal).")
        return lines.joined(separator: "\n")
    }
}

extension AuctionReport {
    fileprivate var text: String {
        let quality = expectedQualityBps.map { ", expected quality \($0) ten-thousandths" } ?? ""
        return """
            \(outcome): \(unitsFilled) of \(unitsWanted) units for \(cost)\(quality).
            At the reserve they would have cost \(costAtReserve), at the posted rate \(costAtRate).
            Accepted \(unitsAccepted), not answered yet \(unitsAwarded), given back \(unitsGivenBack).
            """
    }
}
