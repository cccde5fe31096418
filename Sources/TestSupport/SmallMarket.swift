package import Formats
package import Foundation
package import Marketplace
package import Store
internal import Testing

/// A market with everybody who is needed to publish, work, judge and pay; on the running test's database.
package struct SmallMarket: Sendable {
    package private(set) var market: Market
    package let manager: Principal.ID
    /// Another operator, for what two people must look at.
    package let second: Principal.ID
    package let maker: Principal.ID
    package let checker: Principal.ID
    package let reviewer: Principal.ID
    package let requester: Requester.ID
    package let project: Project.ID
    /// What everything is paid in: US dollars, unless another currency was asked for.
    package private(set) var usd: Currency

    /// One task pays 20.00 USD, and 2.00 USD fee.
    package static let pay: Int64 = 2_000
    package static let fee: Int64 = 200
    package static let schema: JSON = [
        "type": "object", "required": ["label"], "additionalProperties": false,
        "properties": ["label": ["type": "string", "maxLength": 20]],
    ]

    /// - Parameters:
    ///   - wallet: what the requester has paid in, in minor units.
    ///   - pay: of one task.
    ///   - currency: in place of US dollars.
    package init(
        wallet: Int64 = 10_000_000, pay: Int64 = Self.pay, currency: String = "USD", market: Market = Scratch.market
    ) async throws {
        self.market = market
        usd = try #require(Currency(currency))
        manager = try await Bootstrap(market: market)(operatorName: "Operator")
        let person = CreatePrincipal(market: market)
        second = try await person(.person, named: "Second", roles: [.operator], by: manager)
        maker = try await person(.person, named: "Maker", roles: [.financeMaker], by: manager)
        checker = try await person(.person, named: "Checker", roles: [.financeChecker], by: manager)
        reviewer = try await person(.person, named: "Reviewer", roles: [.reviewer], by: manager)
        try await OneRate.publish(pay, currency: currency, in: market, by: maker, and: checker)
        requester = try await CreateRequester(market: market)(externalKey: "acme", name: "Acme", by: manager)
        project = try await CreateProject(market: market)(
            ProjectDraft(
                externalKey: "clauses", name: "Clauses", taskKind: .extraction, guideline: "Read and label.",
                answerSchema: Self.schema
            ),
            of: requester, by: manager
        )
        if wallet > 0 {
            _ = try await FundRequester(market: market)(
                requester, with: Money(wallet, usd), reference: market.identifiers.uuid(at: Scratch.start), by: maker
            )
        }
    }

    /// The same market as it is reached by another way.
    package func through(_ market: Market) -> SmallMarket {
        var copy = self
        copy.market = market
        return copy
    }

    /// The same market in another currency besides: the rates of both hold, and the requester has paid in of it.
    package func also(in other: String, wallet: Int64 = 10_000_000) async throws -> SmallMarket {
        var copy = self
        copy.usd = try #require(Currency(other))
        Scratch.clock.advance(by: 1)
        try await OneRate.publish(Self.pay, currencies: [usd.code, other], in: market, by: maker, and: checker)
        _ = try await FundRequester(market: market)(
            requester, with: Money(wallet, copy.usd), reference: market.identifiers.uuid(at: Scratch.clock.now()),
            by: maker)
        return copy
    }

    /// The code of an invitation; by both operators where it takes two.
    package func invitation(of person: Principal.ID, email: String) async throws -> String {
        let invite = InvitePerson(market: market)
        for actor in [manager, second] {
            if case .sent(let code) = try await invite(person, email: email, by: actor) { return code }
        }
        throw NotFound("invitation of two operators")
    }

    /// Writes where an agency is paid, by both operators.
    package func setAccount(of team: Team.ID, _ method: PayoutMethod) async throws {
        let set = SetTeamPayoutMethod(market: market, keys: Scratch.keys)
        for actor in [second, manager] { try await set(method, of: team, by: actor) }
    }

    /// An active worker without any paper.
    package func worker(_ key: String, weeklyMinutes: Int = 2_400) async throws -> Worker.ID {
        let id = try await RegisterWorker(market: market)(
            Registration(
                externalKey: key, name: "Worker \(key)", email: "\(key)@example.org", country: "US",
                timeZone: "America/New_York", weeklyMinutesMax: weeklyMinutes, languages: ["en"]
            ),
            by: manager
        )
        try await ActivateWorker(market: market)(id, by: manager)
        return id
    }

    /// An active worker with a verified admission in New York and the tier expert.
    package func lawyer(_ key: String, weeklyMinutes: Int = 2_400) async throws -> Worker.ID {
        let id = try await worker(key, weeklyMinutes: weeklyMinutes)
        try await DeclareProfession(market: market)(.lawyer, years: 9, specialties: [], of: id, by: manager)
        let credential = try await SubmitCredential(market: market)(
            CredentialSubmission(
                profession: .lawyer, kind: .barAdmission, issuer: "NY", jurisdiction: "US-NY", number: "NY-\(key)",
                issuedOn: try #require(CalendarDate(iso: "2015-01-01")), expiresOn: CalendarDate(iso: "2027-01-01")
            ),
            of: id, by: manager
        )
        try await VerifyCredential(market: market)(credential, by: manager)
        try await ConfirmCredential(market: market)(credential, by: second)
        try await GrantTier(market: market)(.expert, in: .lawyer, to: id, by: manager)
        return id
    }

    package func draft(
        _ name: String, door: BatchDoor = .claim, requirement: Requirement = .profession(.lawyer, leastTier: .expert),
        redundancy: Int = 1, budget: Int64 = 5_000_000, minutes: Int = 30, priority: Int = 0,
        lapsesMax: Int = 5, pricing: BatchPricing = .plain, adaptive: AdaptiveRedundancy? = nil, dueAt: Date? = nil,
        project other: Project.ID? = nil, sensitivity: Int = 0
    ) throws -> BatchDraft {
        BatchDraft(
            project: other ?? project, name: name, door: door, profession: .lawyer, tier: .expert,
            requirement: requirement,
            redundancy: redundancy, feeBasisPoints: 1_000, budget: try Money(budget, usd), expectedMinutes: minutes,
            leaseSeconds: 3_600, answerSeconds: 7_200, lapsesMax: lapsesMax, priority: priority, pricing: pricing,
            adaptive: adaptive, dueAt: dueAt, sensitivity: sensitivity
        )
    }

    /// A batch with that many tasks.
    package func batch(_ draft: BatchDraft, tasks: Int, publish: Bool = true) async throws -> Batch.ID {
        let id = try await CreateBatch(market: market)(draft, of: requester, by: manager)
        _ = try await AddTasks(market: market)(
            drafts((0..<tasks).map { "\(draft.name)-\($0)" }), to: id, of: requester, by: manager
        )
        if publish { _ = try await PublishBatch(market: market)(id, of: requester, by: manager) }
        return id
    }

    package func drafts(_ keys: [String]) -> AsyncStream<TaskDraft> {
        AsyncStream { stream in
            for key in keys {
                stream.yield(
                    TaskDraft(
                        externalKey: key, payload: ["text": .string(key)], referenceAnswers: ["gold": ["label": "a"]]
                    ))
            }
            stream.finish()
        }
    }

    package func claim(_ worker: Worker.ID, _ batch: Batch.ID? = nil) async throws -> Assignment {
        // By priority and lot alone, so that it is known what comes.
        try await ClaimTask(market: market, order: OrderOfService(agingEvery: 0))(
            from: batch.map { (requester, $0) }, by: Principal.ID(worker.uuid)
        )
    }

    /// What a worker reads of the newest task that they have taken; `nil` when its lease has ended.
    package func task(inHandOf worker: Worker.ID) async throws -> TaskInHand? {
        let actor = Principal.ID(worker.uuid)
        guard let item = try await MyWork(market: market)(limit: 1, by: actor).first else { return nil }
        do {
            return try await ReadTask(market: market)(item.assignment.id, by: actor)
        } catch is LeaseRefusal {
            return nil
        }
    }

    @discardableResult
    package func submit(
        _ work: Assignment, _ label: String = "a", activeSeconds: Int? = nil
    ) async throws -> Submission {
        try await SubmitAnswer(market: market)(
            ["label": .string(label)], for: work.id, token: work.leaseToken, activeSeconds: activeSeconds,
            by: Principal.ID(work.worker.uuid)
        )
    }

    @discardableResult
    package func review(_ work: Assignment, _ judgement: Judgement = .accepted) async throws -> Review {
        try await ReviewSubmission(market: market)(
            work.id, of: requester, judgement, reasons: judgement == .accepted ? "" : "Not as asked.", by: reviewer
        )
    }

    /// Takes, answers and has accepted that many tasks.
    package func earn(_ worker: Worker.ID, _ batch: Batch.ID, tasks: Int = 1) async throws {
        for _ in 0..<tasks {
            let work = try await claim(worker, batch)
            try await submit(work)
            try await review(work)
        }
    }

    /// Of the account that payouts come from.
    package static let payoutSettings: JSON = [
        "name": "Guildhall GmbH", "country": "DE", "town": "Berlin", "iban": "NL41MOCK0000000001", "bic": "MOCKNL2A",
        "remittance": "Payout",
    ]

    package func balance(_ key: AccountKey) async throws -> Int64 {
        try await market.database.read { try await $0.balance(of: key).minorUnits }
    }

    /// How many rows a question counts, as `n`.
    package func count(_ sql: SQL) async throws -> Int {
        try await market.database.read { try await $0.oneRow(sql)["n"] }
    }

    /// What the doctor finds wrong.
    package func ills() async throws -> [DoctorCheck] {
        try await Doctor(market: market, isFull: true)().filter { !$0.isClean }.map(\.check)
    }
}

/// The refusal that a body ends in.
package func refusal<R: Refusal>(_ type: R.Type, _ body: () async throws -> some Any) async -> R? {
    do {
        _ = try await body()
        Issue.record("was not refused")
        return nil
    } catch let refusal as R {
        return refusal
    } catch {
        Issue.record("another error: \(error)")
        return nil
    }
}
