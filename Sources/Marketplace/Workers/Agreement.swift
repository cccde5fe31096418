package import Foundation
internal import Store

/// A version of a text that workers accept: a code of conduct, a non-disclosure agreement, a project's guideline.
package struct Agreement: Hashable, Sendable {
    package typealias ID = Identifier<Agreement>
    package let id: ID
    /// `conduct`, `nda`, `guideline:<project id>`. One with a colon is asked of those only who have accepted a version
    /// of it before, or whose work demands it; the others are asked of everybody.
    package let kind: String
    /// Counts from 1 in its kind.
    package let version: Int
    package let title: String
    /// SHA-256 of the text in UTF-8.
    package let hash: Digest
    /// From when this version is the one that counts.
    package let validFrom: Date
}

/// A version of an agreement that a worker has yet to accept.
package struct DueAgreement: Hashable, Sendable {
    package let agreement: Agreement
    /// False for one that was announced and counts later.
    package let isCurrent: Bool
}

/// Why a version cannot be published or accepted. In order of precedence.
package enum AgreementRefusal: Refusal {
    /// The newest version of the kind counts from that instant or a later one.
    case beginsBeforeNewest(Int)
    /// Another version counts by now.
    case superseded(by: Int)
    /// The hash is not that of the version's text.
    case otherText

    package var code: String {
        switch self {
        case .beginsBeforeNewest: "agreement_begins_too_early"
        case .superseded: "agreement_superseded"
        case .otherText: "agreement_text_differs"
        }
    }

    package var message: String {
        switch self {
        case .beginsBeforeNewest(let version): "Version \(version) begins then or later. Name a later beginning."
        case .superseded(let version): "Version \(version) counts now. Read and accept that one."
        case .otherText: "The hash is not that of this version's text. Read the text again before you accept it."
        }
    }
}

/// The name of a kind of agreement.
enum AgreementKind {
    /// Shape: a lower-case letter, then up to 99 of lower-case letters, digits, `_`, `:` and `-`.
    static func checked(_ kind: String) throws(BadInput) -> String {
        let isFine = kind.utf8.allSatisfy { byte in
            (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || "_:-".utf8.contains(byte)
        }
        guard isFine, (1...100).contains(kind.utf8.count), let first = kind.utf8.first, (0x61...0x7a).contains(first)
        else {
            throw BadInput("kind", "must be lower-case letters, digits, _, : and -, such as nda or guideline:ID")
        }
        return kind
    }
}

extension Agreement {
    init(row: Row) throws {
        id = try row["agreement_id"]
        kind = try row["kind"]
        version = try row["version"]
        title = try row["title"]
        hash = try row["hash"]
        validFrom = try row["valid_from"]
    }
}
