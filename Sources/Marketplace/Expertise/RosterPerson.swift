internal import Formats

/// All rows of one worker of a roster, checked and brought together.
struct RosterPerson: Sendable {
    let registration: Registration
    /// One for each profession, in the order of the rows.
    let profiles: [(profile: Profile, tier: Tier)]
    /// One for each row.
    let papers: [(submission: CredentialSubmission, standing: RosterEntry.Standing)]

    /// Rows by worker, workers in the order of their first rows.
    static func grouped(_ entries: [RosterEntry]) -> [[RosterEntry]] {
        let groups = Dictionary(grouping: entries, by: \.workerKey)
        var seen: Set<String> = []
        return entries.compactMap { seen.insert($0.workerKey).inserted ? groups[$0.workerKey] : nil }
    }

    /// - Parameter rows: of one worker, at least one.
    /// - Throws: ``BadInput`` for what no worker could be, or where rows disagree.
    init(_ rows: [RosterEntry]) throws(BadInput) {
        guard let first = rows.first else { throw BadInput("rows", "are missing") }
        for row in rows { try Self.agree(first, row) }
        registration = try Registration(
            externalKey: first.workerKey, name: first.name, email: first.email, country: first.country,
            timeZone: first.timeZone, weeklyMinutesMax: first.weeklyHours * 60, languages: first.languages
        )
        var profiles: [(profile: Profile, tier: Tier)] = []
        var papers: [(submission: CredentialSubmission, standing: RosterEntry.Standing)] = []
        for row in rows {
            let profession = Profession(row.profession)
            let ofProfession = rows.filter { $0.profession == row.profession }
            if let other = ofProfession.first, other.tier != row.tier || other.years != row.years {
                throw BadInput("line \(row.line)", "disagrees with line \(other.line) in tier or years")
            }
            if !profiles.contains(where: { $0.profile.profession == profession }) {
                let profile = try Profile(
                    profession: profession, years: row.years, specialties: ofProfession.flatMap(\.specialties)
                )
                profiles.append((profile, Tier(row.tier)))
            }
            papers.append((try CredentialSubmission(row), row.standing))
        }
        self.profiles = profiles
        self.papers = papers
    }

    private static func agree(_ first: RosterEntry, _ row: RosterEntry) throws(BadInput) {
        let fields = [
            ("name", first.name == row.name), ("email", first.email == row.email),
            ("country", first.country == row.country), ("time_zone", first.timeZone == row.timeZone),
            ("weekly_hours", first.weeklyHours == row.weeklyHours),
            ("languages", Set(first.languages) == Set(row.languages)),
        ]
        if let (field, _) = fields.first(where: { !$0.1 }) {
            throw BadInput("line \(row.line)", "disagrees with line \(first.line) in \(field)")
        }
    }
}

extension Profession {
    /// As the roster names it.
    init(_ profession: RosterEntry.Profession) {
        switch profession {
        case .lawyer: self = .lawyer
        case .physician: self = .physician
        }
    }
}

extension Tier {
    /// As the roster names it.
    init(_ tier: RosterEntry.Tier) {
        switch tier {
        case .generalist: self = .generalist
        case .specialist: self = .specialist
        case .expert: self = .expert
        case .principal: self = .principal
        }
    }
}

extension CredentialKindCode {
    /// As the roster names it.
    init(_ kind: RosterEntry.CredentialKind) {
        switch kind {
        case .barAdmission: self = .barAdmission
        case .medicalLicence: self = .medicalLicence
        case .boardCertificate: self = .boardCertificate
        }
    }
}

extension CredentialSubmission {
    fileprivate init(_ row: RosterEntry) throws(BadInput) {
        try self.init(
            profession: Profession(row.profession), kind: CredentialKindCode(row.credentialKind), issuer: row.issuer,
            jurisdiction: row.jurisdiction, number: row.number, issuedOn: row.issuedOn, expiresOn: row.expiresOn
        )
    }
}
