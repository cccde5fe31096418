package import Store

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

    /// A kind of agreement of which the worker has accepted some version.
    package struct Acceptance: Hashable, Sendable {
        /// The version that counts at the instant; `nil` when none does yet.
        package let current: Int?
        /// Whether the worker has accepted that very version.
        package let isAccepted: Bool
    }

    /// An exam that was taken to its end.
    package struct ExamScore: Hashable, Sendable {
        package let key: String
        /// Ten-thousandths.
        package let score: Int
        package let isPassed: Bool
        /// From the end of the attempt until the score no longer counts.
        package let validity: InstantRange
    }

    /// How good the worker is at a node of the skill tree, in ten-thousandths.
    package struct Skill: Hashable, Sendable {
        package let mean: Int
        package let low: Int
    }

    package let worker: Worker.ID
    package var state: Worker.State
    /// ISO 3166-1 alpha-2; where the work is performed.
    package let country: String
    /// BCP 47 tags.
    package let languages: [String]
    /// By tag, lower case.
    package var languageLevels: [String: LanguageLevel] = [:]
    package let professions: [Profession: Standing]
    /// The verified ones, also those that have expired or are not yet valid; by id.
    package let credentials: [Credential]
    package var sourcing: Sourcing = .crowd
    /// By kind.
    package var agreements: [String: Acceptance] = [:]
    /// Parties that the worker is tied to.
    package var interests: Set<String> = []
    /// Requesters that bar the worker.
    package var excludedBy: Set<Requester.ID> = []
    /// Also those that have expired.
    package var exams: [ExamScore] = []
    /// By node.
    package var skills: [String: Skill] = [:]
    /// 0 for none.
    package var clearance = 0

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
