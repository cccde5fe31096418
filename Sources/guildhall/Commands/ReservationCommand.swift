internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct ReservationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reservation",
        abstract: "Tasks of a batch reserved for named workers or for a team: make, list, end.",
        discussion: """
            Nobody else is given them. Whoever they are for gets them first when they ask for work of the batch.

            guildhall reservation add BATCH --task c-17 --task c-18 --worker L01 --until 2026-12-01T00:00:00Z
            guildhall reservation add BATCH --tasks-from keys.txt --team acme-partners
            guildhall reservation list BATCH     packs are listed too: each all tasks of a matter for one worker
            guildhall reservation end BATCH ID   what is left goes to everybody
            """,
        subcommands: [Add.self, List.self, End.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reserve what is still open of some tasks; leases in hand stay as they are.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The batch's id.") var batch: String
        @Option(help: "A task's external key; may be repeated.") var task: [String] = []
        @Option(help: "A file with an external key a line, at most 1,000.") var tasksFrom: String?
        @Option(help: "A worker's key or id; may be repeated. Any of them may take the tasks.") var worker: [String] =
            []
        @Option(help: "A team's key or id, in place of workers.") var team: String?
        @Option(help: "When what is left goes to everybody, as 2026-12-01T00:00:00Z.") var until: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                var reservation: Reservation?
                if let team { reservation = .team(try await session.team(team).id) }
                if !worker.isEmpty {
                    guard reservation == nil else { throw BadInput("team", "cannot come with workers") }
                    var workers: [Worker.ID] = []
                    for key in worker { workers.append(try await session.market.worker(key)) }
                    reservation = .workers(workers)
                }
                guard let reservation else { throw BadInput("worker", "is missing: give --worker or --team") }
                let slots = try await ReserveTasks(market: session.market)(
                    try keys(), of: Batch.Key(requester: requester, id: try batchID(batch)), for: reservation,
                    until: try until.map { try Date(instant: $0, field: "until") }, by: actor
                )
                Console.result(["slots": .integer(Int64(slots))], "\(slots) open slots are reserved.", asJSON: json)
            }
        }

        /// Of the tasks, as they are given and as they stand in the file.
        func keys() throws -> [String] {
            guard let tasksFrom else { return task }
            guard let text = try? String(contentsOfFile: tasksFrom, encoding: .utf8), text.utf8.count <= 1 << 20 else {
                throw BadInput("tasks_from", "cannot be read, or is larger than 1 MiB")
            }
            return task + text.split(whereSeparator: \.isNewline).map(String.init)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is set aside of a batch; go on with --after the last one shown.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The batch's id.") var batch: String
        @Option(help: "Only those after this one.") var after: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let found = try await ListAllotments(market: session.market)(
                    of: Batch.Key(requester: requester, id: try batchID(batch)),
                    after: try pageID(after, of: Allotment.self), limit: limit, by: actor
                )
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let everybody have what is left of a reservation.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The batch's id.") var batch: String
        @Argument(help: "The reservation's id, as listed.") var reservation: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                guard let id = Allotment.ID(reservation) else { throw BadInput("reservation", "must be a UUID") }
                let slots = try await ReserveTasks(market: session.market).release(
                    id, of: Batch.Key(requester: requester, id: try batchID(batch)), by: actor
                )
                Console.result(["slots": .integer(Int64(slots))], "\(slots) slots are for everybody now.", asJSON: json)
            }
        }
    }
}

extension Allotment {
    fileprivate var json: JSON {
        [
            "reservation": .string("\(id)"), "kind": .string(kind.rawValue),
            "matter": matter.map { .string($0) } ?? .null, "holder": holder.map { .string("\($0)") } ?? .null,
            "workers": .array(workers.map { .string("\($0)") }), "teams": .array(teams.map { .string("\($0)") }),
            "until": endsAt.map { .string($0.ISO8601Format()) } ?? .null, "open_slots": .integer(Int64(openSlots)),
        ]
    }

    fileprivate var line: String {
        let whom =
            matter.map { "matter '\($0)'" + (holder.map { " with \($0)" } ?? " with nobody yet") }
            ?? (workers.map { "\($0)" } + teams.map { "team \($0)" }).joined(separator: ", ")
        let end = endsAt.map { ", until \($0.ISO8601Format())" } ?? ""
        return "\(id)  \(kind.rawValue)  \(openSlots) open  \(whom)\(end)"
    }
}
