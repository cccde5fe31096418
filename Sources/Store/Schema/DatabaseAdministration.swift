/// Makes and drops whole databases, on a connection to another one of the same server.
package struct DatabaseAdministration: Sendable {
    private let database: Database

    /// - Parameter database: connected as somebody who may create databases.
    package init(_ database: Database) {
        self.database = database
    }

    /// - Parameters:
    ///   - name: lower-case letters, digits and underscores.
    ///   - template: a database that nobody is connected to; `nil` for an empty one.
    package func create(_ name: String, template: String? = nil) async throws {
        let clause = try template.map { " template \(try checked($0)) strategy file_copy" } ?? ""
        try await database.runOutsideTransaction("create database \(try checked(name))\(clause)")
    }

    /// Drops it, connections and all.
    package func drop(_ name: String) async throws {
        try await database.runOutsideTransaction("drop database if exists \(try checked(name)) with (force)")
    }

    package func exists(_ name: String) async throws -> Bool {
        try await database.read {
            try await $0.firstRow("select from pg_database where datname = \(name)") != nil
        }
    }

    private func checked(_ name: String) throws -> String {
        let isPlain = name.utf8.allSatisfy {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
        }
        guard isPlain, (1...63).contains(name.utf8.count) else {
            throw StoreError.invalidParameter("'\(name)' is no plain database name")
        }
        return name
    }
}
