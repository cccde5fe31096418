import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Workers")
struct WorkerRulesTests {
    @Test("a worker's standing changes in these ways and no other", arguments: Worker.State.allCases)
    func transitions(state: Worker.State) {
        let table: [Worker.State: [Worker.Event: Worker.State]] = [
            .registered: [.apply: .applicant, .activate: .active, .close: .closed],
            .applicant: [.activate: .active, .close: .closed],
            .active: [.pause: .paused, .suspend: .suspended, .close: .closed],
            .paused: [.resume: .active, .suspend: .suspended, .close: .closed],
            .suspended: [.reinstate: .active, .close: .closed],
            .closed: [.reopen: .registered],
        ]
        for event in Worker.Event.allCases {
            #expect((try? state.after(event)) == table[state]?[event], "\(state) \(event)")
        }
    }

    @Test(
        "a week begins on Monday at midnight by the worker's clock, whenever that is changed",
        arguments: [
            // New York leaves standard time on Sunday, 8 March 2026, and daylight time on Sunday, 1 November.
            ("America/New_York", "2026-03-02T04:59:59Z", "2026-02-23"),
            ("America/New_York", "2026-03-02T05:00:00Z", "2026-03-02"),
            ("America/New_York", "2026-03-09T03:59:59Z", "2026-03-02"),
            ("America/New_York", "2026-03-09T04:00:00Z", "2026-03-09"),
            ("America/New_York", "2026-11-02T04:59:59Z", "2026-10-26"),
            ("America/New_York", "2026-11-02T05:00:00Z", "2026-11-02"),
            // Berlin on Sundays 29 March and 25 October.
            ("Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-23"),
            ("Europe/Berlin", "2026-03-29T22:00:00Z", "2026-03-30"),
            ("Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-19"),
            ("Europe/Berlin", "2026-10-25T23:00:00Z", "2026-10-26"),
            ("Asia/Kolkata", "2026-03-01T18:29:59Z", "2026-02-23"),
            ("Asia/Kolkata", "2026-03-01T18:30:00Z", "2026-03-02"),
            ("UTC", "1969-12-31T00:00:00Z", "1969-12-29"),
        ])
    func weeks(zone: String, instant: String, monday: String) throws {
        #expect(try WorkWeek.start(of: .at(instant), timeZone: zone) == .day(monday))
    }

