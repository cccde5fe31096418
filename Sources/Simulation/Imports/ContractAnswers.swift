internal import Formats

/// How the answer to a contract looks: an object with one member for each clause type.
enum ContractAnswers {
    static let guideline = """
        Read the contract and answer each clause type of `keys`.

        - Value clauses (names, dates, periods, the governing law): `answer` is the value, dates as `yyyy-MM-dd`, or
          null where the contract has none.
        - The others: `answer` is `Yes` where the contract has such a clause, `No` where it has none, null where it
          cannot be told.
        - `spans` are the passages that bear the answer out, word for word, in the contract's order.
        """

    /// Bounded: 100 passages of 20,000 characters; a value of 4,000.
    static var schema: JSON {
        var members: [String: JSON] = [:]
        for (name, kind) in CUADClauses.all { members[name] = clause(kind) }
        return [
            "type": "object", "additionalProperties": false,
            "required": .array(CUADClauses.all.map { .string($0.name) }), "properties": .object(members),
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

    private static func clause(_ kind: CUADClauses.Kind) -> JSON {
        let answer: JSON =
            switch kind {
            case .value: ["type": ["string", "null"], "maxLength": 4_000]
            case .yesNo: ["enum": ["Yes", "No", nil]]
            }
        return [
            "type": "object", "additionalProperties": false, "required": ["answer", "spans"],
            "properties": [
                "answer": answer,
                "spans": [
                    "type": "array", "maxItems": 100,
                    "items": ["type": "string", "minLength": 1, "maxLength": 20_000],
                ],
            ],
        ]
    }
}
