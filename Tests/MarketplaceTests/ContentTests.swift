import Crypto
import Formats
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@testable import Marketplace

/// What must be in no table and no log.
private let canary = "\(word) clause of the merger"
private let word = "Canary-\(getpid())"

@Suite("Content of tasks", .scratchDatabase)
struct ContentTests {
    private func drafts(_ count: Int = 1) -> AsyncStream<TaskDraft> {
        AsyncStream { stream in
            for number in 0..<count {
                stream.yield(TaskDraft(externalKey: "t\(number)", payload: ["text": .string("\(canary) \(number)")]))
            }
            stream.finish()
        }
    }

    /// A batch with canaries in it, published.
    private func batch(_ small: SmallMarket, project: Project.ID? = nil, tasks: Int = 1) async throws -> Batch.ID {
        let draft = try small.draft(project == nil ? "secret" : "dangerous", redundancy: 2, project: project)
        let id = try await CreateBatch(market: small.market)(draft, of: small.requester, by: small.manager)
        let added = try await AddTasks(market: small.market)(
            drafts(tasks), to: id, of: small.requester, by: small.manager)
        #expect(added.added == tasks)
        _ = try await PublishBatch(market: small.market)(id, of: small.requester, by: small.manager)
        return id
    }

    private func safety(_ small: SmallMarket) async throws -> Project.ID {
        var draft = ProjectDraft(
            externalKey: "safety", name: "Safety", taskKind: .extraction, guideline: "Read.",
            answerSchema: SmallMarket.schema
        )
        draft.function = .safety
        return try await CreateProject(market: small.market)(draft, of: small.requester, by: small.manager)
    }

