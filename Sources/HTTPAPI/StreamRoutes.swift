internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Marketplace
internal import NIOCore
internal import ServiceLifecycle
internal import Store

/// Server-sent events: a worker's offers, and figures for operators.
///
/// Each stream looks at the database at its own pace, so that nothing is queued for a slow reader; it says first how
/// things stand, so that after a lost connection nothing is missed; and it ends after ten minutes, when its key is
/// over, or when the server stops, and is then asked for again.
/// Source: WHATWG HTML, "Server-sent events".
struct StreamRoutes {
    private static let eachSeconds: Int64 = 2
    private static let rounds = 300
    private static let figureRounds = 2
    let market: Market
    let room: StreamRoom

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/offers/stream", "streamOffers",
                "Your offers as they come and change, as server-sent events: `offer` with what listOffers has",
                .offers, for: .oneself, gives: .media("text/event-stream"), by: offers),
            Endpoint(
                .get, "/v1/live", "streamFigures",
                "Open alerts and the market's figures as they change, as server-sent events: `alert`, `figures`",
                .operations, for: .platform([.operator]), gives: .media("text/event-stream"), by: figures),
        ]
    }

    @Sendable private func offers(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        let list = ListOffers(market: market)
        return try stream(for: call) { said in
            let offers = try await list(of: Worker.ID(worker.uuid), limit: 50, by: worker)
            return offers.reversed().compactMap { offer in
                said.note("\(offer.id)", offer.json)
                    ? StreamEvent(name: "offer", id: "\(offer.id)", data: offer.json) : nil
            }
        }
    }

    @Sendable private func figures(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let (alerts, metrics) = (ListAlerts(market: market), MarketMetrics(market: market))
        // Who may not is refused before the stream begins.
        _ = try await alerts(limit: 1, by: actor)
        return try stream(for: call) { said in
            var events = try await alerts(limit: 50, by: actor).compactMap { alert in
                said.note("\(alert.id)", alert.json)
                    ? StreamEvent(name: "alert", id: "\(alert.id)", data: alert.json) : nil
            }
            guard said.round % Self.figureRounds == 0 else { return events }
            let figures = try await metrics().map { figure -> JSON in
                [
                    "name": .string(figure.name), "value": .number("\(figure.value)"),
                    "label": figure.label.map { [$0.name: .string($0.value)] } ?? .null,
                ]
            }
            if said.note("figures", .array(figures)) {
                events.append(StreamEvent(name: "figures", id: nil, data: .array(figures)))
            }
            return events
        }
    }

    /// - Parameter look: what has changed since the look before.
    private func stream(
        for call: Call, look: @escaping @Sendable (inout Said) async throws -> [StreamEvent]
    ) throws -> Outcome {
        let principal = try call.actor
        let place = try room.enter(principal)
        // Its looks come when its request is answered: they are on the caller's behalf as the request was.
        let viewer = Viewer.preparation(for: principal)
        let body = ResponseBody { [market] writer in
            // Given back however the stream ends.
            defer { withExtendedLifetime(place) {} }
            var said = Said()
            while said.round < Self.rounds, !Task.isShuttingDownGracefully {
                if said.round % 30 == 29 { _ = try await market.caller(call.request) }
                let events = try await ReadPreparation.$current.withValue(viewer) { try await look(&said) }
                var text = events.map(\.text).joined()
                // Tells proxies, and a reader that is gone, that it is still there.
                if text.isEmpty, said.round % 5 == 0 { text = ": still here\n\n" }
                if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
                said.round += 1
                try await Task.sleep(for: .seconds(Self.eachSeconds))
            }
            try await writer.finish(nil)
        }
        return .raw(
            Response(
                status: .ok,
                headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"], body: body))
    }
}

/// What a stream has told.
private struct Said: Sendable {
    private static let most = 1_000
    var round = 0
    private var known: [String: Digest] = [:]

    /// - Returns: whether it is new, or another than it was.
    mutating func note(_ key: String, _ value: JSON) -> Bool {
        if known.count >= Self.most { known = [:] }
        let digest = Digest(of: value)
        return known.updateValue(digest, forKey: key) != digest
    }
}

private struct StreamEvent: Sendable {
    let name: String
    let id: String?
    let data: JSON

    /// JSON has no line feeds of its own.
    var text: String { "event: \(name)\n" + (id.map { "id: \($0)\n" } ?? "") + "data: \(data.canonicalText)\n\n" }
}
