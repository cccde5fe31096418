internal import Formats
internal import Foundation
internal import Marketplace

// What commands on profiles, papers, exams, tiers and agreements are over HTTP.

extension ProfileCommand.Show: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(ofWorker: worker, "profile"))
    }
}

extension ProfileCommand.Skills: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try RemoteServer.refuse("after", page.after != nil)
        let profile = try await server.get(
            try await server.path(ofWorker: worker, "profile"), ["fields": "skills"])
        return ["items": profile["skills"] ?? []]
    }
}

extension ProfileCommand.Change: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.put(
            RemoteServer.path("profile", "professions", profession),
            [
                "years": .integer(Int64(years)), "specialties": .array(specialty.map(JSON.string)),
                "law_languages": .array(lawLanguage.map(JSON.string)),
                "sub_specialties": .array(subSpecialty.map(JSON.string)), "title": title.map(JSON.string),
                "institution": institution.map(JSON.string),
            ])
    }
}

// MARK: Papers

extension CredentialCommand.Submit: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.post(
            "/v1/credentials",
            [
                "profession": .string(profession), "kind": .string(kind), "issuer": .string(issuer),
                "jurisdiction": .string(jurisdiction), "number": .string(number), "issued_on": .string(issuedOn),
                "expires_on": expiresOn.map(JSON.string), "category": category.map(JSON.string),
                "scope": scope.map(JSON.string), "register_status": registerStatus.map(JSON.string),
            ])
    }
}

extension CredentialCommand.List: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.get("/v1/credentials", RemoteServer.page(after: page.after, page.limit))
    }
}

extension CredentialCommand.Waiting: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            "/v1/credential-reviews", RemoteServer.page(after: page.after, page.limit, ["state": state]))
    }
}

extension CredentialCommand.Check: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("credentials", id, "check"))
    }
}

extension CredentialCommand.Verify: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("credentials", id, "verify"))
    }
}

extension CredentialCommand.Confirm: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("credentials", id, "confirm"))
    }
}

extension CredentialCommand.Refuse: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            RemoteServer.path("credentials", id, "refuse"),
            ["rule": .string(rule), "facts": [:], "reasons": .string(reasons)])
    }
}

extension CredentialCommand.Revoke: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try RemoteServer.refuse("rule", rule != "issuer_withdrew")
        return try await server.post(
            RemoteServer.path("credentials", id, "revoke"), ["reasons": .string(reasons)])
    }
}

// MARK: Exams and tiers

extension ExamCommand.Publish: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post("/v1/exams", whole: try readJSON(file, "file"))
    }
}

extension ExamCommand.List: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/exams", RemoteServer.page(after: page.after, page.limit))
    }
}

extension ExamCommand.Start: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.post(RemoteServer.path("exams", key, "attempts"))
    }
}

extension ExamCommand.HandIn: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.post(
            RemoteServer.path("exam-attempts", id, "answers"), ["answers": try readJSON(answers, "answers")])
    }
}

extension ExamCommand.Attempts: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(ofWorker: worker, "exam-attempts"),
            RemoteServer.page(after: page.after, page.limit))
    }
}

extension TierCommand.Rules: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(RemoteServer.path("tier-rules", profession))
    }
}

extension TierCommand.PublishRule: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            RemoteServer.path("tier-rules", profession),
            [
                "tier": .string(tier), "conditions": try readJSON(conditions, "conditions"),
                "is_automatic": .bool(automatic),
            ])
    }
}

extension TierCommand.Propose: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(ofWorker: worker, "tier-proposals"), ["profession": .string(profession)])
    }
}

extension TierCommand.List: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/tier-proposals", RemoteServer.page(after: page.after, page.limit))
    }
}

extension TierCommand.Decide: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            RemoteServer.path("tier-proposals", id, answer), ["reasons": reasons.map(JSON.string)])
    }
}

extension TierCommand.Lower: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(ofWorker: worker, "tiers"),
            [
                "profession": .string(profession), "tier": .string(tier), "reasons": .string(reasons),
                "rule": .string(rule),
            ])
    }
}

extension TierCommand.History: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try RemoteServer.refuse("on", on != nil)
        // The `next` of the page before, or an instant as beside the database: microseconds.
        let before = try page.after.map { text -> String in
            if let micros = Int64(text) { return "\(micros)" }
            let seconds = try readInstant(text).timeIntervalSince1970
            return "\(Int64((seconds * 1e6).rounded()))"
        }
        return try await server.get(
            try await server.path(ofWorker: worker, "tiers"), RemoteServer.page(before: before, page.limit))
    }
}

// MARK: Agreements

extension AgreementCommand.Accept: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.post(
            RemoteServer.path("agreements", kind, "acceptance"),
            ["version": .integer(Int64(version)), "hash": .string(hash)])
    }
}

extension AgreementCommand.Due: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.get("/v1/agreements", RemoteServer.page(limit))
    }
}
