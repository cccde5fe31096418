internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// A market of any size, made by the program where it is small (rates, batches, money) and by `generate_series` where
/// it is large (workers, tasks, slots): nothing is done yet, and the doctor finds it clean.
///
/// Everybody is a lawyer of 25 years with an admission in one place; a requirement asks for a place and some years, so
/// that each worker meets ``Size/requirementsPerPlace``. There is a batch for each requirement, and a hot one for the
/// first.
struct LargeMarket: Sendable {
    struct Size: Sendable {
        var places = 25
        var requirementsPerPlace = 20
        var workers = 100_000
        /// In each batch of a requirement.
        var tasksPerBatch: Int
        var hotTasks: Int
        /// Answers to each task.
        var redundancy = 1

        var requirements: Int { places * requirementsPerPlace }
        var tasks: Int { requirements * tasksPerBatch + hotTasks }

        /// About so many open tasks in 500 requirements, a tenth of them in the hot batch.
        init(tasks: Int) {
            hotTasks = tasks / 10
            tasksPerBatch = (tasks - hotTasks) / (places * requirementsPerPlace)
        }

        /// What tasks, slots and workers take on the disk, generously.
        var bytes: Int { tasks * 1_200 + workers * 12_000 + 500_000_000 }
    }

    let size: Size
    let operatorID: Principal.ID
    let requester: Requester.ID
    let hot: Batch.ID
    /// A batch for each requirement, those of a place together.
    let batches: [Batch.ID]

    static func worker(_ number: Int) -> Worker.ID { Worker.ID(.numbered(number, kind: 0x1e)) }

    /// Workers of the first place, who meet the hot batch's requirement.
    func hotWorker(_ number: Int) -> Worker.ID {
        Self.worker((number % (size.workers / size.places) + 1) * size.places)
    }

    /// One of the batches that a worker meets.
    func batch(for number: Int, _ draw: Int) -> Batch.ID {
        let place = number % size.places
        return batches[place * size.requirementsPerPlace + draw % size.requirementsPerPlace]
    }

    /// - Parameter market: on an empty database, as its owner.
    init(_ size: Size, in market: Market) async throws {
        self.size = size
        guard let usd = Currency("USD") else { throw BenchmarkError(reason: "no such currency") }
        let chief = try await Bootstrap(market: market)(operatorName: "Operator")
        let person = CreatePrincipal(market: market)
        let maker = try await person(.person, named: "Maker", roles: [.financeMaker], by: chief)
        let checker = try await person(.person, named: "Checker", roles: [.financeChecker], by: chief)
        let card = try await DraftRateCard(market: market)(Self.card, by: maker)
        try await ApproveRateCard(market: market)(card.version, contentHash: card.contentHash, by: checker)
        try await PublishRateCard(market: market)(card.version, by: maker)
        let owner = try await CreateRequester(market: market)(externalKey: "large", name: "Large", by: chief)
        _ = try await FundRequester(market: market)(
            owner, with: Money(1_000_000_000_000, usd), reference: .numbered(1, kind: 0x5), by: maker
        )
        let project = try await CreateProject(market: market)(
            ProjectDraft(
                externalKey: "large", name: "Large", taskKind: .extraction, guideline: "Read.",
                answerSchema: ["type": "object"]
            ),
            of: owner, by: chief
        )
        let create = CreateBatch(market: market)
        let draft = { (name: String, place: Int, years: Int) in
            BatchDraft(
                project: project, name: name, profession: .lawyer, tier: .expert,
                requirement: .all([.jurisdiction("US-A\(place)", of: .lawyer), .years(years, of: .lawyer)]),
                redundancy: size.redundancy, feeBasisPoints: 1_000, budget: try Money(1_000_000_000_000, usd),
                expectedMinutes: 1
            )
        }
        var made: [Batch.ID] = []
        for place in 0..<size.places {
            for years in 0..<size.requirementsPerPlace {
                made.append(try await create(draft("\(place) \(years)", place, years), of: owner, by: chief))
            }
        }
        let hot = try await create(draft("hot", 0, 0), of: owner, by: chief)
        (operatorID, requester, batches, self.hot) = (chief, owner, made, hot)
        try await fill(market, project)
        for batch in made + [hot] { _ = try await PublishBatch(market: market)(batch, of: owner, by: chief) }
        try await market.database.transaction { _ = try await $0.execute("analyze") }
    }

    /// One more batch of the hot one's requirement, open, of 200 tasks, a tenth of them gold where any are.
    func batch(_ name: String, _ sharing: TaskSharing, matters: Int, in market: Market) async throws -> Batch.ID {
        guard let usd = Currency("USD") else { throw BenchmarkError(reason: "no such currency") }
        let project = try await CreateProject(market: market)(
            ProjectDraft(
                externalKey: name, name: name, taskKind: .extraction, guideline: "Read.",
                answerSchema: ["type": "object"]
            ),
            of: requester, by: operatorID
        )
        let batch = try await CreateBatch(market: market)(
            BatchDraft(
                project: project, name: name, profession: .lawyer, tier: .expert,
                requirement: .all([.jurisdiction("US-A0", of: .lawyer), .years(0, of: .lawyer)]),
                feeBasisPoints: 1_000, budget: try Money(1_000_000, usd), expectedMinutes: 1, sharing: sharing
            ),
            of: requester, by: operatorID
        )
        let drafts = AsyncStream { stream in
            for number in 0..<200 {
                let isGold = sharing.goldBasisPoints > 0 && number.isMultiple(of: 10)
                stream.yield(
                    TaskDraft(
                        externalKey: "\(name)-\(number)", payload: ["text": .string("Clause \(number).")],
                        referenceAnswers: isGold ? ["expert": [:]] : [:],
                        matter: isGold ? nil : "matter-\(number % matters)", isGold: isGold
                    ))
            }
            stream.finish()
        }
        _ = try await AddTasks(market: market)(drafts, to: batch, of: requester, by: operatorID)
        _ = try await PublishBatch(market: market)(batch, of: requester, by: operatorID)
        return batch
    }

