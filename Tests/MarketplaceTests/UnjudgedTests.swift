import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Who may judge, and what nobody judges", .scratchDatabase)
struct UnjudgedTests {
    private let window = TimeInterval(AcceptUnreviewed.windowSeconds)

    private func judge(_ work: Assignment, _ small: SmallMarket, by person: Worker.ID) async throws -> Review {
        try await ReviewSubmission(market: small.market)(
            work.id, of: small.requester, .accepted, reasons: "", by: Principal.ID(person.uuid))
    }

    @Test("close colleagues neither see, nor read, nor judge each other's answers", arguments: ["team", "employer"])
    func colleagues(tie: String) async throws {
        let small = try await SmallMarket()
        let (ann, rita) = (try await small.lawyer("ann"), try await small.lawyer("rita"))
        try await small.grant(.reviewer, to: rita)
        let work = try await small.claim(ann, small.batch(small.draft("b"), tasks: 1))
        try await small.submit(work)
        let person = Principal.ID(rita.uuid)
        let queue = ReviewQueue(market: small.market)
        #expect(try await queue(of: work.batch, from: small.requester, by: person).count == 1)
        if tie == "team" {
            let team = try await CreateTeam(market: small.market)(
                TeamDraft(externalKey: "t", kind: .staff, name: "T", base: "US"), by: small.manager
            ).id
            for worker in [ann, rita] { try await JoinTeam(market: small.market)(worker, team, by: small.manager) }
        } else {
            for worker in [ann, rita] {
                _ = try await DeclareInterest(market: small.market)(
                    .employer, in: "Firm LLP", of: worker, by: small.manager)
            }
        }
        #expect(try await queue(of: work.batch, from: small.requester, by: person).isEmpty)
        #expect(
            await refusal(ReviewRefusal.self) {
                try await ReadSubmission(market: small.market)(work.id, of: small.requester, by: person)
            } == .closeColleague)
        #expect(await refusal(ReviewRefusal.self) { try await judge(work, small, by: rita) } == .closeColleague)
        _ = try await small.review(work)
        #expect(try await small.ills() == [])
    }

    @Test("what nobody has judged within the window is accepted and paid in full, once, and not a second before")
    func accepted() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let work = try await small.claim(ann, small.batch(small.draft("b"), tasks: 1))
        try await small.submit(work)
        let accept = AcceptUnreviewed(market: small.market)
        Scratch.clock.advance(by: window - 1)
        #expect(try await accept(by: small.manager) == 0)
        Scratch.clock.advance(by: 1)
        let found = try await withThrowingTaskGroup { group in
            for _ in 0..<4 { group.addTask { try await accept(by: small.manager) } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(found.contains(1))
        #expect(try await accept(by: small.manager) == 0)
        #expect(try await small.balance(.payable(to: ann, small.usd)) == SmallMarket.pay)
        #expect(try await small.balance(.fees(small.usd)) == SmallMarket.fee)
        #expect(try await small.count("select count(*) as n from task where state = 'closed'") == 1)
        #expect(
            try await small.count(
                "select count(*) as n from review join principal on principal_id = reviewer_id where kind = 'system'")
                == 1)
        #expect(await refusal(ReviewRefusal.self) { try await small.review(work) } == .alreadyReviewed)
        #expect(try await small.ills() == [])
    }

    @Test("a verdict in time stands")
    func judgedInTime() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let work = try await small.claim(ann, small.batch(small.draft("b"), tasks: 1))
        try await small.submit(work)
        try await small.review(work, .rejected)
        Scratch.clock.advance(by: window)
        #expect(try await AcceptUnreviewed(market: small.market)(by: small.manager) == 0)
        #expect(try await small.balance(.payable(to: ann, small.usd)) == 0)
    }

    @Test("safety work waits for a person, however long")
    func safety() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let work = try await small.claim(ann, small.batch(small.draft("b"), tasks: 1))
        try await small.submit(work)
        try await Scratch.asOwner { try await $0.execute("update project set function = 'safety'") }
        Scratch.clock.advance(by: window)
        #expect(try await AcceptUnreviewed(market: small.market)(by: small.manager) == 0)
        #expect(try await small.count("select count(*) as n from assignment where state = 'submitted'") == 1)
    }

    @Test("nobody but an operator or the scheduler starts it")
    func access() async throws {
        let small = try await SmallMarket()
        #expect(
            await refusal(AccessRefusal.self) { try await AcceptUnreviewed(market: small.market)(by: small.reviewer) }
                == .roleMissing(.operator))
    }
}
