package import Formats
internal import Foundation
internal import Store

/// How the answers of a project are judged: what its fields weigh, which scores are given, when a second person looks,
/// and what a reviewer may do alone. Shares and chances are ten-thousandths.
package struct ReviewPolicy: Hashable, Sendable {
    /// What each field weighs: 1 to 1,000. Empty where verdicts are given for the whole.
    package var fieldWeights: [String: Int] = [:]
    /// The highest score of each criterion: 1 to 100; the lowest is 0.
    package var rubric: [String: Int] = [:]
    /// How likely a second opinion is for any answer, and by how much more for what the names say.
    package var secondBasisPoints = 500
    package var valueBasisPoints = 1_000
    package var newcomerBasisPoints = 2_000
    package var disagreementBasisPoints = 2_000
    package var loadBasisPoints = 500
    /// From which pay on an answer is of value, in minor units of its currency.
    package var valueFromMinor = 10_000
    /// With fewer judged answers for this requester a worker is a newcomer.
    package var newcomerBelow = 20
    /// With more opinions in 24 hours a reviewer is under load.
    package var loadAbove = 100
    /// By how much two shares may differ and still be one verdict.
    package var toleranceBasisPoints = 500
    /// What share of a batch, or of a worker's work, may be rejected without a second person.
    package var aloneBasisPoints = 2_000
    /// How often an answer may be sent back: 0 to 5.
    package var reworksMax = 2
    /// How long a worker has at least for another version, in hours.
    package var reworkHours = 72

    package init() {}

    /// Where nothing was set: nobody is asked a second time by chance. Limits of what is done alone hold all the same.
    package static let unset: ReviewPolicy = {
        var policy = ReviewPolicy()
        policy.secondBasisPoints = 0
        policy.valueBasisPoints = 0
        policy.newcomerBasisPoints = 0
        policy.disagreementBasisPoints = 0
        policy.loadBasisPoints = 0
        return policy
    }()

    private static let numbers: [(key: String, path: any WritableKeyPath<ReviewPolicy, Int> & Sendable, most: Int)] = [
        ("second_bps", \.secondBasisPoints, 10_000), ("value_bps", \.valueBasisPoints, 10_000),
        ("newcomer_bps", \.newcomerBasisPoints, 10_000), ("disagreement_bps", \.disagreementBasisPoints, 10_000),
        ("load_bps", \.loadBasisPoints, 10_000), ("value_from_minor", \.valueFromMinor, 1_000_000_000),
        ("newcomer_below", \.newcomerBelow, 10_000), ("load_above", \.loadAbove, 10_000),
        ("tolerance_bps", \.toleranceBasisPoints, 10_000), ("rejections_alone_bps", \.aloneBasisPoints, 10_000),
        ("reworks_max", \.reworksMax, 5), ("rework_hours", \.reworkHours, 720),
    ]

    /// From an object with any of the keys of ``json``; what is left out has its default.
    ///
    /// - Throws: ``BadInput`` for an unknown key or a value out of range.
    package init(_ json: JSON) throws(BadInput) {
        guard let object = json.objectValue else { throw BadInput("policy", "must be an object") }
        for (key, value) in object {
            if key == "field_weights" {
                fieldWeights = try Self.numbers(value, key, most: 1_000)
            } else if key == "rubric" {
                rubric = try Self.numbers(value, key, most: 100)
            } else if let number = Self.numbers.first(where: { $0.key == key }) {
                let least = key == "rework_hours" ? 1 : 0
                guard let found = value.integerValue.flatMap(Int.init(exactly:)), (least...number.most).contains(found)
                else { throw BadInput(key, "must be \(least) to \(number.most)") }
                self[keyPath: number.path] = found
            } else {
                throw BadInput("policy", "knows no '\(key.prefix(50))'")
            }
        }
    }

    private static func numbers(_ json: JSON, _ key: String, most: Int) throws(BadInput) -> [String: Int] {
        guard let object = json.objectValue, object.count <= ReviewSheet.fieldsMax else {
            throw BadInput(key, "must be an object of at most \(ReviewSheet.fieldsMax) names")
        }
        var found: [String: Int] = [:]
        for (name, value) in object {
            guard (1...200).contains(name.count), let number = value.integerValue.flatMap(Int.init(exactly:)),
                (1...most).contains(number)
            else { throw BadInput(key, "must have names of up to 200 characters and numbers from 1 to \(most)") }
            found[name] = number
        }
        return found
    }

    package var json: JSON {
        var object: [String: JSON] = [
            "field_weights": .object(fieldWeights.mapValues { .integer(Int64($0)) }),
            "rubric": .object(rubric.mapValues { .integer(Int64($0)) }),
        ]
        for number in Self.numbers { object[number.key] = .integer(Int64(self[keyPath: number.path])) }
        return .object(object)
    }
}

