import Formats
import Foundation
import FoundationNetworking
import HTTPAPI
import HTTPTypes
import Hummingbird
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

/// What is sent to a route by whoever asks.
private struct Call {
    var query = ""
    var body: JSON?
    var key: String?
}

@Suite("Sealed bids and every route that stands", .scratchDatabase, .turnLimit(minutes: 20))
struct SealedRoutesTests {
    /// What is sent to a route beside what its declaration gives as an example.
    private static let calls: [String: [Call]] = [
        "GET /v1/auctions": [Call(), Call(query: "?limit=1"), Call(query: "?limit=0"), Call(query: "?after=x")],
        "GET /v1/bids": [Call(), Call(query: "?limit=1"), Call(query: "?before=x")],
        "POST /v1/auctions/{requester}/{auction}/bid": [
            // Refused, whatever may be wrong about it; then one that may be taken.
            Call(body: ["amount_minor": 899_999_999_999, "quantity": 9_999]), Call(body: ["amount_minor": 1]),
            Call(body: ["amount_minor": "715"]), Call(body: [:]), Call(body: []),
            Call(body: ["amount_minor": 20_000, "quantity": 1, "earliest": "2026-13-01"]),
            Call(body: ["amount_minor": 20_000, "quantity": 1, "earliest": "2027-03-03"]),
        ],
        "POST /v1/claims": [Call(body: [:], key: "claim")],
        "POST /v1/assignments/{assignment}/submission": [Call(body: ["lease_token": 1, "answer": [:]], key: "submit")],
        "POST /v1/assignments/{assignment}/heartbeat": [Call(body: ["lease_token": 1])],
        "POST /v1/assignments/{assignment}/return": [Call(body: ["lease_token": 1], key: "return")],
        "PUT /v1/assignments/{assignment}/draft": [Call(body: ["lease_token": 1, "draft": [:]])],
        "POST /v1/offers/{offer}/accept": [Call(body: [:], key: "accept")],
        "POST /v1/offers/{offer}/decline": [Call(body: [:], key: "decline")],
        "GET /v1/direct-offers": [
            Call(), Call(query: "?limit=1"), Call(query: "?requester=:requester"), Call(query: "?before=x"),
        ],
        "GET /v1/direct-offers/{offer}": [Call(), Call(query: "?requester=:requester")],
        "POST /v1/direct-offers/{offer}/accept": [Call(body: [:], key: "direct-accept")],
        "POST /v1/direct-offers/{offer}/decline": [Call(body: [:], key: "direct-decline")],
        "POST /v1/direct-offers/{offer}/withdraw": [Call(body: [:], key: "direct-withdraw")],
        "POST /v1/direct-offers/{offer}/counter": [
            Call(body: ["amount_minor": 1, "currency": "USD", "quantity": 1], key: "direct-counter"),
            Call(
                body: [
                    "amount_minor": 1, "currency": "USD", "quantity": 1, "answer_by": "2026-12-01T12:00:00Z",
                    "deadline": "2026-12-01T12:00:00Z",
                ], key: "direct-counter-whole"),
        ],
        "POST /v1/direct-offers/{offer}/take": [Call(body: [:], key: "direct-take")],
        "POST /v1/reviews/{requester}/{batch}/{assignment}": [
            Call(body: ["verdict": "accepted"], key: "review"), Call(body: ["verdict": "x"], key: "review-x"),
        ],
        "POST /v1/reviews/{requester}/{batch}/{assignment}/back": [Call(body: ["reasons": "More."], key: "back")],
        "POST /v1/assignments/{assignment}/revision": [
            Call(body: ["answer": [:], "active_seconds": 1], key: "revision")
        ],
        "GET /v1/batches/{requester}/{batch}/stoppings": [Call(), Call(query: "?after=x")],
        "GET /v1/decisions": [Call(), Call(query: "?before=x")],
        "POST /v1/decisions/{decision}/appeal": [Call(body: ["statement": "No."], key: "appeal")],
        "GET /v1/appeals": [Call(), Call(query: "?state=upheld"), Call(query: "?state=x")],
        "POST /v1/appeals/{appeal}/withdraw": [Call(body: [:], key: "appeal-withdraw")],
        "POST /v1/appeals/{appeal}/answer": [Call(body: ["verdict": "upheld", "answer": "No."], key: "appeal-answer")],
        "POST /v1/ratings/{requester}/{batch}": [
            Call(body: ["clarity": 1, "fairness": 1, "pay_speed": 1], key: "rate"),
            Call(body: ["clarity": 9, "fairness": 1, "pay_speed": 1], key: "rate-x"),
        ],
        "GET /v1/quality/cases": [
            Call(), Call(query: "?state=upheld"), Call(query: "?state=x"), Call(query: "?after=x"),
        ],
        "POST /v1/quality/cases/{case}/dismiss": [Call(body: ["reasons": "No."], key: "case-dismiss")],
        "POST /v1/quality/cases/{case}/uphold": [
            Call(body: ["reasons": "Yes.", "exclude": []], key: "case-uphold"),
            Call(body: ["reasons": "Yes.", "exclude": ["x"]], key: "case-uphold-x"),
        ],
        "GET /v1/asks": [Call(), Call(query: "?past=true"), Call(query: "?past=x")],
        "PUT /v1/asks": [
            Call(body: ["hourly_minor": 1, "currency": "USD"]), Call(body: ["hourly_minor": 1, "currency": "?"]),
        ],
        "DELETE /v1/asks": [Call(query: "?currency=USD"), Call(query: "?currency=USD&profession=lawyer"), Call()],
        "POST /v1/awards/{requester}/{award}/accept": [Call(body: [:])],
        "POST /v1/awards/{requester}/{award}/decline": [Call(body: [:])],
    ]

