internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

extension Shape {
    /// Part of a day.
    static let span = Shape([
        "type": "string", "minLength": 11, "maxLength": 11, "description": "HH:MM-HH:MM, until 24:00 at most.",
    ])
    private static let weekday = Shape([
        "type": "string", "enum": .array(Weekday.allCases.map { .string($0.shortName) }),
    ])
    private static let window = Shape.object("Window", ["day": weekday, "span": span])
    static let exception = Shape.object(
        "AvailabilityException", ["day": .day, "kind": .choice(AvailabilityKind.self), "span": span])
    private static let limits = Shape.object(
        "WorkLimits",
        [
            "weekly_minutes_max": .count, "daily_minutes_max": .count.orNull, "tasks_at_once_max": .count,
            "offer_notice_minutes": .count,
        ])
    static let availability = Shape.object(
        "Availability",
        [
            "time_zone": .text, "windows": .list(window), "exceptions": .list(exception),
            "limits": limits,
            "open": .list(.object(["from": .time, "until": .time])),
        ])
    static let availabilityChange = Shape.object(
        "AvailabilityChange",
        [
            "windows": Shape.list(window, 0...Availability.windowsMax).described("None: always there.").optional,
            "weekly_minutes_max": Shape.integer(0...10_080).optional,
            "daily_minutes_max": Shape.integer(0...1_440).orNull.optional,
            "tasks_at_once_max": Shape.integer(1...100).optional,
            "offer_notice_minutes": Shape.integer(0...10_080).optional,
        ])
    static let hours = Shape.object(
        "Hours",
        [
            "week_starts_on": .day, "limits": limits, "committed_minutes": .count, "worked_minutes": .count,
            "free_minutes": .count, "days": .list(.object(["day": .day, "committed_minutes": .count])),
            "items": .list(
                .object([
                    "assignment": .id, "kind": .choice(HoursEntryKind.self), "day": .day, "minutes": .integer,
                    "occurred_at": .time,
                ])), "next": .text.orNull,
        ])
    static let hoursPolicy = Shape.object(
        "HoursPolicy",
        [
            "policy": .id, "country": .text.orNull, "region": .text.orNull, "daily_minutes_max": .count,
            "weekly_minutes_max": .count, "window_weeks": .count.orNull, "window_minutes_average": .count.orNull,
            "rest_minutes": .count.orNull, "reason": .text, "from": .time.orNull, "until": .time.orNull,
        ])
    static let registration = Shape.object(
        "Registration",
        [
            "external_key": .text, "name": .text, "email": .text, "country": .text, "time_zone": .text,
            "weekly_minutes_max": .count, "languages": .list(.text), "phone": .text.orNull, "born_on": .day.orNull,
            "place": .text.orNull,
        ])
    static let registrationDraft = person("RegistrationDraft", key: "As it is; it cannot be changed.")
    static let newRegistration = person(
        "NewRegistration", key: "Your own name for the worker; registering it again finds them as they are.")

    /// What a worker is registered with.
    ///
    /// - Parameter key: what is said of the external key.
    private static func person(_ name: String, key: String) -> Shape {
        .object(
            name,
            [
                "external_key": .text.described(key), "name": .text, "email": .text,
                "country": .text.described("ISO 3166-1."), "time_zone": .text.described("An IANA name."),
                "weekly_minutes_max": .integer(0...10_080),
                "languages": Shape.list(.text, 0...50).described("Such as de:c1 or en:native."),
                "phone": Shape.text.orNull.optional, "born_on": Shape.day.orNull.optional,
                "place": Shape.text.orNull.optional,
            ])
    }
}

extension Call {
    func instantIfGiven(_ field: String) throws(BadInput) -> Date? { self[field] == nil ? nil : try instant(field) }

    /// Of the shape of a registration.
    ///
    /// Not inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
    @inline(never)
    func registration() throws(BadInput) -> Registration {
        try Registration(
            externalKey: try string("external_key"), name: try string("name"), email: try string("email"),
            country: try string("country"), timeZone: try string("time_zone"),
            weeklyMinutesMax: int("weekly_minutes_max") ?? 0, languages: texts("languages"), phone: text("phone"),
            bornOn: try day("born_on"), place: text("place"))
    }
}