extension ReviewPolicy {
    /// What a reviewer says, held against the project's rules.
    ///
    /// - Parameter said: `nil` for what follows from the fields: all right, none right, or the share of their weight.
    /// - Throws: ``BadInput`` where fields, scores and verdict do not go together.
    func judgement(_ said: Judgement?, by sheet: ReviewSheet) throws(BadInput) -> Judgement {
        for (criterion, score) in sheet.scores {
            guard let most = rubric[criterion], (0...most).contains(score) else {
                throw BadInput("scores", "must be of the rubric, from 0 to the highest of each criterion")
            }
        }
        guard !fieldWeights.isEmpty else {
            guard let said else { throw BadInput("verdict", "is missing: the project weighs no fields") }
            return said
        }
        switch said {
        case .acceptedInPart, .weighed:
            throw BadInput("verdict", "in part follows from the fields of this project; mark them instead")
        case .rejected:
            guard sheet.marks.contains(where: { $0.mark != .right }) else {
                throw BadInput("fields", "must name at least one that is wrong or missing, as evidence")
            }
            return .rejected
        case .accepted:
            guard sheet.marks.allSatisfy({ $0.mark == .right }) else {
                throw BadInput("fields", "are not all right, so that it is not accepted in full")
            }
            return .accepted
        case nil:
            return try weighed(sheet)
        }
    }

    private func weighed(_ sheet: ReviewSheet) throws(BadInput) -> Judgement {
        let marks = Dictionary(sheet.marks.map { ($0.field, $0.mark) }, uniquingKeysWith: { first, _ in first })
        guard Set(marks.keys) == Set(fieldWeights.keys) else {
            throw BadInput("fields", "must be marked each: \(fieldWeights.keys.sorted().joined(separator: ", "))")
        }
        let whole = fieldWeights.values.reduce(0, +)
        let part = fieldWeights.reduce(0) { $0 + (marks[$1.key] == .right ? $1.value : 0) }
        if part == whole { return .accepted }
        return part == 0 ? .rejected : .weighed(part: part, whole: whole)
    }

    /// How likely a second opinion is, in ten-thousandths.
    func risk(_ facts: ReviewFacts, pay: Money) -> Int {
        var risk = secondBasisPoints
        if pay.minorUnits >= Int64(valueFromMinor) { risk += valueBasisPoints }
        if facts.judgedOfAuthor < newcomerBelow { risk += newcomerBasisPoints }
        if facts.differs { risk += disagreementBasisPoints }
        if facts.load > loadAbove { risk += loadBasisPoints }
        return min(10_000, risk)
    }

    /// Whether one more rejection by one person would be too many: of the batch, or of the worker's work. The share is
    /// of what was judged, or of ten if that is more.
    func isMassRejection(_ facts: ReviewFacts) -> Bool {
        [(facts.aloneInBatch, facts.judgedInBatch), (facts.aloneOfAuthor, facts.judgedOfAuthor)].contains {
            ($0.0 + 1) * 10_000 > aloneBasisPoints * max($0.1 + 1, 10)
        }
    }

    /// A number from 0 to 9,999 that an answer's id comes to: the same whenever it is asked. SHA-256, first four bytes.
    static func draw(_ id: Assignment.ID) -> Int {
        let bytes = Digest(of: "second-opinion \(id)").bytes.prefix(4)
        return Int(bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } % 10_000)
    }
}

/// What the need of a second opinion depends on.
struct ReviewFacts: Sendable {
    let judgedInBatch: Int
    /// Rejections by one person alone: what pays less than half.
    let aloneInBatch: Int
    let judgedOfAuthor: Int
    let aloneOfAuthor: Int
    /// Opinions of the reviewer in the 24 hours before.
    let load: Int
    /// Whether another answer to the task is a different one.
    let differs: Bool
    /// Whether no more answers could be asked for, and those there are do not settle the task.
    let isUnsettled: Bool
}
