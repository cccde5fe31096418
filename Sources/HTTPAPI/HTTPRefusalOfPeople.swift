internal import HTTPTypes
internal import Marketplace

extension BatchRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .nameTaken, .wrongState, .overBudget, .notDraft, .noTasks, .overdue, .notFunded, .workInFlight: .conflict
        case .noRate: .unprocessableContent
        }
    }
}

extension ImportRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .faulty, .tooManyForStrict: .unprocessableContent
        case .sourceChanged, .underWay: .conflict
        }
    }
}

extension ProjectRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .keyTaken: .conflict
        }
    }
}

extension ExportRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .quarantined: .conflict
        }
    }
}

extension BatchQuarantineRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .alreadyQuarantined, .notQuarantined: .conflict
        }
    }
}

extension WithdrawalRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .tooClose: .forbidden
        case .caseNotUpheld, .nothingCounts: .conflict
        }
    }
}

extension RecollectionRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .ended, .nothingShort, .keyTaken: .conflict
        }
    }
}

extension GoldRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .noRate, .keyTaken, .alreadyGold: .conflict
        }
    }
}

extension ExpertiseRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .ownVerifier, .verifierIsNoPerson, .sameVerifier: .forbidden
        case .noProfile, .numberTaken, .notConfirmed: .conflict
        case .unknownProfession, .unknownKind, .reasonsMissing: .unprocessableContent
        }
    }
}

extension CatalogueRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .codeTaken: .conflict
        case .unknownProfession: .unprocessableContent
        }
    }
}

extension EvidenceRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .credentialClosed, .tooMany: .conflict
        }
    }
}

extension ActivationRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .duplicateOpen, .samePerson: .conflict
        }
    }
}

extension ApplyRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .noLanguage: .conflict
        }
    }
}

extension CloseWorkerRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .leasesLive: .conflict
        }
    }
}

extension DecideDuplicateRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .deciderIsConcerned: .forbidden
        }
    }
}

extension NoticePreferenceRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .kindMandatory: .conflict
        }
    }
}

extension AgreementRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .beginsBeforeNewest, .superseded: .conflict
        case .otherText: .unprocessableContent
        }
    }
}

extension IllegalTransition: HTTPRefusal {
    var status: HTTPResponse.Status { .conflict }
}
