internal import Formats

extension KindDefinition {
    /// Named values read out of a document, with the passages that bear them out.
    static let extraction = KindDefinition(
        name: "extraction", title: "Key/value extraction",
        summary: "Read the document and give the value of each key, with the passages that bear it out.",
        measure: .fields, item: .elementOfParameters("keys"),
        view: KindView(shows: [("title", .line), ("text", .text)], asks: .fields),
        parameters: KindSchema.object(
            ["keys": KindSchema.list(1...200, of: key)],
            optional: [
                // Passages beside each value: none, or quoted; verbatim ones must stand in the text.
                "passages": KindSchema.choice(["none", "quoted"]), "verbatim": KindSchema.flag,
            ]
        ),
        shape: { parameters in
            var members: [String: JSON] = [:]
            let isQuoted = parameters["passages"]?.stringValue == "quoted"
            for key in parameters.elements("keys") {
                let value = valueSchema(of: key)
                members[key["name"]?.stringValue ?? ""] =
                    isQuoted ? KindSchema.object(["answer": value, "spans": passages]) : value
            }
            return KindShape(
                input: KindSchema.input(
                    ["text": KindSchema.text(1...KindSchema.textMax)], optional: ["title": KindSchema.text(1...1_000)]
                ),
                answer: KindSchema.object(members)
            )
        },
        checkParameters: { work, faults in
            KindSchema.mustHaveOwnNames("keys", "name", work, &faults)
            for (place, key) in work.parameters.elements("keys").enumerated()
            where (key["type"]?.stringValue == "choice") != (key["options"] != nil) {
                faults.report("options", at: "/keys/\(place)", "must have options if, and only if, it is a choice")
            }
        },
        checkAnswer: { work, faults in
            guard work.parameters.flag("verbatim", or: false), let text = work.input["text"]?.stringValue else {
                return
            }
            let bytes = Array(text.utf8)
            var stepsLeft = 256 << 20
            for (name, field) in (work.answer.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
                for (place, span) in field.texts("spans").enumerated() where faults.all.count < faults.limit {
                    let path = "".pointer(to: name).pointer(to: "spans").pointer(to: place)
                    stepsLeft -= bytes.count
                    guard stepsLeft > 0 else {
                        return faults.report("verbatim", at: path, "takes too much work to check: give fewer passages")
                    }
                    if !bytes.holds(Array(span.utf8)) {
                        faults.report("verbatim", at: path, "must stand in the text, word for word")
                    }
                }
            }
        }
    )

    private static let key = KindSchema.object(
        ["name": KindSchema.name, "type": KindSchema.choice(["text", "yes_no", "date", "number", "choice"])],
        optional: [
            "length_max": KindSchema.whole(1...20_000), "options": KindSchema.labels,
            // Whether null, for what the document does not have, is no answer.
            "required": KindSchema.flag,
        ]
    )

    private static let passages = KindSchema.list(0...100, of: KindSchema.text(1...20_000))

    private static func valueSchema(of key: JSON) -> JSON {
        let isRequired = key.flag("required", or: false)
        func typed(_ type: JSON, _ more: [String: JSON] = [:]) -> JSON {
            .object(more.merging(["type": isRequired ? type : [type, "null"]]) { one, _ in one })
        }
        func chosen(_ values: [String]) -> JSON {
            ["enum": .array(values.map(JSON.string) + (isRequired ? [] : [.null]))]
        }
        return switch key["type"]?.stringValue {
        case "yes_no": chosen(["Yes", "No"])
        case "choice": chosen(key.texts("options"))
        case "date": typed("string", ["format": "date"])
        case "number": typed("number")
        default: typed("string", ["maxLength": .integer(key.whole("length_max", or: 4_000))])
        }
    }
}

extension [UInt8] {
    /// Whether these bytes hold others, in a row: Knuth, Morris, Pratt 1977, linear in both.
    func holds(_ part: [UInt8]) -> Bool {
        guard !part.isEmpty else { return true }
        var borders = [0]
        var length = 0
        for place in part.indices.dropFirst() {
            while length > 0, part[place] != part[length] { length = borders[length - 1] }
            if part[place] == part[length] { length += 1 }
            borders.append(length)
        }
        length = 0
        for byte in self {
            while length > 0, byte != part[length] { length = borders[length - 1] }
            if byte == part[length] { length += 1 }
            if length == part.count { return true }
        }
        return false
    }
}
