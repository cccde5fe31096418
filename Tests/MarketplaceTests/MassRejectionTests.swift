import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Mass rejection", .scratchDatabase)
struct MassRejectionTests {
    @Test("two of ten are rejected alone; the third asks a second person, who may come to another verdict")
    func third() async throws {
        let desk = try await JudgingDesk()
        let ann = try await desk.small.lawyer("ann")
        let works = try await desk.submitted(by: ann, 5)
        for work in works.prefix(2) { #expect(try await desk.judge(work, .rejected, by: 0).stage == .final) }
        #expect(try await desk.judge(works[2], .rejected, by: 0).stage == .waitsForSecond)
        // What pays less than half is no way around it, nor is another reviewer of the same requester.
        #expect(try await desk.judge(works[3], .acceptedInPart(basisPoints: 1), by: 1).stage == .waitsForSecond)
        #expect(try await desk.judge(works[4], .accepted, by: 1).stage == .final)
        #expect(try await desk.judge(works[2], .rejected, by: 1).stage == .final)
        #expect(try await desk.judge(works[3], .accepted, by: 0).stage == .waitsForAdjudicator)
        #expect(try await desk.judge(works[3], .accepted, by: 2).earned?.minorUnits == SmallMarket.pay)
        #expect(try await desk.small.ills() == [])
    }

    @Test("a worker is kept from it over batches, and a batch over workers")
    func both() async throws {
        let desk = try await JudgingDesk()
        let small = desk.small
        let ann = try await small.lawyer("ann")
        for name in ["a", "b"] {
            let work = try await desk.submitted(name, by: ann)[0]
            #expect(try await desk.judge(work, .rejected, by: 0).stage == .final)
        }
        let third = try await desk.submitted("c", by: ann)[0]
        #expect(try await desk.judge(third, .rejected, by: 0).stage == .waitsForSecond)
        let batch = try await small.batch(small.draft("d"), tasks: 3)
        var stages: [ReviewStage] = []
        for key in ["ben", "cem", "dan"] {
            let work = try await small.claim(small.lawyer(key), batch)
            try await small.submit(work)
            stages.append(try await desk.judge(work, .rejected, by: 0).stage)
        }
        #expect(stages == [.final, .final, .waitsForSecond])
    }

    @Test("many at once do not pass it", arguments: 0..<3)
    func concurrently(round: Int) async throws {
        let desk = try await JudgingDesk(reviewers: 6)
        let ann = try await desk.small.lawyer("ann")
        let works = try await desk.submitted(by: ann, 12)
        let stages = try await withThrowingTaskGroup { group in
            for (number, work) in works.enumerated() {
                group.addTask { try await desk.judge(work, .rejected, by: number % 6).stage }
            }
            return try await group.reduce(into: [ReviewStage]()) { $0.append($1) }
        }
        #expect(stages.count { $0 == .final } == 2)
        #expect(stages.count { $0 == .waitsForSecond } == 10)
        #expect(try await desk.small.count("select count(*) as n from decision where kind = 'rejection'") == 2)
    }
}
