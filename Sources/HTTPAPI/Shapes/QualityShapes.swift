internal import Marketplace

extension Shape {
    static let goldItem = Shape.object(
        "GoldItem",
        [
            "gold": .id, "source": .choice(GoldSource.self), "external_key": .text, "exposures": .count,
            "exposures_max": .count.orNull, "right": .count, "wrong": .count,
        ])
    static let affectedTask = Shape.object(
        "AffectedTask",
        [
            "task": .id, "external_key": .text, "batch": .id, "left": .count, "wanted": .count, "is_short": .flag,
            "copy": .id.orNull,
        ])
}
