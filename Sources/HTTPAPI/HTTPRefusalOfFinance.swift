internal import HTTPTypes
internal import Marketplace

extension LedgerRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .alreadyPosted, .insufficientFunds, .alreadyReversed: .conflict
        case .impossibleTransfer, .balanceTooLarge: .unprocessableContent
        }
    }
}

extension BonusRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .notAccepted: .conflict
        }
    }
}

extension VoucherRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .personNeeded, .samePerson: .forbidden
        case .referenceTaken, .notReversible, .reversalPrepared, .decided, .nothingWithheld: .conflict
        }
    }
}

extension PayoutRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .secondPersonNeeded, .personNeeded: .forbidden
        case .nothingToPay, .wrongState, .accountsChanged, .dayPassed, .wrongForm, .clawbackOverturned,
            .accountErased, .fileDiffers:
            .conflict
        case .contentDiffers: .unprocessableContent
        }
    }
}

extension WithholdingRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .nothingLeft, .periodPassed, .baseChanged, .notWhole: .conflict
        }
    }
}

extension BankFileRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .otherKind, .faulty, .tooManyEntries: .unprocessableContent
        }
    }
}

extension BankEntryRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .notAwaited, .differenceNotPosted: .conflict
        case .samePerson: .forbidden
        }
    }
}

extension RateCardRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .approverIsMaker: .forbidden
        case .unknownProfession, .contentDiffers, .inThePast: .unprocessableContent
        case .wrongState, .notInForce, .overlaps: .conflict
        }
    }
}

extension PayFloorRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .unknownProfession, .inThePast: .unprocessableContent
        case .laterFloor: .conflict
        }
    }
}

extension PayoutDueRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .closed: .conflict
        }
    }
}

extension ClawbackRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .samePerson, .tooClose: .forbidden
        case .tooMuch: .unprocessableContent
        case .referenceTaken, .takenBack, .underWay, .notProposed, .notInForce: .conflict
        }
    }
}

extension TaxClaimRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .personNeeded, .samePerson: .forbidden
        case .referenceTaken, .ended: .conflict
        }
    }
}
