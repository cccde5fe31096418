internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// As whom somebody reads why work was offered or not.
private enum WhyReader: String, CaseIterable {
    case `operator`, requester, worker
}

extension ScheduleCommand {
    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say why work of a batch was not offered, why an offer was made, or why a worker got none.",
            discussion: """
                Told is what the scheduler's last rounds found; the tasks of a batch are alike to it, so what is said \
                of a batch holds for each. Operators read all of it. A requester reads counts by reason and nothing of \
                one worker, and asks only where five workers or more are kept away by theirs. A worker reads their own \
                part, and nobody else's name. Offers are explained for 90 days, batches and workers for 30 after it \
                was said last; --limit shows what held before.

                Work that is claimed is not offered: see 'guildhall worker why'.

                Examples:
                  guildhall schedule why --batch acme/0196f0c2-7c1e-7d3a-9a54-0242ac120002 --limit 10
                  guildhall schedule why --batch acme/0196f0c2-7c1e-7d3a-9a54-0242ac120002 --as requester
                  guildhall schedule why --worker L01 --as worker
                  guildhall schedule why --worker L01 --offer 0196f0c2-7c1e-7d3a-9a54-0242ac120002
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The requester's key or id, a slash, and the batch's id.") var batch: String?
        @Option(help: "An offer's id, with --worker.") var offer: String?
        @Option(help: "The worker's key or id.") var worker: String?
        @Option(help: "As whom it is read: operator, requester or worker.") var `as` = "operator"
        @Option(help: "Of a batch: how many, the newest first, 1 to 200.") var limit = 1
        @Option(help: "Of a batch: only what began before, in ISO 8601.") var before: String?
        @Option(help: .actor("an operator, or a person of the requester; not asked --as worker")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            try checkPage(limit)
            guard WhyReader(rawValue: self.as) != nil else {
                throw ValidationError("--as must be operator, requester or worker.")
            }
            guard (batch == nil) != (worker == nil) else {
                throw ValidationError("Give either --batch or --worker.")
            }
            guard offer == nil || worker != nil else { throw ValidationError("--offer goes with --worker.") }
            guard batch == nil || self.as != "worker" else {
                throw ValidationError("A worker asks about themselves: --worker.")
            }
            guard worker == nil || self.as != "requester" else {
                throw ValidationError("A requester asks about a batch: --batch.")
            }
        }

        func run() async throws {
            try await withSession(options) { session in
                if let batch { return try await tell(batch, session) }
                let worker = try await session.worker(worker ?? "")
                let actor =
                    self.as == "worker"
                    ? Principal.ID(worker.uuid) : try await session.market.person(named: by)
                let explain = ExplainRouting(market: session.market)
                if let offer {
                    let found = try await explain(try readID(offer, "offer"), of: worker, by: actor)
                    return Console.result(found.json, found.text, asJSON: json)
                }
                let found = try await explain(worker, by: actor)
                let isOwn = self.as == "worker"
                Console.result(
                    found?.json ?? .null,
                    found.map { isOwn ? $0.ownText : $0.text } ?? "Nothing was said of them lately.", asJSON: json)
            }
        }

        private func tell(_ batch: String, _ session: Session) async throws {
            let (requester, id) = try await session.batch(batch, field: "batch")
            let found = try await ExplainRouting(market: session.market)(
                Batch.Key(requester: requester, id: id),
                before: try before.map { try utcInstant($0, field: "before") }, limit: limit,
                as: self.as == "requester" ? .requester : .operator, by: try await session.market.person(named: by)
            )
            Console.list(found.map { ($0.json, $0.text) }, asJSON: json)
        }
    }
}

extension UnroutedCounts {
    fileprivate var lines: String {
        counts.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
            .map { "\n  \($0.value)  \($0.key.rawValue)" }.joined()
    }
}

extension BatchExplanation {
    fileprivate var text: String {
        let nearest = message.map { "\n  the nearest: \($0)" } ?? "\n  \(reason.requesterSentence)"
        return "\(utcText(since)) to \(utcText(lastSaid))  \(slotsLeft) slots left  \(reason.rawValue)"
            + "\(nearest)\(counts.lines)"
    }
}

extension WorkerExplanation {
    fileprivate var text: String { "\(utcText(explainedAt))  \(reason.rawValue)\n  \(message)\(counts.lines)" }

    fileprivate var ownText: String {
        "\(utcText(explainedAt))  \(reason.rawValue)\n  \(reason.workerSentence)\n  \(message)\(counts.lines)"
    }
}

extension ExplainedOffer {
    fileprivate var text: String {
        let head = "\(offer.id)  \(offer.requester)/\(offer.batch)  \(offer.state.rawValue)"
        guard let explanation else { return "\(head)\n  Why it was made is not known any more." }
        var lines = [head, "  \(explanation.valueMicros)  value, in micro-units; made of:"]
        lines += explanation.parts.sorted { $0.key < $1.key }.map { "    \($0.value)  \($0.key)" }
        lines.append("  \(explanation.hoursPriceMicros)  what the hours would bring elsewhere")
        lines.append("  \(explanation.certificateMillionths) millionths of the best plan, at least")
        guard isWhole else { return lines.joined(separator: "\n") }
        lines.append("  \(explanation.candidates) could have had it")
        if let next = explanation.runnerUp { lines.append("  next: \(next.worker), worth \(next.valueMicros)") }
        return lines.joined(separator: "\n")
    }
}
