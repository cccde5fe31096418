internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

extension QualityCommand {
    struct Quarantine: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep the answers to a batch from being exported, until it is lifted.",
            discussion:
                "Example: guildhall quality quarantine BATCH --requester acme --reasons \"A ring is looked into.\"")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The batch's id.") var batch: String
        @Option(help: "The requester's key.") var requester: String
        @Option(help: "Why, for the requester and other operators to read.") var reasons: String
        @Flag(help: "End the quarantine instead.") var lift = false
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (id, owner) = (try batchID(batch), try await session.requester(requester))
                let actor = try await session.market.person(named: by)
                let quarantine = QuarantineBatch(market: session.market)
                if lift {
                    try await quarantine.lift(id, of: owner, reasons: reasons, by: actor)
                } else {
                    _ = try await quarantine(id, of: owner, reasons: reasons, by: actor)
                }
                let state = lift ? "lifted" : "quarantined"
                Console.result(["state": .string(state)], "\(batch): \(state).", asJSON: json)
            }
        }
    }

    struct Quarantines: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Batches under quarantine, the oldest first.",
            discussion: "Example: guildhall quality quarantines --past")
        @OptionGroup var options: DatabaseOptions
        @Flag(help: "Show those that were lifted, too.") var past = false
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Only those after this one.") var after: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListQuarantines(market: session.market)(
                    past: past, after: try pageID(after, of: BatchQuarantine.self, field: "after"), limit: limit,
                    by: try await session.market.person(named: by))
                Console.list(
                    found.map { item in
                        let end = item.liftedAt.map { "  lifted \(utcText($0))" } ?? ""
                        return (item.json, "\(item.id)  batch \(item.batch)  \(utcText(item.orderedAt))\(end)")
                    }, asJSON: json)
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a worker's answers out of what a project gives out: a decision, which can be appealed.",
            discussion: """
                The answers stay stored and paid. Of one batch with --batch, else of all batches of the project.

                Example: guildhall quality withdraw w17 --requester acme --project clauses --case ID --reasons "…"
                """)
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key.") var worker: String
        @Option(help: "The requester's key.") var requester: String
        @Option(help: "The project's key.") var project: String
        @Option(help: "Only of this batch, by its id.") var batch: String?
        @Option(name: .customLong("case"), help: "The upheld case that it rests on, by its id.") var cause: String?
        @Option(help: "Why, for the worker to read.") var reasons: String
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let owner = try await session.requester(requester)
                let found = try await session.database.read { try await $0.project(of: owner, externalKey: project) }
                guard let found else { throw NotFound("project called '\(project)'") }
                let id = try await WithdrawContribution(market: session.market)(
                    of: try await session.worker(worker), from: found.id, batch: try batch.map(batchID), of: owner,
                    case: try pageID(cause, of: QualityCase.self, field: "case"), reasons: reasons,
                    by: try await session.market.person(named: by))
                Console.result(["withdrawal": .string("\(id)")], "\(id): withdrawn.", asJSON: json)
            }
        }
    }

    struct Withdrawals: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withdrawals of a requester, the oldest first.",
            discussion: "Example: guildhall quality withdrawals --requester acme")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The requester's key.") var requester: String
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Only those after this one.") var after: String?
        @Option(help: .actor("an operator, or somebody of the requester")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListWithdrawn(market: session.market)(
                    of: try await session.requester(requester),
                    after: try pageID(after, of: Withdrawn.self, field: "after"), limit: limit,
                    by: try await session.market.person(named: by))
                Console.list(
                    found.map { item in
                        let end = item.endedAt.map { "  ended \(utcText($0))" } ?? ""
                        return (item.json, "\(item.id)  worker \(item.worker)  \(utcText(item.withdrawnAt))\(end)")
                    }, asJSON: json)
            }
        }
    }

    struct Affected: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tasks that lost an answer by a withdrawal.",
            discussion: "Example: guildhall quality affected ID --requester acme")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The withdrawal's id.") var id: String
        @Option(help: "The requester's key.") var requester: String
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Only those after this one.") var after: String?
        @Option(help: .actor("an operator, or somebody of the requester")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListWithdrawn(market: session.market).affected(
                    by: try readID(id), of: try await session.requester(requester),
                    after: try pageID(after, of: WorkTask.self, field: "after"), limit: limit,
                    by: try await session.market.person(named: by))
                Console.list(
                    found.map { item in
                        let copy = item.copy.map { "  asked again as \($0)" } ?? ""
                        return (item.json, "\(item.task)  \(item.externalKey)  \(item.left)/\(item.wanted)\(copy)")
                    }, asJSON: json)
            }
        }
    }

    struct Recollect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Plan to ask again for what a withdrawal took from a batch; with --confirm also publish it.",
            discussion: """
                Makes a draft batch with a copy of each task that has fewer answers than it wants, and says what it \
                costs. Nothing is open before --confirm, which holds the money first; the same command again goes on \
                with the same draft.

                Example: guildhall quality recollect ID --requester acme --batch BATCH --name "April again"
                """)
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The withdrawal's id.") var id: String
        @Option(help: "The requester's key.") var requester: String
        @Option(help: "The batch that lost answers, by its id.") var batch: String
        @Option(help: "What the draft is called.") var name: String
        @Flag(help: "Hold the money and open the tasks.") var confirm = false
        @Option(help: .actor("an operator, or somebody of the requester")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let owner = try await session.requester(requester)
                let actor = try await session.market.person(named: by)
                let plan = try await RecollectAnswers(market: session.market)(
                    try readID(id), of: try batchID(batch), from: owner, as: name, by: actor)
                if confirm { _ = try await PublishBatch(market: session.market)(plan.batch, of: owner, by: actor) }
                Console.result(
                    [
                        "batch": .string("\(plan.batch)"), "tasks": .integer(Int64(plan.tasks)),
                        "cost_minor": .integer(plan.cost.minorUnits), "currency": .string(plan.cost.currency.code),
                        "published": .bool(confirm),
                    ],
                    "\(plan.batch): \(plan.tasks) tasks, \(plan.cost)\(confirm ? ", held and open" : ", a draft")",
                    asJSON: json)
            }
        }
    }
}
