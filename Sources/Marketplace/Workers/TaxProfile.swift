package import Formats
internal import Foundation

/// What kind of paper a tax profile rests on.
package enum TaxForm: String, Sendable, CaseIterable {
    /// IRS Form W-9: a US person.
    case w9
    /// IRS Form W-8BEN: a person abroad who is paid from the US.
    case w8ben
    /// The worker's own declaration, as Directive (EU) 2021/514 (DAC7) asks for it.
    case declaration
}

/// What a worker's income is reported by. Kept sealed; it does not show itself in texts.
package struct TaxProfile: Hashable, Sendable {
    /// ISO 3166-1 alpha-2.
    package let residence: String
    /// As the residence's authority gives it, without spaces; 4 to 30 characters.
    package let taxpayerNumber: String
    package let form: TaxForm

    /// - Throws: ``BadInput``, which does not repeat the number.
    package init(residence: String, taxpayerNumber: String, form: TaxForm) throws(BadInput) {
        guard Country.isKnown(residence) else {
            throw BadInput("residence", "is no country of ISO 3166-1, such as DE")
        }
        let number = taxpayerNumber.utf8.count <= 100 ? taxpayerNumber.uppercased().filter { $0 != " " } : ""
        guard (4...30).contains(number.utf8.count),
            number.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || "-/.".utf8.contains($0)
            })
        else { throw BadInput("taxpayer_number", "must be 4 to 30 letters, digits, hyphens, dots and slashes") }
        guard form != .w9 || residence == "US" else { throw BadInput("form", "w9 is for residents of the US") }
        guard form != .w8ben || residence != "US" else {
            throw BadInput("form", "w8ben is not for residents of the US")
        }
        self.residence = residence
        self.taxpayerNumber = number
        self.form = form
    }
}

extension TaxProfile {
    /// As it is sealed and as it is handed out.
    package var json: JSON {
        [
            "residence": .string(residence), "taxpayer_number": .string(taxpayerNumber),
            "form": .string(form.rawValue),
        ]
    }

    init(_ json: JSON) throws(BadInput) {
        guard let form = json["form"]?.stringValue.flatMap(TaxForm.init(rawValue:)) else {
            throw BadInput("form", "is unknown")
        }
        try self.init(
            residence: json["residence"]?.stringValue ?? "",
            taxpayerNumber: json["taxpayer_number"]?.stringValue ?? "", form: form
        )
    }
}

extension TaxProfile: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
