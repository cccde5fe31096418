package import Store

/// The schema that this program was built with, compiled in, so that the program needs no file beside it.
package enum MarketSchema {
    /// `schema.sql`: makes an empty database.
    package static let whole = String(decoding: PackageResources.schema_sql, as: UTF8.self)

    /// `migrations/`: the numbered steps that lead there from any earlier release.
    package static let steps = [
        SchemaStep(
            version: 1, name: "foundation",
            script: String(decoding: PackageResources.step_0001_sql, as: UTF8.self)
        )
    ]

    package static func installer(for database: Database) -> SchemaInstaller {
        SchemaInstaller(database: database, whole: whole, steps: steps)
    }
}
