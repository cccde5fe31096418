internal import Formats
internal import Foundation
internal import Store

/// The grades of physicians in hospitals of China, lowest first: the values of the PostgreSQL enum
/// `physician_title`, in its order.
///
/// Source: National Health Commission of the People's Republic of China, titles of health professionals.
package enum PhysicianTitle: String, Sendable, CaseIterable, SQLEnum {
    case resident, attending
    case associateChief = "associate_chief"
    case chief
}

/// All that a worker says of themselves in one profession, checked.
package struct ProfileContent: Hashable, Sendable {
    let profile: Profile
    /// BCP 47 tags, in lower case: the languages in which a lawyer practises.
    package let lawLanguages: [String]
    /// Of a physician, in lower case.
    package let subSpecialties: [String]
    /// `nil` where the country has no such grades.
    package let title: PhysicianTitle?
    /// Where a physician works.
    package let institution: String?

    /// - Parameters:
    ///   - years: in the profession, 0 to 80.
    ///   - specialties: practice areas of a lawyer, else specialties; at most 50 of up to 100 characters.
    ///   - lawLanguages: of lawyers only.
    ///   - subSpecialties: of physicians only, as are `title` and `institution`.
    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        profession: Profession, years: Int, specialties: [String], lawLanguages: [String] = [],
        subSpecialties: [String] = [], title: PhysicianTitle? = nil, institution: String? = nil
    ) throws(BadInput) {
        profile = try Profile(profession: profession, years: years, specialties: specialties)
        guard lawLanguages.isEmpty || profession == .lawyer else {
            throw BadInput("law_languages", "are for lawyers")
        }
        guard lawLanguages.count <= 20, lawLanguages.allSatisfy(LanguageTag.isWellFormed) else {
            throw BadInput("law_languages", "must be up to 20 BCP 47 tags")
        }
        self.lawLanguages = lawLanguages.map { $0.lowercased() }
        let isOfPhysician = !subSpecialties.isEmpty || title != nil || institution != nil
        guard !isOfPhysician || profession == .physician else {
            throw BadInput("sub_specialties", "title and institution are for physicians")
        }
        do {
            self.subSpecialties = try Profile(profession: profession, years: 0, specialties: subSpecialties).specialties
        } catch {
            throw BadInput("sub_specialties", error.reason)
        }
        self.title = title
        self.institution =
            if let institution { try PlainText.line(institution, field: "institution") } else { nil }
    }
}

/// Writes down what a worker now says of themselves in a profession that they have declared.
package struct ChangeProfile: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Replaces the whole; what is left out is said no longer.
    ///
    /// - Parameter actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/noProfile``.
    package func callAsFunction(
        _ content: ProfileContent, of worker: Worker.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            try await change.authorizeSelf(worker, orOperator: actor)
            guard try await change.transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
            guard try await change.transaction.updateProfile(content, of: worker) else {
                throw ExpertiseRefusal.noProfile
            }
            try await change.refreshEligibility(of: worker, after: .profile)
            try await change.record(
                "profile_changed", by: actor, on: "worker", worker.uuid, in: .worker(worker),
                facts: [
                    "profession": .string(content.profile.profession.code),
                    "years": .integer(Int64(content.profile.years)),
                ]
            )
        }
    }
}
