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

                Without a batch it goes through all open ones: first how many are barred by which rule, then, in the \
                order of being given out, what bars the worker from each and what would unlock it.

                Exit code 0: they could; without a batch always. 1: they could not, or there is no such worker or batch.

                Examples:
                  guildhall worker why L01 acme/0196f0c2-7c1e-7d3a-9a54-0242ac120002
                  guildhall worker why L01 --limit 5
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var key: String
        @Argument(help: "The requester's external key or id, a slash, and the batch's id; all open ones without.")
        var batch: String?
        @Option(help: "Without a batch: the last one of the page before, as it was printed.") var after: String?
        @Option(help: "Without a batch: how many are told one by one, 1 to 100.") var limit = 20
        @Option(help: "The operator.") var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            guard (1...WhyNoWork.pageMax).contains(limit) else {
                throw ValidationError("--limit must be 1 to \(WhyNoWork.pageMax).")
            }
            guard batch == nil || after == nil else { throw ValidationError("--after goes without a batch.") }
        }

        func run() async throws {
            try await withSession(options) { session in
                let actor = try await session.market.person(named: by)
                let worker = try await session.market.worker(key)
                guard let batch else { return try await all(session, worker, actor) }
                let prospect = try await WhyNotEligible(market: session.market)(
                    worker, from: try await session.batch(batch, field: "batch"), by: actor
                )
                Console.result(prospect.json, prospect.line, asJSON: json)
                if case .refused = prospect { throw ExitCode.failure }
            }
        }

        private func all(_ session: Session, _ worker: Worker.ID, _ actor: Principal.ID) async throws {
            var last: (requester: Requester.ID, id: Batch.ID)?
            if let after { last = try await session.batch(after, field: "after") }
            let report = try await WhyNoWork(market: session.market)(for: worker, after: last, limit: limit, by: actor)
            Console.result(report.json, report.text, asJSON: json)
        }
    }
}

extension Session {
    /// The batch that `REQUESTER/BATCH` names; the requester by the operator's key for them or by id.
    func batch(_ text: String, field: String) async throws -> (requester: Requester.ID, id: Batch.ID) {
        let (name, id) = try batchName(text, field)
        if let requester = Requester.ID(name) { return (requester, id) }
        return (try await requester(name), id)
    }
}

/// The two parts of `REQUESTER/BATCH`.
func batchName(_ text: String, _ field: String) throws -> (requester: String, id: Batch.ID) {
    guard let slash = text.lastIndex(of: "/"), let id = Batch.ID(String(text[text.index(after: slash)...])) else {
        throw BadInput(field, "must be written as REQUESTER/BATCH, the batch by its id")
    }
    return (String(text[..<slash]), id)
}

extension EligibleBatch {
    fileprivate var line: String { "\(requester)/\(id)  \(pay)  \(expectedMinutes) min  \(projectName)" }
}

extension NoWorkReport {
    fileprivate var text: String {
        var lines = groups.map { "\($0.batches)  \($0.code)" }
        if isCutOff { lines.append("There are more open batches; counted were \(WhyNoWork.batchesMax).") }
        lines += page.map { outlook in
            let what =
                switch outlook.prospect {
                case .eligible: "could take work"
                case .refused(.notEligible(let fault)): "\(fault.message) [\(fault.code), \(fault.reason.code)]"
                case .refused(let refusal): "\(refusal.message) [\(refusal.code)]"
                }
            let way = outlook.unlock.map { "\n  \($0.sentence)" } ?? ""
            return "\(outlook.requester)/\(outlook.batch)  \(outlook.projectName): \(what)\(way)"
        }
        if hasMore, let last = page.last { lines.append("More with --after \(last.requester)/\(last.batch)") }
        return lines.isEmpty ? "No batch is open." : lines.joined(separator: "\n")
    }
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
