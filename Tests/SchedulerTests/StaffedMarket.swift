import Formats
import Foundation
import Logging
import Marketplace
import Scheduler
import Store
import TestSupport
import Testing

/// A market on the running test's database with a requester, money, and a scheduler's principal.
struct StaffedMarket: Sendable {
    let market: Market
    let manager: Principal.ID
    let system: Principal.ID
    private let second: Principal.ID
    private let reviewer: Principal.ID
    private let checker: Principal.ID
    private let maker: Principal.ID
    let requester: Requester.ID
    let project: Project.ID
    private let usd: Currency

    init(market: Market = Scratch.market) async throws {
        self.market = market
        usd = try #require(Currency("USD"))
        manager = try await Bootstrap(market: market)(operatorName: "Operator")
        system = try await market.systemPrincipal()
        let person = CreatePrincipal(market: market)
        second = try await person(.person, named: "Second", roles: [.operator], by: manager)
        maker = try await person(.person, named: "Maker", roles: [.financeMaker], by: manager)
        reviewer = try await person(.person, named: "Reviewer", roles: [.reviewer], by: manager)
        checker = try await person(.person, named: "Checker", roles: [.financeChecker], by: manager)
        try await OneRate.publish(2_000, in: market, by: maker, and: checker)
        requester = try await CreateRequester(market: market)(externalKey: "acme", name: "Acme", by: manager)
        project = try await CreateProject(market: market)(
            ProjectDraft(
                externalKey: "clauses", name: "Clauses", taskKind: .extraction, guideline: "Read and label.",
                answerSchema: ["type": "object"]
            ),
            of: requester, by: manager
        )
        try await fund()
    }

    /// Brings the requester another 100,000 dollars.
    func fund() async throws {
        _ = try await FundRequester(market: market)(
            requester, with: Money(10_000_000, usd), reference: market.identifiers.uuid(at: Scratch.start), by: maker
        )
    }

    /// An active worker; with a tier, a lawyer who is admitted in New York.
    func worker(
        _ key: String, tier: Tier? = .expert, weeklyMinutes: Int = 2_400, timeZone: String = "America/New_York"
    ) async throws -> Worker.ID {
        let id = try await RegisterWorker(market: market)(
            Registration(
                externalKey: key, name: "Worker \(key)", email: "\(key)@example.org", country: "US",
                timeZone: timeZone, weeklyMinutesMax: weeklyMinutes, languages: ["en"]
            ),
            by: manager
        )
        try await ActivateWorker(market: market)(id, by: manager)
        guard let tier else { return id }
        try await DeclareProfession(market: market)(.lawyer, years: 9, specialties: ["tax"], of: id, by: manager)
        _ = try await licence("NY-\(key)", of: id)
        try await GrantTier(market: market)(tier, in: .lawyer, to: id, by: manager)
        return id
    }

    /// An admission in New York, verified by two people.
    func licence(_ number: String, of worker: Worker.ID) async throws -> Credential.ID {
        let credential = try await SubmitCredential(market: market)(
            CredentialSubmission(
                profession: .lawyer, kind: .barAdmission, issuer: "NY", jurisdiction: "US-NY", number: number,
                issuedOn: try #require(CalendarDate(iso: "2015-01-01")), expiresOn: CalendarDate(iso: "2027-01-01")
            ),
            of: worker, by: manager
        )
        try await VerifyCredential(market: market)(credential, by: manager)
        try await ConfirmCredential(market: market)(credential, by: second)
        return credential
    }

    /// An open batch whose work is offered.
    func batch(
        _ name: String, door: BatchDoor = .offer, tasks: Int = 1, redundancy: Int = 1, minutes: Int = 30,
        priority: Int = 0, dueAt: Date? = nil
    ) async throws -> Batch.ID {
        let id = try await CreateBatch(market: market)(
            BatchDraft(
                project: project, name: name, door: door, profession: .lawyer, tier: .expert,
                requirement: .profession(.lawyer, leastTier: .expert), redundancy: redundancy, feeBasisPoints: 1_000,
                budget: try Money(1_000_000, usd), expectedMinutes: minutes, leaseSeconds: 3_600, answerSeconds: 7_200,
                priority: priority, dueAt: dueAt
            ),
            of: requester, by: manager
        )
        let drafts = AsyncStream<TaskDraft> { stream in
            for number in 0..<tasks {
                stream.yield(TaskDraft(externalKey: "\(name)-\(number)", payload: [:], referenceAnswers: [:]))
            }
            stream.finish()
        }
        _ = try await AddTasks(market: market)(drafts, to: id, of: requester, by: manager)
        _ = try await PublishBatch(market: market)(id, of: requester, by: manager)
        return id
    }

    /// Takes a task, answers it and has it accepted.
    func earn(_ worker: Worker.ID, _ batch: Batch.ID) async throws {
        let actor = Principal.ID(worker.uuid)
        let work = try await ClaimTask(market: market)(from: (requester, batch), by: actor)
        _ = try await SubmitAnswer(market: market)([:], for: work.id, token: work.leaseToken, by: actor)
        _ = try await ReviewSubmission(market: market)(work.id, of: requester, .accepted, reasons: "", by: reviewer)
    }

    /// Of the newest answer, for whatever work.
    func setFloor(hourlyMinor: Int64) async throws {
        _ = try await SetPayFloor(market: market)(
            PayFloor(hourly: Money(hourlyMinor, usd), medianOf: 1, reason: "Test"), by: checker
        )
    }

    func routing(_ change: (inout RoutingRound.Limits) -> Void = { _ in }) -> RoutingRound {
        var limits = RoutingRound.Limits()
        // Rounds follow each other while the clock stands.
        limits.cellRestSeconds = 0
        change(&limits)
        return RoutingRound(market: market, by: system, limits: limits, logger: Self.silence)
    }

    static let silence = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })

    /// A worker's open offer.
    func openOffer(of worker: Worker.ID) async throws -> Offer? {
        var last: Offer.ID?
        while true {
            let page = try await market.database.read { [last] in
                try await $0.offers(to: worker, before: last, limit: 100)
            }
            if let found = page.first(where: { $0.state == .open }) { return found }
            guard page.count == 100 else { return nil }
            last = page.last?.id
        }
    }

    func accept(_ offer: Offer) async throws -> Assignment {
        try await AcceptOffer(market: market)(offer.id, by: Principal.ID(offer.worker.uuid))
    }

    /// How many rows a question counts, as `n`.
    func count(_ sql: SQL) async throws -> Int {
        try await market.database.read { try await $0.oneRow(sql)["n"] }
    }

    func ills() async throws -> [DoctorCheck] {
        try await Doctor(market: market)().filter { !$0.isClean }.map(\.check)
    }
}
