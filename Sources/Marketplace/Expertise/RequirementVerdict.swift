internal import Foundation
internal import Store

extension Requirement {
    /// The verdict of a tree in its normal form, whatever the worker's standing.
    func verdict(_ facts: WorkerFacts, at instant: Date) -> Eligibility {
        switch self {
        case .all(let rules):
            var proof = EligibilityProof()
            for rule in rules {
                switch rule.verdict(facts, at: instant) {
                case .eligible(let part): proof = proof.merging(part)
                case .ineligible(let fault): return .ineligible(fault)
                }
            }
            return .eligible(proof)
        case .any(let rules):
            for rule in rules {
                if case .eligible(let proof) = rule.verdict(facts, at: instant) { return .eligible(proof) }
            }
            return fault(.missing)
        case .not(let rule):
            if case .ineligible = rule.verdict(facts, at: instant) { return .eligible(EligibilityProof()) }
            return fault(.conflict)
        case .profession(let profession, let leastTier):
            guard let tier = facts.professions[profession]?.tier else { return fault(.missing) }
            guard tier >= leastTier else { return fault(.tierTooLow(tier)) }
            return paper(facts.licences(of: profession), at: instant) {
                EligibilityProof(credential: $0, tier: tier, in: profession)
            }
        case .jurisdiction(let place, let profession):
            let licences = facts.licences(of: profession)
            let there = licences.filter { Jurisdiction.contains(place, $0.jurisdiction) }
            if there.isEmpty, !licences.isEmpty {
                return fault(.elsewhere(Array(Set(licences.map(\.jurisdiction))).sorted()))
            }
            return paper(there, at: instant, EligibilityProof.init(credential:))
        case .credential(let kind, let profession):
            let papers = facts.credentials.filter { $0.profession == profession && $0.kind.rawValue == kind }
            return paper(papers, at: instant, EligibilityProof.init(credential:))
        case .exam(let key, let leastScore): return exam(facts.exams.filter { $0.key == key }, leastScore, at: instant)
        case .specialty, .language, .excluded, .agreement, .noInterest, .notExcluded, .sourcing, .skill, .years,
            .performedIn, .clearance:
            return plainVerdict(facts)
        }
    }

    /// Of rules whose facts are already those of the instant.
    private func plainVerdict(_ facts: WorkerFacts) -> Eligibility {
        switch self {
        case .all, .any, .not, .profession, .jurisdiction, .credential, .exam: return fault(.missing)
        case .specialty(let name, let profession):
            let names = facts.professions[profession]?.specialties ?? []
            return met(names.contains { $0.lowercased() == name }, else: .missing)
        case .language(let tag, nil):
            let tags = facts.languages + facts.languageLevels.keys
            return met(tags.contains { LanguageTag.contains(tag, $0) }, else: .missing)
        case .language(let tag, let least?):
            let level = facts.languageLevels.filter { LanguageTag.contains(tag, $0.key) }.values.max()
            guard let level else { return fault(.missing) }
            return met(level >= least, else: .levelTooLow(level))
        case .excluded(let worker): return met(worker != facts.worker, else: .barred)
        case .agreement(let kind):
            guard let current = facts.agreements[kind], let version = current.current else { return fault(.missing) }
            guard current.isAccepted else { return fault(.outdated(version: version)) }
            return .eligible(EligibilityProof(agreement: kind, version: version))
        case .noInterest(let party): return met(!facts.interests.contains(party), else: .conflict)
        case .notExcluded(let requester): return met(!facts.excludedBy.contains(requester), else: .barred)
        case .sourcing(let kinds): return met(kinds.contains(facts.sourcing), else: .otherSourcing(facts.sourcing))
        case .skill(let node, let bound):
            guard let skill = facts.skills[node] else { return fault(.missing) }
            switch bound {
            case .mean(let least): return met(skill.mean >= least, else: .tooLow(skill.mean))
            case .low(let least): return met(skill.low >= least, else: .tooLow(skill.low))
            }
        case .years(let least, let profession):
            guard let years = facts.professions[profession]?.years else { return fault(.missing) }
            return met(years >= least, else: .tooLow(years))
        case .performedIn(let places):
            return met(places.contains(facts.country), else: .elsewhere([facts.country]))
        case .clearance(let least):
            guard facts.clearance > 0 else { return fault(.missing) }
            guard facts.clearance >= least else { return fault(.tooLow(facts.clearance)) }
            return .eligible(EligibilityProof(clearance: facts.clearance))
        }
    }

