import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// One written case: what a batch demands, what is done to a worker who would be eligible for everything, and what
/// they are told.
struct WhyNotCase: Sendable, CustomTestStringConvertible {
    let name: String
    let demand: Requirement
    let code: String
    var reason: String?
    var before: SQL = "select 1"

    var testDescription: String { name }

    static let day = "2026-03-02 09:00:00+00"

    static let all: [WhyNotCase] = [
        WhyNotCase(
            name: "the licence expired", demand: .jurisdiction("US-NY", of: .lawyer),
            code: "requirement_jurisdiction", reason: "expired",
            before: "update credential set expires_at = timestamptz '2026-03-02 00:00:00+00'"
        ),
        WhyNotCase(
            name: "the licence is not valid yet", demand: .jurisdiction("US-NY", of: .lawyer),
            code: "requirement_jurisdiction", reason: "not_yet_valid",
            before: "update credential set issued_on = date '2026-03-03'"
        ),
        WhyNotCase(
            name: "the licence was revoked", demand: .profession(.lawyer, leastTier: .generalist),
            code: "requirement_profession", reason: "missing", before: "update credential set state = 'revoked'"
        ),
        WhyNotCase(
            name: "the wrong jurisdiction", demand: .jurisdiction("DE", of: .lawyer),
            code: "requirement_jurisdiction", reason: "elsewhere"
        ),
        WhyNotCase(
            name: "the tier is too low", demand: .profession(.lawyer, leastTier: .principal),
            code: "requirement_profession", reason: "tier_too_low"
        ),
        WhyNotCase(
            name: "another profession", demand: .profession(.physician, leastTier: .generalist),
            code: "requirement_profession", reason: "missing"
        ),
        WhyNotCase(
            name: "the specialty is missing", demand: .specialty("tax", of: .lawyer),
            code: "requirement_specialty", reason: "missing"
        ),
        WhyNotCase(
            name: "too few years", demand: .years(10, of: .lawyer), code: "requirement_least_years", reason: "too_low"
        ),
        WhyNotCase(
            name: "no such certificate", demand: .credential("board_certificate", of: .lawyer),
            code: "requirement_credential", reason: "missing"
        ),
        WhyNotCase(
            name: "the language is missing", demand: .language("fr"), code: "requirement_language", reason: "missing"
        ),
        WhyNotCase(
            name: "the language is not known well enough", demand: .language("de", leastLevel: .c1),
            code: "requirement_language", reason: "level_too_low",
            before: "insert into worker_language select worker_id, 'de-at', 'b2' from worker"
        ),
        WhyNotCase(
            name: "work is performed elsewhere", demand: .performedIn(["DE", "FR"]),
            code: "requirement_performed_in", reason: "elsewhere"
        ),
        WhyNotCase(
            name: "a conflict of interest", demand: .noInterest(in: "initech"),
            code: "requirement_no_interest_in", reason: "conflict",
            before: """
                insert into interest
                select gen_random_uuid(), worker_id, 'employer', 'Initech', 'initech', tstzrange('2026-01-01', null)
                  from worker
                """
        ),
        WhyNotCase(
            name: "the agreement was never accepted", demand: .agreement("nda"),
            code: "requirement_agreement", reason: "missing",
            before: """
                insert into agreement
                select gen_random_uuid(), 'nda', 1, 'NDA', 'one', sha256('one'), '2026-01-01', principal_id
                  from principal where name = 'Operator'
                """
        ),
        WhyNotCase(
            name: "the agreement is outdated", demand: .agreement("nda"),
            code: "requirement_agreement", reason: "outdated",
            before: """
                with first as (
                    insert into agreement
                    select gen_random_uuid(), 'nda', 1, 'NDA', 'one', sha256('one'), '2026-01-01', principal_id
                      from principal where name = 'Operator'
                    returning agreement_id, hash
                ),
                second as (
                    insert into agreement
                    select gen_random_uuid(), 'nda', 2, 'NDA', 'two', sha256('two'), '2026-03-02', principal_id
                      from principal where name = 'Operator'
                )
                insert into agreement_acceptance (worker_id, agreement_id, accepted_at, hash)
                select worker_id, agreement_id, '2026-01-02', hash from worker, first
                """
        ),
        WhyNotCase(
            name: "the exam was not taken", demand: .exam("contracts", leastScore: 8_000),
            code: "requirement_exam", reason: "missing"
        ),
        WhyNotCase(
            name: "the exam has expired", demand: .exam("contracts", leastScore: 8_000),
            code: "requirement_exam", reason: "expired", before: exam(score: 9_000, expires: "2026-03-02")
        ),
        WhyNotCase(
            name: "the exam's score is too low", demand: .exam("contracts", leastScore: 8_000),
            code: "requirement_exam", reason: "too_low", before: exam(score: 7_999, expires: "2027-01-01")
        ),
        WhyNotCase(
            name: "the skill is too low", demand: .skill("lawyer/contracts", least: .low(8_000)),
            code: "requirement_skill", reason: "too_low",
            before: """
                insert into skill_estimate
                select worker_id, 'lawyer/contracts', 1, 9000, 7999, 9500, 40, timestamptz '2026-03-01' from worker
                """
        ),
        WhyNotCase(
            name: "the batch does not take the crowd", demand: .sourcing([.agency, .staff]),
            code: "requirement_sourcing", reason: "other_sourcing"
        ),
        WhyNotCase(
            name: "excluded by the requester", demand: .all([]),
            code: "excluded",
            before: """
                insert into exclusion
                select gen_random_uuid(), requester_id, worker_id, 'late', principal_id, tstzrange('2026-01-01', null)
                  from worker, requester, principal where principal.name = 'Operator'
                """
        ),
        WhyNotCase(
            name: "suspended", demand: .language("fr"), code: "worker_not_active",
            before: """
                with made as (
                    insert into decision
                    select gen_random_uuid(), 'suspension', worker_id, worker_id, 'late', '{}', 'Late.', principal_id,
                           '2026-03-01', '2026-03-15'
                      from worker, principal where principal.name = 'Operator'
                    returning decision_id, worker_id
                )
                update worker set state = 'suspended', suspension_id = made.decision_id
                  from made where made.worker_id = worker.worker_id
                """
        ),
        WhyNotCase(
            name: "the week's hours are used up", demand: .all([]), code: "hours_cap",
            before: "insert into worker_week select worker_id, date '2026-03-02', 2400, 2371 from worker"
        ),
        WhyNotCase(
            name: "as many leases as anybody may hold", demand: .language("fr"), code: "too_many_leases",
            before: "insert into worker_load select worker_id, 5 from worker"
        ),
        WhyNotCase(
            name: "the batch is paused", demand: .language("fr"), code: "batch_not_open",
            before: "update batch set state = 'paused'"
        ),
        WhyNotCase(
            name: "the day's hours are used up", demand: .all([]), code: "hours_cap_day",
            before: """
                with own as (update worker set daily_minutes_max = 480)
                insert into worker_day select worker_id, date '2026-03-02', 480, 451 from worker
                """
        ),
        WhyNotCase(
            name: "the platform caps the day", demand: .all([]), code: "hours_cap_day",
            before: policy(country: nil, daily: 29, weekly: 2_400)
        ),
        WhyNotCase(
            name: "the country's law caps the week", demand: .all([]), code: "hours_cap",
            before: policy(country: "US", daily: 480, weekly: 29)
        ),
        WhyNotCase(
            name: "as many leases as the worker wants", demand: .language("fr"), code: "too_many_leases",
            before: """
                with own as (update worker set tasks_at_once_max = 1)
                insert into worker_load select worker_id, 1 from worker
                """
        ),
        WhyNotCase(
            name: "no worker any more", demand: .language("fr"), code: "not_a_worker",
            before: "delete from role_grant where role = 'worker'"
        ),
        WhyNotCase(
            name: "paused", demand: .language("fr"), code: "worker_not_active",
            before: "update worker set state = 'paused'"
        ),
        WhyNotCase(
            name: "the batch takes staff only", demand: .language("fr"), code: "other_workforce",
            before: "update batch set workforces = '{staff}'"
        ),
        WhyNotCase(
            name: "the batch takes nobody from agencies", demand: .language("fr"), code: "other_workforce",
            before: """
                with told as (update batch set workforces = '{crowd,staff}'),
                made as (
                    insert into team values (gen_random_uuid(), 't', 'agency', 'T', 'DE', false, '2026-01-01')
                    returning team_id
                )
                insert into team_member
                select gen_random_uuid(), team_id, worker_id, tstzrange('2026-01-01', null) from made, worker
                """
        ),
        WhyNotCase(
            name: "a tie to a party of the project", demand: .language("fr"), code: "conflict_of_interest",
            before: """
                with tie as (\(fragment: tie))
                insert into project_party select requester_id, project_id, 'Initech', 'initech' from project
                """
        ),
        WhyNotCase(
            name: "a tie to a party of every task", demand: .all([]), code: "no_work",
            before: """
                with tie as (\(fragment: tie)), told as (update batch set has_task_parties = true)
                insert into task_party select requester_id, task_id, 'Initech', 'initech' from task
                """
        ),
        WhyNotCase(
            name: "barred by another requester whom the work names", demand: .notExcluded(by: other),
            code: "requirement_not_excluded_by", reason: "barred",
            before: """
                with made as (insert into requester values (\(other), 'other', 'Other', '2026-01-01'))
                insert into exclusion
                select gen_random_uuid(), \(other), worker_id, 'late', principal_id, tstzrange('2026-01-01', null)
                  from worker, principal where principal.name = 'Operator'
                """
        ),
        WhyNotCase(
            name: "the tier is gone", demand: .profession(.lawyer, leastTier: .generalist),
            code: "requirement_profession", reason: "missing", before: "delete from tier_period"
        ),
        WhyNotCase(
            name: "none of several", demand: .all([.language("en"), .any([.language("fr"), .language("de")])]),
            code: "requirement_any", reason: "missing"
        ),
        WhyNotCase(
            name: "something that must not be", demand: .not(.language("en")), code: "requirement_not",
            reason: "conflict"
        ),
    ]

