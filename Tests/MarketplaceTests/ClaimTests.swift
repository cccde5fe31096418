import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Claims", .scratchDatabase)
struct ClaimTests {
    /// In the order of precedence; each row has the faults of all the rows after it, too.
    enum Case: String, CaseIterable {
        case notAWorker, notActive, mostAtOnce, batchNotOpen, offeredOnly, noWork, notEligible, hoursCap

        var code: String {
            switch self {
            case .notAWorker: "not_a_worker"
            case .notActive: "worker_not_active"
            case .mostAtOnce: "too_many_leases"
            case .batchNotOpen: "batch_not_open"
            case .offeredOnly: "batch_offered_only"
            case .noWork: "no_work"
            case .notEligible: "not_eligible"
            case .hoursCap: "hours_cap"
            }
        }

        func holds(_ other: Case) -> Bool {
            (Case.allCases.firstIndex(of: other) ?? 0) >= (Case.allCases.firstIndex(of: self) ?? 0)
        }
    }

    @Test("are refused for the first reason that holds", arguments: Case.allCases)
    func precedence(first: Case) async throws {
        let small = try await SmallMarket()
        let worker =
            first.holds(.notEligible)
            ? try await small.worker("w", weeklyMinutes: 180) : try await small.lawyer("w", weeklyMinutes: 180)
        let easy = try await small.batch(small.draft("easy", requirement: .all([])), tasks: 6)
        // 5 x 30 minutes of the 180 are taken where that many leases are wanted; the batch asks for 60 more.
        for _ in 0..<5 { _ = try await small.claim(worker, easy) }
        let target = try await small.batch(
            small.draft("target", door: first.holds(.offeredOnly) ? .offer : .claim, minutes: 60), tasks: 1
        )
        if first.holds(.noWork) {
            let other = try await small.lawyer("other")
            try await tamper("update batch set door = 'claim' where name = 'target'")
            _ = try await small.claim(other, target)
            if first.holds(.offeredOnly) { try await tamper("update batch set door = 'offer' where name = 'target'") }
        }
        if first.holds(.batchNotOpen) {
            try await PauseBatch(market: small.market)(target, of: small.requester, by: small.manager)
        }
        if !first.holds(.mostAtOnce) {
            // One lease fewer, its minutes kept.
            try await tamper("update worker_load set live_leases = 4 where live_leases = 5")
        }
        if first.holds(.notActive) { try await PauseWorker(market: small.market)(worker, by: small.manager) }
        let actor = first.holds(.notAWorker) ? small.reviewer : Principal.ID(worker.uuid)
        let refused = await refusal(ClaimRefusal.self) {
            try await ClaimTask(market: small.market)(from: (small.requester, target), by: actor)
        }
        #expect(refused?.code == first.code)
    }

    private func tamper(_ statement: SQL) async throws {
        try await Scratch.asOwner { _ = try await $0.execute(statement) }
    }

    @Test("say that there is no open batch where there is none")
    func noBatch() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker) } == .noOpenBatch)
    }

    @Test("without a batch take the highest priority for which the worker is eligible, then the oldest")
    func policy() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let low = try await small.batch(small.draft("low"), tasks: 1)
        let urgent = try await small.batch(
            small.draft("urgent", requirement: .profession(.physician, leastTier: .expert), priority: 9), tasks: 1
        )
        Scratch.clock.advance(by: 1)
        let young = try await small.batch(small.draft("young", priority: 5), tasks: 1)
        #expect(try await small.claim(worker).batch == young)
        #expect(try await small.claim(worker).batch == low)
        let refused = await refusal(ClaimRefusal.self) { try await small.claim(worker) }
        #expect(refused?.code == "not_eligible")
        #expect(urgent != low)
    }

    @Test("freeze terms, proof and place, and never give a worker two slots of a task")
    func terms() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b", redundancy: 3), tasks: 2)
        let (one, two) = (try await small.claim(worker, batch), try await small.claim(worker, batch))
        #expect(one.task != two.task)
        #expect(one.terms["pay_minor"]?.integerValue == SmallMarket.pay)
        #expect(one.terms["fee_minor"]?.integerValue == SmallMarket.fee)
        #expect(one.terms["place_of_performance"]?.stringValue == "US")
        #expect(one.terms["answer_by"]?.stringValue == "2026-03-02T11:00:00Z")
        #expect(one.leaseUntil == Scratch.start + 3_600)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .noWork)
        #expect(try await small.ills() == [])
    }

    @Test("leave the minutes as they were when there is no slot after all")
    func minutesGivenBack() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b", redundancy: 2), tasks: 1)
        _ = try await small.claim(worker, batch)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .noWork)
        #expect(try await small.count("select sum(committed_minutes)::bigint as n from worker_week") == 30)
        #expect(try await small.count("select sum(live_leases)::bigint as n from worker_load") == 1)
    }

    @Test("find the one batch that fits behind a thousand that do not")
    func manyBatches() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let fitting = try await small.batch(small.draft("fitting"), tasks: 1)
        let other = try await small.batch(
            small.draft("other", requirement: .language("zh"), priority: 9), tasks: 1
        )
        try await Scratch.asOwner { transaction in
            try await transaction.execute(
                """
                insert into batch select (jsonb_populate_record(batch, jsonb_build_object(
                    'batch_id', gen_random_uuid(), 'name', 'other ' || n))).*
                  from batch, generate_series(1, 1000) as n where batch_id = \(other)
                """)
            try await transaction.execute(
                """
                insert into task select (jsonb_populate_record(task, jsonb_build_object(
                    'task_id', gen_random_uuid(), 'batch_id', batch.batch_id, 'external_key', batch.batch_id))).*
                  from task, batch where task.batch_id = \(other) and batch.name like 'other %'
                """)
            try await transaction.execute(
                """
                insert into slot select (jsonb_populate_record(slot, jsonb_build_object(
                    'task_id', task.task_id, 'batch_id', task.batch_id))).*
                  from slot, task join batch using (requester_id, batch_id)
                 where slot.batch_id = \(other) and batch.name like 'other %'
                """)
        }
        let work = try await ClaimTask(market: small.market)(by: Principal.ID(worker.uuid))
        #expect(work.batch == fitting)
        let refused = await refusal(ClaimRefusal.self) {
            try await ClaimTask(market: small.market)(by: Principal.ID(worker.uuid))
        }
        #expect(refused?.code == "not_eligible")
    }
}
