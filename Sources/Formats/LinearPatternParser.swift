/// What a pattern says, before it becomes states.
indirect enum PatternPart {
    case empty
    case one(ScalarClass)
    case start, end
    case sequence([PatternPart])
    case choice([PatternPart])
    /// `most` is nil for no bound.
    case repeated(PatternPart, least: Int, most: Int?)
}

/// Reads a pattern. Recursion is bounded by `LinearPattern.Bounds.depthMax`.
struct LinearPatternParser {
    private let scalars: [Unicode.Scalar]
    private var place = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars.prefix(LinearPattern.Bounds.scalarsMax + 1)) }

    mutating func parse() throws(LinearPatternFault) -> PatternPart {
        guard scalars.count <= LinearPattern.Bounds.scalarsMax else {
            throw fault("is longer than \(LinearPattern.Bounds.scalarsMax) characters")
        }
        let part = try choice(depth: 1)
        guard place == scalars.count else { throw fault("has a ) without its (") }
        return part
    }

    private func fault(_ reason: String) -> LinearPatternFault { LinearPatternFault(reason: reason) }

    private var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        place += 1
        return true
    }

    private mutating func choice(depth: Int) throws(LinearPatternFault) -> PatternPart {
        guard depth <= LinearPattern.Bounds.depthMax else {
            throw fault("has groups nested deeper than \(LinearPattern.Bounds.depthMax)")
        }
        var parts = [try sequence(depth: depth)]
        while take("|") { parts.append(try sequence(depth: depth)) }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func sequence(depth: Int) throws(LinearPatternFault) -> PatternPart {
        var parts: [PatternPart] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            if take("^") {
                parts.append(.start)
            } else if take("$") {
                parts.append(.end)
            } else {
                parts.append(try quantified(try atom(depth: depth)))
            }
        }
        return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func atom(depth: Int) throws(LinearPatternFault) -> PatternPart {
        guard let scalar = next else { throw fault("ends too early") }
        place += 1
        switch scalar {
        case "(":
            if take("?"), !take(":") { throw fault("may have groups ( ) and (?: ) only, no look-around and no names") }
            let part = try choice(depth: depth + 1)
            guard take(")") else { throw fault("has a ( without its )") }
            return part
        case "[": return .one(try bracket())
        case ".": return .one(.dot)
        case "\\": return .one(ScalarClass(ranges: try escape()))
        case "*", "+", "?", "{", "}", "]": throw fault("has a \(scalar) that needs a backslash or something before it")
        default: return .one(.one(scalar))
        }
    }

    // MARK: Quantifiers

    private mutating func quantified(_ part: PatternPart) throws(LinearPatternFault) -> PatternPart {
        var (least, most): (Int, Int?) = (1, 1)
        if take("*") {
            (least, most) = (0, nil)
        } else if take("+") {
            (least, most) = (1, nil)
        } else if take("?") {
            (least, most) = (0, 1)
        } else if take("{") {
            (least, most) = try counts()
        } else {
            return part
        }
        if let scalar = next, "*+?{".unicodeScalars.contains(scalar) {
            throw fault("may not have two quantifiers in a row")
        }
        return .repeated(part, least: least, most: most)
    }

    private mutating func counts() throws(LinearPatternFault) -> (Int, Int?) {
        let least = try number()
        var most: Int? = least
        if take(",") { most = next == "}" ? nil : try number() }
        guard take("}") else { throw fault("has a { without its }") }
        if let most, most < least { throw fault("has a quantifier whose bounds are in the wrong order") }
        return (least, most)
    }

    private mutating func number() throws(LinearPatternFault) -> Int {
        var (value, isEmpty) = (0, true)
        while let scalar = next, ("0"..."9").contains(scalar) {
            place += 1
            isEmpty = false
            value = value * 10 + Int(scalar.value - 0x30)
            guard value <= LinearPattern.Bounds.repetitionsMax else {
                throw fault("repeats more than \(LinearPattern.Bounds.repetitionsMax) times")
            }
        }
        guard !isEmpty else { throw fault("has a { without a number") }
        return value
    }

    // MARK: Sets

    private mutating func bracket() throws(LinearPatternFault) -> ScalarClass {
        var scalarClass = ScalarClass(ranges: [], isNegated: take("^"))
        while !take("]") {
            let first = try member()
            guard next == "-", place + 1 < scalars.count, scalars[place + 1] != "]" else {
                scalarClass.ranges += first
                continue
            }
            place += 1
            let last = try member()
            guard let low = first.onlyScalar, let high = last.onlyScalar, low <= high else {
                throw fault("has a range in [ ] whose ends are no two characters in order")
            }
            scalarClass.ranges.append(low...high)
        }
        return scalarClass
    }

    private mutating func member() throws(LinearPatternFault) -> [ClosedRange<UInt32>] {
        guard let scalar = next else { throw fault("has a [ without its ]") }
        place += 1
        return scalar == "\\" ? try escape() : ScalarClass.one(scalar).ranges
    }

    // MARK: Escapes

    private mutating func escape() throws(LinearPatternFault) -> [ClosedRange<UInt32>] {
        guard let scalar = next else { throw fault("ends in a backslash") }
        place += 1
        switch scalar {
        case "d": return ScalarClass.digits
        case "D": return ScalarClass.complement(ScalarClass.digits)
        case "w": return ScalarClass.words
        case "W": return ScalarClass.complement(ScalarClass.words)
        case "s": return ScalarClass.spaces
        case "S": return ScalarClass.complement(ScalarClass.spaces)
        case "t": return [0x09...0x09]
        case "n": return [0x0A...0x0A]
        case "v": return [0x0B...0x0B]
        case "f": return [0x0C...0x0C]
        case "r": return [0x0D...0x0D]
        case "u": return ScalarClass.one(try codePoint()).ranges
        default:
            guard #"^$\.*+?()[]{}|/-"#.unicodeScalars.contains(scalar) else {
                throw fault("has an escape that is not supported")
            }
            return ScalarClass.one(scalar).ranges
        }
    }

    private mutating func codePoint() throws(LinearPatternFault) -> Unicode.Scalar {
        let isBraced = take("{")
        var digits = ""
        while digits.count < (isBraced ? 6 : 4), let scalar = next, scalar.properties.isASCIIHexDigit {
            digits.unicodeScalars.append(scalar)
            place += 1
        }
        guard isBraced ? take("}") : digits.count == 4, let value = UInt32(digits, radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw fault("has a \\u that is no character") }
        return scalar
    }
}

