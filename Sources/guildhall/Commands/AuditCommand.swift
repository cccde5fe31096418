internal import ArgumentParser
internal import Marketplace

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Seal and verify the audit log's hash chains.",
        subcommands: [Verify.self, Seal.self]
    )

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recompute every chain; exit code 1 if one is broken, with its first broken link named."
        )
        @OptionGroup var options: DatabaseOptions

        func run() async throws {
            try await withSession(options) { session in
                let report = try await VerifyAudit(market: session.market)()
                for fault in report.faults { Console.result("\(fault)") }
                Console.result(
                    "\(report.events) events, \(report.links) sealed in \(report.streams) streams, "
                        + "\(report.faults.count) faults."
                )
                guard report.faults.isEmpty else { throw ExitCode.failure }
            }
        }
    }

    struct Seal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal what waits for its seal. The scheduler does this every second."
        )
        @OptionGroup var options: DatabaseOptions

        func run() async throws {
            try await withSession(options) { session in
                var total = 0
                while case let sealed = try await SealAudit(market: session.market)(), sealed > 0 { total += sealed }
                Console.result("Sealed \(total) events.")
            }
        }
    }
}
