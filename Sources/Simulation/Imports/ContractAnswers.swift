internal import Formats

/// What is asked of a contract, and how the answer looks: an object with one member for each clause type.
enum ContractAnswers {
    static let guideline = """
        Read the contract and answer each clause type.

        - Value clauses (names, dates, periods, the governing law): `answer` is the value, dates as `yyyy-MM-dd`, or
          null where the contract has none.
        - The others: `answer` is `Yes` where the contract has such a clause, `No` where it has none, null where it
          cannot be told.
        - `spans` are the passages that bear the answer out, word for word, in the contract's order.
        """

    static var parameters: JSON {
        [
            "passages": "quoted",
            "keys": .array(
                CUADClauses.all.map { name, kind in
                    ["name": .string(name), "type": kind == .yesNo ? "yes_no" : "text"]
                }),
        ]
    }

    static func answer(_ clauses: [CUADClauseAnswer]) -> JSON {
        var members: [String: JSON] = [:]
        for clause in clauses {
            members[clause.clause] = [
                "answer": clause.answer.map { .string($0) } ?? .null,
                "spans": .array(clause.spans.map { .string($0) }),
            ]
        }
        return .object(members)
    }
}
