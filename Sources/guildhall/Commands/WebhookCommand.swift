internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct WebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "Where requesters' programs are told what happened, and what came back.",
        discussion: """
            guildhall webhook add --requester acme --url https://hooks.acme.example/guildhall
            guildhall webhook test ENDPOINT
            guildhall webhook deliveries ENDPOINT

            Messages are signed by the Standard Webhooks specification; `schedule` and `up` send them. What fails is \
            tried again for three days; after five days in which nothing arrived the endpoint is disabled and its \
            people are told.
            """,
        subcommands: [
            Add.self, List.self, Change.self, Rotate.self, Test.self, Deliveries.self, Attempts.self, Replay.self,
        ]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register an endpoint, and print the secret that it checks signatures with, once.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var webhooks: WebhookOptions
        @Option(help: "The requester, by the operator's key for it.") var requester: String
        @Option(help: "https, of a public host.") var url: String
        @Option(help: "An event that it wants, such as batch.closed; several times; all if left out.")
        var kind: [String] = []

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let made = try await RegisterWebhook(market: market, policy: webhooks.policy)(
                    url: url, kinds: kind, of: try await market.requester(requester), by: actor)
                return (
                    ["webhook": .string("\(made.endpoint)"), "secret": .string(made.secret)],
                    "\(made.endpoint): \(made.secret)"
                )
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A requester's endpoints, oldest first.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions
        @Option(help: "The requester, by the operator's key for it.") var requester: String

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                try await ListWebhooks(market: market)(
                    of: try await market.requester(requester), after: try page.id(), limit: page.limit, by: actor
                ).map { ($0.json, $0.line) }
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change an endpoint's address or events, disable it, or enable it again.",
            discussion: """
                guildhall webhook change ENDPOINT --kind batch.closed --kind assignment.reviewed
                guildhall webhook change ENDPOINT --disable
                """)
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var webhooks: WebhookOptions
        @Argument(help: "The endpoint's id.") var webhook: String
        @Option(help: "Another address.") var url: String?
        @Option(help: "The events that it wants from now on; several times.") var kind: [String] = []
        @Flag(name: .customLong("all-kinds"), help: "It wants all events from now on.") var allKinds = false
        @Flag(help: "Tell it events again.") var enable = false
        @Flag(help: "Tell it nothing more; what waits is given up.") var disable = false

        mutating func validate() throws {
            guard !allKinds || kind.isEmpty else { throw ValidationError("Name either --kind or --all-kinds.") }
            guard !enable || !disable else { throw ValidationError("Name either --enable or --disable.") }
        }

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let changed = try await ChangeWebhook(market: market, policy: webhooks.policy)(
                    try readID(webhook, "webhook"), url: url, kinds: allKinds ? [] : kind.isEmpty ? nil : kind,
                    isEnabled: enable ? true : disable ? false : nil, by: actor)
                return (changed.json, changed.line)
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a new secret; both sign for a while.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The endpoint's id.") var webhook: String
        @Option(name: .customLong("overlap-hours"), help: "Hours in which both sign, 1 to 168.") var overlapHours = 24

        mutating func validate() throws {
            guard (1...168).contains(overlapHours) else { throw ValidationError("--overlap-hours must be 1 to 168.") }
        }

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let made = try await RotateWebhookSecret(market: market)(
                    try readID(webhook, "webhook"), overlap: TimeInterval(overlapHours) * 3_600, by: actor)
                return (
                    ["webhook": .string("\(made.endpoint)"), "secret": .string(made.secret)], made.secret
                )
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send an endpoint `webhook.test`, whatever it asked for.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The endpoint's id.") var webhook: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let event = try await TestWebhook(market: market)(try readID(webhook, "webhook"), by: actor)
                let id = event.uuidString.lowercased()
                return (["event": .string(id)], "\(id) is on its way")
            }
        }
    }

    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What an endpoint was told and is to be told, newest first.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The endpoint's id.") var webhook: String
        @Option(help: "Those in this state only: waiting, delivered or dead.") var state: String?
        @Option(help: "Begin before this position, as the page before printed its last.") var before: Int64?
        @Option(help: "Most deliveries, 1 to 200.") var limit = 50

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                let state = try state.map { try choice($0, of: WebhookDeliveryState.self, field: "state") }
                return try await ListWebhookDeliveries(market: market)(
                    of: try readID(webhook, "webhook"), in: state, before: before, limit: limit, by: actor
                ).map { ($0.json, $0.line) }
            }
        }
    }

    struct Attempts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What came back of each try to deliver one event.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The endpoint's id.") var webhook: String
        @Argument(help: "The event's id: its webhook-id.") var event: String

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                let event: Identifier<WebhookDelivery> = try readID(event, "event")
                return try await ListWebhookDeliveries(market: market).attempts(
                    of: event.uuid, to: try readID(webhook, "webhook"), by: actor
                ).map { ($0.json, $0.line) }
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send events again: one, or those that were given up.",
            discussion: """
                guildhall webhook replay ENDPOINT --event 0196f0c2-7c1e-7d3a-9a54-0242ac120002
                guildhall webhook replay ENDPOINT --given-up-since 2026-11-20T00:00:00Z
                """)
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The endpoint's id.") var webhook: String
        @Option(help: "One event, whatever became of it.") var event: String?
        @Option(name: .customLong("given-up-since"), help: "Those that were given up, of events from then on.")
        var givenUpSince: String?

        mutating func validate() throws {
            guard (event == nil) != (givenUpSince == nil) else {
                throw ValidationError("Name either --event or --given-up-since.")
            }
        }

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let replay = ReplayWebhooks(market: market)
                let id: WebhookEndpoint.ID = try readID(webhook, "webhook")
                if let event {
                    let event: Identifier<WebhookDelivery> = try readID(event, "event")
                    try await replay(event.uuid, to: id, by: actor)
                    return (["replayed": 1], "1 on its way")
                }
                let since = try utcInstant(givenUpSince ?? "", field: "given_up_since")
                let count = try await replay(givenUpSince: since, to: id, by: actor)
                return (["replayed": .integer(Int64(count))], "\(count) on their way")
            }
        }
    }
}

