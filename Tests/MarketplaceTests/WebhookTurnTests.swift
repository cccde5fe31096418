import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Webhooks: turns of endpoints where nothing arrives", .scratchDatabase)
struct WebhookTurnTests {
    private func register(
        _ host: String, kinds: [String] = ["batch.created"], of requester: Requester.ID? = nil,
        through market: Market? = nil, _ small: SmallMarket
    ) async throws -> WebhookEndpoint.ID {
        try await RegisterWebhook(market: market ?? small.market)(
            url: "https://\(host)/", kinds: kinds, of: requester ?? small.requester, by: small.manager
        ).endpoint
    }

    /// So many events, each of another object.
    private func happen(_ names: ClosedRange<Int>, _ small: SmallMarket) async throws {
        for name in names { _ = try await small.batch(try small.draft("b\(name)"), tasks: 0, publish: false) }
    }

    private func deliver(_ small: SmallMarket, through server: KeptCalls) async throws -> Int {
        let actor = try await small.market.systemPrincipal()
        return try await DeliverWebhooks(market: small.market)(through: server, by: actor)
    }

    private func claim(answering: Int = 16, failing: Int, _ small: SmallMarket) async throws -> [WebhookParcel] {
        try await DeliverWebhooks(market: small.market).claim(answering: answering, failing: failing).claimed
    }

    @Test("one failure, or two, set no endpoint apart; the third in a row does, and what arrives ends it")
    func apart() async throws {
        let small = try await SmallMarket()
        let endpoint = try await register("hooks.example.org", small)
        try await happen(1...1, small)
        let server = KeptCalls { _ in .answered(status: 502, body: []) }
        for failures in 0...3 {
            let tried = try await Scratch.database.transaction { transaction in
                try await transaction.claimWebhooks(
                    limit: 16, until: transaction.instant + DeliverWebhooks.claimSeconds, Scratch.keys
                ).claimed
            }
            #expect(tried.map(\.isFailing) == [failures == 3], "\(failures)")
            let actor = try await small.market.systemPrincipal()
            if failures == 3 { server.answer { _ in .answered(status: 204, body: []) } }
            for parcel in tried {
                await DeliverWebhooks(market: small.market).send(
                    parcel, at: Scratch.clock.now(), through: server, by: actor)
            }
            let shown = try await ListWebhooks(market: small.market)(of: small.requester, by: small.manager)
            // Since when nothing arrives is known from the first failure on.
            #expect((shown.first { $0.id == endpoint }?.failingSince == nil) == (failures == 3))
            Scratch.clock.advance(by: 7_200)
        }
        try await happen(2...2, small)
        #expect(try await claim(failing: 4, small).map(\.isFailing) == [false])
    }

