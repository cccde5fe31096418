internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct AvailabilityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "availability",
        abstract: "When a worker is there: weekly windows in their zone, exceptions by date, caps.",
        discussion: """
            Windows are wall-clock times where the worker lives. On the day clocks change, a window loses the hour \
            that does not exist and counts the doubled one twice. Without any window a worker is always there.
            """,
        subcommands: [Show.self, Change.self, Except.self, Import.self, Export.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print windows, exceptions to come, caps, and the open intervals of the next days."
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: WorkerOptions
        @Option(help: "How many days of open intervals to print, 0 to 60.") var days = 7
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (0...60).contains(days) else { throw ValidationError("--days must be 0 to 60.") }
        }

        func run() async throws {
            try await withSession(options) { session in
                let (worker, actor) = try await whose.people(in: session.market)
                let shown = try await ShowAvailability(market: session.market)(of: worker, by: actor)
                let now = try await session.database.read { $0.instant }
                let open = try shown.availability.openIntervals(from: now, until: now + Double(days) * 86_400)
                if json {
                    Console.result(shown.availability.json(shown.limits, open: open))
                } else {
                    Console.result(shown.availability.text(shown.limits, open: open))
                }
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Set windows and caps; what is not named stays.",
            discussion: "Example: --window mon=09:00-12:30 --window sat=22:00-24:00 --window sun=00:00-02:00"
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: WorkerOptions
        @Option(name: .customLong("window"), help: "A weekly window, mon=HH:MM-HH:MM; all together replace the old.")
        var windows: [String] = []
        @Flag(name: .customLong("no-windows"), help: "Be always there.") var noWindows = false
        @Option(name: .customLong("weekly-minutes"), help: "Most minutes a week, 0 to 10080.") var weeklyMinutes: Int?
        @Option(name: .customLong("daily-minutes"), help: "Most minutes a day, 0 to 1440.") var dailyMinutes: Int?
        @Flag(name: .customLong("no-daily-minutes"), help: "As many a day as the week allows.") var noDailyMinutes =
            false
        @Option(name: .customLong("at-once"), help: "Most tasks at once, 1 to 5.") var atOnce: Int?
        @Option(name: .customLong("notice"), help: "Minutes from an offer to its answer, 0 to 10080.") var notice: Int?
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard !noWindows || windows.isEmpty else { throw ValidationError("Give --window or --no-windows.") }
            guard !noDailyMinutes || dailyMinutes == nil else {
                throw ValidationError("Give --daily-minutes or --no-daily-minutes.")
            }
        }

        func run() async throws {
            try await withSession(options) { session in
                let (worker, actor) = try await whose.people(in: session.market)
                let chosen = try windows.map(AvailabilityWindow.init(option:))
                try await SetAvailability(market: session.market)(
                    AvailabilitySettings(
                        windows: chosen.isEmpty && !noWindows ? nil : chosen, weeklyMinutesMax: weeklyMinutes,
                        dailyMinutesMax: dailyMinutes, clearsDailyMax: noDailyMinutes, tasksAtOnceMax: atOnce,
                        offerNoticeMinutes: notice
                    ),
                    of: worker, by: actor
                )
                let shown = try await ShowAvailability(market: session.market)(of: worker, by: actor)
                if json {
                    Console.result(shown.availability.json(shown.limits, open: []))
                } else {
                    Console.result(shown.availability.text(shown.limits, open: []))
                }
            }
        }
    }

    struct Except: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Be free or away on one day, whatever the windows say; or clear the day's exceptions."
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: WorkerOptions
        @Argument(help: "The day, yyyy-MM-dd, where the worker lives.") var day: String
        @Argument(help: "free, away or clear.") var what: String
        @Argument(help: "HH:MM-HH:MM; the whole day if left out.") var span: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (worker, actor) = try await whose.people(in: session.market)
                guard let day = CalendarDate(iso: day) else { throw BadInput("day", "must be a day, yyyy-MM-dd") }
                let except = ExceptAvailability(market: session.market)
                var cleared = 0
                if what == "clear" {
                    cleared = try await except.clear(day, of: worker, by: actor)
                } else {
                    guard let kind = AvailabilityKind(rawValue: what) else {
                        throw BadInput("what", "must be free, away or clear")
                    }
                    let span = try span.map { try DaySpan($0) } ?? .wholeDay
                    try await except(AvailabilityException(day, kind, span), of: worker, by: actor)
                }
                if json {
                    Console.result([
                        "day": .string("\(day)"), "what": .string(what), "cleared": .integer(Int64(cleared)),
                    ])
                } else {
                    Console.result(what == "clear" ? "Cleared \(cleared) exceptions of \(day)." : "\(day): \(what).")
                }
            }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace windows and exceptions by those of an iCalendar file.",
            discussion: """
                AVAILABLE of a VAVAILABILITY, and VEVENT with TRANSP:TRANSPARENT, are time in which the worker is \
                there: weekly ones (RRULE:FREQ=WEEKLY;BYDAY=…) windows, single ones free exceptions. Other single \
                VEVENTs are away, and so is EXDATE. What is not understood is refused with its line, and nothing is \
                changed.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: WorkerOptions
        @Argument(help: "The file.") var file: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (worker, actor) = try await whose.people(in: session.market)
                let bytes = try fileBytes(file, most: ICalendar.bytesMax + 1)
                let read = try await ImportAvailability(market: session.market)(bytes, of: worker, by: actor)
                if json {
                    Console.result([
                        "windows": .integer(Int64(read.windows.count)),
                        "exceptions": .integer(Int64(read.exceptions.count)),
                    ])
                } else {
                    Console.result("Read \(read.windows.count) windows and \(read.exceptions.count) exceptions.")
                }
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write windows and exceptions as an iCalendar file.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: WorkerOptions
        @Option(help: "Where to write it; standard output if left out.") var output: String?
        @Flag(help: "Print JSON: an object with the file's text.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (worker, actor) = try await whose.people(in: session.market)
                let shown = try await ShowAvailability(market: session.market)(of: worker, by: actor).availability
                let now = try await session.database.read { $0.instant }
                let monday = try WorkWeek.start(of: now, timeZone: shown.timeZone)
                let text = shown.calendarText(from: monday, at: now)
                if let output {
                    try Data(text.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
                    Console.note("Wrote \(output).")
                } else if json {
                    Console.result(["calendar": .string(text)])
                } else {
                    Console.result(text)
                }
            }
        }
    }
}

extension AvailabilityWindow {
    /// Reads `mon=09:00-17:30`.
    init(option text: String) throws(BadInput) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let weekday = Weekday.allCases.first(where: { $0.shortName == parts[0].lowercased() })
        else { throw BadInput("window", "must be written as mon=09:00-17:30") }
        self.init(weekday, try DaySpan(parts[1]))
    }
}

extension Availability {
    fileprivate func json(_ limits: WorkLimits, open: [Range<Date>]) -> JSON {
        [
            "time_zone": .string(timeZone),
            "windows": .array(
                windows.map { ["day": .string($0.weekday.shortName), "span": .string($0.span.description)] }),
            "exceptions": .array(
                exceptions.map {
                    [
                        "day": .string("\($0.day)"), "kind": .string($0.kind.rawValue),
                        "span": .string($0.span.description),
                    ]
                }),
            "limits": limits.json,
            "open": .array(
                open.map {
                    [
                        "from": .string($0.lowerBound.ISO8601Format()),
                        "until": .string($0.upperBound.ISO8601Format()),
                    ]
                }),
        ]
    }

    fileprivate func text(_ limits: WorkLimits, open: [Range<Date>]) -> String {
        var lines = ["Zone \(timeZone)"]
        lines += windows.isEmpty ? ["Always there"] : windows.map { "\($0.weekday.shortName) \($0.span)" }
        lines += exceptions.map { "\($0.day) \($0.kind.rawValue) \($0.span)" }
        let daily = limits.dailyMinutesMax > 1_440 ? "on any day" : "\(limits.dailyMinutesMax) a day"
        lines.append(
            "At most \(limits.weeklyMinutesMax) minutes a week, \(daily), "
                + "\(limits.tasksAtOnceMax) tasks at once; offers \(limits.offerNoticeMinutes) minutes ahead")
        lines += open.map { "open \($0.lowerBound.ISO8601Format()) to \($0.upperBound.ISO8601Format())" }
        return lines.joined(separator: "\n")
    }
}

extension WorkLimits {
    var json: JSON {
        [
            "weekly_minutes_max": .integer(Int64(weeklyMinutesMax)),
            "daily_minutes_max": .integer(Int64(dailyMinutesMax)),
            "tasks_at_once_max": .integer(Int64(tasksAtOnceMax)),
            "offer_notice_minutes": .integer(Int64(offerNoticeMinutes)),
        ]
    }
}