    private func export(_ small: SmallMarket, _ batch: Batch.ID) async throws -> String {
        let text = Mutex("")
        _ = try await ExportResults(market: small.market)(
            .batch(batch), of: small.requester, .counted, as: ResultWriter.Settings(.jsonl), by: small.manager,
            to: { bytes in text.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
        )
        return text.withLock { $0 }
    }

    @Test(
        "is in no table and no log, whatever is done with it, and comes out where it may",
        arguments: WorkFunction.allCases)
    func nowhere(function: WorkFunction) async throws {
        let (database, log) = Scratch.connectLogging()
        let market = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        let small = try await SmallMarket(market: market)
        let project = function == .safety ? try await safety(small) : nil
        let id = try await batch(small, project: project, tasks: 3)
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let work = try await small.claim(ann, id)
        let actor = Principal.ID(ann.uuid)
        let payload = try await ReadTask(market: market)(work.id, by: actor).payload
        #expect(payload["text"]?.stringValue?.hasPrefix(canary) == true)
        _ = try await SaveDraft(market: market)(
            ["note": .string(canary)], for: work.id, token: work.leaseToken, by: actor)
        #expect(try await ReadTask(market: market)(work.id, by: actor).draft == ["note": .string(canary)])
        #expect(try await Residue.tables(with: word) == [])
        try await small.submit(work)
        let late = try await small.claim(ben, id)
        Scratch.clock.set(to: late.leaseUntil)
        try await PauseWorker(market: market)(ben, by: Principal.ID(ben.uuid))
        #expect(
            await refusal(SubmitRefusal.self) {
                try await SubmitAnswer(market: market)(
                    ["label": .string(word)], for: late.id, token: late.leaseToken, by: Principal.ID(ben.uuid))
            } == .leaseLost)
        #expect(
            try await ReadSubmission(market: market)(work.id, of: small.requester, by: small.reviewer).payload
                == payload)
        try await small.review(work)
        #expect(try await export(small, id).contains(canary))
        #expect(try await Residue.tables(with: word) == [])
        #expect(try await Residue.tables(with: "t0").contains("task"), "the search can find something")
        let apart = function == .safety ? 3 : 0
        #expect(try await small.count("select count(*) as n from safety_content") == apart)
        #expect(try await small.count("select count(*) as n from task_content") == 3 - apart)
        #expect(try await small.ills() == [])
        try await failLoudly(small)
        await database.shutdown()
        #expect(!log.text.contains(word))
        #expect(log.text.contains("sentinel"), "the log is heard")
        #expect(try !ScratchServer.log().contains(word), "nor is it in the server's log")
        #expect(try ScratchServer.log().contains("permission denied for table task"), "which has what failed")
    }

    /// What fails in the middle of an import says so, here and in the server's log, without the content.
    private func failLoudly(_ small: SmallMarket) async throws {
        let draft = try await CreateBatch(market: small.market)(
            small.draft("fails"), of: small.requester, by: small.manager)
        try await Scratch.asOwner { try await $0.execute("revoke insert on task from guildhall_app") }
        let error = await #expect(throws: StoreError.self) {
            try await AddTasks(market: small.market)(drafts(), to: draft, of: small.requester, by: small.manager)
        }
        #expect(!String(reflecting: error).contains(word))
    }

    @Test("every reading by a person is on record, with who, what for and when; the program's own is not")
    func readings() async throws {
        let small = try await SmallMarket()
        let id = try await batch(small, tasks: 2)
        let ann = try await small.lawyer("ann")
        let work = try await small.claim(ann, id)
        _ = try await MyWork(market: small.market)(by: Principal.ID(ann.uuid))
        #expect(try await small.count("select count(*) as n from content_reading") == 0)
        _ = try await ReadTask(market: small.market)(work.id, by: Principal.ID(ann.uuid))
        try await small.submit(work)
        _ = try await ReviewQueue(market: small.market)(of: id, from: small.requester, by: small.reviewer)
        Scratch.clock.advance(by: 60)
        _ = try await ReadSubmission(market: small.market)(work.id, of: small.requester, by: small.reviewer)
        Scratch.clock.advance(by: 60)
        _ = try await export(small, id)
        let list = ListReadings(market: small.market)
        let found = try await list(of: small.requester, by: small.manager)
        #expect(found.map(\.purpose) == [.export, .review, .lease])
        #expect(found.map(\.reader) == [small.manager, small.reviewer, Principal.ID(ann.uuid)])
        #expect(found.map(\.assignment) == [nil, work.id, work.id])
        #expect(found.allSatisfy { $0.task == work.task && $0.tasks == 1 })
        #expect(found[0].lastTask == work.task)
        #expect(found[1].readAt == found[2].readAt + 60)
        #expect(try await list(of: small.requester, limit: 1, by: small.manager) == [found[0]])
        #expect(try await list(of: small.requester, before: found[0].id, by: small.manager) == Array(found[1...]))
        #expect(try await list(of: small.requester, task: WorkTask.ID(id.uuid), by: small.manager).isEmpty)
        #expect(try await list(of: small.requester, task: work.task, by: small.manager).count == 3)
        await #expect(throws: AccessRefusal.self) { try await list(of: small.requester, by: small.reviewer) }
        #expect(try await small.ills() == [])
    }

    @Test("cannot be read without its row: where that cannot be written, nothing is given out")
    func noReadingWithoutRow() async throws {
        let small = try await SmallMarket()
        let id = try await batch(small)
        let ann = try await small.lawyer("ann")
        let work = try await small.claim(ann, id)
        let actor = Principal.ID(ann.uuid)
        try await Scratch.asOwner { try await $0.execute("revoke insert on content_reading from guildhall_app") }
        await #expect(throws: StoreError.self) { try await ReadTask(market: small.market)(work.id, by: actor) }
        try await small.submit(work)
        await #expect(throws: StoreError.self) {
            try await ReadSubmission(market: small.market)(work.id, of: small.requester, by: small.reviewer)
        }
        await #expect(throws: StoreError.self) { try await export(small, id) }
        #expect(try await small.count("select count(*) as n from content_reading") == 0)
    }

    @Test("a lapsed, returned or foreign lease reads nothing")
    func noLease() async throws {
        let small = try await SmallMarket()
        let id = try await batch(small, tasks: 2)
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let read = ReadTask(market: small.market)
        let work = try await small.claim(ann, id)
        await #expect(throws: NotFound.self) { try await read(work.id, by: Principal.ID(ben.uuid)) }
        await #expect(throws: NotFound.self) { try await read(work.id, by: small.manager) }
        let returned = try await small.claim(ben, id)
        try await ReturnTask(market: small.market)(
            returned.id, token: returned.leaseToken, .noTime, by: Principal.ID(ben.uuid))
        #expect(
            await refusal(LeaseRefusal.self) { try await read(returned.id, by: Principal.ID(ben.uuid)) } == .leaseLost)
        Scratch.clock.set(to: work.leaseUntil)
        #expect(await refusal(LeaseRefusal.self) { try await read(work.id, by: Principal.ID(ann.uuid)) } == .leaseLost)
        _ = try await ExpireLeases(market: small.market)(by: small.manager)
        #expect(await refusal(LeaseRefusal.self) { try await read(work.id, by: Principal.ID(ann.uuid)) } == .leaseLost)
        await #expect(throws: NotFound.self, "nothing waits for a review") {
            try await ReadSubmission(market: small.market)(work.id, of: small.requester, by: small.reviewer)
        }
        #expect(try await small.count("select count(*) as n from content_reading") == 0)
    }

    @Test("without keys every use of content is refused by a code of its own, and all else goes on")
    func noKeys() async throws {
        let small = try await SmallMarket()
        let id = try await batch(small)
        let work = try await small.claim(small.lawyer("ann"), id)
        let actor = Principal.ID(work.worker.uuid)
        let bare = Market(database: Scratch.database, identifiers: Scratch.here.identifiers)
        #expect(ContentRefusal.keysMissing.code == "content_keys_missing")
        #expect(
            await refusal(ContentRefusal.self) { try await ReadTask(market: bare)(work.id, by: actor) } == .keysMissing)
        #expect(
            await refusal(ContentRefusal.self) {
                try await SaveDraft(market: bare)([:], for: work.id, token: work.leaseToken, by: actor)
            } == .keysMissing)
        #expect(
            await refusal(ContentRefusal.self) { try await SealContent(market: bare)(by: small.manager) }
                == .keysMissing)
        let draft = try await CreateBatch(market: bare)(small.draft("more"), of: small.requester, by: small.manager)
        #expect(
            await refusal(ContentRefusal.self) {
                try await AddTasks(market: bare)(drafts(), to: draft, of: small.requester, by: small.manager)
            } == .keysMissing)
        #expect(
            await refusal(ContentRefusal.self) {
                try await SubmitAnswer(market: bare)(["label": "a"], for: work.id, token: work.leaseToken, by: actor)
            } == .keysMissing)
        _ = try await SubmitAnswer(market: small.market)(
            ["label": "a"], for: work.id, token: work.leaseToken, by: actor)
        #expect(
            await refusal(ContentRefusal.self) {
                try await ReadSubmission(market: bare)(work.id, of: small.requester, by: small.reviewer)
            } == .keysMissing)
    }

    @Test("sealed for one task, function or requester, it cannot be opened as another's, nor when it was altered")
    func bound() async throws {
        let ids = (0..<4).map { _ in Scratch.here.identifiers.uuid(at: Scratch.start) }
        let (requester, other) = (Requester.ID(ids[0]), Requester.ID(ids[1]))
        let tasks = ids[2...].map { WorkTask.ID($0) }
        let key = SymmetricKey(size: .bits256)
        let functional = ContentKey(of: requester, .functional, key)
        let sealed = try functional.seal(["a": 1], as: .payload(of: tasks[0]))
        #expect(try functional.open(sealed, as: .payload(of: tasks[0])) == ["a": 1])
        #expect(try functional.seal(["a": 1], as: .payload(of: tasks[0])) != sealed, "nonces are random")
        #expect(throws: VaultRefusal.unreadable) { try functional.open(sealed, as: .payload(of: tasks[1])) }
        #expect(throws: VaultRefusal.unreadable) {
            try ContentKey(of: requester, .safety, key).open(sealed, as: .payload(of: tasks[0]))
        }
        #expect(throws: VaultRefusal.unreadable) {
            try ContentKey(of: other, .functional, key).open(sealed, as: .payload(of: tasks[0]))
        }
        #expect(throws: VaultRefusal.unreadable) {
            try functional.open(sealed, as: .draft(of: tasks[0], by: Worker.ID(tasks[0].uuid)))
        }
        for place in sealed.bytes.indices {
            var altered = sealed.bytes
            altered[place] ^= 1
            #expect(throws: VaultRefusal.unreadable) { try functional.open(Bytes(altered), as: .payload(of: tasks[0])) }
        }
        let digest = Digest(of: "content")
        #expect(functional.mark(digest) == ContentKey(of: other, .functional, key).mark(digest))
        #expect(
            functional.mark(digest) != ContentKey(of: requester, .functional, SymmetricKey(size: .bits256)).mark(digest)
        )
        #expect(functional.mark(digest).bytes != digest.bytes)
    }

    @Test("a rotation leaves everything readable and shuts the old key out")
    func rotation() async throws {
        let small = try await SmallMarket()
        let functional = try await batch(small, tasks: 2)
        let dangerous = try await batch(small, project: safety(small), tasks: 2)
        let worker = try await small.lawyer("ann")
        let both = Scratch.keys.adding()
        #expect(try await RewrapKeys(market: small.market, keys: both)(limit: 1, by: small.manager) == 1)
        let during = Market(database: Scratch.database, identifiers: Scratch.here.identifiers, keys: both)
        #expect(try await RetireKeys(market: during, keys: both)(by: small.manager) == [], "one still needs it")
        #expect(try await RewrapKeys(market: during, keys: both)(by: small.manager) == 1)
        let retired = try await RetireKeys(market: during, keys: both)(by: small.manager)
        #expect(retired == Scratch.keys.names)
        let new = Market(
            database: Scratch.database, identifiers: Scratch.here.identifiers, keys: both.dropping(retired))
        for batch in [functional, dangerous] {
            let work = try await small.claim(worker, batch)
            let task = try await ReadTask(market: new)(work.id, by: Principal.ID(worker.uuid))
            #expect(task.payload["text"]?.stringValue?.hasPrefix(canary) == true)
            await #expect(throws: VaultRefusal.keyUnknown(name: both.names[1])) {
                try await ReadTask(market: small.market)(work.id, by: Principal.ID(worker.uuid))
            }
        }
    }

    @Test("from before it was sealed is read as it is, sealed in small steps, and recognised when it comes again")
    func legacy() async throws {
        let small = try await SmallMarket()
        let draft = try await CreateBatch(market: small.market)(
            small.draft("old"), of: small.requester, by: small.manager)
        let records = (0..<5).map { "{\"external_key\":\"t\($0)\",\"payload\":{\"text\":\"\(canary) \($0)\"}}" }
        func imported(_ lines: [String], _ market: Market) async throws -> [Int] {
            let report = try await ImportTasks(market: market)(
                TaskFile(bytes: Array(lines.joined(separator: "\n").utf8), name: "f", format: .jsonl), to: draft,
                of: small.requester, by: small.manager
            )
            return [report.run.counts.added, report.run.counts.unchanged, report.run.counts.faulty]
        }
        #expect(try await imported(records, small.market) == [5, 0, 0])
        // As a database of before has it.
        let plain = try await small.contents()
        try await Scratch.asOwner { transaction in
            for (key, payload) in plain {
                try await transaction.execute(
                    """
                    update task_content set payload = \(payload), sealed = null, mark = null
                      from task where task.task_id = task_content.task_id and external_key = \(key)
                    """)
            }
            try await transaction.execute("delete from requester_key")
        }
        #expect(try await Residue.tables(with: word) == ["task_content"])
        #expect(try await small.contents() == plain)
        #expect(try await imported(Array(records[..<2]), small.market) == [0, 2, 0], "sealed in passing")
        #expect(try await small.count("select count(*) as n from task_content where payload is null") == 2)
        let seal = SealContent(market: small.market)
        #expect(try await seal(limit: 2, by: small.manager) == 2)
        #expect(try await seal(limit: 2, by: small.manager) == 1)
        #expect(try await seal(by: small.manager) == 0)
        await #expect(throws: AccessRefusal.self) { try await seal(by: small.reviewer) }
        await #expect(throws: BadInput.self) { try await seal(limit: 501, by: small.manager) }
        #expect(try await small.contents() == plain)
        #expect(try await Residue.tables(with: word) == [])
        #expect(try await imported(records, small.market) == [0, 5, 0])
        #expect(
            try await imported([records[0].replacing("merger", with: "lease")], small.market) == [0, 0, 1],
            "another content under the same key")
        #expect(try await small.ills() == [])
    }

    @Test("drafts from before are sealed, too")
    func legacyDrafts() async throws {
        let small = try await SmallMarket()
        let work = try await small.claim(small.lawyer("ann"), batch(small))
        let actor = Principal.ID(work.worker.uuid)
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into answer_draft (requester_id, task_id, worker_id, answer, is_late, saved_at)
                values (\(work.requester), \(work.task), \(work.worker), jsonb_build_object('label', \(word)::text),
                        false, \(Scratch.start))
                """)
        }
        let read = ReadDraft(market: small.market)
        #expect(try await read(work.id, by: actor).answer == ["label": .string(word)])
        #expect(try await SealContent(market: small.market)(by: small.manager) == 1)
        #expect(try await SealContent(market: small.market)(by: small.manager) == 0)
        #expect(try await read(work.id, by: actor).answer == ["label": .string(word)])
        #expect(try await Residue.tables(with: word) == [])
    }

    @Test("many imports of a new requester's first tasks make one key")
    func firstKeyRace() async throws {
        let small = try await SmallMarket()
        var batches: [Batch.ID] = []
        for number in 0..<4 {
            batches.append(
                try await CreateBatch(market: small.market)(
                    small.draft("b\(number)"), of: small.requester, by: small.manager))
        }
        try await withThrowingTaskGroup { group in
            for (number, batch) in batches.enumerated() {
                group.addTask {
                    _ = try await AddTasks(market: small.market)(
                        small.drafts(["k\(number)"]), to: batch, of: small.requester, by: small.manager)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await small.count("select count(*) as n from requester_key") == 1)
        #expect(try await small.contents().count == 4)
    }
}
