package import Formats
package import Foundation

/// What would let a worker have the work that a claim is refused for.
package struct Unlock: Hashable, Sendable {
    /// What has to change. Its raw value is stable; programs may branch on it.
    package enum Kind: String, Sendable, CaseIterable {
        /// The account is made a worker's.
        case account
        /// The worker's standing.
        case standing
        /// A lease in hand is submitted or returned.
        case lease
        /// Work opens, or comes free.
        case work
        /// The scheduler offers it.
        case offer
        /// A bid wins it.
        case bid
        /// The team that a worker is in.
        case workforce
        /// A decision is appealed.
        case appeal
        /// A declared interest is withdrawn.
        case interest
        /// The standing ask, or a price that rises.
        case ask
        /// Time: the next day or week, or a higher cap.
        case hours
        /// A paper is verified.
        case credential
        case tier, specialty, language, agreement, exam, skill, years, clearance
        /// Where work is performed.
        case place
        /// One of several rules.
        case oneOf = "one_of"
        /// The worker cannot do anything about it.
        case nothing
    }

    package let kind: Kind
    /// What to do or to wait for, in one or two sentences.
    package let sentence: String
    /// The time that the sentence names: from when it is so, or until when it can be done.
    package let at: Date?

    init(_ kind: Kind, _ sentence: String, at: Date? = nil) {
        (self.kind, self.sentence, self.at) = (kind, sentence, at)
    }

    /// `{"kind", "sentence", "at"}`, the time as RFC 3339 or null.
    package var json: JSON {
        [
            "kind": .string(kind.rawValue), "sentence": .string(sentence),
            "at": at.map { .string($0.formatted(.iso8601)) } ?? .null,
        ]
    }
}

/// Appeals that a worker may still lodge, and until when.
struct OpenAppeals: Sendable {
    var exclusions: [Requester.ID: Date] = [:]
    var suspension: Date?
}

/// What is read once for all the batches of a page.
struct UnlockFacts: Sendable {
    /// When the next lease of a batch ends, as far as it is known.
    let leaseEnds: [Batch.ID: Date]
    let appeals: OpenAppeals
    /// When the next day and week begin where the worker lives.
    let nextDay: Date
    let nextWeek: Date
}

extension ClaimRefusal {
    /// What would unlock a batch that this refuses.
    func unlock(of offering: Offering, for seeker: WorkSeeker, _ facts: UnlockFacts) -> Unlock {
        switch self {
        case .notAWorker: return Unlock(.account, "Ask an operator to register you as a worker.")
        case .notActive(let state): return Self.standing(state, facts.appeals.suspension)
        case .mostAtOnce: return Unlock(.lease, "Submit or return one of the tasks that you hold.")
        case .batchNotOpen(.paused): return Unlock(.work, "Wait until the requester resumes the batch.")
        case .batchNotOpen, .overdue: return Unlock(.nothing, "Nothing: the batch hands out no more work.")
        case .noOpenBatch: return Unlock(.work, "Wait until a batch is published.")
        case .offeredOnly:
            return Unlock(.offer, "Wait for an offer, and say when you are available so that one can be made.")
        case .awardedOnly: return Unlock(.bid, "Bid in the next auction of the batch.")
        case .noWork:
            guard let end = facts.leaseEnds[offering.batch] else {
                return Unlock(.work, "Wait until somebody gives a task back, or an answer is rejected.")
            }
            return Unlock(.work, "A task may come free at \(end.unlockText), when the next lease on it ends.", at: end)
        case .otherWorkforce:
            let taken = offering.workforces.map(\.rawValue).joined(separator: " or ")
            return Unlock(.workforce, "It takes work from the \(taken) only. Join such a team, or take other work.")
        case .excluded: return Self.appeal(until: facts.appeals.exclusions[offering.requester])
        case .conflictOfInterest(let party):
            return Unlock(.interest, "Withdraw the interest in '\(party)', if it has ended.")
        case .notEligible(let fault): return fault.unlock(facts)
        case .hoursCap:
            guard offering.expectedMinutes <= seeker.limits.weeklyMinutesMax else {
                return Unlock(.hours, "Give more hours a week: one task takes \(offering.expectedMinutes) minutes.")
            }
            let start = facts.nextWeek
            return Unlock(.hours, "Wait until your next week begins at \(start.unlockText).", at: start)
        case .dayCap:
            guard offering.expectedMinutes <= seeker.limits.dailyMinutesMax else {
                return Unlock(.hours, "Give more hours a day: one task takes \(offering.expectedMinutes) minutes.")
            }
            let start = facts.nextDay
            return Unlock(.hours, "Wait until your next day begins at \(start.unlockText).", at: start)
        case .windowCap(let opens?):
            return Unlock(.hours, "Wait until \(opens.unlockText), when earlier weeks count no more.", at: opens)
        case .restDue(let ends?): return Unlock(.hours, "Rest until \(ends.unlockText).", at: ends)
        case .windowCap(nil), .restDue(nil):
            return Unlock(.nothing, "Nothing: one task takes \(offering.expectedMinutes) minutes, which is too long.")
        case .shareCap: return Unlock(.nothing, "Nothing: one person may do no more of this batch.")
        case .batchCap: return Unlock(.nothing, "Nothing: one person may have no more of this batch.")
        case .belowAsk(let hourly):
            let wait = offering.escalatedFrom == nil ? "" : " Its price rises while work is left."
            return Unlock(
                .ask, "It pays \(hourly) an hour. Lower your ask or end it, or claim the batch by its name.\(wait)")
        }
    }

