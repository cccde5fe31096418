import Crypto
import Formats
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@testable import Marketplace

/// A requester with an endpoint.
private struct Switchboard: Sendable {
    let small: SmallMarket
    let server = KeptCalls()
    var market: Market { small.market }

    init() async throws { small = try await SmallMarket() }

    func register(_ kinds: [String] = []) async throws -> NewWebhookSecret {
        try await RegisterWebhook(market: market)(
            url: "https://hooks.example.org/guildhall", kinds: kinds, of: small.requester, by: small.manager)
    }

    func deliver(_ market: Market? = nil) async throws -> Int {
        let actor = try await small.market.systemPrincipal()
        return try await DeliverWebhooks(market: market ?? small.market)(through: server, by: actor)
    }

    func deliverAll() async throws {
        while try await deliver() > 0 {}
    }

    func deliveries(_ id: WebhookEndpoint.ID) async throws -> [WebhookDelivery] {
        try await ListWebhookDeliveries(market: market)(of: id, by: small.manager)
    }

    func endpoint() async throws -> WebhookEndpoint {
        try #require(try await ListWebhooks(market: market)(of: small.requester, by: small.manager).first)
    }
}

@Suite("Webhooks", .scratchDatabase)
struct WebhookTests {
    @Test("what happens is told in order, signed, with the facts that are the requester's, and once")
    func told() async throws {
        let board = try await Switchboard()
        let made = try await board.register()
        let batch = try await board.small.batch(try board.small.draft("b"), tasks: 2)
        try await board.deliverAll()
        #expect(board.server.types == ["batch.created", "batch.tasks_added", "batch.published"])
        let call = try #require(board.server.calls.last)
        #expect(call.method == "POST" && call.target.text == "https://hooks.example.org/guildhall")
        #expect(
            call.json["data"] == [
                "requester": .string("\(board.small.requester)"), "batch": .string("\(batch)"), "tasks": 2,
                "held": .string("44.00 USD"),
            ])
        #expect(call.json["timestamp"] == "2026-03-02T09:00:00.000Z")
        let id = try #require(call.headers["webhook-id"])
        let secret = try #require(Data(base64Encoded: String(made.secret.dropFirst(6))))
        let signed = Array("\(id).1772442000.".utf8) + call.body
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: secret))
        #expect(call.headers["webhook-signature"] == "v1," + Data(code).base64EncodedString())
        #expect(call.headers["webhook-timestamp"] == "1772442000")
        #expect(Set(board.server.calls.compactMap { $0.headers["webhook-id"] }).count == 3)
        #expect(try await board.deliver() == 0)
        #expect(try await board.deliveries(made.endpoint).allSatisfy { $0.state == .delivered && $0.attempts == 1 })
    }

    @Test("no secret is stored as it is shown, and who has no keys sends nothing")
    func sealed() async throws {
        let board = try await Switchboard()
        let made = try await board.register()
        _ = try await TestWebhook(market: board.market)(made.endpoint, by: board.small.manager)
        let keyless = Market(database: Scratch.database, identifiers: Scratch.here.identifiers)
        await #expect(throws: VaultRefusal.keysMissing) { try await board.deliver(keyless) }
        let bytes = try #require(Data(base64Encoded: String(made.secret.dropFirst(6))))
        let stored: Bytes = try await Scratch.asOwner {
            try await $0.oneRow("select wrapped from kept_secret where kind = 'webhook'")["wrapped"]
        }
        #expect(Data(stored.bytes).range(of: bytes) == nil)
        #expect(try await board.deliver() == 1)
    }

    @Test("an endpoint is told what it asked for, and nothing of another requester")
    func kinds() async throws {
        let board = try await Switchboard()
        let other = try await CreateRequester(market: board.market)(
            externalKey: "other", name: "Other", by: board.small.manager)
        let foreign = try await RegisterWebhook(market: board.market)(
            url: "https://other.example.org/", of: other, by: board.small.manager)
        let made = try await board.register(["batch.published"])
        _ = try await board.small.batch(try board.small.draft("b"), tasks: 1)
        try await board.deliverAll()
        #expect(board.server.types == ["batch.published"])
        #expect(try await board.deliveries(foreign.endpoint).isEmpty)
        // Where nobody is told, nothing is written.
        _ = try await ChangeWebhook(market: board.market)(made.endpoint, isEnabled: false, by: board.small.manager)
        let events: Int = try await Scratch.asOwner {
            try await $0.oneRow("select count(*) as n from webhook_event")["n"]
        }
        _ = try await board.small.batch(try board.small.draft("c"), tasks: 1)
        #expect(
            try await Scratch.asOwner { try await $0.oneRow("select count(*) as n from webhook_event")["n"] } == events)
    }

    @Test("what is rolled back is not told")
    func rolledBack() async throws {
        struct Cancelled: Error {}
        let board = try await Switchboard()
        _ = try await board.register()
        await #expect(throws: Cancelled.self) {
            try await board.market.change { change in
                try await change.record(
                    "batch_created", by: board.small.manager, on: "batch", board.small.project.uuid,
                    in: .requester(board.small.requester))
                throw Cancelled()
            }
        }
        #expect(try await board.deliver() == 0)
    }

    @Test("what fails is tried again ever later, for three days; then it is given up and the next is told")
    func retries() async throws {
        let board = try await Switchboard()
        let made = try await board.register(["batch.published", "batch.closed"])
        let batch = try await board.small.batch(try board.small.draft("b"), tasks: 1)
        _ = try await CloseBatch(market: board.market)(batch, of: board.small.requester, by: board.small.manager)
        board.server.answer { _ in .answered(status: 500, body: []) }
        var tries = 0
        while Scratch.clock.now() < Scratch.start + 3 * 86_400 {
            tries += try await board.deliver()
            let due = try #require(try await board.deliveries(made.endpoint).last)
            guard due.state == .waiting else { break }
            let wait = WebhookSchedule.wait(afterAttempts: tries, early: 0)
            #expect((0.9 * wait...wait).contains(due.dueAt.timeIntervalSince(Scratch.clock.now())))
            Scratch.clock.advance(by: due.dueAt.timeIntervalSince(Scratch.clock.now()))
        }
        #expect(tries == 10 && Set(board.server.types) == ["batch.published"])
        let first = try #require(try await board.deliveries(made.endpoint).last)
        #expect(first.state == .dead && first.attempts == 10)
        let log = try await ListWebhookDeliveries(market: board.market).attempts(
            of: first.event, to: made.endpoint, by: board.small.manager)
        #expect(log.map(\.number) == Array(1...10) && log.allSatisfy { $0.status == 500 })
        board.server.answer { _ in .answered(status: 200, body: []) }
        #expect(try await board.deliver() == 1)
        #expect(board.server.types.last == "batch.closed")
        #expect(try await board.endpoint().failingSince == nil)
    }

    @Test("of one object an endpoint is told in order; others do not wait for it")
    func order() async throws {
        let board = try await Switchboard()
        _ = try await board.register(["batch.created", "batch.published"])
        board.server.answer { request in
            request.json["type"] == "batch.created" && request.json["data"]?["batch"] != nil
                ? .failed("No answer came in time.") : .answered(status: 200, body: [])
        }
        _ = try await board.small.batch(try board.small.draft("a"), tasks: 1)
        try await board.deliverAll()
        #expect(board.server.types == ["batch.created"])
        board.server.answer { _ in .answered(status: 200, body: []) }
        _ = try await board.small.batch(try board.small.draft("b"), tasks: 1)
        try await board.deliverAll()
        #expect(board.server.types == ["batch.created", "batch.created", "batch.published"])
        Scratch.clock.advance(by: 5)
        try await board.deliverAll()
        #expect(board.server.types.suffix(2) == ["batch.created", "batch.published"])
    }

    @Test("many who deliver at once send each once; what a process that died had claimed is sent again")
    func leases() async throws {
        let board = try await Switchboard()
        let made = try await board.register(["webhook.test"])
        _ = try await ChangeWebhook(market: board.market)(made.endpoint, kinds: [], by: board.small.manager)
        for name in ["x", "y", "z"] { _ = try await board.small.batch(try board.small.draft(name), tasks: 1) }
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<4 { group.addTask { try await board.deliverAll() } }
        }
        try await board.deliverAll()
        #expect(board.server.calls.count == 9)
        #expect(Set(board.server.calls.compactMap { $0.headers["webhook-id"] }).count == 9)
        let event = try await TestWebhook(market: board.market)(made.endpoint, by: board.small.manager)
        _ = try await Scratch.database.transaction {
            try await $0.claimWebhooks(limit: 20, until: $0.instant + DeliverWebhooks.claimSeconds, Scratch.keys)
        }
        #expect(try await board.deliver() == 0)
        Scratch.clock.advance(by: DeliverWebhooks.claimSeconds)
        #expect(try await board.deliver() == 1)
        #expect(board.server.calls.last?.headers["webhook-id"] == event.uuidString.lowercased())
    }

    @Test("an answer that comes after its claim ran out changes nothing")
    func late() async throws {
        let board = try await Switchboard()
        let made = try await board.register(["webhook.test"])
        _ = try await TestWebhook(market: board.market)(made.endpoint, by: board.small.manager)
        let claimed = try await Scratch.database.transaction {
            try await $0.claimWebhooks(limit: 20, until: $0.instant + DeliverWebhooks.claimSeconds, Scratch.keys)
                .claimed
        }
        let parcel = try #require(claimed.first)
        Scratch.clock.advance(by: DeliverWebhooks.claimSeconds)
        #expect(try await board.deliver() == 1)
        let isOurs = try await Scratch.database.transaction { transaction in
            try await transaction.settle(
                parcel, WebhookAttempt(.failed("late"), number: 1, took: .seconds(61)),
                id: Scratch.here.identifiers.uuid(at: transaction.instant), early: 0)
        }
        #expect(!isOurs)
        #expect(try await board.deliveries(made.endpoint).map(\.state) == [.delivered])
    }

    @Test("five days without success end an endpoint, and its people are told; 410 does so at once")
    func ended() async throws {
        let board = try await Switchboard()
        let made = try await board.register()
        let person = try await CreatePrincipal(market: board.market)(
            .person, named: "Ada of Acme", roles: [.requester], for: board.small.requester, by: board.small.manager)
        board.server.answer { _ in .failed("The name has no address.") }
        for day in 0...5 {
            _ = try await TestWebhook(market: board.market)(made.endpoint, by: board.small.manager)
            #expect(try await board.endpoint().state == .enabled, "day \(day)")
            try await board.deliverAll()
            if day < 5 { Scratch.clock.advance(by: 86_400) }
        }
        let failed = try await board.endpoint()
        #expect(failed.state == .failed && failed.failingSince == Scratch.start)
        #expect(try await board.deliveries(made.endpoint).allSatisfy { $0.state == .dead })
        let told = try await ListNotices(market: board.market)(by: person)
        #expect(told.map(\.notice.kind) == ["webhook_disabled"])
        await #expect(throws: WebhookRefusal.notEnabled) {
            try await TestWebhook(market: board.market)(made.endpoint, by: board.small.manager)
        }
        let again = try await ChangeWebhook(market: board.market)(
            made.endpoint, isEnabled: true, by: board.small.manager)
        #expect(again.state == .enabled && again.failingSince == nil && again.endedAt == nil)
        board.server.answer { _ in .answered(status: 410, body: []) }
        _ = try await TestWebhook(market: board.market)(made.endpoint, by: board.small.manager)
        try await board.deliverAll()
        #expect(try await board.endpoint().state == .gone)
    }

    @Test("one event, or all that were given up since an instant, are sent again under their ids")
    func replay() async throws {
        let board = try await Switchboard()
        let made = try await board.register()
        _ = try await board.small.batch(try board.small.draft("a"), tasks: 1)
        board.server.answer { _ in .failed("No answer came in time.") }
        try await board.deliverAll()
        _ = try await ChangeWebhook(market: board.market)(made.endpoint, isEnabled: false, by: board.small.manager)
        let replay = ReplayWebhooks(market: board.market)
        await #expect(throws: WebhookRefusal.notEnabled) {
            try await replay(givenUpSince: Scratch.start, to: made.endpoint, by: board.small.manager)
        }
        _ = try await ChangeWebhook(market: board.market)(made.endpoint, isEnabled: true, by: board.small.manager)
        #expect(try await replay(givenUpSince: Scratch.start + 1, to: made.endpoint, by: board.small.manager) == 0)
        #expect(try await replay(givenUpSince: Scratch.start, to: made.endpoint, by: board.small.manager) == 3)
        board.server.answer { _ in .answered(status: 200, body: []) }
        try await board.deliverAll()
        #expect(board.server.types == ["batch.created", "batch.created", "batch.tasks_added", "batch.published"])
        let last = try #require(try await board.deliveries(made.endpoint).first)
        try await replay(last.event, to: made.endpoint, by: board.small.manager)
        try await board.deliverAll()
        #expect(
            board.server.calls.suffix(2).map { $0.headers["webhook-id"] }.allSatisfy {
                $0 == last.event.uuidString.lowercased()
            })
        await #expect(throws: NotFound.self) {
            try await replay(board.small.project.uuid, to: made.endpoint, by: board.small.manager)
        }
    }

    @Test("while a secret is rotated both sign, then the new one alone")
    func rotation() async throws {
        let board = try await Switchboard()
        let made = try await board.register()
        let rotate = RotateWebhookSecret(market: board.market)
        let new = try await rotate(made.endpoint, overlap: 3_600, by: board.small.manager)
        await #expect(throws: WebhookRefusal.rotating) { try await rotate(made.endpoint, by: board.small.manager) }
        func signatures() async throws -> [String] {
            _ = try await TestWebhook(market: board.market)(made.endpoint, by: board.small.manager)
            try await board.deliverAll()
            let call = try #require(board.server.calls.last)
            return try [new.secret, made.secret].map { text in
                let secret = try #require(Data(base64Encoded: String(text.dropFirst(6))))
                return WebhookSignature.header(
                    id: call.headers["webhook-id"] ?? "",
                    timestamp: Int64(call.headers["webhook-timestamp"] ?? "") ?? 0,
                    body: call.body, secrets: [Array(secret)])
            }
        }
        let both = try await signatures()
        #expect(board.server.calls.last?.headers["webhook-signature"] == both.joined(separator: " "))
        Scratch.clock.advance(by: 3_600)
        let one = try await signatures()
        #expect(board.server.calls.last?.headers["webhook-signature"] == one[0])
        _ = try await rotate(made.endpoint, by: board.small.manager)
    }

    @Test("endpoints are a requester's own: nobody else sees, changes or tests them")
    func owners() async throws {
        let board = try await Switchboard()
        let made = try await board.register()
        let own = try await CreatePrincipal(market: board.market)(
            .key, named: "acme: hooks", roles: [.requester], for: board.small.requester, by: board.small.manager)
        let other = try await CreateRequester(market: board.market)(
            externalKey: "other", name: "Other", by: board.small.manager)
        let foreign = try await CreatePrincipal(market: board.market)(
            .key, named: "other: hooks", roles: [.requester], for: other, by: board.small.manager)
        #expect(try await ListWebhooks(market: board.market)(of: board.small.requester, by: own).count == 1)
        await #expect(throws: AccessRefusal.roleMissing(.requester)) {
            try await ListWebhooks(market: board.market)(of: board.small.requester, by: foreign)
        }
        await #expect(throws: AccessRefusal.roleMissing(.requester)) {
            try await RegisterWebhook(market: board.market)(
                url: "https://a.example.org/", of: board.small.requester, by: foreign)
        }
        await #expect(throws: NotFound.self) {
            try await ListWebhookDeliveries(market: board.market)(of: made.endpoint, by: foreign)
        }
        await #expect(throws: NotFound.self) {
            try await ChangeWebhook(market: board.market)(made.endpoint, isEnabled: false, by: foreign)
        }
        await #expect(throws: NotFound.self) { try await TestWebhook(market: board.market)(made.endpoint, by: foreign) }
        await #expect(throws: NotFound.self) {
            try await RotateWebhookSecret(market: board.market)(made.endpoint, by: foreign)
        }
        await #expect(throws: BadInput.self) {
            try await RegisterWebhook(market: board.market)(
                url: "http://hooks.example.org/", of: board.small.requester, by: own)
        }
        await #expect(throws: BadInput.self) { try await board.register(["worker.paid"]) }
        for _ in 1..<WebhookEndpoint.most { _ = try await board.register() }
        await #expect(throws: WebhookRefusal.tooMany) { try await board.register() }
    }

    @Test("deliveries are paged by position and state; events are forgotten after 30 days, not while they wait")
    func pagesAndAge() async throws {
        let board = try await Switchboard()
        let made = try await board.register()
        _ = try await board.small.batch(try board.small.draft("a"), tasks: 1)
        try await board.deliverAll()
        _ = try await TestWebhook(market: board.market)(made.endpoint, by: board.small.manager)
        let list = ListWebhookDeliveries(market: board.market)
        let all = try await list(of: made.endpoint, by: board.small.manager)
        #expect(all.map(\.kind) == ["webhook.test", "batch.published", "batch.tasks_added", "batch.created"])
        let page = try await list(of: made.endpoint, before: all[1].position, limit: 1, by: board.small.manager)
        #expect(page.map(\.kind) == ["batch.tasks_added"])
        #expect(
            try await list(of: made.endpoint, in: .waiting, by: board.small.manager).map(\.kind) == ["webhook.test"])
        let forget = ForgetWebhooks(market: board.market)
        Scratch.clock.advance(by: ForgetWebhooks.keptSeconds)
        #expect(try await forget(most: 2) == 0)
        Scratch.clock.advance(by: 1)
        #expect(try await forget(most: 2) == 2)
        #expect(try await forget(most: 2) == 1)
        #expect(try await list(of: made.endpoint, by: board.small.manager).map(\.kind) == ["webhook.test"])
    }

    @Test("the trace that a change is part of goes on with what is told of it")
    func trace() async throws {
        let board = try await Switchboard()
        _ = try await board.register()
        let trace = try #require(TraceContext(header: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        _ = try await TraceContext.$current.withValue(trace) {
            try await board.small.batch(try board.small.draft("a"), tasks: 0, publish: false)
        }
        try await board.deliverAll()
        let header = try #require(board.server.calls.first?.headers["traceparent"].flatMap(TraceContext.init(header:)))
        #expect(header.traceID == trace.traceID && header.spanID != trace.spanID && header.flags == "01")
        for wrong in ["", "00-0-0-0", "01" + trace.header.dropFirst(2), trace.header.uppercased(), trace.header + "-x"]
        {
            #expect(TraceContext(header: wrong) == nil, "\(wrong)")
        }
    }
}
