import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Sign-in by password", .scratchDatabase)
struct SignInTests {
    @Test("who took an invitation signs in; the cookie is theirs until its ends, and nothing of it is stored")
    func invitation() async throws {
        let door = try await Doorstep()
        let person = try await door.invited()
        let session = try await door.signIn()
        #expect(session.holder == person && session.method == .password && session.secret.hasPrefix("gs_"))
        let caller = try await door.market.caller(session: session.secret)
        #expect(caller.principal == person && caller.door == .session(session.id))
        let stored: [String] = try await Scratch.asOwner {
            try await $0.rows(
                """
                select row_to_json(person_session)::text
                       || coalesce((select row_to_json(l)::text from person_login l), '') as it
                  from person_session
                """
            ).map { try $0["it"] }
        }
        #expect(!stored.isEmpty)
        #expect(!stored.joined().contains(session.secret.dropFirst(3)) && !stored.joined().contains(Doorstep.password))
        #expect(stored.joined().contains("$scrypt$ln=4,r=1,p=1$"))
        for action in ["person_invited", "password_set", "signed_in"] { #expect(try await door.actions(action) == 1) }
    }

    @Test("an invitation is good once, for a week, and the newest password counts")
    func invitationOnce() async throws {
        let door = try await Doorstep()
        let invite = InvitePerson(market: door.market)
        let redeem = RedeemTicket(market: door.market, hasher: door.hasher)
        let late = try await door.small.invitation(of: door.small.maker, email: "maker@example.org")
        Scratch.clock.advance(by: 7 * 86_400)
        await #expect(throws: SignInRefusal.ticketInvalid) { try await redeem(late, password: Doorstep.password) }
        let code = try await door.small.invitation(of: door.small.maker, email: "maker@example.org")
        await #expect(throws: BadInput.self) { try await redeem(code, password: "short") }
        await #expect(throws: BadInput.self) { try await redeem(code, password: "aaaaaaaaaaaaaaaa") }
        try await redeem(code, password: Doorstep.password)
        await #expect(throws: SignInRefusal.ticketInvalid) { try await redeem(code, password: "another password") }
        await #expect(throws: SignInRefusal.ticketInvalid) { try await redeem("gt_0", password: Doorstep.password) }
        await #expect(throws: InvitationRefusal.signsInAlready) {
            try await invite(door.small.maker, email: "maker@example.org", by: door.small.manager)
        }
        await #expect(throws: InvitationRefusal.addressTaken) {
            try await invite(door.small.checker, email: "maker@example.org", by: door.small.manager)
        }
        await #expect(throws: AccessRefusal.roleMissing(.operator)) {
            try await invite(door.small.checker, email: "c@example.org", by: door.small.maker)
        }
        #expect(try await door.signIn().holder == door.small.maker)
    }

    @Test("who may do more than work, or is here already, is invited by two operators to one address within a week")
    func twoInvite() async throws {
        let door = try await Doorstep()
        let (small, invite) = (door.small, InvitePerson(market: door.market))
        func propose(_ person: Principal.ID, _ email: String = "a@example.org") async throws -> Bool {
            try await invite(person, email: email, by: small.manager) == .proposed
        }
        for person in [small.maker, small.checker, small.reviewer, small.second, small.manager] {
            #expect(try await propose(person))
            #expect(try await propose(person))
        }
        #expect(try await invite(small.maker, email: "b@example.org", by: small.second) == .proposed)
        // The newest proposal counts.
        #expect(try await invite(small.maker, email: "a@example.org", by: small.second) == .proposed)
        Scratch.clock.advance(by: OperatorProposal.lifetime)
        #expect(try await propose(small.maker))
        Scratch.clock.advance(by: OperatorProposal.lifetime - 1)
        let second = try await invite(small.maker, email: " A@example.org", by: small.second)
        guard case .sent = second else {
            Issue.record("\(second)")
            return
        }
        #expect(try await propose(small.maker))
        #expect(try await door.actions("person_invited") == 1)
        // Of workers, who is here already: by a token, or by a sign-in that was closed; see LoneInvitationTests.
        let (ann, ben) = (try await small.worker("ann"), try await small.worker("ben"))
        for (worker, email) in [(ann, "ann@example.org"), (ben, "ben@example.org")] {
            #expect(try await !propose(Principal.ID(worker.uuid), email))
        }
        _ = try await IssueToken(market: door.market)(
            for: Principal.ID(ann.uuid), lifetime: 60, by: Principal.ID(ann.uuid))
        try await CloseLogin(market: door.market)(of: Principal.ID(ben.uuid), by: small.manager)
        for (worker, email) in [(ann, "ann@example.org"), (ben, "ben@example.org")] {
            #expect(try await propose(Principal.ID(worker.uuid), email))
        }
        // A proposal lets nobody in: no reset goes there.
        try await AskReset(market: door.market)(email: "b@example.org")
        let letters: Int = try await Scratch.asOwner {
            try await $0.oneRow("select count(*) as n from notice where address = 'b@example.org'")["n"]
        }
        #expect(letters == 0)
    }

    @Test("the letter brings the code, which is stored nowhere before")
    func letter() async throws {
        let door = try await Doorstep()
        let code = try await door.small.invitation(of: door.small.maker, email: "maker@example.org")
        let facts: [String] = try await Scratch.asOwner {
            try await $0.rows("select facts::text as it from notice where kind = 'invited'").map { try $0["it"] }
        }
        #expect(facts.count == 1 && !facts.joined().contains(code))
        let sink = KeepingSink()
        _ = try await DeliverNotices(market: door.market)(through: sink)
        let letter = try #require(await sink.letters.first { $0.notice.kind == "invited" })
        #expect(letter.address == "maker@example.org" && letter.notice.facts == ["code": .string(code)])
        // Without keys it waits.
        _ = try await door.small.invitation(of: door.small.maker, email: "maker@example.org")
        let keyless = Market(database: Scratch.database, identifiers: Scratch.here.identifiers)
        #expect(try await DeliverNotices(market: keyless)(through: KeepingSink()).failed == 1)
    }

    @Test("wrong name, wrong password, wrong code, closed and locked: the same answer, the same statements")
    func sameAnswer() async throws {
        let door = try await Doorstep()
        _ = try await door.invited()
        await #expect(throws: SignInRefusal.failed) { try await door.signIn("maker@example.org", "wrong password") }
        await #expect(throws: SignInRefusal.failed) { try await door.signIn("nobody@example.org") }
        #expect(try await door.actions("sign_in_failed") == 2)
        let facts: [String] = try await Scratch.asOwner {
            try await $0.rows(
                """
                select distinct facts::text || subject || actor_id as it
                  from audit_event where action = 'sign_in_failed'
                """
            ).map { try $0["it"] }
        }
        #expect(facts.count == 1)
        try await CloseLogin(market: door.market)(of: door.small.maker, by: door.small.manager)
        await #expect(throws: SignInRefusal.failed) { try await door.signIn() }
        await #expect(throws: BadInput.self) { try await door.signIn("not an address") }
    }

    @Test("from the fifth failed attempt on nobody signs in for a time that doubles; a day later all is forgotten")
    func backOff() async throws {
        let door = try await Doorstep()
        _ = try await door.invited()
        #expect([1, 4, 5, 6, 11, 12, 60].map(SignInBackOff.lock) == [0, 0, 30, 60, 1_920, 3_600, 3_600])
        for name in ["maker@example.org", "nobody@example.org"] {
            for _ in 0..<5 {
                await #expect(throws: SignInRefusal.failed) { try await door.signIn(name, "wrong password") }
            }
        }
        // The right one, too soon; it does not count.
        await #expect(throws: SignInRefusal.failed) { try await door.signIn() }
        Scratch.clock.advance(by: 29)
        await #expect(throws: SignInRefusal.failed) { try await door.signIn() }
        Scratch.clock.advance(by: 1)
        await #expect(throws: SignInRefusal.failed) { try await door.signIn("maker@example.org", "wrong password") }
        Scratch.clock.advance(by: 59)
        await #expect(throws: SignInRefusal.failed) { try await door.signIn() }
        Scratch.clock.advance(by: 1)
        #expect(try await door.signIn().holder == door.small.maker)
        // Forgotten by the success.
        await #expect(throws: SignInRefusal.failed) { try await door.signIn("maker@example.org", "wrong password") }
        _ = try await door.signIn()
    }

    @Test("many who guess at once are counted one by one")
    func guessRace() async throws {
        let door = try await Doorstep()
        _ = try await door.invited()
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    while true {
                        do {
                            _ = try await door.signIn("maker@example.org", "wrong password")
                        } catch SignInRefusal.busy {
                            continue
                        } catch {
                            return
                        }
                    }
                }
            }
        }
        let row = try await Scratch.database.read {
            try await $0.signInFailures(Digest(of: "sign_in/maker@example.org"))
        }
        #expect(row.count == 5 && row.lockedUntil == Scratch.start + 30)
    }

    @Test("sign-in rotates the session; it ends an hour after its last use and twelve after it began")
    func sessionEnds() async throws {
        let door = try await Doorstep()
        _ = try await door.invited()
        let first = try await door.signIn()
        let second = try await door.signIn(replacing: first.secret)
        #expect(first.secret != second.secret)
        await #expect(throws: AccessRefusal.notAuthenticated) {
            try await door.market.caller(session: first.secret)
        }
        for _ in 0..<11 {
            Scratch.clock.advance(by: 3_599)
            _ = try await door.market.caller(session: second.secret)
        }
        Scratch.clock.advance(by: 3_600 + 11)
        await #expect(throws: AccessRefusal.notAuthenticated) {
            try await door.market.caller(session: second.secret)
        }
        let idle = try await door.signIn()
        Scratch.clock.advance(by: 3_600)
        await #expect(throws: AccessRefusal.notAuthenticated) {
            try await door.market.caller(session: idle.secret)
        }
    }

    @Test("a person sees and ends their own sessions, an operator everybody's")
    func sessionList() async throws {
        let door = try await Doorstep()
        let person = try await door.invited()
        var sessions: [NewSession] = []
        for _ in 0..<3 {
            sessions.append(try await door.signIn())
            Scratch.clock.advance(by: 1)
        }
        let list = ListSessions(market: door.market)
        #expect(try await list(of: person, by: person).map(\.id) == sessions.reversed().map(\.id))
        #expect(try await list(of: person, before: sessions[1].id, limit: 1, by: person).map(\.id) == [sessions[0].id])
        await #expect(throws: AccessRefusal.roleMissing(.operator)) {
            try await list(of: person, by: door.small.checker)
        }
        let end = EndSessions(market: door.market)
        await #expect(throws: NotFound.self) { try await end(sessions[0].id, by: door.small.checker) }
        try await end(sessions[0].id, by: person)
        await #expect(throws: AccessRefusal.notAuthenticated) {
            try await door.market.caller(session: sessions[0].secret)
        }
        #expect(try await end(of: person, by: door.small.manager) == 2)
        await #expect(throws: AccessRefusal.notAuthenticated) {
            try await door.market.caller(session: sessions[2].secret)
        }
    }

    @Test("a reset is asked for by anybody, once a minute; its code ends sessions and other codes")
    func reset() async throws {
        let door = try await Doorstep()
        _ = try await door.invited()
        let session = try await door.signIn()
        let ask = AskReset(market: door.market)
        try await ask(email: "nobody@example.org")
        try await ask(email: "maker@example.org")
        try await ask(email: "maker@example.org")
        #expect(try await door.actions("password_reset_asked") == 3)
        let sink = KeepingSink()
        _ = try await DeliverNotices(market: door.market)(through: sink)
        let letters = await sink.letters.filter { $0.notice.kind == "password_reset_asked" }
        #expect(letters.map(\.address) == ["maker@example.org"])
        let code = try #require(letters.first?.notice.facts["code"]?.stringValue)
        try await RedeemTicket(market: door.market, hasher: door.hasher)(code, password: "another password")
        await #expect(throws: AccessRefusal.notAuthenticated) {
            try await door.market.caller(session: session.secret)
        }
        await #expect(throws: SignInRefusal.failed) { try await door.signIn() }
        #expect(try await door.signIn("maker@example.org", "another password").holder == door.small.maker)
    }

    @Test("another password is chosen by who knows the present one")
    func change() async throws {
        let door = try await Doorstep()
        let person = try await door.invited()
        let change = ChangePassword(market: door.market, hasher: door.hasher)
        await #expect(throws: OwnSignInRefusal.notConfirmed) {
            try await change(from: "wrong password", to: "another password", by: person)
        }
        await #expect(throws: OwnSignInRefusal.noPassword) {
            try await change(from: Doorstep.password, to: "another password", by: door.small.checker)
        }
        try await change(from: Doorstep.password, to: "another password", by: person)
        #expect(try await door.signIn("maker@example.org", "another password").holder == person)
    }

    @Test("what is long over is forgotten, in steps, and not before")
    func forgotten() async throws {
        let door = try await Doorstep()
        _ = try await door.invited()
        for _ in 0..<3 { _ = try await door.signIn() }
        await #expect(throws: SignInRefusal.failed) { try await door.signIn("nobody@example.org") }
        let forget = ForgetSignIns(market: door.market)
        Scratch.clock.advance(by: ForgetSignIns.keptSeconds + 43_200)
        #expect(try await forget(most: 2) == 1)
        Scratch.clock.advance(by: 1)
        #expect(try await forget(most: 2) == 2)
        #expect(try await forget(most: 2) == 1)
        #expect(try await forget(most: 2) == 0)
    }

    @Test("an erased worker signs in no more, and no address is left")
    func erased() async throws {
        let door = try await Doorstep()
        let worker = try await door.small.worker("w1")
        let holder = Principal.ID(worker.uuid)
        let code = try await door.small.invitation(of: holder, email: "w1@example.org")
        try await RedeemTicket(market: door.market, hasher: door.hasher)(code, password: Doorstep.password)
        let session = try await door.signIn("w1@example.org")
        _ = try await door.secondFactor(of: holder)
        try await CloseWorker(market: door.market)(ownAccount: worker)
        _ = try await EraseWorker(market: door.market)(worker, by: door.small.manager)
        await #expect(throws: AccessRefusal.notAuthenticated) {
            try await door.market.caller(session: session.secret)
        }
        let left: Int = try await Scratch.asOwner {
            try await $0.oneRow(
                """
                select (select count(*) from person_login) + (select count(*) from recovery_code)
                       + (select count(*) from kept_secret) + (select count(*) from sign_in_ticket) as n
                """)["n"]
        }
        #expect(left == 0)
    }
}
