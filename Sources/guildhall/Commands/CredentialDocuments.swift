internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

extension CredentialCommand {
    struct AddDocument: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a document as evidence: its hash, size and name; the file stays where it is."
        )
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The credential's id.") var id: String
        @Argument(help: "The file.") var file: String
        @Option(help: "Its media type.") var mediaType = "application/pdf"

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let bytes = try readFile(file)
                let evidence = try Evidence(
                    hash: Digest(of: bytes), mediaType: mediaType, size: Int64(bytes.count),
                    name: URL(fileURLWithPath: file).lastPathComponent
                )
                try await AddEvidence(market: market)(evidence, to: try readID(id), by: actor)
                return (evidence.json, "Added \(evidence.name), \(evidence.hash.hexadecimal).")
            }
        }
    }

    struct Documents: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The documents behind a credential; 50 at most.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The credential's id.") var id: String

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                try await ListCredentials(market: market).evidence(of: try readID(id), by: actor).map {
                    ($0.json, "\($0.hash.hexadecimal) \($0.size) \($0.mediaType) \($0.name)")
                }
            }
        }
    }

    struct Leases: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The live leases that were granted on the strength of a credential."
        )
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "The credential's id.") var id: String

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                try await AffectedLeases(market: market)(
                    of: try readID(id), after: try page.id(), limit: page.limit, by: actor
                ).map { ($0.json, "\($0.assignment) of \($0.worker), until \($0.leaseUntil.formatted(.iso8601))") }
            }
        }
    }

    struct Remind: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell workers 60, 30 and 7 days before, and on the day, that a verification is due.",
            discussion: "As often as you like: each reminder is written once."
        )
        @OptionGroup var options: ExpertiseOptions
        @Option(help: "Most reminders, 1 to 500.") var limit = 500

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let count = try await RemindReverification(market: market)(limit: limit, by: actor)
                return (["reminded": .integer(Int64(count))], "Reminded \(count).")
            }
        }
    }
}
