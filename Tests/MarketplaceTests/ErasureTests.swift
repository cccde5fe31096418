import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// What a person says of themselves, and others of them, is put in through the use cases; after the erasure the whole
/// database is searched for it.
@Suite("Erasure", .scratchDatabase)
struct ErasureTests {
    private let keys = KeyRing.generate()

    /// What stays, and in which tables: what docs/OPERATIONS.md lists. Decisions and their reasons are evidence for
    /// claims; the kinds of papers and their places bear assignments out.
    private static let kept: [String: [String]] = [
        "canary decision reasons": ["decision"], "canary exclusion reason": ["decision", "exclusion"],
        // Which kind of notice somebody turned off.
        "canary_kind": ["audit_event"],
    ]

    private static let planted = [
        "canary-key", "Canary Name", "canary@example.org", "+49301234987", "1977-07-07", "DE-BY", "gsw", "Canarium",
        "canarium", "Canary Issuer", "CANARY-1", "canary category", "canary scope", "canary status", "canary.pdf",
        "canary area", "canary specialty", "canary sub", "Canary Clinic", "canary note", "canary duplicate",
        "is no mailbox",
    ]

    /// What is sealed from the first on, so that it is nowhere to be found before either.
    private static let sealed = ["DE89370400440532013000", "Canary Holder", "86095742719"]

    private func canary(_ crew: Crew) async throws -> Worker.ID {
        let market = crew.market
        let worker = try await RegisterWorker(market: market, keys: keys)(
            Registration(
                externalKey: "canary-key", name: "Canary Name", email: "canary@example.org", country: "DE",
                timeZone: "Europe/Berlin", weeklyMinutesMax: 600, languages: ["gsw:native"], phone: "+49301234987",
                bornOn: .day("1977-07-07"), place: "DE-BY"
            ),
            by: crew.chief
        )
        let me = Principal.ID(worker.uuid)
        try await SetPayoutMethod(market: market, keys: keys)(.sample(holder: "Canary Holder"), of: worker, by: me)
        try await SetTaxProfile(market: market, keys: keys)(.sample(), of: worker, by: me)
        try await SetAvailability(market: market)(
            AvailabilitySettings(windows: [AvailabilityWindow(.sunday, DaySpan("03:07-04:11"))]), of: worker, by: me
        )
        try await ExceptAvailability(market: market)(
            AvailabilityException(.day("2026-03-05"), .away, .wholeDay), of: worker, by: me
        )
        try await PreferNotice(market: market)(
            NoticePreference(kind: "canary_kind", channel: .email, isWanted: false), by: me
        )
        _ = try await DeclareInterest(market: market)(.employer, in: "Canarium Ltd", of: worker, by: me)
        return worker
    }

    private func expertise(_ crew: Crew, _ worker: Worker.ID) async throws {
        let (market, me) = (crew.market, Principal.ID(worker.uuid))
        for profession in [Profession.lawyer, .physician] {
            try await DeclareProfession(market: market)(profession, years: 9, specialties: [], of: worker, by: me)
        }
        let change = ChangeProfile(market: market)
        try await change(
            ProfileContent(profession: .lawyer, years: 9, specialties: ["canary area"], lawLanguages: ["gsw"]),
            of: worker, by: me
        )
        try await change(
            ProfileContent(
                profession: .physician, years: 9, specialties: ["canary specialty"], subSpecialties: ["canary sub"],
                title: .chief, institution: "Canary Clinic"
            ),
            of: worker, by: me
        )
        let paper = try await SubmitCredential(market: market)(
            CredentialSubmission(
                profession: .lawyer, kind: .barAdmission, issuer: "Canary Issuer", jurisdiction: "US-NY",
                number: "CANARY-1", issuedOn: .day("2015-01-01"), expiresOn: .day("2027-01-01"),
                details: CredentialDetails(
                    category: "canary category", scope: "canary scope", registerStatus: "canary status")
            ),
            of: worker, by: me
        )
        try await AddEvidence(market: market)(
            Evidence(hash: Digest(of: "a"), mediaType: "application/pdf", size: 9, name: "canary.pdf"), to: paper,
            by: me
        )
        try await VerifyCredential(market: market)(paper, by: crew.chief)
        _ = try await PublishTierRule(market: market)(
            .specialist, in: .lawyer, conditions: TierConditions(json: ["years": 5]), isAutomatic: false,
            by: crew.chief
        )
        guard
            case .proposed(let proposal) = try await ProposeTier(market: market)(in: .lawyer, for: worker, by: me)
        else { throw NotFound("proposal") }
        try await DecideTierProposal(market: market)(proposal.id, declineNote: "canary note", by: crew.chief)
    }

