extension TaskRecord {
    /// The members of a line of JSON Lines, in the order in which they are looked at. `results` is what an export adds:
    /// it is passed over, so that a file of results is also a file of tasks.
    private static let members: Set<String> = [
        "external_key", "payload", "reference_answers", "parties", "suggestion", "matter", "gold", "results",
    ]

    /// Reads an object of JSON Lines.
    init(_ json: JSON, line: Int) throws(TaskRecordFault) {
        let source = JSONSource(line: line)
        let object = try source.object(json, "")
        if let unknown = object.keys.filter({ !Self.members.contains($0) }).min() {
            let name = String(unknown.unicodeScalars.prefix(60).map(Character.init))
            throw source.fault("".pointer(to: name), .unknownMember, "is no member of a task")
        }
        guard let key = object["external_key"] else { throw source.missing("/external_key") }
        guard let payload = object["payload"] else { throw source.missing("/payload") }
        self.line = line
        externalKey = try source.text(key, "/external_key")
        self.payload = payload
        referenceAnswers = try source.object(object["reference_answers"] ?? [:], "/reference_answers")
        parties = try source.texts(object["parties"], "/parties")
        suggestion = try Self.suggestion(object["suggestion"], source)
        matter = try source.textIfAny(object["matter"], "/matter")
        isGold = try source.flag(object["gold"], "/gold")
    }

    private static func suggestion(_ json: JSON?, _ source: JSONSource) throws(TaskRecordFault) -> SuggestedAnswer? {
        guard let json, !json.isNull else { return nil }
        let object = try source.object(json, "/suggestion")
        let known: Set<String> = ["source", "version", "answer", "made_at"]
        if let unknown = object.keys.filter({ !known.contains($0) }).min() {
            let name = String(unknown.unicodeScalars.prefix(60).map(Character.init))
            throw source.fault("/suggestion".pointer(to: name), .unknownMember, "is no member of a suggestion")
        }
        guard let model = object["source"] else { throw source.missing("/suggestion/source") }
        guard let version = object["version"] else { throw source.missing("/suggestion/version") }
        guard let answer = object["answer"] else { throw source.missing("/suggestion/answer") }
        var madeAt: String?
        if let instant = object["made_at"], !instant.isNull {
            madeAt = try source.text(instant, "/suggestion/made_at")
        }
        return SuggestedAnswer(
            source: try source.text(model, "/suggestion/source"),
            version: try source.text(version, "/suggestion/version"), answer: answer, madeAt: madeAt
        )
    }

    /// Reads a task of Label Studio: `data` is the payload, `meta.external_key` or else `id` the external key,
    /// annotations of the ground truth the reference answers, the first prediction that names its model's version the
    /// suggestion. Everything else is passed over.
    ///
    /// Source: labelstud.io, "Label Studio JSON format of annotated tasks".
    init(labelStudio json: JSON, line: Int) throws(TaskRecordFault) {
        let source = JSONSource(line: line)
        let object = try source.object(json, "")
        guard let data = object["data"] else { throw source.missing("/data") }
        self.line = line
        payload = .object(try source.object(data, "/data"))
        if let key = object["meta"]?["external_key"] {
            externalKey = try source.text(key, "/meta/external_key")
        } else if let id = object["id"]?.integerValue {
            externalKey = String(id)
        } else {
            guard let id = object["id"] else { throw source.missing("/id") }
            externalKey = try source.text(id, "/id")
        }
        parties = try source.texts(object["meta"]?["parties"], "/meta/parties")
        referenceAnswers = try Self.groundTruth(object["annotations"], source)
        suggestion = try Self.prediction(object["predictions"], source)
        matter = try source.textIfAny(object["meta"]?["matter"], "/meta/matter")
        isGold = try source.flag(object["meta"]?["gold"], "/meta/gold")
    }

    private static func prediction(
        _ predictions: JSON?, _ source: JSONSource
    ) throws(TaskRecordFault) -> SuggestedAnswer? {
        guard let predictions, !predictions.isNull else { return nil }
        guard let list = predictions.arrayValue else { throw source.wrongType("/predictions", "a list") }
        for (place, prediction) in list.enumerated() {
            guard let version = prediction["model_version"], !version.isNull else { continue }
            let pointer = "/predictions/\(place)"
            guard let result = prediction["result"] else { throw source.missing("\(pointer)/result") }
            guard let answer = LabelStudioAnswer.read(result) else {
                throw source.wrongType("\(pointer)/result", "a list of results")
            }
            return SuggestedAnswer(
                source: "label studio", version: try source.text(version, "\(pointer)/model_version"), answer: answer,
                madeAt: nil
            )
        }
        return nil
    }

    private static func groundTruth(
        _ annotations: JSON?, _ source: JSONSource
    ) throws(TaskRecordFault) -> [String: JSON] {
        guard let annotations, !annotations.isNull else { return [:] }
        guard let list = annotations.arrayValue else { throw source.wrongType("/annotations", "a list") }
        var answers: [String: JSON] = [:]
        for (place, annotation) in list.enumerated() where annotation["ground_truth"]?.boolValue == true {
            let pointer = "/annotations/\(place)/result"
            guard let result = annotation["result"] else { throw source.missing(pointer) }
            guard let answer = LabelStudioAnswer.read(result) else {
                throw source.wrongType(pointer, "a list of results")
            }
            answers[answers.isEmpty ? "ground truth" : "ground truth \(answers.count + 1)"] = answer
        }
        return answers
    }
}

/// The faults of one record.
private struct JSONSource {
    let line: Int

    func fault(_ pointer: String, _ code: TaskRecordFault.Code, _ reason: String) -> TaskRecordFault {
        TaskRecordFault(line: line, pointer: pointer, code: code, reason: reason)
    }

    func missing(_ pointer: String) -> TaskRecordFault { fault(pointer, .missing, "is missing") }

    func wrongType(_ pointer: String, _ wanted: String) -> TaskRecordFault {
        fault(pointer, .wrongType, "is not \(wanted)")
    }

    func object(_ json: JSON, _ pointer: String) throws(TaskRecordFault) -> [String: JSON] {
        guard let object = json.objectValue else { throw wrongType(pointer, "an object") }
        return object
    }

    func text(_ json: JSON, _ pointer: String) throws(TaskRecordFault) -> String {
        guard let text = json.stringValue else { throw wrongType(pointer, "a text") }
        return text
    }

    func textIfAny(_ json: JSON?, _ pointer: String) throws(TaskRecordFault) -> String? {
        guard let json, !json.isNull else { return nil }
        return try text(json, pointer)
    }

    func flag(_ json: JSON?, _ pointer: String) throws(TaskRecordFault) -> Bool {
        guard let json, !json.isNull else { return false }
        guard let flag = json.boolValue else { throw wrongType(pointer, "true or false") }
        return flag
    }

    func texts(_ json: JSON?, _ pointer: String) throws(TaskRecordFault) -> [String] {
        guard let json, !json.isNull else { return [] }
        guard let list = json.arrayValue else { throw wrongType(pointer, "a list of texts") }
        let texts = list.compactMap(\.stringValue)
        guard texts.count == list.count else { throw wrongType(pointer, "a list of texts") }
        return texts
    }
}
