internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Files: tasks into a draft batch, with how far an import is, and rosters of workers.
///
/// The request does the work itself, in chunks, each a transaction that also moves the import on. So whoever asks sees
/// how far it is meanwhile, and what was cut off goes on when the same file is sent again. There is no work without a
/// request that waits for it, and none that nobody knows to have failed.
struct ImportRoutes {
    private static let path = BatchRoutes.path + "/imports"
    private static let run = path + "/{import}"
    private static let bytesMax = 16 << 20
    /// Of a gzipped file.
    private static let unpackedMax = 256 << 20
    private static let rosterBytesMax = 1 << 20
    private static let own: [Code] = [
        "batch_not_draft", "import_faulty", "import_too_many_for_strict", "import_source_changed", "import_under_way",
    ]
    private static let fault = Shape.object(
        "ImportFault",
        [
            "number": .count, "line": .count,
            "pointer": Shape.text.described("JSON Pointer into the record; of CSV, the column is the member."),
            "code": .choice(TaskRecordFault.Code.self), "reason": .text,
        ])
    private static let refused = Shape.object(
        "RosterFault", ["line": .count.orNull, "worker_key": .text.orNull, "reason": .text])
    let market: Market

    var endpoints: [Endpoint] { tasks + workers }

    private var tasks: [Endpoint] {
        [
            Endpoint(
                .post, Self.path, "importTasks",
                "Take a file of tasks into a draft; the same file again goes on where it was cut off", .batches,
                for: RequesterRoutes.publisher,
                query: [
                    .query("name", Shape.text(1...200).described("What the import is called; `upload` if left out.")),
                    .query("strict", Shape.flag.described("Take nothing in if one record is faulty.")),
                ],
                takes: .file(
                    "application/jsonl", "application/x-ndjson", "text/csv", "application/json",
                    bytesMax: Self.bytesMax), keyed: false,
                gives: .ok(Shape.importRun.with("ImportReport", ["resumed_after": .count])),
                refuses: Self.own + Code.content, by: take),
            Endpoint(
                .get, Self.path, "listImports", "Imports of files into a batch, newest first", .batches,
                for: RequesterRoutes.publisher,
                query: [.query("state", .choice(ImportState.self))] + Parameter.paging,
                gives: .ok(.page(.importRun)), by: list),
            Endpoint(
                .get, Self.run, "showImport", "How far an import is, also while it is under way", .batches,
                for: RequesterRoutes.publisher, gives: .ok(.importRun), by: show),
            Endpoint(
                .get, Self.run + "/faults", "listImportFaults",
                "What was wrong with records of an import, in the order of the file", .batches,
                for: RequesterRoutes.publisher,
                query: [.next("after", .integer(0...Int64(ImportRun.faultsMax))), .limit()],
                gives: .ok(.page(Self.fault, next: .integer)), by: faults),
        ]
    }

