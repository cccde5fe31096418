import Formats
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@testable import Marketplace

/// Answers some hosts at once, and others not before it is opened.
private final class TwoServers: OutboundHTTP {
    private struct State {
        var isOpen = false
        var arrived: [String: [String]] = [:]
        var underWay: [String: Int] = [:]
        var mostUnderWay: [String: Int] = [:]
        var mostHeld = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let isHeld: @Sendable (String) -> Bool

    /// - Parameter isHeld: which hosts do not answer before it is opened.
    init(_ isHeld: @escaping @Sendable (String) -> Bool) { self.isHeld = isHeld }

    /// What a host has answered, by message.
    func arrived(at host: String) -> [String] { state.withLock { $0.arrived[host] ?? [] } }
    /// To a host at once.
    func mostUnderWay(to host: String) -> Int { state.withLock { $0.mostUnderWay[host] ?? 0 } }
    /// To all hosts that are held, at once.
    var mostHeld: Int { state.withLock { $0.mostHeld } }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        waiting.forEach { $0.resume() }
    }

    func send(_ request: OutboundRequest) async -> OutboundAnswer {
        let host = request.target.host
        state.withLock { state in
            state.underWay[host, default: 0] += 1
            state.mostUnderWay[host] = max(state.mostUnderWay[host] ?? 0, state.underWay[host] ?? 0)
            let held = state.underWay.filter { isHeld($0.key) }.values.reduce(0, +)
            state.mostHeld = max(state.mostHeld, held)
        }
        if isHeld(host) {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        }
        state.withLock { state in
            state.underWay[host, default: 0] -= 1
            state.arrived[host, default: []].append(request.headers["webhook-id"] ?? "")
        }
        return .answered(status: 204, body: [])
    }
}

@Suite("Webhooks: an endpoint that does not answer", .scratchDatabase)
struct WebhookPlacesTests {
    private func register(_ host: String, _ small: SmallMarket) async throws -> WebhookEndpoint.ID {
        try await RegisterWebhook(market: small.market)(
            url: "https://\(host)/", kinds: ["batch.created"], of: small.requester, by: small.manager
        ).endpoint
    }

    /// So many events, each of another object.
    private func happen(_ names: ClosedRange<Int>, _ small: SmallMarket) async throws {
        for name in names { _ = try await small.batch(try small.draft("b\(name)"), tasks: 0, publish: false) }
    }

    private func places(_ server: TwoServers, _ small: SmallMarket) async throws -> WebhookPlaces {
        WebhookPlaces(
            DeliverWebhooks(market: small.market), through: server, by: try await small.market.systemPrincipal())
    }

    private func states(_ endpoint: WebhookEndpoint.ID, _ small: SmallMarket) async throws -> [WebhookDeliveryState] {
        try await ListWebhookDeliveries(market: small.market)(of: endpoint, by: small.manager).map(\.state)
    }

    @Test("it holds two messages, and another endpoint is told everything meanwhile")
    func hangs() async throws {
        let small = try await SmallMarket()
        let slow = try await register("slow.example.org", small)
        let fast = try await register("fast.example.org", small)
        try await happen(1...30, small)
        let server = TwoServers { $0.hasPrefix("slow") }
        let places = try await places(server, small)
        // What hangs is never answered here: the other one must come to its end all the same.
        while server.arrived(at: "fast.example.org").count < 30 {
            let turn = try await places.turn(within: .seconds(2))
            #expect(turn.isUnderWay)
        }
        #expect(server.arrived(at: "slow.example.org").isEmpty)
        while server.mostHeld < DeliverWebhooks.inHandMost { await Task.yield() }
        #expect(server.mostUnderWay(to: "slow.example.org") == DeliverWebhooks.inHandMost)
        #expect(server.mostUnderWay(to: "fast.example.org") <= DeliverWebhooks.inHandMost)
        server.open()
        while try await places.turn(within: .seconds(2)).isUnderWay {}
        await places.finish()
        for (host, endpoint) in [("slow.example.org", slow), ("fast.example.org", fast)] {
            let told = server.arrived(at: host)
            #expect(told.count == 30 && Set(told).count == 30, "\(host)")
            #expect(try await states(endpoint, small).allSatisfy { $0 == .delivered }, "\(host)")
        }
    }

    @Test("endpoints where nothing arrives have one message each in hand, and few in all; they are tried nevertheless")
    func failing() async throws {
        let small = try await SmallMarket()
        let bad = (1...6).map { "bad\($0).example.org" }
        var endpoints: [WebhookEndpoint.ID] = []
        for host in bad { endpoints.append(try await register(host, small)) }
        try await happen(1...3, small)
        let refusing = KeptCalls { _ in .failed("No answer came in time.") }
        let actor = try await small.market.systemPrincipal()
        while try await DeliverWebhooks(market: small.market)(through: refusing, by: actor) > 0 {}
        for webhook in try await ListWebhooks(market: small.market)(of: small.requester, by: small.manager) {
            #expect(webhook.failingSince != nil)
        }
        let fast = try await register("fast.example.org", small)
        Scratch.clock.advance(by: 5)
        try await happen(4...12, small)
        let server = TwoServers { $0.hasPrefix("bad") }
        let places = try await places(server, small)
        while server.arrived(at: "fast.example.org").count < 9 { _ = try await places.turn(within: .seconds(2)) }
        while server.mostHeld < DeliverWebhooks.failingMost { await Task.yield() }
        #expect(server.mostHeld == DeliverWebhooks.failingMost)
        for host in bad { #expect(server.mostUnderWay(to: host) <= 1, "\(host)") }
        // It is settled behind its arrival.
        while try await !states(fast, small).allSatisfy({ $0 == .delivered }) {
            _ = try await places.turn(within: .seconds(2))
        }
        server.open()
        while try await places.turn(within: .seconds(2)).isUnderWay {}
        await places.finish()
        for (host, endpoint) in zip(bad, endpoints) {
            #expect(Set(server.arrived(at: host)).count == 12, "\(host)")
            #expect(try await states(endpoint, small).allSatisfy { $0 == .delivered }, "\(host)")
        }
    }

    @Test("what is in hand counts whoever sends it, until its claim runs out")
    func acrossProcesses() async throws {
        let small = try await SmallMarket()
        _ = try await register("slow.example.org", small)
        let other = try await register("fast.example.org", small)
        try await happen(1...5, small)
        func claim(_ limit: Int = 20) async throws -> [WebhookParcel] {
            try await Scratch.database.transaction {
                try await $0.claimWebhooks(
                    limit: limit, until: $0.instant + DeliverWebhooks.claimSeconds, Scratch.keys
                ).claimed
            }
        }
        let first = try await claim()
        #expect(first.count == 4 && first.filter { $0.endpoint == other }.count == 2)
        #expect(try await claim().isEmpty)
        Scratch.clock.advance(by: DeliverWebhooks.claimSeconds)
        #expect(try await claim(1).count == 1)
        #expect(try await claim().count == 3)
    }
}
