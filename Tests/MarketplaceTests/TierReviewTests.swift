import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("The review of tiers", .scratchDatabase)
struct TierReviewTests {
    private func rule(
        _ crew: Crew, _ tier: Tier, _ conditions: JSON, isAutomatic: Bool = false
    ) async throws {
        _ = try await PublishTierRule(market: crew.market)(
            tier, in: .lawyer, conditions: TierConditions(json: conditions), isAutomatic: isAutomatic, by: crew.chief
        )
    }

    /// The whole of a review, by pages.
    private func review(_ crew: Crew, limit: Int = 200) async throws -> [Int] {
        let system = try await crew.market.systemPrincipal()
        var sum = [0, 0, 0, 0]
        var place: ReviewTiers.Place?
        repeat {
            let page = try await ReviewTiers(market: crew.market)(after: place, limit: limit, by: system)
            sum[0] += page.reviewed
            sum[1] += page.granted
            sum[2] += page.proposed
            sum[3] += page.withdrawn
            place = page.next
        } while place != nil
        return sum
    }

    private func open(_ crew: Crew) async throws -> [TierProposal] {
        try await TierHistory(market: crew.market).openProposals(by: crew.chief)
    }

    @Test(
        "goes through everybody by pages of any size, proposes once, and gives what is automatic",
        arguments: [1, 2, 200])
    func pages(limit: Int) async throws {
        let crew = try await Crew()
        var workers: [Worker.ID] = []
        for index in 0..<3 { workers.append(try await crew.lawyer("w\(index)", tier: .generalist).worker) }
        let paused = try await crew.lawyer("paused", tier: .generalist).worker
        try await PauseWorker(market: crew.market)(paused, by: Principal.ID(paused.uuid))
        let gone = try await crew.lawyer("gone", tier: .generalist).worker
        try await CloseWorker(market: crew.market)(ownAccount: gone)
        #expect(try await review(crew, limit: limit) == [0, 0, 0, 0])
        try await rule(crew, .specialist, ["licences": 1])
        #expect(try await review(crew, limit: limit) == [4, 0, 4, 0])
        #expect(try await review(crew, limit: limit) == [4, 0, 0, 0])
        let proposals = try await open(crew)
        #expect(proposals.allSatisfy { $0.tier == .specialist && $0.held == .generalist && !$0.isLoss })
        Scratch.clock.advance(by: 1)
        try await rule(crew, .specialist, ["licences": 1], isAutomatic: true)
        // The rule that proposed has ended: its proposals go, and the new one gives the tier.
        #expect(try await review(crew, limit: limit) == [4, 4, 0, 4])
        #expect(try await review(crew, limit: limit) == [4, 0, 0, 0])
        let periods = try await TierHistory(market: crew.market)(of: workers[0], by: crew.chief)
        #expect(periods.map(\.tier) == [.specialist, .generalist])
        #expect(periods.map(\.ground) == [.rule, .operator])
        #expect(periods.first?.decidedBy == crew.chief)
        #expect(periods.first?.reasons == "licences: 1 needed, 1 found; years: 0 needed, 9 found")
        let ills = try await Doctor(market: crew.market)().filter { !$0.isClean }.map(\.check)
        #expect(ills == [])
    }

