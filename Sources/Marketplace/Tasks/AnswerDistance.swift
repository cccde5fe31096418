package import Formats

/// How far two answers are from each other.
///
/// Leaf by leaf: what stands at the same place of both is compared, what stands in one only counts whole.
/// - A text is as large as its Unicode scalars, any other leaf, an empty text, list or object 1.
/// - Two texts are their Levenshtein distance apart: scalars put in, taken out or replaced.
/// - Lists of objects, such as spans, are sets: what is not in the other list, on the side that has more of it; 1 where
///   only the order differs. Other lists are compared place by place.
/// - Leaves of different kinds, and different numbers, are as far apart as the larger of both is large.
///
/// It is 0 exactly for equal canonical JSON, the same in both directions, and never more than ``size``. Texts longer
/// than 2,000 scalars, and what is left when the work is used up, are the same or wholly different.
package struct AnswerDistance: Hashable, Sendable {
    /// Texts of more scalars are the same or wholly different.
    package static let textMax = 2_000

    /// From 0 to ``size``.
    package let distance: Int
    /// Of the larger of both; above 0.
    package let size: Int

    package init(between one: JSON, and other: JSON) {
        size = max(one.extent, other.extent)
        var measure = Measure()
        distance = one == other ? 0 : min(max(measure.distance(one, other), 1), size)
    }

    /// The Levenshtein distance of two texts by their scalars; for those longer than ``textMax`` 0 or the length of the
    /// longer.
    package static func between(_ one: String, _ other: String) -> Int {
        var measure = Measure()
        return measure.texts(one, other)
    }
}

private struct Measure {
    /// How many cells of Levenshtein's table may still be worked out: four of the largest.
    private var cellsLeft = 4 * AnswerDistance.textMax * AnswerDistance.textMax

    mutating func distance(_ one: JSON, _ other: JSON) -> Int {
        switch (one, other) {
        case (.string(let left), .string(let right)): return texts(left, right)
        case (.object(let left), .object(let right)):
            var sum = 0
            let keys = Set(left.keys).union(right.keys)
            for key in keys.sorted() { sum = sum.plus(member(left[key], right[key])) }
            return sum
        case (.array(let left), .array(let right)):
            let areObjects = (left + right).allSatisfy { $0.objectValue != nil }
            return areObjects ? sets(left, right) : places(left, right)
        case (.null, _), (.bool, _), (.integer, _), (.number, _), (.string, _), (.array, _), (.object, _):
            return one == other ? 0 : max(one.extent, other.extent)
        }
    }

    private mutating func member(_ one: JSON?, _ other: JSON?) -> Int {
        switch (one, other) {
        case (let one?, let other?): distance(one, other)
        case (let one?, nil): one.extent
        case (nil, let other?): other.extent
        case (nil, nil): 0
        }
    }

    private mutating func places(_ left: [JSON], _ right: [JSON]) -> Int {
        var sum = 0
        for place in 0..<max(left.count, right.count) {
            sum = sum.plus(
                member(
                    left.indices.contains(place) ? left[place] : nil,
                    right.indices.contains(place) ? right[place] : nil
                ))
        }
        return sum
    }

    private func sets(_ left: [JSON], _ right: [JSON]) -> Int {
        var surplus: [JSON: Int] = [:]
        for element in left { surplus[element, default: 0] += 1 }
        for element in right { surplus[element, default: 0] -= 1 }
        var (onlyLeft, onlyRight) = (0, 0)
        for (element, count) in surplus {
            let extent = element.extent
            let (total, overflows) = extent.multipliedReportingOverflow(by: abs(count))
            let bounded = overflows ? Int.max : total
            if count > 0 { onlyLeft = onlyLeft.plus(bounded) } else { onlyRight = onlyRight.plus(bounded) }
        }
        return max(onlyLeft, onlyRight, left == right ? 0 : 1)
    }

    mutating func texts(_ one: String, _ other: String) -> Int {
        var (left, right) = (Array(one.unicodeScalars)[...], Array(other.unicodeScalars)[...])
        if left == right { return 0 }
        let longer = max(left.count, right.count)
        if longer > AnswerDistance.textMax { return longer }
        while let first = left.first, first == right.first {
            left.removeFirst()
            right.removeFirst()
        }
        while let last = left.last, last == right.last {
            left.removeLast()
            right.removeLast()
        }
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        let cells = left.count * right.count
        guard cells <= cellsLeft else { return longer }
        cellsLeft -= cells
        return Self.levenshtein(Array(left), Array(right))
    }

    /// Row by row, of which one is kept.
    private static func levenshtein(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var row = Array(0...right.count)
        for (place, scalar) in left.enumerated() {
            var diagonal = row[0]
            row[0] = place + 1
            for column in 1...right.count {
                let replaced = diagonal + (scalar == right[column - 1] ? 0 : 1)
                diagonal = row[column]
                row[column] = min(replaced, row[column] + 1, row[column - 1] + 1)
            }
        }
        return row[right.count]
    }
}

extension JSON {
    /// How much there is of it, at least 1.
    fileprivate var extent: Int {
        switch self {
        case .null, .bool, .integer, .number: 1
        case .string(let text): max(1, text.unicodeScalars.count)
        case .array(let elements): max(1, elements.reduce(0) { $0.plus($1.extent) })
        case .object(let members): max(1, members.values.reduce(0) { $0.plus($1.extent) })
        }
    }
}

extension Int {
    /// The sum, or the largest number there is.
    fileprivate func plus(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
