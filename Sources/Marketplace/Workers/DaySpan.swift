/// A part of a day by the wall clock, half-open.
package struct DaySpan: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Minutes from midnight: 0 to 1,439.
    package let from: Int
    /// Minutes from midnight: later than `from`, up to 1,440, the midnight after.
    package let until: Int

    package static let wholeDay = DaySpan(checkedFrom: 0, until: 1_440)

    /// - Throws: ``BadInput`` unless it lies within a day and does not end before it begins.
    package init(from: Int, until: Int) throws(BadInput) {
        guard from >= 0, from < until, until <= 1_440 else {
            throw BadInput("span", "must begin and end within a day, the end later, such as 09:00-17:30")
        }
        self.init(checkedFrom: from, until: until)
    }

    /// Reads `HH:MM-HH:MM`; `24:00` is the midnight after.
    ///
    /// - Throws: ``BadInput``.
    package init(_ text: String) throws(BadInput) {
        let ends = text.utf8.count == 11 ? text.split(separator: "-").map(Self.minute) : []
        guard ends.count == 2, let from = ends[0], let until = ends[1] else {
            throw BadInput("span", "must be written as 09:00-17:30")
        }
        try self.init(from: from, until: until)
    }

    init(checkedFrom from: Int, until: Int) {
        (self.from, self.until) = (from, until)
    }

    /// Minutes from midnight of `HH:MM`, 00:00 to 24:00.
    private static func minute(_ text: Substring) -> Int? {
        let digits = Array(text.utf8)
        guard digits.count == 5, digits[2] == UInt8(ascii: ":") else { return nil }
        let numbers = [digits[0], digits[1], digits[3], digits[4]].map { Int($0) - 0x30 }
        guard numbers.allSatisfy({ (0...9).contains($0) }), numbers[2] < 6 else { return nil }
        let minute = (numbers[0] * 10 + numbers[1]) * 60 + numbers[2] * 10 + numbers[3]
        return minute <= 1_440 ? minute : nil
    }

    package static func < (left: DaySpan, right: DaySpan) -> Bool {
        (left.from, left.until) < (right.from, right.until)
    }

    /// Whether they have a minute in common.
    package func overlaps(_ other: DaySpan) -> Bool { from < other.until && other.from < until }

    /// `HH:MM-HH:MM`.
    package var description: String { "\(Self.clock(from))-\(Self.clock(until))" }

    /// `HH:MM`.
    static func clock(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }
}

extension [DaySpan] {
    /// The minutes that are in any of them, as few spans as possible, in order.
    var merged: [DaySpan] {
        var found: [DaySpan] = []
        for span in sorted() {
            guard let last = found.last, span.from <= last.until else {
                found.append(span)
                continue
            }
            found[found.count - 1] = DaySpan(checkedFrom: last.from, until: Swift.max(last.until, span.until))
        }
        return found
    }

    /// What is left of them without `hole`.
    func without(_ hole: DaySpan) -> [DaySpan] {
        flatMap { span -> [DaySpan] in
            guard span.overlaps(hole) else { return [span] }
            var rest: [DaySpan] = []
            if span.from < hole.from { rest.append(DaySpan(checkedFrom: span.from, until: hole.from)) }
            if hole.until < span.until { rest.append(DaySpan(checkedFrom: hole.until, until: span.until)) }
            return rest
        }
    }
}
