/// Turns a schema document into the flat list of ``JSONSchema/nodes``. Recursion is bounded by `Bounds.depthMax`.
struct JSONSchemaCompiler {
    private var nodes: [JSONSchema.Node] = []
    private var paths: [String] = []
    private var definitions: [String: Int] = [:]
    /// References met, resolved when all definitions are known.
    private var references: [(node: Int, name: String)] = []

    init() {}

    mutating func compile(_ document: JSON) throws(JSONSchemaFault) -> [JSONSchema.Node] {
        guard Self.depth(of: document, atMost: JSON.Limits.depthCeiling) else {
            throw JSONSchemaFault(path: "", reason: "the schema is nested too deeply")
        }
        guard document.canonicalBytes().count <= JSONSchema.Bounds.bytesMax else {
            throw JSONSchemaFault(path: "", reason: "the schema is larger than \(JSONSchema.Bounds.bytesMax) bytes")
        }
        _ = try node(document, at: "", depth: 1)
        for reference in references {
            guard let target = definitions[reference.name] else {
                throw fault(paths[reference.node], "$ref", "refers to a definition that does not exist")
            }
            nodes[reference.node].reference = target
        }
        try refuseCircles()
        return nodes
    }

    private static func depth(of value: JSON, atMost limit: Int) -> Bool {
        guard limit > 0 else { return false }
        return switch value {
        case .null, .bool, .integer, .number, .string: true
        case .array(let elements): elements.allSatisfy { depth(of: $0, atMost: limit - 1) }
        case .object(let members): members.values.allSatisfy { depth(of: $0, atMost: limit - 1) }
        }
    }

    private func fault(_ path: String, _ keyword: String, _ reason: String) -> JSONSchemaFault {
        JSONSchemaFault(path: path.pointer(to: keyword), reason: reason)
    }

    /// Compiles one subschema and all below it; its place in the list.
    private mutating func node(_ schema: JSON, at path: String, depth: Int) throws(JSONSchemaFault) -> Int {
        guard let members = schema.objectValue else {
            throw JSONSchemaFault(path: path, reason: "a schema must be an object")
        }
        guard depth <= JSONSchema.Bounds.depthMax else {
            throw JSONSchemaFault(path: path, reason: "schemas are nested deeper than \(JSONSchema.Bounds.depthMax)")
        }
        guard nodes.count < JSONSchema.Bounds.nodesMax else {
            throw JSONSchemaFault(path: path, reason: "there are more than \(JSONSchema.Bounds.nodesMax) subschemas")
        }
        let place = nodes.count
        nodes.append(JSONSchema.Node())
        paths.append(path)
        var compiled = JSONSchema.Node()
        for (keyword, value) in members.sorted(by: { $0.key.precedesInUTF16($1.key) }) {
            guard let known = JSONSchemaKeyword(rawValue: keyword) else {
                throw fault(path, keyword, "this keyword is not supported")
            }
            let site = Site(keyword: known, value: value, path: path, place: place, depth: depth)
            try apply(site, to: &compiled)
        }
        nodes[place] = compiled
        return place
    }

    /// A keyword where it stands.
    private struct Site {
        let keyword: JSONSchemaKeyword
        let value: JSON
        let path: String
        let place: Int
        let depth: Int

        var here: String { path.pointer(to: keyword.rawValue) }

        func refused(_ reason: String) -> JSONSchemaFault { JSONSchemaFault(path: here, reason: reason) }
    }

