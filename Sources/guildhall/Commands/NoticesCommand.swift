internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct NoticesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notices",
        abstract: "What people are told: their inbox, what they want to hear of, and its delivery.",
        subcommands: [List.self, Read.self, Prefer.self, Deliver.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a person's notices, newest first; --before the last id of a page shows the next."
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RecipientOptions
        @Option(help: "Notices older than this one, by id.") var before: String?
        @Flag(help: "Only those not read yet.") var unread = false
        @Option(help: "Most notices, 1 to 200.") var limit = 50
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit must be 1 to 200.") }
        }

        func run() async throws {
            try await withSession(options) { session in
                let items = try await ListNotices(market: session.market)(
                    before: try before.map(notice), unreadOnly: unread, limit: limit,
                    by: try await whose.principal(in: session.market)
                )
                if json {
                    Console.result(["notices": .array(items.map(\.json))])
                } else {
                    let lines = items.map { item in
                        let mark = item.readAt == nil ? "*" : " "
                        return "\(mark) \(item.notice.id) \(item.notice.createdAt.ISO8601Format()) "
                            + "\(item.notice.kind): \(NoticeKind.title(of: item.notice.kind))"
                    }
                    Console.result(lines.isEmpty ? "No notices." : lines.joined(separator: "\n"))
                }
            }
        }
    }

    struct Read: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Mark a notice as read by whom it is for.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RecipientOptions
        @Argument(help: "The notice's id.") var id: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                try await ReadNotice(market: session.market)(
                    try notice(id), by: try await whose.principal(in: session.market)
                )
                if json { Console.result(["read": .string(id)]) } else { Console.result("Read \(id).") }
            }
        }
    }

    struct Prefer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say which kinds of notices a person wants; without a kind, print what was said.",
            discussion: """
                Some kinds reach everybody: decisions with their clock to appeal, revoked credentials. 'offer_made' \
                comes once for what a round offers somebody, with how many offers there are.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RecipientOptions
        @Argument(help: "The kind, such as offer_made.") var kind: String?
        @Option(help: "inbox or email.") var channel = "email"
        @Flag(inversion: .prefixedNo, help: "Whether it is wanted.") var wanted = true
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let principal = try await whose.principal(in: session.market)
                let prefer = PreferNotice(market: session.market)
                if let kind {
                    guard let channel = NoticeChannel(rawValue: channel) else {
                        throw BadInput("channel", "must be inbox or email")
                    }
                    try await prefer(
                        NoticePreference(kind: kind, channel: channel, isWanted: wanted), by: principal
                    )
                }
                let all = try await prefer.all(by: principal)
                if json {
                    Console.result(["preferences": .array(all.map(\.json))])
                } else {
                    let lines = all.map { said in
                        "\(said.kind) by \(said.channel.rawValue): \(said.isWanted ? "wanted" : "not wanted")"
                    }
                    Console.result(lines.isEmpty ? "Everything is wanted." : lines.joined(separator: "\n"))
                }
            }
        }
    }

    struct Deliver: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deliver the notices that are due, once through; the scheduler does so all the time.",
            discussion: """
                At least once: what fails is tried again after 1, 2, 4, … minutes, at most 6 hours apart, and given up \
                after 12 attempts; the inbox keeps it.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var notices: NoticeOptions
        @Option(help: "Most notices, 1 to 10000.") var limit = 1_000
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be 1 to 10000.") }
        }

        func run() async throws {
            try await withSession(options) { session in
                let sink = try notices.sink(beside: options.directory)
                var (claimed, delivered, skipped, failed, dead) = (0, 0, 0, 0, 0)
                while claimed < limit {
                    let batch = min(limit - claimed, 50)
                    let count = try await DeliverNotices(market: session.market)(limit: batch, through: sink)
                    claimed += count.claimed
                    delivered += count.delivered
                    skipped += count.skipped
                    failed += count.failed
                    dead += count.dead
                    if count.claimed < batch { break }
                }
                if json {
                    Console.result([
                        "delivered": .integer(Int64(delivered)), "skipped": .integer(Int64(skipped)),
                        "failed": .integer(Int64(failed)), "dead": .integer(Int64(dead)),
                    ])
                } else {
                    Console.result(
                        "\(delivered) delivered, \(skipped) skipped, \(failed) to be tried again, \(dead) given up."
                    )
                }
            }
        }
    }
}

/// Whose inbox a command is about.
struct RecipientOptions: ParsableArguments {
    @Option(help: "A worker, by the operator's key for them (as in the roster) or by id.") var worker: String?
    @Option(help: "Any other person, by name.") var person: String?

    mutating func validate() throws {
        guard (worker == nil) != (person == nil) else { throw ValidationError("Name either --worker or --person.") }
    }

    func principal(in market: Market) async throws -> Principal.ID {
        if let person { return try await market.person(named: person) }
        return Principal.ID(try await market.worker(worker ?? "").uuid)
    }
}

private func notice(_ text: String) throws -> Notice.ID {
    guard let id = Notice.ID(text) else { throw BadInput("id", "must be a UUID") }
    return id
}

extension InboxItem {
    fileprivate var json: JSON {
        [
            "notice": notice.json, "title": .string(NoticeKind.title(of: notice.kind)),
            "read_at": readAt.map { .string($0.ISO8601Format()) } ?? .null, "delivery": .string(delivery.rawValue),
        ]
    }
}

extension NoticePreference {
    fileprivate var json: JSON {
        ["kind": .string(kind), "channel": .string(channel.rawValue), "is_wanted": .bool(isWanted)]
    }
}
