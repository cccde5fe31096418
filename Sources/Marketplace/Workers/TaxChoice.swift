package import Formats
package import Foundation
internal import Store
package import Tax

/// Which rule set a worker's payments are taxed by, and what is on file about them. No secret: without any number.
package struct TaxChoice: Hashable, Sendable {
    package typealias ID = Identifier<TaxChoice>
    /// A name of the catalogue.
    package let ruleSet: String
    /// ISO 3166-1 alpha-2.
    package let residence: String
    /// Where the work was done is each assignment's own.
    package let standing: TaxStanding

    /// - Throws: ``BadInput``.
    package init(ruleSet: String, residence: String, standing: TaxStanding) throws(BadInput) {
        guard let catalogue = try? TaxCatalogue.builtIn.get(), catalogue.names.contains(ruleSet) else {
            throw BadInput("rules", "is no rule set; `guildhall tax rules` lists them")
        }
        guard Country.isKnown(residence) else { throw BadInput("residence", "is no country of ISO 3166-1, such as DE") }
        guard (0...10_000).contains(standing.treatyBps ?? 0) else {
            throw BadInput("treaty_bps", "must be 0 to 10000")
        }
        guard standing.treatyBps == nil || standing.form == .w8ben else {
            throw BadInput("treaty_bps", "goes with the form w8ben")
        }
        (self.ruleSet, self.residence, self.standing) = (ruleSet, residence, standing)
    }

    /// What a tax profile asks for. Source of the countries of the Union: Regulation (EC) No 1059/2003, annex I.
    ///
    /// - Parameter day: on which the form was signed.
    init(_ profile: TaxProfile, on day: TaxDay?) throws(BadInput) {
        var standing = TaxStanding()
        standing.hasTaxpayerNumber = true
        standing.formSignedOn = day
        let ruleSet: String
        switch profile.form {
        case .w9: (ruleSet, standing.form) = ("us", .w9)
        case .w8ben: (ruleSet, standing.form) = ("us", .w8ben)
        case .declaration:
            ruleSet =
                switch profile.residence {
                case "CN": "china-platform"
                case "GB": "uk"
                case let country where Self.union.contains(country): "eu"
                default: "none"
                }
        }
        try self.init(ruleSet: ruleSet, residence: profile.residence, standing: standing)
    }

    private static let union: Set = [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU",
        "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    ]
}

/// A choice with the time in which it was in force.
package struct DatedTaxChoice: Sendable {
    package let id: TaxChoice.ID
    package let choice: TaxChoice
    package let from: Date
    /// `nil` while it is in force.
    package let until: Date?
}

extension TaxChoice {
    package var json: JSON {
        [
            "rules": .string(ruleSet), "residence": .string(residence),
            "form": standing.form.map { .string($0.rawValue) } ?? .null,
            "has_taxpayer_number": .bool(standing.hasTaxpayerNumber),
            "form_signed_on": standing.formSignedOn.map { .string("\($0)") } ?? .null,
            "treaty_bps": standing.treatyBps.map { .integer(Int64($0)) } ?? .null,
        ]
    }
}

/// Finance says what a worker's payments are taxed by from now on, in place of what their tax profile asked for.
package struct ChooseTaxRules: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``NotFound``; ``IllegalTransition`` when the
    ///   worker was erased.
    package func callAsFunction(_ choice: TaxChoice, of worker: Worker.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            guard try await transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            guard try await transaction.erasedAt(worker) == nil else {
                throw IllegalTransition("worker", in: "erased", event: "choose_tax_rules")
            }
            try await change.keep(choice, of: worker, by: actor, isOfFinance: true)
        }
    }
}

extension Change {
    /// Puts a choice in force from now on; under the worker's lock, so that now is after any earlier choice.
    func keep(_ choice: TaxChoice, of worker: Worker.ID, by actor: Principal.ID, isOfFinance: Bool) async throws {
        let current = try await afterWaiting()
        try await current.transaction.endTaxChoice(of: worker)
        try await current.transaction.insertTaxChoice(
            choice, current.make(), of: worker, by: actor, isOfFinance: isOfFinance)
        try await current.record(
            "tax_rules_chosen", by: actor, on: "worker", worker.uuid, in: .worker(worker),
            facts: ["rules": .string(choice.ruleSet)])
    }

    /// The rules that a tax profile asks for. What finance has chosen stands, and finance is told what was asked for;
    /// under the worker's lock.
    func chooseTaxRules(by profile: TaxProfile, of worker: Worker.ID, by actor: Principal.ID) async throws {
        let days = Int(instant.timeIntervalSince1970.rounded(.down)) / 86_400
        let choice = try TaxChoice(profile, on: TaxDay(daysSince1970: days))
        guard try await transaction.isTaxedAsFinanceChose(worker) else {
            return try await keep(choice, of: worker, by: actor, isOfFinance: false)
        }
        for person in try await transaction.peopleToTell(in: .financeMaker) {
            try await transaction.tell(
                person, kind: "tax_rules_kept",
                facts: ["worker": .string("\(worker)"), "asked_for": .string(choice.ruleSet)], id: make())
        }
        try await record(
            "tax_rules_kept", by: actor, on: "worker", worker.uuid, in: .worker(worker),
            facts: ["asked_for": .string(choice.ruleSet)])
    }
}

/// What a worker's payments were and are taxed by, newest first.
package struct ListTaxChoices: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal`` unless the actor is the worker or in finance.
    package func callAsFunction(
        of worker: Worker.ID, before last: TaxChoice.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [DatedTaxChoice] {
        guard (1...200).contains(limit) else { throw BadInput("limit", "must be 1 to 200") }
        return try await market.database.read { transaction in
            if actor.uuid != worker.uuid { try await transaction.authorize(actor, toSeeAs: .financeMaker) }
            return try await transaction.taxChoices(of: worker, before: last, limit: limit)
        }
    }
}
