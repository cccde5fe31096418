package import Formats

/// What a JSON value looks like: a JSON Schema in the subset that ``Formats/JSONSchema`` checks, so that what the
/// documentation says of a body is what bodies are held against.
package struct Shape: Sendable {
    package let json: JSON
    /// Whether a member of this shape may be left out.
    var isOptional = false

    init(_ json: JSON) { self.json = json }
}

extension Shape {
    static let id = Shape(["type": "string", "format": "uuid"])
    /// RFC 3339.
    static let time = Shape(["type": "string", "format": "date-time"])
    static let day = Shape(["type": "string", "format": "date"])
    static let text = Shape(["type": "string"])
    static let flag = Shape(["type": "boolean"])
    static let integer = Shape(["type": "integer"])
    static let count = Shape(["type": "integer", "minimum": 0])
    /// Whole minor units of a currency named beside it.
    static let minor = Shape(["type": "integer", "description": "Whole minor units of the currency."])
    static let currency = Shape(["type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217."])
    /// Hundredths of a percent.
    static let bps = Shape(["type": "integer", "description": "Hundredths of a percent."])
    static let anything = Shape([:])
    static let anyObject = Shape(["type": "object"])
    /// 64 hexadecimal digits.
    static let sha256 = Shape(["type": "string", "pattern": "^[0-9a-f]{64}$"])

    static func text(_ length: ClosedRange<Int>) -> Shape {
        Shape([
            "type": "string", "minLength": .integer(Int64(length.lowerBound)),
            "maxLength": .integer(Int64(length.upperBound)),
        ])
    }

    static func integer(_ range: ClosedRange<Int64>) -> Shape {
        Shape(["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)])
    }

    static func words(_ words: String...) -> Shape {
        Shape(["type": "string", "enum": .array(words.map(JSON.string))])
    }

    /// One of the values of an enum.
    static func choice<Choice: CaseIterable & RawRepresentable>(_ type: Choice.Type) -> Shape
    where Choice.RawValue == String {
        Shape(["type": "string", "enum": .array(type.allCases.map { .string($0.rawValue) })])
    }

    static func list(_ element: Shape, _ length: ClosedRange<Int>? = nil) -> Shape {
        var json: [String: JSON] = ["type": "array", "items": element.json]
        if let length {
            json["minItems"] = .integer(Int64(length.lowerBound))
            json["maxItems"] = .integer(Int64(length.upperBound))
        }
        return Shape(.object(json))
    }

    static func object(_ members: KeyValuePairs<String, Shape>) -> Shape { object(nil, members) }

    /// - Parameter name: in the specification; what has one stands there once.
    static func object(_ name: String?, _ members: KeyValuePairs<String, Shape>) -> Shape {
        var json: [String: JSON] = [
            "type": "object",
            "properties": .object(
                Dictionary(members.map { ($0.key, $0.value.json) }, uniquingKeysWith: { first, _ in first })),
            "required": .array(members.filter { !$0.value.isOptional }.map { .string($0.key) }),
        ]
        if let name { json["title"] = .string(name) }
        return Shape(.object(json))
    }

    /// A page of a list: `next` is what the next page is asked with, null on the last one.
    static func page(_ item: Shape, next: Shape = .id) -> Shape {
        .object(["items": .list(item), "next": next.orNull])
    }

    /// The same with null.
    var orNull: Shape {
        var members = json.objectValue ?? [:]
        guard let type = members["type"]?.stringValue, members["title"] == nil else {
            return members.isEmpty ? self : Shape(["anyOf": [json, ["type": "null"]]])
        }
        members["type"] = [.string(type), "null"]
        if let values = members["enum"]?.arrayValue { members["enum"] = .array(values + [.null]) }
        return Shape(.object(members))
    }

    /// A member that may be left out.
    var optional: Shape {
        var shape = self
        shape.isOptional = true
        return shape
    }

    /// The same with a sentence for people.
    func described(_ sentence: String) -> Shape {
        var members = json.objectValue ?? [:]
        members["description"] = .string(sentence)
        var shape = Shape(.object(members))
        shape.isOptional = isOptional
        return shape
    }

    /// An object with more members, under a name of its own.
    func with(_ name: String?, _ members: KeyValuePairs<String, Shape>) -> Shape {
        let more = Shape.object(name, members).json
        var json = json.objectValue ?? [:]
        json["title"] = more["title"]
        json["properties"] = .object(
            (json["properties"]?.objectValue ?? [:]).merging(more["properties"]?.objectValue ?? [:]) { $1 })
        json["required"] = .array((json["required"]?.arrayValue ?? []) + (more["required"]?.arrayValue ?? []))
        return Shape(.object(json))
    }

    /// The same, with nothing in it that is not named: what a body is held against, so that a misspelt member is told.
    package var closed: Shape { Shape(Self.closed(json)) }

    private static func closed(_ json: JSON) -> JSON {
        guard var members = json.objectValue else { return json }
        if let properties = members["properties"]?.objectValue {
            members["properties"] = .object(properties.mapValues(closed))
            if members["additionalProperties"] == nil { members["additionalProperties"] = false }
        }
        if let items = members["items"] { members["items"] = closed(items) }
        if let ways = members["anyOf"]?.arrayValue { members["anyOf"] = .array(ways.map(closed)) }
        return .object(members)
    }

    /// A value of this shape with nothing in it that may be left out.
    package var example: JSON { Self.example(json) }

    private static func example(_ schema: JSON) -> JSON {
        if let first = schema["enum"]?[0] { return first }
        let type = schema["type"]?.stringValue ?? schema["type"]?[0]?.stringValue
        switch (type, schema["format"]?.stringValue) {
        case ("string", "uuid"): return "00000000-0000-7000-8000-000000000000"
        case ("string", "date-time"): return "2026-12-01T12:00:00Z"
        case ("string", "date"): return "2026-12-01"
        case ("string", _) where schema["pattern"] == sha256.json["pattern"]:
            return .string(String(repeating: "0", count: 64))
        case ("string", _) where schema["pattern"] == nil:
            let least = min(max(Int(schema["minLength"]?.integerValue ?? 0), 4), 1_000)
            return .string("text" + String(repeating: "x", count: least - 4))
        case ("string", _): return "USD"
        case ("integer", _): return .integer(schema["minimum"]?.integerValue ?? 1)
        case ("boolean", _): return true
        case ("array", _):
            let least = schema["minItems"]?.integerValue ?? 0
            return .array(least > 0 ? [example(schema["items"] ?? [:])] : [])
        case _:
            let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let members = required.map { ($0, example(schema["properties"]?[$0] ?? [:])) }
            return .object(Dictionary(members, uniquingKeysWith: { first, _ in first }))
        }
    }
}