    private static let other = SeededIdentifiers(seed: 77).make(at: Scratch.start) as Requester.ID

    private static let tie: SQL = """
        insert into interest
        select gen_random_uuid(), worker_id, 'employer', 'Initech', 'initech', tstzrange('2026-01-01', null) from worker
        """

    private static func policy(country: String?, daily: Int, weekly: Int) -> SQL {
        """
        insert into hours_policy
        select gen_random_uuid(), \(country), \(daily), \(weekly), 'law', tstzrange('2026-01-01', null), principal_id
          from principal where name = 'Operator'
        """
    }

    private static func exam(score: Int, expires: String) -> SQL {
        """
        with made as (
            insert into exam
            select gen_random_uuid(), 'lawyer', 'contracts', 1, 'Contracts', '[]', '{}', 60, 3, 24, 5000, 365,
                   '2025-01-01', principal_id
              from principal where name = 'Operator'
            returning exam_id
        )
        insert into exam_attempt
        select gen_random_uuid(), exam_id, worker_id, 1, '2025-02-01', '2025-02-02', '2025-02-01 12:00+00', '{}',
               \(score), \(expires)::text::timestamptz
          from made, worker
        """
    }
}

@Suite("Why not eligible", .scratchDatabase)
struct WhyNotEligibleTests {
    /// An expert in New York with nine years, and a batch that demands what the case says.
    private func stage(_ demand: Requirement) async throws -> (SmallMarket, Worker.ID, Batch.ID) {
        let market = try await SmallMarket()
        let worker = try await market.lawyer("w1")
        let batch = try await market.batch(market.draft("b", requirement: demand), tasks: 2)
        return (market, worker, batch)
    }

