package import Formats
internal import Foundation
internal import Store

/// An exam as an operator publishes it, checked.
package struct ExamDraft: Hashable, Sendable {
    package let profession: Profession
    /// Names the exam over all its versions, as requirements and tier rules do.
    ///
    /// Shape: 1 to 60 lower-case letters, digits, `-` and `_`, a letter first.
    package let key: String
    package let title: String
    package let content: Exam
    /// From the start to the time limit.
    package let minutes: Int
    /// How often a worker may sit this version.
    package let attemptsMax: Int
    /// From the end of an attempt to the start of the next.
    package let cooldownHours: Int
    /// The least score that passes, in ten-thousandths.
    package let passBps: Int
    /// How long a score counts.
    package let validDays: Int

    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        profession: Profession, key: String, title: String, content: Exam, minutes: Int, attemptsMax: Int,
        cooldownHours: Int, passBps: Int, validDays: Int
    ) throws(BadInput) {
        guard Self.isKey(key) else { throw BadInput("key", "must be 1 to 60 lower-case letters, digits, '-' or '_'") }
        self.profession = profession
        self.key = key
        self.title = try PlainText.line(title, field: "title")
        self.content = content
        self.minutes = try Self.bounded(minutes, 1...1_440, "minutes")
        self.attemptsMax = try Self.bounded(attemptsMax, 1...100, "attempts_max")
        self.cooldownHours = try Self.bounded(cooldownHours, 0...8_760, "cooldown_hours")
        self.passBps = try Self.bounded(passBps, 1...10_000, "pass_bps")
        self.validDays = try Self.bounded(validDays, 1...3_650, "valid_days")
    }

    /// As a file has it.
    ///
    /// Shape: an object of `profession`, `key`, `title`, `sections`, `answer_key`, `minutes`, `attempts_max`,
    /// `cooldown_hours`, `pass_bps` and `valid_days`.
    package init(json: JSON) throws(BadInput) {
        guard let profession = Profession(json["profession"]?.stringValue ?? "") else {
            throw BadInput("profession", "must be a code of the catalogue")
        }
        try self.init(
            profession: profession, key: json["key"]?.stringValue ?? "", title: json["title"]?.stringValue ?? "",
            content: try Exam(sections: json["sections"] ?? .null, answerKey: json["answer_key"] ?? .null),
            minutes: Self.number(json, "minutes"), attemptsMax: Self.number(json, "attempts_max"),
            cooldownHours: Self.number(json, "cooldown_hours"), passBps: Self.number(json, "pass_bps"),
            validDays: Self.number(json, "valid_days")
        )
    }

    static func isKey(_ key: String) -> Bool {
        let isPlain: (UInt8) -> Bool = {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || "_-".utf8.contains($0)
        }
        return (1...60).contains(key.utf8.count) && key.utf8.allSatisfy(isPlain)
            && (key.utf8.first.map { (0x61...0x7a).contains($0) } ?? false)
    }

    private static func bounded(_ number: Int, _ range: ClosedRange<Int>, _ field: String) throws(BadInput) -> Int {
        guard range.contains(number) else {
            throw BadInput(field, "must be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// - Returns: -1, which no field allows, for what is no whole number.
    private static func number(_ json: JSON, _ field: String) -> Int {
        json[field]?.integerValue.flatMap { Int(exactly: $0) } ?? -1
    }
}

/// Why an exam was not published. In order of precedence.
package enum PublishExamRefusal: Refusal, CaseIterable {
    /// The catalogue has no such profession.
    case unknownProfession
    /// The key is another profession's exam.
    case keyTaken
    /// Somebody else published a version at the same moment.
    case versionTaken

    package var code: String {
        switch self {
        case .unknownProfession: "unknown_profession"
        case .keyTaken: "exam_key_taken"
        case .versionTaken: "exam_version_taken"
        }
    }

    package var message: String {
        switch self {
        case .unknownProfession: "There is no such profession in the catalogue."
        case .keyTaken: "Another profession has an exam of this key. Take another key."
        case .versionTaken: "Somebody published a version of this exam at the same moment. Look at it, then try again."
        }
    }
}

/// Publishes an exam, or its next version; what was passed before counts until it expires.
package struct PublishExam: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: the exam's id and version.
    /// - Throws: ``AccessRefusal``, ``PublishExamRefusal``.
    package func callAsFunction(_ draft: ExamDraft, by actor: Principal.ID) async throws -> (id: Exam.ID, version: Int)
    {
        do {
            return try await market.change { change in
                let transaction = change.transaction
                try await transaction.authorize(actor, as: .operator)
                let newest = try await transaction.newestExam(draft.key)
                if let newest, newest.profession != draft.profession { throw PublishExamRefusal.keyTaken }
                let id: Exam.ID = change.make()
                let version = (newest?.version ?? 0) + 1
                try await transaction.insertExam(id, draft, version: version, by: actor)
                try await change.record(
                    "exam_published", by: actor, on: "exam", id.uuid, in: .platform,
                    facts: ["key": .string(draft.key), "version": .integer(Int64(version))]
                )
                return (id, version)
            }
        } catch let error as StoreError where error.violatedConstraint == "exam_profession_fkey" {
            throw PublishExamRefusal.unknownProfession
        } catch let error as StoreError where error.violatedConstraint == "exam_one_per_version" {
            throw PublishExamRefusal.versionTaken
        }
    }
}
