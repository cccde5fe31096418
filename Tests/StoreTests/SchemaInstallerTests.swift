import Store
import TestSupport
import Testing

@Suite("Schema installer", .emptyDatabase)
struct SchemaInstallerTests {
    private let first = SchemaStep(version: 1, name: "gavels", script: "create table gavel (weight bigint);")
    private let second = SchemaStep(version: 2, name: "owners", script: "alter table gavel add owner text;")
    private let table = "create table schema_step (version integer primary key, name text, applied_at timestamptz);"

    private func installer(_ database: Database, versions: Int) -> SchemaInstaller {
        let steps = [
            SchemaStep(version: 1, name: "gavels", script: table + first.script), second,
        ].prefix(versions)
        return SchemaInstaller(database: database, whole: steps.map(\.script).joined(), steps: Array(steps))
    }

    /// For a database that has the first step.
    private func upgrade(_ database: Database, by step: SchemaStep) -> SchemaInstaller {
        SchemaInstaller(
            database: database, whole: "", steps: [SchemaStep(version: 1, name: "gavels", script: ""), step])
    }

    @Test("an empty database is made whole at once and says its version")
    func apply() async throws {
        let database = Scratch.connect(asOwner: true)
        let installer = installer(database, versions: 2)
        #expect(try await installer.status() == .empty)
        try await installer.apply()
        #expect(try await installer.status() == .current(2))
        try await installer.apply()
        await database.shutdown()
    }

    @Test("an older database is taken forward step by step and keeps its data")
    func upgrade() async throws {
        let database = Scratch.connect(asOwner: true)
        try await installer(database, versions: 1).apply()
        try await database.transaction { try await $0.execute("insert into gavel values (3)") }
        let newer = installer(database, versions: 2)
        #expect(try await newer.status() == .behind(at: 1, latest: 2))
        await #expect(throws: SchemaRefusal(status: .behind(at: 1, latest: 2))) { try await newer.apply() }
        #expect(try await newer.upgrade() == [second])
        #expect(try await newer.status() == .current(2))
        let row = try await database.read { try await $0.oneRow("select weight, owner from gavel") }
        #expect(try row["weight"] == 3)
        await database.shutdown()
    }

    @Test("a database of a newer program, and somebody else's, are left alone")
    func refusals() async throws {
        let database = Scratch.connect(asOwner: true)
        try await installer(database, versions: 2).apply()
        let older = installer(database, versions: 1)
        await #expect(throws: SchemaRefusal(status: .ahead(at: 2, latest: 1))) { try await older.apply() }
        await #expect(throws: SchemaRefusal(status: .ahead(at: 2, latest: 1))) { try await older.upgrade() }
        try await database.transaction { try await $0.execute("drop table schema_step") }
        await #expect(throws: SchemaRefusal(status: .foreign)) { try await older.apply() }
        await database.shutdown()
    }

    @Test("a step that fails leaves the database where it was")
    func failingStep() async throws {
        let database = Scratch.connect(asOwner: true)
        try await installer(database, versions: 1).apply()
        let broken = SchemaStep(version: 2, name: "broken", script: "create table half (id bigint); select 1 / 0;")
        let installer = upgrade(database, by: broken)
        await #expect(throws: StoreError.self) { try await installer.upgrade() }
        #expect(try await installer.status() == .behind(at: 1, latest: 2))
        await database.shutdown()
    }

    @Test("a step of nothing but comments is a step")
    func commentsOnly() async throws {
        let database = Scratch.connect(asOwner: true)
        try await installer(database, versions: 1).apply()
        let words = SchemaStep(version: 2, name: "words", script: "-- Rolls back by itself.\n/* Nothing. */\n")
        let installer = upgrade(database, by: words)
        #expect(try await installer.upgrade() == [words])
        #expect(try await installer.status() == .current(2))
        await database.shutdown()
    }

    @Test("two programs that start at once make one schema")
    func concurrently() async throws {
        let databases = (0..<4).map { _ in Scratch.connect(asOwner: true) }
        try await withThrowingTaskGroup { group in
            for database in databases {
                group.addTask { try await self.installer(database, versions: 2).apply() }
            }
            try await group.waitForAll()
        }
        #expect(try await installer(databases[0], versions: 2).status() == .current(2))
        for database in databases { await database.shutdown() }
    }
}
