internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "What a worker wants for an hour at least: set, show, list, end.",
        discussion: """
            An ask keeps work away from its worker that pays less for an hour, by the minutes that a task is expected \
            to take: from what they are offered, from "the next task", and from the list of what there is for them. \
            It changes neither what work pays nor who comes first, and a batch that the worker claims by name is \
            theirs at its price. So the best ask is one's true minimum. Nobody but the worker is shown the amount.

            guildhall ask set --worker L01 --hourly-minor 9000
            guildhall ask set --worker L01 --hourly-minor 12000 --profession lawyer    counts before the one for any
            guildhall ask show --worker L01
            guildhall ask end --worker L01 --profession lawyer
            """,
        subcommands: [Set.self, Show.self, List.self, End.self]
    )

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set an ask from now on, in place of what was asked for the same work.",
            discussion: "Example: guildhall ask set --worker L01 --currency USD --hourly-minor 9000"
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var work: AskedWork
        @Option(name: .customLong("hourly-minor"), help: "The least of an hour, in minor units.")
        var hourlyMinor: Int64
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let currency = try work.currencyCode()
                guard let hourly = try? Money(hourlyMinor, currency) else {
                    throw BadInput("hourly_minor", "is out of range")
                }
                let id = try await SetAsk(market: session.market)(
                    hourly, for: try work.professionCode(), by: try await work.actor(in: session.market)
                )
                Console.result(["ask": .string("\(id)")], "\(work.worker) asks for \(hourly) an hour.", asJSON: json)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a worker asks for now.", discussion: "Example: guildhall ask show --worker L01 --json")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The worker, by the operator's key for them or by id.") var worker: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let actor = Principal.ID(try await session.worker(worker).uuid)
                let found = try await ListAsks(market: session.market)(limit: StandingAsk.inForceMost, by: actor)
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
                if !json { Console.note(PostedLane.sentence(for: .worker)) }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All that a worker ever asked for, newest first.",
            discussion: "Example: guildhall ask list --worker L01 --limit 20")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The worker, by the operator's key for them or by id.") var worker: String
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Go on after this one, by id.") var before: String?
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let actor = Principal.ID(try await session.worker(worker).uuid)
                let found = try await ListAsks(market: session.market)(
                    past: true, before: try pageID(before, of: StandingAsk.self), limit: limit, by: actor
                )
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask for nothing any more, of one kind of work.",
            discussion: "Example: guildhall ask end --worker L01 --currency USD")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var work: AskedWork
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                try await EndAsk(market: session.market)(
                    in: try work.currencyCode(), for: try work.professionCode(),
                    by: try await work.actor(in: session.market)
                )
                Console.result(["ended": true], "\(work.worker) asks for nothing there any more.", asJSON: json)
            }
        }
    }
}

/// Whose ask it is, and for which work.
struct AskedWork: ParsableArguments {
    @Option(help: "The worker, by the operator's key for them or by id. An ask is the worker's own to set.")
    var worker: String
    @Option(help: "ISO 4217 code.") var currency = "USD"
    @Option(help: "The code of a profession; any that has no ask of its own if left out.") var profession: String?

    func actor(in market: Market) async throws -> Principal.ID { Principal.ID(try await market.worker(worker).uuid) }

    func currencyCode() throws -> Currency {
        guard let currency = Currency(currency) else { throw BadInput("currency", "must be an ISO 4217 code") }
        return currency
    }

    func professionCode() throws -> Profession? {
        guard let code = profession else { return nil }
        guard let profession = Profession(code) else {
            throw BadInput("profession", "must be the code of a profession, such as lawyer")
        }
        return profession
    }
}

extension StandingAsk {
    fileprivate var json: JSON {
        [
            "ask": .string("\(id)"), "profession": profession.map { .string($0.code) } ?? .null,
            "hourly_minor": .integer(hourly.minorUnits), "currency": .string(hourly.currency.code),
            "from": inForce.lower.map { .string(utcText($0)) } ?? .null,
            "until": inForce.upper.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        let start = inForce.lower.map { " from \(utcText($0))" } ?? ""
        let end = inForce.upper.map { " until \(utcText($0))" } ?? ""
        return "\(id)  \(profession?.code ?? "any work")  \(hourly) an hour\(start)\(end)"
    }
}
