/// An answer as the `result` of a Label Studio annotation, and back.
///
/// Shape: one item for each member of the answer, `from_name` its name. A text is `choices` where it must be one of
/// several and else `textarea`, several texts likewise, a number is `number`, true and false are `choices`, a list of
/// spans (`start`, `end`, `label`, perhaps `text`) is `labels`, one item each, and anything else is its JSON in a
/// `textarea`. `meta.guildhall` says which, so that the answer that is read back is the one that was written; items
/// without it, as Label Studio makes them, are read by their type.
/// Source: labelstud.io, "Label Studio JSON format of annotated tasks"; the tags' pages for each type's `value`.
package enum LabelStudioAnswer {
    private enum Shape: String {
        case text, texts, boolean, spans, json, whole
    }

    /// What `to_name` says: the one thing that is annotated.
    static let object = "item"

    /// - Parameter choices: the members whose texts must be one of several.
    package static func write(_ answer: JSON, choices: Set<String>) -> JSON {
        guard let members = answer.objectValue else { return .array([item("answer", json: answer, .whole)]) }
        let sorted = members.sorted { $0.key.precedesInUTF16($1.key) }
        return .array(sorted.flatMap { write($0.key, $0.value, isChoice: choices.contains($0.key)) })
    }

    /// - Returns: `nil` when it is no list of result items, or two items contradict each other.
    package static func read(_ result: JSON) -> JSON? {
        guard let items = result.arrayValue else { return nil }
        var members: [String: JSON] = [:]
        for item in items {
            guard let name = item["from_name"]?.stringValue, let value = value(of: item) else { return nil }
            let shape = item["meta"]?["guildhall"]?.stringValue.flatMap(Shape.init)
            if shape == .whole { return items.count == 1 ? value.json : nil }
            switch (value, members[name]) {
            case (.one(let json), nil): members[name] = json
            case (.part(let json), nil): members[name] = [json]
            case (.part(let json), .array(let parts)?): members[name] = .array(parts + [json])
            case (.one, _?), (.part, _?): return nil
            }
        }
        return .object(members)
    }

    // MARK: Writing

    private static func write(_ name: String, _ value: JSON, isChoice: Bool) -> [JSON] {
        switch value {
        case .string(let text): return [item(name, texts: [.string(text)], isChoice: isChoice, .text)]
        case .integer, .number: return [item(name, 0, type: "number", ["number": value], nil)]
        case .bool(let value): return [item(name, texts: [value ? "true" : "false"], isChoice: true, .boolean)]
        case .array(let elements) where !elements.isEmpty:
            if elements.allSatisfy({ $0.stringValue != nil }) {
                return [item(name, texts: elements, isChoice: isChoice, .texts)]
            }
            let spans = elements.compactMap(spanValue)
            guard spans.count == elements.count else { return [item(name, json: value, .json)] }
            return spans.enumerated().map { item(name, $0.offset, type: "labels", $0.element, .spans) }
        case .null, .array, .object: return [item(name, json: value, .json)]
        }
    }

    private static func spanValue(_ span: JSON) -> JSON? {
        guard var members = span.objectValue, let label = members.removeValue(forKey: "label"),
            label.stringValue != nil, case .integer? = members["start"], case .integer? = members["end"],
            members.count == 2 || (members.count == 3 && members["text"]?.stringValue != nil)
        else { return nil }
        members["labels"] = [label]
        return .object(members)
    }

    private static func item(_ name: String, texts: [JSON], isChoice: Bool, _ shape: Shape) -> JSON {
        let type = isChoice ? "choices" : "textarea"
        return item(name, 0, type: type, .object([isChoice ? "choices" : "text": .array(texts)]), shape)
    }

    private static func item(_ name: String, json: JSON, _ shape: Shape) -> JSON {
        item(name, 0, type: "textarea", ["text": [.string(json.canonicalText)]], shape)
    }

    private static func item(_ name: String, _ number: Int, type: String, _ value: JSON, _ shape: Shape?) -> JSON {
        var item: [String: JSON] = [
            "id": .string("\(name)-\(number + 1)"), "from_name": .string(name), "to_name": .string(object),
            "type": .string(type), "origin": "manual", "value": value,
        ]
        if let shape { item["meta"] = ["guildhall": .string(shape.rawValue)] }
        return .object(item)
    }

    // MARK: Reading

    private enum Value {
        /// All that the member is.
        case one(JSON)
        /// One of a list.
        case part(JSON)

        var json: JSON {
            switch self {
            case .one(let json), .part(let json): json
            }
        }
    }

    private static func value(of item: JSON) -> Value? {
        guard let type = item["type"]?.stringValue, let value = item["value"], value.objectValue != nil else {
            return nil
        }
        switch item["meta"]?["guildhall"]?.stringValue.flatMap(Shape.init) {
        case .json, .whole: return texts(value).flatMap(parsed).map(Value.one)
        case .boolean: return texts(value).flatMap(\.first).map { .one(.bool($0 == "true")) }
        case .text: return texts(value).flatMap(\.first).map { .one($0) }
        case .texts: return texts(value).map { .one(.array($0)) }
        case .spans: return span(value).map(Value.part)
        case nil: break
        }
        switch type {
        case "choices", "textarea":
            guard let texts = texts(value) else { return nil }
            return .one(texts.count == 1 ? texts[0] : .array(texts))
        case "number", "rating": return value[type].map(Value.one)
        default: return .part(value)
        }
    }

    private static func parsed(_ texts: [JSON]) -> JSON? {
        guard let text = texts.first?.stringValue else { return nil }
        return try? JSON.parse(text, limits: JSON.Limits(maxDepth: 80, maxBytes: TaskFileReader.recordBytesMax))
    }

    /// Label Studio writes a single text bare.
    private static func texts(_ value: JSON) -> [JSON]? {
        guard let texts = value["choices"] ?? value["text"] else { return nil }
        if texts.stringValue != nil { return [texts] }
        guard let list = texts.arrayValue, list.allSatisfy({ $0.stringValue != nil }) else { return nil }
        return list
    }

    private static func span(_ value: JSON) -> JSON? {
        guard var members = value.objectValue, let label = members.removeValue(forKey: "labels")?[0] else { return nil }
        members["label"] = label
        return .object(members)
    }
}
