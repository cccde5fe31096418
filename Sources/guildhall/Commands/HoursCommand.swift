internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct HoursCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hours",
        abstract: "The ledger of workers' hours, and the caps on them.",
        subcommands: [Show.self, Policy.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a worker's week: committed, worked, free, and the entries.",
            discussion: """
                A lease reserves its expected minutes; a verdict makes them worked; a lease that is returned or runs \
                out releases them. Entries are listed a page at a time: --after takes the last line's assignment and \
                kind.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: WorkerOptions
        @Option(help: "Any day of the week, yyyy-MM-dd; this week if left out.") var week: String?
        @Option(help: "Entries after this one: ASSIGNMENT:KIND.") var after: String?
        @Option(help: "Most entries, 1 to 200.") var limit = 50
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit must be 1 to 200.") }
        }

        func run() async throws {
            try await withSession(options) { session in
                let (worker, actor) = try await whose.people(in: session.market)
                let day = try week.map { text in
                    guard let day = CalendarDate(iso: text) else { throw BadInput("week", "must be a day, yyyy-MM-dd") }
                    return day
                }
                let shown = try await ShowHours(market: session.market)(
                    of: worker, weekOf: day, after: try after.map(place), limit: limit, by: actor
                )
                if json { Console.result(shown.json) } else { Console.result(shown.text) }
            }
        }

        private func place(_ text: String) throws -> HoursEntry.Place {
            let parts = text.split(separator: ":").map(String.init)
            guard parts.count == 2, let id = Assignment.ID(parts[0]), let kind = HoursEntryKind(rawValue: parts[1])
            else { throw BadInput("after", "must be written as ASSIGNMENT:KIND") }
            return HoursEntry.Place(assignment: id, kind: kind)
        }
    }

    struct Policy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cap everybody's hours, or a country's, from an instant on; the least of all caps counts."
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "ISO 3166-1 alpha-2; everywhere if left out.") var country: String?
        @Option(name: .customLong("daily-minutes"), help: "Most minutes a day, 0 to 1440.") var dailyMinutes: Int
        @Option(name: .customLong("weekly-minutes"), help: "Most minutes a week, 0 to 10080.") var weeklyMinutes: Int
        @Option(help: "Where the rule comes from.") var reason: String
        @Option(help: "ISO 8601; now if left out.") var from: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let start = try from.map { text in
                    guard let date = try? Date(text, strategy: .iso8601) else {
                        throw BadInput("from", "must be an instant, such as 2026-03-02T00:00:00Z")
                    }
                    return date
                }
                let id = try await SetHoursPolicy(market: session.market)(
                    HoursPolicy(
                        country: country, dailyMinutesMax: dailyMinutes, weeklyMinutesMax: weeklyMinutes, reason: reason
                    ),
                    from: start, by: try await session.market.person(named: by)
                )
                if json { Console.result(["hours_policy": .string("\(id)")]) } else { Console.result("\(id)") }
            }
        }
    }
}

extension HoursStatement {
    fileprivate var json: JSON {
        [
            "week_starts_on": .string("\(weekStartsOn)"), "limits": limits.json,
            "committed_minutes": .integer(Int64(committedMinutes)), "worked_minutes": .integer(Int64(workedMinutes)),
            "free_minutes": .integer(Int64(freeMinutes)),
            "days": .object(
                Dictionary(
                    committedByDay.map { ("\($0.key)", .integer(Int64($0.value))) }, uniquingKeysWith: { one, _ in one }
                )),
            "entries": .array(
                entries.map {
                    [
                        "assignment": .string("\($0.assignment)"), "kind": .string($0.kind.rawValue),
                        "day": .string("\($0.day)"), "minutes": .integer(Int64($0.minutes)),
                        "occurred_at": .string($0.occurredAt.ISO8601Format()),
                    ]
                }),
        ]
    }

    fileprivate var text: String {
        var lines = [
            "Week of \(weekStartsOn): \(committedMinutes) of \(limits.weeklyMinutesMax) minutes committed, "
                + "\(workedMinutes) worked, \(freeMinutes) free"
        ]
        lines += committedByDay.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value) minutes" }
        lines += entries.map { "\($0.assignment):\($0.kind.rawValue) \($0.minutes) minutes on \($0.day)" }
        return lines.joined(separator: "\n")
    }
}