    @Test("whose last try is longest ago is tried next, however much waits for the others")
    func roundRobin() async throws {
        let small = try await SmallMarket()
        let hosts = (1...6).map { "bad\($0).example.org" }
        for host in hosts.prefix(4) { _ = try await register(host, small) }
        try await happen(1...10, small)
        Scratch.clock.advance(by: 1)
        for host in hosts.suffix(2) { _ = try await register(host, small) }
        try await happen(11...20, small)
        let refusing = KeptCalls { _ in .failed("No answer came in time.") }
        // Two in hand of each, twice: from the third failure on they are apart.
        for _ in 0..<2 { #expect(try await deliver(small, through: refusing) == 12) }
        let before = refusing.calls.count
        for _ in 0..<2 {
            Scratch.clock.advance(by: 0.1)
            #expect(try await deliver(small, through: refusing) == DeliverWebhooks.failingMost)
        }
        // What waits for the last two is due later than all that waits for the others.
        #expect(Set(refusing.calls.dropFirst(before).map(\.target.host)) == Set(hosts))
    }

    @Test(
        "an endpoint whose secret cannot be read stops nobody else; operators are told once a day",
        arguments: [true, false])
    func unreadable(isAltered: Bool) async throws {
        let small = try await SmallMarket()
        let newer = Market(
            database: small.market.database, identifiers: small.market.identifiers,
            keys: isAltered ? Scratch.keys : Scratch.keys.adding())
        let odd = try await register("odd.example.org", through: newer, small)
        if isAltered {
            _ = try await Scratch.asOwner {
                try await $0.execute(
                    "update kept_secret set wrapped = set_byte(wrapped, 20, 255 - get_byte(wrapped, 20))")
            }
        }
        _ = try await register("fine.example.org", small)
        try await happen(1...2, small)
        let server = KeptCalls()
        #expect(try await deliver(small, through: server) == 4)
        #expect(server.calls.map(\.target.host) == ["fine.example.org", "fine.example.org"])
        // It is not the endpoint's failure.
        for webhook in try await ListWebhooks(market: small.market)(of: small.requester, by: small.manager) {
            #expect(webhook.failingSince == nil)
        }
        let log = try await ListWebhookDeliveries(market: small.market)(of: odd, by: small.manager)
        #expect(log.map(\.state) == [.waiting, .waiting] && log.map(\.attempts) == [0, 0])
        for delivery in log {
            let tries = try await ListWebhookDeliveries(market: small.market).attempts(
                of: delivery.event, to: odd, by: small.manager)
            #expect(tries == [])
        }
        for person in [small.manager, small.second] {
            let told = try await ListNotices(market: small.market)(by: person).filter {
                $0.notice.kind == "webhook_unsigned"
            }
            #expect(told.count == 1 && told.first?.notice.facts["webhook"] == .string("\(odd)"))
            #expect(told.first?.notice.facts["reason"] == .string(isAltered ? "sealed_unreadable" : "key_unknown"))
        }
        // However long it lasts, it is looked at again each minute, and none of its three days is lost.
        let least: SQL = """
            select extract(epoch from min(until - due_at))::bigint as n from webhook_delivery where state = 'waiting'
            """
        let left = try await small.count(least)
        for _ in 0..<20 {
            Scratch.clock.advance(by: 60)
            #expect(try await deliver(small, through: server) == 2)
        }
        #expect(try await small.count(least) >= left)
        guard !isAltered else { return }
        // Who has the newest keys goes on where the others stopped.
        Scratch.clock.advance(by: 60)
        let actor = try await small.market.systemPrincipal()
        #expect(try await DeliverWebhooks(market: newer)(through: server, by: actor) == 2)
        #expect(server.calls.suffix(2).map(\.target.host) == ["odd.example.org", "odd.example.org"])
    }

    @Test("where one of two secrets cannot be read nothing is signed by the other alone")
    func halfReadable() async throws {
        let small = try await SmallMarket()
        let newer = Market(
            database: small.market.database, identifiers: small.market.identifiers, keys: Scratch.keys.adding())
        let endpoint = try await register("odd.example.org", small)
        _ = try await RotateWebhookSecret(market: newer)(endpoint, by: small.manager)
        try await happen(1...1, small)
        let server = KeptCalls()
        #expect(try await deliver(small, through: server) == 1)
        #expect(server.calls.isEmpty)
        Scratch.clock.advance(by: 60)
        let actor = try await small.market.systemPrincipal()
        #expect(try await DeliverWebhooks(market: newer)(through: server, by: actor) == 1)
        #expect(server.calls.count == 1)
    }

    @Test("requesters take turns, whatever one of them has waiting or in hand")
    func requesters() async throws {
        let small = try await SmallMarket()
        let other = try await CreateRequester(market: small.market)(
            externalKey: "other", name: "Other", by: small.manager)
        for number in 1...8 { _ = try await register("bad\(number).example.org", small) }
        let lone = try await register("lone.example.org", kinds: ["webhook.test"], of: other, small)
        try await happen(1...5, small)
        Scratch.clock.advance(by: 60)
        // All fail; the lone one was tried last, and what it is to be told is due last.
        _ = try await Scratch.asOwner {
            try await $0.execute(
                """
                update webhook_endpoint set failures = 3, failing_since = created_at, failed_at = created_at
                """)
        }
        _ = try await Scratch.asOwner {
            try await $0.execute(
                """
                update webhook_endpoint set failed_at = \(Scratch.clock.now()) where webhook_endpoint_id = \(lone)
                """)
        }
        #expect(try await claim(answering: 0, failing: 3, small).count == 3)
        _ = try await TestWebhook(market: small.market)(lone, by: small.manager)
        #expect(try await claim(answering: 0, failing: 1, small).map(\.endpoint) == [lone])
        #expect(try await claim(answering: 0, failing: 10, small).count == 5)
    }
}
