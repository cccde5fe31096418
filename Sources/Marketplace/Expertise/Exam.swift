package import Formats
internal import Foundation

/// A qualification exam of a profession: sections of questions, each with one right option.
package struct Exam: Hashable, Sendable {
    package typealias ID = Identifier<Exam>
    package static let questionsMax = 500

    /// A part of an exam.
    package struct Section: Hashable, Sendable {
        package let title: String
        /// Of the score, beside the other sections: 1 to 100.
        package let weight: Int
        package let questions: [Question]
    }

    /// What is asked.
    package struct Question: Hashable, Sendable {
        /// Unique within the exam.
        package let id: String
        package let prompt: String
        /// Two to ten, by their letters or words.
        package let options: [String: String]
        /// The node of the skill tree that it measures.
        package let skill: Skill
    }

    package let sections: [Section]
    /// The right option of each question; never shown.
    let answerKey: [String: String]

    /// - Parameters:
    ///   - sections: `[{"title", "weight", "questions": [{"id", "prompt", "options": {"a": …}, "skill"}]}]`; 1 to 50
    ///     sections, 500 questions.
    ///   - answerKey: `{"<question>": "<option>"}`, with every question.
    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(sections: JSON, answerKey: JSON) throws(BadInput) {
        guard let items = sections.arrayValue, (1...50).contains(items.count) else {
            throw BadInput("sections", "must be a list of 1 to 50 sections")
        }
        var read: [Section] = []
        for item in items { read.append(try Section(json: item)) }
        let questions = read.flatMap(\.questions)
        guard questions.count <= Self.questionsMax else {
            throw BadInput("sections", "have more than \(Self.questionsMax) questions")
        }
        guard Set(questions.map(\.id)).count == questions.count else {
            throw BadInput("sections", "name two questions alike")
        }
        var key: [String: String] = [:]
        for question in questions {
            guard let option = answerKey[question.id]?.stringValue, question.options[option] != nil else {
                throw BadInput("answer_key", "names no option of question '\(question.id)'")
            }
            key[question.id] = option
        }
        guard answerKey.objectValue?.count == questions.count else {
            throw BadInput("answer_key", "has answers to no question")
        }
        self.sections = read
        self.answerKey = key
    }

    /// As stored and as shown to whoever sits the exam: without the key.
    package var sectionsJSON: JSON { .array(sections.map(\.json)) }
    var answerKeyJSON: JSON { .object(answerKey.mapValues(JSON.string)) }
}

extension Exam {
    /// The score of answers, in ten-thousandths: the share of right answers of each section, weighted. Both divisions
    /// round down.
    ///
    /// - Parameter answers: by question; what is missing is wrong.
    package func score(_ answers: [String: String]) -> Int {
        var sum = 0
        var weights = 0
        for section in sections {
            let right = section.questions.count { answers[$0.id] == answerKey[$0.id] }
            sum += section.weight * (right * 10_000 / section.questions.count)
            weights += section.weight
        }
        return sum / weights
    }

    /// Right answers and answers at all, by the skill that the question names and all above it. A question that was
    /// left out says nothing of skill.
    func tally(_ answers: [String: String]) -> [Skill: SkillTally] {
        var tallies: [Skill: SkillTally] = [:]
        for question in sections.flatMap(\.questions) {
            guard let answer = answers[question.id] else { continue }
            for skill in question.skill.lineage {
                tallies[skill, default: SkillTally()].count(isRight: answer == answerKey[question.id])
            }
        }
        return tallies
    }

    /// What a worker hands in, held against the questions.
    ///
    /// - Parameter answers: `{"<question>": "<option>"}`; questions may be left out.
    /// - Throws: ``BadInput`` for an answer to no question of this exam, or an option that it does not have.
    func checked(_ answers: JSON) throws(BadInput) -> [String: String] {
        guard let given = answers.objectValue else { throw BadInput("answers", "must be an object") }
        let options = Dictionary(
            sections.flatMap(\.questions).map { ($0.id, $0.options) }, uniquingKeysWith: { first, _ in first }
        )
        var checked: [String: String] = [:]
        for (question, answer) in given.sorted(by: { $0.key < $1.key }) {
            guard let text = answer.stringValue, options[question]?[text] != nil else {
                throw BadInput("answers", "have no option of question '\(String(question.prefix(100)))'")
            }
            checked[question] = text
        }
        return checked
    }
}

extension Exam.Section {
    init(json: JSON) throws(BadInput) {
        title = try PlainText.line(json["title"]?.stringValue ?? "", field: "title")
        guard let weight = json["weight"]?.integerValue, (1...100).contains(weight) else {
            throw BadInput("weight", "must be 1 to 100")
        }
        self.weight = Int(weight)
        guard let items = json["questions"]?.arrayValue, (1...Exam.questionsMax).contains(items.count) else {
            throw BadInput("questions", "must be 1 to \(Exam.questionsMax)")
        }
        var questions: [Exam.Question] = []
        for item in items { questions.append(try Exam.Question(json: item)) }
        self.questions = questions
    }

    fileprivate var json: JSON {
        ["title": .string(title), "weight": .integer(Int64(weight)), "questions": .array(questions.map(\.json))]
    }
}

extension Exam.Question {
    init(json: JSON) throws(BadInput) {
        id = try PlainText.line(json["id"]?.stringValue ?? "", field: "id", lengthMax: 60)
        prompt = try PlainText.lines(json["prompt"]?.stringValue ?? "", field: "prompt")
        guard let given = json["options"]?.objectValue, (2...10).contains(given.count) else {
            throw BadInput("options", "must be 2 to 10")
        }
        var options: [String: String] = [:]
        for (name, text) in given.sorted(by: { $0.key < $1.key }) {
            let name = try PlainText.line(name, field: "options", lengthMax: 20)
            options[name] = try PlainText.lines(text.stringValue ?? "", field: "options")
        }
        self.options = options
        guard let skill = Skill(json["skill"]?.stringValue ?? "") else {
            throw BadInput("skill", "must be a path such as lawyer/contracts")
        }
        self.skill = skill
    }

    fileprivate var json: JSON {
        [
            "id": .string(id), "prompt": .string(prompt), "options": .object(options.mapValues(JSON.string)),
            "skill": .string(skill.path),
        ]
    }
}
