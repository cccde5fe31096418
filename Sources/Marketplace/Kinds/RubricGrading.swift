internal import Formats

extension KindDefinition {
    /// A given text, graded by a rubric.
    static let rubricGrading = KindDefinition(
        name: "rubric_grading", title: "Grading by a rubric",
        summary: "Give the text points for each criterion of the rubric, and quote what they rest on.",
        measure: .intervals, item: .elementOfParameters("rubric"),
        view: KindView(shows: [("prompt", .text), ("reference", .text), ("text", .text)], asks: .grades),
        parameters: KindSchema.parameters(["rubric": rubric]),
        shape: { parameters in
            var grades: [String: JSON] = [:]
            for line in parameters.elements("rubric") {
                grades[line["criterion"]?.stringValue ?? ""] = KindSchema.object(
                    ["points": KindSchema.whole(0...line.whole("points", or: 1))],
                    optional: ["evidence": KindSchema.text(1...4_000)]
                )
            }
            return KindShape(
                input: KindSchema.input(
                    ["text": KindSchema.text(1...KindSchema.textMax)],
                    optional: ["prompt": KindSchema.prompt, "reference": KindSchema.prompt]
                ),
                answer: KindSchema.answer(["grades": KindSchema.object(grades)], parameters)
            )
        },
        checkParameters: { KindSchema.mustHaveOwnNames("rubric", "criterion", $0, &$1) }
    )
}
