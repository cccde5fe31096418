import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// Every use case that changes what requirements ask for, in any order.
@Suite("Kept eligibility through the use cases", .scratchDatabase)
struct KeptEligibilityHookTests: KeepsEligibility {
    private enum Step: CaseIterable {
        case profession, profile, paper, reverify, revoke, tier, person, interest, withdraw, exclude, lift, join, leave,
            estimate, exam, publish, accept, pause, clear, unclear, erase
    }

    /// Who and what the steps are about.
    private struct Stage {
        let crew: Crew
        let workers: [Worker.ID]
        let requester: Requester.ID
        let teams: [Team.ID]
        var admissions: [Credential.ID: Worker.ID] = [:]
        var interests: [Interest.ID: Worker.ID] = [:]
        var excluded: Set<Worker.ID> = []
        var cleared: Set<Worker.ID> = []
        var members: [Worker.ID: Team.ID] = [:]
        var number = 0

        var market: Market { crew.market }
    }

    private func stage() async throws -> Stage {
        let crew = try await Crew()
        var workers: [Worker.ID] = []
        for number in 1...3 { workers.append(try await crew.worker("w\(number)")) }
        try await DeclareProfession(market: crew.market)(
            .lawyer, years: 3, specialties: [], of: workers[0], by: crew.chief
        )
        let create = CreateTeam(market: crew.market)
        let agency = try TeamDraft(externalKey: "a", kind: .agency, name: "A", base: "DE")
        let staff = try TeamDraft(externalKey: "s", kind: .staff, name: "S", base: "DE")
        let exam = try ExamDraft(json: ExamTests.draft(["attempts_max": 100, "cooldown_hours": 0, "valid_days": 1]))
        _ = try await PublishExam(market: crew.market)(exam, by: crew.chief)
        return Stage(
            crew: crew, workers: workers,
            requester: try await CreateRequester(market: crew.market)(externalKey: "r", name: "R", by: crew.chief),
            teams: [try await create(agency, by: crew.chief).id, try await create(staff, by: crew.chief).id]
        )
    }

    /// One of each rule that a step may turn, and some trees of several.
    private func trees(_ world: inout RequirementWorld, _ stage: Stage) -> [Requirement] {
        var trees: [Requirement] = [
            .profession(.lawyer, leastTier: .specialist), .jurisdiction("US", of: .lawyer),
            .specialty("tax", of: .lawyer), .years(5, of: .lawyer), .language("fr"), .language("de", leastLevel: .b2),
            .performedIn(["FR"]), .clearance(2), .agreement("nda"), .noInterest(in: "initech"),
            .notExcluded(by: stage.requester),
            .sourcing([.agency]), .sourcing([.staff]), .exam("contracts", leastScore: 7_500),
            .skill("lawyer/contracts", least: .mean(5_000)), .credential("bar_admission", of: .lawyer),
        ]
        for _ in 0..<25 { trees.append(world.tree()) }
        return trees
    }

    @Test(
        "after any sequence of uses it equals evaluation from scratch, and the doctor says so too",
        arguments: UInt64(1)...4
    )
    func anySequence(seed: UInt64) async throws {
        var world = RequirementWorld(seed: seed)
        var stage = try await stage()
        let trees = try await keep(trees(&world, stage))
        var done: Set<Step> = []
        for number in 0..<160 {
            let step = number < 150 ? world.pick(Step.allCases.filter { $0 != .erase }) : world.pick(Step.allCases)
            let worker = world.pick(stage.workers)
            stage.number = number
            do {
                try await take(step, of: worker, &stage, &world)
                done.insert(step)
            } catch is any Refusal {
                // The market does not allow it as things stand: nothing has changed.
            }
            for wait in [0, 1, 30_000] {
                Scratch.clock.advance(by: Double(wait))
                try await compare(stage.workers, trees, "seed \(seed), step \(number) \(step), after \(wait) s")
            }
        }
        let doctor = Doctor(market: stage.market)
        #expect(try await doctor.outcome(of: .keptEligibility) == .clean)
        #expect(Set(Step.allCases).subtracting(done).subtracting([.erase]) == [], "seed \(seed)")
    }