    @Test("proposes the loss of a tier whose rule is not met any more; it takes a decision that can be appealed")
    func loss() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer(tier: .expert)
        let myself = Principal.ID(worker.uuid)
        try await rule(crew, .specialist, ["years": 0])
        try await rule(crew, .expert, ["licences": 1, "verifiers": 2])
        #expect(try await review(crew) == [1, 0, 0, 0])
        try await RevokeCredential(market: crew.market)(admission, reason: "Struck off.", by: crew.chief)
        #expect(try await review(crew) == [1, 0, 1, 0])
        #expect(try await review(crew) == [1, 0, 0, 0])
        let proposal = try #require(try await open(crew).first)
        #expect(proposal.isLoss && proposal.held == .expert && proposal.tier == .specialist)
        #expect(proposal.reasons.arrayValue?.first?["is_met"]?.boolValue == false)
        let decide = DecideTierProposal(market: crew.market)
        #expect(
            await Crew.refusal { try await WithdrawTierProposal(market: crew.market)(proposal.id, by: myself) }
                == "role_missing")
        #expect(await Crew.refusal { try await decide(proposal.id, by: crew.chief) } == "reasons_missing")
        #expect(
            await Crew.refusal {
                try await decide(proposal.id, lossReasons: "x", by: try await crew.market.systemPrincipal())
            } == "decider_is_no_person")
        Scratch.clock.advance(by: 60)
        try await decide(proposal.id, lossReasons: "No licence is left.", by: crew.chief)
        let periods = try await TierHistory(market: crew.market)(of: worker, by: myself)
        #expect(periods.map(\.tier) == [.specialist, .expert])
        #expect(periods.map(\.reasons).first == "No licence is left.")
        let decisions: Int = try await crew.market.database.read {
            try await $0.oneRow(
                """
                select count(*) as n from decision
                 where kind = 'tier_loss' and worker_id = \(worker) and decided_by = \(crew.chief)
                   and appeal_until > decided_at and facts -> 'conditions' -> 0 ->> 'is_met' = 'false'
                """)["n"]
        }
        #expect(decisions == 1)
        let told: [String] = try await crew.market.database.read {
            try await $0.rows("select kind from notice where recipient_id = \(worker) order by notice_id").map {
                try $0["kind"]
            }
        }
        #expect(told == ["decision_made", "decision_made"])
        let ills = try await Doctor(market: crew.market)().filter { !$0.isClean }.map(\.check)
        #expect(ills == [])
    }

    @Test("takes a proposed loss back when the tier is earned again, and nobody loses a tier that has no rule")
    func earnedAgain() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer(tier: .specialist)
        let (_, other) = try await crew.lawyer("w2", tier: .expert)
        try await rule(crew, .specialist, ["licences": 1])
        for paper in [admission, other] {
            try await RevokeCredential(market: crew.market)(paper, reason: "Struck off.", by: crew.chief)
        }
        #expect(try await review(crew) == [2, 0, 1, 0])
        let proposal = try #require(try await open(crew).first)
        #expect(proposal.worker == worker && proposal.tier == .generalist)
        let again = try await SubmitCredential(market: crew.market)(
            .admission(number: "4711"), of: worker, by: crew.chief)
        try await VerifyCredential(market: crew.market)(again, by: crew.chief)
        #expect(
            await Crew.refusal {
                try await DecideTierProposal(market: crew.market)(proposal.id, lossReasons: "x", by: crew.chief)
            } == "tier_conditions_met_again")
        #expect(try await review(crew) == [2, 0, 0, 1])
        #expect(try await open(crew) == [])
    }

    @Test("does not propose again what somebody declined, until the conditions that are met change")
    func declined() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer(tier: .specialist)
        try await rule(crew, .specialist, ["licences": 1, "years": 9])
        try await RevokeCredential(market: crew.market)(admission, reason: "Struck off.", by: crew.chief)
        let again = try await SubmitCredential(market: crew.market)(
            .admission(number: "4711"), of: worker, by: crew.chief)
        // Licence and years are both missing, then the years only, as the declaration says fewer.
        #expect(try await review(crew) == [1, 0, 1, 0])
        try await DecideTierProposal(market: crew.market)(
            #require(try await open(crew).first).id, declineNote: "It will come back.", by: crew.chief)
        #expect(try await review(crew) == [1, 0, 0, 0])
        try await VerifyCredential(market: crew.market)(again, by: crew.chief)
        #expect(try await review(crew) == [1, 0, 0, 0])
        try await ChangeProfile(market: crew.market)(
            ProfileContent(profession: .lawyer, years: 2, specialties: []), of: worker, by: crew.chief)
        #expect(try await review(crew) == [1, 0, 1, 0])
        #expect(try await open(crew).first?.reasons.arrayValue?.map { $0["is_met"]?.boolValue } == [true, false])
    }

    @Test("does for each worker once what many reviews find at once")
    func race() async throws {
        let crew = try await Crew()
        for index in 0..<6 { _ = try await crew.lawyer("w\(index)", tier: .generalist) }
        try await rule(crew, .specialist, ["licences": 1])
        let counts = try await withThrowingTaskGroup { group in
            for _ in 0..<6 { group.addTask { try await review(crew, limit: 2)[2] } }
            return try await group.reduce(0, +)
        }
        #expect(counts == 6)
        #expect(try await open(crew).count == 6)
    }
}
