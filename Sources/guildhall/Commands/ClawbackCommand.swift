internal import ArgumentParser
internal import Formats
internal import Marketplace

struct ClawbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clawback",
        abstract: "Take pay back: one person proposes, another decides, the worker is told and can appeal.",
        discussion: """
            What is decided is owed by the worker and given back to whoever had paid. From a week later on it is kept \
            of payouts: whole of the earnings themselves where they were not paid, and of the rest at most a quarter \
            (`clawback_limit_bps` of the source), unless the worker agrees to more. While an appeal is open nothing is \
            kept; when it is granted the platform gives back what was.

            guildhall payout clawback propose --worker W-17 --rule paid_by_mistake --earning ID=1250 \
            --reasons "Paid twice." --reference CB-1
            guildhall payout clawback decide ID --by finance-checker
            """,
        subcommands: [Propose.self, Decide.self, Agree.self, List.self])

    struct Propose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Propose it; nobody is told yet.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The operator's key for the worker, or their id.") var worker: String
        @Option(help: "\(ClawbackRule.allCases.map(\.rawValue).joined(separator: ", ")).") var rule: String
        @Option(help: "An earning's transfer, or with =MINOR what of it; may be given again and again.")
        var earning: [String] = []
        @Option(help: "For the worker to read.") var reasons: String
        @Option(help: "How finance calls it; again with the same it is the same clawback.") var reference: String
        @Option(help: .actor("a finance maker")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let clawback = try await ProposeClawback(market: session.market)(
                    try earning.map(Self.part), of: try await session.worker(worker),
                    by: try choice(rule, of: ClawbackRule.self, field: "rule"), reasons: reasons,
                    reference: reference, by: try await session.market.person(named: by))
                Console.list([clawback.shown], asJSON: json)
            }
        }

        /// Not inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
        @inline(never)
        static func part(_ text: String) throws -> ClawbackPart {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard let first = parts.first, let id = Transfer.ID(first) else {
                throw BadInput("earning", "must be a UUID, or UUID=MINOR")
            }
            guard parts.count == 2 else { return ClawbackPart(id) }
            guard let minor = Int64(parts[1]), minor > 0 else {
                throw BadInput("earning", "must be a UUID, or UUID=MINOR")
            }
            return ClawbackPart(id, amountMinor: minor)
        }
    }

    struct Decide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take it back, by another person than who proposed it; with --refuse, do not.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The clawback's id.") var id: String
        @Flag(help: "Refuse it; the worker does not hear of it.") var refuse = false
        @Option(help: .actor("a finance checker")) var by = "finance-checker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let id: Clawback.ID = try readID(id)
                let decision = try await DecideClawback(market: session.market)(
                    id, takeBack: !refuse, by: try await session.market.person(named: by))
                Console.result(
                    ["clawback": .string("\(id)"), "decision": decision.map { .string("\($0)") } ?? .null],
                    decision.map { "Decided \(id): decision \($0)." } ?? "Refused \(id).", asJSON: json)
            }
        }
    }

    struct Agree: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A worker lets more than a part of each payout be kept.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The clawback's id.") var id: String
        @Option(help: "The worker: their key, or their id.") var worker: String

        func run() async throws {
            try await withSession(options) { session in
                let id: Clawback.ID = try readID(id)
                try await AgreeToClawback(market: session.market)(
                    id, by: Principal.ID(try await session.worker(worker).uuid))
                Console.result("Agreed to \(id).")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List them, newest first.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var page: PageOptions
        @Option(help: "The operator's key for the worker, or their id; without it, all.") var worker: String?
        @Option(help: "\(ClawbackState.allCases.map(\.rawValue).joined(separator: ", ")).") var state: String?
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                var about: Worker.ID?
                if let worker { about = try await session.worker(worker) }
                let found = try await ListClawbacks(market: session.market)(
                    of: about, in: try state.map { try choice($0, of: ClawbackState.self, field: "state") },
                    before: try page.id(), limit: page.limit, by: try await session.market.person(named: by))
                Console.list(found.map(\.shown), asJSON: json)
            }
        }
    }
}

extension Clawback {
    fileprivate var shown: (JSON, String) {
        (json, "\(id): \(amount) by \(rule.rawValue), \(state.rawValue), kept so far \(recovered)")
    }
}
