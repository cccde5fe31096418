internal import Formats
internal import Foundation

/// Why an application is not taken.
package enum ApplyRefusal: Refusal, CaseIterable {
    case noLanguage

    package var code: String {
        switch self {
        case .noLanguage: "no_language"
        }
    }

    package var message: String {
        switch self {
        case .noLanguage: "An application names at least one language, with its level."
        }
    }
}

/// Asks to be let work; an operator vets it and activates the worker.
package struct ApplyAsWorker: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``IllegalTransition``, ``ApplyRefusal``.
    package func callAsFunction(_ worker: Worker.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.authorizeSelf(worker, orOperator: actor)
            try await change.move(worker, .apply, by: actor)
            let registration = try await change.transaction.registration(of: worker)
            guard registration?.languages.isEmpty == false else { throw ApplyRefusal.noLanguage }
        }
    }
}