    private static func routes(of market: Market) -> [String] {
        endpoints(of: market, isReady: { nil }).filter { !$0.isStream }.map(name)
    }

    private static func name(_ endpoint: Endpoint) -> String { "\(endpoint.method.rawValue) \(endpoint.path)" }

    /// Whether bids are taken no more once it was called.
    private static func disturbs(_ endpoint: Endpoint) -> Bool {
        endpoint.method != .get && endpoint.path.hasPrefix("/v1/batches/{requester}/{batch}/")
    }

    @Test("no answer and no line of the log holds another's amount, whoever asks; none is forgotten")
    func searched() async throws {
        let log = ReadableLog()
        let database = Scratch.connect(logger: log.logger("store"))
        let market = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        let hall = try await SealedHall(market: market)
        let routes = Self.routes(of: market)
        #expect(Set(Self.calls.keys).isSubset(of: routes))
        let people = try await hall.people()
        var tokens: [String] = []
        for person in people {
            tokens.append(
                try await IssueToken(market: market)(for: person.id, lifetime: 36_000, by: hall.small.manager).secret)
        }
        let issued = tokens
        try await LiveServer.run(market, logger: log.logger("server")) { server in
            // What changes nothing first, the withdrawal last.
            let order = ["GET", "POST", "PUT", "DELETE"].flatMap { method in
                routes.filter { $0.hasPrefix(method + " ") }
            }
            // What changes the batch comes when nothing is bid any more.
            let disturbing = Set(server.contract?.endpoints.filter(Self.disturbs).map(Self.name) ?? [])
            for route in order where !disturbing.contains(route) {
                for (person, token) in zip(people, issued) {
                    let told = try await send(route, to: server, token, in: hall)
                    let leaked = BidAmounts.found(in: told, hall.amounts(but: person.worker))
                    #expect(leaked == [], "\(route) as \(person.name)")
                    if route == "GET /v1/bids", let place = hall.workers.firstIndex(where: { $0 == person.worker }) {
                        // The search finds what is there.
                        #expect(told.contains(String(hall.amounts[place])))
                    }
                }
                for token in [nil, "nonsense"] as [String?] {
                    let told = try await send(route, to: server, token, in: hall)
                    #expect(BidAmounts.found(in: told, hall.amounts) == [], "\(route) as nobody")
                }
            }
            // Bids again, as the last that is asked of the auction.
            for (place, worker) in hall.workers.enumerated() {
                let token = issued[place]
                let body: JSON = ["amount_minor": .integer(hall.amounts[place])]
                let path = "/v1/auctions/\(hall.auction.requester)/\(hall.auction.id)/bid"
                let placed = try await server.send("POST", path, token: token, json: body)
                #expect(placed.status == 200)
                #expect(BidAmounts.found(in: "\(placed.body)", hall.amounts(but: worker)) == [])
            }
            for route in order where disturbing.contains(route) {
                for (person, token) in zip(people, issued) {
                    let told = try await send(route, to: server, token, in: hall)
                    #expect(BidAmounts.found(in: told, hall.amounts(but: person.worker)) == [], "\(route)")
                }
            }
        }
        await database.shutdown()
        #expect(!log.text.isEmpty)
        #expect(BidAmounts.found(in: log.text, hall.amounts) == [])
    }

    private func query(_ call: Call, in hall: SealedHall) -> String {
        call.query.replacing(":requester", with: "\(hall.auction.requester)")
    }

    /// All that comes back of a route: status, headers, body, for each of its calls.
    private func send(
        _ route: String, to server: LiveServer, _ token: String?, in hall: SealedHall
    ) async throws -> String {
        let (method, template) = try #require(route.split(separator: " ").map(String.init).pair)
        let path = template.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            switch segment {
            case "{requester}": "\(hall.auction.requester)"
            case "{batch}": "\(hall.batch.id)"
            case _: segment.hasPrefix("{") ? "\(hall.auction.id)" : String(segment)
            }
        }.joined(separator: "/")
        var told = ""
        let endpoint = try #require(
            server.contract?.endpoints.first { $0.method.rawValue == method && $0.path == template })
        let example = Call(
            body: endpoint.body?.shape.example, key: endpoint.isKeyed ? "example of \(endpoint.id)" : nil)
        for call in (Self.calls[route] ?? []) + [example] {
            var request = URLRequest(
                url: try #require(URL(string: "http://127.0.0.1:\(server.port)\(path)\(query(call, in: hall))")))
            request.httpMethod = method
            if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
            if let key = call.key { request.setValue("\(key) \(token ?? "")", forHTTPHeaderField: "Idempotency-Key") }
            if let body = call.body {
                request.httpBody = Data(body.canonicalBytes())
                request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            }
            let (data, response) = try await LiveServer.session.answer(to: request)
            let answer = try #require(response as? HTTPURLResponse)
            #expect(answer.statusCode < 500, "\(route): \(String(decoding: data, as: UTF8.self))")
            told += "\(answer.statusCode) \(answer.allHeaderFields) \(String(decoding: data, as: UTF8.self))\n"
        }
        return told
    }
}

extension Array where Element == String {
    fileprivate var pair: (String, String)? { count == 2 ? (self[0], self[1]) : nil }
}
