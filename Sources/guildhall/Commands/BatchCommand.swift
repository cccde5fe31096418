internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct BatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch",
        abstract: "Releases of work: draft one from a file, publish it, change it while it runs, end it.",
        discussion: """
            guildhall batch create --file samples/batch.json    prints the id of the draft
            guildhall batch prices ID                           what work pays when, beforehand
            guildhall batch publish ID                          holds the worst case and opens it
            guildhall batch deadline ID --until 2026-12-01T00:00:00Z
            guildhall batch withdraw ID --task C-17             what is in hand of it goes on

            A batch closes by itself when nothing is left to do, and past its deadline; `schedule` sees to that.
            """,
        subcommands: [
            Create.self, Show.self, List.self, Prices.self, Publish.self, Pause.self, Resume.self, Deadline.self,
            Priority.self, Budget.self, Redundancy.self, Clone.self, Withdraw.self, Close.self, Archive.self,
            Quarantine.self, Stoppings.self,
        ]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a draft at the price of the rate card; the same name in a project is the same batch.",
            discussion: """
                The file (at most 8 MiB): project (its key), name, profession, tier, requirement (as for `requirement \
                check`), fee_bps, currency, budget_minor, expected_minutes; and if they matter door (claim | offer), \
                redundancy, with redundancy_most and agreement_bps for more answers while they differ, and \
                error_cost_minor for the posterior to decide instead where a fit can be trusted, due_at, \
                items_per_task, lease_seconds, answer_seconds, priority, workforces [crowd, agency, staff]; for \
                the price region, language, hours_to_due, unsocial_hours, difficulty, and escalation \
                {shape: steps | linear, after_seconds, interval_seconds, step_minor, cap_minor}; top_up_bps: what is \
                held beside the worst case for top-ups to the pay floor; control_bps: how many of the tasks with a \
                suggestion stay without it; answer_value_minor: what a right answer is worth to you, by which work is \
                routed (otherwise four times the pay); tasks [{external_key, payload, parties, suggestion}]: those \
                whose key the project knows are left as they are.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Option(help: "The draft (JSON); samples/batch.json shows one.") var file: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let text = try readJSONFile(file, "file")
                let (requester, actor) = try await whose.people(in: session)
                guard let key = text["project"]?.stringValue else { throw BadInput("batch.project", "must be a text") }
                let project = try await session.database.read {
                    try await $0.project(of: requester, externalKey: key)
                }
                guard let project else { throw NotFound("project called '\(key)'") }
                let draft = try BatchDraft(json: text, project: project.id)
                let tasks = try TaskDraft.list(json: text["tasks"] ?? .null)
                let id = try await CreateBatch(market: session.market)(draft, of: requester, by: actor)
                let stream = AsyncStream { stream in
                    for task in tasks { stream.yield(task) }
                    stream.finish()
                }
                let added =
                    tasks.isEmpty
                    ? nil : try await AddTasks(market: session.market)(stream, to: id, of: requester, by: actor)
                let (new, known, faults) = (added?.added ?? 0, added?.unchanged ?? 0, added?.faultCount ?? 0)
                for fault in (added?.faults ?? []).prefix(20) { Console.note("\(fault.position): \(fault.reason)") }
                Console.result(
                    [
                        "batch": .string("\(id)"), "tasks_added": .integer(Int64(new)),
                        "tasks_known": .integer(Int64(known)), "faults": .integer(Int64(faults)),
                    ],
                    "\(id): \(new) tasks added, \(known) known, \(faults) at fault",
                    asJSON: json
                )
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a batch, its money, and when it was flagged as below the pay floor.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The batch's id.") var batch: String
        @Option(help: "Flags older than this one.") var before: String?
        @Option(help: "Most flags, 1 to 200.") var limit = 20
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let id = try batchID(batch)
                let found = try await ListBatches(market: session.market).one(id, of: requester, by: actor)
                let flags = try await ListPayFloorFlags(market: session.market)(
                    of: id, from: requester, before: try pageID(before, of: PayFloorFlag.self), limit: limit, by: actor
                )
                if json {
                    return Console.result(["batch": found.json, "flags": .array(flags.map(\.json))])
                }
                Console.result(found.line)
                Console.result("Holds for top-ups \(found.topUpShare), spent \(found.topUpSpent).")
                for flag in flags { Console.result(flag.line(in: found.pay.currency)) }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a requester's batches, newest first; go on with --before the last one shown.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Option(help: "Only batches older than this one.") var before: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Flag(help: "With those that are archived.") var archived = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let batches = try await ListBatches(market: session.market)(
                    of: requester, before: try pageID(before, of: Batch.self), withArchived: archived, limit: limit,
                    by: actor
                )
                Console.list(batches.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Prices: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "When work of a batch pays what: seconds from its opening, and the price for one task."
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The batch's id.") var batch: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let table = try await PriceTable(market: session.market)(
                    try batchID(batch), of: requester, by: actor
                )
                Console.list(
                    table.map { line in
                        let json: JSON = [
                            "after_seconds": .integer(Int64(line.seconds)), "pay_minor": .integer(line.pay.minorUnits),
                            "currency": .string(line.pay.currency.code),
                        ]
                        return (json, "after \(line.seconds) s: \(line.pay)")
                    }, asJSON: json)
            }
        }
    }

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold the worst case of a draft, and what it keeps for top-ups, and open it.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The batch's id.") var batch: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let held = try await PublishBatch(market: session.market)(
                    try batchID(batch), of: requester, by: actor
                )
                Console.result(held.json("held_minor"), "Open; \(held) held.", asJSON: json)
            }
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a batch on which nobody works: what is left of the hold goes back to the wallet.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The batch's id.") var batch: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let released = try await CloseBatch(market: session.market)(
                    try batchID(batch), of: requester, by: actor
                )
                Console.result(released.json("released_minor"), "Closed; \(released) released.", asJSON: json)
            }
        }
    }
}

/// Whose batches, and who asks.
struct RequesterOptions: ParsableArguments {
    @Option(help: "The requester's key.") var requester = "contract-desk"
    @Option(help: "An operator, or a person of the requester.") var by = "operator"

    func people(in session: Session) async throws -> (Requester.ID, Principal.ID) {
        (try await session.requester(requester), try await session.market.person(named: by))
    }
}

extension Money {
    fileprivate func json(_ name: String) -> JSON {
        [name: .integer(minorUnits), "currency": .string(currency.code)]
    }
}

extension Batch {
    var json: JSON {
        [
            "batch": .string("\(id)"), "project": .string("\(project)"), "name": .string(name),
            "state": .string(state.rawValue), "door": .string(door.rawValue),
            "redundancy": .integer(Int64(redundancy)), "currency": .string(pay.currency.code),
            "pay_minor": .integer(pay.minorUnits), "fee_minor": .integer(fee.minorUnits),
            "most_pay_minor": .integer(mostPay.minorUnits), "budget_minor": .integer(budget.minorUnits),
            "top_up_bps": .integer(Int64(topUpBasisPoints)), "top_up_share_minor": .integer(topUpShare.minorUnits),
            "top_up_spent_minor": .integer(topUpSpent.minorUnits),
            "control_bps": .integer(Int64(controlBasisPoints)),
            "opened_at": openedAt.map { .string($0.ISO8601Format()) } ?? .null,
            "due_at": dueAt.map { .string($0.ISO8601Format()) } ?? .null, "priority": .integer(Int64(priority)),
            "redundancy_most": .integer(Int64(redundancyMost)),
            "agreement_bps": agreementBasisPoints.map { .integer(Int64($0)) } ?? .null,
            "error_cost_minor": errorCost.map(JSON.integer) ?? .null,
            "answer_value_minor": answerValue.map(JSON.integer) ?? .null,
            "resizing_to": resizingTo.map { .integer(Int64($0)) } ?? .null,
            "closed_reason": closedReason.map { .string($0.rawValue) } ?? .null,
            "closed_by": closedBy.map { .string("\($0)") } ?? .null,
            "archived_at": archivedAt.map { .string($0.ISO8601Format()) } ?? .null,
        ]
    }

    var line: String {
        let rises = mostPay.minorUnits > pay.minorUnits ? ", rising to \(mostPay)" : ""
        let answers = redundancyMost > redundancy ? "\(redundancy) to \(redundancyMost)" : "\(redundancy)"
        let resizing = resizingTo.map { " (a change to \($0) has not ended: repeat it)" } ?? ""
        let due = dueAt.map { ", due \($0.ISO8601Format())" } ?? ""
        let end = closedReason.map { " (\($0.rawValue))" } ?? ""
        return "\(id) \(state.rawValue)\(end) \(name): \(answers) answers a task\(resizing), pays \(pay)\(rises), "
            + "fee \(fee), budget \(budget), priority \(priority)\(due)"
    }
}

extension PayFloorFlag {
    fileprivate var json: JSON {
        [
            "flag": .string("\(id)"), "pay_floor": .string("\(floor)"), "answers": .integer(Int64(shortfall.answers)),
            "median_seconds": .integer(Int64(shortfall.medianSeconds)), "hourly_minor": .integer(shortfall.hourly),
            "floor_minor": .integer(floorMinor), "owed_minor": .integer(shortfall.owed),
            "top_ups": .integer(Int64(topUps)), "topped_up_minor": .integer(toppedUp.minorUnits),
            "flagged_at": .string(flaggedAt.ISO8601Format()),
        ]
    }

    fileprivate func line(in currency: Currency) -> String {
        func text(_ minorUnits: Int64) -> String { (try? Money(minorUnits, currency))?.description ?? "\(minorUnits)" }
        return "\(id) below the floor at \(flaggedAt.ISO8601Format()): the median of \(shortfall.answers) answers took "
            + "\(shortfall.medianSeconds) s, \(text(shortfall.hourly)) an hour instead of \(text(floorMinor)); "
            + "\(toppedUp) paid to \(topUps) assignments"
    }
}