    @Test("an unknown zone and an impossible instant are refused, not guessed at")
    func badWeeks() {
        #expect(throws: BadInput.self) { try WorkWeek.start(of: Scratch.start, timeZone: "Mars/Olympus") }
        #expect(throws: BadInput.self) { try WorkWeek.start(of: .distantPast, timeZone: "UTC") }
        #expect(throws: BadInput.self) {
            try WorkWeek.start(of: Date(timeIntervalSince1970: 1e300), timeZone: "UTC")
        }
    }

    @Test(
        "days count from 2000-01-01 and back",
        arguments: [
            ("2000-01-01", 0), ("2000-02-29", 59), ("1999-12-31", -1), ("1970-01-01", -10_957),
            ("0001-01-01", -730_119),
            ("9999-12-31", 2_921_939), ("2026-03-02", 9_557),
        ])
    func days(text: String, number: Int) {
        #expect(CalendarDate.day(text).daysSince2000 == number)
        #expect(CalendarDate(daysSince2000: number) == .day(text))
    }

    @Test("every day of 1990 to 2110 follows the one before")
    func consecutiveDays() {
        for number in -3_652...40_000 {
            #expect(CalendarDate(daysSince2000: number)?.daysSince2000 == number)
        }
        #expect(CalendarDate(daysSince2000: 2_921_940) == nil)
        #expect(CalendarDate(daysSince2000: .max) == nil)
    }

    @Test(
        "a registration is refused with the first field that is wrong",
        arguments: [
            ("", "n", "a@b.de", "DE", "UTC", 60, "en", "external_key"),
            ("k", " ", "a@b.de", "DE", "UTC", 60, "en", "name"),
            ("k", "A\u{202e}B", "a@b.de", "DE", "UTC", 60, "en", "name"),
            ("k", "A\u{2066}B", "a@b.de", "DE", "UTC", 60, "en", "name"),
            ("k", "A\nB", "a@b.de", "DE", "UTC", 60, "en", "name"),
            ("k", "A\u{0}B", "a@b.de", "DE", "UTC", 60, "en", "name"),
            ("k", String(repeating: "e\u{301}\u{302}", count: 101), "a@b.de", "DE", "UTC", 60, "en", "name"),
            ("k", "n", "a@b", "DE", "UTC", 60, "en", "email"),
            ("k", "n", "a b@c.de", "DE", "UTC", 60, "en", "email"),
            ("k", "n", "a@b@c.de", "DE", "UTC", 60, "en", "email"),
            ("k", "n", "ä@b.de", "DE", "UTC", 60, "en", "email"),
            ("k", "n", "a@-b.de", "DE", "UTC", 60, "en", "email"),
            ("k", "n", "a@b.de", "XX", "UTC", 60, "en", "country"),
            ("k", "n", "a@b.de", "de", "UTC", 60, "en", "country"),
            ("k", "n", "a@b.de", "DE", "CET", 60, "en", "time_zone"),
            ("k", "n", "a@b.de", "DE", "GMT+5", 60, "en", "time_zone"),
            ("k", "n", "a@b.de", "DE", "Mars/Olympus", 60, "en", "time_zone"),
            ("k", "n", "a@b.de", "DE", "UTC", 10_081, "en", "weekly_minutes_max"),
            ("k", "n", "a@b.de", "DE", "UTC", -1, "en", "weekly_minutes_max"),
            ("k", "n", "a@b.de", "DE", "UTC", 60, "english language", "languages"),
            ("k", "n", "a@b.de", "DE", "UTC", 60, "en:fluent", "languages"),
            ("k", "n", "a@b.de", "DE", "UTC", 60, "en:", "languages"),
        ])
    func badRegistrations(
        key: String, name: String, email: String, country: String, zone: String, minutes: Int, language: String,
        field: String
    ) {
        let fault = #expect(throws: BadInput.self) {
            try Registration(
                externalKey: key, name: name, email: email, country: country, timeZone: zone,
                weeklyMinutesMax: minutes, languages: [language]
            )
        }
        #expect(fault?.field == field)
    }

    @Test(
        "names are kept in NFC without spaces around them, joiners and any script allowed",
        arguments: [
            ("  Zoe\u{308}  ", "Zo\u{eb}"), ("陈思远", "陈思远"), ("O’Neill, Jr.", "O’Neill, Jr."),
            ("نیما می\u{200c}خواه", "نیما می\u{200c}خواه"),
        ])
    func names(raw: String, name: String) throws {
        let kept = try Registration.sample(name: raw).name
        #expect(Array(kept.unicodeScalars) == Array(name.unicodeScalars))
    }

    @Test("addresses are lower case, languages are each kept once")
    func normalForms() throws {
        let registration = try Registration.sample(email: "G.Hopper@Example.ORG", languages: ["en", "EN", "zh-Hant"])
        #expect(registration.email == "g.hopper@example.org")
        #expect(registration.languages.map(\.description) == ["en:c1", "zh-hant:c1"])
    }

    @Test("ISO 3166-1 has 249 countries")
    func countries() {
        #expect(Country.codes.count == 249)
    }
}

@Suite("Workers in the database", .scratchDatabase)
struct WorkersTests {
    @Test("registering a key again finds the worker and adds nothing")
    func idempotent() async throws {
        let crew = try await Crew()
        let register = RegisterWorker(market: crew.market)
        let first = try await register(.sample(), by: crew.chief)
        #expect(try await register(.sample(name: "Another Name"), by: crew.chief) == first)
        let page = try await ListWorkers(market: crew.market)(in: .registered, by: crew.chief)
        #expect(page.map(\.id) == [first])
    }

