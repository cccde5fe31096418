import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("What a change of a guideline asks to check again", .scratchDatabase)
struct RecheckTests {
    private static let given = GivenAnswer(version: 3, project: "p", answer: ["label": "a", "list": [1, 2]])

    private static let scopes: [(json: JSON, reason: String?)] = [
        ("all", "every answer"), ("none", nil), (["versions": [1, 3]], "given under version 3"),
        (["versions": [4, 9]], nil), (["projects": ["q", "p"]], "given in project p"), (["projects": ["q"]], nil),
        (["answer": ["pointer": "/label", "values": ["b", "a"]]], "has a value that is named at /label"),
        (["answer": ["pointer": "/label", "values": ["b"]]], nil),
        (["answer": ["pointer": "/list/1"]], "has something at /list/1"), (["answer": ["pointer": "/list/2"]], nil),
        (["answer": ["pointer": "", "values": [["label": "a", "list": [1, 2]]]]], "has a value that is named at "),
        (["all": [["versions": [3, 3]], ["projects": ["p"]]]], "given under version 3, given in project p"),
        (["all": ["all", "none"]], nil), (["any": ["none", ["projects": ["p"]]]], "given in project p"),
        (["any": [["any": ["none"]], "none"]], nil),
    ]

    @Test("is said by scopes, which tell why", arguments: scopes.indices)
    func reasons(index: Int) throws {
        let (json, reason) = Self.scopes[index]
        let scope = try RecheckScope(json: json)
        #expect(scope.reason(for: Self.given) == reason)
        #expect(try RecheckScope(json: scope.json) == scope)
    }

    private static let faulty: [(json: JSON, field: String)] = [
        ("some", "scope"), (7, "scope"), ([:], "scope"), (["all": ["all"], "any": ["all"]], "scope"),
        (["all": []], "scope.all"), (["who": 1], "scope.who"), (["versions": [2, 1]], "scope.versions"),
        (["versions": [0, 1]], "scope.versions"), (["versions": [1]], "scope.versions"),
        (["projects": []], "scope.projects"), (["projects": [1]], "scope.projects"),
        (["answer": ["pointer": "label"]], "scope.answer.pointer"), (["answer": [:]], "scope.answer.pointer"),
        (["answer": ["pointer": "", "values": []]], "scope.answer.values"),
        (["answer": ["path": ""]], "scope.answer.path"),
        (["any": ["all", ["versions": "x"]]], "scope.any[1].versions"),
        (.string(String(repeating: "a", count: 70_000)), "scope"),
        (["any": .array(Array(repeating: "all", count: 100))], "scope.any[99]"),
        (
            (0..<8).reduce("all" as JSON) { inner, _ in ["all": [inner]] },
            "scope" + String(repeating: ".all[0]", count: 8)
        ),
    ]

    @Test("is refused with the place of the fault where it is no scope", arguments: faulty.indices)
    func faults(index: Int) throws {
        let (json, field) = Self.faulty[index]
        #expect(#expect(throws: BadInput.self) { try RecheckScope(json: json) }?.field == field)
    }

    /// Answers of four workers to one task: one accepted, one in part, one rejected, one that waits.
    private struct Answered {
        let small: SmallMarket
        let desk: GuidelineDesk
        let batch: Batch.ID
        let (ann, ben, cem): (Worker.ID, Worker.ID, Worker.ID)

        init() async throws {
            small = try await SmallMarket()
            desk = try await GuidelineDesk(small)
            batch = try await small.batch(small.draft("b", redundancy: 4), tasks: 1)
            (ann, ben, cem) = (
                try await small.lawyer("ann"), try await small.lawyer("ben"), try await small.lawyer("cem")
            )
            let first = try await small.claim(ann, batch)
            try await small.submit(first, "a")
            try await small.review(first)
            let second = try await small.claim(ben, batch)
            try await small.submit(second, "b")
            try await small.review(second, .acceptedInPart(basisPoints: 5_000))
            let third = try await small.claim(cem, batch)
            try await small.submit(third, "a")
            try await small.review(third, .rejected)
            try await small.submit(small.claim(small.lawyer("dan"), batch), "c")
        }
    }

