/// What makes two statements the same: their literals and parameter types. See ``RenderedSQL``.
struct StatementKey: Hashable {
    let shape: [UInt]
    let types: [UInt32]

    init(_ sql: RenderedSQL) {
        shape = sql.shape
        types = sql.parameters.map(\.typeOID)
    }
}

/// The prepared statements of one connection. Bounded: when it is full, all are dropped and prepared anew as needed.
struct StatementCache {
    private struct Entry {
        var name: String?
        var shape: RowShape?
    }

    private static let countMax = 512
    private var entries: [StatementKey: Entry] = [:]
    private var counter = 0

    var isFull: Bool { entries.count >= Self.countMax }

    func name(for key: StatementKey) -> String? { entries[key]?.name }

    func shape(for key: StatementKey) -> RowShape? { entries[key]?.shape }

    mutating func nextName() -> String {
        counter += 1
        return "s\(counter)"
    }

    mutating func remember(_ key: StatementKey, name: String) { entries[key, default: Entry()].name = name }

    mutating func remember(_ key: StatementKey, shape: RowShape) {
        guard !isFull || entries[key] != nil else { return }
        entries[key, default: Entry()].shape = shape
    }

    /// Prepares everything anew, under new names.
    mutating func forget() { entries.removeAll() }
}
