internal import ArgumentParser
internal import Formats
internal import Marketplace
internal import Store

extension WorkerCommand {
    struct Work: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the open batches that a worker could take work of now, in the order of being given out.",
            discussion: """
                Batches whose requirement the worker does not meet are left out, and those that their team, an \
                exclusion or a declared interest bars them from; hours and tasks in hand are not looked at. \
                'guildhall worker why' tells about one batch, whatever bars it.

                Example: guildhall worker work L01 --limit 5
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var key: String
        @Option(help: "The last batch of the page before, as it was printed: REQUESTER/BATCH.") var after: String?
        @Option(help: "1 to 100.") var limit = 20
        @Option(help: "The operator.") var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            guard (1...ListEligibleBatches.pageMax).contains(limit) else {
                throw ValidationError("--limit must be 1 to \(ListEligibleBatches.pageMax).")
            }
        }

        func run() async throws {
            try await withSession(options) { session in
                let actor = try await session.market.person(named: by)
                var last: (requester: Requester.ID, id: Batch.ID)?
                if let after { last = try await session.batch(after, field: "after") }
                let page = try await ListEligibleBatches(market: session.market)(
                    for: try await session.market.worker(key), after: last, limit: limit, by: actor
                )
                Console.list(page.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a worker could take work of a batch now, and if not, what bars them first.",
            discussion: """
                Asks everything that a claim asks, in its order, and changes nothing. Where a rule of the requirement \
                fails, it says which, and what would satisfy it.

                Exit code 0: they could. 1: they could not, or there is no such worker or batch.

                Example: guildhall worker why L01 acme/0196f0c2-7c1e-7d3a-9a54-0242ac120002
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var key: String
        @Argument(help: "The requester's external key or id, a slash, and the batch's id.") var batch: String
        @Option(help: "The operator.") var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let actor = try await session.market.person(named: by)
                let prospect = try await WhyNotEligible(market: session.market)(
                    try await session.market.worker(key),
                    from: try await session.batch(batch, field: "batch"), by: actor
                )
                Console.result(prospect.json, prospect.line, asJSON: json)
                if case .refused = prospect { throw ExitCode.failure }
            }
        }
    }
}

extension Session {
    /// The batch that `REQUESTER/BATCH` names; the requester by the operator's key for them or by id.
    fileprivate func batch(_ text: String, field: String) async throws -> (requester: Requester.ID, id: Batch.ID) {
        guard let slash = text.lastIndex(of: "/"), let id = Batch.ID(String(text[text.index(after: slash)...])) else {
            throw BadInput(field, "must be written as REQUESTER/BATCH, the batch by its id")
        }
        let name = String(text[..<slash])
        if let requester = Requester.ID(name) { return (requester, id) }
        return (try await requester(name), id)
    }
}

extension EligibleBatch {
    fileprivate var line: String { "\(requester)/\(id)  \(pay)  \(expectedMinutes) min  \(projectName)" }
}

extension ClaimProspect {
    fileprivate var line: String {
        switch self {
        case .eligible(let proof): "Could take work of it. It rests on:\n\(proof.json.prettyText)"
        case .refused(.notEligible(let fault)):
            "Could not. \(fault.message) [not_eligible, \(fault.code), \(fault.reason.code)]"
        case .refused(let refusal): "Could not. As the worker would be told: \(refusal.message) [\(refusal.code)]"
        }
    }
}
