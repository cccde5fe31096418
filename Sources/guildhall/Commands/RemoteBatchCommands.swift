internal import Formats
internal import Foundation
internal import Marketplace

// What commands on requesters, projects, batches, their tasks and guidelines are over HTTP.

extension RequesterCommand.Add: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post("/v1/requesters", ["external_key": .string(key), "name": .string(name)])
    }
}

extension RequesterCommand.List: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/requesters", RemoteServer.page(after: page.after, page.limit))
    }
}

extension RequesterCommand.Fund: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let id = try await server.requester(key)
        return try await server.post(
            RemoteServer.path("requesters", id, "fundings"),
            [
                "amount_minor": .integer(amountMinor), "currency": .string(currency),
                "reference": .string(reference),
            ])
    }
}

extension RequesterBonusCommand: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let id = try await server.requester(key)
        return try await server.post(
            RemoteServer.path("requesters", id, "bonuses"),
            [
                "assignment": .string(assignment), "amount_minor": .integer(amountMinor),
                "currency": .string(currency), "reference": .string(reference), "reason": .string(reason),
            ])
    }
}

extension RequesterCommand.Score: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(of: requester, "ratings"))
    }
}

extension ProjectCommand.Create: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let draft: JSON = .object(try readDraft(file))
        return try await server.post(try await server.path(of: whose.requester, "projects"), whole: draft)
    }
}

extension ProjectCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: whose.requester, "projects"), RemoteServer.page(after: page.after, page.limit))
    }
}

extension ProjectCommand.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(ofProject: project, of: whose.requester))
    }
}

extension ProjectCommand.Share: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let share: JSON = bps.map { .integer(Int64($0)) } ?? .null
        return try await server.put(
            try await server.path(ofProject: project, of: whose.requester, "share-limit"), ["share_bps": share])
    }
}

extension ProjectCommand.Weigh: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.put(
            try await server.path(ofProject: project, of: whose.requester, "weight"),
            ["weight": .integer(Int64(weight))])
    }
}

extension ContentCommand.Retention: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let retention: JSON = name.map(JSON.string) ?? .null
        return try await server.put(
            try await server.path(ofProject: project, of: requester, "retention-class"),
            ["retention_class": retention])
    }
}

extension ContentCommand.RetentionClasses: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/retention-classes", RemoteServer.page(after: after, limit))
    }
}

extension ContentCommand.SetRetention: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let scope: RetentionScope = references ? .contentAndReferences : .content
        return try await server.put(
            RemoteServer.path("retention-classes", name),
            ["days_after_close": .integer(Int64(days)), "scope": .string(scope.rawValue)])
    }
}

// MARK: Batches

extension BatchCommand.Create: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        var draft = try readDraft(file)
        let tasks = draft.removeValue(forKey: "tasks")?.arrayValue ?? []
        let owner = try await server.requester(whose.requester)
        let made = try await server.post(RemoteServer.path("batches", owner), whole: .object(draft))
        guard let batch = made["batch"]?.stringValue else { return made }
        var intake = RemoteIntake(server: server, path: RemoteServer.path("batches", owner, batch, "tasks"))
        for (place, task) in tasks.enumerated() { try await intake.add(task, at: place + 1) }
        try await intake.finish()
        for fault in intake.faults.prefix(20) { Console.note("task \(fault.line): \(fault.reason)") }
        return [
            "batch": .string(batch), "tasks_added": .integer(Int64(intake.added)),
            "tasks_known": .integer(Int64(intake.unchanged)), "faults": .integer(Int64(intake.faulty)),
        ]
    }
}

extension BatchCommand.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try RemoteServer.refuse("before", before != nil)
        return try await server.get(try await server.path(of: whose.requester, "batches", batch))
    }
}

extension BatchCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: whose.requester, "batches"),
            RemoteServer.page(before: before, limit, ["archived": archived ? "true" : nil]))
    }
}

extension BatchCommand.Prices: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(of: whose.requester, "batches", batch, "prices"))
    }
}

extension BatchCommand.Publish: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(try await server.path(of: whose.requester, "batches", batch, "publish"))
    }
}

extension BatchCommand.Close: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(try await server.path(of: whose.requester, "batches", batch, "close"))
    }
}

extension BatchCommand.Pause: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(try await server.path(of: of, "pause"))
    }
}

extension BatchCommand.Resume: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(try await server.path(of: of, "resume"))
    }
}

extension BatchCommand.Archive: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(try await server.path(of: of, "archive"))
    }
}

extension BatchCommand.Deadline: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let due: JSON = until.map(JSON.string) ?? .null
        return try await server.put(try await server.path(of: of, "deadline"), ["due_at": due])
    }
}

extension BatchCommand.Priority: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.put(try await server.path(of: of, "priority"), ["priority": .integer(Int64(to))])
    }
}

extension BatchCommand.Budget: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.put(
            try await server.path(of: of, "budget"), ["budget_minor": .integer(minor)], keyed: false)
    }
}

extension BatchCommand.Redundancy: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.put(
            try await server.path(of: of, "redundancy"), ["redundancy": .integer(Int64(to))], keyed: false)
    }
}

extension BatchCommand.Clone: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(of: of, "clone"), ["name": .string(name), "due_at": until.map(JSON.string)])
    }
}

extension BatchCommand.Withdraw: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let path = try await server.path(of: of)
        guard all else {
            return try await server.post(path + "/withdrawals", ["tasks": .array(keys.map(JSON.string))])
        }
        // A page at a time; said again it takes what is left.
        var (tasks, slots, released): (Int64, Int64, Int64) = (0, 0, 0)
        var (last, currency): (String?, JSON) = (nil, .null)
        repeat {
            let page = try await server.get(path + "/tasks", RemoteServer.page(after: last, 200))
            let open = (page["items"]?.arrayValue ?? []).filter { $0["state"] == "open" }
                .compactMap { $0["external_key"] }
            if !open.isEmpty {
                let done = try await server.postOneOfMany(path + "/withdrawals", ["tasks": .array(open)])
                tasks += done["tasks"]?.integerValue ?? 0
                slots += done["slots"]?.integerValue ?? 0
                released += done["released_minor"]?.integerValue ?? 0
                currency = done["currency"] ?? currency
            }
            last = page["next"]?.stringValue
        } while last != nil
        return [
            "tasks": .integer(tasks), "slots": .integer(slots), "released_minor": .integer(released),
            "currency": currency,
        ]
    }
}

extension BatchCommand.Stoppings: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(of: of, "stoppings"), RemoteServer.page(after: after, limit))
    }
}

extension BatchCommand.Quarantine.List: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: of, "quarantined-slots"), RemoteServer.page(after: after, limit))
    }
}

extension BatchCommand.Quarantine.Release: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let found = try await server.get(try await server.path(of: of, "tasks", task))
        return try await server.post(
            try await server.path(of: of, "quarantined-slots", found["task"]?.stringValue ?? "", "release"),
            ["slot": .integer(Int64(slot))])
    }
}
