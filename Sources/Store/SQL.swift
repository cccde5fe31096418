internal import Foundation

/// A statement: literal text and bound parameters, and no third thing.
///
/// The text can only come from `StaticString` literals in the source, so a string that arrived from outside cannot
/// become part of a statement: it does not compile.
///
/// ```swift
/// try await transaction.rows("select name from worker where worker_id = \(id)")
/// ```
package struct SQL: Sendable, ExpressibleByStringInterpolation {
    enum Part: Sendable {
        case literal(StaticString)
        case parameter(BoundParameter)
        case instant
    }

    private(set) var parts: [Part]

    package init(stringLiteral value: StaticString) {
        parts = [.literal(value)]
    }

    package init(stringInterpolation: Interpolation) {
        parts = stringInterpolation.parts
    }

    package struct Interpolation: StringInterpolationProtocol {
        package typealias StringLiteralType = StaticString
        var parts: [Part] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            parts.reserveCapacity(2 * interpolationCount + 1)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            if literal.utf8CodeUnitCount > 0 { parts.append(.literal(literal)) }
        }

        /// Binds a value; it travels beside the text, never in it.
        package mutating func appendInterpolation(_ value: some SQLParameter) {
            parts.append(.parameter(value.boundParameter))
        }

        /// Binds a value or NULL.
        package mutating func appendInterpolation<Value: SQLParameter>(_ value: Value?) {
            parts.append(.parameter(value.boundParameter))
        }

        /// Splices another statement's text and parameters in.
        package mutating func appendInterpolation(fragment: SQL) {
            parts.append(contentsOf: fragment.parts)
        }

        /// The instant of the transaction that will run the statement; see ``SQL/Keyword/instant``.
        package mutating func appendInterpolation(_ keyword: Keyword) {
            switch keyword {
            case .instant: parts.append(.instant)
            }
        }
    }

    /// Words that the store fills in when it runs the statement.
    package enum Keyword: Sendable {
        /// The transaction's instant: PostgreSQL's clock in production, the manual clock's reading in tests. For
        /// statements that are their own transaction and so have no ``Transaction/instant`` to bind.
        case instant
    }
}

/// A statement as the wire wants it: its values, and its text with `$n` placeholders where that is asked for.
///
/// Two statements are the same to the caches when they are made of the same literals in the same places: comparing
/// addresses is enough, so a statement that is known already is never put together as text.
struct RenderedSQL {
    private(set) var parameters: [BoundParameter] = []
    private(set) var shape: [UInt] = []
    private var literals: [StaticString?] = []

    private static let parameterMark: UInt = 1
    private static let instantMark: UInt = 2

    /// - Parameter manualInstant: bound for `.instant`; `nil` leaves the question to the server's clock.
    /// - Throws: ``StoreError/invalidParameter(_:)`` for a value that cannot be sent.
    init(_ sql: SQL, manualInstant: Date?) throws(StoreError) {
        shape.reserveCapacity(sql.parts.count)
        literals.reserveCapacity(sql.parts.count)
        for part in sql.parts {
            switch part {
            case .literal(let literal):
                literals.append(literal)
                shape.append(literal.address)
            case .parameter(let parameter):
                try append(parameter)
            case .instant:
                if let manualInstant {
                    try append(manualInstant.boundParameter)
                } else {
                    literals.append("now()")
                    shape.append(Self.instantMark)
                }
            }
        }
        guard parameters.count <= 32_767 else {
            throw .invalidParameter("a statement takes at most 32,767 parameters, not \(parameters.count)")
        }
    }

    var text: String {
        var text = ""
        var number = 0
        for literal in literals {
            if let literal {
                literal.withUTF8Buffer { text.append(String(decoding: $0, as: UTF8.self)) }
            } else {
                number += 1
                text.append("$\(number)")
            }
        }
        return text
    }

    private mutating func append(_ parameter: BoundParameter) throws(StoreError) {
        if case .invalid(let reason) = parameter.content { throw .invalidParameter(reason) }
        parameters.append(parameter)
        literals.append(nil)
        shape.append(Self.parameterMark)
    }
}

extension StaticString {
    /// Where the literal lies in the program; a literal of one character is that character.
    fileprivate var address: UInt {
        hasPointerRepresentation ? UInt(bitPattern: utf8Start) : UInt(unicodeScalar.value) << 8
    }
}
