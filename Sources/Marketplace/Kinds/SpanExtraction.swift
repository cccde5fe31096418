internal import Formats

extension KindDefinition {
    /// Passages of a text, marked by their places and labelled.
    static let spanExtraction = KindDefinition(
        name: "span_extraction", title: "Span extraction",
        summary: "Mark each passage of the text that a label is for.",
        measure: .spans, item: .task,
        view: KindView(shows: [("title", .line), ("text", .text)], asks: .spans),
        parameters: KindSchema.parameters(
            ["labels": KindSchema.list(1...KindSchema.listMax, of: KindSchema.name, isUnique: true)],
            optional: ["overlap": KindSchema.flag, "spans_least": KindSchema.whole(0...KindSchema.listMax)]
        ),
        shape: { parameters in
            let place = KindSchema.whole(0...KindSchema.textMax)
            // `start` and `end` count Unicode scalars from 0, the end is behind the last; `text` is what stands there.
            let span = KindSchema.object(
                ["start": place, "end": place, "label": KindSchema.choice(parameters.texts("labels"))],
                optional: ["text": KindSchema.text(1...KindSchema.textMax)]
            )
            let spans = KindSchema.list(
                parameters.whole("spans_least", or: 0)...KindSchema.listMax, of: span, isUnique: true
            )
            return KindShape(
                input: KindSchema.input(
                    ["text": KindSchema.text(1...KindSchema.textMax)], optional: ["title": KindSchema.text(1...1_000)]
                ),
                answer: KindSchema.answer(["spans": spans], parameters)
            )
        },
        checkAnswer: { work, faults in
            let text = Array((work.input["text"]?.stringValue ?? "").unicodeScalars)
            var ranges: [(range: Range<Int>, place: Int)] = []
            for (place, span) in work.answer.elements("spans").enumerated() {
                let (start, end) = (Int(span.whole("start", or: 0)), Int(span.whole("end", or: 0)))
                guard start < end else {
                    faults.report("span_in_text", at: "/spans/\(place)/end", "must be more than start")
                    continue
                }
                guard end <= text.count else {
                    let reason = "must be at most \(text.count), the length of the text"
                    faults.report("span_in_text", at: "/spans/\(place)/end", reason)
                    continue
                }
                if let quoted = span["text"]?.stringValue, !quoted.unicodeScalars.elementsEqual(text[start..<end]) {
                    faults.report("span_text", at: "/spans/\(place)/text", "must be what stands from start to end")
                }
                ranges.append((start..<end, place))
            }
            guard !work.parameters.flag("overlap", or: true) else { return }
            ranges.sort { ($0.range.lowerBound, $0.place) < ($1.range.lowerBound, $1.place) }
            for (one, next) in zip(ranges, ranges.dropFirst()) where next.range.lowerBound < one.range.upperBound {
                faults.report("no_overlap", at: "/spans/\(next.place)", "must not overlap another span")
            }
        }
    )
}
