package import Store

/// The least that a worker wants for an hour of work, from one instant to another. A filter of what the worker is
/// offered: it changes neither what work pays nor who comes first. The amount is the worker's own to see.
package struct StandingAsk: Hashable, Sendable {
    package typealias ID = Identifier<StandingAsk>
    /// Of an hour, in minor units.
    package static let hourlyMinorMax: Int64 = 1_000_000_000_000
    /// How many one worker may have in force.
    package static let inForceMost = 20

    package let id: ID
    package let worker: Worker.ID
    /// `nil` for any work that pays in the currency and has no ask of its own.
    package let profession: Profession?
    package let hourly: Money
    package let inForce: InstantRange
}

/// Why a standing ask is not set or ended. In order of precedence.
package enum AskRefusal: Refusal, CaseIterable {
    /// It stands at that amount already.
    case sameAsk
    /// The worker has as many as anybody may.
    case tooMany
    /// Nothing is asked for such work.
    case noAsk

    package var code: String {
        switch self {
        case .sameAsk: "same_ask"
        case .tooMany: "too_many_asks"
        case .noAsk: "no_ask"
        }
    }

    package var message: String {
        switch self {
        case .sameAsk: "You ask for that already."
        case .tooMany: "You have \(StandingAsk.inForceMost) asks. End one first."
        case .noAsk: "You ask for nothing of the kind. List your asks to see what stands."
        }
    }
}
