internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

extension ScheduleCommand {
    struct Alerts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Batches that will not be done in time unless somebody does something: list, close.",
            discussion: """
                As a deadline nears, the scheduler asks more people, then pays more within band and budget; when that \
                is not enough it raises an alert with the three least bad things that can be done, each computed from \
                the batch as it is: fewest answers lost first, then least money, then least delay.

                Examples:
                  guildhall schedule alerts list
                  guildhall schedule alerts close ID --resolution "Deadline extended, agreed with the requester."
                """,
            subcommands: [List.self, Close.self]
        )

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Alerts in one state, the oldest first; go on with --after the last one shown.",
                discussion: "Example: guildhall schedule alerts list --state closed --limit 20")
            @OptionGroup var options: DatabaseOptions
            @Option(help: "open or closed.") var state = "open"
            @Option(help: "How many, 1 to 200.") var limit = 50
            @Option(help: "Only those after this one.") var after: String?
            @Option(help: .actor("an operator")) var by = "operator"
            @Flag(help: "Print JSON.") var json = false

            func validate() throws { try checkPage(limit) }

            func run() async throws {
                try await withSession(options) { session in
                    let found = try await ListAlerts(market: session.market)(
                        in: try choice(state, of: AlertState.self, field: "state"),
                        after: try pageID(after, of: ScheduleAlert.self, field: "after"), limit: limit,
                        by: try await session.market.person(named: by)
                    )
                    Console.list(found.map { ($0.json, $0.text) }, asJSON: json)
                }
            }
        }

        struct Close: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Say what was done about an alert.",
                discussion: "Example: guildhall schedule alerts close ID --resolution \"Pay raised to 30.00 USD.\"")
            @OptionGroup var options: DatabaseOptions
            @Argument(help: "The alert's id.") var alert: String
            @Option(help: "What was done, for others to read.") var resolution: String
            @Option(help: .actor("an operator")) var by = "operator"
            @Flag(help: "Print JSON.") var json = false

            func run() async throws {
                try await withSession(options) { session in
                    try await CloseAlert(market: session.market)(
                        try readID(alert, "alert"), resolution: resolution,
                        by: try await session.market.person(named: by)
                    )
                    Console.result(["closed": .string(alert)], "\(alert): closed.", asJSON: json)
                }
            }
        }
    }

    struct Steps: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Which steps the scheduler has taken for a batch as its deadline neared, the newest first.",
            discussion: "Example: guildhall schedule steps ID --requester acme")
        @OptionGroup var of: BatchOptions
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Only those before this one: its mark, as --json has it, or `next` of a server's page.")
        var before: String?

        func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                let found = try await ListEscalationSteps(market: session.market)(
                    of: Batch.Key(requester: requester, id: id),
                    before: try before.map { try EscalationStep.Mark(text: $0) }, limit: limit, by: actor)
                Console.list(found.map { ($0.json, $0.text) }, asJSON: of.json)
            }
        }
    }

    struct Raise: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make further offers of a batch pay more; without --to, say how much more they may.",
            discussion: """
                Within the band of the rate and the batch's budget; what it may cost is held from the wallet at once. \
                Work in hand and open offers keep their terms.

                Examples:
                  guildhall schedule raise ID --requester acme
                  guildhall schedule raise ID --requester acme --to 2500
                """
        )
        @OptionGroup var of: BatchOptions
        @Option(help: "For one task, in minor units of the batch's currency.") var to: Int64?

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                let key = Batch.Key(requester: requester, id: id)
                let raise = RaisePay(market: session.market)
                let room = try await raise.room(key, by: actor)
                guard let to else {
                    let most = try room.most
                    return Console.result(
                        [
                            "pay_minor": .integer(room.pay.minorUnits), "most_minor": .integer(most.minorUnits),
                            "band_most_minor": .integer(room.bandMost.minorUnits),
                            "currency": .string(room.pay.currency.code),
                        ],
                        "Further offers pay \(room.pay), and may pay \(most); the band ends at \(room.bandMost).",
                        asJSON: of.json)
                }
                guard let pay = try? Money(to, room.pay.currency) else { throw BadInput("to", "is out of range") }
                let done = try await raise(pay, of: key, by: actor)
                Console.result(
                    ["raise": .integer(Int64(done.number)), "pay_minor": .integer(done.pay.minorUnits)],
                    "Further offers pay \(done.pay); \(done.held) more are held.", asJSON: of.json)
            }
        }
    }
}

extension ScheduleAlert {
    fileprivate var text: String {
        let head =
            "\(id)  \(batch.requester)/\(batch.id)  \(state.rawValue)  \(openSlots) open, due \(utcText(dueAt))"
        let ways = (options.arrayValue ?? []).map { option in
            "\n  \(option["remedy"]?.stringValue ?? "")  \(option["sentence"]?.stringValue ?? "")"
        }
        return head + ways.joined() + (resolution.map { "\n  \($0)" } ?? "")
    }
}

extension EscalationStep {
    fileprivate var text: String {
        "\(utcText(takenAt))  \(kind.rawValue) \(level)  \(openSlots) open, due \(utcText(dueAt)), "
            + "nine of ten done in \(serviceSeconds) s"
    }
}
