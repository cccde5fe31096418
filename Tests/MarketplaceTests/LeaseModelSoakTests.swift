import Formats
import Foundation
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

/// Random sequences of everything that can happen to leases and their batches, each step by several processes at once
/// whose connections are cut between statements and around COMMIT, and which are killed now and then; after each step
/// the doctor looks at everything.
@Suite("Leases under soak, as a model", .scratchDatabase)
struct LeaseModelSoakTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"
    /// Databases one after the other, and sequences on each: 4 × 12 in every run of the tests, SEQUENCES in a soak.
    private static let sequencesEach = isSoak ? 50 : 12
    private static var worlds: Range<Int> {
        let wanted = Int(ProcessInfo.processInfo.environment["SEQUENCES"] ?? "") ?? 10_000
        return 0..<(isSoak ? max(4, wanted / sequencesEach) : 4)
    }

    @Test("break no invariant and lose nothing that was acknowledged", .turnLimit(inSoak: 600), arguments: worlds)
    func sequences(world: Int) async throws {
        let dice = Dice()
        let isCalm = Mutex(true)
        let proxy = try CuttingProxy(
            serverFolder: Scratch.serverFolder,
            cutsBefore: { isCalm.withLock { !$0 } && dice.roll(1...60) == 1 },
            plan: { isCalm.withLock { !$0 } && dice.roll(1...12) == 1 ? dice.pick(CuttingProxy.Cut.allCases) : .never }
        )
        defer { proxy.stop() }
        let model = try await LeaseModel(dice: dice, database: Scratch.connectionString(through: proxy))
        for sequence in 0..<Self.sequencesEach {
            try await model.begin("w\(world)-s\(sequence)")
            for step in 0..<dice.roll(4...10) {
                isCalm.withLock { $0 = false }
                let actions = try await model.step()
                isCalm.withLock { $0 = true }
                let ills = try await model.small.ills()
                #expect(ills == [], "seed \(dice.seed), sequence \(sequence), step \(step): \(actions)")
                if !ills.isEmpty { return model.stop() }
            }
            try await model.checkAcknowledged()
        }
        #expect(proxy.cuts > 0, "nothing was ever cut; seed \(dice.seed)")
        #expect(model.kills > 0, "nobody was ever killed; seed \(dice.seed)")
        model.stop()
    }
}

/// A market, what its agents know of it, and what they were told was done.
private final class LeaseModel: Sendable {
    private struct Lease {
        let assignment: String
        let token: Int64
        let worker: String
    }

    private struct Known {
        var agents: [AgentProcess] = []
        var batch: Batch.ID?
        var name = ""
        var leases: [Lease] = []
        var acknowledged: [String: String] = [:]
        var kills = 0
    }

    /// Reaches the database directly.
    let small: SmallMarket
    private let dice: Dice
    private let database: String
    private let workers: [Worker.ID]
    private let known: Mutex<Known>

    init(dice: Dice, database: String) async throws {
        (self.dice, self.database) = (dice, database)
        small = try await SmallMarket()
        // The one reviewer may reject as often as the dice say.
        var policy = ReviewPolicy.unset
        policy.aloneBasisPoints = 10_000
        try await SetReviewPolicy(market: small.market)(
            policy, of: small.project, from: small.requester, by: small.manager)
        var workers: [Worker.ID] = []
        for number in 0..<4 { workers.append(try await small.lawyer("w\(number)", weeklyMinutes: 10_080)) }
        self.workers = workers
        known = Mutex(Known(agents: try (0..<3).map { _ in try AgentProcess(database: database) }))
    }

    var kills: Int { known.withLock { $0.kills } }

    func stop() { known.withLock { $0.agents.forEach { $0.kill() } } }

    /// A batch of its own for a sequence; what the sequence before left goes on to its end.
    func begin(_ name: String) async throws {
        // A week later, so that nobody is out of hours.
        Scratch.clock.advance(by: 7 * 86_400)
        while try await ExpireLeases(market: small.market)(by: small.manager) == 200 {}
        for worker in workers { try? await ReinstateWorker(market: small.market)(worker, by: small.manager) }
        let least = dice.roll(1...3)
        let isAdaptive = dice.roll(1...2) == 1
        let batch = try await small.batch(
            small.draft(
                name, requirement: .all([]), redundancy: least, lapsesMax: dice.roll(1...3),
                pricing: BatchPricing(topUpBasisPoints: dice.pick([0, 1_000])),
                adaptive: isAdaptive
                    ? AdaptiveRedundancy(most: least + dice.roll(1...2), agreementBasisPoints: dice.roll(1...10_000))
                    : nil,
                dueAt: dice.roll(1...2) == 1 ? Scratch.clock.now() + Double(dice.roll(1...12_000)) : nil
            ),
            tasks: dice.roll(1...3)
        )
        known.withLock { ($0.batch, $0.name, $0.leases, $0.acknowledged) = (batch, name, [], [:]) }
    }

