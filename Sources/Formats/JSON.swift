/// A JSON value, read without loss: whole numbers as `Int64`, every other number as the text that was sent.
///
/// Shape: RFC 8259. Two values are equal when they hold the same Unicode scalars and the same number text; unlike
/// Swift's `String`, "é" in one scalar and in two are different here, because their bytes and hashes differ.
package enum JSON: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without fraction and exponent that fits; `-0` is read as 0.
    case integer(Int64)
    /// Any other number, its lexeme as written (`1.50`, `1e3`, `123456789012345678901`).
    case number(String)
    /// A text. A parsed one never contains U+0000.
    case string(String)
    /// A list, in order.
    case array([JSON])
    /// Members by name; JSON gives them no order.
    case object([String: JSON])
}

extension JSON {
    /// The member of that name; nil when this is no object or has none.
    package subscript(key: String) -> JSON? { objectValue?[key] }

    /// The element at that place, from 0; nil when this is no array or is shorter.
    package subscript(index: Int) -> JSON? {
        guard let elements = arrayValue, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The text of a string; nil for any other kind.
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The exact whole number: of an integer, and of a number such as `1.0` or `1e3` that is one and fits `Int64`;
    /// nil for anything else. Nothing is rounded: `1e-300` and `0.5` give nil.
    package var integerValue: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let lexeme): JSONNumber(lexeme)?.integer
        case .null, .bool, .string, .array, .object: nil
        }
    }

    /// The truth value of a boolean; nil for any other kind.
    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements of an array; nil for any other kind.
    package var arrayValue: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of an object; nil for any other kind.
    package var objectValue: [String: JSON]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// Whether this is `null`.
    package var isNull: Bool {
        if case .null = self { true } else { false }
    }
}

extension JSON: Hashable {
    /// Equality by scalars, not by canonical equivalence.
    package static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.integer(let one), .integer(let other)): one == other
        case (.number(let one), .number(let other)): one.hasSameScalars(as: other)
        case (.string(let one), .string(let other)): one.hasSameScalars(as: other)
        case (.array(let one), .array(let other)): one == other
        case (.object(let one), .object(let other)): hasSameMembers(one, other)
        case (.null, _), (.bool, _), (.integer, _), (.number, _), (.string, _), (.array, _), (.object, _): false
        }
    }

    /// Feeds the kind and the content; members in any order.
    package func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .number(let lexeme): hasher.combine(lexeme)
        case .string(let text): hasher.combine(text)
        case .array(let elements): hasher.combine(elements)
        case .object(let members): hasher.combine(members)
        }
    }

    private static func hasSameMembers(_ left: [String: JSON], _ right: [String: JSON]) -> Bool {
        guard left.count == right.count else { return false }
        return left.allSatisfy { key, value in
            guard let place = right.index(forKey: key) else { return false }
            return right[place].key.hasSameScalars(as: key) && right[place].value == value
        }
    }
}

extension String {
    /// Whether both texts are the same bytes in UTF-8; `==` also merges NFC with NFD.
    func hasSameScalars(as other: String) -> Bool { self == other && utf8.elementsEqual(other.utf8) }
}

extension JSON: ExpressibleByNilLiteral {
    /// `null`.
    package init(nilLiteral: ()) { self = .null }
}

extension JSON: ExpressibleByBooleanLiteral {
    /// A boolean.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSON: ExpressibleByIntegerLiteral {
    /// A whole number.
    package init(integerLiteral value: Int64) { self = .integer(value) }
}

extension JSON: ExpressibleByFloatLiteral {
    /// A number in its shortest text that reads back the same; `null` for what JSON cannot say (not finite).
    package init(floatLiteral value: Double) { self = value.isFinite ? .number("\(value)") : .null }
}

extension JSON: ExpressibleByStringInterpolation {
    /// A text.
    package init(stringLiteral value: String) { self = .string(value) }
}

extension JSON: ExpressibleByArrayLiteral {
    /// A list.
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
}

extension JSON: ExpressibleByDictionaryLiteral {
    /// An object; of a name given twice the last counts.
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
}
