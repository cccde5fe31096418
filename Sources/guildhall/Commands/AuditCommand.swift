internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Read the audit log; seal and verify its hash chains.",
        subcommands: [List.self, Verify.self, Seal.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What was done, newest first, for operators and auditors.",
            discussion: """
                A page looks at 10,000 events at most, so it may be short, or empty, and not be the last one: ask \
                again with --before and the `next` that it ends with. --from and --to cost nothing.

                guildhall audit list --subject worker --from 2026-11-01T00:00:00Z
                """
        )
        @OptionGroup var options: ExpertiseOptions
        @Option(help: "Only what happened to this: an id.") var object: String?
        @Option(help: "Only what happened to this kind of thing, such as worker.") var subject: String?
        @Option(help: "Only this, such as worker_registered.") var action: String?
        @Option(help: "Only what this person or key did: an id.") var actor: String?
        @Option(help: "From this instant on, such as 2026-12-01T12:00:00Z.") var from: String?
        @Option(help: "Before this instant.") var to: String?
        @Option(help: "Where the page before ended.") var before: String?
        @Option(help: "Most entries, 1 to 200.") var limit = 50

        func run() async throws {
            try await options.run(remotely: self) { market, person in
                let found = try await ListAuditEvents(market: market)(
                    try filter(), before: try pageID(before, of: AuditEvent.self), limit: limit, by: person)
                let next = found.next.map { "\($0)" }
                let lines = found.events.map(\.line) + (next.map { ["next: \($0)"] } ?? [])
                return (
                    ["items": .array(found.events.map(\.json)), "next": next.map(JSON.string) ?? .null],
                    lines.isEmpty ? "None." : lines.joined(separator: "\n")
                )
            }
        }

        private func filter() throws -> AuditFilter {
            var filter = AuditFilter()
            filter.object = try pageID(object, of: AuditEvent.self, field: "object")?.uuid
            filter.subject = subject
            filter.action = action
            filter.actor = try pageID(actor, of: Principal.self, field: "actor")
            filter.from = try from.map(readInstant)
            filter.until = try to.map(readInstant)
            return filter
        }
    }

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

extension AuditLine {
    fileprivate var line: String {
        let place = position.map { "\(stream) \($0)" } ?? "\(stream), not sealed yet"
        let what = "\(action), \(subject) \(object.uuidString.lowercased())"
        return "\(occurredAt.formatted(.iso8601)) \(what), by \(actor): \(facts.canonicalText) (\(id), \(place))"
    }

    fileprivate var json: JSON {
        [
            "event": .string("\(id)"), "stream": .string(stream),
            "occurred_at": .string(occurredAt.formatted(.iso8601)), "actor": .string("\(actor)"),
            "action": .string(action), "subject": .string(subject),
            "object": .string(object.uuidString.lowercased()), "facts": facts,
            "position": position.map(JSON.integer) ?? .null, "hash": hash.map { .string($0.hexadecimal) } ?? .null,
        ]
    }
}