    private func adversity(_ crew: Crew, _ worker: Worker.ID) async throws {
        let market = crew.market
        let other = try await crew.worker("w2")
        try await SetPayoutMethod(market: market, keys: keys)(.sample(holder: "Else"), of: other, by: crew.chief)
        let found = try #require(try await ListDuplicates(market: market)(in: .open, by: crew.chief).first)
        #expect(Set(found.workers) == [worker, other])
        try await DecideDuplicate(market: market)(
            found.id, .differentPeople, reasons: "canary duplicate", by: crew.chief)
        try await ActivateWorker(market: market)(worker, by: crew.chief)
        let requester = try await CreateRequester(market: market)(externalKey: "acme", name: "Acme", by: crew.chief)
        _ = try await ExcludeWorker(market: market)(
            worker, from: requester, reason: "canary exclusion reason", by: crew.chief)
        _ = try await SuspendWorker(market: market)(
            worker, rule: "r", facts: [:], reasons: "canary decision reasons", by: crew.chief)
    }

    /// Answers as mail servers do: with the address.
    private struct Rejecting: NoticeSink {
        func deliver(_ letters: [Letter]) async -> [Notice.ID: LetterOutcome] {
            Dictionary(
                letters.map { ($0.notice.id, .failed("550 <\($0.address ?? "")> is no mailbox")) },
                uniquingKeysWith: { first, _ in first })
        }
    }

    @Test("of all that was planted in every field of a person, nothing is left but what is declared to be kept")
    func residue() async throws {
        let crew = try await Crew()
        let worker = try await canary(crew)
        try await expertise(crew, worker)
        try await adversity(crew, worker)
        let deliver = DeliverNotices(market: crew.market)
        #expect(try await deliver(through: Rejecting()).failed > 0)
        let before = try await Residue.tables(withEach: Self.planted + Self.sealed)
        #expect(Set(Self.planted).subtracting(before.keys) == [], "all was planted")
        #expect(Self.sealed.filter { before[$0] != nil } == [])

        _ = try await CloseWorker(market: crew.market)(worker, rule: "r", facts: [:], reasons: "Bye.", by: crew.chief)
        #expect(try await EraseWorker(market: crew.market)(worker, by: Principal.ID(worker.uuid)))
        let after = try await Residue.tables(withEach: Self.planted + Self.sealed + Self.kept.keys)
        #expect(after == Self.kept)
        let left: Int = try await crew.market.database.read {
            try await $0.oneRow(
                """
                select (select count(*) from availability_window) + (select count(*) from availability_exception)
                     + (select count(*) from notice_preference)
                     + (select count(*) from identity_mark where worker_id = \(worker))
                     + (select count(*) from worker_key where worker_id = \(worker))
                     + (select count(*) from worker_language where worker_id = \(worker))
                     + (select count(*) from worker_person where worker_id = \(worker)) as n
                """)["n"]
        }
        #expect(left == 0)
        #expect(try await Doctor(market: crew.market)().filter { !$0.isClean }.map(\.check) == [])
    }

    @Test("what a mail server says of somebody who was erased meanwhile is not written down, nor are they written to")
    func lateAnswer() async throws {
        let crew = try await Crew()
        let worker = try await canary(crew)
        try await ActivateWorker(market: crew.market)(worker, by: crew.chief)
        _ = try await CloseWorker(market: crew.market)(worker, rule: "r", facts: [:], reasons: "Bye.", by: crew.chief)
        /// Erases while the letters are on their way.
        struct Erasing: NoticeSink {
            let crew: Crew
            let worker: Worker.ID
            func deliver(_ letters: [Letter]) async -> [Notice.ID: LetterOutcome] {
                _ = try? await EraseWorker(market: crew.market)(worker, by: crew.chief)
                return await Rejecting().deliver(letters)
            }
        }
        let deliver = DeliverNotices(market: crew.market)
        #expect(try await deliver(through: Erasing(crew: crew, worker: worker)).claimed == 1)
        #expect(try await Residue.tables(with: "canary@example.org") == [])
        Scratch.clock.advance(by: 86_400)
        #expect(try await deliver(through: Rejecting()).claimed == 0)
    }

    @Test("the number, the address and the key of who was erased are free again")
    func comesBack() async throws {
        let crew = try await Crew()
        let worker = try await canary(crew)
        try await expertise(crew, worker)
        try await CloseWorker(market: crew.market)(ownAccount: worker)
        _ = try await EraseWorker(market: crew.market)(worker, by: crew.chief)
        let again = try await canary(crew)
        #expect(again != worker)
        try await DeclareProfession(market: crew.market)(.lawyer, years: 9, specialties: [], of: again, by: crew.chief)
        _ = try await SubmitCredential(market: crew.market)(.admission(number: "CANARY-1"), of: again, by: crew.chief)
        #expect(try await ListDuplicates(market: crew.market)(in: .open, by: crew.chief) == [])
    }
}
