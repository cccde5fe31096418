import Formats
import Foundation
import Testing

@Suite struct JSONSchemaTests {
    /// Schemas with values they take and values they refuse, two spaces between values. The verdicts are those of
    /// Python's jsonschema 4.26 with `FormatChecker` and rfc3339-validator 0.1.4, run over this very table.
    static let table = #"""
        schema  {}
        valid    null  [1,{"a":2}]
        schema  {"type":"integer"}
        valid    1  1.0  1e2  -0  12345678901234567890
        invalid  1.5  "1"  true
        schema  {"type":"number"}
        valid    1.5
        invalid  "1.5"  false
        schema  {"type":["string","null"]}
        valid    null  ""
        invalid  0
        schema  {"type":"boolean"}
        valid    true
        invalid  0
        schema  {"enum":[1,"a",null,[1,{"b":2.0}]]}
        valid    1.0  "a"  null  [1,{"b":2}]
        invalid  "A"  true  [1,{"b":3}]
        schema  {"const":{"a":1,"b":[true]}}
        valid    {"b":[true],"a":1}
        invalid  {"b":[1],"a":1}  {"a":1}
        schema  {"const":0}
        valid    0.0  -0.0
        invalid  false
        schema  {"properties":{"a":{"type":"string"}}}
        valid    {"a":"x","b":1}  []  {}
        invalid  {"a":1}
        schema  {"properties":{"a":{}},"additionalProperties":false}
        valid    {"a":1}  {}
        invalid  {"b":1}
        schema  {"properties":{"a":{}},"additionalProperties":{"type":"integer"}}
        valid    {"a":"x","b":1}
        invalid  {"b":"x"}
        schema  {"required":["a","b"]}
        valid    {"a":1,"b":null}  "a"
        invalid  {"a":1}
        schema  {"items":{"type":"integer","minimum":0}}
        valid    []  [0,1]  {}
        invalid  [0,-1]
        schema  {"minItems":1,"maxItems":2}
        valid    [1]  "abc"
        invalid  []  [1,2,3]
        schema  {"uniqueItems":true}
        valid    [1,2]  [1,true]  [[1],[2]]  ["a","A"]  [0,false,"",null,[],{}]
        invalid  [1,1.0]  [{"a":1,"b":2},{"b":2,"a":1.0}]
        schema  {"uniqueItems":false}
        valid    [1,1]
        schema  {"minLength":2,"maxLength":3}
        valid    "ab"  "\ud83d\ude00\ud83d\ude00"  "e\u0301"  7
        invalid  "a"  "abcd"  "\ud83d\ude00"
        schema  {"minimum":0.1,"maximum":3e2}
        valid    0.1  300  1e-1  "0"
        invalid  0.09  300.5
        schema  {"minimum":-5}
        valid    -5  -5.0  -4.99
        invalid  -6
        schema  {"maximum":9007199254740993}
        valid    9007199254740993
        invalid  9007199254740994
        schema  {"format":"date"}
        valid    "2026-02-28"  "2024-02-29"  5
        invalid  "2026-02-30"  "1900-02-29"  "2026-2-8"  "2026-13-01"  "20260228"  "2026-02-28 "
        schema  {"format":"date-time"}
        valid    "2026-02-28T09:30:00Z"  "2026-02-28T09:30:00.123456+01:00"
        invalid  "2026-02-28T24:00:00Z"  "2026-02-28T09:30:00"  "2026-02-30T09:30:00Z"  "2026-02-28T09:60:00Z"
        invalid  "2026-02-28"  "2026-02-28T09:30:00+0100"
        schema  {"format":"uuid"}
        valid    "018f0000-0000-7000-8000-000000000001"  "018F0000-0000-7000-8000-00000000000A"
        invalid  "018f000000007000800000000000001"  "018f0000-0000-7000-8000-00000000000g"
        invalid  "018f0000-0000-7000-8000-0000000000011"
        schema  {"format":"email"}
        valid    "a@b.org"  1
        invalid  "ab.org"
        schema  {"anyOf":[{"type":"integer"},{"type":"string","minLength":2}]}
        valid    1  "ab"
        invalid  "a"  null
        schema  {"$ref":"#/$defs/m","$defs":{"m":{"required":["minor"],"properties":{"minor":{"minimum":1}}}}}
        valid    {"minor":1}  {"minor":1,"x":2}
        invalid  {"minor":0}  {}
        schema  {"$ref":"#/$defs/t","$defs":{"t":{"properties":{"a":{"items":{"$ref":"#/$defs/t"}}},"required":["id"]}}}
        valid    {"id":"a","a":[{"id":"b","a":[]}]}  {"id":"a","a":[{"id":"b","a":[{"id":3}]}]}
        invalid  {"id":"a","a":[{"a":[]}]}
        schema  {"$ref":"#/$defs/a","maxLength":1,"$defs":{"a":{"type":"string"}}}
        valid    "x"
        invalid  "xx"  1
        schema  {"properties":{"a/b~c":{"type":"null"}}}
        valid    {"a/b~c":null}
        invalid  {"a/b~c":1}
        schema  {"properties":{"\u00e9":{"type":"null"}},"additionalProperties":false}
        valid    {"\u00e9":null}
        invalid  {"e\u0301":null}
        schema  {"properties":{"\u00e9":{"type":"null"}}}
        valid    {"e\u0301":1}
        invalid  {"\u00e9":1}
        schema  {"const":"\u00e9"}
        valid    "\u00e9"
        invalid  "e\u0301"
        schema  {"required":["\u00e9"]}
        invalid  {"e\u0301":1}
        schema  {"minProperties":1,"maxProperties":2}
        valid    {"a":1}  {"a":1,"b":2}  []  1
        invalid  {}  {"a":1,"b":2,"c":3}
        schema  {"prefixItems":[{"type":"string"},{"type":"integer"}]}
        valid    []  ["a"]  ["a",1]  ["a",1,null]  {}
        invalid  [1]  ["a","b"]
        schema  {"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}
        valid    ["a"]  ["a",1,2]
        invalid  [1]  ["a",1,"b"]
        schema  {"exclusiveMinimum":0,"exclusiveMaximum":1e1}
        valid    0.5  9.99  "0"
        invalid  0  0.0  10  -1  1e1
        schema  {"pattern":"^[A-Z]{2}-\\d{3,4}$"}
        valid    "NY-123"  "NY-1234"  7
        invalid  "NY-12"  "NY-12345"  "xNY-123"  "ny-123"
        schema  {"pattern":"a|b+c"}
        valid    "xxa"  "xbbcx"
        invalid  "bb"  ""
        schema  {"pattern":""}
        valid    ""  "x"
        schema  {"pattern":"^(?:ab?)*$"}
        valid    ""  "aab"  "abab"
        invalid  "abb"  "b"
        schema  {"pattern":"^[^a-c\\s]+$"}
        valid    "xyz"  "\ud83d\ude00"
        invalid  "xay"  "x y"  ""
        schema  {"$ref":"#/$defs/t","$defs":{"t":{"additionalProperties":{"$ref":"#/$defs/t"},"maxProperties":1}}}
        valid    {"a":{"b":{}}}
        invalid  {"a":{"b":1,"c":2}}
        """#

    struct Row: Sendable, CustomTestStringConvertible {
        let schema: String
        var values: [(text: String, isValid: Bool)] = []
        var testDescription: String { schema }
    }

    static let rows: [Row] = table.split(separator: "\n").reduce(into: []) { rows, line in
        let fields = line.split(separator: "  ", omittingEmptySubsequences: true).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        if fields.first == "schema" {
            rows.append(Row(schema: fields[1]))
        } else {
            rows[rows.count - 1].values += fields.dropFirst().map { ($0, fields.first == "valid") }
        }
    }

    @Test("The verdict is that of Python's jsonschema", arguments: rows)
    func verdicts(row: Row) throws {
        let schema = try JSONSchema(compiling: JSON.parse(row.schema))
        for (text, isValid) in row.values {
            let faults = try schema.faults(in: JSON.parse(text))
            #expect(faults.isEmpty == isValid, "\(text): \(faults)")
        }
    }

    @Test("The table has all its pairs")
    func tableSize() { #expect(Self.rows.reduce(0) { $0 + $1.values.count } == 176) }

    @Test(
        "A date-time is a real instant",
        arguments: [
            ("2026-02-28T23:59:59Z", true), ("2026-02-28t23:59:59z", true), ("2026-02-28T23:59:60Z", false),
            ("2026-02-28 23:59:59Z", false), ("2026-02-28T23:59:59.Z", false),
            ("2026-02-28T23:59:59.1234567890Z", false),
            ("2026-02-28T23:59:59-23:59", true), ("2026-02-28T23:59:59+24:00", false), ("0000-01-01T00:00:00Z", false),
            ("99999-01-01T00:00:00Z", false), ("2026-02-28T23:59Z", false), ("2026-02-28T23:59:59Z ", false),
        ])
    func instants(text: String, isValid: Bool) throws {
        let schema = try JSONSchema(compiling: ["format": "date-time"])
        #expect(schema.faults(in: .string(text)).isEmpty == isValid)
    }

    @Test(
        "A time of day has its offset",
        arguments: [
            ("09:30:00Z", true), ("09:30:00.25+01:00", true), ("9:30:00Z", false), ("09:30Z", false),
            ("24:00:00Z", false), ("09:30:00", false), ("", false),
        ])
    func times(text: String, isValid: Bool) throws {
        let schema = try JSONSchema(compiling: ["format": "time"])
        #expect(schema.faults(in: .string(text)).isEmpty == isValid)
    }

    @Test(
        "An e-mail address can be written to",
        arguments: [
            ("anna.o'neil+bids@mail.example.org", true), ("a@localhost", true), ("a@b@c.org", false),
            (".a@b.org", false),
            ("a..b@c.org", false), ("a@-b.org", false), ("a@b-.org", false), ("a@b..org", false), ("a b@c.org", false),
            ("@b.org", false), ("a@", false), ("ä@b.org", false), (String(repeating: "a", count: 65) + "@b.org", false),
            ("a@" + String(repeating: "b.", count: 126) + "c", false), ("\"a\"@b.org", false),
        ])
    func addresses(text: String, isValid: Bool) throws {
        let schema = try JSONSchema(compiling: ["format": "email"])
        #expect(schema.faults(in: .string(text)).isEmpty == isValid)
    }

    @Test("Faults say where, which keyword and why, sorted by place, up to the limit")
    func faults() throws {
        let schema = try JSONSchema(compiling: [
            "type": "object", "required": ["verdict"], "additionalProperties": false,
            "properties": [
                "verdict": ["enum": ["valid", "invalid"]],
                "a/b~": ["type": "array", "items": ["type": "string", "maxLength": 2]],
                "when": ["format": "date"],
            ],
        ])
        let value: JSON = ["a/b~": ["ok", 1, "long"], "when": "2026-02-30", "z": 1, "y": 1]
        #expect(
            schema.faults(in: value).map(\.description) == [
                "the value: must have the member \"verdict\"",
                "/a~1b~0/1: must be of type string",
                "/a~1b~0/2: must have at most 2 characters",
                "/when: must be a date that exists, as 2026-02-28",
                "/y: is a member that the schema does not know",
                "/z: is a member that the schema does not know",
            ])
        #expect(
            schema.faults(in: value).map(\.keyword) == [
                "required", "type", "maxLength", "format", "additionalProperties", "additionalProperties",
            ])
        #expect(schema.faults(in: value, limit: 2).count == 2)
        #expect(schema.faults(in: value, limit: -1).count == 1)
        #expect(schema.faults(in: ["verdict": "perhaps"]).map(\.reason) == ["must be one of \"valid\", \"invalid\""])
        #expect(schema.faults(in: 1).map(\.path) == [""])
    }

    static let refused: [(path: String, schema: String)] = [
        ("", "true"), ("", "[]"), ("/pattern", #"{"pattern":"(?=a)"}"#), ("/pattern", #"{"pattern":1}"#),
        ("/$id", #"{"$id":"x"}"#),
        ("/properties/a/dependentRequired", #"{"properties":{"a":{"dependentRequired":{}}}}"#),
        ("/minProperties", #"{"minProperties":-1}"#), ("/prefixItems", #"{"prefixItems":[]}"#),
        ("/prefixItems/0", #"{"prefixItems":[false]}"#), ("/exclusiveMinimum", #"{"exclusiveMinimum":true}"#),
        ("/items/oneOf", #"{"items":{"oneOf":[]}}"#), ("/type", #"{"type":"text"}"#), ("/type", #"{"type":[]}"#),
        ("/type", #"{"type":["null","null"]}"#), ("/type", #"{"type":1}"#), ("/enum", #"{"enum":[]}"#),
        ("/enum", #"{"enum":"a"}"#), ("/properties", #"{"properties":[]}"#),
        ("/properties/a", #"{"properties":{"a":true}}"#), ("/required", #"{"required":"a"}"#),
        ("/required", #"{"required":["a","a"]}"#), ("/required", #"{"required":[1]}"#),
        ("/minItems", #"{"minItems":-1}"#), ("/maxItems", #"{"maxItems":1.5}"#), ("/minLength", #"{"minLength":"1"}"#),
        ("/maxLength", #"{"maxLength":1e300}"#), ("/uniqueItems", #"{"uniqueItems":1}"#),
        ("/minimum", #"{"minimum":"1"}"#), ("/format", #"{"format":"regex"}"#), ("/title", #"{"title":1}"#),
        ("/anyOf", #"{"anyOf":[]}"#), ("/anyOf/1/if", #"{"anyOf":[{},{"if":{}}]}"#),
        ("/$ref", ##"{"$ref":"#/$defs/a"}"##), ("/$ref", ##"{"$ref":"https://example.org/a"}"##),
        ("/$ref", ##"{"$ref":"#"}"##), ("/$ref", ##"{"$ref":"#/$defs/a/items","$defs":{"a":{"items":{}}}}"##),
        ("/items/$defs", #"{"items":{"$defs":{}}}"#),
        ("/$defs/a", ##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}"##),
        ("/$schema", #"{"$schema":"draft-07"}"#),
        ("/$defs/a", ##"{"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"$ref":"#/$defs/a"}}}"##),
    ]

    @Test("A schema outside the subset is refused where it leaves it", arguments: refused)
    func refusals(path: String, schema: String) {
        #expect { try JSONSchema(compiling: JSON.parse(schema)) } throws: { ($0 as? JSONSchemaFault)?.path == path }
    }

    @Test("A schema is bounded in depth, subschemas, alternatives and bytes")
    func bounds() throws {
        func nested(_ depth: Int) -> JSON { depth == 1 ? [:] : ["items": nested(depth - 1)] }
        func wide(_ count: Int) -> JSON {
            ["properties": .object(Dictionary(uniqueKeysWithValues: (0..<count).map { ("\($0)", JSON.object([:])) }))]
        }
        func compiles(_ schema: JSON) -> Bool { (try? JSONSchema(compiling: schema)) != nil }
        #expect(compiles(nested(24)) && !compiles(nested(25)))
        #expect(compiles(wide(4_095)) && !compiles(wide(4_096)))
        func alternatives(_ count: Int) -> JSON { ["anyOf": .array(Array(repeating: [:], count: count))] }
        #expect(compiles(alternatives(16)) && !compiles(alternatives(17)))
        #expect(!compiles(["title": .string(String(repeating: "a", count: 300_000))]))
        #expect(!compiles(["const": nested(2_000)]))
    }

    @Test("A schema that multiplies work is given up on, not followed, on a stack of 512 KiB")
    func explosion() async throws {
        var definitions: [String: JSON] = ["d20": ["type": "null"]]
        for level in 0..<20 {
            let next: JSON = ["$ref": "#/$defs/d\(level + 1)"]
            definitions["d\(level)"] = ["anyOf": .array(Array(repeating: next, count: 16))]
        }
        let schema = try JSONSchema(compiling: ["$ref": "#/$defs/d0", "$defs": .object(definitions)])
        let deep = (0..<120).reduce(JSON.null) { value, _ in ["a": value] }
        let tree = try JSONSchema(compiling: [
            "$ref": "#/$defs/t", "$defs": ["t": ["additionalProperties": ["$ref": "#/$defs/t"]]],
        ])
        let keywords = await withCheckedContinuation { continuation in
            let thread = Thread {
                continuation.resume(returning: [schema.faults(in: 1), tree.faults(in: deep)].map { $0.last?.keyword })
            }
            thread.stackSize = 512 * 1_024
            thread.start()
        }
        #expect(keywords == ["$ref", "$ref"])
    }
}
