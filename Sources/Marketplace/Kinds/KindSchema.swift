internal import Formats

/// Pieces of JSON Schema that kinds are made of.
enum KindSchema {
    /// Longest text of an input, in characters; a payload is at most 4 MiB anyway.
    static let textMax: Int64 = 4_000_000
    /// Elements of one list, at most.
    static let listMax: Int64 = 1_000

    static func text(_ length: ClosedRange<Int64>) -> JSON {
        ["type": "string", "minLength": .integer(length.lowerBound), "maxLength": .integer(length.upperBound)]
    }

    static func whole(_ range: ClosedRange<Int64>) -> JSON {
        ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
    }

    static func list(_ count: ClosedRange<Int64>, of items: JSON, isUnique: Bool = false) -> JSON {
        [
            "type": "array", "minItems": .integer(count.lowerBound), "maxItems": .integer(count.upperBound),
            "uniqueItems": .bool(isUnique), "items": items,
        ]
    }

    static func choice(_ values: [String]) -> JSON { ["enum": .array(values.map(JSON.string))] }

    /// Nothing but these members.
    static func object(_ required: [String: JSON], optional: [String: JSON] = [:]) -> JSON {
        [
            "type": "object", "additionalProperties": false,
            "required": .array(required.keys.sorted().map(JSON.string)),
            "properties": .object(required.merging(optional) { one, _ in one }),
        ]
    }

    /// An input: these members, and `metadata`, which is the requester's own.
    static func input(_ required: [String: JSON], optional: [String: JSON] = [:]) -> JSON {
        object(required, optional: optional.merging(["metadata": ["type": "object"]]) { one, _ in one })
    }

    /// An answer: these members, and a rationale as the project asks for one.
    static func answer(_ required: [String: JSON], optional: [String: JSON] = [:], _ parameters: JSON) -> JSON {
        let rationale = ["rationale": text(1...4_000)]
        return switch parameters["rationale"]?.stringValue {
        case "required": object(required.merging(rationale) { one, _ in one }, optional: optional)
        case "optional": object(required, optional: optional.merging(rationale) { one, _ in one })
        default: object(required, optional: optional)
        }
    }

    // MARK: Parameters

    /// Parameters, with the choice whether a rationale is asked for.
    static func parameters(_ required: [String: JSON], optional: [String: JSON] = [:]) -> JSON {
        let rationale = choice(["none", "optional", "required"])
        return object(required, optional: optional.merging(["rationale": rationale]) { one, _ in one })
    }

    static let name = text(1...200)
    static let flag: JSON = ["type": "boolean"]
    /// Labels to choose from.
    static let labels = list(2...listMax, of: name, isUnique: true)

    /// Rule: names that become members are different ones; members that Unicode holds equal are one (NFC and NFD).
    static func mustHaveOwnNames(_ member: String, _ name: String?, _ work: KindWork, _ faults: inout KindFaults) {
        var seen: Set<String> = []
        for (place, element) in work.parameters.elements(member).enumerated() {
            let text = name.map { element[$0] ?? .null } ?? element
            if seen.insert(text.stringValue ?? "").inserted { continue }
            let path = "/\(member)/\(place)" + (name.map { "/\($0)" } ?? "")
            faults.report("own_name", at: path, "must not be the name of one before it")
        }
    }

    // MARK: Inputs

    static let prompt = text(1...textMax)
    /// Passages that an answer rests on.
    static let contexts = list(0...listMax, of: object(["text": text(1...textMax)], optional: ["label": name]))
    /// Things with an id of their own.
    static func identified(_ count: ClosedRange<Int64>, _ members: [String: JSON]) -> JSON {
        list(count, of: object(members.merging(["id": name]) { one, _ in one }))
    }

    /// Rule: no two elements of a member of the input have one id.
    static func mustHaveOwnIDs(_ member: String) -> KindRule {
        { work, faults in
            var seen: Set<JSON> = []
            for (place, element) in work.input.elements(member).enumerated()
            where !seen.insert(element["id"] ?? .null).inserted {
                faults.report("own_id", at: "/\(member)/\(place)/id", "must not be the id of an element before it")
            }
        }
    }
}
