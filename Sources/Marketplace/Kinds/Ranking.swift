internal import Formats

extension KindDefinition {
    /// Several answers, best first.
    static let ranking = KindDefinition(
        name: "ranking", title: "Ranking",
        summary: "Put the answers to the prompt in order, the best first.",
        measure: .ranks, item: .elementOfInput("candidates"),
        view: KindView(shows: [("prompt", .text), ("candidates", .candidates)], asks: .order),
        parameters: KindSchema.parameters(
            [:],
            optional: ["candidates_least": KindSchema.whole(2...100), "candidates_most": KindSchema.whole(2...100)]
        ),
        shape: { parameters in
            let count = candidateCount(parameters)
            return KindShape(
                input: KindSchema.input([
                    "prompt": KindSchema.prompt,
                    "candidates": [
                        "type": "array", "minItems": .integer(count.least), "maxItems": .integer(count.most),
                        "items": KindSchema.object([
                            "id": KindSchema.name, "text": KindSchema.text(1...KindSchema.textMax),
                        ]),
                    ],
                ]),
                answer: KindSchema.answer(["order": KindSchema.list(2...100, of: KindSchema.name)], parameters)
            )
        },
        checkParameters: { work, faults in
            let count = candidateCount(work.parameters)
            if count.least > count.most {
                faults.report("bounds", at: "/candidates_least", "must be at most candidates_most")
            }
        },
        checkInput: KindSchema.mustHaveOwnIDs("candidates"),
        checkAnswer: { work, faults in
            var left = Set(work.input.elements("candidates").compactMap { $0["id"] })
            let known = left
            for (place, id) in work.answer.elements("order").enumerated() where left.remove(id) == nil {
                let reason = known.contains(id) ? "must not be ranked twice" : "must be the id of a candidate"
                faults.report("permutation", at: "/order/\(place)", reason)
            }
            if !left.isEmpty {
                faults.report("permutation", at: "/order", "must rank all \(known.count) candidates")
            }
        }
    )

    private static func candidateCount(_ parameters: JSON) -> (least: Int64, most: Int64) {
        (parameters.whole("candidates_least", or: 2), parameters.whole("candidates_most", or: 20))
    }
}
