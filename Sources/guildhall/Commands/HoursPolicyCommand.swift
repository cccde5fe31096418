internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct HoursPolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Caps on everybody's hours and rest, or on those of a place; the least of all caps counts.",
        subcommands: [Begin.self, List.self, End.self]
    )

    struct Begin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Cap hours from an instant on, in place of the policy for the same place until then.",
            discussion: """
                What is committed already stays so, even above the new cap. A window caps the average of the week \
                that runs and the weeks before it: 48 hours over 17 weeks are --window-weeks 17 --window-minutes 2880. \
                With rest, work that follows on work ends at the latest 24 hours less the rest after its first was \
                reserved; then nothing is reserved until the rest is over: 11 hours are --rest-minutes 660. All \
                windows and the longest rest count.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "ISO 3166-1 alpha-2: who lives there; everywhere if left out.") var country: String?
        @Option(help: "ISO 3166-2, such as US-NY: who works there by their place of work.") var region: String?
        @Option(name: .customLong("daily-minutes"), help: "Most minutes a day, 0 to 1440.") var dailyMinutes: Int
        @Option(name: .customLong("weekly-minutes"), help: "Most minutes a week, 0 to 10080.") var weeklyMinutes: Int
        @Option(name: .customLong("window-weeks"), help: "Over how many weeks the average goes, 2 to 53.")
        var windowWeeks: Int?
        @Option(name: .customLong("window-minutes"), help: "Most minutes a week on average, 0 to 10080.")
        var windowMinutes: Int?
        @Option(name: .customLong("rest-minutes"), help: "Minutes of rest in each 24 hours, 1 to 1439.")
        var restMinutes: Int?
        @Option(help: "Where the rule comes from.") var reason: String
        @Option(help: "ISO 8601; now if left out.") var from: String?
        @Option(help: "The operator.") var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let id = try await SetHoursPolicy(market: session.market)(
                    HoursPolicy(
                        country: country, region: region, dailyMinutesMax: dailyMinutes,
                        weeklyMinutesMax: weeklyMinutes,
                        window: HoursWindow.ifGiven(weeks: windowWeeks, averageMinutes: windowMinutes),
                        restMinutes: restMinutes, reason: reason
                    ),
                    from: try from.map { try utcInstant($0, field: "from") },
                    by: try await session.market.person(named: by)
                )
                Console.result(["hours_policy": .string("\(id)")], "\(id)", asJSON: json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The policies that hold or are to come, newest first."
        )
        @OptionGroup var options: DatabaseOptions
        @Flag(help: "Show those that have ended, too.") var past = false
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Go on after this one, by id.") var before: String?
        @Option(help: "The operator.") var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListHoursPolicies(market: session.market)(
                    past: past, before: try pageID(before, of: HoursPolicy.self), limit: limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a policy with none in its place; one that is to come is taken off."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The policy's id, as `list` prints it.") var id: String
        @Option(help: "ISO 8601; now if left out.") var at: String?
        @Option(help: "The operator.") var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                guard let policy = HoursPolicy.ID(id) else { throw BadInput("id", "must be a UUID") }
                try await EndHoursPolicy(market: session.market)(
                    policy, at: try at.map { try utcInstant($0, field: "at") },
                    by: try await session.market.person(named: by)
                )
                Console.result(["hours_policy": .string("\(policy)")], "Ended \(policy).", asJSON: json)
            }
        }
    }
}

extension HoursPolicyRecord {
    fileprivate var json: JSON {
        [
            "hours_policy": .string("\(id)"), "country": policy.country.map { .string($0) } ?? .null,
            "region": policy.region.map { .string($0) } ?? .null,
            "daily_minutes_max": .integer(Int64(policy.dailyMinutesMax)),
            "weekly_minutes_max": .integer(Int64(policy.weeklyMinutesMax)),
            "window_weeks": policy.window.map { JSON.integer(Int64($0.weeks)) } ?? .null,
            "window_minutes_average": policy.window.map { JSON.integer(Int64($0.averageMinutes)) } ?? .null,
            "rest_minutes": policy.restMinutes.map { JSON.integer(Int64($0)) } ?? .null,
            "reason": .string(policy.reason),
            "from": inForce.lower.map { .string(utcText($0)) } ?? .null,
            "until": inForce.upper.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        let end = inForce.upper.map { " until \(utcText($0))" } ?? ""
        let start = inForce.lower.map { " from \(utcText($0))" } ?? ""
        let window = policy.window.map { ", \($0.averageMinutes) on average over \($0.weeks) weeks" } ?? ""
        let rest = policy.restMinutes.map { ", \($0) minutes of rest in each 24 hours" } ?? ""
        let place = policy.region ?? policy.country ?? "everywhere"
        return "\(id): \(place), at most \(policy.dailyMinutesMax) minutes a day and "
            + "\(policy.weeklyMinutesMax) a week\(window)\(rest)\(start)\(end): \(policy.reason)"
    }
}
