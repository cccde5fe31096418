import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Fingerprints of repeated requests", .scratchDatabase)
struct FingerprintTests {
    private func once(
        _ market: Market, _ key: String, _ route: String, _ request: String, by actor: Principal.ID
    ) async throws -> Reply {
        try await market.once(
            key, by: actor, route: route, fingerprint: Digest(of: request),
            answer: { (_: Int) in Reply(status: 200, body: [:]) },
            perform: { market in try await RevokeTokens(market: market)(of: actor, by: actor) })
    }

    private func keyed(_ keys: KeyRing?) -> Market {
        Market(database: Scratch.market.database, identifiers: Scratch.here.identifiers, keys: keys)
    }

    private var kept: [Digest] {
        get async throws {
            try await Scratch.database.read {
                try await $0.rows("select fingerprint from idempotency_key order by key").map { try $0["fingerprint"] }
            }
        }
    }

    @Test("what is stored of a request is made with a key of the ring: the request cannot be tried out without it")
    func withKey() async throws {
        let small = try await SmallMarket()
        let market = keyed(Scratch.keys)
        #expect(try await once(market, "a", "r", "nine digits", by: small.manager).isReplay == false)
        #expect(try await once(market, "a", "r", "nine digits", by: small.manager).isReplay)
        await #expect(throws: IdempotencyRefusal.otherRequest) {
            _ = try await once(market, "a", "r", "other digits", by: small.manager)
        }
        let stored = try await kept
        #expect(stored == [Scratch.keys.fingerprint(of: Digest(of: "nine digits"))])
        #expect(stored != [Digest(of: "nine digits")])
        // Under another key nobody is told that it was the same, and nothing is done twice.
        await #expect(throws: IdempotencyRefusal.otherRequest) {
            _ = try await once(keyed(KeyRing.generate()), "a", "r", "nine digits", by: small.manager)
        }
    }

    /// As a key file was before there was a steady key.
    private static let old = """
        {"version": 1, "mark_key": "\(String(repeating: "0", count: 64))",
         "wrapping_keys": [{"name": "a", "key": "\(String(repeating: "1", count: 64))"}]}
        """

    @Test("a repeat is known by servers with the file of before a rotation and with that of after it, and done once")
    func rotated() async throws {
        let small = try await SmallMarket()
        let request = Digest(of: "nine digits")
        for (key, ring) in [("a", Scratch.keys), ("b", try KeyRing(file: Array(Self.old.utf8)))] {
            let new = try KeyRing(file: ring.changingMarkKey().adding().file.canonicalBytes())
            #expect(new.markKeyName != ring.markKeyName)
            #expect(new.fingerprint(of: request) == ring.fingerprint(of: request))
            #expect(try await once(keyed(ring), key, "r", "nine digits", by: small.manager).isReplay == false)
            #expect(try await once(keyed(new), key, "r", "nine digits", by: small.manager).isReplay)
            #expect(try await once(keyed(new), key + "2", "r", "nine digits", by: small.manager).isReplay == false)
            #expect(try await once(keyed(ring), key + "2", "r", "nine digits", by: small.manager).isReplay)
        }
        #expect(throws: BadInput.self) {
            try KeyRing(
                file: Array(Self.old.replacing("\"version\": 1", with: "\"version\": 1, \"steady_key\": \"x\"").utf8))
        }
        // What was stored before there were any keys is known to who has some.
        _ = try await once(keyed(nil), "c", "r", "nine digits", by: small.manager)
        #expect(try await once(keyed(Scratch.keys), "c", "r", "nine digits", by: small.manager).isReplay)
    }

    @Test("a letter that leaves after a rotation brings the code of the ticket that was written before it")
    func letter() async throws {
        let small = try await SmallMarket()
        let code = try await small.invitation(of: small.maker, email: "maker@example.org")
        let sink = KeepingSink()
        _ = try await DeliverNotices(market: keyed(Scratch.keys.changingMarkKey()))(through: sink)
        let letter = try #require(await sink.letters.first { $0.notice.kind == "invited" })
        #expect(letter.notice.facts == ["code": .string(code)])
    }

    @Test("another steady key ends the letters that are under way, and knows repeats of before for three days")
    func steadyKey() async throws {
        let door = try await Doorstep()
        let (small, rotate) = (door.small, RotateSteadyKey(market: door.market))
        let code = try await small.invitation(of: small.maker, email: "maker@example.org")
        _ = try await once(door.market, "a", "r", "nine digits", by: small.manager)
        await #expect(throws: AccessRefusal.self) { _ = try await rotate(Scratch.keys, by: small.reviewer) }
        let ring = try await rotate(Scratch.keys, by: small.manager)
        let new = keyed(try KeyRing(file: ring.adding().changingMarkKey().file.canonicalBytes()))
        // At a server that has the old file still, too.
        let old = RedeemTicket(market: door.market, hasher: door.hasher)
        await #expect(throws: SignInRefusal.ticketInvalid) { try await old(code, password: Doorstep.password) }
        // What such a server sends meanwhile is not taken by those that have the new one.
        let redeem = RedeemTicket(market: new, hasher: door.hasher)
        let late = try await small.invitation(of: small.maker, email: "maker@example.org")
        await #expect(throws: SignInRefusal.ticketInvalid) { try await redeem(late, password: Doorstep.password) }
        for actor in [small.manager, small.second] {
            guard
                case .sent(let code) = try await InvitePerson(market: new)(
                    small.maker, email: "maker@example.org", by: actor)
            else { continue }
            try await redeem(code, password: Doorstep.password)
        }
        #expect(try await small.count("select count(*) as n from person_login where password_hash is not null") == 1)

        #expect(try await once(new, "a", "r", "nine digits", by: small.manager).isReplay)
        await #expect(throws: IdempotencyRefusal.otherRequest) {
            _ = try await once(new, "a", "r", "other digits", by: small.manager)
        }
        Scratch.clock.advance(by: ForgetAnswers.keptSeconds)
        await #expect(throws: IdempotencyRefusal.otherRequest) {
            _ = try await once(new, "a", "r", "nine digits", by: small.manager)
        }
        let faulty = Self.old.replacing("\"version\": 1", with: "\"version\": 1, \"former_steady_key\": \"x\"")
        #expect(throws: BadInput.self) { try KeyRing(file: Array(faulty.utf8)) }
    }

    @Test("what is shown once is stored sealed, and without keys not at all: then it is not done again either")
    func shownOnce() async throws {
        let small = try await SmallMarket()
        func issue(_ keys: KeyRing?, _ key: String) async throws -> Reply {
            try await keyed(keys).once(
                key, by: small.maker, route: "r", fingerprint: Digest(of: "request"), sealed: true,
                answer: { (token: IssuedToken) in Reply(status: 201, body: ["token": .string(token.secret)]) },
                perform: { try await IssueToken(market: $0)(for: small.maker, lifetime: 60, by: small.maker) })
        }
        let first = try await issue(Scratch.keys, "a")
        let again = try await issue(Scratch.keys, "a")
        #expect(again.isReplay && again.body == first.body)
        // What wraps is in the ring as long as it is there at all.
        #expect(try await issue(Scratch.keys.adding(), "a").body == first.body)
        let stored: JSON = try await Scratch.database.read {
            try await $0.oneRow("select answer from idempotency_key")["answer"]
        }
        #expect(Set((stored.objectValue ?? [:]).keys) == ["sealed", "wrapping_key"])
        _ = try await issue(nil, "b")
        await #expect(throws: IdempotencyRefusal.answerNotKept) { _ = try await issue(nil, "b") }
        #expect(try await small.count("select count(*) as n from access_token") == 2)
    }

    @Test("without keys, with which nothing that is sealed is taken, it is a plain digest")
    func withoutKey() async throws {
        let small = try await SmallMarket()
        _ = try await once(keyed(nil), "a", "r", "request", by: small.manager)
        #expect(try await kept == [Digest(of: "request")])
    }

    @Test("what was asked about a worker, by whomever, goes with them when they are erased, and nothing else")
    func erased() async throws {
        let small = try await SmallMarket()
        let (gone, stays) = (try await small.worker("gone"), try await small.worker("stays"))
        let market = keyed(Scratch.keys)
        for (key, worker) in [("1", "\(gone)"), ("2", "\(stays)"), ("3", "\(gone)".uppercased())] {
            _ = try await once(market, key, "PUT /v1/workers/\(worker)/tax-profile", "x", by: small.manager)
        }
        for (key, worker) in [("4", gone), ("5", stays)] {
            _ = try await market.once(
                key, by: small.manager, route: "POST /v1/workers", fingerprint: Digest(of: key),
                answer: { (_: Int) in Reply(status: 201, body: ["worker": .string("\(worker)")]) },
                perform: { try await RevokeTokens(market: $0)(of: small.manager, by: small.manager) })
        }
        try await CloseWorker(market: market)(ownAccount: gone)
        #expect(try await EraseWorker(market: market)(gone, by: small.manager))
        let keys: [String] = try await Scratch.database.read {
            try await $0.rows("select key from idempotency_key order by key").map { try $0["key"] }
        }
        #expect(keys == ["2", "5"])
    }
}