    private mutating func apply(_ site: Site, to node: inout JSONSchema.Node) throws(JSONSchemaFault) {
        switch site.keyword {
        case .type: node.kinds = try kinds(site)
        case .enumeration: node.values = try list(site, atMost: 4_096)
        case .const: node.constant = site.value
        case .properties:
            node.properties = try schemas(site)
            for property in node.properties { node.propertyNames[property.name] = property.node }
        case .required: node.required = try names(site)
        case .additionalProperties: node.additional = try additional(site)
        case .minProperties: node.leastProperties = try count(site)
        case .maxProperties: node.mostProperties = try count(site)
        case .prefixItems: node.prefixItems = try schemaList(site, atMost: JSONSchema.Bounds.prefixItemsMax)
        case .items: node.items = try self.node(site.value, at: site.here, depth: site.depth + 1)
        case .minItems: node.leastItems = try count(site)
        case .maxItems: node.mostItems = try count(site)
        case .uniqueItems: node.hasUniqueItems = try flag(site)
        case .minLength: node.leastLength = try count(site)
        case .maxLength: node.mostLength = try count(site)
        case .minimum: node.minimum = try number(site)
        case .pattern: node.pattern = try pattern(site)
        case .maximum: node.maximum = try number(site)
        case .exclusiveMinimum: node.above = try number(site)
        case .exclusiveMaximum: node.below = try number(site)
        case .format: node.format = try format(site)
        case .anyOf: node.alternatives = try schemaList(site, atMost: JSONSchema.Bounds.alternativesMax)
        case .reference: references.append((site.place, try referencedName(site)))
        case .definitions: try define(site)
        case .schema: try checkDialect(site)
        case .title, .description:
            guard site.value.stringValue != nil else { throw site.refused("must be a string") }
        }
    }

    // MARK: Keywords that hold schemas

    private mutating func schemas(_ site: Site) throws(JSONSchemaFault) -> [(name: String, node: Int)] {
        guard let members = site.value.objectValue else { throw site.refused("must be an object of schemas") }
        var compiled: [(name: String, node: Int)] = []
        for (name, schema) in members.sorted(by: { $0.key.precedesInUTF16($1.key) }) {
            compiled.append((name, try node(schema, at: site.here.pointer(to: name), depth: site.depth + 1)))
        }
        return compiled
    }

    private mutating func additional(_ site: Site) throws(JSONSchemaFault) -> JSONSchema.Additional {
        if let isAllowed = site.value.boolValue { return isAllowed ? .allowed : .refused }
        return .matching(try node(site.value, at: site.here, depth: site.depth + 1))
    }

    private mutating func schemaList(_ site: Site, atMost most: Int) throws(JSONSchemaFault) -> [Int] {
        var compiled: [Int] = []
        for (place, schema) in try list(site, atMost: most).enumerated() {
            compiled.append(try node(schema, at: site.here.pointer(to: place), depth: site.depth + 1))
        }
        return compiled
    }

    private mutating func define(_ site: Site) throws(JSONSchemaFault) {
        guard site.place == 0 else { throw site.refused("$defs is supported at the root only") }
        for definition in try schemas(site) { definitions[definition.name] = definition.node }
    }

    private func referencedName(_ site: Site) throws(JSONSchemaFault) -> String {
        let prefix = "#/$defs/"
        guard let text = site.value.stringValue, text.hasPrefix(prefix) else {
            throw site.refused("must be a string that begins with #/$defs/")
        }
        let name = text.dropFirst(prefix.count)
        guard !name.isEmpty, !name.utf8.contains(where: { $0 == 0x2F || $0 == 0x7E || $0 == 0x25 }) else {
            throw site.refused("must name one definition, without / and ~ and %")
        }
        return String(name)
    }

