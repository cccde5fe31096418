internal import Formats

extension KindDefinition {
    /// A label for turns of a conversation.
    static let conversation = KindDefinition(
        name: "conversation", title: "Conversation turns",
        summary: "Read the conversation and label each turn that is asked about.",
        measure: .turns, item: .elementOfInput("turns"),
        view: KindView(shows: [("title", .line), ("turns", .turns)], asks: .turns),
        parameters: KindSchema.parameters(
            ["labels": KindSchema.labels],
            // Whose turns are labelled; those of the assistant if it is not given.
            optional: ["roles": KindSchema.list(1...4, of: KindSchema.choice(roles), isUnique: true)]
        ),
        shape: { parameters in
            let turn = KindSchema.object(
                ["id": KindSchema.name, "label": KindSchema.choice(parameters.texts("labels"))],
                optional: ["comment": KindSchema.text(1...4_000)]
            )
            return KindShape(
                input: KindSchema.input(
                    [
                        "turns": KindSchema.identified(
                            1...KindSchema.listMax,
                            ["role": KindSchema.choice(roles), "text": KindSchema.text(1...KindSchema.textMax)]
                        )
                    ],
                    optional: ["title": KindSchema.text(1...1_000)]
                ),
                answer: KindSchema.answer(
                    ["turns": KindSchema.list(1...KindSchema.listMax, of: turn)], parameters
                )
            )
        },
        checkInput: { work, faults in
            KindSchema.mustHaveOwnIDs("turns")(work, &faults)
            if askedTurns(work).isEmpty {
                faults.report("turn_asked", at: "/turns", "must have a turn of a role that the project asks about")
            }
        },
        checkAnswer: { work, faults in
            var left = askedTurns(work)
            let asked = left
            for (place, turn) in work.answer.elements("turns").enumerated() {
                guard let id = turn["id"], left.remove(id) == nil else { continue }
                let reason = asked.contains(id) ? "must not be labelled twice" : "must be the id of a turn asked about"
                faults.report("turn_exists", at: "/turns/\(place)/id", reason)
            }
            if !left.isEmpty {
                faults.report("turns_complete", at: "/turns", "must label all \(asked.count) turns asked about")
            }
        }
    )

    /// Who speaks, as data sets of conversations name them.
    static let roles = ["system", "user", "assistant", "tool"]

    private static func askedTurns(_ work: KindWork) -> Set<JSON> {
        let roles = work.parameters["roles"]?.arrayValue ?? ["assistant"]
        return Set(
            work.input.elements("turns").filter { roles.contains($0["role"] ?? .null) }.compactMap { $0["id"] }
        )
    }
}
