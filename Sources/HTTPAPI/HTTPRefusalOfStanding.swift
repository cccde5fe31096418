internal import HTTPTypes
internal import Marketplace

extension RegisterWorkerRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .emailTaken: .conflict
        }
    }
}

extension ClearanceRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .ownGranter, .granterIsNoPerson: .forbidden
        case .sameLevel, .notCleared: .conflict
        }
    }
}

extension InterestRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .tooMany, .alreadyWithdrawn: .conflict
        }
    }
}

extension AvailabilityRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .exceptionOverlaps, .tooMany: .conflict
        }
    }
}

extension HoursPolicyRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .inThePast: .unprocessableContent
        case .laterPolicy: .conflict
        }
    }
}

extension EndHoursPolicyRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .inThePast: .unprocessableContent
        case .endsEarlier: .conflict
        }
    }
}

extension TeamRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .onlyAgencyIsPayee, .onlyAgencyIsManaged: .unprocessableContent
        case .inOtherTeam, .notMember: .conflict
        }
    }
}

extension PublishExamRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .unknownProfession: .unprocessableContent
        case .keyTaken, .versionTaken: .conflict
        }
    }
}

extension SitExamRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .noProfile, .noAttemptLeft, .coolingDown: .conflict
        }
    }
}

extension ProposeTierRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .noProfile, .noRule, .notMet: .conflict
        }
    }
}

extension DecideTierRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .heldAlready, .notHeld, .noLongerMet, .metAgain: .conflict
        }
    }
}

extension GuidelineRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .unchanged, .noMoreVersions: .conflict
        }
    }
}

extension RecheckRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .notFollowed, .listNotComplete, .nothingToCheck, .keyTaken: .conflict
        }
    }
}
