internal import HTTPTypes
internal import Marketplace

extension SignInRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .busy: .serviceUnavailable
        case .failed, .codeMissing: .unauthorized
        case .ticketInvalid: .gone
        }
    }
}

extension InvitationRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .addressTaken, .signsInAlready: .conflict
        }
    }
}

extension OwnSignInRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .noPassword, .alreadyOn, .notBegun: .conflict
        case .notConfirmed: .forbidden
        }
    }
}

extension ProviderRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .unavailable: .serviceUnavailable
        case .notConfirmed: .unauthorized
        case .notLinked: .forbidden
        case .linkedToAnother, .keyTaken: .conflict
        }
    }
}

extension WebhookRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .tooMany, .notEnabled, .rotating: .conflict
        }
    }
}

extension TokenRefusal: HTTPRefusal {
    var status: HTTPResponse.Status {
        switch self {
        case .rotated: .conflict
        }
    }
}