    private func take(
        _ step: Step, of worker: Worker.ID, _ stage: inout Stage, _ world: inout RequirementWorld
    ) async throws {
        let (market, chief, number) = (stage.market, stage.crew.chief, stage.number)
        switch step {
        case .profession:
            try await DeclareProfession(market: market)(
                .lawyer, years: world.pick([1, 5, 9]), specialties: [world.pick(["tax", "licensing"])], of: worker,
                by: chief
            )
        case .profile:
            let content = try ProfileContent(
                profession: .lawyer, years: world.pick([1, 5, 9]), specialties: [world.pick(["tax", "licensing"])]
            )
            try await ChangeProfile(market: market)(content, of: worker, by: chief)
        case .paper:
            let day = String((Scratch.clock.now() + world.pick([1, 20]) * 86_400).formatted(.iso8601).prefix(10))
            let admission = try CredentialSubmission.admission(
                number: "n\(number)", jurisdiction: world.pick(["US-NY", "DE"]), expires: day
            )
            let paper = try await SubmitCredential(market: market)(admission, of: worker, by: chief)
            try await VerifyCredential(market: market)(paper, by: chief)
            try await ConfirmCredential(market: market)(paper, by: stage.crew.second)
            stage.admissions[paper] = worker
        case .reverify:
            let day = String((Scratch.clock.now() + 3 * 86_400).formatted(.iso8601).prefix(10))
            let paper = stage.admissions.keys.max() ?? Credential.ID(worker.uuid)
            try await ReverifyCredential(market: market)(paper, expiresOn: .day(day), by: chief)
        case .revoke:
            let paper = stage.admissions.keys.min() ?? Credential.ID(worker.uuid)
            stage.admissions[paper] = nil
            try await RevokeCredential(market: market)(paper, reason: "x", by: chief)
        case .tier:
            try await GrantTier(market: market)(
                world.pick(Tier.allCases), in: .lawyer, to: stage.admissions.max { $0.key < $1.key }?.value ?? worker,
                loss: TierLoss(rule: "r", facts: [:], reasons: "x"), by: chief
            )
        case .person:
            let place = stage.workers.firstIndex(of: worker) ?? 0
            let registration = try Registration.sample(
                "w\(place + 1)", country: world.pick(["DE", "FR"]),
                languages: world.pick([["en"], ["fr:a1", "de:c1"], ["de:a1"]])
            )
            try await ReviseWorker(market: market)(worker, to: registration, by: chief)
        case .interest, .withdraw, .exclude, .lift, .join, .leave, .estimate, .exam, .publish, .accept, .pause, .clear,
            .unclear, .erase:
            try await takeTie(step, of: worker, &stage, &world)
        }
    }

    private func takeTie(
        _ step: Step, of worker: Worker.ID, _ stage: inout Stage, _ world: inout RequirementWorld
    ) async throws {
        let (market, chief, own) = (stage.market, stage.crew.chief, Principal.ID(worker.uuid))
        switch step {
        case .interest:
            let party = world.pick(["Initech", "Acme Corp"])
            let interest = try await DeclareInterest(market: market)(.employer, in: party, of: worker, by: own)
            stage.interests[interest.id] = worker
        case .withdraw:
            let (id, holder) = stage.interests.min { $0.key < $1.key } ?? (Interest.ID(worker.uuid), worker)
            stage.interests[id] = nil
            _ = try await WithdrawInterest(market: market)(id, of: holder, by: chief)
        case .exclude:
            _ = try await ExcludeWorker(market: market)(worker, from: stage.requester, reason: "Late.", by: chief)
            stage.excluded.insert(worker)
        case .lift:
            let barred = stage.excluded.min() ?? worker
            try await LiftExclusion(market: market)(of: barred, from: stage.requester, by: chief)
            stage.excluded.remove(barred)
        case .join:
            let team = world.pick(stage.teams)
            try await JoinTeam(market: market)(worker, team, by: chief)
            stage.members[worker] = team
        case .leave:
            let (member, team) = stage.members.min { $0.key < $1.key } ?? (worker, stage.teams[0])
            try await LeaveTeam(market: market)(member, team, by: chief)
            stage.members[member] = nil
        case .estimate:
            let estimates = try stage.workers.map {
                try SkillEstimate(
                    worker: $0, skill: #require(Skill("lawyer/contracts")), version: stage.number + 2,
                    meanBps: world.pick([4_000, 6_000]), lowBps: 3_000, highBps: 9_000, evidence: 40
                )
            }
            try await WriteSkillEstimates(market: market)(estimates, by: chief)
        case .exam:
            let attempt = try await StartExam(market: market)("contracts", by: worker)
            let answers: JSON = ["q1": "a", "q2": .string(world.pick(["a", "b"])), "q3": "a"]
            _ = try await HandInExam(market: market)(attempt.id, answers: answers, by: worker)
        case .publish:
            _ = try await PublishAgreement(market: market)(
                kind: "nda", title: "NDA", body: "nda \(stage.number)", by: chief
            )
            try await sweep()
        case .accept:
            let newest = try await market.database.read { try await $0.currentAgreement("nda") }
            guard let newest else { throw NotFound("agreement") }
            _ = try await AcceptAgreement(market: market)("nda", version: newest.version, hash: newest.hash, by: own)
        case .pause:
            try await PauseWorker(market: market)(worker, by: own)
            try await ResumeWorker(market: market)(worker, by: own)
        case .clear:
            let end = world.pick([nil, Scratch.clock.now() + 40_000])
            _ = try await GrantClearance(market: market)(
                world.pick([1, 2, 3]), to: worker, until: end, reasons: "x", by: chief)
            stage.cleared.insert(worker)
        case .unclear:
            let cleared = stage.cleared.min() ?? worker
            stage.cleared.remove(cleared)
            try await EndClearance(market: market)(of: cleared, reasons: "x", by: chief)
        case .erase:
            _ = try await CloseWorker(market: market)(worker, rule: "r", facts: [:], reasons: "x", by: chief)
            _ = try await EraseWorker(market: market)(worker, by: chief)
        case .profession, .profile, .paper, .reverify, .revoke, .tier, .person: break
        }
    }
}
