internal import ArgumentParser
internal import Foundation
internal import Marketplace
internal import Store

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Issue access tokens for the API.", subcommands: [Issue.self]
    )

    struct Issue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a new bearer token of a principal, once. Only its hash is kept."
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "A worker, by the operator's key for them (as in the roster).") var worker: String?
        @Option(help: "Any principal, by id.") var principal: String?
        @Option(help: "Days until it expires, 1 to 365.") var days = 30
        @Option(help: "The operator who issues it.") var `operator` = "operator"

        mutating func validate() throws {
            guard (1...365).contains(days) else { throw ValidationError("--days must be 1 to 365.") }
            guard (worker == nil) != (principal == nil) else {
                throw ValidationError("Name either --worker or --principal.")
            }
        }

        func run() async throws {
            try await withSession(options) { session in
                let market = session.market
                let holder: Principal.ID
                if let worker {
                    let found = try await session.database.read { try await $0.workerID(externalKey: worker) }
                    guard let id = found else { throw NotFound("worker") }
                    holder = Principal.ID(id.uuid)
                } else {
                    guard let id = principal.flatMap({ Principal.ID($0) }) else {
                        throw BadInput("principal", "must be a UUID")
                    }
                    holder = id
                }
                let token = try await IssueToken(market: market)(
                    for: holder, lifetime: TimeInterval(days) * 86_400,
                    by: try await market.person(named: self.operator)
                )
                Console.result(token.secret)
            }
        }
    }
}
