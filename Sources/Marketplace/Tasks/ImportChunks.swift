internal import Formats
internal import Foundation

/// Records of a file that go in with one transaction.
struct ImportChunk: Sendable {
    /// No external key twice.
    private(set) var tasks = TaskChunk()
    /// The lines of each of the tasks: more than one where the file repeats it.
    private(set) var lines: [[Int]] = []
    private(set) var faults: [TaskRecordFault] = []
    private(set) var records = 0
    private var places: [String: Int] = [:]

    /// - Returns: false, and nothing is changed, when the chunk has that key with other content: what becomes of the
    ///   one must be known before the other is looked at.
    mutating func append(_ item: TaskFileItem, under shape: ProjectShape, _ cleaning: ContentCleaning) -> Bool {
        switch item {
        case .fault(let fault): faults.append(fault)
        case .record(let record):
            do throws(TaskRecordFault) {
                guard append(try record.draft(under: shape, cleaning), at: record.line) else { return false }
            } catch {
                faults.append(error)
            }
        }
        records += 1
        return true
    }

    private mutating func append(_ draft: TaskDraft, at line: Int) -> Bool {
        guard let place = places[draft.externalKey] else {
            places[draft.externalKey] = tasks.drafts.count
            tasks.append(draft)
            lines.append([line])
            return true
        }
        guard tasks.drafts[place].hasSameContent(as: draft) else { return false }
        lines[place].append(line)
        return true
    }

    /// The faults of those whose key is taken.
    func faults(of differing: [DifferingTask]) -> [TaskRecordFault] {
        differing.flatMap { task in
            (places[task.externalKey].map { lines[$0] } ?? []).map { task.isElsewhere ? .elsewhere($0) : .taken($0) }
        }
    }
}

/// The chunks of a file, from some record on. The same file has the same chunks, wherever reading begins, as long as
/// it begins at one.
struct ImportChunks {
    private let reader: TaskFileReader
    private let shape: ProjectShape
    private let cleaning: ContentCleaning
    private let recordsPerChunk: Int
    /// Was read, and begins the next chunk.
    private var waiting: TaskFileItem?

    /// - Throws: ``ImportRefusal/sourceChanged`` when the file has fewer records than `done`.
    init(_ file: TaskFile, _ target: IntakeTarget, recordsPerChunk: Int, after done: Int) throws {
        reader = try TaskFileReader(file.open(), format: file.format)
        shape = target.shape
        cleaning = target.cleaning
        self.recordsPerChunk = recordsPerChunk
        guard try reader.skip(done) == done else { throw ImportRefusal.sourceChanged }
    }

    /// - Returns: `nil` at the end.
    mutating func next() throws -> ImportChunk? {
        var chunk = ImportChunk()
        while chunk.records < recordsPerChunk, !chunk.tasks.isFull, let item = try waiting ?? reader.next() {
            waiting = nil
            guard chunk.append(item, under: shape, cleaning) else {
                waiting = item
                break
            }
        }
        return chunk.records > 0 ? chunk : nil
    }
}

/// Reads chunks beside whoever takes them in.
actor ChunksAhead {
    private var chunks: ImportChunks

    init(_ chunks: sending ImportChunks) { self.chunks = chunks }

    /// - Returns: `nil` at the end.
    func next() throws -> ImportChunk? { try chunks.next() }
}

extension TaskRecordFault {
    static func taken(_ line: Int) -> TaskRecordFault {
        TaskRecordFault(
            line: line, pointer: "/external_key", code: .keyTaken,
            reason: "is another task's of the batch, or the file's"
        )
    }

    static func elsewhere(_ line: Int) -> TaskRecordFault {
        TaskRecordFault(
            line: line, pointer: "/external_key", code: .keyElsewhere,
            reason: "is a task's in another batch of the project"
        )
    }
}

extension TaskRecord {
    /// The record as a draft that the project takes.
    func draft(under shape: ProjectShape, _ cleaning: ContentCleaning) throws(TaskRecordFault) -> TaskDraft {
        var code = TaskRecordFault.Code.badValue
        do throws(BadInput) {
            var draft = TaskDraft(
                externalKey: externalKey, payload: payload, referenceAnswers: referenceAnswers,
                parties: try PartyName.list(parties), matter: matter, isGold: isGold,
                suggestion: try TaskSuggestion.of(suggestion)
            )
            code = .notDeidentified
            draft = try cleaning(draft)
            code = .badValue
            if let fault = draft.fault(under: shape) { throw fault }
            return draft
        } catch {
            throw TaskRecordFault(line: line, pointer: error.pointer, code: code, reason: error.reason)
        }
    }
}

extension TaskSuggestion {
    fileprivate static func of(_ record: SuggestedAnswer?) throws(BadInput) -> TaskSuggestion? {
        guard let record else { return nil }
        var madeAt: Date?
        if let text = record.madeAt { madeAt = try Date(instant: text, field: "suggestion.made_at") }
        return TaskSuggestion(
            source: record.source, version: record.version, answer: record.answer, madeAt: madeAt
        )
    }
}

extension BadInput {
    /// The field as a JSON Pointer: of `reference_answers.gold` the part before the point is the member.
    fileprivate var pointer: String {
        let parts = field.split(separator: ".", maxSplits: 1).map {
            $0.replacing("~", with: "~0").replacing("/", with: "~1")
        }
        return parts.map { "/" + $0 }.joined()
    }
}

extension TaskDraft {
    func hasSameContent(as other: TaskDraft) -> Bool {
        payload == other.payload && referenceAnswers == other.referenceAnswers
            && Set(parties.map(\.normalised)) == Set(other.parties.map(\.normalised))
            && suggestion?.contentJSON == other.suggestion?.contentJSON
            && matter == other.matter && isGold == other.isGold
    }

    /// Equal for drafts of the same content.
    var contentDigest: Digest {
        Digest(
            ofContent: payload, references: referenceAnswers, parties: parties.map(\.normalised),
            suggestion: suggestion?.contentJSON, matter: matter, isGold: isGold
        )
    }
}

extension Digest {
    /// - Parameter parties: in the form that is compared.
    init(
        ofContent payload: JSON, references: [String: JSON], parties: [String], suggestion: JSON? = nil,
        matter: String? = nil, isGold: Bool = false
    ) {
        self.init(of: [
            "payload": payload, "reference_answers": .object(references),
            "parties": .array(Set(parties).sorted().map { .string($0) }),
            "suggestion": suggestion ?? .null, "matter": matter.map { .string($0) } ?? .null, "gold": .bool(isGold),
        ])
    }

    /// Of everything a reader yields.
    init(ofAll reader: ByteReader) throws {
        var digesting = Digesting()
        while let chunk = try reader.next() { digesting.update(chunk) }
        self = digesting.digest
    }
}
