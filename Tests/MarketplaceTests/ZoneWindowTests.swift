import Formats
import Foundation
import TestSupport
import Testing

@testable import Marketplace

/// Weekly windows and exceptions against Python's `zoneinfo`, which reads the machine's own zone data.
@Suite("Windows by the wall clock")
struct ZoneWindowTests {
    /// Writes one line for each case: zone, from, until, windows, exceptions, and the open intervals that Python finds.
    /// Half of the cases lie around a change of clocks. Every fiftieth is counted again minute by minute.
    private static let oracle = """
        import json, random, sys
        from datetime import datetime, timezone, timedelta, date
        from zoneinfo import ZoneInfo, available_timezones
        want, seed = int(sys.argv[1]), int(sys.argv[2])
        draw = random.Random(seed)
        names = sorted(n for n in available_timezones() if n not in ("localtime", "Factory"))
        epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
        low, high = 1420070400, 1893456000
        def offset(zone, second):
            at = (epoch + timedelta(seconds=second)).astimezone(zone)
            return int(at.utcoffset().total_seconds())
        def change(zone, before, after, was):
            while after - before > 1:
                middle = (before + after) // 2
                if offset(zone, middle) == was: before = middle
                else: after = middle
            return after
        def pieces(zone, start, end):
            found, begin, reached, was = [], start, start, offset(zone, start)
            while reached < end:
                step = min(reached + 7200, end)
                if offset(zone, step) == was:
                    reached = step
                    continue
                at = change(zone, reached, step, was)
                found.append((begin, at, was))
                begin = reached = at
                was = offset(zone, at)
            if begin < end: found.append((begin, end, was))
            return found
        def changes(zone):
            found, reached, was = [], low, offset(zone, low)
            while reached < high:
                step = reached + 5 * 86400
                now = offset(zone, step)
                if now != was:
                    at = change(zone, reached, step, was)
                    found.append(at)
                    was = now
                reached = step
            return found
        def is_open(wall, windows, exceptions):
            minute, day = wall.hour * 60 + wall.minute, wall.date().isoformat()
            within = [e for e in exceptions if e[0] == day and e[2] <= minute < e[3]]
            if any(e[1] == "away" for e in within): return False
            if any(e[1] == "free" for e in within): return True
            return not windows or any(w[0] == wall.isoweekday() and w[1] <= minute < w[2] for w in windows)
        def intervals(zone, start, end, windows, exceptions):
            found = []
            for begin, finish, shift in pieces(zone, start, end):
                edges = {begin, finish}
                day = (begin + shift) // 86400
                while day * 86400 - shift < finish:
                    for minute in [0] + [m for w in windows for m in w[1:]] + [m for e in exceptions for m in e[2:]]:
                        edges.add(day * 86400 + minute * 60 - shift)
                    day += 1
                edges = sorted(e for e in edges if begin <= e <= finish)
                for one, next in zip(edges, edges[1:]):
                    wall = epoch + timedelta(seconds=one + shift)
                    if not is_open(wall, windows, exceptions): continue
                    if found and found[-1][1] == one: found[-1][1] = next
                    else: found.append([one, next])
            return found
        def span():
            one = draw.randrange(0, 1440)
            return [one, draw.randrange(one + 1, 1441)]
        around, count, case = {}, 0, 0
        while count < want:
            name = names[case % len(names)]
            zone = ZoneInfo(name)
            if name not in around: around[name] = changes(zone)
            start = draw.randrange(low, high - 10 * 86400) // 60 * 60
            if case % 2 and around[name]: start = draw.choice(around[name]) // 60 * 60 - draw.randrange(1, 2880) * 60
            end = start + draw.randrange(60, 5 * 1440) * 60
            windows = [[day] + span() for day in draw.sample(range(1, 8), draw.randrange(1, 6))]
            first = (epoch + timedelta(seconds=start)).date()
            exceptions = [[(first + timedelta(days=day)).isoformat(), draw.choice(["free", "away"])] + span()
                          for day in draw.sample(range(0, 5), draw.randrange(0, 3))]
            found = intervals(zone, start, end, windows, exceptions)
            if case % 50 == 0:
                slow = sum(is_open((epoch + timedelta(seconds=s)).astimezone(zone), windows, exceptions)
                           for s in range(start, end, 60))
                assert slow * 60 == sum(e - s for s, e in found), (name, start)
            print(json.dumps([name, start, end, windows, exceptions, found]))
            count += len(windows) + len(exceptions)
            case += 1
        """

    private func cases(_ windows: Int, seed: Int) throws -> [JSON] {
        let script = FileManager.default.temporaryDirectory.appending(path: "windows-\(seed)-\(getpid()).py")
        try Data(Self.oracle.utf8).write(to: script)
        defer { try? FileManager.default.removeItem(at: script) }
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script.path, "\(windows)", "\(seed)"]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try data.split(separator: UInt8(ascii: "\n")).map { try JSON.parse(Array($0)) }
    }

    @Test("100,000 over all zones, both changes of clocks included, open when Python says", .timeLimit(.minutes(10)))
    func asPython() throws {
        var (windows, intervals, zones, wrong): (Int, Int, Set<String>, [String]) = (0, 0, [], [])
        for line in try cases(100_000, seed: 7) {
            let parts = try #require(line.arrayValue)
            let zone = try #require(parts[0].stringValue)
            let (start, end) = (try #require(parts[1].integerValue), try #require(parts[2].integerValue))
            let weekly = try #require(parts[3].arrayValue).map { json in
                let numbers = try #require(json.arrayValue).compactMap(\.integerValue).map(Int.init)
                return AvailabilityWindow(
                    try #require(Weekday(rawValue: numbers[0])), try DaySpan(from: numbers[1], until: numbers[2]))
            }
            let exceptions = try #require(parts[4].arrayValue).map { json in
                let fields = try #require(json.arrayValue)
                return AvailabilityException(
                    try #require(fields[0].stringValue.flatMap(CalendarDate.init(iso:))),
                    try #require(fields[1].stringValue.flatMap(AvailabilityKind.init)),
                    try DaySpan(
                        from: Int(#require(fields[2].integerValue)), until: Int(#require(fields[3].integerValue))))
            }
            let expected = try #require(parts[5].arrayValue).map { json in
                let ends = try #require(json.arrayValue).compactMap(\.integerValue).map(Double.init)
                return Date(timeIntervalSince1970: ends[0])..<Date(timeIntervalSince1970: ends[1])
            }
            let found = try Availability(timeZone: zone, windows: weekly, exceptions: exceptions).openIntervals(
                from: Date(timeIntervalSince1970: Double(start)), until: Date(timeIntervalSince1970: Double(end)))
            if found != expected { wrong.append("\(zone) \(start) \(end)") }
            windows += weekly.count + exceptions.count
            intervals += expected.count
            zones.insert(zone)
        }
        #expect(wrong == [], "\(wrong.count) of \(windows)")
        #expect(windows >= 100_000, "\(windows)")
        #expect(intervals > 30_000, "\(intervals)")
        #expect(zones.count > 400, "\(zones.count)")
    }
}
