import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of availability and hours", .scratchDatabase)
struct AvailabilityRoutesTests {
    private func token(of id: Principal.ID, _ small: SmallMarket) async throws -> String {
        try await IssueToken(market: small.market)(for: id, lifetime: 36_000, by: small.manager).secret
    }

    @Test("a worker sets windows and limits, is away for a day, and keeps all of it as a calendar")
    func availability() async throws {
        let small = try await SmallMarket()
        let (worker, other) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let (token, theirs) = (
            try await token(of: Principal.ID(worker.uuid), small), try await token(of: Principal.ID(other.uuid), small)
        )
        let path = "/v1/workers/\(worker)/availability"
        try await LiveServer.run(small.market) { server in
            let read = try await server.send("GET", path, token: token)
            #expect(read.body["windows"] == [] && read.body["open"]?.arrayValue?.count == 1)
            #expect(try await server.send("GET", path, token: theirs).status == 403)
            let tag = try #require(read.headers["etag"])
            let windows: JSON = [["day": "mon", "span": "09:00-12:30"], ["day": "sat", "span": "22:00-24:00"]]
            let set = try await server.send(
                "PATCH", path, token: token, json: ["windows": windows, "daily_minutes_max": 120],
                headers: ["If-Match": tag])
            #expect(set.status == 200 && set.body["windows"] == windows, "\(set.body)")
            #expect(set.body["limits"]?["daily_minutes_max"] == 120)
            let free = try await server.send(
                "PATCH", path, token: token, json: ["daily_minutes_max": .null], headers: ["If-Match": "*"])
            #expect(free.body["limits"]?["daily_minutes_max"]?.isNull == true && free.body["windows"] == windows)
            let stale = try await server.send("PATCH", path, token: token, json: [:], headers: ["If-Match": tag])
            #expect(stale.status == 412)
            let day = "\(Scratch.clock.now().formatted(.iso8601.year().month().day()))"
            let away: JSON = ["day": .string(day), "kind": "away"]
            let excepted = try await server.send("POST", path + "/exceptions", token: token, key: "a", json: away)
            #expect(excepted.status == 201 && excepted.body["span"] == "00:00-24:00", "\(excepted.body)")
            let twice = try await server.send("POST", path + "/exceptions", token: token, key: "b", json: away)
            #expect(twice.status == 409 && twice.code == "exception_overlaps")
            let cleared = try await server.send("DELETE", path + "/exceptions/\(day)", token: token)
            #expect(cleared.body["cleared"] == 1)
            let overlapping: JSON = [["day": "mon", "span": "09:00-12:30"], ["day": "mon", "span": "12:00-13:00"]]
            let bad = try await server.send(
                "PATCH", path, token: token, json: ["windows": overlapping], headers: ["If-Match": "*"])
            #expect(bad.status == 422 && bad.body["errors"]?[0]?["pointer"] == "/windows")
        }
        #expect(try await small.ills() == [])
    }

    @Test("windows go out as iCalendar and come in again, and a calendar that is none changes nothing")
    func calendar() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        try await SetAvailability(market: small.market)(
            AvailabilitySettings(windows: [AvailabilityWindow(.monday, try DaySpan("09:00-12:30"))]), of: worker,
            by: small.manager)
        let token = try await token(of: Principal.ID(worker.uuid), small)
        let path = "/v1/workers/\(worker)/availability"
        let shown = try await ShowAvailability(market: small.market)(of: worker, by: small.manager).availability
        let text = shown.calendarText(
            from: try WorkWeek.start(of: Scratch.clock.now(), timeZone: shown.timeZone), at: Scratch.clock.now())
        try await LiveServer.run(small.market) { server in
            let sent = try await server.send("GET", path + "/calendar", token: token)
            #expect(sent.status == 200 && sent.headers["content-type"]?.hasPrefix("text/calendar") == true)
            for (calendar, status) in [("BEGIN:NOTHING", 422), (text, 200)] {
                let read = try await server.send(
                    "PUT", path + "/calendar", token: token, key: "\(status)", json: ["calendar": .string(calendar)],
                    headers: ["If-Match": "*"])
                #expect(read.status == status, "\(read.body)")
            }
            let now = try await server.send("GET", path, token: token)
            #expect(now.body["windows"] == [["day": "mon", "span": "09:00-12:30"]])
        }
    }

    @Test("the ledger of hours goes by pages, and a policy caps everybody until it is ended")
    func hours() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("one"), tasks: 3)
        for _ in 0..<2 { try await small.submit(small.claim(worker)) }
        let (token, manager) = (
            try await token(of: Principal.ID(worker.uuid), small), try await token(of: small.manager, small)
        )
        try await LiveServer.run(small.market) { server in
            let path = "/v1/workers/\(worker)/hours"
            let first = try await server.send("GET", path + "?limit=1", token: token)
            #expect(first.body["items"]?.arrayValue?.count == 1)
            let next = try #require(first.body["next"]?.stringValue)
            let second = try await server.send("GET", path + "?limit=200&after=\(next)", token: token)
            #expect(second.body["items"]?.arrayValue?.isEmpty == false && second.body["next"]?.isNull == true)
            let before = first.body["limits"]?["weekly_minutes_max"]?.integerValue ?? 0
            #expect(before > 60)
            let cap: JSON = [
                "daily_minutes_max": 60, "weekly_minutes_max": 60, "window_weeks": 17, "window_minutes_average": 50,
                "rest_minutes": 660, "reason": "Policy 4",
            ]
            #expect(
                try await server.send("POST", "/v1/hours-policies", token: token, key: "a", json: cap).status == 403)
            let set = try await server.send("POST", "/v1/hours-policies", token: manager, key: "a", json: cap)
            let id = try #require(set.body["policy"]?.stringValue)
            Scratch.clock.advance(by: 1)
            let capped = try await server.send("GET", path, token: token)
            #expect(capped.body["limits"]?["weekly_minutes_max"] == 60)
            let listed = try await server.send("GET", "/v1/hours-policies", token: manager)
            #expect(listed.body["items"]?[0]?["policy"] == .string(id))
            #expect(listed.body["items"]?[0]?["window_minutes_average"] == 50)
            #expect(listed.body["items"]?[0]?["rest_minutes"] == 660)
            #expect(listed.body["items"]?[0]?["region"]?.isNull == true)
            let end = "/v1/hours-policies/\(id)/end"
            #expect(try await server.send("POST", end, token: manager, key: "b", json: [:]).status == 200)
            Scratch.clock.advance(by: 1)
            let again = try await server.send("POST", end, token: manager, key: "c", json: [:])
            #expect(again.status == 409 && again.code == "policy_ends_earlier")
        }
    }
}
