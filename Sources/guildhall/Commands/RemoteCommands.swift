internal import Formats
internal import Foundation
internal import Marketplace

// What commands are over HTTP. A command that is not here says that no route does it.

extension WebhookCommand.Add: RemoteCommand {
    var printsJSON: Bool { options.json }

    func remoteCall() throws -> RemoteCall {
        let id: Requester.ID = try readID(requester, "requester")
        return .post(
            "/v1/requesters/\(id)/webhooks",
            ["url": .string(url), "kinds": kind.isEmpty ? nil : .array(kind.map(JSON.string))], keyed: false)
    }
}

extension WebhookCommand.List: RemoteCommand {
    var printsJSON: Bool { options.json }

    func remoteCall() throws -> RemoteCall {
        let id: Requester.ID = try readID(requester, "requester")
        return .get("/v1/requesters/\(id)/webhooks", ["after": page.after, "limit": "\(page.limit)"])
    }
}

extension WebhookCommand.Change: RemoteCommand {
    var printsJSON: Bool { options.json }

    func remoteCall() throws -> RemoteCall {
        let id: WebhookEndpoint.ID = try readID(webhook, "webhook")
        let kinds: JSON? = allKinds ? [] : kind.isEmpty ? nil : .array(kind.map(JSON.string))
        let isEnabled: JSON? = enable ? true : disable ? false : nil
        return RemoteCall(
            method: "PATCH", path: "/v1/webhooks/\(id)",
            body: RemoteCall.object(["url": url.map(JSON.string), "kinds": kinds, "is_enabled": isEnabled]))
    }
}

extension WebhookCommand.Rotate: RemoteCommand {
    var printsJSON: Bool { options.json }

    func remoteCall() throws -> RemoteCall {
        let id: WebhookEndpoint.ID = try readID(webhook, "webhook")
        return .post(
            "/v1/webhooks/\(id)/secret", ["overlap_seconds": .integer(Int64(overlapHours) * 3_600)], keyed: false)
    }
}

extension WebhookCommand.Test: RemoteCommand {
    var printsJSON: Bool { options.json }

    func remoteCall() throws -> RemoteCall {
        let id: WebhookEndpoint.ID = try readID(webhook, "webhook")
        return .post("/v1/webhooks/\(id)/test")
    }
}

extension WebhookCommand.Deliveries: RemoteCommand {
    var printsJSON: Bool { options.json }

    func remoteCall() throws -> RemoteCall {
        let id: WebhookEndpoint.ID = try readID(webhook, "webhook")
        return .get(
            "/v1/webhooks/\(id)/deliveries",
            ["state": state, "before": before.map(String.init), "limit": "\(limit)"])
    }
}

extension WebhookCommand.Attempts: RemoteCommand {
    var printsJSON: Bool { options.json }

    func remoteCall() throws -> RemoteCall {
        let id: WebhookEndpoint.ID = try readID(webhook, "webhook")
        let event: Identifier<WebhookDelivery> = try readID(event, "event")
        return .get("/v1/webhooks/\(id)/deliveries/\(event)/attempts")
    }
}

extension WebhookCommand.Replay: RemoteCommand {
    var printsJSON: Bool { options.json }

    func remoteCall() throws -> RemoteCall {
        let id: WebhookEndpoint.ID = try readID(webhook, "webhook")
        guard let event else {
            return .post("/v1/webhooks/\(id)/replay", ["given_up_since": givenUpSince.map(JSON.string)])
        }
        let one: Identifier<WebhookDelivery> = try readID(event, "event")
        return .post("/v1/webhooks/\(id)/deliveries/\(one)/replay")
    }
}

extension PersonCommand.Invite: RemoteCommand {
    var printsJSON: Bool { options.json }

    func remoteCall() throws -> RemoteCall {
        let id: Principal.ID = try readID(person.name, "name")
        return .post("/v1/invitations", ["person": .string("\(id)"), "email": .string(email)], keyed: false)
    }
}

extension PersonCommand.Sessions: RemoteCommand {
    var printsJSON: Bool { options.json }

    func remoteCall() -> RemoteCall { .get("/v1/sessions", ["before": before, "limit": "\(limit)"]) }
}

extension TokenCommand.List: RemoteCommand {
    var printsJSON: Bool { json }

    func remoteCall() -> RemoteCall { .get("/v1/tokens", ["before": before, "limit": "\(limit)"]) }
}

extension TokenCommand.Issue: RemoteCommand {
    var printsJSON: Bool { json }

    func remoteCall() -> RemoteCall {
        let scopes = scope.isEmpty ? TokenScope.allCases.map(\.rawValue) : scope
        return .post(
            "/v1/tokens",
            [
                "name": .string(name), "scopes": .array(scopes.map(JSON.string)), "days": .integer(Int64(days)),
            ], keyed: false)
    }
}

extension TokenCommand.Rotate: RemoteCommand {
    var printsJSON: Bool { json }

    func remoteCall() throws -> RemoteCall {
        let id: AccessToken.ID = try readID(token, "token")
        return .post(
            "/v1/tokens/\(id)/rotation", ["overlap_seconds": .integer(Int64(overlapHours) * 3_600)], keyed: false)
    }
}

extension TokenCommand.Revoke: RemoteCommand {
    var printsJSON: Bool { json }

    func remoteCall() throws -> RemoteCall {
        let id: AccessToken.ID = try readID(token ?? "", "token")
        return RemoteCall(method: "DELETE", path: "/v1/tokens/\(id)")
    }
}

extension AskCommand.Set: RemoteCommand {
    var printsJSON: Bool { json }

    func remoteCall() throws -> RemoteCall {
        RemoteCall(
            method: "PUT", path: "/v1/asks",
            body: RemoteCall.object([
                "hourly_minor": .integer(hourlyMinor), "currency": .string(try work.currencyCode().code),
                "profession": try work.professionCode().map { .string($0.code) },
            ]))
    }
}

extension AskCommand.Show: RemoteCommand {
    var printsJSON: Bool { json }

    func remoteCall() -> RemoteCall { .get("/v1/asks", ["limit": "200"]) }
}

extension AskCommand.List: RemoteCommand {
    var printsJSON: Bool { json }

    func remoteCall() -> RemoteCall {
        .get("/v1/asks", ["past": "true", "before": before, "limit": "\(limit)"])
    }
}

extension AskCommand.End: RemoteCommand {
    var printsJSON: Bool { json }

    func remoteCall() throws -> RemoteCall {
        RemoteCall(
            method: "DELETE", path: "/v1/asks",
            query: ["currency": try work.currencyCode().code, "profession": try work.professionCode()?.code])
    }
}

extension OfferCommand.List: RemoteCommand {
    var printsJSON: Bool { json }

    func remoteCall() -> RemoteCall { .get("/v1/offers", ["before": before, "limit": "\(limit)"]) }
}
