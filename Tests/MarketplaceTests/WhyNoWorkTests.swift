import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Why no work", .scratchDatabase)
struct WhyNoWorkTests {
    /// What unlocks each of the written cases; the batch that is paused is not looked at.
    private static let unlocks: [String: Unlock.Kind] = [
        "the licence expired": .credential, "the licence is not valid yet": .credential,
        "the licence was revoked": .credential, "the wrong jurisdiction": .credential, "the tier is too low": .tier,
        "another profession": .credential, "the specialty is missing": .specialty, "too few years": .years,
        "no such certificate": .credential, "the language is missing": .language,
        "the language is not known well enough": .language, "work is performed elsewhere": .place,
        "a conflict of interest": .interest, "the agreement was never accepted": .agreement,
        "the agreement is outdated": .agreement, "the exam was not taken": .exam, "the exam has expired": .exam,
        "the exam's score is too low": .exam, "the skill is too low": .skill,
        "the batch does not take the crowd": .workforce, "excluded by the requester": .appeal, "suspended": .appeal,
        "the week's hours are used up": .hours, "as many leases as anybody may hold": .lease,
        "the day's hours are used up": .hours, "the platform caps the day": .hours,
        "the country's law caps the week": .hours, "as many leases as the worker wants": .lease,
        "no worker any more": .account, "paused": .standing, "the batch takes staff only": .workforce,
        "the batch takes nobody from agencies": .workforce, "a tie to a party of the project": .interest,
        "a tie to a party of every task": .work, "barred by another requester whom the work names": .appeal,
        "the tier is gone": .credential, "none of several": .oneOf, "something that must not be": .nothing,
    ]

    /// The times that the sentences of these cases name.
    private static let times: [String: String] = [
        "the licence is not valid yet": "2026-03-03T00:00:00Z", "suspended": "2026-03-15T00:00:00Z",
        // The next Monday begins in summer time, the next day still in winter time.
        "the week's hours are used up": "2026-03-09T04:00:00Z", "the day's hours are used up": "2026-03-03T05:00:00Z",
    ]

    @Test("every written case is told as a claim refuses it, with what unlocks it", arguments: WhyNotCase.all)
    func written(why: WhyNotCase) async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w1")
        let batch = try await small.batch(small.draft("b", requirement: why.demand), tasks: 2)
        try await Scratch.asOwner { _ = try await $0.execute(why.before) }
        let report = try await WhyNoWork(market: small.market)(for: worker, by: small.manager)
        let tried = try #require(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) })
        guard let kind = Self.unlocks[why.name] else {
            #expect(tried == .batchNotOpen(.paused) && report.page == [] && report.groups == [])
            return
        }
        let outlook = try #require(report.page.first)
        #expect(report.page.count == 1 && !report.hasMore && !report.isCutOff)
        #expect(outlook.batch == batch && outlook.prospect == .refused(tried))
        #expect(report.groups.map(\.code) == [why.code] && report.groups.map(\.batches) == [1])
        #expect(outlook.unlock?.kind == kind, "\(String(describing: outlook.unlock))")
        #expect(outlook.unlock?.at?.formatted(.iso8601) == Self.times[why.name])
        #expect(outlook.unlock?.sentence.hasSuffix(".") == true)
    }

    @Test("batches are grouped by rule, then told page by page in the order of being given out")
    func pages() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let french = try await small.batch(small.draft("french", requirement: .language("fr"), priority: 2), tasks: 1)
        let offered = try await small.batch(small.draft("offered", door: .offer, priority: 1), tasks: 1)
        let german = try await small.batch(small.draft("german", requirement: .language("de")), tasks: 1)
        let open = try await small.batch(small.draft("open", priority: -1), tasks: 1)
        _ = try await small.batch(small.draft("draft"), tasks: 1, publish: false)
        let why = WhyNoWork(market: small.market)
        let first = try await why(for: worker, limit: 2, by: Principal.ID(worker.uuid))
        #expect(
            first.groups.map { "\($0.batches) \($0.code)" } == [
                "2 requirement_language", "1 batch_offered_only", "1 eligible",
            ])
        #expect(first.page.map(\.batch) == [french, offered] && first.hasMore)
        #expect(first.page.map { $0.unlock?.kind } == [.language, .offer])
        let second = try await why(for: worker, after: (small.requester, offered), limit: 2, by: small.manager)
        #expect(second.groups == [] && second.page.map(\.batch) == [german, open] && !second.hasMore)
        #expect(second.page.last?.unlock == nil && second.json["next"]?.isNull == true)
    }

    @Test(
        "where everything is taken, it is said when the next lease ends; where something comes back, what to wait for")
    func taken() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        let work = try await small.claim(ann, batch)
        let why = WhyNoWork(market: small.market)
        let waiting = try await why(for: ben, by: small.manager).page.first
        #expect(waiting?.prospect == .refused(.noWork) && waiting?.unlock?.at == work.leaseUntil)
        try await small.submit(work)
        let later = try await why(for: ben, by: small.manager).page.first
        #expect(later?.prospect == .refused(.noWork) && later?.unlock?.kind == .work && later?.unlock?.at == nil)
    }

    @Test("whom a requester excludes by a decision is told until when they can appeal")
    func appeal() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        _ = try await small.batch(small.draft("b"), tasks: 1)
        _ = try await ExcludeWorker(market: small.market)(
            worker, from: small.requester, reason: "Late.", by: small.manager
        )
        let unlock = try await WhyNoWork(market: small.market)(for: worker, by: small.manager).page.first?.unlock
        #expect(unlock?.kind == .appeal && unlock?.at == Scratch.start + Decision.appealSeconds)
        Scratch.clock.advance(by: Decision.appealSeconds + 1)
        let late = try await WhyNoWork(market: small.market)(for: worker, by: small.manager).page.first?.unlock
        #expect(late?.kind == .appeal && late?.at == nil)
    }

    @Test("nobody asks about somebody else but an operator; limits are kept")
    func refused() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.worker("ann"), try await small.worker("ben"))
        let why = WhyNoWork(market: small.market)
        await #expect(throws: AccessRefusal.self) { try await why(for: ann, by: Principal.ID(ben.uuid)) }
        await #expect(throws: BadInput.self) { try await why(for: ann, limit: 101, by: small.manager) }
        await #expect(throws: NotFound.self) {
            try await why(for: ann, after: (small.requester, Batch.ID(ben.uuid)), by: small.manager)
        }
        #expect(try await why(for: ann, by: small.manager).page == [])
    }
}
