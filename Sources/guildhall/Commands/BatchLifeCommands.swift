internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// Which batch, whose, and who asks.
struct BatchOptions: ParsableArguments {
    @OptionGroup var options: DatabaseOptions
    @OptionGroup var whose: RequesterOptions
    @Argument(help: "The batch's id.") var batch: String
    @Flag(help: "Print JSON.") var json = false

    /// Opens the database and finds out who asks.
    func run(
        remotely command: some ParsableCommand,
        _ body: (Session, _ batch: Batch.ID, _ requester: Requester.ID, _ actor: Principal.ID) async throws -> Void
    ) async throws {
        try await withSession(options, remotely: command as? any RemoteCommand) { session in
            let (requester, actor) = try await whose.people(in: session)
            try await body(session, try batchID(batch), requester, actor)
        }
    }

    /// Prints the batch as it now is.
    func show(_ id: Batch.ID, of requester: Requester.ID, by actor: Principal.ID, in session: Session) async throws {
        let found = try await ListBatches(market: session.market).one(id, of: requester, by: actor)
        Console.result(found.json, found.line, asJSON: json)
    }
}

extension BatchCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand out no more work of a batch; what is in hand goes on.")
        @OptionGroup var of: BatchOptions

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                try await PauseBatch(market: session.market)(id, of: requester, by: actor)
                try await of.show(id, of: requester, by: actor, in: session)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Hand out the work of a paused batch again.")
        @OptionGroup var of: BatchOptions

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                try await PauseBatch(market: session.market).resume(id, of: requester, by: actor)
                try await of.show(id, of: requester, by: actor, in: session)
            }
        }
    }

    struct Deadline: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Extend a batch's deadline, shorten it, or take it away.",
            discussion: """
                Past its deadline a batch hands out nothing more: what was not taken is withdrawn, leases in hand go \
                on to their end, and then it closes as expired. It cannot be shortened below what somebody who holds a \
                lease was promised, nor extended once it has passed.
                """
        )
        @OptionGroup var of: BatchOptions
        @Option(help: "ISO 8601 in UTC, in the next ten years.") var until: String?
        @Flag(help: "No deadline.") var none = false

        func validate() throws {
            guard none == (until == nil) else { throw ValidationError("Give either --until or --none.") }
        }

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                let dueAt = try until.map { try utcInstant($0, field: "until") }
                try await ChangeDeadline(market: session.market)(dueAt, of: id, from: requester, by: actor)
                try await of.show(id, of: requester, by: actor, in: session)
            }
        }
    }

    struct Priority: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand a batch out before or after others: higher numbers first.")
        @OptionGroup var of: BatchOptions
        @Option(help: "-1000000 to 1000000; write --to=-5 for a negative one.") var to: Int

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                try await ChangePriority(market: session.market)(to, of: id, from: requester, by: actor)
                try await of.show(id, of: requester, by: actor, in: session)
            }
        }
    }

    struct Budget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change the most that a batch may cost.",
            discussion: """
                Raised, it allows more and holds nothing. Lowered below what is held and spent, tasks are withdrawn \
                from the end until the worst case of the rest fits, and what was held for them goes back to the \
                wallet; a batch of which nothing is left then closes for its budget. Cut off, do it again: it goes on.
                """
        )
        @OptionGroup var of: BatchOptions
        @Option(help: "In minor units of the batch's currency.") var minor: Int64

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                let batch = try await ListBatches(market: session.market).one(id, of: requester, by: actor)
                guard let budget = try? Money(minor, batch.budget.currency) else {
                    throw BadInput("minor", "is out of range")
                }
                let cut = try await ChangeBudget(market: session.market)(budget, of: id, from: requester, by: actor)
                Console.result(cut.json, "Budget \(budget); \(cut.line)", asJSON: of.json)
            }
        }
    }

    struct Redundancy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "redundancy",
            abstract: "Ask for more answers to each task that is not closed, or for fewer.",
            discussion: """
                More: the difference is held first, and refused where budget or wallet do not cover it. Fewer: slots \
                that nobody has taken are withdrawn and what was held for them goes back; refused while some task has \
                more answers or leases than that. Of an adaptive batch the most changes. Cut off, do it again: it \
                goes on.
                """
        )
        @OptionGroup var of: BatchOptions
        @Option(help: "1 to 100.") var to: Int

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                try await ChangeRedundancy(market: session.market)(to: to, of: id, from: requester, by: actor)
                try await of.show(id, of: requester, by: actor, in: session)
            }
        }
    }

    struct Clone: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new draft with the settings of a batch, at the price of the rate card of now.",
            discussion: """
                Tasks are not copied, since their external keys are unique in a project: add the new ones with \
                `guildhall import tasks`. Nor is the deadline. The same name again is the same batch.
                """
        )
        @OptionGroup var of: BatchOptions
        @Option(help: "Of the new batch.") var name: String
        @Option(help: "Deadline of the new batch, ISO 8601 in UTC.") var until: String?

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                let dueAt = try until.map { try utcInstant($0, field: "until") }
                let fresh = try await CloneBatch(market: session.market)(
                    id, of: requester, as: name, dueAt: dueAt, by: actor
                )
                try await of.show(fresh, of: requester, by: actor, in: session)
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take tasks back: nobody gets them any more.",
            discussion: """
                Leases in hand go on to their end, and what comes of them is judged and paid. What was held for the \
                rest goes back at once. With --all the batch closes by itself when nothing is in hand any more.
                """
        )
        @OptionGroup var of: BatchOptions
        @Option(name: .customLong("task"), help: "The external key of a task; up to 1,000 times.") var keys: [String] =
            []
        @Flag(help: "All tasks of the batch.") var all = false

        func validate() throws {
            guard all == keys.isEmpty else { throw ValidationError("Give either --task or --all.") }
        }

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                let withdraw = WithdrawTasks(market: session.market)
                let done =
                    all
                    ? try await withdraw.all(of: id, from: requester, by: actor)
                    : try await withdraw(keys, of: id, from: requester, by: actor)
                Console.result(done.json, done.line, asJSON: of.json)
            }
        }
    }

    struct Archive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leave a closed batch out of lists; everything of it can still be read and exported.")
        @OptionGroup var of: BatchOptions

        func run() async throws {
            try await of.run(remotely: self) { session, id, requester, actor in
                try await ArchiveBatch(market: session.market)(id, of: requester, by: actor)
                try await of.show(id, of: requester, by: actor, in: session)
            }
        }
    }
}

func batchID(_ text: String) throws -> Batch.ID {
    guard let id = Batch.ID(text) else { throw BadInput("batch", "must be a UUID") }
    return id
}

extension Withdrawal {
    fileprivate var json: JSON {
        [
            "tasks_withdrawn": .integer(Int64(tasks)), "slots_withdrawn": .integer(Int64(slots)),
            "released_minor": .integer(released.minorUnits), "currency": .string(released.currency.code),
        ]
    }

    fileprivate var line: String { "\(tasks) tasks with \(slots) slots withdrawn, \(released) released." }
}
