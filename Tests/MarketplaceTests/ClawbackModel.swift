import Foundation
import Marketplace
import Store
import TestSupport

/// Random clawbacks and appeals of people who may do what they like, and what may be kept for them.
final class ClawbackModel {
    private struct Claw {
        let id: Clawback.ID
        let worker: Worker.ID
        let minor: Int64
        let proposer: Principal.ID
        var decision: (id: Decision.ID, at: Date)?
        var appeal: Appeal.ID?
        var isInDispute = false
    }

    private(set) var faults: [String] = []
    /// How many were decided.
    private(set) var tried = 0
    private let dice: Dice
    private let desk: PayoutDesk
    private let people: [Principal.ID]
    private var claws: [Claw] = []
    private var proposals = 0
    private var refused = 0

    init(_ dice: Dice, _ desk: PayoutDesk, _ people: [Principal.ID]) {
        (self.dice, self.desk, self.people) = (dice, desk, people)
    }

    /// What may be kept of a payment of that instant at most: what was decided a week before and is not in dispute, and
    /// what was given back when it was overturned, as its payment may have come back. A bound, not the amount.
    func mostKept(of worker: Worker.ID, at now: Date) -> Int64 {
        claws.filter { claw in
            guard claw.worker == worker, let decided = claw.decision else { return false }
            return !claw.isInDispute && now.timeIntervalSince(decided.at) >= Clawback.noticeSeconds
        }.reduce(0) { $0 + $1.minor }
    }

    /// - Returns: how often it was refused.
    func act() async throws -> Int {
        refused = 0
        switch dice.roll(0...5) {
        case 0, 1: try await propose()
        case 2, 3: try await decide()
        case 4: try await appealOrAgree()
        default: try await answer()
        }
        return refused
    }

    private func propose() async throws {
        let (worker, actor) = (dice.pick(desk.workers), dice.pick(people))
        let earnings: [Transfer.ID] = try await desk.small.market.database.read {
            try await $0.rows(
                "select transfer_id from earning where worker_id = \(worker) order by transfer_id desc limit 5"
            )
            .map { try $0["transfer_id"] }
        }
        guard !earnings.isEmpty else { return }
        proposals += 1
        let (reference, earning) = ("model \(proposals)", dice.pick(earnings))
        let minor = dice.roll(0...2) == 0 ? Int64(dice.roll(1...2_100)) : nil
        let market = desk.small.market
        guard
            let claw = try await allowed({
                try await ProposeClawback(market: market)(
                    [ClawbackPart(earning, amountMinor: minor)], of: worker, by: .fraudUpheld, reasons: "Model.",
                    reference: reference, by: actor)
            })
        else { return }
        if claw.amount.minorUnits > 2_000 { faults.append("more taken back than was earned") }
        if actor == people[1] { faults.append("proposed by who must not") }
        claws.append(Claw(id: claw.id, worker: worker, minor: claw.amount.minorUnits, proposer: actor))
    }

    private func decide() async throws {
        guard let index = pick(where: { $0.decision == nil }) else { return }
        let (claw, actor, market) = (claws[index], dice.pick(people), desk.small.market)
        let takeBack = dice.roll(0...4) > 0
        guard
            let outcome = try await allowed({
                try await DecideClawback(market: market)(claw.id, takeBack: takeBack, by: actor)
            })
        else { return }
        if actor == claw.proposer { faults.append("decided by who proposed it") }
        if actor == people[0] || actor == people[4] { faults.append("decided by who must not") }
        guard let decision = outcome else {
            claws.remove(at: index)
            return
        }
        tried += 1
        claws[index].decision = (decision, Scratch.clock.now())
    }

    private func appealOrAgree() async throws {
        guard let index = pick(where: { $0.decision != nil && $0.appeal == nil }), let decision = claws[index].decision
        else { return }
        let (claw, market) = (claws[index], desk.small.market)
        let worker = Principal.ID(claw.worker.uuid)
        if dice.roll(0...1) == 0 {
            _ = try await allowed { try await AgreeToClawback(market: market)(claw.id, by: worker) }
        } else if let appeal = try await allowed({
            try await FileAppeal(market: market)(decision.id, statement: "No.", by: worker)
        }) {
            (claws[index].appeal, claws[index].isInDispute) = (appeal.id, true)
        }
    }

    private func answer() async throws {
        guard let index = pick(where: { $0.isInDispute }), let appeal = claws[index].appeal else { return }
        let (isOverturned, desk) = (dice.roll(0...1) == 0, desk)
        let done: Bool? = try await allowed {
            _ = try await AnswerAppeal(market: desk.small.market)(
                appeal, isOverturned: isOverturned, answer: "Looked at.", by: desk.small.second)
            return true
        }
        if done == true { claws[index].isInDispute = false }
    }

    private func pick(where isFit: (Claw) -> Bool) -> Int? {
        let fit = claws.indices.filter { isFit(claws[$0]) }
        return fit.isEmpty ? nil : dice.pick(fit)
    }

    /// - Returns: `nil` when it was refused.
    private func allowed<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value? {
        do {
            return try await body()
        } catch {
            guard error is any Refusal else { throw error }
            refused += 1
            return nil
        }
    }
}
