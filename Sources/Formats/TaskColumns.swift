/// What the columns of a CSV file mean for its tasks.
///
/// `external_key` must be there. `payload` is the whole payload as JSON; without it every column that is none of the
/// following is a member of the payload, its name followed by `:text`, `:integer`, `:number`, `:boolean` or `:json`
/// (text if left out). `parties` are names with `;` between them, `reference:SOURCE` an answer as JSON,
/// `suggestion:answer` what a model says it is, as JSON, with `suggestion:source`, `suggestion:version` and perhaps
/// `suggestion:made_at`; `task:matter` what the task belongs to, `task:gold` whether it is gold. `result:…` is what an
/// export adds, and is passed over. An empty cell is the empty text in a column of texts and nothing in all
/// others.
struct TaskColumns {
    enum MemberKind: String, CaseIterable {
        case text, integer, number, boolean, json
    }

    private enum Column {
        case externalKey, payload, parties, matter, gold, passedOver
        case reference(source: String)
        case suggestion(SuggestionPart)
        case member(name: String, MemberKind)
    }

    private enum SuggestionPart: String {
        case answer, source, version
        case madeAt = "made_at"
    }

    private let columns: [Column]
    private let names: [String]

    /// - Throws: ``FormatError/malformed(path:position:reason:)`` when `external_key` is missing, two columns mean the
    ///   same member, or `payload` stands beside members.
    init(_ header: CSVHeader, path: String) throws(FormatError) {
        names = header.names
        columns = header.names.map(Self.column)
        func fault(_ reason: String) -> FormatError { .malformed(path: path, position: 0, reason: reason) }
        guard header.column("external_key") != nil else { throw fault("there is no column external_key") }
        var members: Set<String> = []
        for case .member(let name, _) in columns {
            guard members.insert(name).inserted else { throw fault("two columns are the member \(name)") }
        }
        guard header.column("payload") == nil || members.isEmpty else {
            throw fault("the column payload cannot stand beside columns of members")
        }
    }

    private static func column(_ name: String) -> Column {
        switch name {
        case "external_key": return .externalKey
        case "payload": return .payload
        case "parties": return .parties
        case "task:matter": return .matter
        case "task:gold": return .gold
        default: break
        }
        if name.hasPrefix("result:") { return .passedOver }
        if name.hasPrefix("reference:") { return .reference(source: String(name.dropFirst("reference:".count))) }
        if name.hasPrefix("suggestion:"),
            let part = SuggestionPart(rawValue: String(name.dropFirst("suggestion:".count)))
        {
            return .suggestion(part)
        }
        guard let colon = name.lastIndex(of: ":"), let kind = MemberKind(rawValue: String(name[colon...].dropFirst()))
        else { return .member(name: name, .text) }
        return .member(name: String(name[..<colon]), kind)
    }

    func item(_ row: CSVRow) -> TaskFileItem {
        switch row {
        case .fault(let fault):
            return .fault(TaskRecordFault(line: fault.line ?? 1, code: .malformed, reason: fault.reason))
        case .record(let record):
            do {
                return .record(try self.record(record))
            } catch {
                return .fault(error)
            }
        }
    }

    private func record(_ record: CSVRecord) throws(TaskRecordFault) -> TaskRecord {
        var (key, parties): (String, [String]) = ("", [])
        var payload: JSON?
        var members: [String: JSON] = [:]
        var references: [String: JSON] = [:]
        var suggested: [SuggestionPart: String] = [:]
        var suggestedAnswer: JSON?
        var (matter, isGold): (String?, Bool) = (nil, false)
        for (place, column) in columns.enumerated() where place < record.fields.count {
            let cell = Cell(text: record.fields[place], line: record.line, column: names[place])
            switch column {
            case .passedOver: break
            case .externalKey: key = cell.text
            case .payload: payload = try cell.json()
            case .parties: parties = cell.list
            case .matter: matter = cell.text.isEmpty ? nil : cell.text
            case .gold: isGold = try cell.value(.boolean)?.boolValue ?? false
            case .suggestion(.answer): suggestedAnswer = try cell.json()
            case .suggestion(let part): suggested[part] = cell.text
            case .reference(let source): references[source] = try cell.json()
            case .member(let name, let kind): members[name] = try cell.value(kind)
            }
        }
        if names.contains("payload"), payload == nil {
            throw TaskRecordFault(line: record.line, pointer: "/payload", code: .missing, reason: "is missing")
        }
        return TaskRecord(
            line: record.line, externalKey: key, payload: payload ?? .object(members), referenceAnswers: references,
            parties: parties,
            suggestion: suggestedAnswer.map { answer in
                let madeAt = suggested[.madeAt] ?? ""
                return SuggestedAnswer(
                    source: suggested[.source] ?? "", version: suggested[.version] ?? "", answer: answer,
                    madeAt: madeAt.isEmpty ? nil : madeAt
                )
            }, matter: matter, isGold: isGold
        )
    }
}

/// One cell of a record.
private struct Cell {
    let text: String
    let line: Int
    let column: String

    var list: [String] {
        text.split(separator: ";").map { $0.trimmingSpaces }.filter { !$0.isEmpty }
    }

    func value(_ kind: TaskColumns.MemberKind) throws(TaskRecordFault) -> JSON? {
        if kind == .text { return .string(text) }
        guard let value = try json() else { return nil }
        switch (kind, value) {
        case (.text, _), (.json, _), (.integer, .integer), (.number, .integer), (.number, .number), (.boolean, .bool):
            return value
        case (.integer, _): throw fault(.wrongType, "is not a whole number")
        case (.number, _): throw fault(.wrongType, "is not a number")
        case (.boolean, _): throw fault(.wrongType, "is neither true nor false")
        }
    }

    func json() throws(TaskRecordFault) -> JSON? {
        guard !text.isEmpty else { return nil }
        do throws(JSONFault) {
            return try JSON.parse(text, limits: TaskColumns.limits)
        } catch {
            throw fault(.malformed, "is not JSON: \(error)")
        }
    }

    private func fault(_ code: TaskRecordFault.Code, _ reason: String) -> TaskRecordFault {
        let name = String(column.unicodeScalars.prefix(60).map(Character.init))
        return TaskRecordFault(line: line, pointer: "".pointer(to: name), code: code, reason: reason)
    }
}

extension TaskColumns {
    fileprivate static let limits = JSON.Limits(
        maxDepth: 80, maxBytes: TaskFileReader.recordBytesMax, maxKeys: 1_000_000
    )
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        var rest = self
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
