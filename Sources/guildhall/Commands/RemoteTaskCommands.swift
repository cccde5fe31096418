internal import Formats
internal import Foundation
internal import Marketplace

// What commands on tasks, their files and guidelines are over HTTP.

extension TaskCommand.List: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(of: of, "tasks"), RemoteServer.page(after: after, limit))
    }
}

extension TaskCommand.Show: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(of: of, "tasks", key))
    }
}

extension ImportCommand.List: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: of, "imports"),
            RemoteServer.page(before: before, limit, ["state": running ? "running" : nil]))
    }
}

extension ImportCommand.Tasks: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try RemoteServer.refuse("strict", strict)
        try RemoteServer.refuse("deidentify_with", deidentifyWith != nil)
        let path = try await server.path(of: requester, "batches", batch, "tasks")
        var intake = RemoteIntake(server: server, path: path)
        let bar = ProgressBar()
        defer { bar.end() }
        let reader = try Self.reader(of: file, format)
        while let item = try Self.next(of: reader) {
            switch item {
            case .fault(let fault): intake.note(fault)
            case .record(let record):
                if let task = record.draft {
                    try await intake.add(task, at: record.line)
                } else {
                    intake.note(record.knownAnswers)
                }
            }
            bar.update(done: intake.records, total: nil, label: "tasks")
        }
        try await intake.finish()
        bar.end()
        let faults = intake.faults.prefix(show)
        if !json { for fault in faults { Console.note(fault.text) } }
        return [
            "batch": .string(batch), "records": .integer(Int64(intake.records)),
            "added": .integer(Int64(intake.added)), "unchanged": .integer(Int64(intake.unchanged)),
            "faulty": .integer(Int64(intake.faulty)), "faults": json ? .array(faults.map(\.json)) : .null,
        ]
    }

    /// Neither is inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
    @inline(never)
    private static func reader(of file: String, _ format: TaskFileFormat) throws -> TaskFileReader {
        try TaskFileReader(ByteReader(path: file), format: format)
    }

    @inline(never)
    private static func next(of reader: TaskFileReader) throws -> TaskFileItem? { try reader.next() }
}

extension TaskRecord {
    /// As the API takes it; `nil` for one with known answers, which it does not take.
    fileprivate var draft: JSON? {
        guard referenceAnswers.isEmpty, !isGold else { return nil }
        return RemoteCall.object([
            "external_key": .string(externalKey), "payload": payload,
            "parties": parties.isEmpty ? nil : .array(parties.map(JSON.string)), "matter": matter.map(JSON.string),
            "suggestion": suggestion.map { suggestion in
                RemoteCall.object([
                    "source": .string(suggestion.source), "version": .string(suggestion.version),
                    "answer": suggestion.answer, "made_at": suggestion.madeAt.map(JSON.string),
                ])
            },
        ])
    }

    fileprivate var knownAnswers: TaskRecordFault {
        TaskRecordFault(
            line: line, pointer: "/reference_answers", code: .unknownMember,
            reason: "has known answers, which are imported beside the database only")
    }
}

extension ExportCommand.Results: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try RemoteServer.refuse("project", project != nil)
        try RemoteServer.refuse("unguarded", unguarded)
        try await server.download(
            try await server.path(of: requester, "batches", batch ?? "", "results"),
            ["format": format.rawValue, "choice": answers.rawValue, "label": label], to: output)
        return nil
    }
}

extension SuggestionCommand.Report: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try RemoteServer.refuse("requester", requester != nil)
        guard let worker else { throw BadInput("worker", "is missing: a server reports on who asks") }
        try await server.demandSelf(worker: worker)
        let isFurther = !afterSource.isEmpty
        return try await server.get(
            "/v1/suggestion-report",
            RemoteServer.page(
                after: isFurther ? afterSource : nil, limit, ["after_version": isFurther ? afterVersion : nil]))
    }
}

// MARK: Guidelines

extension GuidelineCommand.Add: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let text = try guidelineText(file)
        return try await server.post(
            try await server.path(of: whose.requester, "guidelines"),
            ["external_key": .string(key), "name": .string(name), "text": .string(text)])
    }
}

extension GuidelineCommand.Publish: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let text = try guidelineText(file)
        let touched: JSON = ["all", "none"].contains(scope) ? .string(scope) : try readJSONFile(scope, "scope")
        return try await server.post(
            try await server.path(ofGuideline: key, of: whose.requester, "versions"),
            ["text": .string(text), "changes": .string(changes), "scope": touched])
    }
}

extension GuidelineCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: whose.requester, "guidelines"), RemoteServer.page(after: after, limit))
    }
}

extension GuidelineCommand.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let path = try await server.path(ofGuideline: key, of: whose.requester, "versions")
        if let version { return try await server.get("\(path)/\(version)") }
        return try await server.get(path, RemoteServer.page(before: before.map(String.init), limit))
    }
}

extension GuidelineCommand.Diff: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(ofGuideline: key, of: whose.requester, "diff"), ["from": "\(old)", "to": "\(new)"])
    }
}

extension GuidelineCommand.Follow: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let owner = try await server.requester(whose.requester)
        let (follower, followed) = (
            try await server.project(project, of: owner), try await server.guideline(guideline, of: owner)
        )
        return try await server.put(
            RemoteServer.path("projects", owner, follower, "guideline"),
            ["guideline": .string(followed), "pin": pin.map { .integer(Int64($0)) }])
    }
}

extension GuidelineRechecks: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(ofGuideline: key, of: whose.requester, "versions", "\(version)", "rechecks"),
            RemoteServer.page(after: after, limit, ["state": state]))
    }
}

extension GuidelineRecheck: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let draft: JSON = .object(try readDraft(file))
        return try await server.post(
            try await server.path(ofGuideline: key, of: whose.requester, "versions", "\(version)", "recheck"),
            whole: draft, keyed: false)
    }
}
