package import Store

/// What is done in a task: a kind of the catalogue, by its name. What work pays is set by it.
///
/// Shape of the name: 1 to 40 lower-case ASCII letters and underscores, a letter first.
package struct TaskKind: Sendable, RawRepresentable {
    package let definition: KindDefinition

    init(_ definition: KindDefinition) { self.definition = definition }

    package static let extraction = TaskKind(.extraction)
    package static let judgement = TaskKind(.judgement)

    /// - Returns: `nil` for a name that the catalogue does not have.
    package init?(rawValue: String) {
        guard let kind = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = kind
    }

    package var rawValue: String { definition.name }
}

extension TaskKind: CaseIterable {
    /// The catalogue: one entry for each file in this folder that defines a kind.
    package static let allCases: [TaskKind] = [
        .extraction, TaskKind(.spanExtraction), TaskKind(.classification), TaskKind(.multiClassification),
        TaskKind(.hierarchicalClassification), .judgement, TaskKind(.rating), TaskKind(.pairwisePreference),
        TaskKind(.ranking), TaskKind(.freeText), TaskKind(.rubricGrading), TaskKind(.referenceAnswer),
        TaskKind(.boundingBoxes), TaskKind(.conversation), TaskKind(.redTeam),
    ]
}

extension TaskKind: Hashable {
    package static func == (left: TaskKind, right: TaskKind) -> Bool { left.rawValue == right.rawValue }
    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

extension TaskKind: SQLParameter, SQLDecodable {
    package static var typeOID: UInt32 { String.typeOID }
    package func write(to wire: inout WireBuffer) { rawValue.write(to: &wire) }

    package init(cell: Cell) throws(CellFault) {
        let name = try String(cell: cell)
        guard let kind = TaskKind(rawValue: name) else {
            throw .badValue("is no kind of task that this program has: '\(name)'")
        }
        self = kind
    }
}
