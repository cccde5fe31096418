package import Formats
internal import Store

/// What a reviewer finds of one field of an answer.
package struct FieldMark: Hashable, Sendable {
    package enum Mark: String, Sendable, CaseIterable {
        case right, wrong, missing
    }

    /// The field's key, or a JSON pointer (RFC 6901) into the answer; 1 to 200 characters.
    package let field: String
    package let mark: Mark
    /// Out of the answer or the material, as evidence; up to 1,000 characters, else empty.
    package let quote: String

    package init(_ field: String, _ mark: Mark, quote: String = "") {
        (self.field, self.mark, self.quote) = (field, mark, quote)
    }
}

/// How an answer was judged in its parts: fields, scores by the project's rubric, and the rule that it is against.
package struct ReviewSheet: Hashable, Sendable {
    package static let fieldsMax = 200

    package let marks: [FieldMark]
    /// By criterion.
    package let scores: [String: Int]
    /// Of an adverse verdict: its name, snake_case, up to 100 characters; `nil` for the verdict's own.
    package let rule: String?

    package init(marks: [FieldMark] = [], scores: [String: Int] = [:], rule: String? = nil) {
        (self.marks, self.scores, self.rule) = (marks, scores, rule)
    }

    package static let empty = ReviewSheet()

    /// `{"fields": [{"field", "mark", "quote"?}], "scores"?: {criterion: score}, "rule"?}`.
    ///
    /// - Throws: ``BadInput``.
    package init(_ json: JSON) throws(BadInput) {
        var marks: [FieldMark] = []
        for entry in json["fields"]?.arrayValue ?? [] {
            guard let field = entry["field"]?.stringValue,
                let mark = entry["mark"]?.stringValue.flatMap(FieldMark.Mark.init)
            else { throw BadInput("fields", "must each have a field, and a mark: right, wrong or missing") }
            marks.append(FieldMark(field, mark, quote: entry["quote"]?.stringValue ?? ""))
        }
        var scores: [String: Int] = [:]
        for (criterion, score) in json["scores"]?.objectValue ?? [:] {
            guard let score = score.integerValue.flatMap(Int.init(exactly:)) else {
                throw BadInput("scores", "must be whole numbers")
            }
            scores[criterion] = score
        }
        self.init(marks: marks, scores: scores, rule: json["rule"]?.stringValue)
    }

    package var json: JSON {
        [
            "fields": .array(
                marks.map {
                    ["field": .string($0.field), "mark": .string($0.mark.rawValue), "quote": .string($0.quote)]
                }),
            "scores": .object(scores.mapValues { .integer(Int64($0)) }), "rule": rule.map(JSON.string) ?? .null,
        ]
    }

    /// - Throws: ``BadInput`` for what is too long, or said twice.
    func validate() throws {
        guard marks.count <= Self.fieldsMax else { throw BadInput("fields", "are more than \(Self.fieldsMax)") }
        guard Set(marks.map(\.field)).count == marks.count else { throw BadInput("fields", "name a field twice") }
        for mark in marks {
            _ = try PlainText.line(mark.field, field: "field", lengthMax: 200)
            guard mark.quote.count <= 1_000 else { throw BadInput("quote", "is longer than 1,000 characters") }
            if !mark.quote.isEmpty { _ = try PlainText.lines(mark.quote, field: "quote") }
        }
        guard let rule else { return }
        guard NoticeKind.isWellFormed(rule) else { throw BadInput("rule", "must be snake_case, up to 100 characters") }
    }
}