extension WebhookEndpoint {
    fileprivate var json: JSON {
        [
            "webhook": .string("\(id)"), "url": .string(url), "kinds": .array(kinds.map { .string($0) }),
            "state": .string(state.rawValue), "created_at": .string(utcText(createdAt)),
            "failing_since": failingSince.map { .string(utcText($0)) } ?? .null,
            "ended_at": endedAt.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        let wanted = kinds.isEmpty ? "all events" : kinds.joined(separator: ", ")
        let failing = failingSince.map { ", failing since \(utcText($0))" } ?? ""
        return "\(id): \(url), \(wanted), \(state.rawValue)\(failing)"
    }
}

extension WebhookDelivery {
    fileprivate var json: JSON {
        [
            "event": .string(event.uuidString.lowercased()), "position": .integer(position), "type": .string(kind),
            "subject": .string(subject), "subject_id": .string(subjectID.uuidString.lowercased()),
            "occurred_at": .string(utcText(occurredAt)), "state": .string(state.rawValue),
            "attempts": .integer(Int64(attempts)),
            "due_at": state == .waiting ? .string(utcText(dueAt)) : .null,
            "ended_at": endedAt.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        let end = endedAt.map { "\(state.rawValue) \(utcText($0))" } ?? "waiting, due \(utcText(dueAt))"
        return "\(position) \(event.uuidString.lowercased()): \(kind), \(end), \(attempts) tries"
    }
}

extension WebhookAttempt {
    fileprivate var json: JSON {
        [
            "attempt": .integer(Int64(number)), "took_ms": .integer(Int64(tookMilliseconds)),
            "status": status.map { .integer(Int64($0)) } ?? .null, "fault": fault.map(JSON.string) ?? .null,
            "tried_at": triedAt.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var line: String {
        let outcome = status.map { "status \($0)" } ?? fault ?? ""
        return "\(number): \(triedAt.map(utcText) ?? ""), \(outcome), \(tookMilliseconds) ms"
    }
}
