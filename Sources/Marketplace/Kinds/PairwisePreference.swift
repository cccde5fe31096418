internal import Formats

extension KindDefinition {
    /// The better one of two.
    static let pairwisePreference = KindDefinition(
        name: "pairwise_preference", title: "Pairwise preference",
        summary: "Say which of the two answers to the prompt is better, and by how much.",
        measure: .nominal, item: .task,
        view: KindView(shows: [("prompt", .text), ("candidates", .candidates)], asks: .pair),
        parameters: KindSchema.parameters(
            [:], optional: ["ties": KindSchema.flag, "strengths": KindSchema.whole(1...9)]
        ),
        shape: { parameters in
            // The id of the better one; null says that neither is.
            let winner: JSON = parameters.flag("ties", or: false) ? ["type": ["string", "null"]] : ["type": "string"]
            // From 1, slightly better, up.
            let strengths = parameters.whole("strengths", or: 1)
            let members = ["winner": winner]
            let strength = ["strength": KindSchema.whole(1...max(1, strengths))]
            return KindShape(
                input: KindSchema.input([
                    "prompt": KindSchema.prompt,
                    "candidates": KindSchema.identified(2...2, ["text": KindSchema.text(1...KindSchema.textMax)]),
                ]),
                answer: KindSchema.answer(members, optional: strengths > 1 ? strength : [:], parameters)
            )
        },
        checkInput: KindSchema.mustHaveOwnIDs("candidates"),
        checkAnswer: { work, faults in
            let isTie = work.answer["winner"]?.isNull ?? true
            if !isTie, !work.input.elements("candidates").contains(where: { $0["id"] == work.answer["winner"] }) {
                faults.report("winner_is_candidate", at: "/winner", "must be the id of one of the two")
            }
            guard work.parameters.whole("strengths", or: 1) > 1 else { return }
            if isTie == (work.answer["strength"] != nil) {
                faults.report("strength", at: "/strength", "must be given if, and only if, one is better")
            }
        }
    )
}