extension Registration {
    var wire: JSON {
        [
            "external_key": .string(externalKey), "name": .string(name), "email": .string(email),
            "country": .string(country), "time_zone": .string(timeZone),
            "weekly_minutes_max": .integer(Int64(weeklyMinutesMax)),
            "languages": .array(languages.map { .string($0.description) }), "phone": phone.map(JSON.string) ?? .null,
            "born_on": bornOn.map { .string("\($0)") } ?? .null, "place": place.map(JSON.string) ?? .null,
        ]
    }
}

extension AvailabilityWindow {
    static func list(_ json: JSON) throws(BadInput) -> [AvailabilityWindow] {
        var windows: [AvailabilityWindow] = []
        for item in json.arrayValue ?? [] {
            guard let day = Weekday.allCases.first(where: { $0.shortName == item["day"]?.stringValue }) else {
                throw BadInput("windows", "must have days mon to sun")
            }
            windows.append(AvailabilityWindow(day, try DaySpan(item["span"]?.stringValue ?? "")))
        }
        return windows
    }
}

extension AvailabilityException {
    var wire: JSON {
        ["day": .string("\(day)"), "kind": .string(kind.rawValue), "span": .string(span.description)]
    }
}

extension WorkLimits {
    var wire: JSON {
        [
            "weekly_minutes_max": .integer(Int64(weeklyMinutesMax)),
            "daily_minutes_max": dailyMinutesMax > 1_440 ? .null : .integer(Int64(dailyMinutesMax)),
            "tasks_at_once_max": .integer(Int64(tasksAtOnceMax)),
            "offer_notice_minutes": .integer(Int64(offerNoticeMinutes)),
        ]
    }
}

extension Availability {
    func wire(_ limits: WorkLimits, open: [Range<Date>]) -> JSON {
        [
            "time_zone": .string(timeZone),
            "windows": .array(
                windows.map { ["day": .string($0.weekday.shortName), "span": .string($0.span.description)] }),
            "exceptions": .array(exceptions.map(\.wire)), "limits": limits.wire,
            "open": .array(
                open.map {
                    ["from": .string($0.lowerBound.secondText), "until": .string($0.upperBound.secondText)]
                }),
        ]
    }
}

extension HoursEntry.Place {
    init(wire text: String) throws(BadInput) {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count == 2, let id = Assignment.ID(parts[0]), let kind = HoursEntryKind(rawValue: parts[1]) else {
            throw BadInput("after", "must be the next of a page")
        }
        self.init(assignment: id, kind: kind)
    }
}

extension HoursStatement {
    func wire(limit: Int) -> JSON {
        let days = committedByDay.sorted { $0.key < $1.key }
        let items = entries.map { entry -> JSON in
            [
                "assignment": .string("\(entry.assignment)"), "kind": .string(entry.kind.rawValue),
                "day": .string("\(entry.day)"), "minutes": .integer(Int64(entry.minutes)),
                "occurred_at": .millisecond(entry.occurredAt),
            ]
        }
        let last = entries.count >= limit ? entries.last : nil
        return [
            "week_starts_on": .string("\(weekStartsOn)"), "limits": limits.wire,
            "committed_minutes": .integer(Int64(committedMinutes)), "worked_minutes": .integer(Int64(workedMinutes)),
            "free_minutes": .integer(Int64(freeMinutes)),
            "days": .array(
                days.map { ["day": .string("\($0.key)"), "committed_minutes": .integer(Int64($0.value))] }),
            "items": .array(items),
            "next": last.map { .string("\($0.assignment):\($0.kind.rawValue)") } ?? .null,
        ]
    }
}

extension HoursPolicyRecord {
    var wire: JSON {
        [
            "policy": .string("\(id)"), "country": policy.country.map(JSON.string) ?? .null,
            "region": policy.region.map(JSON.string) ?? .null,
            "daily_minutes_max": .integer(Int64(policy.dailyMinutesMax)),
            "weekly_minutes_max": .integer(Int64(policy.weeklyMinutesMax)),
            "window_weeks": policy.window.map { JSON.integer(Int64($0.weeks)) } ?? .null,
            "window_minutes_average": policy.window.map { JSON.integer(Int64($0.averageMinutes)) } ?? .null,
            "rest_minutes": policy.restMinutes.map { JSON.integer(Int64($0)) } ?? .null,
            "reason": .string(policy.reason),
            "from": .second(inForce.lower),
            "until": .second(inForce.upper),
        ]
    }
}
