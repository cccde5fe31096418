internal import Formats
internal import Foundation
internal import Marketplace

// What commands on how workers begin and end, on texts, notices and the accounts that payouts are made from are over
// HTTP.

extension WorkerCommand.Apply: RemoteWorkerCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(try await server.path(ofWorker: event.key, "apply"))
    }
}

extension WorkerCommand.Close: RemoteWorkerCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        guard own else {
            return try await server.post(
                try await server.path(ofWorker: event.key, "close"),
                ["rule": .string(rule), "facts": [:], "reasons": .string(reasons)])
        }
        try await server.demandSelf(worker: event.key)
        return try await server.post("/v1/workers/me/close", ["confirm": "close"])
    }
}

extension DuplicatesCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/duplicate-cases", RemoteServer.page(after: after, limit, ["state": state]))
    }
}

extension DuplicatesCommand.Decide: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            RemoteServer.path("duplicate-cases", id, "decide"),
            ["finding": .string(finding), "reasons": .string(reasons)])
    }
}

// MARK: Agreements and notices

extension AgreementCommand.Publish: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let text = try Self.text(of: file)
        return try await server.post(
            "/v1/agreements",
            [
                "kind": .string(kind), "title": .string(title), "body": .string(text),
                "valid_from": validFrom.map(JSON.string),
            ])
    }
}

extension AgreementCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/agreement-versions", RemoteServer.page(after: after, limit, ["kind": kind]))
    }
}

extension NoticesCommand.Prefer: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await whose.demandSelf(on: server)
        if let kind {
            _ = try await server.put(
                "/v1/notice-preferences",
                ["kind": .string(kind), "channel": .string(channel), "is_wanted": .bool(wanted)])
        }
        return try await server.get("/v1/notice-preferences")
    }
}

// MARK: Money and files

extension PayoutSourceCommand.Set: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let document = try readJSONFile(settings, "settings")
        return try await server.put(
            RemoteServer.path("payout-sources", name),
            ["format": .string(format), "currency": .string(currency), "settings": document])
    }
}

extension ImportCommand.Faults: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        guard let batch else { throw BadInput("batch", "is missing: with --server give --batch, too") }
        return try await server.get(
            try await server.path(of: whose.requester, "batches", batch, "imports", id, "faults"),
            RemoteServer.page(after: "\(after)", limit))
    }
}
