package import Formats

/// Who pays or is paid, with a structured address.
package struct Party: Hashable, Sendable {
    /// ISO 20022 `Nm`.
    package let name: String
    package let address: PostalAddress?

    package init(name: String, address: PostalAddress? = nil) {
        self.name = name
        self.address = address
    }
}

/// A structured postal address; SEPA and CBPR+ have refused lines of free text alone since 15 November 2026.
///
/// Source: ISO 20022 `PostalAddress6` and `PostalAddress24`; EPC153-22.
package struct PostalAddress: Hashable, Sendable {
    package let street: String?
    package let buildingNumber: String?
    package let postCode: String?
    package let town: String
    /// ISO 3166-1 alpha-2.
    package let country: String

    package init(
        street: String? = nil, buildingNumber: String? = nil, postCode: String? = nil, town: String, country: String
    ) {
        self.street = street
        self.buildingNumber = buildingNumber
        self.postCode = postCode
        self.town = town
        self.country = country
    }
}

/// Where money goes to or comes from.
package enum PaymentAccount: Hashable, Sendable {
    /// The BIC may be left out within SEPA.
    case iban(IBAN, BIC?)
    /// An account without an IBAN at a bank with a BIC: 1 to 34 letters and digits.
    case other(String, BIC)
    /// An account in the United States: 1 to 17 letters, digits and hyphens.
    case american(RoutingNumber, String, isSavings: Bool)
    /// A Chinese card or account, with the bank's name and, where it is known, its CNAPS code of 12 digits.
    case chinese(String, bank: String, bankCode: String?)

    /// `iban`, `other`, `us`, `cn`, as files name it.
    package var scheme: String {
        switch self {
        case .iban: "iban"
        case .other: "other"
        case .american: "us"
        case .chinese: "cn"
        }
    }

    package var number: String {
        switch self {
        case .iban(let iban, _): iban.text
        case .other(let number, _), .american(_, let number, _), .chinese(let number, _, _): number
        }
    }

    /// Where it is, ISO 3166-1 alpha-2.
    package var country: String {
        switch self {
        case .iban(let iban, _): iban.country
        case .other(_, let bic): bic.country
        case .american: "US"
        case .chinese: "CN"
        }
    }

    /// BIC, routing number or CNAPS code.
    package var bankCode: String? {
        switch self {
        case .iban(_, let bic): bic?.text
        case .other(_, let bic): bic.text
        case .american(let routing, _, _): routing.text
        case .chinese(_, _, let code): code
        }
    }
}

/// One payment to one payee.
package struct Payment: Hashable, Sendable {
    /// ISO 20022 EndToEndId: 1 to 35 plain characters, unique for ever.
    package let endToEndID: String
    /// The same for formats with less room: 1 to 15 letters and digits. NACHA's returns give it back.
    package let shortID: String
    package let amount: Amount
    package let payee: Party
    package let account: PaymentAccount
    /// What the payee reads on their statement.
    package let remittance: String

    package init(
        endToEndID: String, shortID: String, amount: Amount, payee: Party, account: PaymentAccount, remittance: String
    ) {
        self.endToEndID = endToEndID
        self.shortID = shortID
        self.amount = amount
        self.payee = payee
        self.account = account
        self.remittance = remittance
    }
}

/// What all payments of a file have in common, with the totals, which are known before the first is written.
package struct PaymentOrder: Hashable, Sendable {
    /// ISO 20022 MsgId: 1 to 35 plain characters; the same for the same payments, so that the bank sees a repetition.
    package let messageID: String
    /// In UTC: `yyyy-MM-ddTHH:mm:ssZ`.
    package let createdAt: String
    package let executionDate: CalendarDate
    package let count: Int
    package let total: Amount
    package let payer: Party
    package let account: PaymentAccount
    /// Only NACHA files need it.
    package let ach: ACHOrigination?

    package init(
        messageID: String, createdAt: String, executionDate: CalendarDate, count: Int, total: Amount, payer: Party,
        account: PaymentAccount, ach: ACHOrigination? = nil
    ) {
        self.messageID = messageID
        self.createdAt = createdAt
        self.executionDate = executionDate
        self.count = count
        self.total = total
        self.payer = payer
        self.account = account
        self.ach = ach
    }
}

/// What a bank in the United States tells those who send it NACHA files.
package struct ACHOrigination: Hashable, Sendable {
    /// Where the file goes: the bank that takes it in.
    package let destination: RoutingNumber
    package let destinationName: String
    /// 9 or 10 characters: a routing number, or 1 and an employer's number.
    package let origin: String
    package let originName: String
    /// 1 to 10 characters: which company pays.
    package let companyID: String
    /// 1 to 10 characters that the payee sees: what the payment is.
    package let entryDescription: String
    /// The bank through which the payments enter the network.
    package let originatingBank: RoutingNumber

    package init(
        destination: RoutingNumber, destinationName: String, origin: String, originName: String, companyID: String,
        entryDescription: String, originatingBank: RoutingNumber
    ) {
        self.destination = destination
        self.destinationName = destinationName
        self.origin = origin
        self.originName = originName
        self.companyID = companyID
        self.entryDescription = entryDescription
        self.originatingBank = originatingBank
    }
}
