import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("What one operator's invitation is good for", .scratchDatabase)
struct LoneInvitationTests {
    private func invite(_ person: Principal.ID, _ email: String, _ door: Doorstep) async throws -> Invitation {
        try await InvitePerson(market: door.market)(person, email: email, by: door.small.manager)
    }

    /// The code of an invitation that one operator is enough for.
    private func letter(_ person: Principal.ID, _ email: String, _ door: Doorstep) async throws -> String {
        guard case .sent(let code) = try await invite(person, email, door) else { throw NotFound("letter") }
        return code
    }

    private func redeem(_ code: String, _ door: Doorstep) async throws {
        try await RedeemTicket(market: door.market, hasher: door.hasher)(code, password: Doorstep.password)
    }

    private var resets: Int {
        get async throws {
            try await Scratch.asOwner {
                try await $0.oneRow("select count(*) as n from notice where kind = 'password_reset_asked'")["n"]
            }
        }
    }

    @Test("nobody chooses a first password by a reset: it goes to whoever has one")
    func noReset() async throws {
        let door = try await Doorstep()
        let person = Principal.ID(try await door.small.worker("ann").uuid)
        let code = try await letter(person, "ann@example.org", door)
        try await AskReset(market: door.market)(email: "ann@example.org")
        #expect(try await resets == 0)
        try await redeem(code, door)
        try await AskReset(market: door.market)(email: "ann@example.org")
        #expect(try await resets == 1)
    }

    @Test("the letter of one is good for nobody who has come to be here since, or may do more since")
    func hereSince() async throws {
        let door = try await Doorstep()
        let (small, issue) = (door.small, IssueToken(market: door.market))
        let ann = Principal.ID(try await small.worker("ann").uuid)
        let ben = Principal.ID(try await small.worker("ben").uuid)
        let letters = [
            try await letter(ann, "ann@example.org", door), try await letter(ben, "ben@example.org", door),
        ]
        _ = try await issue(for: ann, lifetime: 60, by: small.manager)
        let team = try await CreateTeam(market: door.market)(
            TeamDraft(externalKey: "a", kind: .agency, name: "A", base: "DE-BE", isPayee: true), by: small.manager)
        try await AppointManager(market: door.market)(ben, of: team.id, by: small.manager)
        for code in letters {
            await #expect(throws: SignInRefusal.ticketInvalid) { try await redeem(code, door) }
        }
        for (person, email) in [(ann, "ann@example.org"), (ben, "ben@example.org")] {
            try await redeem(try await small.invitation(of: person, email: email), door)
            #expect(try await door.signIn(email).holder == person)
        }
    }

    @Test("a new invitation ends the letters of before: who got one by mistake is let in by it no more")
    func newest() async throws {
        let door = try await Doorstep()
        let wrong = try await door.small.invitation(of: door.small.checker, email: "mistyped@example.org")
        let right = try await door.small.invitation(of: door.small.checker, email: "checker@example.org")
        await #expect(throws: SignInRefusal.ticketInvalid) { try await redeem(wrong, door) }
        try await redeem(right, door)
        #expect(try await door.signIn("checker@example.org").holder == door.small.checker)
    }

    @Test("who had a token or a session, or has earned, is here for good, whatever an operator ends")
    func forGood() async throws {
        let door = try await Doorstep()
        let small = door.small
        let (ann, ben) = (try await small.worker("ann"), try await small.worker("ben"))
        let (cem, dee) = (try await small.worker("cem"), try await small.lawyer("dee"))
        let issue = IssueToken(market: door.market)
        for worker in [ann, ben] {
            _ = try await issue(for: Principal.ID(worker.uuid), lifetime: 60, by: small.manager)
        }
        #expect(try await RevokeTokens(market: door.market)(of: Principal.ID(ann.uuid), by: small.manager) == 1)
        Scratch.clock.advance(by: 61)
        // A sign-in that was closed, and opened again by two.
        let third = Principal.ID(cem.uuid)
        try await redeem(try await letter(third, "cem@example.org", door), door)
        _ = try await door.signIn("cem@example.org")
        try await CloseLogin(market: door.market)(of: third, by: small.manager)
        _ = try await small.invitation(of: third, email: "cem@example.org")
        // Pay, and nothing else.
        try await small.earn(dee, try await small.batch(try small.draft("b"), tasks: 1))
        for worker in [ann, ben, cem, dee] {
            let state = try await invite(Principal.ID(worker.uuid), "\(worker)@example.org", door)
            #expect(state == .proposed, "\(worker)")
        }
    }
}
