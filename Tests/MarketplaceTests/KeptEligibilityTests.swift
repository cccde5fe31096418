import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Kept eligibility", .scratchDatabase)
struct KeptEligibilityTests: KeepsEligibility {
    private func refresh(_ worker: Worker.ID, _ statements: SQL...) async throws {
        // As the owner: the program itself deletes none of these.
        let database = Scratch.connect(asOwner: true) { $0.poolSize = 1 }
        try await Market(database: database, identifiers: Scratch.here.identifiers).change { change in
            for statement in statements { try await change.transaction.execute(statement) }
            try await change.refreshEligibility(of: worker)
            try await change.record(
                "test_changed", by: Principal.ID(worker.uuid), on: "worker", worker.uuid, in: .worker(worker)
            )
        }
        await database.shutdown()
    }

    @Test(
        "after any sequence of changes it equals evaluation from scratch, at every instant until the next change",
        arguments: UInt64(1)...6
    )
    func anySequence(seed: UInt64) async throws {
        let crew = try await Crew()
        var workers: [Worker.ID] = []
        for number in 1...3 { workers.append(try await crew.worker("w\(number)")) }
        var world = RequirementWorld(seed: seed)
        let trees = try await keep((0..<40).map { _ in world.tree() })
        try await compare(workers, trees, "seed \(seed), nothing yet")
        var met = 0
        for step in 0..<40 {
            let worker = world.pick(workers)
            switch Int.random(in: 0..<11, using: &world.generator) {
            case 0, 1, 2: try await changePapers(of: worker, crew, "\(seed)-\(step)", &world)
            case 3, 4, 5, 6: try await changeTies(of: worker, crew, "\(seed)-\(step)", &world)
            case 7, 8: try await changeScores(of: worker, crew, version: step + 1, &world)
            case 9:
                try await publish(version: step + 1, by: crew.chief, &world)
                let fresh = try await Scratch.database.read { transaction in
                    Set(try await transaction.metRequirements(of: worker))
                }
                #expect(fresh == (try await scratch(worker, trees)), "seed \(seed), step \(step), before the sweep")
                try await sweep()
            default:
                try await refresh(
                    worker,
                    """
                    insert into agreement_acceptance (worker_id, agreement_id, accepted_at, hash)
                    select \(worker), agreement_id, \(Scratch.clock.now()), hash from agreement
                     order by version desc limit 1
                    on conflict do nothing
                    """)
            }
            for wait in [0, 1, 3_600, 40_000] {
                Scratch.clock.advance(by: Double(wait))
                try await compare(workers, trees, "seed \(seed), step \(step), after \(wait) s")
            }
            met += try await scratch(worker, trees).count
        }
        #expect(met > 100)
    }

    private func changePapers(
        of worker: Worker.ID, _ crew: Crew, _ label: String, _ world: inout RequirementWorld
    ) async throws {
        let (start, end) = world.span(from: Scratch.clock.now())
        guard Int.random(in: 0..<3, using: &world.generator) > 0 else {
            let profession = world.pick(world.professions)
            try await DeclareProfession(market: crew.market)(
                profession, years: world.pick([1, 5, 9]), specialties: [world.pick(world.specialties)], of: worker,
                by: crew.chief
            )
            return
        }
        let profession = world.pick(world.professions)
        try await DeclareProfession(market: crew.market)(
            profession, years: 5, specialties: [], of: worker, by: crew.chief
        )
        let tier = world.pick(Tier.allCases)
        let day = CalendarDate(iso: String(world.pick([start, end]).formatted(.iso8601).prefix(10)))
        let paper = try await SubmitCredential(market: crew.market)(
            CredentialSubmission(
                profession: profession, kind: profession == .lawyer ? .barAdmission : .medicalLicence,
                issuer: "x", jurisdiction: world.pick(world.places), number: label,
                issuedOn: .day("2020-01-01"), expiresOn: day
            ), of: worker, by: crew.chief
        )
        try await VerifyCredential(market: crew.market)(paper, by: crew.chief)
        try await ConfirmCredential(market: crew.market)(paper, by: try await crew.second)
        do {
            try await GrantTier(market: crew.market)(
                tier, in: profession, to: worker, loss: TierLoss(rule: "r", facts: [:], reasons: "x"),
                by: crew.chief
            )
        } catch ExpertiseRefusal.notConfirmed {
            // The paper has expired: the tier stays as it was.
        }
        if Bool.random(using: &world.generator) {
            try await RevokeCredential(market: crew.market)(paper, reason: "x", by: crew.chief)
        }
    }

