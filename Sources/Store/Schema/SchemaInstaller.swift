internal import CLibPQ
internal import Foundation

/// A numbered change of the schema.
package struct SchemaStep: Hashable, Sendable {
    package let version: Int
    package let name: String
    package let script: String

    package init(version: Int, name: String, script: String) {
        self.version = version
        self.name = name
        self.script = script
    }
}

/// Where a database stands against what this program knows.
package enum SchemaStatus: Hashable, Sendable {
    /// Nothing is in it.
    case empty
    case current(Int)
    /// Made by an older program: upgrade it.
    case behind(at: Int, latest: Int)
    /// Made by a newer program than this one.
    case ahead(at: Int, latest: Int)
    /// Tables are there, but none that says a version: somebody else's database.
    case foreign

    package var sentence: String {
        switch self {
        case .empty: "The database is empty. Run `guildhall schema apply`."
        case .current(let version): "The schema is at version \(version), which is the latest."
        case .behind(let version, let latest):
            "The schema is at version \(version); this program wants \(latest). Run `guildhall schema upgrade`."
        case .ahead(let version, let latest):
            "The schema is at version \(version); this program knows versions up to \(latest). Use a newer program."
        case .foreign: "The database has tables but no schema version: it is not Guildhall's, and is left alone."
        }
    }
}

/// The database is not in a state that the wanted step can start from.
package struct SchemaRefusal: Error, Hashable, CustomStringConvertible {
    package let status: SchemaStatus

    package init(status: SchemaStatus) { self.status = status }

    package var description: String { status.sentence }
}

/// Brings a database to the schema of this program.
package struct SchemaInstaller: Sendable {
    private let database: Database
    private let whole: String
    private let steps: [SchemaStep]

    /// - Parameters:
    ///   - whole: makes an empty database; equal to all steps in order.
    ///   - steps: by version, from 1, without gaps.
    package init(database: Database, whole: String, steps: [SchemaStep]) {
        precondition(steps.map(\.version) == Array(1...max(1, steps.count)), "schema steps must be numbered 1, 2, …")
        self.database = database
        self.whole = whole
        self.steps = steps
    }

    package var latest: Int { steps.count }

    package func status() async throws -> SchemaStatus {
        try await database.read { try await status(in: $0) }
    }

    /// Makes an empty database, in one transaction. A database that is current already is left as it is.
    ///
    /// - Throws: ``SchemaRefusal`` for any other.
    package func apply() async throws {
        try await database.transaction { transaction in
            try await transaction.advisoryLock(lock)
            let status = try await status(in: transaction)
            if case .current = status { return }
            guard status == .empty else { throw SchemaRefusal(status: status) }
            try await transaction.runScript(whole)
            for step in steps { try await record(step, in: transaction) }
        }
    }

    /// Takes the missing steps, each in a transaction of its own.
    ///
    /// - Returns: the steps taken.
    /// - Throws: ``SchemaRefusal`` for a database that is empty, foreign, or newer than this program.
    @discardableResult
    package func upgrade() async throws -> [SchemaStep] {
        var taken: [SchemaStep] = []
        while let step = try await takeNextStep() { taken.append(step) }
        return taken
    }

    private func takeNextStep() async throws -> SchemaStep? {
        try await database.transaction { transaction in
            try await transaction.advisoryLock(lock)
            switch try await status(in: transaction) {
            case .current: return nil
            case .behind(let version, _):
                let step = steps[version]
                try await transaction.runScript(step.script)
                try await record(step, in: transaction)
                return step
            case let status: throw SchemaRefusal(status: status)
            }
        }
    }

    private var lock: AdvisoryLock { AdvisoryLock("schema") }

    private func status(in transaction: Transaction) async throws -> SchemaStatus {
        let row = try await transaction.oneRow(
            """
            select to_regclass('public.schema_step') is not null as is_ours,
                   exists (select from pg_class
                            where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')) as has_tables
            """)
        guard try row["is_ours"] else { return try row["has_tables"] ? .foreign : .empty }
        let version: Int = try await transaction.oneRow(
            """
            select coalesce(max(version), 0) as version from schema_step
            """)["version"]
        if version == latest { return .current(version) }
        return version < latest ? .behind(at: version, latest: latest) : .ahead(at: version, latest: latest)
    }

    private func record(_ step: SchemaStep, in transaction: Transaction) async throws {
        try await transaction.execute(
            """
            insert into schema_step (version, name, applied_at)
            values (\(step.version), \(step.name), \(transaction.instant))
            """)
    }
}

extension Transaction {
    /// Runs a file of statements that ships with the program. The one way for text that is no literal; nothing from
    /// outside may come here.
    func runScript(_ script: String) async throws {
        try await connection.runScript(script, lease: lease)
    }
}

extension Connection {
    func runScript(_ script: String, lease: UInt64) throws {
        try checkLease(lease)
        try gate.beginStatement()
        let result = PQexec(pointer, script)
        do {
            PQclear(try succeeded(result))
            gate.endStatement()
        } catch {
            throw translated(error, isCancelled: gate.endStatement())
        }
        statements.forget()
    }
}