    fileprivate static func standing(_ state: Worker.State, _ appealUntil: Date?) -> Unlock {
        switch state {
        case .suspended where appealUntil != nil: appeal(until: appealUntil)
        case .suspended: Unlock(.standing, "Wait for the end of the suspension; the time to appeal it is over.")
        case .paused: Unlock(.standing, "Resume your work.")
        case .registered, .applicant: Unlock(.standing, "Wait until an operator has made you active.")
        case .active, .closed: Unlock(.standing, "Only an active worker can take work.")
        }
    }

    fileprivate static func appeal(until end: Date?) -> Unlock {
        guard let end else { return Unlock(.appeal, "The time to appeal it is over. Ask the requester to lift it.") }
        return Unlock(.appeal, "Appeal the decision until \(end.unlockText).", at: end)
    }
}

extension RequirementFault {
    fileprivate func unlock(_ facts: UnlockFacts) -> Unlock {
        guard let rule else {
            guard case .inactive(let state) = reason else { return ClaimRefusal.standing(.active, nil) }
            return ClaimRefusal.standing(state, facts.appeals.suspension)
        }
        let (kind, way) = rule.way
        switch reason {
        case .missing, .elsewhere, .levelTooLow, .otherSourcing, .inactive, .conflict: return Unlock(kind, way)
        case .barred:
            guard case .notExcluded(let requester) = rule else { return Unlock(kind, way) }
            return ClaimRefusal.appeal(until: facts.appeals.exclusions[requester])
        case .tierTooLow(let tier): return Unlock(.tier, "\(rule.tierWay) You are \(tier.rawValue) now.")
        case .tooLow(let number): return Unlock(kind, "\(way) It is \(number) now.")
        case .outdated(let version): return Unlock(kind, "\(way) It is version \(version).")
        case .notYetValid(let start):
            return Unlock(kind, "Wait: what you have is valid from \(start.unlockText) on.", at: start)
        case .expired(let end):
            return Unlock(
                rule.isProfession ? .credential : kind, "\(rule.renewal) The last ended at \(end.unlockText).")
        }
    }
}

extension Requirement {
    /// What a worker does who meets the rule not at all.
    fileprivate var way: (kind: Unlock.Kind, sentence: String) {
        switch self {
        case .all: (.oneOf, "Meet \(demand).")
        case .any([]): (.nothing, "Nothing: nobody can meet it.")
        case .any: (.oneOf, "Meet \(demand).")
        case .not: (.nothing, "Nothing: it asks for \(demand).")
        case .profession(let profession, let tier):
            (
                .credential,
                "Declare the profession \(profession), have a licence in it verified, and be given the tier "
                    + "\(tier.rawValue) or higher."
            )
        case .jurisdiction(let place, let profession):
            (.credential, "Have a licence as \(profession) in \(place) verified.")
        case .credential(let kind, let profession): (.credential, "Have a \(kind) as \(profession) verified.")
        case .specialty(let name, let profession):
            (.specialty, "Have the specialty '\(name)' as \(profession) in your profile.")
        case .language(let tag, nil): (.language, "Have the language '\(tag)' in your profile.")
        case .language(let tag, let level?): (.language, "Know the language '\(tag)' at level \(level.rawValue).")
        case .excluded: (.nothing, "Nothing: it is work for somebody else.")
        case .agreement(let kind): (.agreement, "Accept the version of the agreement '\(kind)' that counts now.")
        case .noInterest(let party): (.interest, "Withdraw the interest in '\(party)', if it has ended.")
        case .notExcluded: (.appeal, "Have the exclusion lifted.")
        case .sourcing(let kinds):
            (.workforce, "It takes work from the \(kinds.map(\.rawValue).joined(separator: " or ")) only.")
        case .exam(let key, let score): (.exam, "Pass the exam '\(key)' with \(score) of 10000 or more.")
        case .skill(let node, _): (.skill, "Do more reviewed work in '\(node)': it asks for \(demand).")
        case .years(let years, let profession): (.years, "It asks for \(years) years or more as \(profession).")
        case .clearance(let level): (.clearance, "Be given the clearance \(level) or higher by an operator.")
        case .performedIn(let places): (.place, "It must be worked on in \(places.joined(separator: " or ")).")
        }
    }

    fileprivate var isProfession: Bool {
        if case .profession = self { true } else { false }
    }

    fileprivate var tierWay: String {
        guard case .profession(let profession, let tier) = self else { return way.sentence }
        return "Be given the tier \(tier.rawValue) or higher as \(profession)."
    }

    /// What a worker does who met the rule once.
    fileprivate var renewal: String {
        guard case .profession(let profession, _) = self else { return way.sentence }
        return "Have a licence as \(profession) verified anew."
    }
}

extension Date {
    /// `2026-03-02T09:00:00Z`
    fileprivate var unlockText: String { formatted(.iso8601) }
}
