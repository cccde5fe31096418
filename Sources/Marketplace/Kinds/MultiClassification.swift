internal import Formats

extension KindDefinition {
    /// All labels that fit a text.
    static let multiClassification = KindDefinition(
        name: "multi_classification", title: "Classification, several labels",
        summary: "Choose every label that fits.",
        measure: .sets, item: .task, view: .ofText(asks: .choices),
        parameters: KindSchema.parameters(
            ["labels": KindSchema.labels],
            optional: [
                "labels_least": KindSchema.whole(0...KindSchema.listMax),
                "labels_most": KindSchema.whole(1...KindSchema.listMax),
            ]
        ),
        shape: { parameters in
            let labels = parameters.texts("labels")
            let count = labelCount(parameters)
            return KindShape(
                input: textInput,
                answer: KindSchema.answer(
                    [
                        "labels": [
                            "type": "array", "minItems": .integer(count.least), "maxItems": .integer(count.most),
                            "uniqueItems": true, "items": KindSchema.choice(labels),
                        ]
                    ], parameters
                )
            )
        },
        checkParameters: { work, faults in
            let count = labelCount(work.parameters)
            if count.least > count.most {
                faults.report("bounds", at: "/labels_least", "must be at most labels_most and the number of labels")
            }
        }
    )

    private static func labelCount(_ parameters: JSON) -> (least: Int64, most: Int64) {
        let all = Int64(parameters.elements("labels").count)
        return (parameters.whole("labels_least", or: 0), min(all, parameters.whole("labels_most", or: all)))
    }
}
