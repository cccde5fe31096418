internal import Formats
internal import Marketplace

/// Tasks on their way to a server's draft batch, in requests of bounded size. Where one is refused for what is in it,
/// its halves are sent, until it is known which task it was: a faulty one does not stop the rest.
struct RemoteIntake {
    private static let tasksMost = 500
    private static let bytesMost = 4 << 20
    /// Of all objects of a request together; a server reads 100,000.
    private static let membersMost = 50_000

    let server: RemoteServer
    let path: String
    private(set) var added = 0
    private(set) var unchanged = 0
    private(set) var faulty = 0
    /// In the order of the file; at most ``ImportRun/faultsMax``.
    private(set) var faults: [TaskRecordFault] = []
    private var waiting: [(line: Int, task: JSON)] = []
    private var bytes = 0
    private var members = 0

    var records: Int { added + unchanged + faulty }

    init(server: RemoteServer, path: String) { (self.server, self.path) = (server, path) }

    /// - Parameter line: where it stands in the file.
    mutating func add(_ task: JSON, at line: Int) async throws {
        let (size, count) = (task.canonicalBytes().count, task.memberCount)
        let isFull =
            waiting.count == Self.tasksMost || bytes + size > Self.bytesMost || members + count > Self.membersMost
        if isFull { try await finish() }
        waiting.append((line, task))
        bytes += size
        members += count
    }

    mutating func note(_ fault: TaskRecordFault) {
        faulty += 1
        if faults.count < ImportRun.faultsMax { faults.append(fault) }
    }

    /// Sends what waits.
    mutating func finish() async throws {
        let tasks = waiting
        waiting = []
        (bytes, members) = (0, 0)
        try await send(tasks[...])
        faults.sort { $0.line < $1.line }
    }

    private mutating func send(_ tasks: ArraySlice<(line: Int, task: JSON)>) async throws {
        guard let first = tasks.first else { return }
        let answer: JSON
        do {
            answer = try await server.post(path, ["tasks": .array(tasks.map(\.task))], keyed: false)
        } catch let refusal as RemoteRefusal where [400, 413, 422].contains(refusal.status) {
            guard tasks.count > 1 else {
                return note(TaskRecordFault(line: first.line, code: .badValue, reason: refusal.message))
            }
            let middle = tasks.startIndex + tasks.count / 2
            try await send(tasks[..<middle])
            return try await send(tasks[middle...])
        }
        added += Int(clamping: answer["added"]?.integerValue ?? 0)
        unchanged += Int(clamping: answer["unchanged"]?.integerValue ?? 0)
        for (task, item) in zip(tasks, answer["items"]?.arrayValue ?? []) where item["outcome"] == "faulty" {
            note(
                TaskRecordFault(
                    line: task.line, code: .badValue, reason: item["reason"]?.stringValue ?? "is not taken"))
        }
    }
}

extension JSON {
    /// Of all its objects together.
    fileprivate var memberCount: Int {
        switch self {
        case .null, .bool, .integer, .number, .string: 0
        case .array(let elements): elements.reduce(0) { $0 + $1.memberCount }
        case .object(let members): members.values.reduce(members.count) { $0 + $1.memberCount }
        }
    }
}