    private func changeTies(
        of worker: Worker.ID, _ crew: Crew, _ label: String, _ world: inout RequirementWorld
    ) async throws {
        let (start, end) = world.span(from: Scratch.clock.now())
        switch Int.random(in: 0..<4, using: &world.generator) {
        case 0:
            try await refresh(
                worker,
                """
                insert into worker_language values (\(worker), \(world.pick(world.languages)),
                                                    \(world.pick(LanguageLevel.allCases)))
                on conflict (worker_id, tag) do update set level = excluded.level
                """)
        case 1:
            try await refresh(
                worker, "delete from interest where worker_id = \(worker)",
                """
                insert into interest values (gen_random_uuid(), \(worker), 'employer', 'x',
                                             \(world.pick(world.parties)), tstzrange(\(start), \(end)))
                """)
        case 2:
            let requesters = world.requesters
            try await refresh(
                worker, "delete from exclusion where worker_id = \(worker)",
                """
                insert into exclusion values (gen_random_uuid(), \(world.pick(requesters)), \(worker), 'x',
                                              \(crew.chief), tstzrange(\(start), \(end)))
                """)
        default:
            let team = UUID.random(&world)
            try await refresh(
                worker, "delete from team_member where worker_id = \(worker)",
                """
                insert into team values (\(team), \("t" + label),
                                         \(world.pick(["agency", "staff"]))::text::team_kind, 'T', 'DE', false,
                                         \(start))
                """,
                """
                insert into team_member values (gen_random_uuid(), \(team), \(worker), tstzrange(\(start), \(end)))
                """)
        }
    }

    private func changeScores(
        of worker: Worker.ID, _ crew: Crew, version: Int, _ world: inout RequirementWorld
    ) async throws {
        let (start, end) = world.span(from: Scratch.clock.now())
        guard Bool.random(using: &world.generator) else {
            try await refresh(
                worker,
                """
                insert into skill_estimate values (\(worker), 'lawyer/contracts', \(version),
                    \(world.pick([4_000, 6_000])), 3000, 9000, 1, \(start))
                """)
            return
        }
        let exam = UUID.random(&world)
        try await refresh(
            worker,
            """
            insert into exam values (\(exam), 'lawyer', 'contracts', \(version), 'C', '[]', '{}', 60, 3, 24,
                                     5000, 365, \(start), \(crew.chief))
            """,
            """
            insert into exam_attempt values (gen_random_uuid(), \(exam), \(worker), 1,
                \(start - 200_000), \(start - 100_000), \(start - 150_000), '{}',
                \(world.pick([4_000, 6_000, 9_500])), \(end))
            """)
    }

    /// Nobody's eligibility is touched by itself.
    private func publish(version: Int, by actor: Principal.ID, _ world: inout RequirementWorld) async throws {
        let (start, _) = world.span(from: Scratch.clock.now())
        let body = "nda \(version)"
        try await Scratch.database.transaction { transaction in
            _ = try await transaction.execute(
                """
                insert into agreement values (gen_random_uuid(), 'nda', \(version), 'NDA', \(body),
                    sha256(convert_to(\(body), 'UTF8')), \(start + Double(version)), \(actor))
                """)
        }
    }

    @Test("a new requirement is worked out in pieces; until it is through, readers evaluate it themselves")
    func newRequirement() async throws {
        let crew = try await Crew()
        var workers: [Worker.ID] = []
        for number in 1...5 { workers.append(try await crew.worker("w\(number)")) }
        let id = try await Scratch.database.transaction {
            try await $0.internRequirement(.language("en"), id: Scratch.here.identifiers.make(at: $0.instant))
        }
        let sweep = SweepEligibility(market: crew.market)
        #expect(try await sweep(most: 2) == 0, "it is left alone for a minute")
        Scratch.clock.advance(by: 61)
        for expected in [2, 2, 1] {
            for worker in workers {
                let met = try await Scratch.database.read { try await $0.metRequirements(of: worker) }
                #expect(met == [id])
            }
            #expect(try await sweep(most: 2) == expected)
        }
        #expect(try await sweep(most: 2) == 0)
        for worker in workers {
            let stored = try await Scratch.database.read { try await $0.storedEligibility(of: worker) }
            #expect(stored.met == [id] && stored.unknown == [])
        }
    }

    @Test("a change of one worker's papers touches no row of another's, and none that stays as it is")
    func onlyThatWorker() async throws {
        let crew = try await Crew()
        let (worker, admission) = try await crew.lawyer("w1", tier: .expert)
        _ = try await crew.lawyer("w2", tier: .expert)
        _ = try await keep([.language("en"), .jurisdiction("US-NY", of: .lawyer), .jurisdiction("DE", of: .lawyer)])
        func rows() async throws -> [String] {
            try await Scratch.database.read {
                try await $0.rows(
                    """
                    select worker_id || ' ' || requirement_id || ' ' || in_force || ' ' || xmin as it
                      from worker_requirement order by 1
                    """
                ).map { try $0["it"] }
            }
        }
        let before = try await rows()
        #expect(before.count == 4)
        try await RevokeCredential(market: crew.market)(admission, reason: "x", by: crew.chief)
        let after = try await rows()
        #expect(after.count == 3 && Set(after).isSubset(of: before))
        #expect(before.filter { !after.contains($0) }.allSatisfy { $0.hasPrefix("\(worker)") })
    }

