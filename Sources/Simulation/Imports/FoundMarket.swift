package import Formats
internal import Foundation
package import Marketplace
internal import Store

/// Everybody whom a market needs besides its workers.
package struct MarketFounders: Sendable {
    package let chief: Principal.ID
    package let financeMaker: Principal.ID
    package let financeChecker: Principal.ID
    /// Three, in a fixed order.
    package let reviewers: [Principal.ID]
    package let requester: Requester.ID
    /// The requester's program, which publishes.
    package let requesterKey: Principal.ID

    static let makerName = "finance-maker"
    static let checkerName = "finance-checker"
    static let reviewerNames = ["reviewer-1", "reviewer-2", "reviewer-3"]
}

/// Sets a market up: the people of the platform, one requester with money, the rate card. Running it again finds what
/// is there and adds what is missing.
package struct FoundMarket: Sendable {
    /// What the requester pays in: 1,000,000.00 USD.
    package static let fundingMinorUnits: Int64 = 100_000_000
    /// The requester's external key.
    package static let requesterKey = "contract-desk"
    /// Of the one payment; fixed, so that it is booked once.
    private static let fundingReference = "5f7a3c1e-0d5b-4c57-9a51-9d1d6c0f0a01"

    let market: Market
    private let rateCard: JSON?

    /// - Parameter rateCard: what a market without rates pays, see samples/rate-card.json; two rates if left out.
    package init(market: Market, rateCard: JSON? = nil) {
        self.market = market
        self.rateCard = rateCard
    }

    /// - Parameter operatorName: who founds an empty market, or one of its operators.
    /// - Throws: ``AccessRefusal`` when that person is no operator; ``NotFound`` when nobody is called so.
    package func callAsFunction(operatorName: String = "operator") async throws -> MarketFounders {
        let chief = try await Bootstrap(market: market)(operatorName: operatorName)
        let make = CreatePrincipal(market: market)
        let maker = try await make(.person, named: MarketFounders.makerName, roles: [.financeMaker], by: chief)
        let checker = try await make(.person, named: MarketFounders.checkerName, roles: [.financeChecker], by: chief)
        var reviewers: [Principal.ID] = []
        for name in MarketFounders.reviewerNames {
            reviewers.append(try await make(.person, named: name, roles: [.reviewer], by: chief))
        }
        let requester = try await CreateRequester(market: market)(
            externalKey: Self.requesterKey, name: "Contract Desk", by: chief
        )
        let key = try await make(.key, named: Self.requesterKey, roles: [.requester], for: requester, by: chief)
        try await publishRates(maker, checker)
        try await fund(requester, by: maker)
        return MarketFounders(
            chief: chief, financeMaker: maker, financeChecker: checker, reviewers: reviewers, requester: requester,
            requesterKey: key
        )
    }

    /// Where some work of the simulation has a rate, whatever it is, the rate card stays.
    private func publishRates(_ maker: Principal.ID, _ checker: Principal.ID) async throws {
        let dollars = try SimulationCurrency.dollars
        for (profession, kind) in [(Profession.lawyer, TaskKind.extraction), (.physician, .judgement)] {
            let task = try RateTask(
                profession: profession, tier: .expert, taskKind: kind, currency: dollars, expectedMinutes: 60
            )
            let resolution = try await market.database.read { try await $0.resolveRate(task, at: $0.instant) }
            if case .resolved = resolution { return }
        }
        try await publish(rateCard ?? Self.twoRates, maker, checker)
    }

    /// What experts are paid by the hour where no card is given.
    private static let twoRates: JSON = [
        "name": "Experts",
        "rates": [
            [
                "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "hour",
                "currency": "USD", "amount_minor": 10_500,
            ],
            [
                "profession": "physician", "tier": "expert", "task_kind": "judgement", "unit": "hour",
                "currency": "USD", "amount_minor": 16_000,
            ],
        ],
    ]

    private func publish(_ card: JSON, _ maker: Principal.ID, _ checker: Principal.ID) async throws {
        let draft = try await DraftRateCard(market: market)(card, by: maker)
        try await ApproveRateCard(market: market)(draft.version, contentHash: draft.contentHash, by: checker)
        try await PublishRateCard(market: market)(draft.version, by: maker)
    }

    private func fund(_ requester: Requester.ID, by maker: Principal.ID) async throws {
        guard let reference = UUID(uuidString: Self.fundingReference) else { throw NotFound("funding reference") }
        _ = try await FundRequester(market: market)(
            requester, with: Money(Self.fundingMinorUnits, SimulationCurrency.dollars), reference: reference, by: maker
        )
    }
}

/// The one currency of the markets that are set up here.
enum SimulationCurrency {
    /// - Throws: ``NotFound`` if the list of currencies lost the dollar.
    static var dollars: Currency {
        get throws {
            guard let dollars = Currency("USD") else { throw NotFound("currency USD") }
            return dollars
        }
    }
}
