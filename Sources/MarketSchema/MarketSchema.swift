package import Store

/// The schema that this program was built with, compiled in, so that the program needs no file beside it.
package enum MarketSchema {
    /// `schema.sql`: makes an empty database.
    package static let whole = String(decoding: PackageResources.schema_sql, as: UTF8.self)

    /// `migrations/`: the numbered steps that lead there from any earlier release. SwiftPM names a file's bytes after
    /// the file, with `_` in place of a leading digit.
    package static let steps = [
        SchemaStep(
            version: 1, name: "foundation",
            script: String(decoding: PackageResources._001_foundation_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 2, name: "new_states",
            script: String(decoding: PackageResources._002_new_states_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 3, name: "rates_hours_kinds_leases",
            script: String(decoding: PackageResources._003_rates_hours_kinds_leases_sql, as: UTF8.self)
        ),
        SchemaStep(
            version: 4, name: "confidentiality",
            script: String(decoding: PackageResources._014_confidentiality_sql, as: UTF8.self)
        ),
    ]

    package static func installer(for database: Database) -> SchemaInstaller {
        SchemaInstaller(database: database, whole: whole, steps: steps)
    }
}
