/// A regular expression of a stated subset, matched in time linear in the text.
///
/// Source: ECMA-262 with the flag `u`, as JSON Schema 2020-12 asks (core, section 6.4), of which this takes: literals;
/// `.`; `[…]` and `[^…]` with ranges; `\d \D \w \W \s \S`; `\t \n \r \f \v`; `\uXXXX` (no half of a surrogate pair) and
/// `\u{…}`; a backslash before any of `^$\.*+?()[]{}|/-`; groups `(…)` and `(?:…)`; `|`; `* + ?`, `{n}`, `{n,}` and
/// `{n,m}`; `^` and `$` as the two ends of the text. Everything else is refused: lazy and possessive quantifiers,
/// references, look-around, names, `\b`, `\p`. It looks for a match anywhere, unless anchored.
///
/// Matching follows all states at once (Thompson 1968): work is at most states times scalars, whatever the pattern.
package struct LinearPattern: Sendable {
    /// What a pattern may cost; every bound is inclusive.
    package enum Bounds {
        /// Unicode scalars of the pattern.
        package static let scalarsMax = 512
        /// Groups within each other.
        package static let depthMax = 16
        /// The number in `{n}`.
        package static let repetitionsMax = 1_000
        /// States after repetitions are written out.
        package static let statesMax = 2_000
    }

    /// What a state does; places are in the list of states.
    enum State: Sendable {
        case take(ScalarClass)
        case go(Int)
        case fork(Int, Int)
        case atStart, atEnd
        case matched
    }

    let states: [State]

    /// - Throws: ``LinearPatternFault`` for what is outside the subset or over ``Bounds``.
    package init(_ text: String) throws(LinearPatternFault) {
        var parser = LinearPatternParser(text)
        var program = LinearPatternProgram()
        states = try program.compile(try parser.parse())
    }

    /// How many steps of work looking through that text takes at most.
    package func work(for text: String) -> Int { (text.utf8.count + 1).multipliedClamped(by: states.count) }

    /// Whether some part of the text matches.
    package func matches(_ text: String) -> Bool {
        var walk = LinearPatternWalk(count: states.count)
        let scalars = text.unicodeScalars
        var place = scalars.startIndex
        while true {
            let (isFirst, isLast) = (place == scalars.startIndex, place == scalars.endIndex)
            if walk.reach(0, in: states, isFirst: isFirst, isLast: isLast) { return true }
            guard !isLast else { return false }
            if walk.step(scalars[place], in: states, isLast: scalars.index(after: place) == scalars.endIndex) {
                return true
            }
            place = scalars.index(after: place)
        }
    }
}

/// Why a pattern was refused.
package struct LinearPatternFault: Error, Hashable, Sendable {
    /// A sentence for the requester who wrote it.
    package let reason: String
}

/// The states that are reached at one place in the text.
private struct LinearPatternWalk {
    private var current: [Int] = []
    private var isReached: [Bool]

    init(count: Int) { isReached = Array(repeating: false, count: count) }

    /// Adds a state and all that it leads to without taking a scalar; true when that is the end of the pattern.
    mutating func reach(_ state: Int, in states: [LinearPattern.State], isFirst: Bool, isLast: Bool) -> Bool {
        var waiting = [state]
        while let next = waiting.popLast() {
            guard !isReached[next] else { continue }
            isReached[next] = true
            switch states[next] {
            case .take: current.append(next)
            case .go(let place): waiting.append(place)
            case .fork(let one, let other): waiting += [other, one]
            case .atStart: if isFirst { waiting.append(next + 1) }
            case .atEnd: if isLast { waiting.append(next + 1) }
            case .matched: return true
            }
        }
        return false
    }

    /// Takes a scalar; true when the end of the pattern is reached behind it.
    mutating func step(_ scalar: Unicode.Scalar, in states: [LinearPattern.State], isLast: Bool) -> Bool {
        let before = current
        current.removeAll(keepingCapacity: true)
        for place in isReached.indices { isReached[place] = false }
        for state in before {
            guard case .take(let scalars) = states[state], scalars.contains(scalar) else { continue }
            if reach(state + 1, in: states, isFirst: false, isLast: isLast) { return true }
        }
        return false
    }
}

/// A set of Unicode scalars.
struct ScalarClass: Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } != isNegated
    }

    static func one(_ scalar: Unicode.Scalar) -> ScalarClass { ScalarClass(ranges: [scalar.value...scalar.value]) }

    /// All but the line terminators of ECMA-262.
    static let dot = ScalarClass(ranges: [0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029], isNegated: true)

    static let digits: [ClosedRange<UInt32>] = [0x30...0x39]
    static let words: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
    /// `WhiteSpace` and `LineTerminator` of ECMA-262.
    static let spaces: [ClosedRange<UInt32>] = [
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ]

    /// Everything that is not in the ranges, which are sorted and apart.
    static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var rest: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if next < range.lowerBound { rest.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        return rest + [next...0x10FFFF]
    }
}

extension Int {
    fileprivate func multipliedClamped(by factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
