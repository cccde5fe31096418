internal import Formats
internal import Foundation
internal import Marketplace

// What commands on people, their sign-in and what they are told are over HTTP. A command that is in none of the
// Remote…Commands files says that no route does it.

extension WebhookCommand.Add: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let id = try await server.requester(requester)
        return try await server.post(
            RemoteServer.path("requesters", id, "webhooks"),
            ["url": .string(url), "kinds": kind.isEmpty ? nil : .array(kind.map(JSON.string))])
    }
}

extension WebhookCommand.List: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let id = try await server.requester(requester)
        return try await server.get(
            RemoteServer.path("requesters", id, "webhooks"), RemoteServer.page(after: page.after, page.limit))
    }
}

extension WebhookCommand.Change: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let kinds: JSON? = allKinds ? [] : kind.isEmpty ? nil : .array(kind.map(JSON.string))
        let isEnabled: JSON? = enable ? true : disable ? false : nil
        return try await server.patch(
            RemoteServer.path("webhooks", webhook),
            ["url": url.map(JSON.string), "kinds": kinds, "is_enabled": isEnabled])
    }
}

extension WebhookCommand.Rotate: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            RemoteServer.path("webhooks", webhook, "secret"),
            ["overlap_seconds": .integer(Int64(overlapHours) * 3_600)])
    }
}

extension WebhookCommand.Test: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("webhooks", webhook, "test"))
    }
}

extension WebhookCommand.Deliveries: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            RemoteServer.path("webhooks", webhook, "deliveries"),
            RemoteServer.page(before: before.map(String.init), limit, ["state": state]))
    }
}

extension WebhookCommand.Attempts: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(RemoteServer.path("webhooks", webhook, "deliveries", event, "attempts"))
    }
}

extension WebhookCommand.Replay: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        guard let event else {
            return try await server.post(
                RemoteServer.path("webhooks", webhook, "replay"),
                ["given_up_since": givenUpSince.map(JSON.string)])
        }
        return try await server.post(RemoteServer.path("webhooks", webhook, "deliveries", event, "replay"))
    }
}

extension PersonCommand.List: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/people", RemoteServer.page(after: page.after, page.limit))
    }
}

extension PersonCommand.Invite: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let id = person.worker ? try await server.worker(person.name) : try await server.person(person.name)
        return try await server.post("/v1/invitations", ["person": .string(id), "email": .string(email)])
    }
}

extension TokenCommand.Holder {
    /// Refuses anybody but whoever asks: a server lists and gives out no others' tokens.
    fileprivate func demandSelf(on server: RemoteServer) async throws {
        try RemoteServer.refuse("requester", requester != nil)
        if let worker { try await server.demandSelf(worker: worker) }
        if let principal { try await server.demandSelf(principal: principal) }
    }
}

extension TokenCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await holder.demandSelf(on: server)
        return try await server.get("/v1/tokens", RemoteServer.page(before: before, limit))
    }
}

extension TokenCommand.Issue: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await holder.demandSelf(on: server)
        let scopes = scope.isEmpty ? TokenScope.allCases.map(\.rawValue) : scope
        return try await server.post(
            "/v1/tokens",
            [
                "name": .string(name), "scopes": .array(scopes.map(JSON.string)), "days": .integer(Int64(days)),
            ])
    }
}

extension TokenCommand.Rotate: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            RemoteServer.path("tokens", token, "rotation"),
            ["overlap_seconds": .integer(Int64(overlapHours) * 3_600)])
    }
}

extension TokenCommand.Revoke: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await holder.demandSelf(on: server)
        guard let token else { throw BadInput("token", "is missing: a server ends one at a time") }
        let id: AccessToken.ID = try readID(token, "token")
        return try await server.delete(RemoteServer.path("tokens", "\(id)"))
    }
}

extension RecipientOptions {
    /// Refuses anybody but whoever asks: a server tells nobody what another was told.
    func demandSelf(on server: RemoteServer) async throws {
        if let worker { try await server.demandSelf(worker: worker) }
        if let person { try await server.demandSelf(person: person) }
    }
}

extension NoticesCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await whose.demandSelf(on: server)
        return try await server.get(
            "/v1/notices", RemoteServer.page(before: before, limit, ["unread": unread ? "true" : nil]))
    }
}

extension NoticesCommand.Read: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await whose.demandSelf(on: server)
        return try await server.post(RemoteServer.path("notices", id, "read"))
    }
}

extension TeamCommand.Create: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            "/v1/teams",
            [
                "external_key": .string(key), "kind": .string(kind), "name": .string(name), "base": .string(base),
                "is_payee": .bool(isPayee),
            ])
    }
}

extension TeamCommand.Payee: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        guard ["agency", "people"].contains(payee) else { throw BadInput("payee", "must be agency or people") }
        return try await server.put(
            try await server.path(ofTeam: key, "payee"), ["is_payee": .bool(payee == "agency")])
    }
}

extension TeamCommand.Manager: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let path = try await server.path(ofTeam: key, "managers", try await server.person(person))
        return dismiss ? try await server.delete(path) : try await server.put(path)
    }
}

extension TeamCommand.Add: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.put(
            try await server.path(ofTeam: key, "members", try await server.worker(worker)))
    }
}

extension TeamCommand.Remove: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.delete(
            try await server.path(ofTeam: key, "members", try await server.worker(worker)))
    }
}

extension TeamCommand.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let id = try await server.team(key)
        let members = try await server.get(
            RemoteServer.path("teams", id, "members"), RemoteServer.page(before: before, limit))
        let capacity = try await server.get(RemoteServer.path("teams", id, "capacity"))
        return [
            "team": .string(id), "members": members["items"] ?? [], "next": members["next"] ?? .null,
            "capacity": capacity["items"] ?? [],
        ]
    }
}

extension TeamCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/teams", RemoteServer.page(after: after, limit))
    }
}

extension TeamCommand.Work: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(ofTeam: key, "work"), RemoteServer.page(before: before, limit))
    }
}

extension TeamCommand.Capacity: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let id = try await server.team(key)
        if let profession, let weeklyMinutes {
            _ = try await server.put(
                RemoteServer.path("teams", id, "capacity", profession),
                ["weekly_minutes": .integer(Int64(weeklyMinutes))])
        }
        return try await server.get(RemoteServer.path("teams", id, "capacity"))
    }
}

extension TeamCommand.Account: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let path = try await server.path(ofTeam: key, "payout-method")
        return try await server.put(
            path,
            [
                "account": .string(readLine() ?? ""), "bank": bank.map(JSON.string), "holder": .string(holder),
                "country": .string(country), "currency": .string(currency), "address": address.json,
            ])
    }
}
