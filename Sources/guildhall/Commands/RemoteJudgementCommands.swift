internal import Formats
internal import Foundation
internal import Marketplace

// What commands on reviews, decisions, quality and how the market does are over HTTP.

extension ReviewerOptions {
    /// The path of an assignment to be judged, which the API has below its batch.
    fileprivate func path(
        _ assignment: String, in batch: String?, on server: RemoteServer
    ) async throws -> String {
        guard let batch else { throw BadInput("batch", "is missing: with --server give --batch, too") }
        return try await server.path(of: requester, "reviews", batch, assignment)
    }
}

/// The marks of a file, as members of a body.
private func marks(_ file: String?) throws -> RemoteServer.Members {
    guard let file else { return [:] }
    let sheet = try readJSONFile(file, "fields").objectValue ?? [:]
    return sheet.mapValues { Optional($0) }
}

extension ReviewCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: whose.requester, "reviews", batch), RemoteServer.page(after: after, limit))
    }
}

extension ReviewCommand.Show: RemoteCommand {
    /// As beside the database, always.
    var json: Bool { true }

    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await whose.path(assignment, in: batch, on: server))
    }
}

extension ReviewCommand.Judge: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let verdict: Verdict? =
            accept ? .accepted : reject ? .rejected : share == nil ? nil : .acceptedInPart
        let said: RemoteServer.Members = [
            "verdict": verdict.map { .string($0.rawValue) }, "share_bps": share.map { .integer(Int64($0)) },
            "reasons": reasons.isEmpty ? nil : .string(reasons),
        ]
        let sheet = try marks(fields)
        return try await server.post(
            try await whose.path(assignment, in: batch, on: server), sheet.merging(said) { $1 })
    }
}

extension ReviewBackCommand: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let sheet = try marks(fields)
        let path = try await whose.path(assignment, in: batch, on: server)
        return try await server.post(path + "/back", sheet.merging(["reasons": .string(reasons)]) { $1 })
    }
}

extension ReviewPolicyCommand: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let path = try await server.path(ofProject: project, of: requester, "review-policy")
        guard let set else { return try await server.get(path) }
        let policy = try readJSONFile(set, "policy")
        return try await server.change(path) { _ in policy }
    }
}

// MARK: Decisions

extension DecisionCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try RemoteServer.refuse("kind", kind != nil)
        guard let worker else { throw BadInput("worker", "is missing: a server lists what was decided about who asks") }
        try await server.demandSelf(worker: worker)
        return try await server.get("/v1/decisions", RemoteServer.page(before: before, limit))
    }
}

extension DecisionCommand.Appeals: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/appeals", RemoteServer.page(after: after, limit, ["state": state]))
    }
}

extension DecisionCommand.File: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.post(
            RemoteServer.path("decisions", decision, "appeal"), ["statement": .string(statement)])
    }
}

extension DecisionCommand.Withdraw: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.post(RemoteServer.path("appeals", appeal, "withdraw"))
    }
}

extension DecisionCommand.Answer: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            RemoteServer.path("appeals", appeal, "answer"),
            ["verdict": .string(verdict), "answer": .string(answer)])
    }
}

extension DecisionCommand.Statistics: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? { try await server.get("/v1/decision-statistics") }
}

// MARK: Quality

extension QualityCommand.Cases: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/quality/cases", RemoteServer.page(after: after, limit, ["state": state]))
    }
}

extension QualityCommand.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(RemoteServer.path("quality", "cases", id))
    }
}

extension QualityCommand.Dismiss: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("quality", "cases", id, "dismiss"), ["reasons": .string(reasons)])
    }
}

extension QualityCommand.Uphold: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        var whom: [JSON] = []
        for key in exclude { whom.append(.string(try await server.worker(key))) }
        return try await server.post(
            RemoteServer.path("quality", "cases", id, "uphold"),
            ["reasons": .string(reasons), "exclude": .array(whom)])
    }
}

extension QualityCommand.Quarantine: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let path = try await server.path(of: requester, "batches", batch, "quarantine")
        return try await server.post(lift ? path + "/lift" : path, ["reasons": .string(reasons)])
    }
}

extension QualityCommand.Quarantines: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            "/v1/quarantines", RemoteServer.page(after: after, limit, ["past": past ? "true" : nil]))
    }
}

extension QualityCommand.Withdraw: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let owner = try await server.requester(requester)
        let (whom, programme): (JSON, JSON) = (
            .string(try await server.worker(worker)), .string(try await server.project(project, of: owner))
        )
        return try await server.post(
            RemoteServer.path("withdrawals", owner),
            [
                "worker": whom, "project": programme, "batch": batch.map(JSON.string), "case": cause.map(JSON.string),
                "reasons": .string(reasons),
            ])
    }
}

extension QualityCommand.Withdrawals: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: requester, "withdrawals"), RemoteServer.page(after: after, limit))
    }
}

extension QualityCommand.Affected: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: requester, "withdrawals", id, "tasks"), RemoteServer.page(after: after, limit))
    }
}

extension QualityCommand.Recollect: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let owner = try await server.requester(requester)
        let plan = try await server.post(
            RemoteServer.path("withdrawals", owner, id, "recollections"),
            ["batch": .string(batch), "name": .string(name)], keyed: false)
        if confirm {
            _ = try await server.post(
                RemoteServer.path("batches", owner, plan["batch"]?.stringValue ?? "", "publish"))
        }
        return .object((plan.objectValue ?? [:]).merging(["published": .bool(confirm)]) { $1 })
    }
}

extension QualityCommand.Gold.Mint: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(of: requester, "batches", batch, "gold"),
            ["most": .integer(Int64(most)), "exposures": .integer(Int64(exposures))], keyed: false)
    }
}

extension QualityCommand.Gold.Canary: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(of: requester, "batches", batch, "canaries"),
            [
                "external_key": .string(task), "reasons": .array(reason.map(JSON.string)),
                "exposures": .integer(Int64(exposures)),
            ])
    }
}

extension QualityCommand.Gold.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: requester, "gold"),
            RemoteServer.page(after: page.after, page.limit, ["source": source]))
    }
}

// MARK: How the market does

extension ScheduleCommand.Why: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        if let batch {
            let (owner, id) = try batchName(batch, "batch")
            return try await server.get(
                try await server.path(of: owner, "batches", "\(id)", "routing"),
                RemoteServer.page(before: before, limit, ["as": self.as]))
        }
        try await server.demandSelf(worker: worker ?? "")
        guard let offer else { return try await server.get("/v1/work/routing") }
        return try await server.get(RemoteServer.path("offers", offer, "why"))
    }
}

extension ScheduleCommand.Alerts.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/alerts", RemoteServer.page(after: after, limit, ["state": state]))
    }
}

extension ScheduleCommand.Alerts.Close: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("alerts", alert, "close"), ["resolution": .string(resolution)])
    }
}

extension DoctorCommand: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try RemoteServer.refuse("full", full)
        let found = try await server.get("/v1/doctor")
        return try told(found, isWell: found["is_clean"] == true)
    }
}

extension MetricsCommand: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let text = try await server.text("/metrics")
        guard json else {
            Console.result(text)
            return nil
        }
        // `name{label="value"} 12.5`, a figure a line.
        let figures = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            line.lastIndex(of: " ").map { end in
                (String(line[..<end]), JSON.number(String(line[line.index(after: end)...])))
            }
        }
        return .object(Dictionary(figures, uniquingKeysWith: { first, _ in first }))
    }
}
