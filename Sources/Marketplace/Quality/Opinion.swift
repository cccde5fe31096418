internal import Formats
internal import Foundation
internal import Store

/// As what somebody judged an answer: the values of the PostgreSQL enum `opinion_role`, in its order.
package enum OpinionRole: String, Sendable, CaseIterable, SQLEnum {
    case first, second, adjudicator
}

/// What one person says of an answer.
struct Opinion: Sendable {
    let role: OpinionRole
    let person: Principal.ID
    let judgement: Judgement
    let reasons: String
    let sheet: ReviewSheet
    /// Of the first: how likely a second one was, in ten-thousandths, and whether there is to be one.
    let risk: Int
    let asksSecond: Bool

    /// Whether both come to the same: one verdict, and shares no further apart than that.
    func agrees(with other: Opinion, tolerance: Int) -> Bool {
        judgement.verdict == other.judgement.verdict
            && abs(judgement.basisPoints - other.judgement.basisPoints) <= tolerance
    }
}

/// How far the judgement of an answer is.
package enum ReviewStage: String, Sendable, CaseIterable {
    /// Paid or rejected.
    case final
    /// A second person looks, who does not know the first opinion.
    case waitsForSecond = "waits_for_second"
    /// Both differ; a third person decides.
    case waitsForAdjudicator = "waits_for_adjudicator"
}

extension ReviewStage {
    /// Where the newest of the opinions leads, and which of them counts once it is final: of two that agree the one
    /// that pays more, of three the last.
    static func after(_ opinions: [Opinion], tolerance: Int) -> (stage: ReviewStage, decisive: Opinion?) {
        guard let first = opinions.first else { return (.waitsForSecond, nil) }
        guard opinions.count > 1 else { return first.asksSecond ? (.waitsForSecond, nil) : (.final, first) }
        guard opinions.count < 3 else { return (.final, opinions[2]) }
        let second = opinions[1]
        guard first.agrees(with: second, tolerance: tolerance) else { return (.waitsForAdjudicator, nil) }
        return (.final, second.judgement.basisPoints > first.judgement.basisPoints ? second : first)
    }
}
