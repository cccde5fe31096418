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
    /// A value of the statement: its type, and where its wire form lies; `nil` for NULL.
    struct Value: Sendable {
        let typeOID: UInt32
        let place: Range<Int>?
        let isText: Bool
    }

    /// The text; where it is `nil`, the next value goes.
    private(set) var pieces: [StaticString?] = []
    private(set) var values: [Value] = []
    private(set) var wire = WireBuffer()
    /// Which of the pieces stand for the instant and have no value yet.
    private var instants: [Int] = []

    package init(stringLiteral value: StaticString) {
        pieces = [value]
    }

    package init(stringInterpolation: Interpolation) {
        self = stringInterpolation.sql
    }

    private init() {}

    package struct Interpolation: StringInterpolationProtocol {
        package typealias StringLiteralType = StaticString
        fileprivate var sql = SQL()

        package init(literalCapacity: Int, interpolationCount: Int) {
            sql.pieces.reserveCapacity(2 * interpolationCount + 1)
            sql.values.reserveCapacity(interpolationCount)
            sql.wire.reserveCapacity(32 * interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            if literal.utf8CodeUnitCount > 0 { sql.pieces.append(literal) }
        }

        /// Binds a value; it travels beside the text, never in it.
        package mutating func appendInterpolation<Value: SQLParameter>(_ value: Value) {
            bind(Value.typeOID) { value.write(to: &$0) }
        }

        /// The same, in a form that keeps the compiler from warning of an optional in an interpolation.
        package mutating func appendInterpolation<Value: SQLParameter>(_ value: Value?) {
            bind(Value.typeOID) { value.write(to: &$0) }
        }

        mutating func bind(_ typeOID: UInt32, _ write: (inout WireBuffer) -> Void) {
            sql.pieces.append(nil)
            sql.values.append(sql.wire.placeValue(of: typeOID, write))
        }

        /// Splices another statement's text and parameters in.
        package mutating func appendInterpolation(fragment: SQL) {
            sql.append(fragment)
        }

        /// The instant of the transaction that will run the statement; see ``SQL/Keyword/instant``.
        package mutating func appendInterpolation(_ keyword: Keyword) {
            switch keyword {
            case .instant:
                sql.instants.append(sql.pieces.count)
                sql.pieces.append("now()")
            }
        }
    }

    /// Words that the store fills in when it runs the statement.
    package enum Keyword: Sendable {
        /// The transaction's instant: PostgreSQL's clock in production, the manual clock's reading in tests. For
        /// statements that are their own transaction and so have no ``Transaction/instant`` to bind.
        case instant
    }

    private mutating func append(_ fragment: SQL) {
        instants += fragment.instants.map { $0 + pieces.count }
        pieces += fragment.pieces
        let shift = wire.bytes.count
        for value in fragment.values {
            let place = value.place.map { $0.lowerBound + shift..<$0.upperBound + shift }
            values.append(Value(typeOID: value.typeOID, place: place, isText: value.isText))
        }
        wire.append(fragment.wire)
    }
}

extension SQL {
    /// The statement as it can be sent.
    ///
    /// - Parameter manualInstant: bound for `.instant`; `nil` leaves the question to the server's clock.
    /// - Throws: ``StoreError/invalidParameter(_:)`` for a value that cannot be sent.
    func sendable(manualInstant: Date?) throws(StoreError) -> SQL {
        var sql = self
        if let manualInstant, !instants.isEmpty { sql.bindInstants(manualInstant) }
        if let refusal = sql.wire.refusal { throw .invalidParameter(refusal) }
        guard sql.values.count <= 32_767 else {
            throw .invalidParameter("a statement takes at most 32,767 parameters, not \(values.count)")
        }
        return sql
    }

    /// The text with `$n` where values go.
    var text: String {
        var text = ""
        var number = 0
        for piece in pieces {
            if let piece {
                piece.withUTF8Buffer { text.append(String(decoding: $0, as: UTF8.self)) }
            } else {
                number += 1
                text.append("$\(number)")
            }
        }
        return text
    }

    /// What makes it the same statement as another: see ``StatementKey``.
    var withoutValues: SQL {
        var sql = self
        sql.wire = WireBuffer()
        return sql
    }

    private mutating func bindInstants(_ instant: Date) {
        for index in instants {
            pieces[index] = nil
            let number = pieces[..<index].count { $0 == nil }
            values.insert(wire.placeValue(of: Date.typeOID) { instant.write(to: &$0) }, at: number)
        }
        instants = []
    }
}

extension WireBuffer {
    /// Writes a value of a statement, with a zero behind it: libpq wants one behind text, and a place in the buffer for
    /// a value without bytes.
    fileprivate mutating func placeValue(of typeOID: UInt32, _ write: (inout WireBuffer) -> Void) -> SQL.Value {
        let place = place(write)
        append(UInt8(0))
        return SQL.Value(typeOID: typeOID, place: place, isText: TypeOID.isSentAsText(typeOID))
    }

    fileprivate mutating func append(_ other: WireBuffer) {
        append(contentsOf: other.bytes)
        if let refusal = other.refusal { refuse(refusal) }
    }
}
