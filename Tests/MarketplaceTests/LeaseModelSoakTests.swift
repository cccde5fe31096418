import Formats
import Foundation
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

/// Random sequences of everything that can happen to leases, each step by several clients at once whose connections are
/// cut between statements and around COMMIT; after each step the doctor looks at everything.
@Suite("Leases under soak, as a model", .scratchDatabase)
struct LeaseModelSoakTests {
    /// Databases one after the other, and sequences on each: 4 × 50 in every run of the tests, SEQUENCES in a soak.
    private static let sequencesEach = 50
    private static var worlds: Range<Int> {
        let environment = ProcessInfo.processInfo.environment
        guard environment["GUILDHALL_SOAK"] == "1" else { return 0..<4 }
        return 0..<max(4, (Int(environment["SEQUENCES"] ?? "") ?? 10_000) / sequencesEach)
    }

    @Test("break no invariant and lose nothing that was acknowledged", .timeLimit(.minutes(60)), arguments: worlds)
    func sequences(world: Int) async throws {
        let dice = Dice()
        let direct = Scratch.here.connectionString
        let folder = try #require(direct.firstMatch(of: /host='([^']*)'/))
        let isCalm = Mutex(true)
        let proxy = try CuttingProxy(
            serverFolder: String(folder.output.1),
            cutsBefore: { isCalm.withLock { !$0 } && dice.roll(1...60) == 1 },
            plan: { isCalm.withLock { !$0 } && dice.roll(1...12) == 1 ? dice.pick(CuttingProxy.Cut.allCases) : .never }
        )
        defer { proxy.stop() }
        let clients = (0..<3).map { _ in
            Scratch.connect {
                $0.connectionString = direct.replacingOccurrences(
                    of: folder.output.0, with: "host='\(proxy.folder)'")
            }
        }
        let model = try await LeaseModel(dice: dice, markets: clients.map { Market(database: $0, keys: Scratch.keys) })
        for sequence in 0..<Self.sequencesEach {
            try await model.begin("w\(world)-s\(sequence)")
            for step in 0..<dice.roll(4...10) {
                isCalm.withLock { $0 = false }
                let actions = await model.step()
                isCalm.withLock { $0 = true }
                let ills = try await model.small.ills()
                #expect(ills == [], "seed \(dice.seed), sequence \(sequence), step \(step): \(actions)")
                if !ills.isEmpty { return }
            }
            try await model.checkAcknowledged()
        }
        #expect(proxy.cuts > 0, "nothing was ever cut; seed \(dice.seed)")
        for client in clients { await client.shutdown() }
    }
}

/// A market, what clients know of it, and what they were told was done.
private final class LeaseModel: Sendable {
    enum Action: CaseIterable, Sendable {
        case claim, heartbeat, draft, giveBack, submit, submitLate, review, expire, revoke, suspend, pause, resume
        case release, close
    }

    private struct Known {
        var batch: Batch.ID?
        var leases: [Assignment] = []
        var acknowledged: [Assignment.ID: Digest] = [:]
    }

    /// Reaches the database directly.
    let small: SmallMarket
    private let dice: Dice
    private let markets: [Market]
    private let workers: [Worker.ID]
    private let known = Mutex(Known())

    init(dice: Dice, markets: [Market]) async throws {
        (self.dice, self.markets) = (dice, markets)
        small = try await SmallMarket()
        var workers: [Worker.ID] = []
        for number in 0..<4 { workers.append(try await small.lawyer("w\(number)", weeklyMinutes: 10_080)) }
        self.workers = workers
    }

    /// A batch of its own for a sequence; what the sequence before left goes on to its end.
    func begin(_ name: String) async throws {
        // A week later, so that nobody is out of hours.
        Scratch.clock.advance(by: 7 * 86_400)
        while try await ExpireLeases(market: small.market)(by: small.manager) == 200 {}
        for worker in workers { try? await ReinstateWorker(market: small.market)(worker, by: small.manager) }
        let batch = try await small.batch(
            small.draft(name, requirement: .all([]), redundancy: dice.roll(1...3), lapsesMax: dice.roll(1...3)),
            tasks: dice.roll(1...3)
        )
        known.withLock { $0 = Known(batch: batch) }
    }

