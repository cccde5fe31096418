internal import Formats
internal import Foundation
internal import Marketplace
internal import Matching
internal import Store

/// Founds the market of a ``DatabaseRun``: professions, rates, a requester with money, and the people who come.
struct DatabasePeople {
    /// Of the estimates, above the program's own.
    static let version = SkillEstimate.estimatorVersion + 1
    private static let feeBasisPoints = 1_000
    /// ``DatabaseRun/start``, counted from 2000-01-01.
    private static let firstDay = 9_557

    let founders: MarketFounders
    let system: Principal.ID
    private let week: WeekMarket
    private let market: Marketplace.Market
    private let project: Project.ID
    private let dollars: Currency

    init(_ week: WeekMarket, market: Marketplace.Market) async throws {
        (self.week, self.market) = (week, market)
        let chief = try await Bootstrap(market: market)(operatorName: "operator")
        // By the same way as in any market: the rounds read it.
        _ = try await SetSchedulerWeights(market: market)(
            ["bar": 500_000], reason: "Quality of a half is a guess in the study.", by: chief)
        for cell in 0..<week.cellCount {
            let profession = try Self.profession(cell)
            try await AddProfession(market: market)(profession, title: "Cell \(cell + 1)", by: chief)
            try await AddCredentialKind(market: market)(
                CredentialKindEntry(
                    kind: CredentialKind(code: try Self.paper(cell), isLicence: true), profession: profession,
                    title: "Licence \(cell + 1)", reverifyMonths: nil), by: chief)
        }
        founders = try await FoundMarket(market: market, rateCard: try Self.rates(week))()
        system = try await market.systemPrincipal()
        dollars = try SimulationCurrency.dollars
        project = try await CreateProject(market: market)(
            ProjectDraft(
                externalKey: "study", name: "Study", taskKind: .extraction, guideline: "As drawn.",
                answerSchema: ["type": "object"]), of: founders.requester, by: founders.requesterKey)
        let cost = week.tasks.reduce(Int64(0)) { $0 + Int64($1.answers) * 2 * Self.payMinor($1) }
        _ = try await FundRequester(market: market)(
            founders.requester, with: Money(cost, dollars),
            reference: market.identifiers.uuid(at: DatabaseRun.start), by: founders.financeMaker)
    }

    private static func payMinor(_ task: WeekTask) -> Int64 { task.pay / 10_000 }

    /// `cell_a`, `cell_b`, …, `cell_ba`, …
    private static func profession(_ cell: Int) throws -> Profession {
        guard let profession = Profession("cell_" + letters(cell)) else { throw NotFound("profession") }
        return profession
    }

    private static func paper(_ cell: Int) throws -> CredentialKindCode {
        guard let code = CredentialKindCode(rawValue: "licence_" + letters(cell)) else { throw NotFound("licence") }
        return code
    }

