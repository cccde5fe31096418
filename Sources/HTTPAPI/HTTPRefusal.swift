internal import Formats
internal import HTTPTypes
internal import Marketplace
internal import Store

/// A refusal with its place among the HTTP statuses. The refusals that routes meet are listed in this file, case by
/// case, so that a new case does not compile before it has a status; a refusal that is not listed is 422.
protocol HTTPRefusal: Refusal {
    var status: HTTPResponse.Status { get }
}

extension AccessRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .notAuthenticated: .unauthorized
        case .roleMissing, .scopeMissing: .forbidden
        }
    }
}

extension BadInput: HTTPRefusal {
    var status: HTTPResponse.Status { .unprocessableContent }
}

extension NotFound: HTTPRefusal {
    var status: HTTPResponse.Status { .notFound }
}

extension IdempotencyRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .inFlight, .answerNotKept: .conflict
        case .otherRequest: .unprocessableContent
        case .badKey: .badRequest
        }
    }
}

extension ClaimRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .notAWorker, .notActive, .notEligible, .otherWorkforce, .excluded, .conflictOfInterest: .forbidden
        case .mostAtOnce, .batchNotOpen, .overdue, .offeredOnly, .awardedOnly, .noOpenBatch, .noWork, .hoursCap,
            .dayCap, .windowCap, .restDue, .batchCap, .shareCap, .belowAsk:
            .conflict
        }
    }
}

extension OfferRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .notThere: .notFound
        case .batchNotOpen, .claimedOnly, .busy, .belowAsk, .alreadyOffered, .offeredBefore, .allOffered, .noRoom,
            .notOpen:
            .conflict
        case .notActive, .barred: .forbidden
        }
    }
}

extension AskRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .sameAsk, .tooMany, .noAsk: .conflict
        }
    }
}

extension BidRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .notAWorker, .notActive, .notEligible, .barred, .hadBefore: .forbidden
        case .closed, .batchNotOpen, .hours, .changedTooOften, .noBid: .conflict
        case .outOfBand, .tooMany: .unprocessableContent
        }
    }
}

extension AuctionRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .otherDoor, .batchNotOpen, .running, .unsettled, .nothingLeft: .conflict
        case .notAlike, .noRoom: .unprocessableContent
        }
    }
}

extension AuctionReadingRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .notCleared, .rulesUnknown: .conflict
        }
    }
}

extension EarlyOpeningRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .noPerson, .isBidder, .sameOperator: .forbidden
        case .closed, .alreadyProposed, .notProposed: .conflict
        }
    }
}

extension PostRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .otherDoor, .batchNotOpen, .running, .unsettled: .conflict
        }
    }
}

extension DirectOfferRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .notActive, .barred, .notEligible: .forbidden
        case .otherCurrency, .belowFloor, .aboveMost: .unprocessableContent
        case .notOpen, .notAgreed, .ownTurn, .othersTurn, .tooManyTurns, .batchNotOpen, .batchOverdue, .auctioned,
            .alreadyLive:
            .conflict
        }
    }
}

extension FindingRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .deciderIsConcerned: .forbidden
        case .decided: .conflict
        }
    }
}

extension RatingRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .notPaid, .alreadyRated: .conflict
        }
    }
}

extension RecordRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .keyMissing: .conflict
        case .invalid, .otherKey: .unprocessableContent
        }
    }
}

extension QualityCaseRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .noPerson, .deciderIsConcerned: .forbidden
        case .decided: .conflict
        case .notConcerned: .unprocessableContent
        }
    }
}

extension ExclusionRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .alreadyExcluded, .notExcluded: .conflict
        }
    }
}

extension AlertRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .closed: .conflict
        }
    }
}

extension RaiseRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .batchNotOpen, .notOffered, .overBudget, .notFunded, .tooMany: .conflict
        case .notMore, .aboveBand: .unprocessableContent
        }
    }
}

extension AwardRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .answered, .late, .batchNotOpen: .conflict
        }
    }
}

extension ReservationRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .batchOver, .packed: .conflict
        case .noSuchTasks: .unprocessableContent
        }
    }
}

extension BatchLifeRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .notInWork, .ended, .overdue, .resizing, .promised, .moreAnswers, .budgetTooLow: .conflict
        }
    }
}

extension SubmitRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .otherAnswerSubmitted, .leaseLost: .conflict
        case .invalidAnswer: .unprocessableContent
        case .notEligible: .forbidden
        }
    }
}

extension LeaseRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .leaseLost, .alreadySubmitted: .conflict
        }
    }
}

extension ContentRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .keysMissing: .serviceUnavailable
        case .destroyed, .emptied: .gone
        }
    }
}

extension VaultRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .keysMissing, .keyUnknown, .keyRetired: .serviceUnavailable
        case .unreadable: .internalServerError
        }
    }
}

extension StoreError {
    var status: HTTPResponse.Status {
        switch self {
        case .connectionLost, .commitOutcomeUnknown, .unreachable, .poolExhausted, .poolClosed, .contended:
            .serviceUnavailable
        case .invalidParameter: .unprocessableContent
        case .server(let error) where error.sqlState.hasPrefix("53") || error.sqlState.hasPrefix("40"):
            .serviceUnavailable
        case .server(let error) where error.sqlState == "57014" || error.sqlState == "55P03": .serviceUnavailable
        case .server, .decoding, .transactionAborted, .copyAbandoned, .unexpectedRowCount: .internalServerError
        }
    }

    var code: String {
        switch self {
        case .invalidParameter: "bad_input"
        case .commitOutcomeUnknown: "outcome_unknown"
        case .connectionLost, .unreachable, .poolExhausted, .poolClosed, .contended: "unavailable"
        case .server, .decoding, .transactionAborted, .copyAbandoned, .unexpectedRowCount:
            status == .serviceUnavailable ? "unavailable" : "internal"
        }
    }
}

extension ReviewRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .reviewerIsAuthor, .closeColleague, .reviewerWorkedOnTask, .reviewerHadOriginal, .notCleared,
            .conflictOfInterest:
            .forbidden
        case .alreadyReviewed, .sentBack, .opinionGiven, .notSubmitted: .conflict
        }
    }
}

extension ReworkRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .tooOften, .judged, .notOpen: .conflict
        case .invalidAnswer: .unprocessableContent
        }
    }
}

extension AppealRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .tooLate, .appealed, .notOpen: .conflict
        case .deciderAnswers, .hadPart, .tooClose: .forbidden
        }
    }
}

extension DecisionRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .deciderIsWorker, .deciderIsNoPerson: .forbidden
        }
    }
}

extension SubmitRefusal: PlacedRefusal {
    var places: [Problem.Place] {
        switch self {
        case .invalidAnswer(let faults): Problem.Place.inAnswer(faults)
        case .otherAnswerSubmitted, .leaseLost, .notEligible: []
        }
    }
}

extension ReworkRefusal: PlacedRefusal {
    var places: [Problem.Place] {
        switch self {
        case .invalidAnswer(let faults): Problem.Place.inAnswer(faults)
        case .tooOften, .judged, .notOpen: []
        }
    }
}