    private func fill(_ market: Market, _ project: Project.ID) async throws {
        try await market.database.transaction { transaction in
            // What is generated refers to what is there; millions of look-ups to say so would take an hour.
            try await transaction.execute("set local session_replication_role = replica")
            try await transaction.execute("set local statement_timeout = '2h'")
            try await transaction.fillWorkers(size.workers, places: size.places, by: operatorID)
            try await transaction.fillTasks(
                of: batches + [hot],
                counts: Array(repeating: size.tasksPerBatch, count: batches.count) + [size.hotTasks],
                requester, project, redundancy: size.redundancy
            )
        }
    }

    private static let card: JSON = [
        "name": "Large",
        "rates": [
            [
                "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "task", "currency": "USD",
                "amount_minor": 100,
            ]
        ],
    ]
}

extension Transaction {
    fileprivate func fillWorkers(_ workers: Int, places: Int, by operatorID: Principal.ID) async throws {
        try await execute(
            """
            insert into principal
            select ('0000001e-0000-7000-8000-0000' || lpad(to_hex(n), 8, '0'))::uuid, 'person', 'w' || n, \(instant)
              from generate_series(1, \(workers)) n
            """)
        try await execute(
            """
            insert into worker (worker_id, external_key, state, country, time_zone, weekly_minutes_max, registered_at)
            select principal_id, name, 'active', 'US', 'UTC', 2400, created_at
              from principal where name ~ '^w[0-9]+$'
            """)
        try await execute(
            """
            insert into role_grant
            select gen_random_uuid(), worker_id, 'worker', null, \(operatorID), tstzrange(\(instant), null) from worker
            """)
        try await execute(
            "insert into profile (worker_id, profession, years) select worker_id, 'lawyer', 25 from worker")
        try await execute(
            """
            insert into credential (credential_id, worker_id, profession, kind, issuer, jurisdiction, number, issued_on,
                                    expires_at, state, verified_at, verified_by)
            select worker_id, worker_id, 'lawyer', 'bar_admission', 'Bar',
                   'US-A' || substr(external_key, 2)::integer % \(places), external_key, date '2015-01-01',
                   timestamptz '2040-01-01 00:00:00+00', 'verified', \(instant), \(operatorID)
              from worker
            """)
        try await execute("update requirement_cover set stale_from = null")
        try await execute(
            """
            insert into worker_requirement (worker_id, requirement_id, in_force)
            select credential.worker_id, kept.requirement_id, tstzrange(null, credential.expires_at)
              from credential
              join (select requirement_id, jsonb_path_query_first(tree, '$.all[*].jurisdiction') #>> '{}' as place
                      from requirement join requirement_cover using (requirement_id)) kept
                on kept.place = credential.jurisdiction
             order by credential.worker_id, kept.requirement_id
            """)
    }

    /// Open tasks with content and a slot for each answer, batch by batch.
    fileprivate func fillTasks(
        of batches: [Batch.ID], counts: [Int], _ requester: Requester.ID, _ project: Project.ID, redundancy: Int
    ) async throws {
        var (first, firsts) = (1, [Int]())
        for count in counts {
            firsts.append(first)
            first += count
        }
        try await execute(
            """
            insert into task (requester_id, task_id, batch_id, project_id, external_key, state)
            select \(requester), ('00000017-0000-7000-8000-0000' || lpad(to_hex(n), 8, '0'))::uuid, asked.batch_id,
                   \(project), 'document-' || n, 'open'
              from unnest(\(batches)::uuid[], \(firsts)::bigint[], \(counts)::bigint[])
                   as asked (batch_id, first, tasks)
             cross join lateral generate_series(asked.first, asked.first + asked.tasks - 1) n
            """)
        try await execute(
            """
            insert into task_content (requester_id, task_id, payload)
            select requester_id, task_id, jsonb_build_object('text', 'The parties agree. ' || external_key) from task
            """)
        try await execute(
            """
            insert into slot (requester_id, task_id, slot_no, batch_id, state, lease_token, lapses)
            select requester_id, task_id, number, batch_id, 'open', 0, 0
              from task cross join generate_series(1, \(redundancy)) as number
            """)
        try await execute(
            """
            update batch set task_count = asked.tasks, slot_count = asked.tasks * \(redundancy)
              from unnest(\(batches)::uuid[], \(counts)::bigint[]) as asked (batch_id, tasks)
             where batch.requester_id = \(requester) and batch.batch_id = asked.batch_id
            """)
    }
}