    @Test("the worker is told the first rule that fails, the same by asking and by trying", arguments: WhyNotCase.all)
    func written(why: WhyNotCase) async throws {
        let (market, worker, batch) = try await stage(why.demand)
        try await Scratch.asOwner { _ = try await $0.execute(why.before) }
        let prospect = try await WhyNotEligible(market: market.market)(
            worker, from: (market.requester, batch), by: market.manager
        )
        guard case .refused(let refused) = prospect else {
            Issue.record("is eligible")
            return
        }
        switch refused {
        case .notEligible(let fault):
            #expect(fault.code == why.code)
            #expect(fault.reason.code == why.reason)
            #expect(fault.message.hasPrefix("This needs "))
        case .notAWorker, .notActive, .mostAtOnce, .batchNotOpen, .overdue, .offeredOnly, .awardedOnly, .noOpenBatch,
            .noWork, .hoursCap, .windowCap, .restDue,
            .otherWorkforce, .excluded, .conflictOfInterest, .dayCap, .batchCap, .shareCap, .belowAsk:
            #expect(refused.code == why.code)
            #expect(why.reason == nil)
        }
        let tried = await refusal(ClaimRefusal.self) { try await market.claim(worker, batch) }
        #expect(tried == refused)
    }

    @Test("there are 20 written cases or more, and no two of a name")
    func enough() {
        #expect(Set(WhyNotCase.all.map(\.name)).count >= 20)
        #expect(Set(WhyNotCase.all.map(\.name)).count == WhyNotCase.all.count)
    }

