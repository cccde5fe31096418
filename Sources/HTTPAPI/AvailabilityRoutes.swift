internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Marketplace
internal import NIOCore
internal import Store

/// When workers are there, how much they take, what they have committed, and what they are registered with.
struct AvailabilityRoutes {
    private static let path = "/v1/workers/{worker}"
    private static let own = Access.named(or: [.operator])
    private static let operators = Access.platform([.operator])
    let market: Market

    var endpoints: [Endpoint] { registered + availability + hours }

    private var guardedRegistration: Guarded {
        Guarded(lock: lock, read: showRegistration)
    }

    private var guardedAvailability: Guarded {
        Guarded(["windows", "exceptions", "limits"], lock: lock, read: show)
    }

    @Sendable private func lock(_ call: Call, _ change: Change) async throws {
        _ = try await change.transaction.lockWorkerForChange(try call.id("worker"))
    }

    private var registered: [Endpoint] {
        [
            Endpoint(
                .get, Self.path + "/registration", "showRegistration", "What a worker is registered with", .workers,
                for: Self.own, guards: guardedRegistration, gives: .ok(.registration), by: showRegistration),
            Endpoint(
                .put, Self.path + "/registration", "reviseRegistration",
                "Write what a worker is registered with: all of it, what is left out is gone", .workers, for: Self.own,
                takes: Endpoint.Body(.registrationDraft), guards: guardedRegistration, needsMatch: true,
                gives: .ok(.state("kept")), refuses: ["email_taken", "illegal_transition"] + Code.content,
                by: reviseRegistration),
        ]
    }

    private var availability: [Endpoint] {
        [
            Endpoint(
                .get, Self.path + "/availability", "showAvailability",
                "Weekly windows, exceptions to come, limits, and when a worker is there in the next days", .workers,
                for: Self.own, query: [.query("days", .integer(0...60))], guards: guardedAvailability,
                gives: .ok(.availability), by: show),
            Endpoint(
                .patch, Self.path + "/availability", "changeAvailability",
                "Set windows and limits; what is left out stays, windows are replaced by all that are given",
                .workers, for: Self.own, takes: Endpoint.Body(.availabilityChange), guards: guardedAvailability,
                needsMatch: true, gives: .ok(.availability), by: change),
            Endpoint(
                .post, Self.path + "/availability/exceptions", "addException",
                "Be free or away on one day, whatever the windows say", .workers, for: Self.own,
                takes: .json(["day": .day, "kind": .choice(AvailabilityKind.self), "span": Shape.span.optional]),
                guards: guardedAvailability, gives: .created(.exception),
                refuses: ["exception_overlaps", "too_many_exceptions"], by: except),
            Endpoint(
                .delete, Self.path + "/availability/exceptions/{day}", "clearDay", "Take a day's exceptions away",
                .workers, for: Self.own, query: [.path("day", .day)], guards: guardedAvailability,
                gives: .ok(["cleared": .count]), by: clear),
            Endpoint(
                .get, Self.path + "/availability/calendar", "readCalendar", "Windows and exceptions as iCalendar",
                .workers, for: Self.own, gives: .media("text/calendar"), by: calendar),
            Endpoint(
                .put, Self.path + "/availability/calendar", "importCalendar",
                "Replace windows and exceptions by those of an iCalendar text", .workers, for: Self.own,
                takes: .json(
                    ["calendar": Shape.text(1...ICalendar.bytesMax)], bytesMax: 2 * ICalendar.bytesMax + (16 << 10)),
                guards: guardedAvailability, needsMatch: true, gives: .ok(["windows": .count, "exceptions": .count]),
                by: importCalendar),
        ]
    }

    private var hours: [Endpoint] {
        [
            Endpoint(
                .get, Self.path + "/hours", "showHours", "A week of the ledger of hours: committed, worked, free",
                .workers, for: Self.own,
                query: [
                    .query("week", Shape.day.described("A day of the week; this week if left out.")),
                    .next("after", .text(3...60)), .limit(),
                ], gives: .ok(.hours), by: showHours),
            Endpoint(
                .get, "/v1/hours-policies", "listHoursPolicies", "Caps on everybody's hours, newest first", .operations,
                for: Self.operators, query: [.query("past", .flag)] + Parameter.paging,
                gives: .ok(.page(.hoursPolicy)), by: policies),
            Endpoint(
                .post, "/v1/hours-policies", "setHoursPolicy",
                "Cap everybody's hours from an instant on, everywhere, in a country or in a part of one", .operations,
                for: Self.operators, takes: .json(Self.policyDraft), gives: .created(["policy": .id]),
                refuses: ["policy_in_the_past", "later_policy"], by: setPolicy),
            Endpoint(
                .post, "/v1/hours-policies/{policy}/end", "endHoursPolicy", "End one at an instant, now if left out",
                .operations, for: Self.operators, takes: .json(["at": Shape.time.orNull.optional]),
                gives: .ok(.state("ended")), refuses: ["policy_in_the_past", "policy_ends_earlier"], by: endPolicy),
        ]
    }

    private static let policyDraft: KeyValuePairs<String, Shape> = [
        "country": Shape.text(2...2).described("Who lives there; everywhere if left out.").orNull.optional,
        "region": Shape.text(4...6).described("ISO 3166-2: who works there.").orNull.optional,
        "daily_minutes_max": .integer(0...1_440), "weekly_minutes_max": .integer(0...10_080),
        "window_weeks": Shape.integer(2...53).orNull.optional,
        "window_minutes_average": Shape.integer(0...10_080)
            .described("Most minutes a week on average over window_weeks, the week that runs included.")
            .orNull.optional,
        "rest_minutes": Shape.integer(1...1_439).described("In each 24 hours.").orNull.optional,
        "reason": .text, "from": Shape.time.orNull.optional,
    ]

