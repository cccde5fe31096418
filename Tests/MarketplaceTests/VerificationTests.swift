import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("The catalogue, profiles and verification", .scratchDatabase)
struct VerificationTests {
    private func row(_ crew: Crew, _ sql: SQL) async throws -> Row {
        try await crew.market.database.read { try await $0.oneRow(sql) }
    }

    // MARK: Catalogue

    @Test("a new profession with its own papers needs no code: declared, licensed, verified, seen in the facts")
    func newProfession() async throws {
        let crew = try await Crew()
        let profession = try #require(Profession("actuary"))
        let code = try #require(CredentialKindCode(rawValue: "actuary_fellowship"))
        let entry = try CredentialKindEntry(
            kind: CredentialKind(code: code, isLicence: true), profession: profession, title: "Fellow",
            reverifyMonths: 6
        )
        await #expect(throws: CatalogueRefusal.unknownProfession) {
            try await AddCredentialKind(market: crew.market)(entry, by: crew.chief)
        }
        try await AddProfession(market: crew.market)(profession, title: "Actuary", by: crew.chief)
        await #expect(throws: CatalogueRefusal.codeTaken) {
            try await AddProfession(market: crew.market)(profession, title: "Actuary", by: crew.chief)
        }
        try await AddCredentialKind(market: crew.market)(entry, by: crew.chief)
        await #expect(throws: CatalogueRefusal.codeTaken) {
            try await AddCredentialKind(market: crew.market)(entry, by: crew.chief)
        }
        #expect(try await ListCatalogue(market: crew.market).kinds(after: "actuary").first == entry)
        #expect(
            try await ListCatalogue(market: crew.market).professions(limit: 2).map(\.profession.code) == [
                "accountant", "actuary",
            ])

        let worker = try await crew.worker()
        try await DeclareProfession(market: crew.market)(
            profession, years: 4, specialties: ["Life"], of: worker, by: crew.chief
        )
        let paper = try await SubmitCredential(market: crew.market)(
            CredentialSubmission(
                profession: profession, kind: code, issuer: "Society", jurisdiction: "GB", number: "77",
                issuedOn: .day("2020-01-01"), expiresOn: nil
            ),
            of: worker, by: crew.chief
        )
        try await VerifyCredential(market: crew.market)(paper, by: crew.chief)
        let facts = try #require(try await crew.facts(of: worker))
        #expect(facts.professions[profession]?.specialties == ["life"])
        #expect(facts.credentials.map(\.kind) == [CredentialKind(code: code, isLicence: true)])
        let due: Date = try await row(crew, "select reverify_at from credential")["reverify_at"]
        #expect(due == .at("2026-09-02T09:00:00Z"))
    }

    @Test("a paper of another profession, or of no kind, is refused", arguments: ["medical_licence", "diploma"])
    func unknownKind(kind: String) async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer()
        let kind = try #require(CredentialKindCode(rawValue: kind))
        let paper = try CredentialSubmission(
            profession: .lawyer, kind: kind, issuer: "Board", jurisdiction: "US", number: "1",
            issuedOn: .day("2020-01-01"), expiresOn: nil
        )
        await #expect(throws: ExpertiseRefusal.unknownKind) {
            try await SubmitCredential(market: crew.market)(paper, of: worker, by: crew.chief)
        }
    }

    @Test("only operators change the catalogue")
    func catalogueRole() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        let profession = try #require(Profession("actuary"))
        #expect(
            await Crew.refusal {
                try await AddProfession(market: crew.market)(profession, title: "A", by: Principal.ID(worker.uuid))
            } == "role_missing")
    }

    // MARK: Profiles

    @Test("a lawyer has languages of law; a physician sub-specialties, a title and an institution")
    func profiles() async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer()
        try await DeclareProfession(market: crew.market)(
            .physician, years: 1, specialties: [], of: worker, by: crew.chief
        )
        let change = ChangeProfile(market: crew.market)
        try await change(
            ProfileContent(profession: .lawyer, years: 11, specialties: ["Tax"], lawLanguages: ["zh-Hans", "en"]),
            of: worker, by: Principal.ID(worker.uuid)
        )
        try await change(
            ProfileContent(
                profession: .physician, years: 2, specialties: ["Cardiology"], subSpecialties: ["Echo"],
                title: .associateChief, institution: "Huashan Hospital"
            ),
            of: worker, by: crew.chief
        )
        let stored = try await row(
            crew,
            """
            select law_languages, sub_specialties, title, institution, years
              from lawyer_profile join physician_profile using (worker_id)
              join profile on profile.worker_id = lawyer_profile.worker_id and profile.profession = 'lawyer'
            """)
        #expect(try stored["law_languages"] == ["zh-hans", "en"])
        #expect(try stored["sub_specialties"] == ["echo"])
        #expect(try stored["title"] == PhysicianTitle.associateChief)
        #expect(try stored["institution"] == "Huashan Hospital")
        #expect(try stored["years"] == 11)
        let facts = try await crew.facts(of: worker)
        #expect(facts?.professions[.lawyer]?.specialties == ["tax"])
        await #expect(throws: ExpertiseRefusal.noProfile) {
            try await change(
                ProfileContent(profession: #require(Profession("engineer")), years: 1, specialties: []), of: worker,
                by: crew.chief
            )
        }
    }

    @Test("what is of another profession is refused, by field")
    func foreignDetails() {
        func field(_ make: () throws -> ProfileContent) -> String? {
            do {
                _ = try make()
                return nil
            } catch let fault as BadInput {
                return fault.field
            } catch {
                return "\(error)"
            }
        }
        #expect(
            field { try ProfileContent(profession: .physician, years: 1, specialties: [], lawLanguages: ["en"]) }
                == "law_languages")
        #expect(
            field { try ProfileContent(profession: .lawyer, years: 1, specialties: [], lawLanguages: ["e"]) }
                == "law_languages")
        #expect(
            field { try ProfileContent(profession: .lawyer, years: 1, specialties: [], title: .chief) }
                == "sub_specialties")
        #expect(field { try ProfileContent(profession: .lawyer, years: 81, specialties: []) } == "years")
        #expect(
            field { try ProfileContent(profession: .physician, years: 1, specialties: [], institution: " ") }
                == "institution")
    }

    // MARK: Verification

    @Test("the verdict on a number is stored with its reason, and shown; the paper is taken all the same")
    func numberShown() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer()
        let sheets = try await ListCredentials(market: crew.market)(of: worker, by: Principal.ID(worker.uuid))
        #expect(sheets.map(\.id) == [admission])
        #expect(sheets.first?.numberVerdict == .unchecked && sheets.first?.number == "w1")
        #expect(sheets.first?.numberNote == nil)
        _ = try await SubmitCredential(market: crew.market)(
            .admission(number: "w1", jurisdiction: "CN-11"), of: worker, by: crew.chief)
        let chinese = try await ListCredentials(market: crew.market)(
            of: worker, after: admission, by: Principal.ID(worker.uuid))
        #expect(chinese.first?.numberVerdict == .malformed && chinese.first?.number == "w1")
        #expect(chinese.first?.numberNote == "Chinese lawyer's practice number: it must have digits only")
        let second = try await crew.second
        #expect(sheets.first?.verifiedBy == crew.chief && sheets.first?.confirmedBy == second)
    }

    @Test("what waits is listed, taken up, then verified; details of the licence are kept")
    func queue() async throws {
        let crew = try await Crew()
        let (worker, _) = try await crew.lawyer()
        let details = try CredentialDetails(category: "full-time", scope: "civil law", registerStatus: "active")
        let paper = try await SubmitCredential(market: crew.market)(
            CredentialSubmission(
                profession: .lawyer, kind: .barAdmission, issuer: "Court", jurisdiction: "US-CA", number: "123",
                issuedOn: .day("2020-01-01"), expiresOn: nil, details: details
            ),
            of: worker, by: crew.chief
        )
        let list = ListCredentials(market: crew.market)
        let waiting = try await list(in: .submitted, by: crew.chief)
        #expect(waiting.map(\.id) == [paper] && waiting.first?.scope == "civil law")
        #expect(waiting.first?.category == "full-time" && waiting.first?.registerStatus == "active")
        #expect(try await list(in: .submitted, after: paper, by: crew.chief).isEmpty)
        try await CheckCredential(market: crew.market)(paper, by: crew.chief)
        #expect(try await list(in: .inCheck, by: crew.chief).map(\.id) == [paper])
        await #expect(throws: IllegalTransition.self) {
            try await CheckCredential(market: crew.market)(paper, by: crew.chief)
        }
        #expect(try await crew.facts(of: worker)?.credentials.count == 1)
        try await VerifyCredential(market: crew.market)(paper, by: crew.chief)
        #expect(try await crew.facts(of: worker)?.credentials.count == 2)
    }

    @Test("expert and principal need a licence that two people have verified")
    func fourEyes() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        try await DeclareProfession(market: crew.market)(.lawyer, years: 9, specialties: [], of: worker, by: crew.chief)
        let paper = try await SubmitCredential(market: crew.market)(.admission(), of: worker, by: crew.chief)
        let confirm = ConfirmCredential(market: crew.market)
        #expect(await Crew.refusal { try await confirm(paper, by: try await crew.second) } == "illegal_transition")
        try await VerifyCredential(market: crew.market)(paper, by: crew.chief)
        let grant = GrantTier(market: crew.market)
        try await grant(.specialist, in: .lawyer, to: worker, by: crew.chief)
        await #expect(throws: ExpertiseRefusal.notConfirmed) {
            try await grant(.expert, in: .lawyer, to: worker, by: crew.chief)
        }
        await #expect(throws: ExpertiseRefusal.sameVerifier) { try await confirm(paper, by: crew.chief) }
        try await confirm(paper, by: try await crew.second)
        #expect(await Crew.refusal { try await confirm(paper, by: try await crew.second) } == "illegal_transition")
        try await grant(.expert, in: .lawyer, to: worker, by: crew.chief)
        // Verified anew, the second pair of eyes is needed again.
        try await ReverifyCredential(market: crew.market)(paper, expiresOn: .day("2030-01-01"), by: crew.chief)
        await #expect(throws: ExpertiseRefusal.notConfirmed) {
            try await grant(.principal, in: .lawyer, to: worker, by: crew.chief)
        }
    }

    @Test("a program vouches for nothing, though it may act as an operator")
    func programs() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer()
        let paper = try await SubmitCredential(market: crew.market)(
            .admission(number: "5"), of: worker, by: crew.chief
        )
        let system = try await crew.market.systemPrincipal()
        await #expect(throws: ExpertiseRefusal.verifierIsNoPerson) {
            try await VerifyCredential(market: crew.market)(paper, by: system)
        }
        await #expect(throws: ExpertiseRefusal.verifierIsNoPerson) {
            try await ReverifyCredential(market: crew.market)(admission, expiresOn: nil, by: system)
        }
    }

    @Test("an expired credential counts again once it is verified anew with a later end")
    func renewal() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer()
        Scratch.clock.advance(by: 700 * 86_400)
        let reverify = ReverifyCredential(market: crew.market)
        await #expect(throws: BadInput.self) {
            try await reverify(admission, expiresOn: .day("2001-01-01"), by: crew.chief)
        }
        try await reverify(admission, expiresOn: .day("2029-12-31"), by: crew.chief)
        #expect(try await crew.facts(of: worker)?.credentials.map(\.validity.upper) == [.at("2030-01-01T00:00:00Z")])
        try await RevokeCredential(market: crew.market)(admission, reason: "Struck off.", by: crew.chief)
        #expect(
            await Crew.refusal { try await reverify(admission, expiresOn: nil, by: crew.chief) }
                == "illegal_transition")
    }

    // MARK: Evidence

    @Test("evidence is known by its hash: the same twice is once, and a closed credential takes none")
    func evidence() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer()
        let add = AddEvidence(market: crew.market)
        try await add(.sample(), to: admission, by: Principal.ID(worker.uuid))
        try await add(.sample(), to: admission, by: crew.chief)
        let list = ListCredentials(market: crew.market)
        #expect(try await list.evidence(of: admission, by: crew.chief) == [.sample()])
        let other = try await crew.worker("w2")
        #expect(
            await Crew.refusal { try await add(.sample("b"), to: admission, by: Principal.ID(other.uuid)) }
                == "role_missing")
        for number in 1..<AddEvidence.documentsMax {
            try await add(.sample("\(number)"), to: admission, by: crew.chief)
        }
        await #expect(throws: EvidenceRefusal.tooMany) { try await add(.sample("x"), to: admission, by: crew.chief) }
        try await RevokeCredential(market: crew.market)(admission, reason: "Dues.", by: crew.chief)
        await #expect(throws: EvidenceRefusal.credentialClosed) {
            try await add(.sample("x"), to: admission, by: crew.chief)
        }
    }

    @Test(
        "documents are refused with the first field that is wrong",
        arguments: [
            ("pdf", Int64(1), "a", "media_type"), ("application/.x", 1, "a", "media_type"),
            ("application/pdf", 0, "a", "size"), ("application/pdf", 1, "", "name"),
        ])
    func badEvidence(mediaType: String, size: Int64, name: String, field: String) {
        let fault = #expect(throws: BadInput.self) {
            try Evidence(hash: Digest(of: "a"), mediaType: mediaType, size: size, name: name)
        }
        #expect(fault?.field == field)
    }

    // MARK: Reminders

    @Test("a worker is told 60, 30 and 7 days before and on the day, once each")
    func reminders() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer()
        let remind = RemindReverification(market: crew.market)
        let end = Date.at("2028-01-01T00:00:00Z")
        var told: [Int64] = []
        for days in [61.0, 60, 59, 30, 29, 7, 6, 0] {
            Scratch.clock.advance(by: end.timeIntervalSince(Scratch.clock.now()) - days * 86_400)
            let count = try await remind(by: crew.chief)
            #expect(count == ([60, 30, 7, 0].contains(days) ? 1 : 0), "\(days)")
            #expect(try await remind(by: crew.chief) == 0)
        }
        _ = try await DeliverNotices(market: crew.market)() { notices in
            #expect(notices.allSatisfy { $0.facts["credential"] == .string("\(admission)") })
            #expect(notices.allSatisfy { $0.recipient == Principal.ID(worker.uuid) })
            #expect(notices.compactMap { $0.facts["days_before"]?.integerValue } == [60, 30, 7, 0])
        }
        told = try await crew.market.database.read {
            try await $0.rows("select days_before from credential_reminder order by days_before desc").map {
                try $0["days_before"]
            }
        }
        #expect(told == [60, 30, 7, 0])
        let keys: [String] = try await crew.market.database.read {
            try await $0.rows("select dedup_key from notice where recipient_id = \(worker) order by notice_id").map {
                try $0["dedup_key"]
            }
        }
        #expect(keys == [60, 30, 7, 0].map { "reverify:\(admission):\(Int(end.timeIntervalSince1970)):\($0)" })
    }

    @Test("who was silent for long tells only of the nearest distance; batches are bounded, and divided")
    func lateReminders() async throws {
        let crew = try await Crew()
        for number in 0..<7 { _ = try await crew.lawyer("w\(number)") }
        Scratch.clock.advance(by: Date.at("2027-12-20T00:00:00Z").timeIntervalSince(Scratch.clock.now()))
        let remind = RemindReverification(market: crew.market)
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 { group.addTask { try await remind(limit: 2, by: crew.chief) } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(counts.allSatisfy { $0 <= 2 })
        while try await remind(limit: 2, by: crew.chief) > 0 {}
        let row = try await row(
            crew,
            """
            select count(*) as n, count(distinct credential_id) as credentials, min(days_before) as least
              from credential_reminder
            """)
        #expect(try (row["n"], row["credentials"], row["least"]) == (7, 7, 30))
    }

    // MARK: Leases

    @Test("the live leases that rest on a credential are listed, and no others")
    func affected() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("a")
        _ = try await small.batch(small.draft("b"), tasks: 3)
        let assignment = try await small.claim(worker)
        let list = ListCredentials(market: small.market)
        let credential = try #require(try await list(of: worker, by: small.manager).first)
        let affected = AffectedLeases(market: small.market)
        let leases = try await affected(of: credential.id, by: small.manager)
        #expect(leases.map(\.assignment) == [assignment.id])
        let last = try #require(leases.last)
        #expect(try await affected(of: credential.id, after: last.assignment, by: small.manager).isEmpty)
        let other = try await small.lawyer("c")
        let unused = try #require(try await list(of: other, by: small.manager).first)
        #expect(try await affected(of: unused.id, by: small.manager).isEmpty)
        #expect(await Crew.refusal { try await affected(of: credential.id, by: small.reviewer) } == "role_missing")
    }
}

extension Evidence {
    static func sample(_ text: String = "a") throws -> Evidence {
        try Evidence(hash: Digest(of: text), mediaType: "application/pdf", size: 1_000, name: "admission.pdf")
    }
}
