/// A rule set as somebody names it, with what that says of payees about whom nothing else is known.
package struct TaxRuleChoice: Hashable, Sendable {
    /// Of the rule set.
    package let name: String
    package let standing: TaxStanding

    /// Reads a name of the catalogue, or one of the ``aliases``; case does not matter, nor `_` for `-`.
    ///
    /// - Returns: `nil` for a name that nobody has given.
    package init?(_ text: String, in catalogue: TaxCatalogue) {
        guard text.utf8.count <= 60 else { return nil }
        let wanted = String(text.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
        let alias = Self.aliases.first { $0.alias == wanted }
        let name = alias?.name ?? wanted
        guard catalogue.names.contains(name) else { return nil }
        self.name = name
        var standing = TaxStanding()
        standing.form = alias?.form
        standing.hasTaxpayerNumber = alias?.form != nil
        self.standing = standing
    }

    /// Other names. Those of the US say which form is on file where a payment does not.
    package static let aliases: [(alias: String, name: String, form: TaxStanding.Form?)] = [
        ("cn-platform", "china-platform", nil), ("cn-classic", "china-classic", nil),
        ("cn-non-resident", "china-non-resident", nil), ("cn-nonresident", "china-non-resident", nil),
        ("china-nonresident", "china-non-resident", nil),
        ("us-w9", "us", .w9), ("us-w-9", "us", .w9), ("us-w8ben", "us", .w8ben), ("us-w-8ben", "us", .w8ben),
        ("us-backup", "us", nil),
        ("eu-dac7", "eu", nil), ("dac7", "eu", nil), ("eu-gross", "eu", nil),
        ("gb", "uk", nil), ("uk-dac7", "uk", nil), ("uk-gross", "uk", nil),
    ]
}
