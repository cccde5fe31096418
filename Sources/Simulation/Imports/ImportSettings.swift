package import Marketplace

/// How imported tasks are released.
package struct ImportSettings: Sendable {
    package var taskKind: TaskKind
    package var expectedMinutes: Int
    /// How many counted assignments each task wants.
    package var redundancy: Int
    /// What the platform adds to the pay, in ten-thousandths.
    package var feeBasisPoints = 1_500
    /// What the budget has beyond the worst case, in ten-thousandths.
    package var marginBasisPoints = 1_000
    package var leaseSeconds: Int
    package var answerSeconds: Int

    /// One contract: an hour and a half, by one lawyer.
    package static let contracts = ImportSettings(
        taskKind: .extraction, expectedMinutes: 90, redundancy: 1, leaseSeconds: 7_200, answerSeconds: 28_800
    )

    /// One question: six minutes, by two physicians.
    package static let questions = ImportSettings(
        taskKind: .judgement, expectedMinutes: 6, redundancy: 2, leaseSeconds: 1_800, answerSeconds: 7_200
    )
}
