internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct AgreementCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agreement",
        abstract: "Texts that workers accept: code of conduct, NDA, guidelines. A new version asks again.",
        subcommands: [Publish.self, Accept.self, List.self, Due.self]
    )

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish the next version of a text; prints its version and hash.",
            discussion: "The same text as the newest version's changes nothing and prints that version."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "nda, conduct, guideline:<project id>.") var kind: String
        @Argument(help: "The file with the text, UTF-8.") var file: String
        @Option(help: "What workers see above it.") var title: String
        @Option(name: .customLong("valid-from"), help: "ISO 8601, such as 2026-04-01T00:00:00Z; now if left out.")
        var validFrom: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let begins = try validFrom.map { try utcInstant($0, field: "valid_from") }
                let body = try Self.text(of: file)
                let agreement = try await PublishAgreement(market: session.market)(
                    kind: kind, title: title, body: body, validFrom: begins,
                    by: try await session.market.person(named: by)
                )
                Console.result(agreement.json, agreement.line, asJSON: json)
            }
        }

        /// What the file says.
        @inline(never)
        static func text(of file: String) throws -> String {
            let bytes = try fileBytes(file, most: (1 << 20) + 1)
            guard bytes.count <= 1 << 20, let body = String(bytes: bytes, encoding: .utf8) else {
                throw BadInput("file", "must be UTF-8 of at most 1 MiB")
            }
            return body
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept a version as a worker, by the hash of the text that was read.",
            discussion: "Accepting twice is the same as once. Only the current version or an announced one."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "nda, conduct, guideline:<project id>.") var kind: String
        @Option(help: "Which version.") var version: Int
        @Option(help: "SHA-256 of the text, as `list` and `due` print it.") var hash: String
        @Option(help: "The worker's key or id.") var worker: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                guard let digest = Digest(hexadecimal: hash) else {
                    throw BadInput("hash", "must be 64 hexadecimal digits")
                }
                let id = try await session.worker(worker)
                let accepted = try await AcceptAgreement(market: session.market)(
                    kind, version: version, hash: digest, by: Principal.ID(id.uuid)
                )
                let answer: JSON = [
                    "kind": .string(kind), "version": .integer(Int64(version)),
                    "accepted_at": .string(utcText(accepted)),
                ]
                Console.result(answer, "\(worker) accepted \(kind) \(version) at \(utcText(accepted)).", asJSON: json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Versions by kind, the newest first.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "One kind; all if left out.") var kind: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Go on after this version, as KIND@VERSION.") var after: String?
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let last = try await after.asyncMap { text in
                    guard let sign = text.lastIndex(of: "@"), let version = Int(text[text.index(after: sign)...]) else {
                        throw BadInput("after", "must be KIND@VERSION")
                    }
                    return try await ReadAgreement(market: session.market)(
                        String(text[..<sign]), version: version
                    ).agreement
                }
                let found = try await ListAgreements(market: session.market)(kind: kind, after: last, limit: limit)
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Due: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a worker has yet to accept: the versions that count now, then those announced."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let due = try await DueAgreements(market: session.market)(
                    of: try await session.worker(worker), limit: limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(
                    due.map { due in
                        (
                            ["agreement": due.agreement.json, "is_current": .bool(due.isCurrent)],
                            due.agreement.line + (due.isCurrent ? "" : ", announced")
                        )
                    }, asJSON: json)
            }
        }
    }
}

extension Agreement {
    fileprivate var json: JSON {
        [
            "agreement": .string("\(id)"), "kind": .string(kind), "version": .integer(Int64(version)),
            "title": .string(title), "hash": .string(hash.hexadecimal), "valid_from": .string(utcText(validFrom)),
        ]
    }

    fileprivate var line: String {
        "\(kind)@\(version) from \(utcText(validFrom)): \(title), hash \(hash.hexadecimal)"
    }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}
