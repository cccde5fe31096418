internal import Formats
internal import Foundation
internal import Marketplace

// What commands on payouts, their dates, what banks say and what is taken back are over HTTP.

extension PayoutCommand.Prepare: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post("/v1/payouts", ["currency": .string(currency)])
    }
}

extension PayoutCommand.Lines: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            RemoteServer.path("payouts", id, "lines"), RemoteServer.page(after: page.after, page.limit))
    }
}

extension PayoutCommand.Shares: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            RemoteServer.path("payout-lines", line, "shares"), RemoteServer.page(after: page.after, page.limit))
    }
}

extension PayoutCommand.Approve: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            RemoteServer.path("payouts", id, "approve"), ["content_hash": .string(contentHash)])
    }
}

extension PayoutCommand.Issue: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        _ = try await server.post(RemoteServer.path("payouts", id, "issue"))
        try await server.download(RemoteServer.path("payouts", id, "file"), to: output)
        return nil
    }
}

extension PayoutCommand.File: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.download(RemoteServer.path("payouts", id, "file"), to: output)
        return nil
    }
}

extension PayoutCommand.Cancel: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("payouts", id, "cancel"))
    }
}

extension PayoutAgencyCommand: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.download(
            RemoteServer.path("payout-lines", line, "statement"), ["format": table.format], to: table.output)
        return nil
    }
}

// MARK: Bank files

extension PayoutSourceCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? { try await server.get("/v1/payout-sources") }
}

extension PayoutRunCommand: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            "/v1/payout-runs",
            ["source": .string(source), "day": .string(day), "minimum_minor": .integer(minimumMinor)])
    }
}

extension PayoutExportCommand: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let told = try await server.download(
            RemoteServer.path("payouts", id, "export"), by: "POST", to: output, isPrivate: true)
        func number(_ name: String) -> Int64? { told[name].flatMap { Int64($0) } }
        let changed = number("x-accounts-changed")
        if let changed, changed > 0 {
            Console.note("\(changed) payees have another account by now, which is not used.")
        }
        return RemoteCall.object([
            "output": .string(output), "file_hash": told["x-file-hash"].map(JSON.string),
            "payments": number("x-payments").map(JSON.integer), "accounts_changed": changed.map(JSON.integer),
            "is_first": told["x-first-time"].map { .bool($0 == "true") },
        ])
    }
}

extension PayoutImportCommand: RemoteCommand {
    /// What a server takes of a bank file.
    private static let bytesMost = 4_000_000

    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post("/v1/bank-imports", ["file": .string(try text())], keyed: false)
    }

    /// Not inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
    @inline(never)
    private func text() throws -> String {
        let reader = try ByteReader(path: file, bytesMax: Self.bytesMost)
        var bytes: [UInt8] = []
        while let piece = try reader.next() { bytes += piece }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw BadInput("file", "must be UTF-8 to be sent to a server")
        }
        return text
    }
}

extension PayoutReconcileCommand: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let told: RemoteServer.Members = ["reason": .string(reason ?? "")]
        if let resolve {
            return try await server.post(RemoteServer.path("bank-entries", resolve, "resolve"), told)
        }
        if let settle { return try await server.post(RemoteServer.path("bank-entries", settle, "settle"), told) }
        if let resolveStatement {
            return try await server.post(RemoteServer.path("bank-statements", resolveStatement, "resolve"), told)
        }
        let asked = RemoteServer.page(after: page.after, page.limit)
        if statements { return try await server.get("/v1/bank-statements", asked) }
        if entries { return try await server.get("/v1/bank-entries", asked) }
        if payments { return try await server.get("/v1/open-payments", asked) }
        return try await server.get("/v1/reconciliation")
    }
}

// MARK: Dates

extension PayoutScheduleCommand.Set: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let days = monthly?.split(separator: ",").map { JSON.integer(Int64($0) ?? 0) }
        return try await server.put(
            RemoteServer.path("payout-schedules", source),
            [
                "weekly": weekly.map { .string($0.lowercased()) }, "monthly": days.map(JSON.array),
                "minute": .integer(Int64(try minute())), "time_zone": .string(timeZone),
                "minimum_minor": .integer(minimumMinor),
            ])
    }
}

extension PayoutScheduleCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/payout-schedules", RemoteServer.page(after: after, limit))
    }
}

extension PayoutDueCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            "/v1/payouts-due", RemoteServer.page(before: page.after, page.limit, ["state": state]))
    }
}

extension PayoutDueCommand.Prepare: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("payouts-due", id, "prepare"))
    }
}

extension PayoutDueCommand.Skip: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("payouts-due", id, "skip"), ["reason": .string(reason)])
    }
}

// MARK: What is taken back

extension ClawbackCommand.Propose: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let items = try earning.map { text -> JSON in
            let part = try Self.part(text)
            return RemoteCall.object([
                "earning": .string("\(part.earning)"), "amount_minor": part.amountMinor.map(JSON.integer),
            ])
        }
        let whom: JSON = .string(try await server.worker(worker))
        return try await server.post(
            "/v1/clawbacks",
            [
                "worker": whom, "rule": .string(rule), "items": .array(items), "reasons": .string(reasons),
                "reference": .string(reference),
            ])
    }
}

extension ClawbackCommand.Decide: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("clawbacks", id, "decide"), ["take_back": .bool(!refuse)])
    }
}

extension ClawbackCommand.Agree: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.post(RemoteServer.path("clawbacks", id, "agree"))
    }
}

extension ClawbackCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let query = RemoteServer.page(before: page.after, page.limit, ["state": state])
        guard let worker else { return try await server.get("/v1/clawbacks", query) }
        return try await server.get(try await server.path(ofWorker: worker, "clawbacks"), query)
    }
}
