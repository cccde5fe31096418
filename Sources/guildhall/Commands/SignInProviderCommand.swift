internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct SignInProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign-in-provider", abstract: "OpenID providers whose people may sign in.",
        discussion: """
            GUILDHALL_CLIENT_SECRET=… guildhall sign-in-provider add acme --issuer https://id.acme.example \
            --client-id guildhall --requester acme

            Register https://HOST/v1/sign-in/acme there as where to send people back to. Whoever such a provider knows \
            may act for that requester, so two operators enter the same within a week; without --requester one does, \
            and links each person: `sign-in-provider link`.
            """,
        subcommands: [Add.self, List.self, Close.self, Link.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter a provider; again with the same values, it gets the client secret of now.",
            discussion: "The environment's GUILDHALL_CLIENT_SECRET holds the client secret, if the client has one.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "What it is called in addresses: lower-case letters, digits and hyphens.") var key: String
        @Option(help: "As its discovery document says, to the letter.") var issuer: String
        @Option(name: .customLong("client-id"), help: "What it calls this program.") var clientID: String
        @Option(help: "Whose people it knows, by the operator's key for the requester.") var requester: String?
        @Flag(
            name: .customLong("private-networks"),
            help: "It may be inside one's own network, and without TLS; `serve` needs the same flag.")
        var isPrivate = false

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let requester: Requester.ID?
                if let key = self.requester { requester = try await market.requester(key) } else { requester = nil }
                let id = try await AddProvider(market: market, networks: isPrivate ? .all : .open)(
                    key: key, issuer: issuer, audience: clientID, secret: Environment.clientSecret,
                    requester: requester, by: actor)
                return (
                    ["provider": id.map { .string("\($0)") } ?? .null, "key": .string(key)],
                    id.map { "\($0): \(key)" } ?? "proposed: another operator has to enter the same"
                )
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Providers, oldest first.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                try await AddProvider(market: market).list(after: try page.id(), limit: page.limit, by: actor).map {
                    ($0.json, $0.line)
                }
            }
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let nobody sign in by a provider any more.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The provider's key.") var key: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                try await AddProvider(market: market).close(key, by: actor)
                return (["key": .string(key)], "\(key) is closed")
            }
        }
    }

    struct Link: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a person sign in by the account that a provider knows by a subject; make sure whose it is.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var person: PersonArgument
        @Option(help: "The provider's key.") var provider: String
        @Option(help: "The account's `sub`.") var subject: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let id = try await person.id(in: market)
                try await AddProvider(market: market).link(id, subject: subject, by: provider, actor: actor)
                return (["person": .string("\(id)"), "provider": .string(provider)], "\(id) signs in by \(provider)")
            }
        }
    }
}

extension SignInProvider {
    fileprivate var json: JSON {
        [
            "provider": .string("\(id)"), "key": .string(externalKey), "issuer": .string(issuer),
            "client_id": .string(audience), "requester": requester.map { .string("\($0)") } ?? .null,
            "closed_at": closedAt.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        "\(externalKey): \(issuer)\(closedAt.map { ", closed \(utcText($0))" } ?? "")"
    }
}
