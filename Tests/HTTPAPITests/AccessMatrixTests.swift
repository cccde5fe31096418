import Formats
import Foundation
import HTTPAPI
import HTTPTypes
import Marketplace
import Store
import TestSupport
import Testing

/// Every endpoint, as everybody, on an own and on a foreign object, against the rule that its declaration gives.
@Suite("Who may call what", .scratchDatabase, .turnLimit(minutes: 20))
struct AccessMatrixTests {
    /// Somebody who calls, and what they hold.
    private struct Person {
        let name: String
        let token: String
        let roles: Set<Role>
        /// For which requester the role requester is held.
        var requester: Requester.ID?
    }

    /// What paths name: of the worker ann and of Acme, or of others.
    private struct Objects {
        var ids: [String: String]

        func path(of endpoint: Endpoint) -> String {
            let segments = endpoint.path.split(separator: "/", omittingEmptySubsequences: false).map { segment in
                guard segment.hasPrefix("{") else { return String(segment) }
                let name = String(segment.dropFirst().dropLast())
                return ids[name] ?? "00000000-0000-7000-8000-000000000000"
            }
            let required = endpoint.parameters.filter { $0.place == .query && $0.isRequired }.map { parameter in
                "\(parameter.name)=\(parameter.shape.example.stringValue ?? "\(parameter.shape.example.canonicalText)")"
            }
            return segments.joined(separator: "/") + (required.isEmpty ? "" : "?" + required.joined(separator: "&"))
        }
    }

    private func people(_ small: SmallMarket) async throws -> [Person] {
        let market = small.market
        let other = try await CreateRequester(market: market)(externalKey: "rival", name: "Rival", by: small.manager)
        func token(_ id: Principal.ID) async throws -> String {
            try await IssueToken(market: market)(for: id, lifetime: 36_000, by: small.manager).secret
        }
        var people = [
            Person(name: "operator", token: try await token(small.manager), roles: [.operator]),
            Person(name: "maker", token: try await token(small.maker), roles: [.financeMaker]),
            Person(name: "checker", token: try await token(small.checker), roles: [.financeChecker]),
            Person(name: "reviewer", token: try await token(small.reviewer), roles: [.reviewer]),
        ]
        let auditor = try await CreatePrincipal(market: market)(
            .person, named: "Auditor", roles: [.auditor], by: small.manager)
        people.append(Person(name: "auditor", token: try await token(auditor), roles: [.auditor]))
        for (name, requester) in [("acme", small.requester), ("rival", other)] {
            let id = try await CreatePrincipal(market: market)(
                .key, named: name, roles: [.requester], for: requester, by: small.manager)
            people.append(Person(name: name, token: try await token(id), roles: [.requester], requester: requester))
        }
        return people
    }

    @Test("refused is who must be, and nobody else; without a key nobody comes in")
    func matrix() async throws {
        let small = try await SmallMarket(
            market: Market(
                database: Scratch.market.database, identifiers: Scratch.here.identifiers, keys: Scratch.keys))
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let batch = try await small.batch(small.draft("one"), tasks: 4)
        let (mine, theirs) = (try await small.claim(ann), try await small.claim(ben))
        var people = try await self.people(small)
        for (name, worker) in [("ann", ann), ("ben", ben)] {
            let token = try await IssueToken(market: small.market)(
                for: Principal.ID(worker.uuid), lifetime: 36_000, by: small.manager)
            people.append(Person(name: name, token: token.secret, roles: [.worker]))
        }
        let common = ["requester": "\(small.requester)", "batch": "\(batch)", "project": "\(small.project)"]
        let own = Objects(ids: common.merging(["assignment": "\(mine.id)", "worker": "\(ann)"]) { $1 })
        let foreign = Objects(ids: common.merging(["assignment": "\(theirs.id)", "worker": "\(ben)"]) { $1 })
        let callers = people
        try await LiveServer.run(small.market) { server in
            for endpoint in server.contract?.endpoints ?? [] where !endpoint.isStream {
                // What changes something is called with an example, which is refused for other reasons, or taken once.
                for objects in [own, foreign] {
                    let path = objects.path(of: endpoint)
                    let nobody = try await send(endpoint, path, nil, to: server)
                    // A sign-in that fails is 401, too, by another code.
                    let isStopped = nobody.status == 401 && nobody.code == "not_authenticated"
                    #expect(isStopped == (endpoint.access != .everybody), "\(endpoint.id) as nobody")
                    for person in callers {
                        let answer = try await send(endpoint, path, person.token, to: server)
                        #expect(answer.status < 500 || endpoint.id == "readMetrics", "\(endpoint.id) as \(person.name)")
                        #expect(
                            answer.status != 401 || answer.code != "not_authenticated",
                            "\(endpoint.id) as \(person.name)")
                        check(endpoint, person, answer, of: small, isOwn: objects.ids == own.ids)
                    }
                }
            }
        }
        #expect(try await small.ills() == [])
    }

    private func send(
        _ endpoint: Endpoint, _ path: String, _ token: String?, to server: LiveServer
    ) async throws -> LiveServer.Answer {
        // What was set at an instant cannot be ended at the same.
        Scratch.clock.advance(by: 0.001)
        return try await server.send(
            endpoint.method.rawValue, path, token: token,
            key: endpoint.isKeyed ? "matrix-\(endpoint.id)-\(token ?? "")" : nil, json: endpoint.body?.shape.example,
            contentType: endpoint.body?.mediaTypes.first ?? "application/json",
            headers: endpoint.needsMatch ? ["If-Match": "*"] : [:])
    }

    private func check(
        _ endpoint: Endpoint, _ person: Person, _ answer: LiveServer.Answer, of small: SmallMarket, isOwn: Bool
    ) {
        let what = Comment("\(endpoint.id) as \(person.name), own \(isOwn): \(answer.status) \(answer.code ?? "")")
        // Bad examples may be refused before roles are looked at, and nothing is told by that.
        let isUnread = answer.status == 422 && answer.code == "bad_input"
        switch endpoint.access {
        case .everybody, .anybody: #expect(answer.code != "role_missing", what)
        case .oneself:
            #expect(answer.code != "role_missing", what)
        case .worker:
            guard !person.roles.contains(.worker) else {
                #expect(answer.code != "role_missing", what)
                if endpoint.path.contains("{assignment}") {
                    let isTheirs = (person.name == "ann") == isOwn
                    if !isTheirs { #expect([404, 403, 422].contains(answer.status), what) }
                }
                return
            }
            #expect((400..<500).contains(answer.status), what)
        case .named(let roles):
            let isNamed = person.name == (isOwn ? "ann" : "ben")
            if isNamed || !person.roles.isDisjoint(with: roles) {
                #expect(answer.code != "role_missing", what)
            } else {
                #expect(answer.status == 403 || answer.status == 404 || isUnread, what)
            }
        case .managed(let roles), .platform(let roles):
            if person.roles.isDisjoint(with: roles) {
                #expect(answer.status == 403 || answer.status == 404 || isUnread, what)
            } else {
                #expect(answer.code != "role_missing", what)
            }
        case .requester(let roles, let others):
            let holds = !person.roles.isDisjoint(with: roles) && person.requester == small.requester
            if holds || !person.roles.isDisjoint(with: others) {
                #expect(answer.code != "role_missing", what)
            } else {
                #expect(answer.status == 403 || answer.status == 404 || isUnread, what)
            }
        }
    }
}