    @Test("work that a worker is eligible for is listed in the order of the policy, page by page, and ends on the day")
    func listed() async throws {
        let market = try await SmallMarket()
        let worker = try await market.lawyer("w1")
        var ids: [Batch.ID] = []
        for number in 0..<5 {
            ids.append(
                try await market.batch(
                    market.draft("b\(number)", requirement: .years(number, of: .lawyer), priority: number % 2), tasks: 1
                ))
        }
        _ = try await market.batch(market.draft("other", requirement: .language("fr"), priority: 9), tasks: 1)
        Scratch.clock.advance(by: 61)
        try await sweep()
        let list = ListEligibleBatches(market: market.market)
        let actor = Principal.ID(worker.uuid)
        var found: [EligibleBatch] = []
        for expected in [2, 2, 1, 0] {
            let page = try await list(for: worker, after: found.last.map { ($0.requester, $0.id) }, limit: 2, by: actor)
            #expect(page.count == expected)
            found += page
        }
        #expect(Set(found.map(\.id)) == Set(ids))
        #expect(found.map(\.priority) == [1, 1, 0, 0, 0])
        try await PauseWorker(market: market.market)(worker, by: actor)
        #expect(try await list(for: worker, by: actor) == [])
        try await ResumeWorker(market: market.market)(worker, by: actor)
        #expect(try await list(for: worker, by: actor).count == 5)
    }

    @Test(
        "work that a worker is barred from is not listed",
        arguments: [
            """
            insert into exclusion
            select gen_random_uuid(), requester_id, worker_id, 'late', principal_id, tstzrange('2026-01-01', null)
              from worker, requester, principal where principal.name = 'Operator'
            """,
            "update batch set workforces = '{agency,staff}'",
            """
            with tie as (\(fragment: Self.tie))
            insert into project_party select requester_id, project_id, 'Initech', 'initech' from batch
            """,
            """
            with tie as (\(fragment: Self.tie)),
            told as (update batch set has_task_parties = true)
            insert into task_party select requester_id, task_id, 'Initech', 'initech' from task
            """,
        ] as [SQL])
    func barred(statement: SQL) async throws {
        let market = try await SmallMarket()
        let worker = try await market.lawyer("w1")
        _ = try await market.batch(market.draft("b"), tasks: 2)
        let list = ListEligibleBatches(market: market.market)
        #expect(try await list(for: worker, by: market.manager).count == 1)
        try await Scratch.asOwner { _ = try await $0.execute(statement) }
        #expect(try await list(for: worker, by: market.manager) == [])
    }

    @Test("of tasks with parties, one without a tie is enough for the batch to be listed")
    func oneFreeTask() async throws {
        let market = try await SmallMarket()
        let worker = try await market.lawyer("w1")
        _ = try await market.batch(market.draft("b"), tasks: 2)
        try await Scratch.asOwner {
            _ = try await $0.execute(
                """
                with tie as (\(fragment: Self.tie)),
                told as (update batch set has_task_parties = true)
                insert into task_party select requester_id, task_id, 'Initech', 'initech' from task limit 1
                """)
        }
        let list = ListEligibleBatches(market: market.market)
        #expect(try await list(for: worker, by: market.manager).count == 1)
    }

    private static let tie: SQL = """
        insert into interest
        select gen_random_uuid(), worker_id, 'employer', 'Initech', 'initech', tstzrange('2026-01-01', null) from worker
        """

    @Test("an expiry takes effect at its instant, with nobody's help")
    func expiry() async throws {
        let market = try await SmallMarket()
        let worker = try await market.lawyer("w1")
        _ = try await market.batch(market.draft("b"), tasks: 1)
        Scratch.clock.advance(by: 61)
        try await sweep()
        let list = ListEligibleBatches(market: market.market)
        Scratch.clock.advance(by: Date.at("2027-01-02T00:00:00Z").timeIntervalSince(Scratch.clock.now()) - 1)
        #expect(try await list(for: worker, by: market.manager).count == 1)
        Scratch.clock.advance(by: 1)
        #expect(try await list(for: worker, by: market.manager) == [])
    }
}

extension RequirementWorld {
    /// A start and a later end, about now.
    fileprivate mutating func span(from now: Date) -> (Date, Date) {
        let start = now + Double(Int.random(in: -50_000...50_000, using: &generator))
        return (start, start + Double(Int.random(in: 1...200_000, using: &generator)))
    }
}

extension UUID {
    fileprivate static func random(_ world: inout RequirementWorld) -> UUID {
        SeededIdentifiers(seed: world.generator.next()).uuid(at: Scratch.start)
    }
}
