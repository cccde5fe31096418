import Formats
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@testable import Marketplace

/// A server that answers when it is told to.
private final class HeldServer: OutboundHTTP {
    private struct State {
        var calls: [OutboundRequest] = []
        var underWay: [String: Int] = [:]
        var mostAtOnce = 0
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let status: @Sendable (Int) -> Int

    /// - Parameter status: of the answer, by which call it is, from 1.
    init(_ status: @escaping @Sendable (Int) -> Int) { self.status = status }

    var calls: [OutboundRequest] { state.withLock { $0.calls } }
    /// How often one message was on its way at once.
    var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        waiting.forEach { $0.resume() }
    }

    func send(_ request: OutboundRequest) async -> OutboundAnswer {
        let id = request.headers["webhook-id"] ?? ""
        let number = state.withLock { state in
            state.calls.append(request)
            state.underWay[id, default: 0] += 1
            state.mostAtOnce = max(state.mostAtOnce, state.underWay[id] ?? 0)
            return state.calls.count
        }
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
        await Task.yield()
        state.withLock { $0.underWay[id, default: 0] -= 1 }
        return .answered(status: status(number), body: [])
    }
}

@Suite("Webhooks: replays under way, and work", .scratchDatabase)
struct WebhookWorkTests {
    private func register(_ small: SmallMarket, _ kinds: [String] = []) async throws -> WebhookEndpoint.ID {
        try await RegisterWebhook(market: small.market)(
            url: "https://hooks.example.org/guildhall", kinds: kinds, of: small.requester, by: small.manager
        ).endpoint
    }

    private func deliver(_ small: SmallMarket, through server: any OutboundHTTP) async throws -> Int {
        let actor = try await small.market.systemPrincipal()
        return try await DeliverWebhooks(market: small.market)(through: server, by: actor)
    }

    private func only(_ small: SmallMarket, _ endpoint: WebhookEndpoint.ID) async throws -> WebhookDelivery {
        let all = try await ListWebhookDeliveries(market: small.market)(of: endpoint, by: small.manager)
        try #require(all.count == 1)
        return all[0]
    }

    @Test(
        "what is asked for again while a try is in hand is not sent beside it, and what that brings counts",
        arguments: [200, 500])
    func replayUnderWay(status: Int) async throws {
        let small = try await SmallMarket()
        let endpoint = try await register(small, ["webhook.test"])
        let event = try await TestWebhook(market: small.market)(endpoint, by: small.manager)
        let server = HeldServer { $0 == 1 ? status : 200 }
        async let tried = deliver(small, through: server)
        while server.calls.isEmpty { await Task.yield() }
        try await ReplayWebhooks(market: small.market)(event, to: endpoint, by: small.manager)
        #expect(try await deliver(small, through: server) == 0)
        server.open()
        #expect(try await tried == 1)
        let settled = try await only(small, endpoint)
        if status == 200 {
            #expect(settled.state == .delivered && server.calls.count == 1)
        } else {
            // It begins anew: five seconds, as after a first try.
            #expect(settled.state == .waiting && settled.attempts == 0)
            #expect((4.5...5).contains(settled.dueAt.timeIntervalSince(Scratch.clock.now())))
            Scratch.clock.advance(by: 5)
            #expect(try await deliver(small, through: server) == 1)
            #expect(try await only(small, endpoint).state == .delivered)
        }
    }

    @Test("a claim that ran out settles nothing, also when a replay has set the count back to where it was")
    func staleClaim() async throws {
        let small = try await SmallMarket()
        let endpoint = try await register(small, ["webhook.test"])
        let event = try await TestWebhook(market: small.market)(endpoint, by: small.manager)
        func claim() async throws -> WebhookParcel {
            let claimed = try await Scratch.database.transaction {
                try await $0.claimWebhooks(limit: 20, until: $0.instant + DeliverWebhooks.claimSeconds, Scratch.keys)
                    .claimed
            }
            return try #require(claimed.first)
        }
        func settle(_ parcel: WebhookParcel, _ answer: OutboundAnswer) async throws -> Bool {
            try await Scratch.database.transaction { transaction in
                try await transaction.settle(
                    parcel, WebhookAttempt(answer, number: parcel.attempts, took: .seconds(1)),
                    id: Scratch.here.identifiers.uuid(at: transaction.instant), early: 0)
            }
        }
        let first = try await claim()
        Scratch.clock.advance(by: DeliverWebhooks.claimSeconds)
        try await ReplayWebhooks(market: small.market)(event, to: endpoint, by: small.manager)
        let second = try await claim()
        #expect(first.attempts == 1 && second.attempts == 1)
        #expect(try await !settle(first, .answered(status: 200, body: [])))
        #expect(try await only(small, endpoint).state == .waiting)
        #expect(try await settle(second, .answered(status: 200, body: [])))
        #expect(try await only(small, endpoint).state == .delivered)
    }

