internal import Formats
internal import Foundation
package import Marketplace

/// Brings contracts with their lawyers' answers in as legal tasks: one contract each, the clause types as the keys to
/// extract, the text as the payload, what the annotators answered as the reference. Published at the end.
///
/// Importing the same files again adds and publishes nothing; further files make a further batch.
package struct ImportContracts: Sendable {
    /// The project's external key.
    package static let projectKey = "contract-clauses"
    /// Whose answers the reference is.
    package static let source = "annotators"

    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - contracts: a folder of `.txt` files, or a tar archive of them, gzipped or not.
    ///   - answers: `master_clauses.csv`, gzipped or not.
    ///   - publisher: an operator, or the requester's key.
    /// - Throws: ``FormatError`` for files that cannot be read at all; ``AccessRefusal``; ``BatchRefusal``, as
    ///   `not_funded`: the tasks are then in a draft, which the next import publishes.
    package func callAsFunction(
        contracts: String, answers: String, of requester: Requester.ID, by publisher: Principal.ID,
        settings: ImportSettings = .contracts, progress: @escaping ProgressReport = { _, _, _ in }
    ) async throws -> ImportSummary {
        // Before anything is made: a path that is wrong leaves no trace.
        _ = try CUADReader(answersPath: answers, textsPath: contracts)
        let project = try await CreateProject(market: market)(
            ProjectDraft(
                externalKey: Self.projectKey, name: "Contract clauses", taskKind: .extraction,
                guideline: .text(ContractAnswers.guideline), parameters: ContractAnswers.parameters
            ),
            of: requester, by: publisher
        )
        let task = TaskImport(
            market: market, label: "contracts", project: project, requester: requester, publisher: publisher,
            settings: settings,
            draft: { name, budget in
                BatchDraft(
                    project: project, name: name, door: .claim, profession: .lawyer, tier: .expert,
                    requirement: Self.requirement, redundancy: settings.redundancy,
                    feeBasisPoints: settings.feeBasisPoints, budget: budget,
                    expectedMinutes: settings.expectedMinutes, leaseSeconds: settings.leaseSeconds,
                    answerSeconds: settings.answerSeconds
                )
            },
            open: { ContractSource(try CUADReader(answersPath: answers, textsPath: contracts)) },
            progress: progress
        )
        return try await task.run()
    }

    /// An expert lawyer with an admission anywhere in the United States.
    package static let requirement = Requirement.all([
        .profession(.lawyer, leastTier: .expert), .jurisdiction("US", of: .lawyer),
    ])
}

/// Contracts as tasks.
private final class ContractSource: TaskSource {
    private let reader: CUADReader

    init(_ reader: CUADReader) { self.reader = reader }

    func next() throws -> SourceItem? {
        switch try reader.next() {
        case nil: return nil
        case .fault(let fault): return .fault(fault)
        case .contract(let contract):
            let draft = TaskDraft(
                externalKey: FileKey.key(ofFile: contract.fileName),
                payload: [
                    "title": .string(String(contract.fileName.prefix(1_000))), "text": .string(contract.text),
                ],
                referenceAnswers: [ImportContracts.source: ContractAnswers.answer(contract.clauses)]
            )
            return .draft(draft, remarks: contract.remarks)
        }
    }
}

/// Names of files as external keys.
enum FileKey {
    /// Without folders, ending and accents; lower-case letters and digits, everything else a hyphen. At most 200
    /// characters: a longer one is cut and ends in a part of the whole name's hash.
    static func key(ofFile name: String) -> String {
        var stem = Substring(name.split(separator: "/").last ?? Substring(name))
        if stem.lowercased().hasSuffix(".txt") { stem = stem.dropLast(4) }
        var key = ""
        for scalar in stem.decomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
            if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                key.unicodeScalars.append(scalar)
            } else if scalar.properties.canonicalCombiningClass == .notReordered, !key.isEmpty, key.last != "-" {
                key += "-"
            }
        }
        if key.last == "-" { key.removeLast() }
        guard key.unicodeScalars.count > 200 || key.isEmpty else { return key }
        let head = String(String.UnicodeScalarView(key.unicodeScalars.prefix(180)))
        return head + "-" + Digest(of: name).hexadecimal.prefix(16)
    }
}
