import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Answers that are sent back", .scratchDatabase)
struct ReworkTests {
    private func back(_ desk: JudgingDesk, _ work: Assignment, by reviewer: Int = 0) async throws -> Date {
        try await SendBack(market: desk.small.market)(
            work.id, of: desk.small.requester, reasons: "Clause 4 is missing.", by: desk.reviewers[reviewer])
    }

    private func again(_ desk: JudgingDesk, _ work: Assignment, _ label: String) async throws -> Submission {
        try await HandInAgain(market: desk.small.market)(
            ["label": .string(label)], for: work.id, activeSeconds: 60, by: Principal.ID(work.worker.uuid))
    }

    @Test("same worker, same terms, another version; the one before is kept, and it is paid once")
    func whole() async throws {
        let desk = try await JudgingDesk()
        let small = desk.small
        let ann = try await small.lawyer("ann")
        let work = try await desk.submitted(by: ann)[0]
        Scratch.clock.advance(by: 60)
        let end = try await back(desk, work)
        #expect(end == Scratch.clock.now().addingTimeInterval(72 * 3_600))
        #expect(await refusal(ReviewRefusal.self) { try await desk.judge(work, .accepted, by: 1) } == .sentBack(end))
        #expect(
            try await ReviewQueue(market: small.market)(of: work.batch, from: small.requester, by: small.reviewer)
                .isEmpty)
        #expect(try await MyReworks(market: small.market)(by: Principal.ID(ann.uuid)).map(\.assignment) == [work.id])
        #expect(try await small.slots(.submitted) == 1)
        Scratch.clock.advance(by: 60)
        let other = try await again(desk, work, "b")
        #expect(try await again(desk, work, "b") == other)
        #expect(await refusal(ReworkRefusal.self) { try await again(desk, work, "c") }?.code == "not_sent_back")
        #expect(try await MyReworks(market: small.market)(by: Principal.ID(ann.uuid)).isEmpty)
        let read = try await ReadSubmission(market: small.market)(work.id, of: small.requester, by: small.reviewer)
        #expect(read.answer == ["label": "b"])
        #expect(try await small.count("select count(*) as n from rework join submission using (hash)") == 0)
        #expect(try await desk.judge(work, .accepted, by: 0).earned?.minorUnits == SmallMarket.pay)
        #expect(try await small.ills() == [])
    }

    @Test("where no other version comes in time, the one that stands is judged; nobody else's version is taken")
    func overdue() async throws {
        let desk = try await JudgingDesk()
        let ann = try await desk.small.lawyer("ann")
        let work = try await desk.submitted(by: ann)[0]
        let end = try await back(desk, work)
        let ben = try await desk.small.lawyer("ben")
        #expect(
            await refusal(NotFound.self) {
                try await HandInAgain(market: desk.small.market)(
                    ["label": "x"], for: work.id, activeSeconds: 1, by: Principal.ID(ben.uuid))
            } != nil)
        #expect(
            await refusal(ReworkRefusal.self) {
                try await HandInAgain(market: desk.small.market)(
                    ["no": "x"], for: work.id, activeSeconds: 1, by: Principal.ID(ann.uuid))
            }?.code == "invalid_answer")
        Scratch.clock.advance(by: end.timeIntervalSince(Scratch.clock.now()))
        #expect(await refusal(ReworkRefusal.self) { try await again(desk, work, "b") }?.code == "not_sent_back")
        #expect(try await desk.judge(work, .accepted, by: 0).stage == .final)
        #expect(try await desk.pay(of: ann) == SmallMarket.pay)
        #expect(try await desk.small.ills() == [])
    }

    @Test("so many times, not after an opinion, and not for ever: what nobody judges then is accepted")
    func limited() async throws {
        var policy = JudgingDesk.always
        policy.reworksMax = 1
        let desk = try await JudgingDesk(policy: policy)
        let ann = try await desk.small.lawyer("ann")
        let works = try await desk.submitted(by: ann, 2)
        let end = try await back(desk, works[0])
        _ = try await again(desk, works[0], "b")
        #expect(await refusal(ReworkRefusal.self) { try await back(desk, works[0]) }?.code == "sent_back_too_often")
        try await desk.judge(works[0], .accepted, by: 0)
        #expect(await refusal(ReworkRefusal.self) { try await back(desk, works[0], by: 1) }?.code == "judged_already")
        _ = try await back(desk, works[1])
        let accept = AcceptUnreviewed(market: desk.small.market)
        Scratch.clock.advance(by: TimeInterval(AcceptUnreviewed.windowSeconds))
        #expect(try await accept(by: desk.small.manager) == 1)
        Scratch.clock.advance(by: end.timeIntervalSince(Scratch.start))
        #expect(try await accept(by: desk.small.manager) == 1)
        #expect(try await desk.pay(of: ann) == 2 * SmallMarket.pay)
        #expect(try await desk.small.ills() == [])
    }

    @Test("of versions that come at once one is taken")
    func concurrently() async throws {
        let desk = try await JudgingDesk()
        let work = try await desk.submitted(by: desk.small.lawyer("ann"))[0]
        Scratch.clock.advance(by: 60)
        _ = try await back(desk, work)
        let taken = await withTaskGroup { group in
            for number in 0..<8 { group.addTask { try? await again(desk, work, "v\(number)") } }
            return await group.reduce(into: [Submission]()) { if let one = $1 { $0.append(one) } }
        }
        #expect(taken.count == 1)
        #expect(try await desk.small.ills() == [])
    }
}
