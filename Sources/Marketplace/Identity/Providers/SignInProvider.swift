internal import Formats
package import Foundation
internal import Store

/// An OpenID provider whose people may sign in here.
package struct SignInProvider: Hashable, Sendable {
    package typealias ID = Identifier<SignInProvider>
    package let id: ID
    package let externalKey: String
    package let issuer: String
    /// What it calls this program: the `client_id` of requests, the `aud` of its tokens.
    package let audience: String
    /// Whose people it knows; `nil` for the platform's own.
    package let requester: Requester.ID?
    package let closedAt: Date?
}

/// Why nobody signs in by a provider.
package enum ProviderRefusal: Refusal, CaseIterable {
    /// The provider cannot be reached, or does not answer as one.
    case unavailable
    /// The sign-in did not begin in this browser, is over, or the provider did not confirm it.
    case notConfirmed
    /// The provider is right, but nobody here is linked to that account.
    case notLinked
    /// Another person is linked to the account.
    case linkedToAnother
    /// There is a provider of that key with other values.
    case keyTaken

    package var code: String {
        switch self {
        case .unavailable: "provider_unavailable"
        case .notConfirmed: "provider_not_confirmed"
        case .notLinked: "account_not_linked"
        case .linkedToAnother: "account_linked"
        case .keyTaken: "provider_key_taken"
        }
    }

    package var message: String {
        switch self {
        case .unavailable: "The sign-in provider does not answer. Try again, or ask who runs it."
        case .notConfirmed: "The sign-in did not begin in this browser, or is over. Begin again."
        case .notLinked: "Nobody here is linked to this account. Ask an operator."
        case .linkedToAnother: "This account is linked to another person."
        case .keyTaken: "There is another provider of this key. Close it, or take another key."
        }
    }
}

/// Enters a provider. Entering the same again gives it the client secret of now.
///
/// Whoever runs a requester's provider says who acts for that requester, so such a one takes two operators.
package struct AddProvider: Sendable {
    let market: Market
    let networks: OutboundTarget.Networks

    package init(market: Market, networks: OutboundTarget.Networks = .open) {
        (self.market, self.networks) = (market, networks)
    }

    /// - Parameters:
    ///   - key: what it is called in addresses: lower-case letters, digits and hyphens, 60 at most.
    ///   - issuer: as its discovery document says, to the letter.
    ///   - audience: what it calls this program.
    ///   - secret: what the program shows it; `nil` where it asks for none.
    ///   - requester: whose people it knows; everybody it knows may then act for that requester.
    ///   - actor: an operator.
    /// - Returns: `nil` where it waits for another operator, who enters the same within a week; then it has the client
    ///   secret of that one, and the requester's people are told, in a notice that cannot be turned off.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound`` for a requester; ``ProviderRefusal/keyTaken``;
    ///   ``VaultRefusal``.
    package func callAsFunction(
        key: String, issuer: String, audience: String, secret: String?, requester: Requester.ID? = nil,
        by actor: Principal.ID
    ) async throws -> SignInProvider.ID? {
        let isKey = key.utf8.allSatisfy {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard (1...60).contains(key.utf8.count), isKey, !key.hasPrefix("-") else {
            throw BadInput("key", "must be lower-case letters, digits and hyphens, 60 at most")
        }
        _ = try OutboundTarget(issuer, field: "issuer", networks: networks)
        let audience = try PlainText.line(audience, field: "client_id", lengthMax: 500)
        if let secret, !(10...1_000).contains(secret.utf8.count) {
            throw BadInput("client_secret", "must have 10 to 1,000 bytes")
        }
        return try await market.change { change -> SignInProvider.ID? in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            try await transaction.advisoryLock(AdvisoryLock("sign_in_provider", key))
            let found = try await transaction.provider(named: key)
            let provider = SignInProvider(
                id: found?.id ?? change.make(), externalKey: key, issuer: issuer, audience: audience,
                requester: requester, closedAt: nil)
            guard found == nil || found == provider else { throw ProviderRefusal.keyTaken }
            if let requester, try await !transaction.isRequester(requester) { throw NotFound("requester") }
            if found == nil {
                if let requester, try await !change.isSaid(provider, of: requester, by: actor) { return nil }
                try await transaction.insert(provider)
            }
            if let secret { try await change.keepSecret(Array(secret.utf8), .oidc, of: provider.id.uuid) }
            try await change.record(
                "sign_in_provider_added", by: actor, on: "sign_in_provider", provider.id.uuid, in: .platform,
                facts: ["key": .string(key), "issuer": .string(issuer)])
            return provider.id
        }
    }

    /// Nobody signs in by it any more. Doing it twice is the same as once.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func close(_ key: String, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard let provider = try await change.transaction.provider(named: key) else { throw NotFound("provider") }
            try await change.transaction.closeProvider(provider.id)
            try await change.transaction.deleteSecret(.oidc, of: provider.id.uuid)
            try await change.record(
                "sign_in_provider_closed", by: actor, on: "sign_in_provider", provider.id.uuid, in: .platform)
        }
    }

    /// All of them, by id.
    ///
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func list(
        after last: SignInProvider.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [SignInProvider] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.providers(after: last, limit: limit)
        }
    }

    /// Lets a person sign in by the account that the provider knows by a subject.
    ///
    /// - Parameter actor: an operator, who made sure whose account it is.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``BadInput``; ``ProviderRefusal/linkedToAnother``.
    package func link(
        _ person: Principal.ID, subject: String, by key: String, actor: Principal.ID
    ) async throws {
        guard (1...255).contains(subject.unicodeScalars.count), !subject.contains("\0") else {
            throw BadInput("subject", "must have 1 to 255 characters")
        }
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let provider = try await transaction.provider(named: key), provider.closedAt == nil else {
                throw NotFound("provider")
            }
            guard try await transaction.personExists(person) else { throw NotFound("person") }
            guard try await transaction.link(person, to: provider.id, subject) == person else {
                throw ProviderRefusal.linkedToAnother
            }
            try await change.record(
                "account_linked", by: actor, on: "principal", person.uuid, in: .platform,
                facts: ["provider": .string("\(provider.id)")])
        }
    }
}

extension Change {
    /// Whether two operators enter a requester's provider; its people are told then.
    fileprivate func isSaid(
        _ provider: SignInProvider, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> Bool {
        let said: JSON = [
            "issuer": .string(provider.issuer), "client_id": .string(provider.audience),
            "requester": .string("\(requester)"),
        ]
        let subject = try Reference.uuid(of: provider.externalKey, in: "sign_in_provider")
        let facts: JSON = ["key": .string(provider.externalKey), "issuer": .string(provider.issuer)]
        guard try await isSaidByTwo(Digest(of: said), of: subject, by: actor) else {
            try await record(
                "sign_in_provider_proposed", by: actor, on: "sign_in_provider", subject, in: .platform, facts: facts)
            return false
        }
        for person in try await transaction.peopleToTell(of: requester) {
            try await transaction.tell(person, kind: "sign_in_provider_added", facts: facts, id: make())
        }
        return true
    }
}