extension [ClosedRange<UInt32>] {
    fileprivate var onlyScalar: UInt32? {
        guard count == 1, let range = first, range.count == 1 else { return nil }
        return range.lowerBound
    }
}

/// Turns what a pattern says into states; repetitions are written out.
struct LinearPatternProgram {
    private var states: [LinearPattern.State] = []

    mutating func compile(_ part: PatternPart) throws(LinearPatternFault) -> [LinearPattern.State] {
        try add(part)
        try append(.matched)
        return states
    }

    private mutating func append(_ state: LinearPattern.State) throws(LinearPatternFault) {
        guard states.count < LinearPattern.Bounds.statesMax else {
            throw LinearPatternFault(reason: "takes more than \(LinearPattern.Bounds.statesMax) states, repeated out")
        }
        states.append(state)
    }

    private mutating func add(_ part: PatternPart) throws(LinearPatternFault) {
        switch part {
        case .empty: return
        case .one(let scalars): try append(.take(scalars))
        case .start: try append(.atStart)
        case .end: try append(.atEnd)
        case .sequence(let parts): for part in parts { try add(part) }
        case .choice(let parts): try addChoice(parts[...])
        case .repeated(let part, let least, let most): try addRepeated(part, least, most)
        }
    }

    private mutating func addChoice(_ parts: ArraySlice<PatternPart>) throws(LinearPatternFault) {
        var ends: [Int] = []
        for (index, part) in parts.enumerated() {
            guard index < parts.count - 1 else {
                try add(part)
                break
            }
            let fork = states.count
            try append(.fork(fork + 1, fork + 1))
            try add(part)
            ends.append(states.count)
            try append(.go(0))
            states[fork] = .fork(fork + 1, states.count)
        }
        for end in ends { states[end] = .go(states.count) }
    }

    private mutating func addRepeated(_ part: PatternPart, _ least: Int, _ most: Int?) throws(LinearPatternFault) {
        // A part without states would be repeated for ever without reaching the bound on states.
        for _ in 0..<least {
            let before = states.count
            try add(part)
            if states.count == before { return }
        }
        guard let most else {
            let fork = states.count
            try append(.fork(fork + 1, fork + 1))
            try add(part)
            try append(.go(fork))
            states[fork] = .fork(fork + 1, states.count)
            return
        }
        var forks: [Int] = []
        for _ in least..<most {
            forks.append(states.count)
            try append(.fork(0, 0))
            try add(part)
        }
        for fork in forks { states[fork] = .fork(fork + 1, states.count) }
    }
}
