internal import ArgumentParser
internal import Formats
internal import Marketplace

struct ProfileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "What workers say of themselves, and the catalogue of professions.",
        discussion: """
            A worker declares a profession, then hands in credentials (`guildhall credential`). Professions and kinds \
            of credentials are rows of a catalogue: new ones need no new program.
            """,
        subcommands: [
            Show.self, Declare.self, Change.self, Skills.self, Professions.self, Kinds.self, AddProfession.self,
            AddKind.self,
        ]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All of a worker's expertise: professions, admissions and licences, tiers, skills.",
            discussion: """
                Years stand beside those that the oldest valid licence bears out, which are what tiers count. Skills \
                are in ten-thousandths, with their 95 % interval.
                """
        )
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The worker's key or id.") var worker: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let sheet = try await ShowProfile(market: market)(of: try await market.worker(worker), by: actor)
                return (sheet.json, sheet.text)
            }
        }
    }

    struct Declare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put a worker into a profession.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Argument(help: "lawyer, physician, …; see `profile professions`.") var profession: String
        @Option(help: "Years in the profession.") var years: Int
        @Option(help: "A practice area or specialty; give it several times.") var specialty: [String] = []

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                try await DeclareProfession(market: market)(
                    try readProfession(profession), years: years, specialties: specialty,
                    of: try await market.worker(worker), by: actor
                )
                return (["worker": .string(worker), "profession": .string(profession)], "Declared \(profession).")
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace all that a worker says of themselves in a profession."
        )
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Argument(help: "The profession.") var profession: String
        @Option(help: "Years in the profession.") var years: Int
        @Option(help: "A practice area or specialty; give it several times.") var specialty: [String] = []
        @Option(help: "Lawyers: a language of law, as a BCP 47 tag.") var lawLanguage: [String] = []
        @Option(help: "Physicians: a sub-specialty.") var subSpecialty: [String] = []
        @Option(help: "Physicians: resident, attending, associate_chief or chief.") var title: String?
        @Option(help: "Physicians: where they work.") var institution: String?

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let title = try title.map { text in
                    guard let title = PhysicianTitle(rawValue: text) else {
                        throw BadInput("title", "must be resident, attending, associate_chief or chief")
                    }
                    return title
                }
                try await ChangeProfile(market: market)(
                    ProfileContent(
                        profession: try readProfession(profession), years: years, specialties: specialty,
                        lawLanguages: lawLanguage, subSpecialties: subSpecialty, title: title,
                        institution: institution
                    ),
                    of: try await market.worker(worker), by: actor
                )
                return (["worker": .string(worker), "profession": .string(profession)], "Changed \(profession).")
            }
        }
    }

    struct Skills: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is known of a worker's skills, with its 95 % interval."
        )
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "The worker's key or id.") var worker: String

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                try await ListSkills(market: market)(
                    of: try await market.worker(worker), after: page.after, limit: page.limit, by: actor
                ).map { estimate in
                    let text =
                        "\(estimate.skill.path): \(estimate.meanBps) (\(estimate.lowBps) to \(estimate.highBps)) "
                        + "of 10000, from \(estimate.evidence) answers, version \(estimate.version)"
                    return (estimate.json, text)
                }
            }
        }
    }

    struct Professions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The catalogue of professions.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await options.list(remotely: self) { market, _ in
                try await ListCatalogue(market: market).professions(after: page.after, limit: page.limit).map {
                    (
                        ["profession": .string($0.profession.code), "title": .string($0.title)],
                        "\($0.profession): \($0.title)"
                    )
                }
            }
        }
    }

    struct Kinds: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The catalogue of kinds of credentials.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await options.list(remotely: self) { market, _ in
                try await ListCatalogue(market: market).kinds(after: page.after, limit: page.limit).map { entry in
                    let holder = entry.profession?.code ?? "any profession"
                    let what = entry.kind.isLicence ? "licence" : "paper"
                    return (entry.json, "\(entry.kind.rawValue): \(entry.title), \(what) of \(holder)")
                }
            }
        }
    }

    struct AddProfession: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a profession to the catalogue.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "Its code: lower-case letters and underscores.") var code: String
        @Option(help: "Its title.") var title: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                try await Marketplace.AddProfession(market: market)(try readProfession(code), title: title, by: actor)
                return (["profession": .string(code)], "Added \(code).")
            }
        }
    }

    struct AddKind: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a kind of credential to the catalogue.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "Its code: lower-case letters and underscores.") var code: String
        @Option(help: "Its title.") var title: String
        @Option(help: "Who can hold it; people of any profession if left out.") var profession: String?
        @Flag(help: "It permits to practise.") var licence = false
        @Option(help: "Months from one verification to the next, 1 to 120.") var reverifyMonths: Int?

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let entry = try CredentialKindEntry(
                    kind: CredentialKind(code: try readKind(code), isLicence: licence),
                    profession: try profession.map(readProfession), title: title, reverifyMonths: reverifyMonths
                )
                try await AddCredentialKind(market: market)(entry, by: actor)
                return (entry.json, "Added \(code).")
            }
        }
    }
}

extension ProfileSheet {
    /// For people: a line for each fact.
    fileprivate var text: String {
        var lines = [
            "worker \(worker)", "languages: \(languages.isEmpty ? "none" : languages.joined(separator: ", "))",
        ]
        for entry in professions {
            let years = "\(entry.years) years said, \(entry.yearsBorneOut) borne out"
            lines.append("\(entry.profession), \(entry.tier?.rawValue ?? "no tier"): \(years)")
            let details = [
                ("specialties", entry.specialties), ("languages of law", entry.lawLanguages),
                ("sub-specialties", entry.subSpecialties), ("title", entry.title.map { [$0.rawValue] } ?? []),
                ("institution", entry.institution.map { [$0] } ?? []),
            ]
            for (name, values) in details where !values.isEmpty {
                lines.append("  \(name): \(values.joined(separator: ", "))")
            }
        }
        for paper in credentials {
            let end = paper.expiresAt.map { " until \(utcText($0))" } ?? ""
            let eyes = paper.confirmedBy == nil ? "" : " by two"
            lines.append(
                "\(paper.kind.rawValue) \(paper.number), \(paper.jurisdiction): \(paper.state.rawValue)\(eyes)\(end)")
        }
        for period in tiers {
            let end = period.until.map { " until \(utcText($0))" } ?? ""
            lines.append(
                "\(period.profession) \(period.tier.rawValue) from \(utcText(period.from))\(end): \(period.reasons)")
        }
        lines += skills.map { "\($0.skill.path): \($0.meanBps) (\($0.lowBps) to \($0.highBps)) of 10000" }
        return lines.joined(separator: "\n")
    }
}
