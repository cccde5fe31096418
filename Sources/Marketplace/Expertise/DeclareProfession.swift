internal import Formats
internal import Foundation
internal import Store

/// Why a worker's expertise cannot be written down so. In order of precedence.
package enum ExpertiseRefusal: Refusal, CaseIterable {
    /// The catalogue has no such profession.
    case unknownProfession
    /// The worker has not declared the profession.
    case noProfile
    /// The catalogue has no such kind of credential, or not for this profession.
    case unknownKind
    /// Somebody's live credential has the same kind, jurisdiction and number.
    case numberTaken
    /// The worker would vouch for themselves.
    case ownVerifier
    /// A program would vouch.
    case verifierIsNoPerson
    /// Two people must look, and this one has.
    case sameVerifier
    /// Expert and principal need a valid licence that two people have verified.
    case notConfirmed
    /// A lower tier is an adverse decision, and was given no reasons.
    case reasonsMissing

    package var code: String {
        switch self {
        case .unknownProfession: "unknown_profession"
        case .noProfile: "no_profile"
        case .unknownKind: "unknown_credential_kind"
        case .numberTaken: "credential_number_taken"
        case .ownVerifier: "own_verifier"
        case .verifierIsNoPerson: "verifier_is_no_person"
        case .sameVerifier: "same_verifier"
        case .notConfirmed: "licence_not_confirmed"
        case .reasonsMissing: "reasons_missing"
        }
    }

    package var message: String {
        switch self {
        case .unknownProfession: "There is no such profession in the catalogue."
        case .noProfile: "The worker has not declared this profession. Declare it first."
        case .unknownKind: "The catalogue has no such kind of credential for this profession."
        case .numberTaken: "A credential with this number is known already. If it is not yours, tell an operator."
        case .ownVerifier: "Nobody vouches for themselves. Another operator must."
        case .verifierIsNoPerson: "A person vouches for a credential, not a program."
        case .sameVerifier: "Two people verify for the tiers expert and principal. Somebody else must confirm."
        case .notConfirmed: "The tiers expert and principal need a valid licence that two people have verified."
        case .reasonsMissing: "A lower tier needs a rule and reasons, which the worker may appeal."
        }
    }
}

/// Puts a worker into a profession: what they say of themselves, which credentials and tiers then bear out.
package struct DeclareProfession: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent: a profession that was declared before is left as it is.
    ///
    /// - Parameters:
    ///   - years: in the profession, 0 to 80.
    ///   - specialties: practice areas or specialties, at most 50 of up to 100 characters; stored in lower case.
    ///   - actor: the worker, or an operator for them.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``ExpertiseRefusal/unknownProfession``, ``BadInput``.
    package func callAsFunction(
        _ profession: Profession, years: Int, specialties: [String], of worker: Worker.ID, by actor: Principal.ID
    ) async throws {
        let profile = try Profile(profession: profession, years: years, specialties: specialties)
        do {
            try await market.change { change in
                try await change.authorizeSelf(worker, orOperator: actor)
                guard try await change.transaction.lockWorkerForChange(worker) != nil else { throw NotFound("worker") }
                if try await change.declare(profile, of: worker, by: actor) {
                    try await change.refreshEligibility(of: worker, after: .profile)
                }
            }
        } catch let error as StoreError where error.violatedConstraint == "profile_profession_fkey" {
            throw ExpertiseRefusal.unknownProfession
        }
    }
}

/// What a worker says of themselves in one profession, checked.
struct Profile: Hashable, Sendable {
    let profession: Profession
    let years: Int
    let specialties: [String]

    init(profession: Profession, years: Int, specialties: [String]) throws(BadInput) {
        guard (0...80).contains(years) else { throw BadInput("years", "must be 0 to 80") }
        guard specialties.count <= 50 else { throw BadInput("specialties", "are more than 50") }
        var names: [String] = []
        for specialty in specialties {
            let name = try PlainText.line(specialty, field: "specialties", lengthMax: 100).lowercased()
            if !names.contains(name) { names.append(name) }
        }
        self.profession = profession
        self.years = years
        self.specialties = names
    }
}

extension Change {
    /// - Returns: whether it is new.
    @discardableResult
    func declare(_ profile: Profile, of worker: Worker.ID, by actor: Principal.ID) async throws -> Bool {
        guard try await transaction.insertProfile(profile, of: worker) else { return false }
        try await record(
            "profession_declared", by: actor, on: "worker", worker.uuid, in: .worker(worker),
            facts: ["profession": .string(profile.profession.code)]
        )
        return true
    }
}
