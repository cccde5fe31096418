internal import Formats

extension KindDefinition {
    /// The answer that others are measured by; the question is given, or the worker's own.
    static let referenceAnswer = KindDefinition(
        name: "reference_answer", title: "Question and reference answer",
        summary: "Write the answer that others will be measured by, and cite the passages it rests on.",
        measure: .review, item: .task,
        view: KindView(shows: [("topic", .line), ("question", .text), ("contexts", .passages)], asks: .citations),
        parameters: KindSchema.object(
            ["question": KindSchema.choice(["given", "written"])],
            optional: [
                "length_max": KindSchema.whole(1...200_000), "citations_least": KindSchema.whole(0...100),
            ]
        ),
        shape: { parameters in
            let passage = KindSchema.object(
                ["id": KindSchema.name, "text": KindSchema.text(1...KindSchema.textMax)],
                optional: ["label": KindSchema.name]
            )
            let contexts = KindSchema.list(0...KindSchema.listMax, of: passage)
            let citations = KindSchema.list(
                parameters.whole("citations_least", or: 0)...100,
                of: KindSchema.object(["context": KindSchema.name, "quote": KindSchema.text(1...20_000)])
            )
            var members = [
                "answer": KindSchema.text(1...parameters.whole("length_max", or: 20_000)), "citations": citations,
            ]
            let (question, topic) = (["question": KindSchema.prompt], ["topic": KindSchema.text(1...1_000)])
            let isGiven = parameters["question"]?.stringValue == "given"
            if !isGiven { members["question"] = KindSchema.text(1...4_000) }
            return KindShape(
                input: KindSchema.input(
                    (isGiven ? question : topic).merging(["contexts": contexts]) { one, _ in one },
                    optional: isGiven ? topic : [:]
                ),
                answer: KindSchema.object(members)
            )
        },
        checkInput: KindSchema.mustHaveOwnIDs("contexts"),
        checkAnswer: { work, faults in
            let contexts = work.input.elements("contexts")
            for (place, citation) in work.answer.elements("citations").enumerated() {
                guard let cited = contexts.first(where: { $0["id"] == citation["context"] }) else {
                    faults.report("context_exists", at: "/citations/\(place)/context", "must be the id of a passage")
                    continue
                }
                let quote = citation["quote"]?.stringValue ?? ""
                if !Array((cited["text"]?.stringValue ?? "").utf8).holds(Array(quote.utf8)) {
                    faults.report("verbatim", at: "/citations/\(place)/quote", "must stand in the passage")
                }
            }
        }
    )
}
