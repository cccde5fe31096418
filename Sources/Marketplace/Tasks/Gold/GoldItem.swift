package import Formats
internal import Store

/// The values of the PostgreSQL enum `gold_source`, in its order: how it is known what is right for an item of gold.
package enum GoldSource: String, Sendable, CaseIterable, SQLEnum {
    /// By its requester, with its known answer.
    case brought
    /// A copy of a task whose answer people settled.
    case minted
    /// What is right is to give it back, and say why.
    case canary
}

/// What workers are tested with: shown once to a person, whoever of their accounts asks, and only to so many people.
package struct GoldItem: Hashable, Sendable {
    package typealias ID = Identifier<GoldItem>

    /// To how many people one is shown that was minted, or is a canary, unless something else is asked for.
    package static let usualMost = 3

    /// The id of the task that it is about: of a minted one the one that was settled.
    package let id: ID
    package let source: GoldSource
    /// The requester's own name for that task.
    package let externalKey: String
    /// To how many people it was shown, and to how many it may be; `nil` for as many as ask.
    package let exposures: Int
    package let exposuresMax: Int?
    /// How many of them did what is right, and how many did not.
    package let right: Int
    package let wrong: Int

    package var json: JSON {
        [
            "gold": .string("\(id)"), "source": .string(source.rawValue), "external_key": .string(externalKey),
            "exposures": .integer(Int64(exposures)),
            "exposures_max": exposuresMax.map { .integer(Int64($0)) } ?? .null,
            "right": .integer(Int64(right)), "wrong": .integer(Int64(wrong)),
        ]
    }
}

/// How much of what somebody is given is gold.
enum GoldRate {
    /// From so many answers on the rate is a quarter of the batch's.
    static let answersMax = 1_600

    /// All of the batch's rate for the first hundred answers, then less with the square root of how many there were,
    /// down to a quarter: a batch at 2,000 tests newcomers with a fifth of their work and old hands with a twentieth.
    ///
    /// - Parameters:
    ///   - most: the batch's, in ten-thousandths.
    ///   - answers: of the worker.
    static func basisPoints(of most: Int, after answers: Int) -> Int {
        let falling = 10 * Double(most) / Double(max(answers, 0) + 1).squareRoot()
        return max((most + 3) / 4, min(most, Int(exactly: falling.rounded(.down)) ?? most))
    }
}