    @Sendable private func showRegistration(_ call: Call) async throws -> Outcome {
        let record = try await ShowWorker(market: market)(try call.id("worker"), by: try call.actor)
        guard let registration = record.registration else { throw NotFound("worker") }
        return .json(registration.wire)
    }

    @Sendable private func reviseRegistration(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let registration = try call.registration()
        return try await call.once(200, { (_: Void) in ["state": "kept"] }) {
            try await ReviseWorker(market: $0, keys: $0.keys)(worker, to: registration, by: actor)
        }
    }

    @Sendable private func show(_ call: Call) async throws -> Outcome {
        let days = call.query["days"].flatMap { Int($0) } ?? 7
        let shown = try await ShowAvailability(market: market)(of: try call.id("worker"), by: try call.actor)
        let now = try await market.database.read { $0.instant }
        let open = try shown.availability.openIntervals(from: now, until: now + Double(days) * 86_400)
        return .json(shown.availability.wire(shown.limits, open: open))
    }

    @Sendable private func change(_ call: Call) async throws -> Outcome {
        let windows = try call["windows"].map { try AvailabilityWindow.list($0) }
        let isUncapped = call.body["daily_minutes_max"]?.isNull ?? false
        let settings = try AvailabilitySettings(
            windows: windows, weeklyMinutesMax: call.int("weekly_minutes_max"),
            dailyMinutesMax: call.int("daily_minutes_max"), clearsDailyMax: isUncapped,
            tasksAtOnceMax: call.int("tasks_at_once_max"), offerNoticeMinutes: call.int("offer_notice_minutes"))
        try await SetAvailability(market: call.market)(settings, of: try call.id("worker"), by: try call.actor)
        return try await show(call)
    }

    @Sendable private func except(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        guard let day = try call.day("day"), let kind = AvailabilityKind(rawValue: try call.string("kind")) else {
            throw BadInput("day", "must be yyyy-MM-dd")
        }
        let exception = AvailabilityException(day, kind, try call.text("span").map { try DaySpan($0) } ?? .wholeDay)
        return try await call.once(201, { (_: Void) in exception.wire }) {
            try await ExceptAvailability(market: $0)(exception, of: worker, by: actor)
        }
    }

    @Sendable private func clear(_ call: Call) async throws -> Outcome {
        guard let day = CalendarDate(iso: try call.name("day")) else { throw NotFound("day") }
        let count = try await ExceptAvailability(market: call.market).clear(
            day, of: try call.id("worker"), by: try call.actor)
        return .json(["cleared": .integer(Int64(count))])
    }

    @Sendable private func calendar(_ call: Call) async throws -> Outcome {
        let shown = try await ShowAvailability(market: market)(of: try call.id("worker"), by: try call.actor)
        let now = try await market.database.read { $0.instant }
        let monday = try WorkWeek.start(of: now, timeZone: shown.availability.timeZone)
        let text = shown.availability.calendarText(from: monday, at: now)
        return .raw(
            Response(
                status: .ok, headers: [.contentType: "text/calendar; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text))))
    }

    @Sendable private func importCalendar(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let bytes = Array(try call.string("calendar").utf8)
        return try await call.once(
            200,
            { (read: AvailabilityCalendar) in
                [
                    "windows": .integer(Int64(read.windows.count)),
                    "exceptions": .integer(Int64(read.exceptions.count)),
                ]
            }
        ) { try await ImportAvailability(market: $0)(bytes, of: worker, by: actor) }
    }

    @Sendable private func showHours(_ call: Call) async throws -> Outcome {
        let week = try call.query["week"].map { text in
            guard let day = CalendarDate(iso: text) else { throw BadInput("week", "must be yyyy-MM-dd") }
            return day
        }
        let shown = try await ShowHours(market: market)(
            of: try call.id("worker"), weekOf: week, after: try call.query["after"].map(HoursEntry.Place.init(wire:)),
            limit: call.limit, by: try call.actor)
        return .json(shown.wire(limit: call.limit))
    }

    @Sendable private func policies(_ call: Call) async throws -> Outcome {
        let found = try await ListHoursPolicies(market: market)(
            past: call.query["past"] == "true", before: try call.identifier("before"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func setPolicy(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let policy = try HoursPolicy(
            country: call.text("country"), region: call.text("region"),
            dailyMinutesMax: call.int("daily_minutes_max") ?? -1,
            weeklyMinutesMax: call.int("weekly_minutes_max") ?? -1,
            window: try HoursWindow.ifGiven(
                weeks: call.int("window_weeks"), averageMinutes: call.int("window_minutes_average")),
            restMinutes: call.int("rest_minutes"), reason: try call.string("reason"))
        let start = try call.instantIfGiven("from")
        return try await call.once(201, { ["policy": .string("\($0)")] }) {
            try await SetHoursPolicy(market: $0)(policy, from: start, by: actor)
        }
    }

    @Sendable private func endPolicy(_ call: Call) async throws -> Outcome {
        let (policy, actor): (HoursPolicy.ID, Principal.ID) = (try call.id("policy"), try call.actor)
        let end = try call.instantIfGiven("at")
        return try await call.once(200, { (_: Void) in ["state": "ended"] }) {
            try await EndHoursPolicy(market: $0)(policy, at: end, by: actor)
        }
    }
}
