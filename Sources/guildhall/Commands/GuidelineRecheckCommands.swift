internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct GuidelineRechecks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rechecks",
        abstract: "List what a version asks to check again, in the order of tasks.",
        discussion: """
            Each is waiting (its answer is not reviewed yet), open, in_check (a task checks it), settled, superseded \
            (a later version lists it again) or void (the answer was rejected). A list that was cut off is completed \
            first. Go on with --after TASK/ASSIGNMENT of the last one shown.
            """
    )
    @OptionGroup var options: DatabaseOptions
    @OptionGroup var whose: RequesterOptions
    @Argument(help: "The guideline's key.") var key: String
    @Option(help: "The version that asks.") var version: Int
    @Option(help: "Only those that stand there.") var state: String?
    @Option(help: "Only those after this one: TASK/ASSIGNMENT.") var after: String?
    @Option(help: "How many, 1 to 200.") var limit = 50
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            let (requester, actor) = try await whose.people(in: session)
            let found = try await ListGuidelines(market: session.market).one(key, of: requester, by: actor)
            let state = try state.map { try choice($0, of: RecheckState.self, field: "state") }
            let page = {
                try await ListRechecks(market: session.market)(
                    version, of: found.id, from: requester, in: state, after: try place(), limit: limit, by: actor
                )
            }
            var (items, listing) = try await page()
            if !listing.isComplete {
                while !listing.isComplete {
                    listing = try await ListOn(market: session.market)(
                        version, of: found.id, from: requester, by: actor
                    )
                }
                (items, listing) = try await page()
            }
            Console.list(items.map { ($0.json, $0.line) }, asJSON: json)
        }
    }

    private func place() throws -> (task: WorkTask.ID, assignment: Assignment.ID)? {
        guard let after else { return nil }
        let parts = after.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let task = WorkTask.ID(parts[0]), let assignment = Assignment.ID(parts[1]) else {
            throw BadInput("after", "must be two UUIDs, TASK/ASSIGNMENT")
        }
        return (task, assignment)
    }
}

struct GuidelineRecheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recheck",
        abstract: "Make a draft batch of what waits to be checked again, to be published like any other.",
        discussion: """
            The file is a batch as for `batch create`, without tasks: project (its key), name, profession, tier, \
            requirement, fee_bps, currency, budget_minor, expected_minutes …. Each task is copied as KEY@VERSION, with \
            its accepted answer as the suggestion. Cut off, the same command goes on. Publishing the batch holds its \
            money; whoever checks again is paid, and what was earned before stays earned.
            """
    )
    @OptionGroup var options: DatabaseOptions
    @OptionGroup var whose: RequesterOptions
    @Argument(help: "The guideline's key.") var key: String
    @Option(help: "The version that asks.") var version: Int
    @Option(help: "The batch (JSON).") var file: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            let text = try readJSONFile(file, "file")
            let (requester, actor) = try await whose.people(in: session)
            let found = try await ListGuidelines(market: session.market).one(key, of: requester, by: actor)
            guard let name = text["project"]?.stringValue else { throw BadInput("batch.project", "must be a text") }
            guard (text["tasks"] ?? .null).isNull else {
                throw BadInput("batch.tasks", "cannot be given: they are those to check again")
            }
            let project = try await session.database.read { try await $0.project(of: requester, externalKey: name) }
            guard let project else { throw NotFound("project called '\(name)'") }
            let opened = try await OpenRecheck(market: session.market)(
                version, of: found.id, as: try BatchDraft(json: text, project: project.id), from: requester, by: actor
            )
            Console.result(
                [
                    "batch": .string("\(opened.batch)"), "tasks_added": .integer(Int64(opened.tasks)),
                    "items": .integer(Int64(opened.items)),
                ],
                "\(opened.batch): \(opened.tasks) tasks that check \(opened.items) answers", asJSON: json
            )
        }
    }
}

extension RecheckItem {
    fileprivate var json: JSON {
        [
            "task": .string("\(task)"), "external_key": .string(externalKey), "assignment": .string("\(assignment)"),
            "answer_version": .integer(Int64(answerVersion)), "version": .integer(Int64(version)),
            "reason": .string(reason), "state": .string(state.rawValue),
            "recheck_task": recheckTask.map { .string("\($0)") } ?? .null,
            "recheck_batch": recheckBatch.map { .string("\($0)") } ?? .null,
        ]
    }

    fileprivate var line: String {
        "\(task)/\(assignment) \(externalKey) \(state.rawValue): \(reason)"
            + (recheckBatch.map { "; checked in batch \($0)" } ?? "")
    }
}
