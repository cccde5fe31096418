internal import Formats

extension KindDefinition {
    /// A whole number on one scale for each criterion.
    static let rating = KindDefinition(
        name: "rating", title: "Rating",
        summary: "Rate the text by each criterion on the scale.",
        measure: .intervals, item: .elementOfParameters("criteria"), view: .ofText(asks: .scales),
        parameters: KindSchema.parameters(
            [
                "criteria": KindSchema.list(1...50, of: KindSchema.name, isUnique: true),
                "least": KindSchema.whole(-1_000...1_000), "most": KindSchema.whole(-1_000...1_000),
            ],
            // What points of the scale mean, by the number: {"1": "wrong", "5": "right in all points"}.
            optional: [
                "anchors": [
                    "type": "object", "maxProperties": 100, "additionalProperties": KindSchema.text(1...1_000),
                ]
            ]
        ),
        shape: { parameters in
            let scale = scale(parameters)
            let ratings = parameters.texts("criteria").map {
                (
                    $0,
                    [
                        "type": "integer", "minimum": .integer(scale.least), "maximum": .integer(scale.most),
                    ] as JSON
                )
            }
            let members = Dictionary(ratings) { one, _ in one }
            return KindShape(
                input: textInput, answer: KindSchema.answer(["ratings": KindSchema.object(members)], parameters)
            )
        },
        checkParameters: { work, faults in
            KindSchema.mustHaveOwnNames("criteria", nil, work, &faults)
            let scale = scale(work.parameters)
            guard scale.least < scale.most else {
                return faults.report("bounds", at: "/least", "must be less than most")
            }
            for anchor in (work.parameters["anchors"]?.objectValue ?? [:]).keys.sorted() {
                guard let point = Int64(anchor), (scale.least...scale.most).contains(point) else {
                    faults.report("on_scale", at: "/anchors".pointer(to: anchor), "must be a number of the scale")
                    continue
                }
            }
        }
    )

    private static func scale(_ parameters: JSON) -> (least: Int64, most: Int64) {
        (parameters.whole("least", or: 0), parameters.whole("most", or: 0))
    }
}