    @Test("replays and deliveries by many at once: one message is on its way once at a time, and arrives")
    func race() async throws {
        let small = try await SmallMarket()
        let endpoint = try await register(small, ["webhook.test"])
        var made: [UUID] = []
        for _ in 0..<4 { made.append(try await TestWebhook(market: small.market)(endpoint, by: small.manager)) }
        let events = made
        let server = HeldServer { _ in 200 }
        server.open()
        try await withThrowingDiscardingTaskGroup { group in
            for place in 0..<4 {
                group.addTask {
                    for turn in 0..<10 {
                        try await ReplayWebhooks(market: small.market)(
                            events[(place + turn) % events.count], to: endpoint, by: small.manager)
                    }
                }
                group.addTask {
                    for _ in 0..<20 { _ = try await deliver(small, through: server) }
                }
            }
        }
        while try await deliver(small, through: server) > 0 {}
        // What was asked for again in the middle of a try is due when its claim would have run out, if that failed.
        Scratch.clock.advance(by: DeliverWebhooks.claimSeconds)
        while try await deliver(small, through: server) > 0 {}
        #expect(server.mostAtOnce == 1)
        let all = try await ListWebhookDeliveries(market: small.market)(of: endpoint, by: small.manager)
        #expect(all.count == events.count && all.allSatisfy { $0.state == .delivered })
    }

    @Test("claims, returns, lapses and offers are told, without who the worker is")
    func work() async throws {
        let small = try await SmallMarket()
        let ann = Principal.ID(try await small.lawyer("ann").uuid)
        let batch = try await small.batch(try small.draft("b"), tasks: 3)
        let offered = try await small.batch(try small.draft("o", door: .offer), tasks: 3)
        _ = try await register(small)
        let server = KeptCalls()
        let claim = ClaimTask(market: small.market)

        let first = try await claim(from: (small.requester, batch), by: ann)
        try await ReturnTask(market: small.market)(first.id, token: first.leaseToken, .noTime, by: ann)
        let several = try await claim.several(2, from: (small.requester, batch), by: ann)
        #expect(several.count == 2)
        func offer() async throws -> Offer.ID {
            Scratch.clock.advance(by: 1)
            return try await MakeOffer(market: small.market)(
                of: offered, from: small.requester, to: Worker.ID(ann.uuid), reason: [:],
                answerBy: Scratch.clock.now() + 600, by: small.manager)
        }
        let taken = try await AcceptOffer(market: small.market)(try await offer(), by: ann)
        try await DeclineOffer(market: small.market)(try await offer(), by: ann)
        Scratch.clock.advance(by: 90 * 86_400)
        #expect(try await ExpireLeases(market: small.market)(by: small.manager) == 3)
        while try await deliver(small, through: server) > 0 {}

        let told = Dictionary(grouping: server.calls.map(\.json)) { $0["type"]?.stringValue ?? "" }
        #expect(
            told.mapValues(\.count) == [
                "assignment.claimed": 4, "assignment.returned": 1, "assignment.lapsed": 3, "offer.made": 2,
                "offer.declined": 1,
            ])
        let claimed = told["assignment.claimed"]?.compactMap { $0["data"] } ?? []
        let expected: JSON = [
            "requester": .string("\(small.requester)"), "assignment": .string("\(first.id)"),
            "task": .string("\(first.task)"),
        ]
        #expect(claimed.contains(expected))
        #expect(claimed.contains { $0["assignment"] == .string("\(taken.id)") })
        #expect(told["offer.made"]?.first?["data"]?["batch"] == .string("\(offered)"))
        #expect(!server.calls.contains { String(decoding: $0.body, as: UTF8.self).contains("\(ann)") })
    }

    @Test("offers that run out are told; an endpoint that did not ask hears nothing of work")
    func lapsedOffer() async throws {
        let small = try await SmallMarket()
        let ann = Principal.ID(try await small.lawyer("ann").uuid)
        let batch = try await small.batch(try small.draft("o", door: .offer), tasks: 1)
        _ = try await register(small, ["offer.lapsed"])
        let id = try await MakeOffer(market: small.market)(
            of: batch, from: small.requester, to: Worker.ID(ann.uuid), reason: [:],
            answerBy: Scratch.clock.now() + 600, by: small.manager)
        Scratch.clock.advance(by: 601)
        #expect(try await LapseOffers(market: small.market)(by: small.manager) == 1)
        let server = KeptCalls()
        while try await deliver(small, through: server) > 0 {}
        #expect(server.types == ["offer.lapsed"])
        #expect(server.calls.first?.json["data"]?["offer"] == .string("\(id)"))
    }
}
