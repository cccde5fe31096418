internal import Formats

/// What a body of bytes from outside comes to, held against what must be true of any: the JSON edge of the HTTP API, as
/// a function of bytes alone. A fuzzer calls it (`scripts/fuzz-edge.sh`), and a test with every input of the corpus.
package enum EdgeProbe {
    /// What must hold and did not.
    package struct Broken: Error, CustomStringConvertible {
        package let description: String
    }

    /// What a body is held against: the shapes of a claim, of an answer, and of tasks.
    private static let schemas: [JSONSchema] = shapes.compactMap { try? JSONSchema(compiling: $0) }

    private static let shapes: [JSON] = [
        [
            "type": "object", "additionalProperties": false,
            "properties": [
                "requester_id": ["type": "string", "format": "uuid"], "batch_id": ["type": ["string", "null"]],
                "count": ["type": "integer", "minimum": 1, "maximum": 100],
            ],
        ],
        [
            "type": "object", "additionalProperties": false, "required": ["lease_token", "answer"],
            "properties": ["lease_token": ["type": "integer"], "answer": [:], "at": ["format": "date-time"]],
        ],
        [
            "type": "object", "required": ["tasks"],
            "properties": [
                "tasks": [
                    "type": "array", "maxItems": 1_000, "uniqueItems": true,
                    "items": [
                        "type": "object", "required": ["external_key"],
                        "properties": [
                            "external_key": ["type": "string", "minLength": 1, "maxLength": 200],
                            "code": ["type": "string", "pattern": "^[a-z]{1,20}([-_][a-z0-9]+)*$"],
                        ],
                    ],
                ]
            ],
        ],
    ]

    /// - Throws: ``Broken``.
    package static func probe(_ bytes: [UInt8]) throws {
        guard schemas.count == shapes.count else { throw Broken(description: "a shape does not compile") }
        for limits in [JSON.Limits(maxDepth: 4, maxBytes: 64, maxKeys: 4), JSON.Limits(maxBytes: 1 << 20)] {
            do throws(JSONBodyFault) {
                for schema in schemas { _ = try JSON.body(bytes, limits: limits, of: schema) }
            } catch {
                try check(error, of: bytes)
            }
        }
        guard let value = try? JSON.parse(bytes) else { return }
        try checkWriting(of: value)
        try checkNumbers(in: value)
        checkAsSchema(value)
    }

    private static func check(_ fault: JSONBodyFault, of bytes: [UInt8]) throws {
        switch fault {
        case .text(let fault):
            guard (0...bytes.count).contains(fault.offset) else {
                throw Broken(description: "a fault beyond the end: \(fault)")
            }
        case .shape(let faults):
            guard (1...20).contains(faults.count) else { throw Broken(description: "\(faults.count) faults") }
            for fault in faults where fault.path.utf8.first.map({ $0 != UInt8(ascii: "/") }) ?? false {
                throw Broken(description: "no pointer: \(fault.path)")
            }
        }
    }

    /// What is written can be read, and is then the same; what is canonical stays as it is.
    private static func checkWriting(of value: JSON) throws {
        let written = value.canonicalBytes()
        let limits = JSON.Limits(maxBytes: 16 << 20)
        guard let again = try? JSON.parse(written, limits: limits), again == value else {
            throw Broken(description: "what was written reads otherwise")
        }
        guard again.canonicalBytes() == written else { throw Broken(description: "the canonical form is not one") }
        guard let pretty = try? JSON.parse(value.prettyText, limits: limits), pretty == value else {
            throw Broken(description: "what was written for people reads otherwise")
        }
        guard !written.contains(0) else { throw Broken(description: "U+0000 was written") }
    }

    private static func checkNumbers(in value: JSON) throws {
        switch value {
        case .null, .bool, .string: break
        case .integer(let number):
            guard value.integerValue == number else { throw Broken(description: "\(number) is another number") }
        case .number(let lexeme):
            if let whole = value.integerValue, JSON.integer(whole).integerValue != whole {
                throw Broken(description: "\(lexeme) is not \(whole)")
            }
        case .array(let elements): for element in elements { try checkNumbers(in: element) }
        case .object(let members): for member in members.values { try checkNumbers(in: member) }
        }
    }

    /// Requesters bring schemas of their own, and patterns in them.
    private static func checkAsSchema(_ value: JSON) {
        let samples: [JSON] = [value, .null, .integer(.min), .string("aaaaaaaaaaaaaaaaaaaaaaaa!"), [], [:]]
        for document in [value, value["answer_schema"], value["schema"]].compactMap(\.self) {
            guard let schema = try? JSONSchema(compiling: document) else { continue }
            for sample in samples + [value["answer"], value["value"]].compactMap(\.self) {
                _ = schema.faults(in: sample, limit: 20).map(\.description)
            }
        }
    }
}
