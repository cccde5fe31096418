internal import ArgumentParser
internal import Store

struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Make, check or upgrade the database's schema.",
        subcommands: [Apply.self, Check.self, Upgrade.self]
    )

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the schema in an empty database, in one transaction. Run again, it changes nothing."
        )
        @OptionGroup var options: DatabaseOptions

        func run() async throws {
            try await withSession(options, schema: .untouched) { session in
                try await session.withInstaller { installer in
                    try await installer.apply()
                    Console.result(try await installer.status().sentence)
                }
            }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say which version the database has; exit code 1 unless it is the latest."
        )
        @OptionGroup var options: DatabaseOptions

        func run() async throws {
            try await withSession(options, schema: .untouched) { session in
                try await session.withInstaller { installer in
                    let status = try await installer.status()
                    Console.result(status.sentence)
                    guard case .current = status else { throw ExitCode.failure }
                }
            }
        }
    }

    struct Upgrade: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a database of an earlier release to this one, step by step; its data stay."
        )
        @OptionGroup var options: DatabaseOptions

        func run() async throws {
            try await withSession(options, schema: .untouched) { session in
                try await session.withInstaller { installer in
                    for step in try await installer.upgrade() {
                        Console.note("Took step \(step.version), \(step.name).")
                    }
                    Console.result(try await installer.status().sentence)
                }
            }
        }
    }
}
