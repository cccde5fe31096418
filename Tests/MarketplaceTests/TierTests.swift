import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Tiers by rules", .scratchDatabase)
struct TierTests {
    private static let conditions: JSON = ["licences": 1, "verifiers": 2, "years": 9, "exams": ["contracts"]]

    private func rule(
        _ crew: Crew, _ tier: Tier, _ conditions: JSON = conditions, isAutomatic: Bool = false
    ) async throws {
        _ = try await PublishTierRule(market: crew.market)(
            tier, in: .lawyer, conditions: TierConditions(json: conditions), isAutomatic: isAutomatic, by: crew.chief
        )
    }

    private func passExam(_ crew: Crew, _ worker: Worker.ID) async throws {
        _ = try await PublishExam(market: crew.market)(try ExamDraft(json: ExamTests.draft()), by: crew.chief)
        let attempt = try await StartExam(market: crew.market)("contracts", by: worker)
        _ = try await HandInExam(market: crew.market)(
            attempt.id, answers: ["q1": "a", "q2": "a", "q3": "a"], by: worker
        )
    }

    @Test("a proposal moves in these ways and no other", arguments: TierProposalState.allCases)
    func transitions(state: TierProposalState) {
        let table: [TierProposalState: [TierProposalEvent: TierProposalState]] = [
            .open: [.grant: .granted, .decline: .declined, .withdraw: .withdrawn], .granted: [:], .declined: [:],
            .withdrawn: [:],
        ]
        for event in TierProposalEvent.allCases {
            #expect((try? state.after(event)) == table[state]?[event], "\(state) \(event)")
        }
    }

    @Test(
        "conditions are refused with the field that is wrong",
        arguments: [
            ([], "conditions"), (["licence": 1], "conditions"), (["licences": 11], "licences"),
            (["verifiers": 3], "verifiers"), (["years": -1], "years"), (["years": "5"], "years"),
            (["credentials": ["No"]], "credentials"), (["exams": [1]], "exams"), (["exams": "contracts"], "exams"),
            (["skills": [["skill": "lawyer"]]], "low_bps"), (["skills": [["low_bps": 1]]], "skills"),
        ] as [(JSON, String)])
    func badConditions(json: JSON, field: String) {
        let fault = #expect(throws: BadInput.self) { try TierConditions(json: json) }
        #expect(fault?.field == field)
    }

    @Test("conditions read back as they are written")
    func roundTrip() throws {
        let json: JSON = [
            "licences": 1, "verifiers": 2, "years": 5, "credentials": ["board_certificate"], "exams": ["contracts"],
            "skills": [["skill": "lawyer/contracts", "low_bps": 7_000]],
        ]
        #expect(try TierConditions(json: json).json == json)
        #expect(try TierConditions(json: TierConditions(json: [:]).json) == TierConditions(json: [:]))
    }

