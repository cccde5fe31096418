/// Contracts with the answers of lawyers, from the Contract Understanding Atticus Dataset (CUAD v1).
///
/// The answers (small) are held in memory, the texts pass one at a time. Names are matched before: exactly, then by
/// their letters and digits alone, since the file names of the answers and of the texts differ in punctuation and
/// accents; a name that could mean two things is refused. What cannot be used is told, and nothing else stops for it.
/// Source: CUAD v1 README; Hendrycks et al., arXiv:2103.06268.
package final class CUADReader {
    private let rows: [CUADAnswerRow]
    private let texts: CUADTexts
    private let matching: CUADMatching
    private let answersName: String
    /// Faults that are ready to be yielded, last first.
    private var waiting: [RecordFault]
    private var hasToldRows = false

    /// - Parameters:
    ///   - answersPath: `master_clauses.csv`, or the same gzipped; with or without the column `txt_file`.
    ///   - textsPath: a folder of `.txt` files, or a tar archive of them, gzipped or not.
    /// - Throws: ``FormatError`` when one of them cannot be read, or the answers lack a column.
    package init(answersPath: String, textsPath: String) throws(FormatError) {
        let answers = try CUADAnswers.read(path: answersPath)
        rows = answers.rows
        answersName = fileName(ofPath: answersPath)
        waiting = answers.faults.reversed()
        var names: [String] = []
        let listing = try CUADTexts(path: textsPath, readsContents: false)
        while let item = try listing.next() {
            // Entries that fail have no name; the second pass tells of them.
            if !item.name.isEmpty { names.append(item.name) }
        }
        matching = CUADMatching(texts: names, rows: rows)
        texts = try CUADTexts(path: textsPath, readsContents: true)
    }

    /// First the faults of the answers' file, then the texts in the order of the archive (of a folder: by name), then
    /// the answers that have no text; `nil` at the end.
    ///
    /// - Throws: ``FormatError`` when the archive is damaged.
    package func next() throws(FormatError) -> CUADItem? {
        if let fault = waiting.popLast() { return .fault(fault) }
        if let item = try texts.next() {
            do {
                return .contract(try contract(item))
            } catch {
                return .fault(error)
            }
        }
        guard !hasToldRows else { return nil }
        hasToldRows = true
        waiting = matching.rowsWithoutText.reversed().map { index in
            let line = rows[index].line
            return RecordFault(
                position: "\(answersName) line \(line)", line: line,
                reason: "there is no text for “\(rows[index].stems[0])”")
        }
        return waiting.popLast().map(CUADItem.fault)
    }

    private func contract(_ item: CUADTexts.Item) throws(RecordFault) -> CUADContract {
        let bytes = try item.bytes.get()
        let row: CUADAnswerRow
        switch matching.rowOfText[item.name] {
        case .success(let index): row = rows[index]
        case .failure(let mismatch): throw RecordFault(position: item.position, reason: mismatch.reason)
        case nil: throw RecordFault(position: item.position, reason: "was added to the texts while they were read")
        }
        let (text, remarks) = try CUADTexts.decode(bytes, position: item.position)
        return CUADContract(
            fileName: item.name, text: text, clauses: row.clauses, answersLine: row.line,
            remarks: row.remarks + remarks)
    }
}