    @Test("is exactly what counts and what the scope touches, with the version and the reason")
    func exact() async throws {
        let answered = try await Answered()
        let desk = answered.desk
        let none = try await desk.publish("Two.", .nothing)
        #expect(none == RecheckListing(version: 2, listed: 0, isComplete: true))
        #expect(try await desk.publish("Three.", .versions(1...1)).listed == 3)
        #expect(try await desk.publish("Four.", .versions(2...3)).listed == 0)
        let some = try await desk.publish("Five.", .answer(pointer: "/label", values: ["a", "b"]))
        #expect(some.listed == 2 && some.isComplete)
        let items = try await desk.rechecks(of: 5)
        #expect(items.map(\.answerVersion) == [1, 1])
        #expect(Set(items.map(\.reason)) == ["has a value that is named at /label"])
        #expect(items.map(\.state) == [.open, .open])
        let before = try await desk.rechecks(of: 3)
        #expect(before.map(\.state).sorted { $0.rawValue < $1.rawValue } == [.superseded, .superseded, .waiting])
        #expect(try await desk.rechecks(of: 3, in: .waiting).count == 1)
        let page = try await ListRechecks(market: answered.small.market)(
            5, of: desk.guideline, from: answered.small.requester,
            after: items.first.map { ($0.task, $0.assignment) }, limit: 1, by: answered.small.manager
        )
        #expect(page.items.map(\.assignment) == [items[1].assignment])
        #expect(
            await refusal(NotFound.self) { try await desk.rechecks(of: 1) } == NotFound("list of the version"))
        #expect(try await answered.small.ills() == [])
    }

    @Test("stays as it was listed, but for what is handed in later under an earlier version")
    func lateAnswers() async throws {
        let answered = try await Answered()
        let (small, desk) = (answered.small, answered.desk)
        let more = try await small.batch(small.draft("more"), tasks: 2)
        let before = try await small.claim(answered.ben, more)
        let other = try await small.claim(answered.cem, more)
        #expect(try await desk.publish("Two.", .answer(pointer: "/label", values: ["late", "a"])).listed == 1)
        #expect(try await desk.publish("Three.", .everything).listed == 3)
        let after = try await small.claim(answered.cem, try await small.batch(small.draft("c"), tasks: 1))
        try await small.submit(before, "late")
        try await small.submit(after, "late")
        try await small.submit(other, "b")
        #expect(try await desk.rechecks(of: 2).count == 2)
        #expect(try await desk.rechecks(of: 3).count == 5)
        #expect(try await desk.rechecks(of: 3).allSatisfy { $0.assignment != after.id })
        try await small.review(before, .rejected)
        #expect(try await desk.rechecks(of: 3, in: .void).map(\.assignment) == [before.id])
        #expect(try await small.ills() == [])
    }

    @Test("is listed in bounded steps where it is much, and goes on where it was cut off")
    func steps() async throws {
        let small = try await SmallMarket()
        let desk = try await GuidelineDesk(small)
        let worker = try await small.lawyer("w")
        try await small.earn(worker, try await small.batch(small.draft("b"), tasks: 9), tasks: 9)
        var listing = try await desk.publish("Two.", answersPerStep: 1)
        #expect(listing == RecheckListing(version: 2, listed: 5, isComplete: false))
        #expect(await refusal(RecheckRefusal.self) { try await desk.open(2, "early") } == .listNotComplete)
        let listOn = ListOn(market: small.market, answersPerStep: 3)
        listing = try await listOn(2, of: desk.guideline, from: small.requester, by: small.manager)
        #expect(listing == RecheckListing(version: 2, listed: 8, isComplete: false))
        listing = try await listOn(2, of: desk.guideline, from: small.requester, by: small.manager)
        #expect(listing == RecheckListing(version: 2, listed: 9, isComplete: true))
        #expect(try await listOn(2, of: desk.guideline, from: small.requester, by: small.manager) == listing)
        #expect(try await small.ills() == [])
    }

    @Test("becomes a batch that pays whoever checks, and is settled by their accepted answer")
    func paid() async throws {
        let answered = try await Answered()
        let (small, desk) = (answered.small, answered.desk)
        let earned = try await small.count("select sum(amount_minor)::bigint as n from earning")
        try await desk.publish("Two.", .everything)
        let opened = try await desk.open(2, "again")
        #expect(opened.tasks == 1 && opened.items == 2)
        let checking = try await desk.rechecks(of: 2, in: .inCheck)
        #expect(checking.count == 2 && Set(checking.map(\.recheckBatch)) == [opened.batch])
        #expect(try await desk.rechecks(of: 2, in: .waiting).count == 1)
        #expect(
            try await small.count(
                """
                select count(*) as n
                  from task as copied join task_suggestion as suggestion using (requester_id, task_id)
                 where batch_id = \(opened.batch) and external_key = 'b-0@2'
                   and source = 'guideline-recheck' and version = '1' and sealed is not null and not is_control
                """) == 1)
        #expect(await refusal(RecheckRefusal.self) { try await desk.open(2, "more") } == .nothingToCheck)
        _ = try await PublishBatch(market: small.market)(opened.batch, of: small.requester, by: small.manager)
        let hold = AccountKey.hold(ofBatch: opened.batch.uuid, small.usd)
        #expect(try await small.balance(hold) == SmallMarket.pay + SmallMarket.fee)
        let eve = try await small.lawyer("eve")
        let check = try await small.claim(eve, opened.batch)
        let shown = try await ReadTask(market: small.market)(check.id, by: Principal.ID(eve.uuid))
        #expect(shown.suggestion?.answer == ["label": "a"] && shown.guideline == "Two.")
        #expect(shown.payload == ["text": "b-0"])
        try await small.submit(check, "b")
        let person = CreatePrincipal(market: small.market)
        let other = try await person(.person, named: "Other reviewer", roles: [.reviewer], by: small.manager)
        _ = try await ReviewSubmission(market: small.market)(
            check.id, of: small.requester, .accepted, reasons: "", by: other)
        #expect(try await desk.rechecks(of: 2, in: .settled).count == 2)
        let now = try await small.count("select sum(amount_minor)::bigint as n from earning")
        #expect(now == earned + Int(SmallMarket.pay))
        // What has been checked is not asked for again; what checked it may be.
        let next = try await desk.publish("Three.", .everything)
        #expect(next.listed == 2)
        #expect(try await desk.rechecks(of: 3).contains { $0.assignment == check.id && $0.answerVersion == 2 })
        #expect(try await small.ills() == [])
    }

    @Test("is open again when its batch was closed before anybody answered")
    func reopened() async throws {
        let answered = try await Answered()
        let (small, desk) = (answered.small, answered.desk)
        try await desk.publish("Two.", .everything)
        let first = try await desk.open(2, "again")
        _ = try await PublishBatch(market: small.market)(first.batch, of: small.requester, by: small.manager)
        _ = try await CloseBatch(market: small.market)(first.batch, of: small.requester, by: small.manager)
        #expect(try await desk.rechecks(of: 2, in: .open).count == 2)
        let second = try await desk.open(2, "once more")
        #expect(second.tasks == 1 && second.items == 2)
        #expect(try await small.count("select count(*) as n from task where external_key = 'b-0@2.2'") == 1)
        #expect(try await desk.rechecks(of: 2, in: .inCheck).count == 2)
        #expect(try await small.ills() == [])
    }

    @Test("is refused in the order of precedence, and is not opened twice by two at once")
    func refused() async throws {
        let answered = try await Answered()
        let (small, desk) = (answered.small, answered.desk)
        let follow = FollowGuideline(market: small.market)
        try await desk.publish("Two.", .everything)
        try await follow(desk.guideline, pin: 1, by: small.project, of: small.requester, actor: small.manager)
        #expect(await refusal(RecheckRefusal.self) { try await desk.open(2, "x") } == .notFollowed(version: 2))
        try await follow(desk.guideline, pin: nil, by: small.project, of: small.requester, actor: small.manager)
        #expect(await refusal(NotFound.self) { try await desk.open(3, "x") } != nil)
        let other = try await small.batch(small.draft("other"), tasks: 0, publish: false)
        _ = try await AddTasks(market: small.market)(
            small.drafts(["b-0@2"]), to: other, of: small.requester, by: small.manager)
        #expect(await refusal(RecheckRefusal.self) { try await desk.open(2, "x") } == .keyTaken("b-0@2"))
        try await Scratch.asOwner {
            try await $0.execute("update task set external_key = 'else' where external_key = 'b-0@2'")
        }
        async let one = Result.of { try await desk.open(2, "one") }
        async let two = Result.of { try await desk.open(2, "two") }
        let opened = await [one, two].compactMap { try? $0.get() }
        #expect(opened.reduce(0) { $0 + $1.items } == 2)
        #expect(try await small.count("select count(*) as n from task where external_key like 'b-0@%'") == 1)
        #expect(try await small.ills() == [])
    }

    @Test("names copies within bounds", arguments: [10, 195, 198, 200])
    func copyKeys(length: Int) {
        let key = RecheckCopy.key(String(repeating: "é", count: length), version: 1_000_000, attempt: 1_000)
        #expect(key.unicodeScalars.count <= 200 && key.hasSuffix("@1000000.1000"))
        #expect(RecheckCopy.key("k", version: 2, attempt: 1) == "k@2")
    }

    @Test("misses no answer that is handed in while the change is published")
    func race() async throws {
        let small = try await SmallMarket()
        let desk = try await GuidelineDesk(small)
        let batch = try await small.batch(small.draft("b"), tasks: 24)
        var work: [Assignment] = []
        for index in 0..<8 {
            let worker = try await small.lawyer("w\(index)")
            for _ in 0..<3 { work.append(try await small.claim(worker, batch)) }
        }
        await withTaskGroup { group in
            for work in work { group.addTask { _ = await Result.of { try await small.submit(work) } } }
            for number in 2...4 {
                group.addTask { _ = await Result.of { try await desk.publish("Version \(number).") } }
            }
        }
        let newest = try await small.count("select newest_version as n from guideline")
        #expect(newest > 1)
        #expect(try await small.count("select count(*) as n from submission") == 24)
        #expect(try await small.count("select count(*) as n from recheck_item where version = \(newest)") == 24)
        #expect(try await small.ills() == [])
    }
}
