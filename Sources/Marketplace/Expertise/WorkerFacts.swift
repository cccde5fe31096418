internal import Foundation

/// What is known of a worker at one instant, as far as requirements ask for it.
package struct WorkerFacts: Hashable, Sendable {
    /// A worker in one profession.
    package struct Standing: Hashable, Sendable {
        /// The tier in force at the instant; `nil` when none is.
        package let tier: Tier?
        package let years: Int
        /// Practice areas of a lawyer, specialties of a physician.
        package let specialties: [String]

        package init(tier: Tier?, years: Int, specialties: [String]) {
            self.tier = tier
            self.years = years
            self.specialties = specialties
        }
    }

    package let worker: Worker.ID
    package let state: Worker.State
    /// ISO 3166-1 alpha-2.
    package let country: String
    /// BCP 47 tags.
    package let languages: [String]
    package let professions: [Profession: Standing]
    /// The verified ones, also those that have expired or are not yet valid; by id.
    package let credentials: [Credential]

    package init(
        worker: Worker.ID, state: Worker.State, country: String, languages: [String],
        professions: [Profession: Standing], credentials: [Credential]
    ) {
        self.worker = worker
        self.state = state
        self.country = country
        self.languages = languages
        self.professions = professions
        self.credentials = credentials
    }
}
