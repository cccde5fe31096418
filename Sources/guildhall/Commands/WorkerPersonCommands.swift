internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

extension WorkerCommand {
    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register a person, who cannot work yet; registering a key again finds them.",
            discussion: "With a key file, people who are registered already raise a duplicate case at once."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "Your own name for the worker.") var key: String
        @Option(help: "In any script.") var name: String
        @Option var email: String
        @Option(help: "ISO 3166-1, such as DE.") var country: String
        @Option(name: .customLong("time-zone"), help: "IANA name, such as Europe/Berlin.") var timeZone: String
        @Option(help: "A language with its CEFR level, such as de:c1 or en:native; may be repeated.")
        var language: [String] = []
        @Option(name: .customLong("weekly-minutes"), help: "The most minutes a week.") var weeklyMinutes = 2_400
        @Option(help: "E.164, such as +49 30 901820.") var phone: String?
        @Option(name: .customLong("born-on"), help: "YYYY-MM-DD.") var bornOn: String?
        @Option(help: "Where the work is done, such as US-NY; the country if left out.") var place: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let worker = try await RegisterWorker(market: session.market, keys: session.market.keys)(
                    Registration(
                        externalKey: key, name: name, email: email, country: country, timeZone: timeZone,
                        weeklyMinutesMax: weeklyMinutes, languages: language, phone: phone,
                        bornOn: try bornOn.map(day), place: place
                    ),
                    by: try await session.market.person(named: by)
                )
                if json { Console.result(["worker": .string("\(worker)")]) } else { Console.result("\(worker)") }
            }
        }
    }

    struct Revise: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change what a worker is registered with; what is left out stays."
        )
        @OptionGroup var event: WorkerEventOptions
        @Option var name: String?
        @Option var email: String?
        @Option(help: "ISO 3166-1.") var country: String?
        @Option(name: .customLong("time-zone"), help: "IANA name.") var timeZone: String?
        @Option(help: "All languages with their levels, such as de:c1; may be repeated.") var language: [String] = []
        @Option(name: .customLong("weekly-minutes")) var weeklyMinutes: Int?
        @Option(help: "E.164.") var phone: String?
        @Option(name: .customLong("born-on"), help: "YYYY-MM-DD.") var bornOn: String?
        @Option(help: "Where the work is done, such as US-NY.") var place: String?

        func run() async throws {
            try await event.run(remotely: self) { worker, market, actor in
                guard let old = try await ShowWorker(market: market)(worker, by: actor).registration else {
                    throw NotFound("worker: their personal data were erased")
                }
                let registration = try Registration(
                    externalKey: old.externalKey, name: name ?? old.name, email: email ?? old.email,
                    country: country ?? old.country, timeZone: timeZone ?? old.timeZone,
                    weeklyMinutesMax: weeklyMinutes ?? old.weeklyMinutesMax,
                    languages: language.isEmpty ? old.languages.map(\.description) : language,
                    phone: phone ?? old.phone, bornOn: try bornOn.map(day) ?? old.bornOn, place: place ?? old.place
                )
                try await ReviseWorker(market: market, keys: market.keys)(
                    worker, to: registration, by: actor)
                return [:]
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a worker with their personal data; what is encrypted stays closed."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var key: String
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let worker = try await session.market.worker(key)
                let record = try await ShowWorker(market: session.market)(
                    worker, by: try await session.market.person(named: by))
                if json { return Console.result(record.json) }
                for (name, value) in (record.json.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
                    Console.result("\(name): \(value.stringValue ?? value.canonicalText)")
                }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List workers in one state, a page at a time, without personal data.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "registered, applicant, active, paused, suspended or closed.") var state = "active"
        @Option(help: "The last worker's id of the page before.") var after: String?
        @Option(help: "1 to 200.") var limit = 50
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let state = try choice(state, of: Worker.State.self, field: "state")
                let page = try await ListWorkers(market: session.market)(
                    in: state, after: try after.map { try readID($0, "after") }, limit: limit,
                    by: try await session.market.person(named: by)
                )
                if json {
                    Console.result(["workers": .array(page.map { .object($0.members) })])
                } else {
                    if page.isEmpty { Console.note("Nothing.") }
                    for worker in page { Console.result("\(worker.id)  \(worker.country)  \(worker.externalKey)") }
                }
            }
        }
    }
}

extension WorkerSummary {
    fileprivate var members: [String: JSON] {
        [
            "worker": .string("\(id)"), "external_key": .string(externalKey), "state": .string(state.rawValue),
            "country": .string(country), "registered_at": .string(registeredAt.formatted(.iso8601)),
        ]
    }
}

extension WorkerRecord {
    fileprivate var json: JSON {
        var members = summary.members
        members["has_payout_method"] = .bool(hasPayoutMethod)
        members["has_tax_profile"] = .bool(hasTaxProfile)
        members["open_duplicate_cases"] = .integer(Int64(openCases))
        if let erasedAt { members["erased_at"] = .string(erasedAt.formatted(.iso8601)) }
        guard let registration else { return .object(members) }
        members["name"] = .string(registration.name)
        members["email"] = .string(registration.email)
        members["time_zone"] = .string(registration.timeZone)
        members["weekly_minutes_max"] = .integer(Int64(registration.weeklyMinutesMax))
        members["languages"] = .array(registration.languages.map { .string($0.description) })
        members["place"] = .string(registration.place ?? registration.country)
        if let phone = registration.phone { members["phone"] = .string(phone) }
        if let bornOn = registration.bornOn { members["born_on"] = .string("\(bornOn)") }
        return .object(members)
    }
}

private func day(_ text: String) throws -> CalendarDate {
    guard let day = CalendarDate(iso: text) else { throw BadInput("born_on", "must be of the form YYYY-MM-DD") }
    return day
}
