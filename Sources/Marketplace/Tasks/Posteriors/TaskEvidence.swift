internal import Consensus
internal import Formats
internal import Foundation

/// What the answers to a task come to: for each one how likely its worker gives it where each answer is true, as it was
/// known then. The posterior follows from this alone, so that it can be worked out again at any time.
///
/// Numbers are kept in millionths: what was decided on is what is stored, to the bit.
struct TaskEvidence: Hashable, Sendable {
    /// One answer.
    struct Voice: Hashable, Sendable {
        let assignment: Assignment.ID
        let worker: Worker.ID
        /// Of the answer's text: another version of it is another voice.
        let mark: String
        /// Its place among the classes; `nil` for one that is none of them, and says nothing.
        let place: Int?
        /// Of which full fit the worker's table was; 0 before the first.
        var fit: Int
        /// The logarithms of its chances, one for each true answer.
        var chances: [Int64]
        /// What it added to the row of its worker's table: the posterior as it was then.
        var gave: [Int64]
    }

    /// Of which full fit the shares are; 0 before the first.
    var fit: Int
    /// The logarithms of the answers' shares.
    var logShares: [Int64]
    var voices: [Voice] = []

    init(_ world: LabelWorld, fit: Int) {
        self.fit = fit
        logShares = world.logShares.map(Self.millionths)
    }

    /// The probability of each answer, before calibration.
    var posterior: [Double] {
        LabelWorld.posterior(
            logShares.map(Self.number), voices.filter { $0.place != nil }.map { $0.chances.map(Self.number) })
    }

    static func millionths(_ number: Double) -> Int64 {
        Int64(exactly: (min(max(number, -1e9), 1e9) * 1e6).rounded()) ?? 0
    }

    static func number(_ millionths: Int64) -> Double { Double(millionths) / 1e6 }
}

extension TaskEvidence {
    /// Lists in place of members, since there is one of these for every task.
    var json: JSON {
        .array([
            .integer(Int64(fit)), .array(logShares.map(JSON.integer)),
            .array(
                voices.map { voice in
                    .array([
                        .string("\(voice.assignment)"), .string("\(voice.worker)"), .string(voice.mark),
                        .integer(Int64(voice.place ?? -1)), .integer(Int64(voice.fit)),
                        .array(voice.chances.map(JSON.integer)), .array(voice.gave.map(JSON.integer)),
                    ])
                }),
        ])
    }

    /// - Returns: `nil` for what ``json`` would not write.
    init?(_ json: JSON) {
        guard let fit = json[0]?.integerValue, let shares = json[1]?.integers, let list = json[2]?.arrayValue else {
            return nil
        }
        self.fit = Int(fit)
        logShares = shares
        for item in list {
            guard let assignment = item[0]?.stringValue.flatMap(Assignment.ID.init),
                let worker = item[1]?.stringValue.flatMap(Worker.ID.init), let mark = item[2]?.stringValue,
                let place = item[3]?.integerValue, let fit = item[4]?.integerValue,
                let chances = item[5]?.integers, let gave = item[6]?.integers
            else { return nil }
            voices.append(
                Voice(
                    assignment: assignment, worker: worker, mark: mark, place: place < 0 ? nil : Int(place),
                    fit: Int(fit), chances: chances, gave: gave))
        }
    }
}

extension JSON {
    /// `nil` unless it is a list of whole numbers.
    var integers: [Int64]? {
        guard let elements = arrayValue else { return nil }
        let numbers = elements.compactMap(\.integerValue)
        return numbers.count == elements.count ? numbers : nil
    }
}

extension LabelWorld {
    var json: JSON {
        [
            "shares": .array(shares.map { .integer(TaskEvidence.millionths($0)) }),
            "pool": .array(pool.map { .integer(TaskEvidence.millionths($0)) }),
            "temperature": .integer(TaskEvidence.millionths(calibration.temperature)),
            "doubt": .integer(TaskEvidence.millionths(calibration.doubt)),
        ]
    }

    init?(_ json: JSON) {
        guard let shares = json["shares"]?.integers, let pool = json["pool"]?.integers,
            let temperature = json["temperature"]?.integerValue, let doubt = json["doubt"]?.integerValue
        else { return nil }
        self.init(
            shares: shares.map(TaskEvidence.number), pool: pool.map(TaskEvidence.number),
            calibration: Calibration(
                temperature: TaskEvidence.number(temperature), doubt: TaskEvidence.number(doubt)))
    }
}

extension ConfusionTable {
    var json: JSON { .array(cells.map { .integer(TaskEvidence.millionths($0)) }) }

    init?(_ json: JSON, answerCount: Int) {
        guard let cells = json.integers else { return nil }
        self.init(answerCount: answerCount, cells: cells.map(TaskEvidence.number))
    }
}
