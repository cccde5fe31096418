internal import Formats
internal import Foundation
internal import Store

/// The members of one object of a card or a task, read with the path for refusals.
struct RateFields {
    private let members: [String: JSON]
    private let path: String

    /// - Throws: ``BadInput`` for what is no object, or has a member that is not known.
    init(_ json: JSON, _ path: String, known: Set<String>) throws(BadInput) {
        guard let members = json.objectValue else { throw BadInput(path, "must be an object") }
        if let stranger = members.keys.filter({ !known.contains($0) }).min() {
            throw BadInput("\(path).\(stranger.prefix(60))", "is not known")
        }
        self.members = members
        self.path = path
    }

    /// `null` where it is not given.
    func value(_ name: String) -> JSON { members[name] ?? .null }

    func text(_ name: String) throws(BadInput) -> String {
        guard let text = value(name).stringValue else { throw BadInput("\(path).\(name)", "must be a text") }
        return text
    }

    /// A text; `nil` for `any` and for none.
    func orAny(_ name: String) throws(BadInput) -> String? {
        if value(name).isNull { return nil }
        let text = try text(name)
        return text == "any" ? nil : text
    }

    func integer(_ name: String, or fallback: Int64? = nil) throws(BadInput) -> Int64 {
        if value(name).isNull, let fallback { return fallback }
        guard let number = value(name).integerValue else {
            throw BadInput("\(path).\(name)", "must be a whole number")
        }
        return number
    }

    /// False where it is not given.
    func flag(_ name: String) throws(BadInput) -> Bool {
        if value(name).isNull { return false }
        guard let flag = value(name).boolValue else { throw BadInput("\(path).\(name)", "must be true or false") }
        return flag
    }

    /// Empty where it is not given.
    func list(_ name: String) throws(BadInput) -> [JSON] {
        if value(name).isNull { return [] }
        guard let list = value(name).arrayValue else { throw BadInput("\(path).\(name)", "must be an array") }
        return list
    }

    /// One of the values of an enum, by its name.
    func oneOf<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, or fallback: Choice
    ) throws(BadInput) -> Choice {
        if value(name).isNull { return fallback }
        guard let choice = Choice(rawValue: try text(name)) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadInput("\(path).\(name)", "must be one of \(names)")
        }
        return choice
    }

    /// The names in `parties`; none where it is not given.
    func parties() throws(BadInput) -> [PartyName] {
        let names = try list("parties")
        let parties = try PartyName.list(names.compactMap(\.stringValue), field: "\(path).parties")
        guard names.allSatisfy({ $0.stringValue != nil }) else { throw BadInput("\(path).parties", "must be texts") }
        return parties
    }

    func profession() throws(BadInput) -> Profession {
        guard let profession = Profession(try text("profession")) else {
            throw BadInput("\(path).profession", "must be the code of a profession, such as lawyer")
        }
        return profession
    }

    func tier() throws(BadInput) -> Tier {
        guard let tier = Tier(rawValue: try text("tier")) else {
            let names = Tier.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadInput("\(path).tier", "must be one of \(names)")
        }
        return tier
    }

    func taskKind() throws(BadInput) -> TaskKind {
        guard let kind = TaskKind(rawValue: try text("task_kind")) else {
            throw BadInput("\(path).task_kind", "must be a kind of the catalogue, such as extraction")
        }
        return kind
    }

    func currency() throws(BadInput) -> Currency {
        guard let currency = Currency(try text("currency")) else {
            throw BadInput("\(path).currency", "must be an ISO 4217 code")
        }
        return currency
    }

    /// `{"from": instant, "until": instant or null}`.
    func range(_ name: String) throws(BadInput) -> InstantRange {
        let range = try RateFields(value(name), "\(path).\(name)", known: ["from", "until"])
        let from = try range.instant("from")
        if range.value("until").isNull { return InstantRange(from: from, until: nil) }
        return InstantRange(from: from, until: try range.instant("until"))
    }

    func instant(_ name: String) throws(BadInput) -> Date {
        try Date(instant: try text(name), field: "\(path).\(name)")
    }
}

extension Date {
    /// - Throws: ``BadInput`` unless `text` is ISO 8601 with a zone: `2026-03-02T09:00:00Z`.
    package init(instant text: String, field: String) throws(BadInput) {
        guard let instant = try? Date(text, strategy: .iso8601) else {
            throw BadInput(field, "must be an instant such as 2026-03-02T09:00:00Z")
        }
        self = instant
    }
}
