internal import Formats

extension KindDefinition {
    /// A label of a tree, as the path to it.
    static let hierarchicalClassification = KindDefinition(
        name: "hierarchical_classification", title: "Classification in a hierarchy",
        summary: "Choose the place in the tree that fits, from its top down.",
        measure: .paths, item: .task, view: .ofText(asks: .tree),
        // Each member of the tree is a label, its value the labels below it: {"Contract": {"Lease": {}, "Sale": {}}}.
        parameters: .object(
            (KindSchema.parameters(
                ["tree": ["$ref": "#/$defs/branches", "minProperties": 1]], optional: ["leaves_only": KindSchema.flag]
            ).objectValue ?? [:]).merging([
                "$defs": [
                    "branches": [
                        "type": "object", "maxProperties": .integer(KindSchema.listMax),
                        "additionalProperties": ["$ref": "#/$defs/branches"],
                    ]
                ]
            ]) { one, _ in one }
        ),
        shape: { parameters in
            KindShape(
                input: textInput,
                answer: KindSchema.answer(
                    ["path": KindSchema.list(1...Int64(depthMax), of: KindSchema.name)], parameters
                )
            )
        },
        checkParameters: { work, faults in
            var left = labelsMax
            check(work.parameters["tree"] ?? .null, at: "/tree", depth: 1, &left, &faults)
        },
        checkAnswer: { work, faults in
            var branches = work.parameters["tree"] ?? .null
            let path = work.answer.texts("path")
            for (place, label) in path.enumerated() {
                // Found by equal scalars, as labels are compared everywhere.
                guard let next = branches.objectValue?.first(where: { JSON.string($0.key) == .string(label) }) else {
                    let below = place == 0 ? "at the top of the tree" : "below the one before it"
                    return faults.report("path_exists", at: "/path/\(place)", "must be a label \(below)")
                }
                branches = next.value
            }
            if work.parameters.flag("leaves_only", or: true), branches.objectValue?.isEmpty == false {
                faults.report("leaf", at: "/path", "must lead to a label that has none below it")
            }
        }
    )

    private static let depthMax = 12
    private static let labelsMax = 10_000

    /// Recursion is bounded by `depthMax`.
    private static func check(
        _ branches: JSON, at path: String, depth: Int, _ left: inout Int, _ faults: inout KindFaults
    ) {
        for (label, below) in (branches.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
            let place = path.pointer(to: label)
            guard depth <= depthMax else {
                return faults.report("depth", at: place, "must not be below \(depthMax) others")
            }
            guard left > 0 else { return faults.report("size", at: "/tree", "must have at most \(labelsMax) labels") }
            left -= 1
            if !(1...200).contains(label.unicodeScalars.count) {
                faults.report("label", at: place, "must have 1 to 200 characters")
            }
            check(below, at: place, depth: depth + 1, &left, &faults)
        }
    }
}
