internal import Formats
internal import Foundation
internal import Marketplace

// What commands on the catalogue of professions, on what bears papers out and on reviewers are over HTTP.

extension ProfileCommand.Declare: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(ofWorker: worker, "professions"),
            [
                "profession": .string(profession), "years": .integer(Int64(years)),
                "specialties": .array(specialty.map(JSON.string)),
            ])
    }
}

extension ProfileCommand.Professions: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/professions", RemoteServer.page(after: page.after, page.limit))
    }
}

extension ProfileCommand.Kinds: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/credential-kinds", RemoteServer.page(after: page.after, page.limit))
    }
}

extension ProfileCommand.AddProfession: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post("/v1/professions", ["profession": .string(code), "title": .string(title)])
    }
}

extension ProfileCommand.AddKind: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            "/v1/credential-kinds",
            [
                "kind": .string(code), "title": .string(title), "profession": profession.map(JSON.string),
                "is_licence": .bool(licence), "reverify_months": reverifyMonths.map { .integer(Int64($0)) },
            ])
    }
}

// MARK: Papers

extension CredentialCommand.Reverify: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let day: JSON = expiresOn.map(JSON.string) ?? .null
        return try await server.post(RemoteServer.path("credentials", id, "reverify"), ["expires_on": day])
    }
}

extension CredentialCommand.AddDocument: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let bytes = try readFile(file)
        return try await server.post(
            RemoteServer.path("credentials", id, "documents"),
            [
                "hash": .string(Digest(of: bytes).hexadecimal), "media_type": .string(mediaType),
                "size": .integer(Int64(bytes.count)), "name": .string(URL(fileURLWithPath: file).lastPathComponent),
            ])
    }
}

extension CredentialCommand.Documents: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(RemoteServer.path("credentials", id, "documents"))
    }
}

extension CredentialCommand.Leases: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            RemoteServer.path("credentials", id, "leases"), RemoteServer.page(after: page.after, page.limit))
    }
}

// MARK: Tiers, reviewers and payments

extension TierCommand.At: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(ofWorker: worker, "tiers", profession), ["at": instant])
    }
}

extension ReviewReviewersCommand: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/reviewers", RemoteServer.page(after: after, limit))
    }
}

extension WorkerCommand.Advice: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.download(
            try await server.path(ofWorker: worker, "remittance-advices", payout), ["format": table.format],
            to: table.output)
        return nil
    }
}
