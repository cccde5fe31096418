internal import Formats

extension KindDefinition {
    /// A question, answered from passages by one of a few words, with what the answer rests on.
    static let judgement = KindDefinition(
        name: "judgement", title: "Judgement of a question",
        summary: "Answer the question from the passages alone, by one of the words given, and say why.",
        measure: .nominal, item: .task,
        view: KindView(shows: [("question", .text), ("contexts", .passages)], asks: .choice),
        parameters: KindSchema.object(
            ["answers": KindSchema.labels], optional: ["rationale_length_max": KindSchema.whole(1...20_000)]
        ),
        shape: { parameters in
            KindShape(
                input: KindSchema.input([
                    "question": KindSchema.text(1...KindSchema.textMax), "contexts": KindSchema.contexts,
                ]),
                answer: KindSchema.object([
                    "answer": KindSchema.choice(parameters.texts("answers")),
                    "rationale": KindSchema.text(1...parameters.whole("rationale_length_max", or: 2_000)),
                ])
            )
        }
    )
}