    /// One to three things at once, each by a process of its own; now and then one of them is killed on the way.
    func step() async throws -> [String] {
        let names = (0..<dice.roll(1...3)).map { _ in dice.pick(Self.weighted) }
        if names.contains("expire") || names.contains("submitLate") {
            Scratch.clock.advance(by: Double(dice.roll(60...4_000)))
        }
        let agents = known.withLock { $0.agents }
        let victim = dice.roll(1...25) == 1 ? dice.roll(0...names.count - 1) : nil
        await withTaskGroup { group in
            for (number, name) in names.enumerated() {
                guard let action = action(name) else { continue }
                group.addTask { self.note(await agents[number].perform(action), of: name) }
            }
            if let victim {
                let wait = dice.roll(0...20)
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(wait))
                    agents[victim].kill()
                }
            }
        }
        if let victim {
            let fresh = try AgentProcess(database: database)
            known.withLock { ($0.agents[victim], $0.kills) = (fresh, $0.kills + 1) }
        }
        return names
    }

    /// What is common, more often.
    private static let weighted: [String] =
        [
            "claim", "heartbeat", "draft", "giveBack", "submit", "submitLate", "review", "expire", "revoke", "suspend",
            "pause", "resume", "release", "close", "redundancy", "deadline", "withdraw", "withdrawAll", "budget", "end",
        ] + Array(repeating: "claim", count: 8) + Array(repeating: "submit", count: 6)
        + Array(repeating: "review", count: 3) + Array(repeating: "redundancy", count: 2)

    /// - Returns: `nil` where there is nothing to do it to.
    private func action(_ name: String) -> JSON? {
        let (batch, batchName, leases) = known.withLock { ($0.batch, $0.name, $0.leases) }
        guard let batch else { return nil }
        var line: [String: JSON] = [
            "action": .string(name), "at": .integer(Int64(Scratch.clock.now().timeIntervalSince1970)),
            "requester": .string("\(small.requester)"), "batch": .string("\(batch)"),
            "actor": .string("\(small.manager)"),
        ]
        switch name {
        case "claim": line["actor"] = .string("\(dice.pick(workers))")
        case "heartbeat", "draft", "giveBack", "submit", "submitLate", "review":
            guard !leases.isEmpty else { return nil }
            let lease = leases[dice.roll(0...leases.count - 1)]
            line["action"] = .string(name == "submitLate" ? "submit" : name)
            line["actor"] = .string(name == "review" ? "\(small.reviewer)" : lease.worker)
            line["assignment"] = .string(lease.assignment)
            line["token"] = .integer(lease.token)
            line["number"] = .integer(Int64(dice.roll(1...9_000)))
            line["text"] = .string(
                name == "review" ? dice.pick(["accepted", "accepted", "rejected"]) : dice.pick(["a", "b"]))
        case "suspend":
            line["actor"] = .string("\(small.second)")
            line["worker"] = .string("\(dice.pick(workers))")
        case "expire": line["number"] = .integer(Int64(dice.roll(1...5)))
        case "redundancy": line["number"] = .integer(Int64(dice.roll(1...5)))
        case "deadline": line["number"] = .integer(Int64(dice.pick([0, 1, dice.roll(2...20_000)])))
        case "withdraw": line["text"] = .string("\(batchName)-\(dice.roll(0...2))")
        case "budget": line["number"] = .integer(Int64(dice.pick([1, dice.roll(1...40_000), 5_000_000])))
        default: break
        }
        return .object(line)
    }

    private func note(_ outcome: JSON?, of name: String) {
        guard let outcome else { return }
        if let failure = outcome["failed"] { Issue.record("\(name): \(failure); seed \(dice.seed)") }
        guard let done = outcome["done"] else { return }
        if let token = done["token"]?.integerValue, let id = done["assignment"]?.stringValue,
            let worker = done["worker"]?.stringValue
        {
            known.withLock { $0.leases.append(Lease(assignment: id, token: token, worker: worker)) }
        }
        if let hash = done["hash"]?.stringValue, let id = done["assignment"]?.stringValue {
            known.withLock { $0.acknowledged[id] = hash }
        }
    }

    /// Everything acknowledged is there as it was acknowledged.
    func checkAcknowledged() async throws {
        for (assignment, hash) in known.withLock({ $0.acknowledged }) {
            let found = try await small.count(
                """
                select count(*) as n from submission
                 where assignment_id = \(assignment)::text::uuid and encode(hash, 'hex') = \(hash)
                """)
            #expect(found == 1, "an acknowledged answer is gone; seed \(dice.seed)")
        }
    }
}
