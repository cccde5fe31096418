internal import Formats
internal import Foundation
internal import Store

/// Works out from scratch which answers each change of a guideline touches, and compares it with its list. Answers that
/// cannot be opened any more are left out.
struct RecheckCheck: Sendable {
    private static let pageSize = 2_000
    let market: Market

    /// Each page in a short snapshot of its own.
    func callAsFunction() async throws -> DoctorOutcome {
        var faults = Faults()
        var last: ListingPlace?
        while true {
            let page = try await market.database.read { [last] in try await $0.listings(after: last, limit: 100) }
            for (place, scope, isEnded) in page {
                try await checkItems(of: place, scope, &faults)
                if isEnded, scope != .nothing { try await checkMissing(of: place, scope, &faults) }
            }
            guard let end = page.last?.place else { return faults.outcome }
            last = end
        }
    }

    /// Listed and not touched, or not as the item says.
    private func checkItems(of place: ListingPlace, _ scope: RecheckScope, _ faults: inout Faults) async throws {
        var last: Assignment.ID?
        while true {
            let (end, wrong) = try await market.database.read { [last] transaction in
                let page = try await transaction.listedAnswers(place, after: last, limit: Self.pageSize)
                var wrong: [Assignment.ID] = []
                for item in page {
                    guard
                        let reason = try await transaction.reason(for: item.candidate, place, scope, in: market.keys)
                    else { continue }
                    if reason.text != item.reason || !item.agrees { wrong.append(item.candidate.assignment) }
                }
                return (page.last?.candidate.assignment, wrong)
            }
            wrong.forEach { faults.note("listed \($0) by version \(place.version)") }
            guard let end else { return }
            last = end
        }
    }

    /// Touched and not listed.
    private func checkMissing(of place: ListingPlace, _ scope: RecheckScope, _ faults: inout Faults) async throws {
        var last: Assignment.ID?
        while true {
            let (end, missing) = try await market.database.read { [last] transaction in
                let end = try await transaction.assignment(atStep: Self.pageSize, after: last, place.requester)
                let candidates = try await transaction.recheckCandidates(
                    for: place.version, of: place.guideline, place.requester, after: last, upTo: end, everChecked: true
                )
                var missing: [Assignment.ID] = []
                for candidate in candidates {
                    let reason = try await transaction.reason(for: candidate, place, scope, in: market.keys)
                    if reason?.text != nil { missing.append(candidate.assignment) }
                }
                return (end, missing)
            }
            missing.forEach { faults.note("not listed \($0) by version \(place.version)") }
            guard let end else { return }
            last = end
        }
    }
}

/// An item against its answer.
struct ListedAnswer: Sendable {
    let candidate: RecheckCandidate
    let reason: String
    /// Whether guideline, version and task are the assignment's, and what checks it is in the same project.
    let agrees: Bool
}

private struct Faults {
    private var count = 0
    private var examples: [String] = []

    var outcome: DoctorOutcome { count == 0 ? .clean : .violated(count: count, examples: examples) }

    mutating func note(_ example: String) {
        count += 1
        if examples.count < 10 { examples.append(example) }
    }
}

/// Why an answer is to be checked again; no text where it is not.
private struct RecheckReason {
    let text: String?
}

extension Transaction {
    /// `nil` where the answer cannot be opened.
    fileprivate func reason(
        for candidate: RecheckCandidate, _ place: ListingPlace, _ scope: RecheckScope, in keys: KeyRing?
    ) async throws -> RecheckReason? {
        var answer: JSON?
        if scope.readsAnswers {
            do {
                answer = try await self.answer(of: candidate.assignment, place.requester, in: keys)
            } catch {
                if error is ContentRefusal || error is VaultRefusal { return nil }
                throw error
            }
        }
        let given = GivenAnswer(version: candidate.version, project: candidate.project, answer: answer ?? .null)
        return RecheckReason(text: scope.reason(for: given))
    }
}
