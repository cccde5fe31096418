extension JSONSchema {
    /// One way in which a value breaks a schema.
    package struct Fault: Hashable, Sendable, CustomStringConvertible {
        /// The place in the value: a JSON Pointer (RFC 6901), empty for the whole.
        package let path: String
        /// The keyword that was broken; `$ref` also when the value would take too much work to check. Of a rule beyond
        /// JSON Schema its own name.
        package let keyword: String
        /// A sentence for the worker; it repeats names and bounds of the schema, never content of the value.
        package let reason: String

        package init(path: String, keyword: String, reason: String) {
            self.path = path
            self.keyword = keyword
            self.reason = reason
        }

        /// One line: place and reason.
        package var description: String { "\(path.isEmpty ? "the value" : path): \(reason)" }
    }

    /// What is wrong with a value; empty when it satisfies the schema.
    ///
    /// Order: by member name and element, at each place by keyword; the same value always gives the same list. Work is
    /// bounded by ``Bounds/validationSteps`` and ``Bounds/validationDepthMax``; a value beyond them is faulty.
    /// - Parameter limit: how many faults at most; less than 1 counts as 1.
    package func faults(in value: JSON, limit: Int = 20) -> [Fault] {
        var validation = JSONSchemaValidation(nodes: nodes, limit: max(limit, 1), steps: Bounds.validationSteps)
        validation.check(value, against: 0, at: .root, depth: 1)
        return validation.faults
    }
}

/// One walk over a value. Recursion is bounded by `Bounds.validationDepthMax`.
struct JSONSchemaValidation {
    typealias Node = JSONSchema.Node

    let nodes: [Node]
    let limit: Int
    private(set) var steps: Int
    private(set) var faults: [JSONSchema.Fault] = []
    private var isExhausted = false

    init(nodes: [Node], limit: Int, steps: Int) {
        self.nodes = nodes
        self.limit = limit
        self.steps = steps
    }

    /// Where the walk is; the pointer is put together only for a fault.
    indirect enum Place {
        case root
        case member(String, of: Place)
        case element(Int, of: Place)

        var pointer: String {
            switch self {
            case .root: ""
            case .member(let name, let parent): parent.pointer.pointer(to: name)
            case .element(let index, let parent): parent.pointer.pointer(to: index)
            }
        }
    }

    private var isFinished: Bool { isExhausted || faults.count >= limit }

    private mutating func report(_ keyword: JSONSchemaKeyword, _ place: Place, _ reason: String) {
        guard faults.count < limit else { return }
        faults.append(JSONSchema.Fault(path: place.pointer, keyword: keyword.rawValue, reason: reason))
    }

    /// Pays for work; false when there is no more to spend, which ends the walk with a fault.
    private mutating func spend(_ cost: Int, _ place: Place) -> Bool {
        guard !isExhausted else { return false }
        guard cost < steps else {
            giveUp(place)
            return false
        }
        steps -= cost
        return true
    }

    private mutating func giveUp(_ place: Place) {
        isExhausted = true
        report(.reference, place, "takes too much work to check")
    }

    mutating func check(_ value: JSON, against index: Int, at place: Place, depth: Int) {
        guard !isFinished else { return }
        let node = nodes[index]
        guard depth <= JSONSchema.Bounds.validationDepthMax else { return giveUp(place) }
        guard spend(1 + node.required.count, place) else { return }
        checkKind(value, node, place)
        checkValue(value, node, place)
        if let reference = node.reference { check(value, against: reference, at: place, depth: depth + 1) }
        checkAlternatives(value, node, place, depth)
        switch value {
        case .null, .bool: break
        case .integer, .number: checkNumber(value, node, place)
        case .string(let text): checkText(text, node, place)
        case .array(let elements): checkElements(elements, node, place, depth)
        case .object(let members): checkMembers(members, node, place, depth)
        }
    }

    private mutating func checkKind(_ value: JSON, _ node: Node, _ place: Place) {
        guard !node.kinds.isEmpty, !node.kinds.contains(where: value.isKind) else { return }
        report(.type, place, "must be of type \(node.kinds.map(\.rawValue).joined(separator: " or "))")
    }

    private mutating func checkValue(_ value: JSON, _ node: Node, _ place: Place) {
        if let constant = node.constant, !value.isSame(as: constant) {
            report(.const, place, "must be \(constant.excerpt)")
        }
        guard let values = node.values else { return }
        guard spend(values.count / 4, place), !values.contains(where: value.isSame) else { return }
        let shown = values.prefix(8).map(\.excerpt).joined(separator: ", ")
        report(.enumeration, place, "must be one of \(shown)\(values.count > 8 ? " and others" : "")")
    }

