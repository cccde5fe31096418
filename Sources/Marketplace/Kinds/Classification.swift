internal import Formats

extension KindDefinition {
    /// One label for a text.
    static let classification = KindDefinition(
        name: "classification", title: "Classification, one label",
        summary: "Choose the one label that fits.",
        measure: .nominal, item: .task, view: .ofText(asks: .choice),
        parameters: KindSchema.parameters(["labels": KindSchema.labels]),
        shape: { parameters in
            KindShape(
                input: textInput,
                answer: KindSchema.answer(["label": KindSchema.choice(parameters.texts("labels"))], parameters)
            )
        }
    )

    /// What all classifications show.
    static let textInput = KindSchema.input(
        ["text": KindSchema.text(1...KindSchema.textMax)],
        optional: ["title": KindSchema.text(1...1_000), "contexts": KindSchema.contexts]
    )
}

extension KindView {
    static func ofText(asks control: Control) -> KindView {
        KindView(shows: [("title", .line), ("text", .text), ("contexts", .passages)], asks: control)
    }
}