    @Test("each condition says what was wanted and what was found", arguments: [true, false])
    func findings(isMet: Bool) throws {
        let conditions = try TierConditions(json: [
            "licences": 1, "verifiers": 2, "years": 5, "credentials": ["board_certificate"], "exams": ["contracts"],
            "skills": [["skill": "lawyer/contracts", "low_bps": 7_000]],
        ])
        let skill = try #require(Skill("lawyer/contracts"))
        let record =
            isMet
            ? TierRecord(
                licences: 1, licencesOfTwo: 1, years: 5, credentials: [.boardCertificate], exams: ["contracts"],
                skillLows: [skill: 7_000])
            : TierRecord(
                licences: 1, licencesOfTwo: 0, years: 4, credentials: [], exams: [], skillLows: [skill: 6_999])
        let findings = conditions.findings(record)
        #expect(
            findings.map(\.condition) == [
                "licences_verified_by_two", "years", "credential:board_certificate", "exam:contracts",
                "skill:lawyer/contracts",
            ])
        #expect(findings.allSatisfy { $0.isMet == isMet })
    }

    @Test("no rule gives expert or principal without a licence that two have verified")
    func fourEyes() async throws {
        let crew = try await Crew()
        for tier in [Tier.expert, .principal] {
            await #expect(throws: BadInput.self) { try await rule(crew, tier, ["licences": 1]) }
            await #expect(throws: BadInput.self) { try await rule(crew, tier, ["verifiers": 2]) }
        }
        try await rule(crew, .specialist, ["licences": 1])
    }

    @Test("the first condition that is missing is named; once all are met the tier is proposed with its reasons")
    func proposal() async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer()
        let propose = ProposeTier(market: crew.market)
        let myself = Principal.ID(worker.uuid)
        await #expect(throws: ProposeTierRefusal.noRule) { try await propose(in: .lawyer, for: worker, by: myself) }
        try await rule(crew, .expert)
        await #expect(
            throws: ProposeTierRefusal.notMet(.expert, TierFinding(condition: "exam:contracts", wanted: 1, found: 0))
        ) { try await propose(in: .lawyer, for: worker, by: myself) }
        try await passExam(crew, worker)
        let outcome = try await propose(in: .lawyer, for: worker, by: myself)
        guard case .proposed(let proposal) = outcome else { throw NotFound("proposal") }
        #expect(proposal.tier == .expert && proposal.reasons.arrayValue?.count == 3)
        #expect(try await propose(in: .lawyer, for: worker, by: crew.chief) == outcome)
        let history = TierHistory(market: crew.market)
        #expect(try await history.openProposals(by: crew.chief).map(\.id) == [proposal.id])
        #expect(
            await Crew.refusal { try await DecideTierProposal(market: crew.market)(proposal.id, by: myself) }
                == "role_missing")
        Scratch.clock.advance(by: 60)
        try await DecideTierProposal(market: crew.market)(proposal.id, by: crew.chief)
        #expect(try await history.openProposals(by: crew.chief).isEmpty)
        await #expect(throws: IllegalTransition.self) {
            try await DecideTierProposal(market: crew.market)(proposal.id, by: crew.chief)
        }
        // Which tier on that day: one answer.
        func tier(after seconds: Double) async throws -> Tier? {
            try await history.tier(of: worker, in: .lawyer, at: Scratch.start + seconds, by: myself)
        }
        #expect(try await tier(after: -1) == nil)
        #expect(try await tier(after: 59) == .specialist)
        #expect(try await tier(after: 60) == .expert)
        let periods = try await history(of: worker, by: myself)
        #expect(periods.map(\.tier) == [.expert, .specialist])
        #expect(periods.last?.until == periods.first?.from && periods.first?.until == nil)
        #expect(try await history(of: worker, before: periods.first?.from, by: myself).map(\.tier) == [.specialist])
    }

    @Test("what no longer holds when it is decided is not granted; it can be declined, and the worker is told why")
    func lapsed() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer()
        try await rule(crew, .expert, ["licences": 1, "verifiers": 2])
        let outcome = try await ProposeTier(market: crew.market)(in: .lawyer, for: worker, by: crew.chief)
        guard case .proposed(let proposal) = outcome else { throw NotFound("proposal") }
        try await RevokeCredential(market: crew.market)(admission, reason: "Struck off.", by: crew.chief)
        let decide = DecideTierProposal(market: crew.market)
        let finding = TierFinding(condition: "licences_verified_by_two", wanted: 1, found: 0)
        await #expect(throws: DecideTierRefusal.noLongerMet(finding)) { try await decide(proposal.id, by: crew.chief) }
        await #expect(throws: BadInput.self) { try await decide(proposal.id, declineNote: " ", by: crew.chief) }
        try await decide(proposal.id, declineNote: "The licence is gone.", by: crew.chief)
        _ = try await DeliverNotices(market: crew.market)() {
            #expect($0.last?.kind == "tier_proposal_declined" && $0.last?.facts["note"] == "The licence is gone.")
        }
    }

    @Test("a tier that is held already is not granted again")
    func heldAlready() async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer()
        try await rule(crew, .expert, ["licences": 1, "verifiers": 2])
        let outcome = try await ProposeTier(market: crew.market)(in: .lawyer, for: worker, by: crew.chief)
        guard case .proposed(let proposal) = outcome else { throw NotFound("proposal") }
        try await GrantTier(market: crew.market)(.principal, in: .lawyer, to: worker, by: crew.chief)
        await #expect(throws: DecideTierRefusal.heldAlready) {
            try await DecideTierProposal(market: crew.market)(proposal.id, by: crew.chief)
        }
        try await WithdrawTierProposal(market: crew.market)(proposal.id, by: Principal.ID(worker.uuid))
        await #expect(throws: IllegalTransition.self) {
            try await WithdrawTierProposal(market: crew.market)(proposal.id, by: crew.chief)
        }
    }

    @Test("an automatic rule gives the highest tier at once, in its publisher's name")
    func automatic() async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer(tier: .generalist)
        try await rule(crew, .specialist, ["licences": 1], isAutomatic: true)
        try await rule(crew, .expert, ["licences": 1, "verifiers": 2], isAutomatic: true)
        try await rule(crew, .principal, ["licences": 5, "verifiers": 2], isAutomatic: true)
        Scratch.clock.advance(by: 1)
        let outcome = try await ProposeTier(market: crew.market)(
            in: .lawyer, for: worker, by: Principal.ID(worker.uuid)
        )
        #expect(outcome == .granted(.expert))
        let periods = try await TierHistory(market: crew.market)(of: worker, by: crew.chief)
        #expect(periods.first?.decidedBy == crew.chief)
    }

    @Test("years count no further than the oldest valid licence bears out")
    func years() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer()
        func years() async throws -> Int {
            try await crew.market.database.read { try await $0.tierRecord(of: worker, in: .lawyer) }.years
        }
        // Declared 9, admitted on 2015-06-01, today 2026-03-02.
        #expect(try await years() == 9)
        let content = try ProfileContent(profession: .lawyer, years: 40, specialties: [])
        try await ChangeProfile(market: crew.market)(content, of: worker, by: Principal.ID(worker.uuid))
        #expect(try await years() == 10)
        try await RevokeCredential(market: crew.market)(admission, reason: "Struck off.", by: crew.chief)
        #expect(try await years() == 0)
    }

    @Test("a new rule replaces the one before from its instant on")
    func ruleHistory() async throws {
        let crew = try await Crew()
        try await rule(crew, .specialist, ["years": 3])
        await #expect(throws: BadInput.self) { try await rule(crew, .specialist, ["years": 4]) }
        Scratch.clock.advance(by: 1)
        try await rule(crew, .specialist, ["years": 5])
        let rules = try await ListTierRules(market: crew.market)(of: .lawyer)
        #expect(rules.map(\.conditions.years) == [5])
    }
}
