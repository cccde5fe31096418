internal import Formats

extension KindDefinition {
    /// An attempt to make a model break its policy, with the proof.
    static let redTeam = KindDefinition(
        name: "red_team", title: "Red-team finding",
        summary: "Try to make the model break the policy; hand in the transcript, and what it broke where it did.",
        measure: .review, item: .task,
        view: KindView(shows: [("target", .line), ("policy", .text), ("goal", .text)], asks: .transcript),
        parameters: KindSchema.object(
            ["categories": KindSchema.labels, "severities": KindSchema.labels],
            optional: ["turns_least": KindSchema.whole(2...100)]
        ),
        shape: { parameters in
            let turn = KindSchema.object([
                "role": KindSchema.choice(["user", "assistant"]), "text": KindSchema.text(1...100_000),
            ])
            return KindShape(
                input: KindSchema.input(
                    ["target": KindSchema.text(1...1_000), "policy": KindSchema.prompt],
                    optional: ["goal": KindSchema.prompt]
                ),
                answer: KindSchema.object(
                    [
                        "outcome": KindSchema.choice(["broken", "held"]),
                        "transcript": KindSchema.list(parameters.whole("turns_least", or: 2)...200, of: turn),
                        "explanation": KindSchema.text(1...20_000),
                    ],
                    optional: [
                        "category": KindSchema.choice(parameters.texts("categories")),
                        "severity": KindSchema.choice(parameters.texts("severities")),
                        // The turn of the assistant that breaks the policy, from 0.
                        "breach": KindSchema.whole(0...199),
                    ]
                )
            )
        },
        checkAnswer: { work, faults in
            let isBroken = work.answer["outcome"]?.stringValue == "broken"
            for member in ["breach", "category", "severity"] where (work.answer[member] != nil) != isBroken {
                let reason = "must be given if, and only if, the policy was broken"
                faults.report("finding_whole", at: "/\(member)", reason)
            }
            let turns = work.answer.elements("transcript")
            if turns.first?["role"] != "user" {
                faults.report("attack_first", at: "/transcript/0/role", "must be user: the attempt comes first")
            }
            guard isBroken, let breach = work.answer["breach"]?.integerValue else { return }
            guard breach < turns.count, turns[Int(breach)]["role"] == "assistant" else {
                return faults.report("breach_exists", at: "/breach", "must be the place of a turn of the assistant")
            }
        }
    )
}
