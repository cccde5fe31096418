package import Foundation
package import Store

/// What is known of a worker with the times from when and until when it holds, so that what holds at any instant
/// follows from it without asking again.
package struct WorkerHistory: Hashable, Sendable {
    /// Something that holds for a while.
    package struct Period<Value: Hashable & Sendable>: Hashable, Sendable {
        package let value: Value
        package let range: InstantRange
    }

    /// A worker in one profession.
    package struct Standing: Hashable, Sendable {
        package let profession: Profession
        package let years: Int
        package let specialties: [String]
        package let tiers: [Period<Tier>]
    }

    /// A version of a kind of agreement of which the worker has accepted some version.
    package struct AgreementVersion: Hashable, Sendable {
        package let kind: String
        package let version: Int
        package let validFrom: Date
        package let acceptedAt: Date?
    }

    package let worker: Worker.ID
    package let state: Worker.State
    package let country: String
    package let languages: [String]
    package let languageLevels: [String: LanguageLevel]
    package let standings: [Standing]
    package let credentials: [Credential]
    package let teams: [Period<Sourcing>]
    package let agreements: [AgreementVersion]
    package let interests: [Period<String>]
    package let exclusions: [Period<Requester.ID>]
    package let exams: [WorkerFacts.ExamScore]
    package let skills: [String: WorkerFacts.Skill]
    package let clearances: [Period<Int>]
}

extension WorkerHistory {
    /// What is known of the worker at an instant.
    package func facts(at instant: Date) -> WorkerFacts {
        var facts = WorkerFacts(
            worker: worker, state: state, country: country, languages: languages,
            professions: Dictionary(
                standings.map { standing in
                    let tier = standing.tiers.first { $0.range.contains(instant) }?.value
                    return (
                        standing.profession,
                        .init(tier: tier, years: standing.years, specialties: standing.specialties)
                    )
                }, uniquingKeysWith: { first, _ in first }),
            credentials: credentials
        )
        facts.languageLevels = languageLevels
        facts.sourcing = teams.first { $0.range.contains(instant) }?.value ?? .crowd
        facts.agreements = Dictionary(grouping: agreements, by: \.kind).mapValues { versions in
            let current = versions.filter { $0.validFrom <= instant }.max { $0.validFrom < $1.validFrom }
            let isAccepted = current?.acceptedAt.map { $0 <= instant } ?? false
            return .init(current: current?.version, isAccepted: isAccepted)
        }
        facts.interests = Set(interests.filter { $0.range.contains(instant) }.map(\.value))
        facts.excludedBy = Set(exclusions.filter { $0.range.contains(instant) }.map(\.value))
        facts.exams = exams
        facts.skills = skills
        facts.clearance = clearances.first { $0.range.contains(instant) }?.value ?? 0
        return facts
    }

    /// The instants after `instant` at which a fact begins or ends, in order.
    package func turns(after instant: Date) -> [Date] {
        var ranges = credentials.map(\.validity) + teams.map(\.range) + interests.map(\.range)
        ranges += clearances.map(\.range)
        ranges += exclusions.map(\.range) + exams.map(\.validity) + standings.flatMap { $0.tiers.map(\.range) }
        var turns = Set(ranges.flatMap { [$0.lower, $0.upper].compactMap { $0 } })
        for version in agreements {
            turns.insert(version.validFrom)
            if let acceptedAt = version.acceptedAt { turns.insert(acceptedAt) }
        }
        return turns.filter { $0 > instant }.sorted()
    }
}

/// A worker's facts from an instant on: between two turns nothing changes, so one evaluation answers for all of it.
package struct EligibilityForecast: Sendable {
    private let stretches: [(start: Date, range: InstantRange, facts: WorkerFacts)]

    /// Whether the worker may work at all is another matter, and not looked at: it is a column of the worker's own.
    package init(_ history: WorkerHistory, from instant: Date) {
        let turns = history.turns(after: instant)
        var stretches: [(start: Date, range: InstantRange, facts: WorkerFacts)] = []
        for (place, start) in ([instant] + turns).enumerated() {
            var facts = history.facts(at: start)
            facts.state = .active
            let end = place < turns.count ? turns[place] : nil
            stretches.append((start, InstantRange(from: place == 0 ? nil : start, until: end), facts))
        }
        self.stretches = stretches
    }

    /// When the worker meets a requirement, from the instant on, as the longest ranges. What was before the instant is
    /// not told: a range that holds at the instant has no lower end.
    ///
    /// - Parameter requirement: in its normal form.
    package func ranges(ofNormal requirement: Requirement) -> [InstantRange] {
        var found: [InstantRange] = []
        for (start, range, facts) in stretches {
            guard case .eligible = requirement.verdict(facts, at: start) else { continue }
            if let last = found.last, last.upper == range.lower, range.lower != nil {
                found[found.count - 1] = InstantRange(from: last.lower, until: range.upper)
            } else {
                found.append(range)
            }
        }
        return found
    }
}
