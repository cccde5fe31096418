package import Store

/// A kind of paper by its code in the catalogue, to which operators add rows.
///
/// Shape: 1 to 40 lower-case ASCII letters and underscores, a letter first.
package struct CredentialKindCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package static let barAdmission = CredentialKindCode(known: "bar_admission")
    package static let medicalLicence = CredentialKindCode(known: "medical_licence")
    package static let boardCertificate = CredentialKindCode(known: "board_certificate")
    /// What a public register of physicians calls them by: the US NPI, the German LANR, the French RPPS.
    package static let providerNumber = CredentialKindCode(known: "provider_number")

    /// - Returns: `nil` for another shape. Whether the catalogue has it, the database says.
    package init?(rawValue: String) {
        guard let code = Profession(rawValue)?.code else { return nil }
        self.rawValue = code
    }

    private init(known code: String) { rawValue = code }
}

extension CredentialKindCode: SQLParameter, SQLDecodable {
    package static var typeOID: UInt32 { String.typeOID }
    package func write(to wire: inout WireBuffer) { rawValue.write(to: &wire) }

    package init(cell: Cell) throws(CellFault) {
        let code = try String(cell: cell)
        guard let kind = CredentialKindCode(rawValue: code) else {
            throw .badValue("is no code of a kind of credential: '\(code)'")
        }
        self = kind
    }
}

/// What kind of paper a credential is, with what requirements must know of it.
package struct CredentialKind: Hashable, Sendable {
    package let code: CredentialKindCode
    /// Whether it permits to practise; another paper attests skill to somebody who is licensed already.
    package let isLicence: Bool

    package static let barAdmission = CredentialKind(code: .barAdmission, isLicence: true)
    package static let medicalLicence = CredentialKind(code: .medicalLicence, isLicence: true)
    package static let boardCertificate = CredentialKind(code: .boardCertificate, isLicence: false)

    package init(code: CredentialKindCode, isLicence: Bool) {
        self.code = code
        self.isLicence = isLicence
    }

    /// Without a catalogue: the kinds that permit to practise are known, any other attests.
    init(known code: CredentialKindCode) {
        self.init(code: code, isLicence: code == .barAdmission || code == .medicalLicence)
    }

    /// As the catalogue names it.
    package var rawValue: String { code.rawValue }
}