    /// Refuses schemas that lead back to themselves on the same value: no instance could ever satisfy or break them.
    private func refuseCircles() throws(JSONSchemaFault) {
        var state = [UInt8](repeating: 0, count: nodes.count)
        for start in nodes.indices where state[start] == 0 {
            var path = [(node: start, next: 0)]
            state[start] = 1
            while let top = path.last {
                let node = nodes[top.node]
                let followers = node.alternatives + (node.reference.map { [$0] } ?? [])
                guard top.next < followers.count else {
                    state[top.node] = 2
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let follower = followers[top.next]
                guard state[follower] != 1 else {
                    throw JSONSchemaFault(path: paths[follower], reason: "refers to itself on the same value")
                }
                guard state[follower] == 0 else { continue }
                state[follower] = 1
                path.append((follower, 0))
            }
        }
    }

    // MARK: Keywords that hold values

    private func list(_ site: Site, atMost most: Int) throws(JSONSchemaFault) -> [JSON] {
        guard let elements = site.value.arrayValue, (1...most).contains(elements.count) else {
            throw site.refused("must be an array of 1 to \(most) elements")
        }
        return elements
    }

    private func names(_ site: Site) throws(JSONSchemaFault) -> [String] {
        guard let elements = site.value.arrayValue else { throw site.refused("must be an array of strings") }
        let names = elements.compactMap(\.stringValue)
        guard names.count == elements.count, Set(names).count == names.count else {
            throw site.refused("must be an array of different strings")
        }
        return names
    }

    private func kinds(_ site: Site) throws(JSONSchemaFault) -> [JSONSchema.Kind] {
        let names = site.value.stringValue.map { [JSON.string($0)] } ?? site.value.arrayValue ?? []
        let kinds = names.compactMap { $0.stringValue.flatMap(JSONSchema.Kind.init(rawValue:)) }
        guard !kinds.isEmpty, kinds.count == names.count, Set(kinds).count == kinds.count else {
            throw site.refused("must be one of, or an array of different of: \(Self.all(JSONSchema.Kind.self))")
        }
        return kinds
    }

    private func format(_ site: Site) throws(JSONSchemaFault) -> JSONSchema.Format {
        guard let format = site.value.stringValue.flatMap(JSONSchema.Format.init(rawValue:)) else {
            throw site.refused("must be one of: \(Self.all(JSONSchema.Format.self))")
        }
        return format
    }

    private func pattern(_ site: Site) throws(JSONSchemaFault) -> (matcher: LinearPattern, text: String) {
        guard let text = site.value.stringValue else { throw site.refused("must be a string") }
        do throws(LinearPatternFault) {
            return (try LinearPattern(text), site.value.excerpt)
        } catch {
            throw site.refused(error.reason)
        }
    }

    private static func all<Name: RawRepresentable<String> & CaseIterable>(_: Name.Type) -> String {
        Name.allCases.map(\.rawValue).joined(separator: ", ")
    }

    private func count(_ site: Site) throws(JSONSchemaFault) -> Int {
        guard let value = site.value.integerValue, let count = Int32(exactly: value), count >= 0 else {
            throw site.refused("must be a whole number from 0 to \(Int32.max)")
        }
        return Int(count)
    }

    private func flag(_ site: Site) throws(JSONSchemaFault) -> Bool {
        guard let value = site.value.boolValue else { throw site.refused("must be true or false") }
        return value
    }

    private func number(_ site: Site) throws(JSONSchemaFault) -> (number: JSONNumber, text: String) {
        guard let number = site.value.exactNumber else { throw site.refused("must be a number") }
        return (number, site.value.canonicalText)
    }

    private func checkDialect(_ site: Site) throws(JSONSchemaFault) {
        let dialect = "https://json-schema.org/draft/2020-12/schema"
        guard site.place == 0, site.value.stringValue == dialect else {
            throw site.refused("may stand at the root only, and must be \(dialect)")
        }
    }
}

/// Every keyword of the subset, by its name in a schema.
enum JSONSchemaKeyword: String, CaseIterable {
    case type, const, properties, required, additionalProperties, minProperties, maxProperties
    case prefixItems, items, minItems, maxItems, uniqueItems
    case minLength, maxLength, pattern, minimum, maximum, exclusiveMinimum, exclusiveMaximum
    case format, anyOf, title, description
    case enumeration = "enum"
    case reference = "$ref"
    case definitions = "$defs"
    case schema = "$schema"
}

extension JSON {
    /// The exact decimal of a number; nil for any other kind.
    var exactNumber: JSONNumber? {
        switch self {
        case .integer(let value): JSONNumber(value)
        case .number(let lexeme): JSONNumber(lexeme)
        case .null, .bool, .string, .array, .object: nil
        }
    }
}