    @Test("whoever is eligible is told the facts that make them so, and can claim")
    func eligible() async throws {
        let (market, worker, batch) = try await stage(.profession(.lawyer, leastTier: .expert))
        let why = WhyNotEligible(market: market.market)
        let prospect = try await why(worker, from: (market.requester, batch), by: market.manager)
        guard case .eligible(let proof) = prospect else {
            Issue.record("is not eligible: \(prospect)")
            return
        }
        #expect(proof.tiers == [.lawyer: .expert])
        #expect(proof.credentials.count == 1)
        _ = try await market.claim(worker, batch)
        _ = try await market.claim(worker, batch)
        let other = try await market.lawyer("w2")
        let late = try await why(other, from: (market.requester, batch), by: market.manager)
        #expect(late == .refused(.noWork))
    }

    @Test("whoever has done their part of every task is told so, by asking and by trying")
    func partDone() async throws {
        let market = try await SmallMarket()
        let worker = try await market.lawyer("w1")
        let batch = try await market.batch(market.draft("b", redundancy: 2), tasks: 1)
        try await market.earn(worker, batch)
        let prospect = try await WhyNotEligible(market: market.market)(
            worker, from: (market.requester, batch), by: market.manager
        )
        #expect(prospect == .refused(.noWork))
        #expect(await refusal(ClaimRefusal.self) { try await market.claim(worker, batch) } == .noWork)
    }

    @Test("that work is only offered is told to whoever could take it")
    func offered() async throws {
        let market = try await SmallMarket()
        let worker = try await market.lawyer("w1")
        let why = WhyNotEligible(market: market.market)
        let mine = try await market.batch(market.draft("mine", door: .offer), tasks: 1)
        #expect(try await why(worker, from: (market.requester, mine), by: market.manager) == .refused(.offeredOnly))
        let french = try await market.batch(
            market.draft("french", door: .offer, requirement: .language("fr")), tasks: 1
        )
        let fault = RequirementFault(rule: .language("fr"), reason: .missing)
        #expect(
            try await why(worker, from: (market.requester, french), by: market.manager)
                == .refused(.notEligible(fault)))
    }

    @Test("nobody asks about somebody else but an operator")
    func authorised() async throws {
        let (market, worker, batch) = try await stage(.all([]))
        let other = Principal.ID(try await market.worker("w2").uuid)
        let why = WhyNotEligible(market: market.market)
        await #expect(throws: AccessRefusal.self) { try await why(worker, from: (market.requester, batch), by: other) }
        await #expect(throws: AccessRefusal.self) {
            try await ListEligibleBatches(market: market.market)(for: worker, by: other)
        }
    }
}
