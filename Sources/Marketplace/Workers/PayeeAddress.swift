package import Formats
internal import Payments

/// Where the holder of an account lives, in parts: SEPA and CBPR+ take no lines of free text. Kept sealed with the
/// account; it does not show itself in texts.
///
/// Shape: what ISO 20022 has room for.
package struct PayeeAddress: Hashable, Sendable {
    let street: String?
    let buildingNumber: String?
    let postCode: String?
    let town: String
    /// ISO 3166-1 alpha-2.
    let country: String

    /// - Returns: `nil` where nothing of it is given.
    /// - Throws: ``BadInput``; an address has a town and a country at least.
    package static func given(
        street: String?, buildingNumber: String?, postCode: String?, town: String?, country: String?
    ) throws(BadInput) -> PayeeAddress? {
        func line(_ text: String?, _ field: String, _ lengthMax: Int) throws(BadInput) -> String? {
            guard let text else { return nil }
            return try PlainText.line(text, field: field, lengthMax: lengthMax)
        }
        let (street, number) = (try line(street, "street", 70), try line(buildingNumber, "building_number", 16))
        let (code, place) = (try line(postCode, "post_code", 16), try line(town, "town", 35))
        guard street != nil || number != nil || code != nil || place != nil || country != nil else { return nil }
        guard let place else { throw BadInput("town", "is missing; an address has a town and a country at least") }
        guard let country, Country.isKnown(country) else {
            throw BadInput("address_country", "must be a country of ISO 3166-1, such as DE")
        }
        return PayeeAddress(street: street, buildingNumber: number, postCode: code, town: place, country: country)
    }

    /// The same of an object with `street`, `building_number`, `post_code`, `town` and `country`.
    package static func given(_ json: JSON?) throws(BadInput) -> PayeeAddress? {
        try given(
            street: json?["street"]?.stringValue, buildingNumber: json?["building_number"]?.stringValue,
            postCode: json?["post_code"]?.stringValue, town: json?["town"]?.stringValue,
            country: json?["country"]?.stringValue)
    }

    /// As it is sealed.
    var json: JSON {
        [
            "street": street.map(JSON.string) ?? .null, "building_number": buildingNumber.map(JSON.string) ?? .null,
            "post_code": postCode.map(JSON.string) ?? .null, "town": .string(town), "country": .string(country),
        ]
    }

    var postal: PostalAddress {
        PostalAddress(
            street: street, buildingNumber: buildingNumber, postCode: postCode, town: town, country: country)
    }
}

extension PayeeAddress: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
