package import Formats
package import Foundation
internal import Store

extension Requirement {
    /// Whether what an assignment has on record bears the requirement out at the instant of its lease. The record holds
    /// what was relied on, no more: `nil` where it does not tell.
    ///
    /// - Parameters:
    ///   - record: ``EligibilityProof/json``.
    ///   - credentials: those that the record names and that were verified by then.
    package func isBorneOut(
        by record: JSON, credentials: [Credential], of worker: Worker.ID, at instant: Date
    ) -> Bool? {
        func borneOut(_ rule: Requirement) -> Bool? {
            rule.isBorneOut(by: record, credentials: credentials, of: worker, at: instant)
        }
        func hasLicence(_ profession: Profession, in place: String?) -> Bool {
            credentials.contains { credential in
                credential.profession == profession && credential.kind.isLicence
                    && credential.validity.contains(instant)
                    && (place.map { Jurisdiction.contains($0, credential.jurisdiction) } ?? true)
            }
        }
        switch self {
        case .all(let rules):
            let verdicts = rules.map(borneOut)
            return verdicts.contains(false) ? false : verdicts.contains(nil) ? nil : true
        case .any(let rules):
            let verdicts = rules.map(borneOut)
            return verdicts.contains(true) ? true : verdicts.contains(nil) ? nil : false
        case .not(let rule): return borneOut(rule).map { !$0 }
        case .profession(let profession, let leastTier):
            let tier = record["tiers"]?[profession.code]?.stringValue.flatMap { Tier(rawValue: $0) }
            return tier.map { $0 >= leastTier } == true && hasLicence(profession, in: nil)
        case .jurisdiction(let place, let profession): return hasLicence(profession, in: place)
        case .excluded(let other): return other != worker
        case .clearance(let least): return (record["clearance"]?.integerValue ?? 0) >= least
        case .specialty, .language, .agreement, .noInterest, .notExcluded, .sourcing, .exam, .skill, .years,
            .performedIn, .credential:
            return nil
        }
    }
}
