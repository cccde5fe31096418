/// A JSON number as an exact decimal, for comparing without floating point: ±0.d₁d₂d₃… × 10^scale.
///
/// Shape: digits without leading or trailing zeros; zero has none, no sign and scale 0. So equal numbers (`1`, `1.0`,
/// `10e-1`) are equal values.
struct JSONNumber: Hashable, Sendable {
    let isNegative: Bool
    let digits: [UInt8]
    let scale: Int
}

extension JSONNumber {
    /// The most bytes a number may have, also with its exponent written out, as PostgreSQL gives it back from a jsonb
    /// (`1e100000` would be 100,000 digits). Every `Double` fits; RFC 8259, section 6 lets an implementation bound
    /// range and precision.
    static let lexemeBytesMax = 400

    /// Reads one number of RFC 8259, section 6; nil for anything else, also for numbers over the bounds above.
    init?(_ lexeme: String) { self.init(utf8: lexeme.utf8) }

    init(_ value: Int64) {
        let digits = String(value.magnitude).utf8.map { $0 &- 0x30 }
        self.init(isNegative: value < 0, digits: digits, pointAfter: digits.count)
    }

    init?(utf8 lexeme: some Collection<UInt8>) {
        guard lexeme.count <= Self.lexemeBytesMax else { return nil }
        var rest = lexeme[...]
        let isNegative = rest.take(0x2D)
        let whole = rest.takeDigits()
        guard let first = whole.first, first != 0 || whole.count == 1 else { return nil }
        var digits = whole
        if rest.take(0x2E) {
            let fraction = rest.takeDigits()
            guard !fraction.isEmpty else { return nil }
            digits += fraction
        }
        guard let exponent = rest.takeExponent(), rest.isEmpty else { return nil }
        guard lexeme.count + Int(exponent.magnitude) <= Self.lexemeBytesMax else { return nil }
        self.init(isNegative: isNegative, digits: digits, pointAfter: whole.count + exponent)
    }

    /// The value when it is whole and fits.
    var integer: Int64? {
        guard isWhole, scale <= 19 else { return nil }
        var value: Int64 = 0
        for place in 0..<max(scale, 0) {
            let digit = place < digits.count ? Int64(digits[place]) : 0
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, carry) = tenfold.addingReportingOverflow(isNegative ? -digit : digit)
            guard !overflow, !carry else { return nil }
            value = next
        }
        return value
    }

    /// Whether there is no fraction: `1.0` is whole (JSON Schema 2020-12, section 6.1.1).
    var isWhole: Bool { digits.count <= scale || digits.isEmpty }

    private init(isNegative: Bool, digits: [UInt8], pointAfter point: Int) {
        let leading = digits.prefix { $0 == 0 }.count
        let trailing = digits.reversed().prefix { $0 == 0 }.count
        let isZero = leading == digits.count
        self.isNegative = isNegative && !isZero
        self.digits = isZero ? [] : Array(digits.dropFirst(leading).dropLast(trailing))
        self.scale = isZero ? 0 : point - leading
    }
}

extension JSONNumber: Comparable {
    static func < (left: JSONNumber, right: JSONNumber) -> Bool {
        let (one, other) = (left.sign, right.sign)
        guard one == other else { return one < other }
        return left.isNegative ? right.isMagnitudeLess(than: left) : left.isMagnitudeLess(than: right)
    }

    private var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }

    private func isMagnitudeLess(than other: JSONNumber) -> Bool {
        scale == other.scale ? digits.lexicographicallyPrecedes(other.digits) : scale < other.scale
    }
}

extension Collection<UInt8> where SubSequence == Self {
    /// Takes that byte off the front if it is there.
    fileprivate mutating func take(_ byte: UInt8) -> Bool {
        guard first == byte else { return false }
        removeFirst()
        return true
    }

    fileprivate mutating func takeDigits() -> [UInt8] {
        let digits = prefix { (0x30...0x39).contains($0) }.map { $0 &- 0x30 }
        self = dropFirst(digits.count)
        return digits
    }

    /// The exponent, 0 without one; nil when it is malformed or out of bounds.
    fileprivate mutating func takeExponent() -> Int? {
        guard take(0x65) || take(0x45) else { return 0 }
        let isNegative = take(0x2D)
        if !isNegative { _ = take(0x2B) }
        let written = takeDigits()
        let significant = written.drop { $0 == 0 }
        guard !written.isEmpty, significant.count <= 3 else { return nil }
        let value = significant.reduce(0) { $0 * 10 + Int($1) }
        return isNegative ? -value : value
    }
}
