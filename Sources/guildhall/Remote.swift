internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

/// A command that a server can do in place of the database. Who acts is who the token belongs to.
protocol RemoteCommand {
    /// Whether it prints JSON.
    var json: Bool { get }

    /// Asks the server.
    ///
    /// - Returns: what is printed; `nil` when it has printed, or written to a file, what there was.
    func ask(_ server: RemoteServer) async throws -> JSON?
}

extension RemoteCommand {
    /// What is printed, with exit code 1 where it is not well.
    func told(_ answer: JSON, isWell: Bool) throws -> JSON? {
        guard !isWell else { return answer }
        RemoteOptions.show(answer, asJSON: json)
        throw ExitCode.failure
    }
}

/// One that prints no JSON.
protocol RemotePlainCommand: RemoteCommand {}

extension RemotePlainCommand {
    var json: Bool { false }
}

/// Options that say whether JSON is printed.
protocol PrintingOptions {
    var json: Bool { get }
}

extension ExpertiseOptions: PrintingOptions {}
extension LedgerOptions: PrintingOptions {}
extension BatchOptions: PrintingOptions {}
extension AuctionOptions: PrintingOptions {}
extension BidOptions: PrintingOptions {}
extension AwardOptions: PrintingOptions {}
extension OfferOptions: PrintingOptions {}

/// One whose `--json` is among its `options`.
protocol RemoteOptionsCommand: RemoteCommand {
    associatedtype Options: PrintingOptions
    var options: Options { get }
}

extension RemoteOptionsCommand {
    var json: Bool { options.json }
}

/// One whose `--json` stands beside what it is about.
protocol RemoteSubjectCommand: RemoteCommand {
    associatedtype Subject: PrintingOptions
    var of: Subject { get }
}

extension RemoteSubjectCommand {
    var json: Bool { of.json }
}

/// One about a worker.
protocol RemoteWorkerCommand: RemoteCommand {
    var event: WorkerEventOptions { get }
}

extension RemoteWorkerCommand {
    var json: Bool { event.json }
}

/// Where a server is, and who asks it.
struct RemoteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A server to ask over HTTP in place of the database, such as https://guildhall.example.org.",
            discussion: """
                GUILDHALL_TOKEN, or --server-token-file, has the access token; what is done is done as whoever it \
                belongs to, whatever --by says. What a server does only for whoever asks is refused where somebody \
                else is named; `me` is whoever asks. Elsewhere a worker is named by their id, or `me`; requesters and \
                people by id, by operators also by key and name.
                """, valueName: "url"))
    var server: String?

    @Option(name: .customLong("server-token-file"), help: "A file with the access token for --server.")
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "With --server: what tells this from everything else, so that it is done once however often it is sent.",
            discussion: """
                The same command with the same key again, within three days, answers as the first time. One is made \
                up where none is given, and printed when it is not known whether the server has done it.
                """, valueName: "key"))
    var idempotencyKey: String?

    /// Moves what names a server from before the command behind it, where it is looked for: `guildhall --server URL
    /// batch list`.
    static func behindCommand(_ arguments: [String]) -> [String] {
        let names = ["--server", "--server-token-file", "--idempotency-key"]
        var rest = arguments[...]
        while let first = rest.first {
            if names.contains(first), rest.count > 1 {
                rest = rest.dropFirst(2)
            } else if names.contains(where: { first.hasPrefix("\($0)=") }) {
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        // Behind `--` nothing is an option.
        let command = rest.prefix { $0 != "--" }
        guard !command.isEmpty else { return arguments }
        return Array(command + arguments.prefix(arguments.count - rest.count) + rest.dropFirst(command.count))
    }

    /// Asks the server where one is named.
    ///
    /// - Parameter command: `nil` where no route does what the command does.
    /// - Throws: `ExitCode.success` when the server has done it; a refusal.
    func askServer(_ command: (any RemoteCommand)?) async throws {
        guard let server else { return }
        do {
            guard let command else {
                throw ValidationError("No route does this; leave --server out, on a machine that reaches the database.")
            }
            let key = try chosenKey()
            do {
                if let answer = try await command.ask(RemoteServer(address: server, token: try token(), key: key)) {
                    Self.show(answer, asJSON: command.json)
                }
            } catch let refusal as RemoteRefusal where key.isUsed && refusal.isWorthRepeating {
                Console.note("Whether it is done is not known. Done once it is with: --idempotency-key \(key.text)")
                throw refusal
            }
            if idempotencyKey != nil, !key.isUsed {
                Console.note("The key was not needed: what this asks for takes none.")
            }
        } catch {
            throw Console.failure(error)
        }
        throw ExitCode.success
    }

    private func chosenKey() throws -> RemoteKey {
        guard let idempotencyKey else { return RemoteKey("cli-\(UUID().uuidString)") }
        return try RemoteKey(given: idempotencyKey)
    }

    static func show(_ answer: JSON, asJSON: Bool) {
        if asJSON { Console.result(answer) } else { Console.result(lines(of: answer)) }
    }

    private func token() throws -> String {
        let text: String?
        if let tokenFile {
            text = String(decoding: try fileBytes(tokenFile, most: 4_096), as: UTF8.self)
        } else {
            text = Environment.token
        }
        let token = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        guard (1...200).contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw BadInput("token", "is missing: set GUILDHALL_TOKEN, or give --server-token-file")
        }
        return token
    }

    /// An entry a line, its members by name.
    private static func lines(of answer: JSON) -> String {
        func line(_ entry: JSON) -> String {
            guard let members = entry.objectValue else { return entry.stringValue ?? entry.canonicalText }
            return members.sorted { $0.key < $1.key }.filter { !$0.value.isNull }
                .map { "\($0.key): \($0.value.stringValue ?? $0.value.canonicalText)" }.joined(separator: ", ")
        }
        guard let items = answer["items"]?.arrayValue else { return line(answer) }
        let next = answer["next"].flatMap { $0.isNull ? nil : "next: \($0.stringValue ?? $0.canonicalText)" }
        let all = items.map(line) + (next.map { [$0] } ?? [])
        return all.isEmpty ? "None." : all.joined(separator: "\n")
    }
}

extension Environment {
    /// Of the API, for --server.
    static var token: String? { ProcessInfo.processInfo.environment["GUILDHALL_TOKEN"] }
}
