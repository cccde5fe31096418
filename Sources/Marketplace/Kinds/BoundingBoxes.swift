internal import Formats

extension KindDefinition {
    /// Boxes around what an image shows.
    static let boundingBoxes = KindDefinition(
        name: "bounding_boxes", title: "Bounding boxes",
        summary: "Draw a box around each thing that a label is for.",
        measure: .boxes, item: .task, view: KindView(shows: [("title", .line), ("image", .image)], asks: .boxes),
        parameters: KindSchema.parameters(
            ["labels": KindSchema.list(1...KindSchema.listMax, of: KindSchema.name, isUnique: true)],
            optional: [
                "boxes_least": KindSchema.whole(0...KindSchema.listMax),
                // The least width and height of a box, in pixels.
                "side_least": KindSchema.whole(1...10_000),
            ]
        ),
        shape: { parameters in
            let side = KindSchema.whole(1...sideMax)
            // Pixels from the top left corner.
            let image = KindSchema.object(
                ["url": url, "width": side, "height": side],
                optional: ["sha256": ["type": "string", "pattern": "^[0-9a-f]{64}$"]]
            )
            let least = parameters.whole("side_least", or: 1)
            let box = KindSchema.object([
                "label": KindSchema.choice(parameters.texts("labels")),
                "x": KindSchema.whole(0...sideMax), "y": KindSchema.whole(0...sideMax),
                "width": KindSchema.whole(least...sideMax), "height": KindSchema.whole(least...sideMax),
            ])
            let boxes = KindSchema.list(
                parameters.whole("boxes_least", or: 0)...KindSchema.listMax, of: box, isUnique: true
            )
            return KindShape(
                input: KindSchema.input(["image": image], optional: ["title": KindSchema.text(1...1_000)]),
                answer: KindSchema.answer(["boxes": boxes], parameters)
            )
        },
        checkAnswer: { work, faults in
            let image = work.input["image"] ?? .null
            for (place, box) in work.answer.elements("boxes").enumerated() {
                for (side, origin) in [("width", "x"), ("height", "y")] {
                    let most = image.whole(side, or: 0)
                    if box.whole(origin, or: 0) + box.whole(side, or: 0) > most {
                        let reason = "must end inside the image, which has a \(side) of \(most)"
                        faults.report("box_in_image", at: "/boxes/\(place)/\(side)", reason)
                    }
                }
            }
        }
    )

    private static let sideMax: Int64 = 100_000
    private static let url: JSON = ["type": "string", "maxLength": 2_000, "pattern": "^https://[!-~]+$"]
}
