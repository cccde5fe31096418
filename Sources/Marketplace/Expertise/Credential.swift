internal import Foundation
package import Store

/// A licence, admission or certificate of a worker, as its issuer lists it.
package struct Credential: Hashable, Sendable {
    package typealias ID = Identifier<Credential>
    package let id: ID
    package let profession: Profession
    package let kind: CredentialKind
    /// `US-NY`, `GB-EAW`, `DE`: ISO 3166-1 alpha-2, and where law differs within the country a part of it.
    package let jurisdiction: String
    /// From the day of issue to the day of expiry, midnights in UTC.
    package let validity: InstantRange
}

/// Where the verification of a credential stands; expiry is a date, not a state. The values of the PostgreSQL enum
/// `credential_state`, in its order.
package enum CredentialState: String, Sendable, CaseIterable, SQLEnum {
    case submitted
    case inCheck = "in_check"
    case verified, refused, revoked
}

/// What can happen to a credential.
package enum CredentialEvent: String, Sendable, CaseIterable {
    case check, verify, refuse, revoke
    /// An appeal against the refusal, or the revocation, was granted.
    case reopen, restore
}

extension CredentialState {
    /// The state after an event.
    ///
    /// - Throws: ``IllegalTransition`` when the event cannot happen here.
    package func after(_ event: CredentialEvent) throws(IllegalTransition) -> CredentialState {
        switch (self, event) {
        case (.submitted, .check): .inCheck
        case (.inCheck, .verify): .verified
        case (.inCheck, .refuse): .refused
        case (.verified, .revoke): .revoked
        case (.refused, .reopen): .inCheck
        case (.revoked, .restore): .verified
        case (.submitted, _), (.inCheck, _), (.verified, _), (.refused, _), (.revoked, _):
            throw IllegalTransition("credential", in: rawValue, event: event.rawValue)
        }
    }
}
