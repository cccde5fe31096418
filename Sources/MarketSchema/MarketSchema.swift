internal import CMarketSchema
package import Store

/// The schema that this program was built with, compiled in, so that the program needs no file beside it.
package enum MarketSchema {
    /// `schema.sql`: makes an empty database.
    package static let whole = text(of: guildhall_schema())

    /// `migrations/`: the numbered steps that lead there from any earlier release, as `schema.c` lists them.
    package static let steps = (0..<guildhall_steps()).map { place in
        let file = guildhall_step(place)
        // Four digits, _ and what it does.
        let name = String(cString: file.name)
        return SchemaStep(
            version: Int(name.prefix(4)) ?? 0, name: String(name.dropFirst(5)), script: text(of: file))
    }

    package static func installer(for database: Database) -> SchemaInstaller {
        SchemaInstaller(database: database, whole: whole, steps: steps)
    }

    private static func text(of file: guildhall_sql) -> String {
        String(decoding: UnsafeBufferPointer(start: file.bytes, count: file.count), as: UTF8.self)
    }
}