    private static func letters(_ number: Int) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz")
        let (rest, last) = number.quotientAndRemainder(dividingBy: alphabet.count)
        return (rest > 0 ? letters(rest) : "") + String(alphabet[last])
    }

    func skill(of cell: Int) throws -> Skill {
        guard let skill = try Skill(Self.profession(cell).code) else { throw NotFound("skill") }
        return skill
    }

    private static func rates(_ week: WeekMarket) throws -> JSON {
        let hourly = WeekMarketMaker.payPerUnit * 4 / 10_000
        return [
            "name": "Cells",
            "rates": .array(
                try (0..<week.cellCount).map { cell in
                    [
                        "profession": .string(try profession(cell).code), "tier": "generalist",
                        "task_kind": "extraction", "unit": "hour", "currency": "USD", "amount_minor": .integer(hourly),
                    ]
                }),
        ]
    }

    // MARK: Workers

    func register(_ worker: Int) async throws -> Worker.ID {
        let person = week.workers[worker]
        let id = try await RegisterWorker(market: market)(
            Registration(
                externalKey: "w\(worker)", name: "Worker \(worker)", email: "w\(worker)@example.org", country: "US",
                timeZone: zone(person.zone), weeklyMinutesMax: person.declaredUnits * 15, languages: ["en"]),
            by: founders.chief)
        try await ActivateWorker(market: market)(id, by: founders.chief)
        try await SetAvailability(market: market)(
            AvailabilitySettings(windows: try windows(person), tasksAtOnceMax: 1), of: id, by: founders.chief)
        var isFirst = true
        for skill in week.skills where Int(skill.worker) == worker {
            let profession = try Self.profession(Int(skill.cell))
            try await DeclareProfession(market: market)(
                profession, years: 9, specialties: [], of: id, by: founders.chief)
            try await license(id, Int(skill.cell), expiry: isFirst ? person.lapseTick : .max)
            try await GrantTier(market: market)(.generalist, in: profession, to: id, by: founders.chief)
            isFirst = false
        }
        return id
    }

    private func license(_ worker: Worker.ID, _ cell: Int, expiry tick: Int) async throws {
        let last = tick == .max ? nil : CalendarDate(daysSince2000: Self.firstDay + tick / Tick.perDay - 1)
        guard let issued = CalendarDate(iso: "2015-01-01") else { throw NotFound("date") }
        let paper = try await SubmitCredential(market: market)(
            CredentialSubmission(
                profession: try Self.profession(cell), kind: try Self.paper(cell), issuer: "Register",
                jurisdiction: "US", number: "\(worker)-\(cell)", issuedOn: issued, expiresOn: last),
            of: worker, by: founders.chief)
        try await VerifyCredential(market: market)(paper, by: founders.chief)
    }

    /// East of Greenwich is minus in these names.
    private func zone(_ hours: Int) -> String { hours == 0 ? "UTC" : "Etc/GMT\(hours > 0 ? "-" : "+")\(abs(hours))" }

    private func windows(_ person: WeekWorker) throws -> [AvailabilityWindow] {
        let (from, until) = (person.windowStart * 15, (person.windowStart + person.windowTicks) * 15)
        guard person.windowTicks < Tick.perDay else { return [] }
        return try Weekday.allCases.enumerated().flatMap { place, day -> [AvailabilityWindow] in
            guard person.days >> place & 1 == 1 else { return [] }
            let next = Weekday.allCases[(place + 1) % 7]
            guard until > 1_440 else { return [AvailabilityWindow(day, try DaySpan(from: from, until: until))] }
            return [
                AvailabilityWindow(day, try DaySpan(from: from, until: 1_440)),
                AvailabilityWindow(next, try DaySpan(from: 0, until: until - 1_440)),
            ]
        }
    }

    func write(_ estimates: [SkillEstimate]) async throws {
        for start in stride(from: 0, to: estimates.count, by: WriteSkillEstimates.batchMax) {
            let page = Array(estimates[start..<min(start + WriteSkillEstimates.batchMax, estimates.count)])
            try await WriteSkillEstimates(market: market)(page, by: founders.chief)
        }
    }

    // MARK: Work

    /// What came in four weeks before anybody was there: nobody does it, but forecasts rest on it.
    func publishPast(_ clock: ManualClock) async throws {
        let first = DatabaseRun.start - Double(WeekMarketMaker.pastWeeks * Tick.perWeek) * 900
        for (number, task) in week.past.enumerated() {
            clock.set(to: max(clock.now(), first + Double(task.arrival) * 900))
            let due = first + Double(task.deadline) * 900
            let key = try await publish(task, "p\(number)", due: task.isUndated ? nil : due, isOffered: false)
            _ = try await CloseBatch(market: market)(key.id, of: key.requester, by: system)
        }
    }

    func publish(_ task: WeekTask, _ name: String, due: Date?, isOffered: Bool) async throws -> Batch.Key {
        let requester = founders.requester
        let profession = try Self.profession(Int(task.cell))
        let id = try await CreateBatch(market: market)(
            BatchDraft(
                project: project, name: name, door: isOffered ? .offer : .claim, profession: profession,
                tier: .generalist, requirement: .profession(profession, leastTier: .generalist),
                redundancy: task.answers, feeBasisPoints: Self.feeBasisPoints,
                budget: Money(Int64(task.answers) * 2 * Self.payMinor(task), dollars), expectedMinutes: task.units * 15,
                leaseSeconds: 4 * 3_600, answerSeconds: 30 * 86_400, dueAt: due,
                answerValue: max(task.value / 10_000, 1)),
            of: requester, by: founders.requesterKey)
        let draft = AsyncStream<TaskDraft> { stream in
            stream.yield(TaskDraft(externalKey: name, payload: [:], referenceAnswers: [:]))
            stream.finish()
        }
        _ = try await AddTasks(market: market)(draft, to: id, of: requester, by: founders.requesterKey)
        _ = try await PublishBatch(market: market)(id, of: requester, by: founders.requesterKey)
        return Batch.Key(requester: requester, id: id)
    }

    func accept(_ assignment: Assignment) async throws {
        _ = try await ReviewSubmission(market: market)(
            assignment.id, of: assignment.requester, .accepted, reasons: "", by: founders.reviewers[0])
    }
}
