internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct PayoutScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "When payouts of a source fall due.",
        discussion: """
            guildhall payout schedule set main --weekly fri --at 18:00 --time-zone Europe/Berlin
            guildhall payout schedule set main --monthly 1,15 --at 09:30 --time-zone Asia/Shanghai

            On a date the scheduler opens a payout and tells every finance maker; a person prepares it (`payout due`). \
            Where several dates went by, one is opened. The bank is to pay on the date, or on the Monday after it.
            """,
        subcommands: [Set.self, List.self])

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say when; without a rhythm only on demand.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "Which account pays; `payout source list` shows them.") var source: String
        @Option(help: "Each week: mon to sun.") var weekly: String?
        @Option(help: "Days of each month, such as 1,15; a day that a month has not is its last one.")
        var monthly: String?
        @Option(help: "When the clock shows, hh:mm.") var at = "00:00"
        @Option(help: "Which clock: an IANA name.") var timeZone = "UTC"
        @Option(help: "Who has earned less waits; minor units.") var minimumMinor: Int64 = 0
        @Option(help: .actor("a finance checker")) var by = "finance-checker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let dates = try dates()
                let schedule = try await SchedulePayouts(market: session.market)(
                    dates, minimumMinor: minimumMinor, from: source,
                    by: try await session.market.person(named: by))
                Console.list([try schedule.shown()], asJSON: json)
            }
        }

        /// Not inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
        @inline(never)
        private func dates() throws -> PayoutDates {
            switch (weekly, monthly) {
            case (nil, nil): return .onDemand
            case (let name?, nil):
                guard let day = Weekday.allCases.first(where: { $0.shortName == name.lowercased() }) else {
                    throw BadInput("weekly", "must be mon to sun")
                }
                return try .weekly(on: day, minute: try minute(), in: timeZone)
            case (nil, let list?):
                let days = list.split(separator: ",").map { Int($0) ?? 0 }
                return try .monthly(on: days, minute: try minute(), in: timeZone)
            case (.some, .some): throw BadInput("monthly", "does not go with weekly")
            }
        }

        func minute() throws -> Int {
            let parts = at.split(separator: ":").map { Int($0) ?? -1 }
            guard parts.count == 2, (0..<24).contains(parts[0]), (0..<60).contains(parts[1]) else {
                throw BadInput("at", "must be hh:mm")
            }
            return parts[0] * 60 + parts[1]
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show schedules with their next three dates; --after takes a source's name.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The last source of the page before.") var after: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let schedules = try await SchedulePayouts(market: session.market).all(
                    after: after, limit: limit, by: try await session.market.person(named: by))
                Console.list(try schedules.map { try $0.shown() }, asJSON: json)
            }
        }
    }
}

extension PayoutSchedule {
    /// Not inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
    @inline(never)
    fileprivate func shown() throws -> (JSON, String) {
        var coming = nextAt.map { [$0] } ?? []
        if let first = coming.first { coming += try dates.next(2, after: first) }
        let texts = coming.map { $0.formatted(.iso8601) }
        return (
            [
                "source": .string(source), "rhythm": .string(dates.rhythm.rawValue), "time_zone": .string(dates.zone),
                "minimum_minor": .integer(minimumMinor), "currency": .string(currency.code),
                "next": .array(texts.map(JSON.string)),
            ],
            "\(source): \(dates.rhythm.rawValue), "
                + (texts.isEmpty ? "no date" : "next \(texts.joined(separator: ", "))")
        )
    }
}

struct PayoutDueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "due", abstract: "Payouts that fell due by a schedule, for a person to prepare.",
        subcommands: [List.self, Prepare.self, Skip.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show them, newest first.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var page: PageOptions
        @Option(help: "open, prepared or skipped; all without.") var state: String?
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let found = try await PrepareDuePayout(market: session.market, keys: try session.market.ring).list(
                    try state.map { try choice($0, of: PayoutDueState.self, field: "state") },
                    before: try page.id(), limit: page.limit, by: try await session.market.person(named: by))
                Console.list(
                    found.map { due in
                        let missed = due.missed > 0 ? ", \(due.missed) dates missed before" : ""
                        return (
                            due.json,
                            "\(due.id): \(due.source), to be paid on \(due.payOn), \(due.state.rawValue)\(missed)"
                        )
                    }, asJSON: json)
            }
        }
    }

    struct Prepare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prepare the run of one, as `payout run` does; then another person approves it.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "Its id, as `payout due list` printed it.") var id: String
        @Option(help: .actor("a finance maker")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let id: PayoutDue.ID = try readID(id)
                let result = try await PrepareDuePayout(market: session.market, keys: try session.market.ring)(
                    id, by: try await session.market.person(named: by),
                    report: { count in if count >= 5_000 { Console.note("\(count) payments so far") } })
                result.show(asJSON: json)
            }
        }
    }

    struct Skip: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Leave one out; what is due waits for the next date.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "Its id, as `payout due list` printed it.") var id: String
        @Option(help: "Why.") var reason: String
        @Option(help: .actor("a finance maker")) var by = "finance-maker"

        func run() async throws {
            try await withSession(options) { session in
                let id: PayoutDue.ID = try readID(id)
                try await PrepareDuePayout(market: session.market, keys: try session.market.ring).skip(
                    id, reason: reason, by: try await session.market.person(named: by))
                Console.result("Skipped \(id).")
            }
        }
    }
}