    @Test("the same key registered many times at once makes one worker")
    func concurrentRegistration() async throws {
        let crew = try await Crew()
        let ids = try await withThrowingTaskGroup(of: Worker.ID.self) { group in
            let register = RegisterWorker(market: crew.market)
            for _ in 0..<20 { group.addTask { try await register(.sample(), by: crew.chief) } }
            return try await group.reduce(into: Set<Worker.ID>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }

    @Test("an address belongs to one worker, whatever the case of its letters")
    func emailTaken() async throws {
        let crew = try await Crew()
        _ = try await crew.worker("w1")
        await #expect(throws: RegisterWorkerRefusal.emailTaken) {
            try await RegisterWorker(market: crew.market)(.sample("w2", email: "W1@Example.org"), by: crew.chief)
        }
    }

    @Test("what identifies a person is in worker_person and nowhere else")
    func personalData() async throws {
        let crew = try await Crew()
        _ = try await RegisterWorker(market: crew.market)(.sample(name: "Grace Hopper"), by: crew.chief)
        let found: Bool = try await crew.market.database.read {
            try await $0.oneRow(
                """
                select exists (select from principal where name like '%Hopper%')
                       or exists (select from audit_event where facts::text like '%Hopper%') as found
                """)["found"]
        }
        #expect(!found)
    }

    @Test(
        "who may change a worker's standing, and when, in order of precedence",
        arguments: [
            ("activate", "self", "role_missing"), ("activate", "operator", "none"), ("suspend", "self", "role_missing"),
            ("suspend", "operator", "illegal_transition"), ("pause", "other", "role_missing"),
            ("pause", "self", "illegal_transition"), ("resume", "operator", "illegal_transition"),
            ("reinstate", "operator", "illegal_transition"), ("unknown", "operator", "not_found"),
        ])
    func standing(verb: String, actor: String, code: String) async throws {
        let crew = try await Crew()
        let worker = try await RegisterWorker(market: crew.market)(.sample(), by: crew.chief)
        let other = try await RegisterWorker(market: crew.market)(.sample("w2"), by: crew.chief)
        let actor =
            switch actor {
            case "self": Principal.ID(worker.uuid)
            case "other": Principal.ID(other.uuid)
            default: crew.chief
            }
        let seen = await Crew.refusal {
            switch verb {
            case "activate": try await ActivateWorker(market: crew.market)(worker, by: actor)
            case "pause": try await PauseWorker(market: crew.market)(worker, by: actor)
            case "resume": try await ResumeWorker(market: crew.market)(worker, by: actor)
            case "reinstate": try await ReinstateWorker(market: crew.market)(worker, by: actor)
            case "unknown": try await ActivateWorker(market: crew.market)(Worker.ID(actor.uuid), by: actor)
            default:
                _ = try await SuspendWorker(market: crew.market)(
                    worker, rule: "identity", facts: [:], reasons: "Unclear.", by: actor
                )
            }
        }
        #expect(seen == code)
    }

    @Test("a suspension comes with a decision, ends with a reinstatement, and the worker is told of both")
    func suspension() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        _ = try await SuspendWorker(market: crew.market)(
            worker, rule: "shared_account", facts: ["sessions": 2], reasons: "Two people at once.", by: crew.chief
        )
        #expect(try await crew.facts(of: worker)?.state == .suspended)
        try await ReinstateWorker(market: crew.market)(worker, by: crew.chief)
        #expect(try await crew.facts(of: worker)?.state == .active)
        _ = try await DeliverNotices(market: crew.market)() {
            #expect(Set($0.map(\.kind)) == ["decision_made", "worker_reinstated"])
        }
    }

    @Test("a suspension without reasons does not happen")
    func reasonless() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        await #expect(throws: BadInput.self) {
            try await SuspendWorker(market: crew.market)(worker, rule: "r", facts: [:], reasons: " ", by: crew.chief)
        }
        #expect(try await crew.facts(of: worker)?.state == .active)
    }

    @Test("workers pause and resume by themselves")
    func pause() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        try await PauseWorker(market: crew.market)(worker, by: Principal.ID(worker.uuid))
        #expect(try await crew.facts(of: worker)?.state == .paused)
        try await ResumeWorker(market: crew.market)(worker, by: Principal.ID(worker.uuid))
        #expect(try await crew.facts(of: worker)?.state == .active)
    }

    @Test("operators list workers by state in pages that do not overlap")
    func pages() async throws {
        let crew = try await Crew()
        for number in 1...5 { _ = try await RegisterWorker(market: crew.market)(.sample("w\(number)"), by: crew.chief) }
        let list = ListWorkers(market: crew.market)
        var seen: [Worker.ID] = []
        while case let page = try await list(in: .registered, after: seen.last, limit: 2, by: crew.chief), !page.isEmpty
        {
            seen += page.map(\.id)
        }
        #expect(seen.count == 5 && seen == seen.sorted())
        #expect(try await list(in: .active, by: crew.chief) == [])
        await #expect(throws: AccessRefusal.self) { try await list(in: .active, by: Principal.ID(seen[0].uuid)) }
    }
}
