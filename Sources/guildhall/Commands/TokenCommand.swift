internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Issue and revoke access tokens for the API.",
        subcommands: [Issue.self, Revoke.self]
    )

    /// Whose token it is.
    struct Holder: ParsableArguments {
        @Option(help: "A worker, by the operator's key for them (as in the roster) or by id.") var worker: String?
        @Option(help: "Any principal, by id.") var principal: String?
        @Option(help: .actor("an operator")) var by = "operator"

        mutating func validate() throws {
            guard (worker == nil) != (principal == nil) else {
                throw ValidationError("Name either --worker or --principal.")
            }
        }

        func id(in session: Session) async throws -> Principal.ID {
            if let worker { return Principal.ID(try await session.worker(worker).uuid) }
            guard let id = principal.flatMap({ Principal.ID($0) }) else {
                throw BadInput("principal", "must be a UUID")
            }
            return id
        }
    }

    struct Issue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a new bearer token of a principal, once. Only its hash is kept."
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var holder: Holder
        @Option(help: "Days until it expires, 1 to 365.") var days = 30
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (1...365).contains(days) else { throw ValidationError("--days must be 1 to 365.") }
        }

        func run() async throws {
            try await withSession(options) { session in
                let principal = try await holder.id(in: session)
                let token = try await IssueToken(market: session.market)(
                    for: principal, lifetime: TimeInterval(days) * 86_400,
                    by: try await session.market.person(named: holder.by)
                )
                guard json else { return Console.result(token.secret) }
                Console.result(["token": .string(token.secret), "principal_id": .string("\(principal)")])
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End all live tokens of a principal, at once.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var holder: Holder
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let count = try await RevokeTokens(market: session.market)(
                    of: try await holder.id(in: session),
                    by: try await session.market.person(named: holder.by)
                )
                if json {
                    Console.result(["revoked": .integer(Int64(count))])
                } else {
                    Console.result("\(count) revoked")
                }
            }
        }
    }
}
