internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Issue, list, rotate and revoke access tokens for the API.",
        subcommands: [Issue.self, List.self, Rotate.self, Revoke.self]
    )

    /// Whose token it is.
    struct Holder: ParsableArguments {
        @Option(help: "A worker, by the operator's key for them (as in the roster) or by id.") var worker: String?
        @Option(help: "Any principal, by id.") var principal: String?
        @Option(help: "A requester, by the operator's key for it: a key of its own that acts for it.")
        var requester: String?
        @Option(help: .actor("an operator")) var by = "operator"

        /// - Parameters:
        ///   - name: of a requester's key, which is made where it is not there and `actor` is given.
        func id(
            in session: Session, named name: String = "access token", by actor: Principal.ID? = nil
        ) async throws -> Principal.ID {
            guard [worker, principal, requester].compactMap(\.self).count == 1 else {
                throw ValidationError("Name either --worker, --principal or --requester.")
            }
            if let worker { return Principal.ID(try await session.worker(worker).uuid) }
            if let requester {
                let id = try await session.requester(requester)
                guard let actor else {
                    return try await session.market.keyPrincipal(named: "\(requester): \(name)")
                }
                return try await CreatePrincipal(market: session.market)(
                    .key, named: "\(requester): \(name)", roles: [.requester], for: id, by: actor)
            }
            guard let id = principal.flatMap({ Principal.ID($0) }) else {
                throw BadInput("principal", "must be a UUID")
            }
            return id
        }
    }

    struct Issue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a new bearer token of a principal, once. Only its hash is kept.",
            discussion: """
                guildhall token issue --worker nour
                guildhall token issue --requester acme --name "nightly import" --scope read --scope publish --days 90

                --requester makes a key of that requester for each --name, and gives it a token. With --server it \
                is a token of one's own, and who names anybody else is refused.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var holder: Holder
        @Option(help: "Days until it expires, 1 to 365.") var days = 30
        @Option(help: "What tells it from the holder's others.") var name = "access token"
        @Option(
            help: "What it may be used for, all if left out: read, work, review, publish, money, operate or account.")
        var scope: [String] = []
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (1...365).contains(days) else { throw ValidationError("--days must be 1 to 365.") }
        }

        func run() async throws {
            try await withSession(options) { session in
                let scopes = try scope.map { try choice($0, of: TokenScope.self, field: "scope") }
                let actor = try await session.market.person(named: holder.by)
                let principal = try await holder.id(in: session, named: name, by: actor)
                let issued = try await IssueToken(market: session.market)(
                    for: principal, lifetime: TimeInterval(days) * 86_400, name: name,
                    scopes: scopes.isEmpty ? Set(TokenScope.allCases) : Set(scopes), by: actor)
                Console.result(issued.json(of: principal), issued.secret, asJSON: json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The tokens of a principal, newest first, without their secrets.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var holder: Holder
        @Option(help: "Begin before this token, as the page before printed its last.") var before: String?
        @Option(help: "Most tokens, 1 to 200.") var limit = 50
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let actor = try await session.market.person(named: holder.by)
                let tokens = try await ListTokens(market: session.market)(
                    of: try await holder.id(in: session), before: try pageID(before, of: AccessToken.self),
                    limit: limit, by: actor)
                Console.list(tokens.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a token in place of another one, which goes on for a while.",
            discussion: "Example: guildhall token rotate 0196f0c2-7c1e-7d3a-9a54-0242ac120002 --overlap-hours 24"
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The token's id, as `token list` prints it.") var token: String
        @Option(name: .customLong("overlap-hours"), help: "Hours that the old one goes on for, 0 to 168.")
        var overlapHours = 24
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (0...168).contains(overlapHours) else { throw ValidationError("--overlap-hours must be 0 to 168.") }
        }

        func run() async throws {
            try await withSession(options) { session in
                let actor = try await session.market.person(named: by)
                let issued = try await RotateToken(market: session.market)(
                    try readID(token, "token"), overlap: TimeInterval(overlapHours) * 3_600, by: actor)
                Console.result(issued.json(of: nil), issued.secret, asJSON: json)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End one token, or all live tokens of a principal, at once.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var holder: Holder
        @Option(help: "Only this one of the holder's, by id.") var token: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let actor = try await session.market.person(named: holder.by)
                var count = 1
                if let token {
                    try await RevokeTokens(market: session.market)(try readID(token, "token"), by: actor)
                } else {
                    count = try await RevokeTokens(market: session.market)(
                        of: try await holder.id(in: session), by: actor)
                }
                Console.result(["revoked": .integer(Int64(count))], "\(count) revoked", asJSON: json)
            }
        }
    }
}

extension IssuedToken {
    fileprivate func json(of principal: Principal.ID?) -> JSON {
        var members: [String: JSON] = [
            "token": .string(secret), "token_id": .string("\(id)"), "expires_at": .string(utcText(expiresAt)),
        ]
        members["principal_id"] = principal.map { .string("\($0)") }
        return .object(members)
    }
}

extension TokenLine {
    fileprivate var json: JSON {
        func text(_ instant: Date?) -> JSON { instant.map { .string(utcText($0)) } ?? .null }
        return [
            "token_id": .string("\(id)"), "name": .string(name),
            "scopes": .array(scopes.ordered.map { .string($0.rawValue) }), "created_at": text(createdAt),
            "expires_at": text(expiresAt), "revoked_at": text(revokedAt), "last_used_at": text(lastUsedAt),
            "replaces": replaces.map { .string("\($0)") } ?? .null,
        ]
    }

    fileprivate var line: String {
        let scopes = scopes.ordered.map(\.rawValue).joined(separator: ",")
        let end = revokedAt.map { "revoked \(utcText($0))" } ?? "expires \(utcText(expiresAt))"
        return "\(id): \(name), \(scopes), \(end), last used \(lastUsedAt.map(utcText) ?? "never")"
    }
}