    private func fault(_ reason: RequirementFault.Reason) -> Eligibility {
        .ineligible(RequirementFault(rule: self, reason: reason))
    }

    private func met(_ isMet: Bool, else reason: RequirementFault.Reason) -> Eligibility {
        isMet ? .eligible(EligibilityProof()) : fault(reason)
    }

    /// A paper that is valid at the instant; of several the one valid longest, then the least id.
    private func paper(
        _ papers: [Credential], at instant: Date, _ proof: (Credential.ID) -> EligibilityProof
    ) -> Eligibility {
        var best: Credential?
        for paper in papers where paper.validity.contains(instant) {
            if let held = best, !paper.outlasts(held) { continue }
            best = paper
        }
        if let best { return .eligible(proof(best.id)) }
        if let start = papers.compactMap(\.validity.lower).filter({ $0 > instant }).min() {
            return fault(.notYetValid(start))
        }
        return fault(papers.compactMap(\.validity.upper).max().map { .expired($0) } ?? .missing)
    }

    private func exam(_ scores: [WorkerFacts.ExamScore], _ least: Int, at instant: Date) -> Eligibility {
        let valid = scores.filter { $0.validity.contains(instant) }
        if valid.contains(where: { $0.isPassed && $0.score >= least }) { return .eligible(EligibilityProof()) }
        let past = scores.filter { $0.isPassed && $0.score >= least }.compactMap(\.validity.upper)
        if let end = past.filter({ $0 <= instant }).max() { return fault(.expired(end)) }
        return fault(valid.map(\.score).max().map { .tooLow($0) } ?? .missing)
    }

    /// The rule's name in codes.
    var kind: String {
        switch self {
        case .all: "all"
        case .any: "any"
        case .not: "not"
        case .profession: "profession"
        case .jurisdiction: "jurisdiction"
        case .specialty: "specialty"
        case .language: "language"
        case .excluded: "excluded_worker"
        case .agreement: "agreement"
        case .noInterest: "no_interest_in"
        case .notExcluded: "not_excluded_by"
        case .sourcing: "sourcing"
        case .exam: "exam"
        case .skill: "skill"
        case .years: "least_years"
        case .performedIn: "performed_in"
        case .credential: "credential"
        case .clearance: "clearance"
        }
    }

    /// What would satisfy it, as the end of a sentence.
    var demand: String {
        switch self {
        case .all([]): "nothing"
        case .any([]): "what nobody has"
        case .all(let rules): "all of (" + rules.map(\.demand).joined(separator: "; ") + ")"
        case .any(let rules): "one of (" + rules.map(\.demand).joined(separator: "; ") + ")"
        case .not(let rule): "the absence of " + rule.demand
        case .profession(let profession, let tier):
            "a \(profession) of tier \(tier.rawValue) or higher with a verified, valid licence"
        case .jurisdiction(let place, let profession): "a verified, valid licence as \(profession) in \(place)"
        case .specialty(let name, let profession): "the specialty '\(name)' as \(profession)"
        case .language(let tag, nil): "the language '\(tag)'"
        case .language(let tag, let level?): "the language '\(tag)' at level \(level.rawValue) or higher"
        case .excluded: "somebody other than this worker"
        case .agreement(let kind): "the current version of the agreement '\(kind)' to be accepted"
        case .noInterest(let party): "somebody without ties to '\(party)'"
        case .notExcluded: "somebody whom the requester has not barred"
        case .sourcing(let kinds): "a worker of the " + kinds.map(\.rawValue).joined(separator: " or ")
        case .exam(let key, let score): "the exam '\(key)' passed with \(score) of 10000 or more, not expired"
        case .skill(let node, .mean(let least)): "a skill in '\(node)' of \(least) of 10000 or more"
        case .skill(let node, .low(let least)): "a skill in '\(node)' that is surely \(least) of 10000 or more"
        case .years(let years, let profession): "\(years) years or more as \(profession)"
        case .performedIn(let places): "work performed in " + places.joined(separator: ", ")
        case .credential(let kind, let profession): "a verified, valid \(kind) as \(profession)"
        case .clearance(let level): "a clearance of level \(level) or higher"
        }
    }
}

extension WorkerFacts {
    fileprivate func licences(of profession: Profession) -> [Credential] {
        credentials.filter { $0.profession == profession && $0.kind.isLicence }
    }
}

extension Credential {
    fileprivate func outlasts(_ other: Credential) -> Bool {
        let (end, otherEnd) = (validity.upper ?? .distantFuture, other.validity.upper ?? .distantFuture)
        return end == otherEnd ? id < other.id : end > otherEnd
    }
}
