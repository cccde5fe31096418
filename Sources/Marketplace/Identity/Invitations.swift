internal import Formats
package import Foundation
internal import Store

/// What a ticket is for: the values of the PostgreSQL enum `ticket_kind`, in its order.
package enum TicketKind: String, Sendable, CaseIterable, SQLEnum {
    case invitation, reset

    /// Seconds that it is good for.
    var lifetime: TimeInterval {
        switch self {
        case .invitation: 7 * 86_400
        case .reset: 3_600
        }
    }

    /// The kind of the notice that brings it.
    var notice: String {
        switch self {
        case .invitation: "invited"
        case .reset: "password_reset_asked"
        }
    }
}

/// Something that lets its holder choose a password, once.
package enum SignInTicket {
    package typealias ID = Identifier<SignInTicket>
}

/// Why nobody is invited.
package enum InvitationRefusal: Refusal, CaseIterable {
    /// Somebody else signs in by the address.
    case addressTaken
    /// They sign in by a password already.
    case signsInAlready

    package var code: String {
        switch self {
        case .addressTaken: "address_taken"
        case .signsInAlready: "signs_in_already"
        }
    }

    package var message: String {
        switch self {
        case .addressTaken: "Somebody else signs in by this address."
        case .signsInAlready: "They sign in by a password already; let them ask for a reset."
        }
    }
}

/// What an invitation came to.
package enum Invitation: Hashable, Sendable {
    /// It waits for another operator, who names the same address.
    case proposed
    /// The letter is under way. What its link holds, for who hands it over by another way; shown once.
    case sent(code: String)
}

/// Lets a person sign in: sends them a ticket by which they choose a password. Again, it sends another one.
///
/// Whoever names the address can read the letter, and be that person. So where somebody may do more than work, or is
/// here already, it takes two operators: one who proposes the address, and another who names the same within a week.
/// That is asked again when the password is chosen: somebody may have come to be here since the letter.
package struct InvitePerson: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - person: who is there already, a worker for example.
    ///   - email: by which they sign in, and where the ticket goes.
    ///   - actor: an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``InvitationRefusal``; ``VaultRefusal``.
    package func callAsFunction(
        _ person: Principal.ID, email: String, by actor: Principal.ID
    ) async throws -> Invitation {
        let email = try LoginName.checked(email)
        return try await market.change { change -> Invitation in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard try await transaction.personExists(person) else { throw NotFound("person") }
            try await transaction.advisoryLock(AdvisoryLock("person_login"))
            if let other = try await transaction.login(named: email), other.holder != person {
                throw InvitationRefusal.addressTaken
            }
            if let login = try await transaction.login(of: person) {
                guard login.passwordHash == nil else { throw InvitationRefusal.signsInAlready }
            }
            let takesTwo = try await transaction.takesTwoToInvite(person)
            if takesTwo {
                let address = Digest(of: "sign_in/" + email)
                guard try await change.isSaidByTwo(address, of: person.uuid, by: actor) else {
                    try await change.record(
                        "invitation_proposed", by: actor, on: "principal", person.uuid, in: .platform)
                    return .proposed
                }
            } else {
                try await transaction.endProposal(of: person.uuid)
            }
            try await transaction.upsertLogin(of: person, email: email, byTwo: takesTwo)
            // A letter that went to another address, or to this one before, is good no more.
            try await transaction.endTickets(of: person)
            let secret = try await change.sendTicket(.invitation, to: person, email: email)
            try await change.record("person_invited", by: actor, on: "principal", person.uuid, in: .platform)
            return .sent(code: secret)
        }
    }
}

/// Somebody forgot their password: a ticket goes to the address, if anybody signs in by it and has one. Whoever asks is
/// told nothing; the same statements run in either case.
package struct AskReset: Sendable {
    /// Seconds between two of a name.
    package static let pause: TimeInterval = 60
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``BadInput`` for what is no address; ``VaultRefusal/keysMissing``.
    package func callAsFunction(email: String) async throws {
        let name = try LoginName.checked(email)
        guard let keys = market.keys else { throw VaultRefusal.keysMissing }
        try await market.change { change in
            let hash = Digest(of: "sign_in/" + name)
            try await change.transaction.advisoryLock(AdvisoryLock("sign_in", hash.hexadecimal))
            let id: SignInTicket.ID = change.make()
            let secret = TicketSecret.of(id.uuid, keys)
            let kind = TicketKind.reset
            try await change.transaction.insertTicket(
                id, kind, hash: Digest(of: secret), toLoginNamed: name, after: change.instant - Self.pause,
                notice: change.make(), facts: ["ticket_id": .string("\(id)")])
            try await change.record(
                "password_reset_asked", by: try await change.system(), on: "sign_in",
                Reference.uuid(of: hash.hexadecimal, in: "sign_in"), in: .platform)
        }
    }
}

/// The holder of a ticket chooses a password: their sessions end, and failed attempts are forgotten.
package struct RedeemTicket: Sendable {
    let market: Market
    let hasher: PasswordHasher

    package init(market: Market, hasher: PasswordHasher) { (self.market, self.hasher) = (market, hasher) }

    /// - Throws: ``SignInRefusal``; ``BadInput``.
    package func callAsFunction(_ secret: String, password: String) async throws {
        guard secret.utf8.count <= 200 else { throw SignInRefusal.ticketInvalid }
        let hash = Digest(of: secret)
        let known = try await market.database.read { try await $0.login(ofTicket: hash) }
        guard let known else { throw SignInRefusal.ticketInvalid }
        let stored = try await hasher.hash(try NewPassword.checked(password, for: known.email))
        try await market.change { change in
            // Whoever invites to another address comes before, and ends this ticket, or after, and finds a password.
            try await change.transaction.advisoryLock(AdvisoryLock("person_login"))
            guard let (holder, ticket) = try await change.transaction.useTicket(hash),
                // Made by a server that has not heard of another steady key yet, it is good no more.
                change.keys.map({ TicketSecret.of(ticket.uuid, $0) == secret }) ?? true,
                try await change.transaction.mayChoosePassword(holder)
            else { throw SignInRefusal.ticketInvalid }
            try await change.setPassword(stored, of: holder, named: known.email)
            try await change.record("password_set", by: holder, on: "principal", holder.uuid, in: .platform)
        }
    }
}

extension Change {
    /// Writes a ticket, and the letter that brings it.
    ///
    /// - Returns: what the link holds.
    fileprivate func sendTicket(_ kind: TicketKind, to person: Principal.ID, email: String) async throws -> String {
        guard let keys else { throw VaultRefusal.keysMissing }
        let id: SignInTicket.ID = make()
        let secret = TicketSecret.of(id.uuid, keys)
        try await transaction.insertTicket(
            id, kind, hash: Digest(of: secret), toLoginNamed: email, after: instant, notice: make(),
            facts: ["ticket_id": .string("\(id)")])
        return secret
    }

    /// A new password ends what was begun by the old one.
    func setPassword(_ stored: String, of holder: Principal.ID, named email: String) async throws {
        try await transaction.setPassword(stored, of: holder)
        try await transaction.endSessions(of: holder)
        try await transaction.forgetFailures(Digest(of: "sign_in/" + email))
        try await transaction.endTickets(of: holder)
        try await transaction.tell(holder, kind: "password_changed", facts: .object([:]), id: make())
    }
}