    private mutating func checkAlternatives(_ value: JSON, _ node: Node, _ place: Place, _ depth: Int) {
        guard !node.alternatives.isEmpty, !isFinished else { return }
        for alternative in node.alternatives {
            var attempt = JSONSchemaValidation(nodes: nodes, limit: 1, steps: steps)
            attempt.check(value, against: alternative, at: place, depth: depth + 1)
            steps = attempt.steps
            if attempt.isExhausted { return giveUp(place) }
            if attempt.faults.isEmpty { return }
        }
        report(.anyOf, place, "matches none of the \(node.alternatives.count) allowed forms")
    }

    private mutating func checkNumber(_ value: JSON, _ node: Node, _ place: Place) {
        guard node.minimum != nil || node.maximum != nil || node.above != nil || node.below != nil else { return }
        guard let number = value.exactNumber else { return report(.type, place, "is not a number in bounds") }
        if let minimum = node.minimum, number < minimum.number {
            report(.minimum, place, "must be at least \(minimum.text)")
        }
        if let maximum = node.maximum, maximum.number < number {
            report(.maximum, place, "must be at most \(maximum.text)")
        }
        if let above = node.above, !(above.number < number) {
            report(.exclusiveMinimum, place, "must be more than \(above.text)")
        }
        if let below = node.below, !(number < below.number) {
            report(.exclusiveMaximum, place, "must be less than \(below.text)")
        }
    }

    private mutating func checkText(_ text: String, _ node: Node, _ place: Place) {
        if node.leastLength != nil || node.mostLength != nil {
            guard spend(text.utf8.count / 64, place) else { return }
            let length = text.unicodeScalars.count
            if let least = node.leastLength, length < least {
                report(.minLength, place, "must have at least \(least) characters")
            }
            if let most = node.mostLength, length > most {
                report(.maxLength, place, "must have at most \(most) characters")
            }
        }
        if let pattern = node.pattern {
            guard spend(pattern.matcher.work(for: text) / 64, place) else { return }
            if !pattern.matcher.matches(text) { report(.pattern, place, "must match \(pattern.text)") }
        }
        if let format = node.format, !format.accepts(text) {
            report(.format, place, "must be \(format.sentence)")
        }
    }

    private mutating func checkElements(_ elements: [JSON], _ node: Node, _ place: Place, _ depth: Int) {
        if let least = node.leastItems, elements.count < least {
            report(.minItems, place, "must have at least \(least) elements")
        }
        if let most = node.mostItems, elements.count > most {
            report(.maxItems, place, "must have at most \(most) elements")
        }
        if node.hasUniqueItems { checkUnique(elements, place) }
        for (index, (element, schema)) in zip(elements, node.prefixItems).enumerated() {
            check(element, against: schema, at: .element(index, of: place), depth: depth + 1)
        }
        guard let items = node.items else { return }
        for (index, element) in elements.enumerated().dropFirst(node.prefixItems.count) {
            if isFinished { return }
            check(element, against: items, at: .element(index, of: place), depth: depth + 1)
        }
    }

    private mutating func checkUnique(_ elements: [JSON], _ place: Place) {
        var seen: Set<[UInt8]> = []
        for (index, element) in elements.enumerated() {
            let key = element.comparable.canonicalBytes()
            guard spend(1 + key.count / 16, place) else { return }
            guard seen.insert(key).inserted else {
                return report(.uniqueItems, place, "must not repeat an element: see element \(index)")
            }
        }
    }

    private mutating func checkMembers(_ members: [String: JSON], _ node: Node, _ place: Place, _ depth: Int) {
        if let least = node.leastProperties, members.count < least {
            report(.minProperties, place, "must have at least \(least) members")
        }
        if let most = node.mostProperties, members.count > most {
            report(.maxProperties, place, "must have at most \(most) members")
        }
        for name in node.required where !members.hasMember(name) {
            report(.required, place, "must have the member \(JSON.string(name).excerpt)")
        }
        guard spend(members.count / 4 + node.properties.count, place) else { return }
        for property in node.properties {
            guard let index = members.index(forKey: property.name) else { continue }
            guard members[index].key.hasSameScalars(as: property.name) else { continue }
            check(members[index].value, against: property.node, at: .member(property.name, of: place), depth: depth + 1)
        }
        switch node.additional {
        case .allowed: return
        case .refused:
            for name in extraNames(members, node) {
                if isFinished { return }
                report(.additionalProperties, .member(name, of: place), "is a member that the schema does not know")
            }
        case .matching(let additional):
            for name in extraNames(members, node) {
                guard let value = members[name] else { continue }
                check(value, against: additional, at: .member(name, of: place), depth: depth + 1)
            }
        }
    }

    /// The members that `properties` does not list, sorted.
    private func extraNames(_ members: [String: JSON], _ node: Node) -> [String] {
        members.keys.filter { name in
            guard let index = node.propertyNames.index(forKey: name) else { return true }
            return !node.propertyNames[index].key.hasSameScalars(as: name)
        }
        .sorted { $0.precedesInUTF16($1) }
    }
}
