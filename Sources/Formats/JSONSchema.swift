/// A compiled JSON Schema: what a task's answer must look like.
///
/// Source: JSON Schema 2020-12, of which this is a written subset: `type` (one or a list), `enum`, `const`,
/// `properties`, `required`, `additionalProperties` (boolean or schema), `minProperties`, `maxProperties`,
/// `prefixItems`, `items`, `minItems`, `maxItems`, `uniqueItems`, `minLength`, `maxLength` (Unicode scalars), `pattern`
/// (``LinearPattern``), `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `format` (asserted: `date`,
/// `time`, `date-time`, `uuid`, `email`), `anyOf`, `$ref` to `#/$defs/name`, and at the root `$defs` and `$schema`;
/// `title` and `description` are for people. Any other keyword is refused here, so that no rule is ignored in silence.
/// For requesters it is written in docs/TASK-KINDS.md.
///
/// Numbers compare as exact decimals (`1`, `1.0` and `10e-1` are one number), texts by Unicode scalars.
package struct JSONSchema: Sendable {
    /// All subschemas; the root is the first. References are places in this list, so that recursion is no cycle.
    let nodes: [Node]

    /// Compiles a schema.
    /// - Throws: ``JSONSchemaFault``, the first in the order of paths: an unknown or malformed keyword, a reference to
    ///   nowhere or around in a circle without descending, or a schema over ``Bounds``.
    package init(compiling document: JSON) throws(JSONSchemaFault) {
        var compiler = JSONSchemaCompiler()
        nodes = try compiler.compile(document)
    }

    /// What a schema may cost; every bound is inclusive.
    package enum Bounds {
        /// Subschemas in one schema.
        package static let nodesMax = 4_096
        /// Subschemas within each other, not counting references.
        package static let depthMax = 24
        /// The size of the schema in its canonical form.
        package static let bytesMax = 256 * 1_024
        /// Alternatives in one `anyOf`.
        package static let alternativesMax = 16
        /// Schemas in one `prefixItems`.
        package static let prefixItemsMax = 256
        /// Steps down into an instance, counting those through `$ref` and `anyOf`.
        package static let validationDepthMax = 96
        /// Work for one instance: about one unit for each subschema applied and each member or element looked at.
        package static let validationSteps = 1_000_000
    }

    /// The kinds of value that `type` can name.
    enum Kind: String, CaseIterable {
        case null, boolean, integer, number, string, array, object
    }

    /// The texts that `format` can name.
    enum Format: String, CaseIterable {
        case date, time
        case dateTime = "date-time"
        case uuid, email
    }

    /// What members not listed under `properties` must be.
    enum Additional: Sendable {
        case allowed, refused
        case matching(Int)
    }

    /// One subschema. An absent keyword is nil or empty.
    struct Node: Sendable {
        var kinds: [Kind] = []
        var values: [JSON]?
        var constant: JSON?
        var properties: [(name: String, node: Int)] = []
        var propertyNames: [String: Int] = [:]
        var required: [String] = []
        var additional = Additional.allowed
        var leastProperties: Int?
        var mostProperties: Int?
        var prefixItems: [Int] = []
        var items: Int?
        var leastItems: Int?
        var mostItems: Int?
        var hasUniqueItems = false
        var leastLength: Int?
        var mostLength: Int?
        var pattern: (matcher: LinearPattern, text: String)?
        var minimum: (number: JSONNumber, text: String)?
        var maximum: (number: JSONNumber, text: String)?
        var above: (number: JSONNumber, text: String)?
        var below: (number: JSONNumber, text: String)?
        var format: Format?
        var alternatives: [Int] = []
        var reference: Int?
    }
}

/// Why a schema was refused, and where in it.
package struct JSONSchemaFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place in the schema: a JSON Pointer (RFC 6901), empty for the root.
    package let path: String
    /// A sentence for the requester who wrote the schema.
    package let reason: String

    /// One line: place and reason.
    package var description: String { "\(path.isEmpty ? "the schema" : path): \(reason)" }
}

extension String {
    /// The JSON Pointer one step further (RFC 6901, section 3).
    package func pointer(to member: String) -> String {
        var path = self + "/"
        for scalar in member.unicodeScalars {
            switch scalar {
            case "~": path += "~0"
            case "/": path += "~1"
            default: path.unicodeScalars.append(scalar)
            }
        }
        return path
    }

    /// The JSON Pointer to an element, from 0.
    package func pointer(to element: Int) -> String { "\(self)/\(element)" }
}
