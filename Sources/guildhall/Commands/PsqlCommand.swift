internal import ArgumentParser
internal import Foundation
internal import Store

struct PsqlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "psql", abstract: "Open psql on the database (as its owner).",
        discussion: "What follows -- goes to psql: guildhall psql -- -c 'select count(*) from task'"
    )
    @OptionGroup var options: DatabaseOptions
    @Argument(parsing: .postTerminator) var arguments: [String] = []

    func run() async throws {
        try await withSession(options, schema: .untouched, endsBySignals: false) { session in
            signal(SIGINT, SIG_IGN)  // psql's own
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["psql", session.connectionString] + arguments
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw ExitCode(process.terminationStatus) }
        }
    }
}
