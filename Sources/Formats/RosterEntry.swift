/// One credential of one worker, as a platform hands in its people: a row of the roster.
///
/// A worker with several credentials has several rows with the same `workerKey`; that these agree in name and e-mail is
/// for the import to check.
package struct RosterEntry: Hashable, Sendable {
    /// The professions that a roster may name.
    package enum Profession: String, Hashable, Sendable, CaseIterable {
        case lawyer, physician
    }

    /// Lowest first.
    package enum Tier: String, Hashable, Sendable, CaseIterable {
        case generalist, specialist, expert, principal
    }

    /// What entitles to practise, and certificates above that.
    package enum CredentialKind: String, Hashable, Sendable, CaseIterable {
        case barAdmission = "bar_admission"
        case medicalLicence = "medical_licence"
        case boardCertificate = "board_certificate"
    }

    /// What the issuer says about the credential.
    package enum Standing: String, Hashable, Sendable, CaseIterable {
        case active, suspended, lapsed
    }

    /// Whatever the platform calls the worker; not empty.
    package let workerKey: String
    /// In the worker's own script; not empty.
    package let name: String
    /// ASCII, lower case in the domain.
    package let email: String
    /// ISO 3166-1 alpha-2, upper case.
    package let country: String
    /// IANA, known to this machine.
    package let timeZone: String
    /// How many hours a week the worker will give: 1 to 80.
    package let weeklyHours: Int
    /// The one in which the credential is held.
    package let profession: Profession
    /// The worker's tier in that profession, as the platform sees it.
    package let tier: Tier
    /// Years in the profession: 0 to 80.
    package let years: Int
    /// No bar admission of a physician, no medical licence of a lawyer.
    package let credentialKind: CredentialKind
    /// The court, bar, board or council that gave it; not empty.
    package let issuer: String
    /// `US-NY`, `GB-EAW`, `DE`: ISO 3166-1 alpha-2, and where law differs within the country a part of it.
    package let jurisdiction: String
    /// The number under which the issuer lists the worker; not empty.
    package let number: String
    /// The first day on which it holds.
    package let issuedOn: CalendarDate
    /// The last day on which it holds; `nil` when it does not expire. Not before `issuedOn`.
    package let expiresOn: CalendarDate?
    /// In the row's order, each once.
    package let specialties: [String]
    /// BCP 47 tags as written, such as `en`, `zh-Hant`; each once.
    package let languages: [String]
    /// As of the day on which the roster was made.
    package let standing: Standing
    /// The 1-based line of the row.
    package let line: Int
}

/// What a ``WorkerRoster`` yields.
package enum RosterItem: Hashable, Sendable {
    case entry(RosterEntry)
    /// A row that cannot be taken, with its line and the first reason.
    case fault(RecordFault)
}
