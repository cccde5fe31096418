internal import Formats
internal import Foundation
package import Marketplace
package import Store

/// A market on a server that will be killed, ruled by PostgreSQL's own clock: one requester, lawyers, and batches to
/// claim from. Made through the use cases.
package struct CrashMarket: Sendable {
    package let market: Market
    package let requester: Requester.ID
    package let maker: Principal.ID
    package let lawyers: [Principal.ID]
    package let usd: Currency
    private let manager: Principal.ID
    private let project: Project.ID

    /// Could not be set up.
    package struct SetUpFailure: Error {}

    /// - Parameter server: its database is empty.
    package init(on server: EmbeddedCluster.Running, lawyers count: Int) async throws {
        let owner = server.connect { $0.poolSize = 1 }
        try await SchemaUnderTest.installer(for: owner).apply()
        await owner.shutdown()
        // As the program runs.
        market = Market(
            database: server.connect {
                $0.poolSize = 8
                $0.role = "guildhall_app"
            }, keys: .generate())
        guard let usd = Currency("USD") else { throw SetUpFailure() }
        self.usd = usd
        manager = try await Bootstrap(market: market)(operatorName: "Operator")
        let person = CreatePrincipal(market: market)
        maker = try await person(.person, named: "Maker", roles: [.financeMaker], by: manager)
        let checker = try await person(.person, named: "Checker", roles: [.financeChecker], by: manager)
        try await OneRate.publish(100, in: market, by: maker, and: checker)
        requester = try await CreateRequester(market: market)(externalKey: "acme", name: "Acme", by: manager)
        project = try await CreateProject(market: market)(
            ProjectDraft(
                externalKey: "clauses", name: "Clauses", taskKind: .extraction, guideline: "Read and label.",
                answerSchema: ["type": "object", "required": ["label"]]
            ),
            of: requester, by: manager
        )
        let second = try await person(.person, named: "Second", roles: [.operator], by: manager)
        var lawyers: [Principal.ID] = []
        for number in 0..<count {
            let id = try await Self.lawyer("w\(number)", in: market, by: manager, and: second)
            lawyers.append(Principal.ID(id.uuid))
        }
        self.lawyers = lawyers
        _ = try await FundRequester(market: market)(
            requester, with: Money(100_000_000, usd), reference: RandomIdentifiers().uuid(at: .distantPast), by: maker
        )
    }

    /// An open batch that every lawyer may work through.
    ///
    /// - Parameter redundancy: `nil` for an answer of everybody.
    package func openBatch(
        _ name: String, tasks: Int, redundancy: Int? = nil, leaseSeconds: Int = 3_600, lapsesMax: Int = 5
    ) async throws -> Batch.ID {
        let draft = BatchDraft(
            project: project, name: name, door: .claim, profession: .lawyer, tier: .expert,
            requirement: .profession(.lawyer, leastTier: .expert), redundancy: redundancy ?? lawyers.count,
            feeBasisPoints: 1_000,
            budget: try Money(10_000_000, usd), expectedMinutes: 1, leaseSeconds: leaseSeconds, answerSeconds: 7_200,
            lapsesMax: lapsesMax
        )
        // Each batch pays for itself, so that a soak may open as many as it likes.
        _ = try await FundRequester(market: market)(
            requester, with: Money(10_000_000, usd), reference: RandomIdentifiers().uuid(at: .distantPast), by: maker
        )
        let id = try await CreateBatch(market: market)(draft, of: requester, by: manager)
        let tasks = AsyncStream<TaskDraft> { stream in
            for number in 0..<tasks {
                let payload: JSON = ["n": .integer(Int64(number))]
                stream.yield(TaskDraft(externalKey: "\(name)-\(number)", payload: payload, referenceAnswers: [:]))
            }
            stream.finish()
        }
        _ = try await AddTasks(market: market)(tasks, to: id, of: requester, by: manager)
        _ = try await PublishBatch(market: market)(id, of: requester, by: manager)
        return id
    }

    /// What the person says at the API.
    package func token(of person: Principal.ID) async throws -> String {
        try await IssueToken(market: market)(for: person, lifetime: 3_600, by: manager).secret
    }

    private static func lawyer(
        _ key: String, in market: Market, by manager: Principal.ID, and second: Principal.ID
    ) async throws -> Worker.ID {
        let id = try await RegisterWorker(market: market)(
            Registration(
                externalKey: key, name: "Worker \(key)", email: "\(key)@example.org", country: "US",
                timeZone: "America/New_York", weeklyMinutesMax: 10_080, languages: ["en"]
            ),
            by: manager
        )
        try await ActivateWorker(market: market)(id, by: manager)
        try await DeclareProfession(market: market)(.lawyer, years: 9, specialties: [], of: id, by: manager)
        guard let issued = CalendarDate(iso: "2015-01-01") else { throw SetUpFailure() }
        let credential = try await SubmitCredential(market: market)(
            CredentialSubmission(
                profession: .lawyer, kind: .barAdmission, issuer: "NY", jurisdiction: "US-NY", number: "NY-\(key)",
                issuedOn: issued, expiresOn: CalendarDate(iso: "2099-01-01")
            ),
            of: id, by: manager
        )
        try await VerifyCredential(market: market)(credential, by: manager)
        try await ConfirmCredential(market: market)(credential, by: second)
        try await GrantTier(market: market)(.expert, in: .lawyer, to: id, by: manager)
        return id
    }
}
