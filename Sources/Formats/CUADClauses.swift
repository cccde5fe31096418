/// The 41 clause types of CUAD v1 and how each is answered.
///
/// Source: CUAD v1 README, "Category List"; spelled as in the header of `master_clauses.csv`.
package enum CUADClauses {
    /// How lawyers answered a clause type.
    package enum Kind: Hashable, Sendable {
        /// A name, a date, a period, a law.
        case value
        /// Whether the contract has such a clause.
        case yesNo
    }

    /// The three whose values are dates.
    static let dates: Set<String> = ["Agreement Date", "Effective Date", "Expiration Date"]

    /// In the file's order.
    package static let all: [(name: String, kind: Kind)] =
        [
            "Document Name", "Parties", "Agreement Date", "Effective Date", "Expiration Date", "Renewal Term",
            "Notice Period To Terminate Renewal", "Governing Law",
        ].map { ($0, .value) }
        + [
            "Most Favored Nation", "Competitive Restriction Exception", "Non-Compete", "Exclusivity",
            "No-Solicit Of Customers", "No-Solicit Of Employees", "Non-Disparagement", "Termination For Convenience",
            "Rofr/Rofo/Rofn", "Change Of Control", "Anti-Assignment", "Revenue/Profit Sharing", "Price Restrictions",
            "Minimum Commitment", "Volume Restriction", "Ip Ownership Assignment", "Joint Ip Ownership",
            "License Grant", "Non-Transferable License", "Affiliate License-Licensor", "Affiliate License-Licensee",
            "Unlimited/All-You-Can-Eat-License", "Irrevocable Or Perpetual License", "Source Code Escrow",
            "Post-Termination Services", "Audit Rights", "Uncapped Liability", "Cap On Liability",
            "Liquidated Damages", "Warranty Duration", "Insurance", "Covenant Not To Sue", "Third Party Beneficiary",
        ].map { ($0, .yesNo) }
}

/// What lawyers said about one clause type of one contract.
package struct CUADClauseAnswer: Hashable, Sendable {
    /// One of ``CUADClauses/all``.
    package let clause: String
    /// That of the clause type.
    package let kind: CUADClauses.Kind
    /// `Yes` or `No`, or the value; dates as `yyyy-MM-dd`. `nil` when there is none, or none that can be used: then a
    /// remark says why.
    package let answer: String?
    /// The passages of the contract that bear it out, as marked; none when the contract has no such clause.
    package let spans: [String]
}

/// A contract with its 41 answers.
package struct CUADContract: Hashable, Sendable {
    /// The name of the text's file, without folders.
    package let fileName: String
    /// The whole contract, without a byte order mark and without NUL; never blank.
    package let text: String
    /// One for each of ``CUADClauses/all``, in that order.
    package let clauses: [CUADClauseAnswer]
    /// The line of the answers' file from which the answers are.
    package let answersLine: Int
    /// What had to be left out or mended, with position and reason; the contract is usable all the same.
    package let remarks: [RecordFault]
}

/// What a ``CUADReader`` yields.
package enum CUADItem: Hashable, Sendable {
    case contract(CUADContract)
    /// A text without answers, answers without a text, or a record that cannot be read.
    case fault(RecordFault)
}