    private var workers: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/worker-rosters", "importRoster",
                "Take a roster over, worker by worker; what is known is left as it is", .people,
                for: .platform([.operator]), takes: .file("text/csv", bytesMax: Self.rosterBytesMax), keyed: false,
                gives: .ok([
                    "added": .count, "unchanged": .count, "credentials": .count, "faulty": .count,
                    "faults": Shape.list(Self.refused).described("The first 1,000."),
                    "held": Shape.list(Self.refused).described(
                        "The first 1,000 who may be somebody else; `worker duplicates` decides."),
                ]), by: takeRoster)
        ]
    }

    @Sendable private func take(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let file = TaskFile(
            bytes: call.upload?.bytes ?? [], name: call.query["name"] ?? "upload", format: call.taskFormat,
            unpackedMax: Self.unpackedMax)
        do {
            let report = try await ImportTasks(market: market)(
                file, to: key.id, of: key.requester, by: actor, isStrict: call.query["strict"] == "true")
            return .json(report.run.wire.with(["resumed_after": .integer(Int64(report.resumedAfter))]))
        } catch let ImportRefusal.faulty(count, first) {
            let refusal = ImportRefusal.faulty(count: count, first: [])
            let told = first.prefix(20).map { fault -> String in
                let place = fault.pointer.isEmpty ? "" : " \(fault.pointer)"
                return "line \(fault.line)\(place): \(fault.reason)"
            }
            throw Problem(refusal.status, refusal.code, "\(refusal.message) \(told.joined(separator: "; "))")
        } catch let error as FormatError {
            throw BadInput("body", "\(error)")
        }
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let found = try await ListImports(market: market)(
            into: key.id, of: key.requester, in: call.choice("state"), before: try call.identifier("before"),
            limit: call.limit, by: actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func show(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        return .json(
            try await ListImports(market: market).one(
                try call.id("import"), into: key.id, of: key.requester, by: actor
            ).wire)
    }

    @Sendable private func faults(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let imports = ListImports(market: market)
        let run = try await imports.one(try call.id("import"), into: key.id, of: key.requester, by: actor)
        let found = try await imports.faults(
            of: run.id, of: key.requester, after: call.query["after"].flatMap { Int($0) } ?? 0, limit: call.limit,
            by: actor)
        let items = found.map { number, fault -> JSON in
            [
                "number": .integer(Int64(number)), "line": .integer(Int64(fault.line)),
                "pointer": .string(fault.pointer), "code": .string(fault.code.rawValue),
                "reason": .string(fault.reason),
            ]
        }
        let next = found.count >= call.limit ? found.last.map { JSON.integer(Int64($0.number)) } : nil
        return .json(["items": .array(items), "next": next ?? .null])
    }

    @Sendable private func takeRoster(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let (entries, faults) = try call.roster(unpackedMax: 16 * Self.rosterBytesMax)
        let result = try await ImportRoster(market: market, keys: market.keys)(entries, by: actor)
        let told =
            faults.map { RosterImport.Refused.wire(line: $0.line, worker: nil, $0.reason) }
            + result.refused.map(\.wire)
        return .json([
            "added": .integer(Int64(result.added)), "unchanged": .integer(Int64(result.unchanged)),
            "credentials": .integer(Int64(result.credentials)), "faulty": .integer(Int64(told.count)),
            "faults": .array(Array(told.prefix(1_000))), "held": .array(result.held.prefix(1_000).map(\.wire)),
        ])
    }
}

extension Call {
    /// Of a file of tasks, by its media type.
    fileprivate var taskFormat: TaskFileFormat {
        switch upload?.mediaType {
        case "text/csv": .csv
        case "application/json": .labelStudio
        case _: .jsonl
        }
    }

    /// Of a file of workers, its rows, and what is wrong with others.
    ///
    /// Not inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
    @inline(never)
    fileprivate func roster(unpackedMax: Int) throws(BadInput) -> (entries: [RosterEntry], faults: [RecordFault]) {
        var entries: [RosterEntry] = []
        var faults: [RecordFault] = []
        do throws(FormatError) {
            let bytes = try ByteReader(bytes: upload?.bytes ?? [], name: "roster", bytesMax: unpackedMax)
            let roster = try WorkerRoster(bytes)
            while let item = try roster.next() {
                switch item {
                case .entry(let entry): entries.append(entry)
                case .fault(let fault): faults.append(fault)
                }
            }
        } catch {
            throw BadInput("body", "\(error)")
        }
        return (entries, faults)
    }
}

extension RosterImport.Refused {
    fileprivate var wire: JSON { Self.wire(line: line, worker: workerKey, reason) }

    fileprivate static func wire(line: Int?, worker: String?, _ reason: String) -> JSON {
        [
            "line": line.map { .integer(Int64($0)) } ?? .null, "worker_key": worker.map { .string($0) } ?? .null,
            "reason": .string(reason),
        ]
    }
}