    /// One to three things at once, each by a client of its own.
    func step() async -> [Action] {
        let actions = (0..<dice.roll(1...3)).map { _ in dice.pick(Self.weighted) }
        await withTaskGroup { group in
            for (number, action) in actions.enumerated() {
                group.addTask { await self.attempt(action, on: self.markets[number]) }
            }
        }
        return actions
    }

    /// What is common, more often.
    private static let weighted: [Action] =
        Action.allCases + Array(repeating: .claim, count: 6) + Array(repeating: .submit, count: 4)
        + Array(repeating: .review, count: 2)

    /// Everything acknowledged is there as it was acknowledged.
    func checkAcknowledged() async throws {
        for (assignment, hash) in known.withLock({ $0.acknowledged }) {
            let found = try await small.count(
                "select count(*) as n from submission where assignment_id = \(assignment) and hash = \(hash)")
            #expect(found == 1, "an acknowledged answer is gone; seed \(dice.seed)")
        }
    }

    private func attempt(_ action: Action, on market: Market) async {
        do {
            try await perform(action, on: market)
        } catch is any Refusal {
        } catch is IllegalTransition {
        } catch StoreError.connectionLost {
        } catch StoreError.commitOutcomeUnknown {
        } catch StoreError.unreachable {
        } catch {
            Issue.record("\(action): \(error); seed \(dice.seed)")
        }
    }

    private func perform(_ action: Action, on market: Market) async throws {
        guard let batch = known.withLock({ $0.batch }) else { return }
        let worker = dice.pick(workers)
        switch action {
        case .claim:
            let lease = try await ClaimTask(market: market)(
                from: (small.requester, batch), by: Principal.ID(worker.uuid))
            known.withLock { $0.leases.append(lease) }
        case .expire:
            Scratch.clock.advance(by: Double(dice.roll(60...4_000)))
            _ = try await ExpireLeases(market: market)(most: dice.roll(1...5), by: small.manager)
        case .revoke: _ = try await RevokeLeases(market: market)(by: small.manager)
        case .suspend:
            _ = try await SuspendWorker(market: market)(
                worker, rule: "house_rules", facts: [:], reasons: "For the test.", by: small.second)
        case .pause: try await PauseBatch(market: market)(batch, of: small.requester, by: small.manager)
        case .resume: try await PauseBatch(market: market).resume(batch, of: small.requester, by: small.manager)
        case .release:
            for slot in try await ListQuarantine(market: market)(batch, of: small.requester, by: small.manager) {
                try await ReleaseQuarantine(market: market)(
                    slot.task, slot: slot.slot, of: small.requester, by: small.manager)
            }
        case .close: _ = try await CloseBatch(market: market)(batch, of: small.requester, by: small.manager)
        case .heartbeat, .draft, .giveBack, .submit, .submitLate, .review:
            let leases = known.withLock { $0.leases }
            if !leases.isEmpty { try await use(dice.pick(leases), action, on: market) }
        }
    }

    private func use(_ lease: Assignment, _ action: Action, on market: Market) async throws {
        let actor = Principal.ID(lease.worker.uuid)
        switch action {
        case .heartbeat:
            _ = try await Heartbeat(market: market)(
                lease.id, token: lease.leaseToken, seconds: dice.roll(1...9_000), by: actor)
        case .draft:
            _ = try await SaveDraft(market: market)(
                ["label": "half"], for: lease.id, token: lease.leaseToken, by: actor)
        case .giveBack:
            try await ReturnTask(market: market)(
                lease.id, token: lease.leaseToken, dice.pick([.noTime, .unclear]), by: actor)
        case .submitLate, .submit:
            if action == .submitLate { Scratch.clock.advance(by: 3_700) }
            let taken = try await SubmitAnswer(market: market)(
                ["label": .string(dice.pick(["a", "b"]))], for: lease.id, token: lease.leaseToken, by: actor)
            known.withLock { $0.acknowledged[taken.assignment] = taken.hash }
        case .review:
            _ = try await ReviewSubmission(market: market)(
                lease.id, of: small.requester, dice.pick([.accepted, .rejected]), reasons: "Not as asked.",
                by: small.reviewer)
        case .claim, .expire, .revoke, .suspend, .pause, .resume, .release, .close: break
        }
    }
}
