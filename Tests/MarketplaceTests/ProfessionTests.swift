import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// Professions that are rows of the catalogue, from the first paper to work.
@Suite("A profession without code of its own", .scratchDatabase)
struct ProfessionTests {
    @Test(
        "takes its people from a paper that two verify over a tier by rule to work that asks for it",
        arguments: ["accountant", "engineer", "translator", "financial_analyst", "tax_adviser"])
    func wholeWay(code: String) async throws {
        let small = try await SmallMarket()
        let market = small.market
        let profession = try #require(Profession(code))
        if code == "tax_adviser" {
            try await AddProfession(market: market)(profession, title: "Tax adviser", by: small.manager)
        }
        let kind = try #require(CredentialKindCode(rawValue: "\(code)_permit"))
        try await AddCredentialKind(market: market)(
            CredentialKindEntry(
                kind: CredentialKind(code: kind, isLicence: true), profession: profession, title: "Permit",
                reverifyMonths: 24
            ), by: small.manager)
        _ = try await PublishTierRule(market: market)(
            .expert, in: profession,
            conditions: TierConditions(json: [
                "licences": 1, "verifiers": 2, "years": 5, "credentials": [.string(kind.rawValue)],
            ]), isAutomatic: false, by: small.manager)

        let worker = try await small.worker("w")
        let myself = Principal.ID(worker.uuid)
        let demand = Requirement.all([
            .profession(profession, leastTier: .expert), .jurisdiction("DE", of: profession),
        ])
        let batch = try await small.batch(small.draft("b", requirement: demand), tasks: 1)
        try await DeclareProfession(market: market)(profession, years: 12, specialties: ["VAT"], of: worker, by: myself)
        let paper = try await SubmitCredential(market: market)(
            CredentialSubmission(
                profession: profession, kind: kind, issuer: "Kammer", jurisdiction: "DE-BY", number: "B 4711",
                issuedOn: .day("2014-05-01"), expiresOn: nil
            ), of: worker, by: myself)
        try await CheckCredential(market: market)(paper, by: small.manager)
        try await VerifyCredential(market: market)(paper, by: small.manager)
        let propose = ProposeTier(market: market)
        #expect(
            await refusal(ProposeTierRefusal.self) { try await propose(in: profession, for: worker, by: myself) }?.code
                == "tier_conditions_not_met")
        try await ConfirmCredential(market: market)(paper, by: small.second)
        guard case .proposed(let proposal) = try await propose(in: profession, for: worker, by: myself) else {
            throw NotFound("proposal")
        }
        #expect(
            await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) }?.code == "not_eligible")
        try await DecideTierProposal(market: market)(proposal.id, by: small.manager)
        #expect(try await small.claim(worker, batch).batch == batch)
        let sheet = try await ShowProfile(market: market)(of: worker, by: myself)
        #expect(sheet.professions.map(\.profession) == [profession])
        #expect(sheet.professions.first?.tier == .expert && sheet.professions.first?.yearsBorneOut == 11)
        #expect(sheet.professions.first?.specialties == ["vat"])
        #expect(sheet.credentials.map(\.kind) == [kind] && sheet.languages == ["en:c1"])
        #expect(sheet.tiers.map(\.ground) == [.rule])
        #expect(try await small.ills() == [])
    }

    @Test("a profile shows what only lawyers and physicians have, to the worker and operators only")
    func shown() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer()
        let myself = Principal.ID(worker.uuid)
        try await DeclareProfession(market: crew.market)(
            .physician, years: 3, specialties: [], of: worker, by: crew.chief)
        try await ChangeProfile(market: crew.market)(
            ProfileContent(
                profession: .physician, years: 3, specialties: ["Cardiology"], subSpecialties: ["Rhythm"],
                title: .attending, institution: "Charité"
            ), of: worker, by: myself)
        try await ChangeProfile(market: crew.market)(
            ProfileContent(profession: .lawyer, years: 9, specialties: ["Licensing"], lawLanguages: ["de"]),
            of: worker, by: myself)
        let show = ShowProfile(market: crew.market)
        let sheet = try await show(of: worker, by: myself)
        #expect(sheet == (try await show(of: worker, by: crew.chief)))
        #expect(sheet.professions.map(\.profession) == [.lawyer, .physician])
        #expect(sheet.professions[0].lawLanguages == ["de"] && sheet.professions[0].tier == .specialist)
        #expect(sheet.professions[1].subSpecialties == ["rhythm"] && sheet.professions[1].title == .attending)
        #expect(sheet.professions[1].yearsBorneOut == 0 && sheet.professions[1].institution == "Charité")
        #expect(sheet.credentials.map(\.id) == [admission])
        #expect(sheet.json["tiers"]?.arrayValue?.first?["reasons"] == "An operator vouches for it.")
        let other = try await crew.worker("w2")
        #expect(await Crew.refusal { try await show(of: worker, by: Principal.ID(other.uuid)) } == "role_missing")
        let nobody = Worker.ID(crew.chief.uuid)
        #expect(await Crew.refusal { try await show(of: nobody, by: try await crew.second) } == "not_found")
    }

    @Test("people are listed with the roles that they hold, page by page, without mere workers")
    func people() async throws {
        let crew = try await Crew()
        let maker = try await crew.person("mae", .financeMaker, .reviewer)
        _ = try await crew.worker()
        let list = ListPeople(market: crew.market)
        let people = try await list(by: crew.chief)
        #expect(people.map(\.name) == ["ada", "mae"])
        #expect(people.last == Person(id: maker, name: "mae", roles: [.financeMaker, .reviewer]))
        #expect(try await list(after: people[0].id, limit: 1, by: crew.chief).map(\.name) == ["mae"])
        #expect(await Crew.refusal { try await list(by: maker) } == "role_missing")
    }
}
