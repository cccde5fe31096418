/// What makes two statements the same: their literals, in the same places, and the types of their values.
///
/// Literals are told apart by where they lie in the program, so a statement that is known already is never put together
/// as text.
struct StatementKey: Hashable {
    private let sql: SQL

    init(_ sql: SQL) { self.sql = sql }

    /// The key to keep: it does not hold on to the values.
    var kept: StatementKey { StatementKey(sql.withoutValues) }

    static func == (left: StatementKey, right: StatementKey) -> Bool {
        left.sql.pieces.elementsEqual(right.sql.pieces) { $0?.address == $1?.address }
            && left.sql.values.elementsEqual(right.sql.values) { $0.typeOID == $1.typeOID }
    }

    /// The literals alone, mixed by FNV-1a: statements that differ in nothing but types are rare.
    func hash(into hasher: inout Hasher) {
        var mixed: UInt = 0xcbf2_9ce4_8422_2325
        for piece in sql.pieces { mixed = (mixed ^ (piece?.address ?? 0)) &* 0x100_0000_01b3 }
        hasher.combine(mixed)
    }
}

extension StaticString {
    /// Where the literal lies in the program; a literal of one character is that character.
    fileprivate var address: UInt {
        hasPointerRepresentation ? UInt(bitPattern: utf8Start) : UInt(unicodeScalar.value)
    }
}

/// A statement that the server knows by a name, and what its rows look like once that has been seen.
final class PreparedStatement {
    /// `nil` where statements go unnamed.
    let name: String?
    var shape: RowShape?

    init(name: String?) { self.name = name }
}

/// The prepared statements of one connection. Bounded: when it is full, all are dropped and prepared anew as needed.
struct StatementCache {
    private static let countMax = 512
    private var entries: [StatementKey: PreparedStatement] = [:]
    private var counter = 0

    var isFull: Bool { entries.count >= Self.countMax }

    subscript(key: StatementKey) -> PreparedStatement? { entries[key] }

    mutating func nextName() -> String {
        counter += 1
        return "s\(counter)"
    }

    mutating func remember(_ key: StatementKey, _ statement: PreparedStatement) { entries[key.kept] = statement }

    /// Prepares everything anew, under new names.
    mutating func forget() { entries.removeAll() }
}
