import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Bargaining and asking over HTTP", .scratchDatabase)
struct DirectOfferRoutesTests {
    private func token(_ person: Principal.ID, _ small: SmallMarket) async throws -> String {
        try await IssueToken(market: small.market)(for: person, lifetime: 3_600, by: small.manager).secret
    }

    @Test("the two sides go back and forth, the worker takes what was agreed; a repeat is answered as before")
    func bargain() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let other = try await small.lawyer("ben")
        let batch = try await small.batch(small.draft("b"), tasks: 3)
        let terms = try DirectTerms(
            pay: Money(2_000, small.usd), quantity: 1, answerBy: Scratch.clock.now() + 3_600,
            deadline: Scratch.clock.now() + 7_200)
        let id = try await MakeDirectOffer(market: small.market)(
            of: Batch.Key(requester: small.requester, id: batch), to: worker, terms, by: small.manager)
        let mine = try await token(Principal.ID(worker.uuid), small)
        let others = try await token(Principal.ID(other.uuid), small)
        let theirs = try await token(small.manager, small)
        let forRequester = "?requester=\(small.requester)"
        let path = "/v1/direct-offers/\(id)"
        try await LiveServer.run(small.market) { server in
            let list = try await server.send("GET", "/v1/direct-offers", token: mine)
            #expect(list.body["items"]?[0]?["direct_offer"] == .string("\(id)"))
            #expect(try await server.send("GET", path, token: others).status == 404)
            #expect(try await server.send("GET", path + forRequester, token: others).status == 403)
            let wish: JSON = [
                "amount_minor": 2_000, "currency": "USD", "quantity": 2, "conditions": "By mail.",
                "answer_by": .string((Scratch.clock.now() + 3_600).ISO8601Format()),
                "deadline": .string((Scratch.clock.now() + 7_200).ISO8601Format()),
            ]
            let counter = try await server.send("POST", "\(path)/counter", token: mine, key: "c", json: wish)
            #expect(counter.status == 200)
            #expect(try await server.send("POST", "\(path)/counter", token: mine, json: wish).status == 400)
            let again = try await server.send("POST", "\(path)/counter", token: mine, key: "c", json: wish)
            #expect(again.status == 200 && again.headers["idempotent-replayed"] == "true")
            let own = try await server.send("POST", "\(path)/accept", token: mine, key: "a", json: [:])
            #expect(own.status == 409)
            let shown = try await server.send("GET", path + forRequester, token: theirs)
            #expect(shown.body["turns"]?.arrayValue?.count == 2)
            let agreed = try await server.send(
                "POST", "\(path)/accept\(forRequester)", token: theirs, key: "a", json: [:])
            #expect(agreed.status == 200 && agreed.body["assignments"]?.arrayValue?.count == 0)
            let taken = try await server.send("POST", "\(path)/take", token: mine, key: "t", json: [:])
            #expect(taken.status == 201 && taken.body["assignments"]?.arrayValue?.count == 2)
            let late = try await server.send("POST", "\(path)/decline", token: mine, key: "d", json: [:])
            #expect(late.status == 409)
        }
        #expect(try await small.ills() == [])
    }

    @Test("either side can decline, and take back what it said last")
    func ended() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let terms = try DirectTerms(
            pay: Money(2_000, small.usd), quantity: 1, answerBy: Scratch.clock.now() + 3_600,
            deadline: Scratch.clock.now() + 7_200)
        var ids: [DirectOffer.ID] = []
        for name in ["one", "two"] {
            let batch = try await small.batch(small.draft(name), tasks: 1)
            ids.append(
                try await MakeDirectOffer(market: small.market)(
                    of: Batch.Key(requester: small.requester, id: batch), to: worker, terms, by: small.manager))
        }
        let mine = try await token(Principal.ID(worker.uuid), small)
        let theirs = try await token(small.manager, small)
        let made = ids
        try await LiveServer.run(small.market) { server in
            let declined = try await server.send(
                "POST", "/v1/direct-offers/\(made[0])/decline", token: mine, key: "d", json: [:])
            #expect(declined.status == 200)
            let path = "/v1/direct-offers/\(made[1])/withdraw"
            #expect(try await server.send("POST", path, token: mine, key: "w", json: [:]).status == 409)
            let withdrawn = try await server.send(
                "POST", "\(path)?requester=\(small.requester)", token: theirs, key: "w", json: [:])
            #expect(withdrawn.status == 200)
            let list = try await server.send("GET", "/v1/direct-offers", token: mine)
            let states = list.body["items"]?.arrayValue?.compactMap { $0["state"]?.stringValue } ?? []
            #expect(states.sorted() == ["declined", "withdrawn"])
        }
    }

    @Test("a worker sets, reads and ends what they want for an hour; saying it again changes nothing")
    func asks() async throws {
        let small = try await SmallMarket()
        let mine = try await token(Principal.ID(try await small.worker("ann").uuid), small)
        let others = try await token(Principal.ID(try await small.worker("ben").uuid), small)
        try await LiveServer.run(small.market) { server in
            let ask: JSON = ["hourly_minor": 7_777, "currency": "USD", "profession": "lawyer"]
            for _ in 0..<2 { #expect(try await server.send("PUT", "/v1/asks", token: mine, json: ask).status == 200) }
            let list = try await server.send("GET", "/v1/asks", token: mine)
            #expect(list.body["items"]?.arrayValue?.count == 1)
            #expect(list.body["items"]?[0]?["hourly_minor"] == 7_777)
            #expect(try await server.send("GET", "/v1/asks", token: others).body["items"]?.arrayValue == [])
            let bad: JSON = ["hourly_minor": 7_777, "currency": "dollars"]
            #expect(try await server.send("PUT", "/v1/asks", token: mine, json: bad).status == 422)
            let path = "/v1/asks?currency=USD&profession=lawyer"
            #expect(try await server.send("DELETE", path, token: others).status == 409)
            Scratch.clock.advance(by: 1)
            #expect(try await server.send("DELETE", path, token: mine).status == 200)
            #expect(try await server.send("GET", "/v1/asks", token: mine).body["items"]?.arrayValue == [])
            let past = try await server.send("GET", "/v1/asks?past=true", token: mine)
            #expect(past.body["items"]?.arrayValue?.count == 1)
        }
    }
}
