internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Workers: their standing, personal data, payout method, tax profile, duplicates and erasure.",
        discussion: """
            A worker is named by the operator's own key for them. They are registered, apply, are activated, may pause \
            and resume by themselves, are suspended and reinstated by an operator, and are closed for good.
            """,
        subcommands: [
            Register.self, Revise.self, Apply.self, Activate.self, Pause.self, Resume.self, Suspend.self,
            Reinstate.self, Close.self, Erase.self, Show.self, List.self, Work.self, Why.self,
            Earnings.self, Advice.self, Statement.self, Record.self, Rate.self,
            PayoutMethodCommand.self, TaxProfileCommand.self, DuplicatesCommand.self,
        ]
    )

    struct Apply: WorkerEvent {
        static let configuration = CommandConfiguration(abstract: "Ask for a registered worker to be let work.")
        @OptionGroup var event: WorkerEventOptions
        func perform(_ worker: Worker.ID, on market: Market, by actor: Principal.ID) async throws {
            try await ApplyAsWorker(market: market)(worker, by: actor)
        }
    }

    struct Activate: WorkerEvent {
        static let configuration = CommandConfiguration(
            abstract: "Let a vetted worker take work.",
            discussion: "Refused while a duplicate case of theirs is open, or another account of the same person is."
        )
        @OptionGroup var event: WorkerEventOptions
        func perform(_ worker: Worker.ID, on market: Market, by actor: Principal.ID) async throws {
            try await ActivateWorker(market: market)(worker, by: actor)
        }
    }

    struct Pause: WorkerEvent {
        static let configuration = CommandConfiguration(
            abstract: "Keep a worker from new work at their own wish; work in hand goes on.")
        @OptionGroup var event: WorkerEventOptions
        func perform(_ worker: Worker.ID, on market: Market, by actor: Principal.ID) async throws {
            try await PauseWorker(market: market)(worker, by: actor)
        }
    }

    struct Resume: WorkerEvent {
        static let configuration = CommandConfiguration(abstract: "End a pause.")
        @OptionGroup var event: WorkerEventOptions
        func perform(_ worker: Worker.ID, on market: Market, by actor: Principal.ID) async throws {
            try await ResumeWorker(market: market)(worker, by: actor)
        }
    }

    struct Reinstate: WorkerEvent {
        static let configuration = CommandConfiguration(abstract: "End a suspension, and tell the worker.")
        @OptionGroup var event: WorkerEventOptions
        func perform(_ worker: Worker.ID, on market: Market, by actor: Principal.ID) async throws {
            try await ReinstateWorker(market: market)(worker, by: actor)
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a worker from working, by a decision with reasons that can be appealed.")
        @OptionGroup var event: WorkerEventOptions
        @Option(help: "The rule's name, such as shared_account.") var rule: String
        @Option(help: "For the worker to read.") var reasons: String

        func run() async throws {
            try await event.run(remotely: self) { worker, market, actor in
                let decision = try await SuspendWorker(market: market)(
                    worker, rule: rule, facts: [:], reasons: reasons, by: actor)
                return ["decision": .string("\(decision)")]
            }
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close an account for good, by a decision with reasons; refused while tasks are held.",
            discussion: "With --own the worker closes it, whoever --by names: no reasons, no decision."
        )
        @OptionGroup var event: WorkerEventOptions
        @Option(help: "The rule's name.") var rule = "account_closed"
        @Option(help: "For the worker to read.") var reasons = ""
        @Flag(help: "At the worker's own wish.") var own = false

        mutating func validate() throws {
            guard !own || reasons.isEmpty else { throw ValidationError("--own takes no --reasons.") }
        }

        func run() async throws {
            try await event.run(remotely: self) { worker, market, actor in
                let close = CloseWorker(market: market)
                if own {
                    try await close(ownAccount: worker)
                    return [:]
                }
                let decision = try await close(worker, rule: rule, facts: [:], reasons: reasons, by: actor)
                return ["decision": .string("\(decision)")]
            }
        }
    }

    struct Erase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase what identifies a worker; money and the audit log stay under the pseudonymous id.",
            discussion: """
                Refused while tasks are held, work waits for review, money is owed, or the account is open. The \
                external key goes too: note the worker's id first. docs/OPERATIONS.md lists what stays.
                """

        )
        @OptionGroup var event: WorkerEventOptions

        func run() async throws {
            try await event.run(remotely: self) { worker, market, actor in
                ["newly_erased": .bool(try await EraseWorker(market: market)(worker, by: actor))]
            }
        }
    }
}

/// What every command about one worker takes.
struct WorkerEventOptions: ParsableArguments {
    @OptionGroup var options: DatabaseOptions
    @Argument(help: "The worker's key or id.") var key: String
    @Option(help: .actor("an operator")) var by = "operator"
    @Flag(help: "Print JSON.") var json = false

    /// Runs one use case and says where the worker stands then.
    func run(
        remotely command: some ParsableCommand,
        _ perform: (Worker.ID, Market, Principal.ID) async throws -> [String: JSON]
    ) async throws {
        try await withSession(options, remotely: command as? any RemoteCommand) { session in
            let actor = try await session.market.person(named: by)
            let worker = try await session.market.worker(key)
            var said = try await perform(worker, session.market, actor)
            let record = try await ShowWorker(market: session.market)(worker, by: actor)
            let state = record.summary.state
            said["worker"] = .string("\(worker)")
            said["state"] = .string(state.rawValue)
            if json { return Console.result(.object(said)) }
            let decision = said["decision"]?.stringValue.map { ": decision \($0)" } ?? ""
            Console.result("\(key) is \(record.erasedAt == nil ? state.rawValue : "erased")\(decision).")
        }
    }
}

/// A command that changes a worker's standing and gives nothing back.
protocol WorkerEvent: AsyncParsableCommand {
    var event: WorkerEventOptions { get }
    func perform(_ worker: Worker.ID, on market: Market, by actor: Principal.ID) async throws
}

extension WorkerEvent {
    func run() async throws {
        try await event.run(remotely: self) { worker, market, actor in
            try await perform(worker, on: market, by: actor)
            return [:]
        }
    }
}
