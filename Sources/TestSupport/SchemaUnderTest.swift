internal import MarketSchema
package import Store

/// The schema that is compiled in, for tests that make databases of their own.
package enum SchemaUnderTest {
    package static let steps = MarketSchema.steps

    package static func installer(for database: Database) -> SchemaInstaller { MarketSchema.installer(for: database) }
}
