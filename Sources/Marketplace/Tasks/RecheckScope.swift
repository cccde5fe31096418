package import Formats
internal import Foundation

/// Which earlier answers a change of a guideline touches.
///
/// Shape, as JSON: `"all"`, `"none"`, `{"versions": [first, last]}` (those given under them), `{"projects": [key, …]}`,
/// `{"answer": {"pointer": "/label", "values": ["a", …]}}` (without `values`: whatever is there, if anything is), and
/// `{"all": [scope, …]}`, `{"any": [scope, …]}`. At most 100 of them, 8 deep; 1,000 values; 64 KiB.
package indirect enum RecheckScope: Hashable, Sendable {
    case everything
    case nothing
    case versions(ClosedRange<Int>)
    /// External keys.
    case projects(Set<String>)
    /// A JSON Pointer into the answer (RFC 6901), and what it must point to; `nil` for anything.
    case answer(pointer: String, values: [JSON]?)
    case all([RecheckScope])
    case any([RecheckScope])

    private static let bytesMax = 64 << 10

    /// - Throws: ``BadInput`` with the path of the first fault.
    package init(json: JSON) throws(BadInput) {
        try json.mustFit(Self.bytesMax, as: "scope")
        var left = 100
        self = try ScopeReader.scope(json, "scope", depth: 8, left: &left)
    }

    /// What is stored; ``init(json:)`` reads it.
    package var json: JSON {
        switch self {
        case .everything: "all"
        case .nothing: "none"
        case .versions(let range): ["versions": [.integer(Int64(range.lowerBound)), .integer(Int64(range.upperBound))]]
        case .projects(let keys): ["projects": .array(keys.sorted().map { .string($0) })]
        case .answer(let pointer, let values?): ["answer": ["pointer": .string(pointer), "values": .array(values)]]
        case .answer(let pointer, nil): ["answer": ["pointer": .string(pointer)]]
        case .all(let parts): ["all": .array(parts.map(\.json))]
        case .any(let parts): ["any": .array(parts.map(\.json))]
        }
    }

    /// One that was built in code is held to the bounds of one that was read.
    func validate() throws(BadInput) { _ = try Self(json: json) }

    /// Whether it has to be looked into answers.
    var readsAnswers: Bool {
        switch self {
        case .everything, .nothing, .versions, .projects: false
        case .answer: true
        case .all(let parts), .any(let parts): parts.contains(where: \.readsAnswers)
        }
    }

    /// The keys of all projects it names.
    var projectKeys: Set<String> {
        switch self {
        case .everything, .nothing, .versions, .answer: []
        case .projects(let keys): keys
        case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.projectKeys) }
        }
    }

    /// Why an answer is touched: at most 1,000 characters, without content of the answer. `nil` when it is not.
    func reason(for given: GivenAnswer) -> String? {
        reasons(for: given).map { String($0.joined(separator: ", ").unicodeScalars.prefix(1_000).map(Character.init)) }
    }

    private func reasons(for given: GivenAnswer) -> [String]? {
        switch self {
        case .everything: return ["every answer"]
        case .nothing: return nil
        case .versions(let range): return range.contains(given.version) ? ["given under version \(given.version)"] : nil
        case .projects(let keys): return keys.contains(given.project) ? ["given in project \(given.project)"] : nil
        case .answer(let pointer, let values):
            guard let found = given.answer.value(at: pointer) else { return nil }
            guard let values else { return ["has something at \(pointer)"] }
            return values.contains(found) ? ["has a value that is named at \(pointer)"] : nil
        case .all(let parts):
            var reasons: [String] = []
            for part in parts {
                guard let more = part.reasons(for: given) else { return nil }
                reasons += more
            }
            return reasons
        case .any(let parts):
            for part in parts {
                if let reasons = part.reasons(for: given) { return reasons }
            }
            return nil
        }
    }
}

/// What a scope looks at of an answer.
struct GivenAnswer: Sendable {
    /// Of the guideline, under which it was given.
    let version: Int
    /// The project's external key.
    let project: String
    /// `null` where no scope looks into it.
    let answer: JSON
}

/// Reads scopes, with the path for refusals.
private enum ScopeReader {
    static func scope(
        _ json: JSON, _ path: String, depth: Int, left: inout Int
    ) throws(BadInput) -> RecheckScope {
        left -= 1
        guard left >= 0 else { throw BadInput(path, "has more than 100 parts") }
        guard depth > 0 else { throw BadInput(path, "is more than 8 deep") }
        if let word = json.stringValue {
            switch word {
            case "all": return .everything
            case "none": return .nothing
            default: throw BadInput(path, "must be all, none or an object")
            }
        }
        guard let members = json.objectValue, members.count == 1, let (name, value) = members.first else {
            throw BadInput(path, "must be all, none or an object of one member")
        }
        let inner = "\(path).\(name.prefix(60))"
        switch name {
        case "versions": return .versions(try versions(value, inner))
        case "projects": return .projects(try projects(value, inner))
        case "answer": return try answer(value, inner)
        case "all": return .all(try parts(value, inner, depth, &left))
        case "any": return .any(try parts(value, inner, depth, &left))
        default: throw BadInput(inner, "is not known: versions, projects, answer, all and any are")
        }
    }

    private static func parts(
        _ json: JSON, _ path: String, _ depth: Int, _ left: inout Int
    ) throws(BadInput) -> [RecheckScope] {
        guard let list = json.arrayValue, !list.isEmpty else { throw BadInput(path, "must be a list, not empty") }
        var parts: [RecheckScope] = []
        for (place, part) in list.enumerated() {
            parts.append(try scope(part, "\(path)[\(place)]", depth: depth - 1, left: &left))
        }
        return parts
    }

    private static func versions(_ json: JSON, _ path: String) throws(BadInput) -> ClosedRange<Int> {
        guard json.arrayValue?.count == 2, let first = json[0]?.integerValue, let last = json[1]?.integerValue,
            1 <= first, first <= last, last <= 1_000_000
        else { throw BadInput(path, "must be the first and the last version, 1 to 1,000,000") }
        return Int(first)...Int(last)
    }

    private static func projects(_ json: JSON, _ path: String) throws(BadInput) -> Set<String> {
        let keys = json.arrayValue?.compactMap(\.stringValue) ?? []
        guard (1...100).contains(keys.count), keys.count == json.arrayValue?.count else {
            throw BadInput(path, "must be 1 to 100 keys of projects")
        }
        for key in keys { try key.mustHave(1...200, as: path) }
        return Set(keys)
    }

    private static func answer(_ json: JSON, _ path: String) throws(BadInput) -> RecheckScope {
        let fields = try RateFields(json, path, known: ["pointer", "values"])
        let pointer = try fields.text("pointer")
        try pointer.mustHave(0...500, as: "\(path).pointer")
        guard pointer.isEmpty || pointer.hasPrefix("/") else {
            throw BadInput("\(path).pointer", "must be a JSON Pointer, such as /label")
        }
        if json["values"] == nil { return .answer(pointer: pointer, values: nil) }
        let values = try fields.list("values")
        guard (1...1_000).contains(values.count) else { throw BadInput("\(path).values", "must be 1 to 1,000 values") }
        return .answer(pointer: pointer, values: values)
    }
}
