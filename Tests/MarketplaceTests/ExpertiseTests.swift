import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Expertise", .scratchDatabase)
struct ExpertiseTests {
    @Test("a credential's verification moves in these ways and no other", arguments: CredentialState.allCases)
    func transitions(state: CredentialState) {
        let table: [CredentialState: [CredentialEvent: CredentialState]] = [
            .submitted: [.check: .inCheck], .inCheck: [.verify: .verified, .refuse: .refused],
            .verified: [.revoke: .revoked], .refused: [.reopen: .inCheck], .revoked: [.restore: .verified],
        ]
        for event in CredentialEvent.allCases {
            #expect((try? state.after(event)) == table[state]?[event], "\(state) \(event)")
        }
    }

    @Test("facts show the profession, its tier and the verified credentials with their validity")
    func facts() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer()
        _ = try await SubmitCredential(market: crew.market)(
            .admission(number: "77", jurisdiction: "US-CA"), of: worker, by: crew.chief
        )
        let facts = try #require(try await crew.facts(of: worker))
        #expect(facts.state == .active && facts.country == "DE" && facts.languages == ["de", "en"])
        #expect(facts.professions == [.lawyer: .init(tier: .specialist, years: 9, specialties: ["licensing"])])
        #expect(
            facts.credentials == [
                Credential(
                    id: admission, profession: .lawyer, kind: .barAdmission, jurisdiction: "US-NY",
                    validity: InstantRange(from: .at("2015-06-01T00:00:00Z"), until: .at("2028-01-01T00:00:00Z"))
                )
            ])
    }

    @Test("facts of somebody without any profession are empty, of nobody there are none")
    func noFacts() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        #expect(try await crew.facts(of: worker)?.professions == [:])
        #expect(try await crew.facts(of: Worker.ID(crew.chief.uuid)) == nil)
    }

    @Test("the tier that counts is the one in force at the instant")
    func tierHistory() async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer(tier: .generalist)
        Scratch.clock.advance(by: 3_600)
        try await GrantTier(market: crew.market)(.expert, in: .lawyer, to: worker, by: crew.chief)
        func tier(after seconds: Double) async throws -> Tier? {
            try await crew.facts(of: worker, at: Scratch.start + seconds)?.professions[.lawyer]?.tier
        }
        #expect(try await tier(after: -1) == nil)
        #expect(try await tier(after: 0) == .generalist)
        #expect(try await tier(after: 3_599) == .generalist)
        #expect(try await tier(after: 3_600) == .expert)
    }

    @Test("two tiers granted at one instant leave the later one, and no empty period")
    func sameInstant() async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer(tier: .generalist)
        try await GrantTier(market: crew.market)(.principal, in: .lawyer, to: worker, by: crew.chief)
        #expect(try await crew.facts(of: worker)?.professions[.lawyer]?.tier == .principal)
    }

    @Test("a lower tier is a decision with reasons")
    func tierLoss() async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer(tier: .expert)
        let grant = GrantTier(market: crew.market)
        Scratch.clock.advance(by: 60)
        await #expect(throws: ExpertiseRefusal.reasonsMissing) {
            try await grant(.specialist, in: .lawyer, to: worker, by: crew.chief)
        }
        let loss = TierLoss(rule: "gold_accuracy", facts: ["accuracy_bps": 6_100], reasons: "61 % of gold answers.")
        try await grant(.specialist, in: .lawyer, to: worker, loss: loss, by: crew.chief)
        let kind: String = try await crew.market.database.read {
            try await $0.oneRow("select kind from decision where worker_id = \(worker)")["kind"]
        }
        #expect(kind == "tier_loss")
    }

    @Test(
        "refusals of a tier come in their order",
        arguments: [
            ("nobody", "self", "role_missing"), ("nobody", "chief", "not_found"), ("worker", "chief", "no_profile"),
        ])
    func tierRefusals(subject: String, actor: String, code: String) async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        let subject = subject == "worker" ? worker : Worker.ID(crew.chief.uuid)
        let actor = actor == "self" ? Principal.ID(worker.uuid) : crew.chief
        #expect(
            await Crew.refusal {
                try await GrantTier(market: crew.market)(.expert, in: .lawyer, to: subject, by: actor)
            } == code)
    }

    @Test("nobody vouches for themselves, operator or not")
    func ownVerifier() async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer()
        let paper = try await SubmitCredential(market: crew.market)(
            .admission(number: "5"), of: worker, by: Principal.ID(worker.uuid)
        )
        let myself = Principal.ID(worker.uuid)
        await #expect(throws: AccessRefusal.roleMissing(.operator)) {
            try await VerifyCredential(market: crew.market)(paper, by: myself)
        }
        try await Scratch.database.transaction {
            try await $0.insertGrant(
                id: Scratch.here.identifiers.uuid(at: $0.instant), of: .operator, to: myself, for: nil, by: crew.chief
            )
        }
        await #expect(throws: ExpertiseRefusal.ownVerifier) {
            try await VerifyCredential(market: crew.market)(paper, by: myself)
        }
        await #expect(throws: ExpertiseRefusal.ownVerifier) {
            try await GrantTier(market: crew.market)(.principal, in: .lawyer, to: worker, by: myself)
        }
    }

    @Test("a refused credential has a decision and does not count; its number may be handed in by its holder")
    func refusedCredential() async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer("w1")
        let (holder, _) = try await crew.lawyer("w2")
        let submit = SubmitCredential(market: crew.market)
        let paper = try await submit(.admission(number: "NY 12a"), of: worker, by: crew.chief)
        await #expect(throws: ExpertiseRefusal.numberTaken) {
            try await submit(.admission(number: "ny 12A"), of: holder, by: crew.chief)
        }
        _ = try await RefuseCredential(market: crew.market)(
            paper, rule: "register_lookup", facts: [:], reasons: "The register lists another person.", by: crew.chief
        )
        #expect(try await crew.facts(of: worker)?.credentials.count == 1)
        let second = try await submit(.admission(number: "ny 12A"), of: holder, by: crew.chief)
        try await VerifyCredential(market: crew.market)(second, by: crew.chief)
        #expect(try await crew.facts(of: holder)?.credentials.count == 2)
        await #expect(throws: IllegalTransition.self) {
            try await VerifyCredential(market: crew.market)(paper, by: crew.chief)
        }
    }

    @Test("a revoked credential no longer counts: a decision, of which the worker is told why")
    func revoked() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer()
        try await RevokeCredential(market: crew.market)(admission, reason: "Suspended for unpaid dues.", by: crew.chief)
        #expect(try await crew.facts(of: worker)?.credentials == [])
        _ = try await DeliverNotices(market: crew.market)() {
            #expect($0.map(\.kind) == ["decision_made"])
            #expect($0.first?.facts["kind"] == "credential_revocation")
            #expect($0.first?.facts["reasons"] == "Suspended for unpaid dues.")
        }
    }

    @Test("a credential waits for leases in flight: while a worker is locked for one, it cannot be revoked")
    func revocationWaits() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer()
        try await crew.market.database.transaction { lease in
            #expect(try await lease.lockWorker(worker)?.state == .active)
            let isFree = try await crew.market.database.transaction { other in
                try await other.firstRow(
                    """
                    select from worker where worker_id = \(worker) for no key update skip locked
                    """) != nil
            }
            #expect(!isFree)
        }
        try await RevokeCredential(market: crew.market)(admission, reason: "Dues.", by: crew.chief)
    }

    @Test(
        "papers are refused with the first field that is wrong",
        arguments: [
            ("lawyer", "bar_admission", " ", "US-NY", "1", "2027-01-01", "issuer"),
            ("lawyer", "bar_admission", "Court", "us-ny", "1", "2027-01-01", "jurisdiction"),
            ("lawyer", "bar_admission", "Court", "US-NY", "", "2027-01-01", "number"),
            ("lawyer", "bar_admission", "Court", "US-NY", "1", "2014-12-31", "expires_on"),
        ])
    func badPapers(
        profession: String, kind: String, issuer: String, place: String, number: String, expires: String, field: String
    ) throws {
        let profession = try #require(Profession(profession))
        let kind = try #require(CredentialKindCode(rawValue: kind))
        let fault = #expect(throws: BadInput.self) {
            try CredentialSubmission(
                profession: profession, kind: kind, issuer: issuer, jurisdiction: place, number: number,
                issuedOn: .day("2015-01-01"), expiresOn: .day(expires)
            )
        }
        #expect(fault?.field == field)
    }

    @Test("a profession that the catalogue lacks cannot be declared")
    func unknownProfession() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        let astrologer = try #require(Profession("astrologer"))
        await #expect(throws: ExpertiseRefusal.unknownProfession) {
            try await DeclareProfession(market: crew.market)(
                astrologer, years: 3, specialties: [], of: worker, by: crew.chief
            )
        }
    }

    @Test("equal requirements share one row, also when made at once, and read back as they are")
    func interned() async throws {
        let crew = try await Crew()
        let tree = Requirement.all([.language("en"), .profession(.lawyer, leastTier: .expert)])
        let ids = try await withThrowingTaskGroup(of: Requirement.ID.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await crew.market.database.transaction {
                        try await $0.internRequirement(tree, id: Scratch.here.identifiers.make(at: $0.instant))
                    }
                }
            }
            return try await group.reduce(into: Set<Requirement.ID>()) { $0.insert($1) }
        }
        let id = try #require(ids.first)
        #expect(ids.count == 1)
        #expect(try await crew.market.database.read { try await $0.requirement(id) } == tree.normalised)
        let nobody: Requirement.ID = Scratch.here.identifiers.make(at: Scratch.start)
        #expect(try await crew.market.database.read { try await $0.requirement(nobody) } == nil)
    }

    @Test("enums have the labels of the database, in its order")
    func labels() async throws {
        let expected = [
            "worker_state": Worker.State.allCases.map(\.rawValue), "tier": Tier.allCases.map(\.rawValue),
            "credential_state": CredentialState.allCases.map(\.rawValue),
            "pay_unit": PayUnit.allCases.map(\.rawValue),
            "decision_kind": DecisionKind.allCases.map(\.rawValue),
        ]
        for (name, labels) in expected {
            let found: [String] = try await Scratch.database.read {
                try await $0.rows(
                    """
                    select enumlabel::text as label from pg_enum join pg_type on pg_type.oid = enumtypid
                     where typname = \(name) order by enumsortorder
                    """
                ).map { try $0["label"] }
            }
            #expect(found == labels, "\(name)")
        }
    }
}
