internal import Formats

extension KindDefinition {
    /// A text that the worker writes; a rubric says what it is measured by.
    static let freeText = KindDefinition(
        name: "free_text", title: "Free text against a rubric",
        summary: "Write the text that the prompt asks for; the rubric says what counts.",
        measure: .review, item: .task,
        view: KindView(shows: [("prompt", .text), ("contexts", .passages)], asks: .editor),
        parameters: KindSchema.object(
            ["rubric": rubric],
            optional: [
                "length_least": KindSchema.whole(1...200_000), "length_most": KindSchema.whole(1...200_000),
            ]
        ),
        shape: { parameters in
            let length = textLength(parameters)
            return KindShape(
                input: KindSchema.input(
                    ["prompt": KindSchema.prompt], optional: ["contexts": KindSchema.contexts]
                ),
                answer: KindSchema.object([
                    "text": [
                        "type": "string", "minLength": .integer(length.least), "maxLength": .integer(length.most),
                    ]
                ])
            )
        },
        checkParameters: { work, faults in
            KindSchema.mustHaveOwnNames("rubric", "criterion", work, &faults)
            let length = textLength(work.parameters)
            if length.least > length.most {
                faults.report("bounds", at: "/length_least", "must be at most length_most")
            }
        }
    )

    /// What a text is measured by: criteria, each with the points it can bring.
    static let rubric = KindSchema.list(
        1...50,
        of: KindSchema.object(
            ["criterion": KindSchema.name, "points": KindSchema.whole(1...1_000)],
            optional: ["description": KindSchema.text(1...4_000)]
        )
    )

    private static func textLength(_ parameters: JSON) -> (least: Int64, most: Int64) {
        (parameters.whole("length_least", or: 1), parameters.whole("length_most", or: 200_000))
    }
}
