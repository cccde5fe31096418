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

/// What kind of paper a credential is: the values of the PostgreSQL enum `credential_kind`, in its order.
package enum CredentialKind: String, Sendable, CaseIterable, SQLEnum {
    case barAdmission = "bar_admission"
    case medicalLicence = "medical_licence"
    case boardCertificate = "board_certificate"

    /// Whether it permits to practise; a board certificate attests skill to somebody who is licensed already.
    package var isLicence: Bool {
        switch self {
        case .barAdmission, .medicalLicence: true
        case .boardCertificate: false
        }
    }

    /// Whether somebody of that profession can hold it.
    package func fits(_ profession: Profession) -> Bool {
        switch self {
        case .barAdmission: profession == .lawyer
        case .medicalLicence: profession == .physician
        case .boardCertificate: true
        }
    }
}

/// Where the verification of a credential stands; expiry is a date, not a state. The values of the PostgreSQL enum
/// `credential_state`, in its order.
package enum CredentialState: String, Sendable, CaseIterable, SQLEnum {
    case submitted, verified, refused, revoked
}

/// What can happen to a credential.
package enum CredentialEvent: String, Sendable, CaseIterable {
    case verify, refuse, revoke
}

extension CredentialState {
    /// The state after an event.
    ///
    /// - Throws: ``IllegalTransition`` when the event cannot happen here.
    package func after(_ event: CredentialEvent) throws(IllegalTransition) -> CredentialState {
        switch (self, event) {
        case (.submitted, .verify): .verified
        case (.submitted, .refuse): .refused
        case (.verified, .revoke): .revoked
        case (.submitted, _), (.verified, _), (.refused, _), (.revoked, _):
            throw IllegalTransition("credential", in: rawValue, event: event.rawValue)
        }
    }
}
