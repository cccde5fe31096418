internal import ArgumentParser

extension ArgumentHelp {
    /// Of `--by`, which every command takes that a person answers for.
    ///
    /// - Parameter role: who may: `an operator`.
    static func actor(_ role: String) -> ArgumentHelp {
        ArgumentHelp(
            "Who does it, by name: \(role).",
            discussion: """
                The name of a person in the market. `guildhall person list` shows them with their roles, `guildhall \
                person add` makes another. A new market has 'operator'; the sample market has 'finance-maker' and \
                'finance-checker', too.
                """,
            valueName: "person"
        )
    }
}
