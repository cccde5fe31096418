internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct RateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rate",
        abstract: "What work pays: versions of the rate card, and what a task would be paid.",
        discussion: """
            A version is drafted by one person of finance, approved by another for exactly its content, and published \
            for an instant to come; then it replaces whatever held before. Prices that were made stay as they are.

            Try a card without a database first: guildhall rate resolve samples/rate-card.json \
            samples/what-if/contract-task.json --at 2026-03-02T09:00:00Z
            """,
        subcommands: [
            Resolve.self, Draft.self, Approve.self, Publish.self, End.self, Discard.self, List.self, Compare.self,
            RateEndingCommand.self, RateFloorCommand.self,
        ]
    )

    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what a task is paid by a card, and how that comes about. Needs no database.",
            discussion: """
                CARD.json: name, in_force {from, until}, rates [{profession, tier, task_kind, region, language, unit, \
                currency, amount_minor, least_minor, most_minor}], premiums [{kind, within_hours | least_level | \
                language, factor_bps}], caps {urgency, unsocial_hours, language_scarcity, difficulty, whole}.

                TASK.json: profession, tier, task_kind, currency, expected_minutes, and if they matter region, \
                language, items, hours_to_due, unsocial_hours (true), difficulty (1 to 5).

                The region of a rate counts before its language; the narrower outranks the wider, "any" comes last. \
                Exit code 1 says that the card has no rate for the task.
                """
        )
        @Argument(help: "The card.") var card: String
        @Argument(help: "The task.") var task: String
        @Option(help: "The instant, such as 2026-03-02T09:00:00Z.") var at: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            do {
                let instant = try Date(instant: at, field: "at")
                let resolution = try RateCard(json: try readJSONFile(card, "card"))
                    .resolve(try RateTask(json: try readJSONFile(task, "task")), at: instant)
                if json { Console.result(resolution.json) } else { resolution.lines.forEach { Console.result($0) } }
                if case .noRate = resolution { throw ExitCode.failure }
            } catch {
                throw Console.failure(error)
            }
        }
    }

    struct Draft: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prepare the next version from a file; prints its number and content hash. Binds nobody."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The card, as for `rate resolve`; its in_force is not looked at.") var card: String
        @Option(help: .actor("a finance maker")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let version = try await DraftRateCard(market: session.market)(
                    try readJSONFile(card, "card"), by: try await session.market.person(named: by)
                )
                show([version], json: json)
            }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approve exactly the content that the hash names. Not by whoever prepared it."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The version.") var version: Int
        @Option(name: .customLong("content-hash"), help: "As `draft` printed it.") var contentHash: String
        @Option(help: .actor("a finance checker, not who prepared it")) var by = "finance-checker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                guard let hash = Digest(hexadecimal: contentHash) else {
                    throw BadInput("content_hash", "must be 64 hexadecimal digits")
                }
                try await ApproveRateCard(market: session.market)(
                    version, contentHash: hash, by: try await session.market.person(named: by)
                )
                done("approved", version, json: json)
            }
        }
    }

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let an approved version hold from an instant to come; what holds until then ends there."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The version.") var version: Int
        @Option(help: "The instant, such as 2026-03-02T09:00:00Z; now if left out.") var from: String?
        @Option(help: .actor("a finance maker")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                try await PublishRateCard(market: session.market)(
                    version, from: try from.map { try Date(instant: $0, field: "from") },
                    by: try await session.market.person(named: by)
                )
                done("published", version, json: json)
            }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a published version at an instant to come, with its rates and premiums."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The version.") var version: Int
        @Option(help: "The instant, such as 2026-03-02T09:00:00Z.") var at: String
        @Option(help: .actor("a finance maker")) var by = "finance-maker"
        @Option(name: .customLong("approved-by"), help: .actor("a finance checker, not who prepared it"))
        var approvedBy = "finance-checker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                try await EndRateCard(market: session.market)(
                    version, at: try Date(instant: at, field: "at"),
                    preparedBy: try await session.market.person(named: by),
                    approvedBy: try await session.market.person(named: approvedBy)
                )
                done("ended", version, json: json)
            }
        }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop a version that was never published, for good; it stays on record."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The version.") var version: Int
        @Option(help: "Somebody in finance.") var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                try await DiscardRateCard(market: session.market)(
                    version, by: try await session.market.person(named: by)
                )
                done("discarded", version, json: json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the versions, newest first; go on with --before the last version shown.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "Only versions below this one.") var before: Int?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                show(
                    try await ListRateCards(market: session.market)(
                        before: before, limit: limit, by: try await session.market.person(named: by)
                    ),
                    json: json
                )
            }
        }
    }

    struct Compare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What open batches would pay by one version and by another; go on with --after the last batch.",
            discussion: "Changes nothing: open batches keep the price that they were made with."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The one version.") var old: Int
        @Argument(help: "The other version.") var new: Int
        @Option(help: "The last batch of the page before.") var after: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let last = try after.map { try batchID($0, "after") }
                let changes = try await CompareRateCards(market: session.market)(
                    from: old, to: new, after: last, limit: limit, by: try await session.market.person(named: by)
                )
                if json { return Console.result(.array(changes.map(\.json))) }
                for change in changes {
                    let (old, new) = (change.old?.description ?? "no rate", change.new?.description ?? "no rate")
                    Console.result("\(change.batch) \(change.name): pays \(change.pay); \(old) → \(new)")
                }
            }
        }
    }
}

private func batchID(_ text: String, _ field: String) throws -> Batch.ID {
    guard let id = Batch.ID(text) else { throw BadInput(field, "must be a UUID") }
    return id
}

private func done(_ what: String, _ version: Int, json: Bool) {
    if json {
        Console.result(["version": .integer(Int64(version)), "done": .string(what)])
    } else {
        Console.result("Version \(version) \(what).")
    }
}

private func show(_ versions: [RateCardVersion], json: Bool) {
    if json { return Console.result(.array(versions.map(\.json))) }
    for card in versions {
        let from = card.inForce?.lower.map { " from \($0.ISO8601Format())" } ?? ""
        let until = card.inForce?.upper.map { " until \($0.ISO8601Format())" } ?? ""
        Console.result(
            "\(card.version) \(card.state.rawValue)\(from)\(until): \(card.name), content hash "
                + card.contentHash.hexadecimal)
    }
}

extension RateCardVersion {
    fileprivate var json: JSON {
        [
            "version": .integer(Int64(version)), "card_id": .string("\(id)"), "name": .string(name),
            "state": .string(state.rawValue), "content_hash": .string(contentHash.hexadecimal),
            "prepared_by": .string("\(preparedBy)"), "approved_by": approvedBy.map { .string("\($0)") } ?? .null,
            "from": inForce?.lower.map { .string($0.ISO8601Format()) } ?? .null,
            "until": inForce?.upper.map { .string($0.ISO8601Format()) } ?? .null,
        ]
    }
}

extension RateChange {
    fileprivate var json: JSON {
        [
            "batch": .string("\(batch)"), "requester": .string("\(requester)"), "name": .string(name),
            "pay_minor": .integer(pay.minorUnits), "currency": .string(pay.currency.code),
            "old_minor": old.map { .integer($0.minorUnits) } ?? .null,
            "new_minor": new.map { .integer($0.minorUnits) } ?? .null,
        ]
    }
}
