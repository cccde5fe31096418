internal import Foundation

/// What of a text changed, line by line.
package enum LineDiff {
    /// A line of either text.
    package enum Line: Hashable, Sendable {
        case kept(String)
        case removed(String)
        case added(String)
    }

    /// Beyond so many lines between what both texts begin and end with, all of them count as changed.
    private static let comparedMax = 3_000

    /// The lines of both texts: least edits (Myers), what was removed before what was added. A line ends with LF or
    /// CRLF.
    ///
    /// Complexity: O((n + m) × d) for d edits, over at most 3,000 lines of each.
    package static func lines(from old: String, to new: String) -> [Line] {
        let (left, right) = (split(old), split(new))
        let start = zip(left, right).prefix { $0 == $1 }.count
        let end = zip(left.dropFirst(start).reversed(), right.dropFirst(start).reversed()).prefix { $0 == $1 }.count
        let (old, new) = (Array(left[start..<left.count - end]), Array(right[start..<right.count - end]))
        return left.prefix(start).map { .kept($0) } + changed(old, new) + left.suffix(end).map { .kept($0) }
    }

    private static func changed(_ old: [String], _ new: [String]) -> [Line] {
        guard max(old.count, new.count) <= comparedMax else {
            return old.map { .removed($0) } + new.map { .added($0) }
        }
        var (removed, added): (Set<Int>, Set<Int>) = ([], [])
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if removed.contains(left) {
                lines.append(.removed(old[left]))
                left += 1
            } else if added.contains(right) {
                lines.append(.added(new[right]))
                right += 1
            } else {
                lines.append(.kept(old[left]))
                (left, right) = (left + 1, right + 1)
            }
        }
        return lines
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
