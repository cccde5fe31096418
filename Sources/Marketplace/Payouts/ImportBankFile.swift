internal import Formats
internal import Foundation
internal import Payments
internal import Store

/// Why a bank file is not taken in.
package enum BankFileRefusal: Refusal {
    /// It is no pain.002, camt.053, camt.054, NACHA file or table of returns.
    case otherKind
    /// It cannot be relied upon: where, and why.
    case faulty(String)
    case tooManyEntries(Int)

    package var code: String {
        switch self {
        case .otherKind: "bank_file_kind"
        case .faulty: "bank_file_faulty"
        case .tooManyEntries: "bank_file_too_large"
        }
    }

    package var message: String {
        switch self {
        case .otherKind: "This is no pain.002, camt.053, camt.054 or NACHA file, nor a table of returns."
        case .faulty(let fault): "The file is faulty, and nothing was taken in: \(fault)"
        case .tooManyEntries(let most): "A file may have \(most) lines."
        }
    }
}

/// Takes in what a bank says of payments: each line is matched by its end-to-end id, payments are settled or given back
/// with a notice, and what does not fit is kept for a person.
///
/// The file is read twice, first to its end to see whether it can be relied upon, then in one transaction part by part,
/// so that memory does not grow with it. The same file again changes nothing; the same booking in another file is
/// known.
package struct ImportBankFile: Sendable {
    package static let entriesMax = 1_000_000
    /// So many lines are judged and carried out at a time.
    private static let part = 5_000

    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - path: of the file, gzipped or not, at most 2 GiB unpacked.
    ///   - report: how many lines were taken in so far.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``BankFileRefusal``.
    package func callAsFunction(
        path: String, by actor: Principal.ID, report: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> BankImport {
        try await take(try BankFile(.path(path)), by: actor, report: report)
    }

    /// The same of bytes in memory.
    package func callAsFunction(_ bytes: [UInt8], by actor: Principal.ID) async throws -> BankImport {
        try await take(try BankFile(.bytes(bytes)), by: actor) { _ in }
    }

    /// Whether somebody may take files in, before one is read.
    ///
    /// - Throws: ``AccessRefusal``.
    package func check(_ actor: Principal.ID) async throws {
        try await market.database.read { try await $0.authorizeFinance(actor) }
    }

    private func take(
        _ file: BankFile, by actor: Principal.ID, report: @escaping @Sendable (Int) -> Void
    ) async throws -> BankImport {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorizeFinance(actor)
            // Two imports at once could each find a payment open.
            try await transaction.advisoryLock(AdvisoryLock("bank import"))
            if var known = try await transaction.bankImport(ofFile: file.hash) {
                known.isNew = false
                try await change.record(
                    "bank_file_repeated", by: actor, on: "bank_import", known.id.uuid, in: .platform)
                return known
            }
            var bank = BankImport(
                id: change.make(), kind: file.kind, messageID: file.messageID, entries: file.count, faults: file.faults)
            try await transaction.insert(bank, hash: file.hash, by: actor)
            var (facts, taken) = (try BankFacts(file), 0)
            while case let part = try facts.next(Self.part), !part.isEmpty {
                var session = BankSession(kind: file.kind)
                try await session.judge(part, from: taken + 1, change)
                try await transaction.insert(session.judged, of: bank.id)
                try await session.carryOut(change)
                for judged in session.judged { bank.outcomes[judged.outcome, default: 0] += 1 }
                taken += part.count
                report(taken)
            }
            guard taken == file.count, try file.place.digest() == file.hash else {
                throw BankFileRefusal.faulty("it was changed while it was read")
            }
            // Their ids are in the order of the file, by which a statement that is missing shows.
            try await transaction.insert(
                file.statements.enumerated().map { place, statement in
                    let instant = change.instant.addingTimeInterval(Double(place) / 1_000)
                    return (id: change.identifiers.uuid(at: instant), statement: statement)
                }, of: bank.id)
            let counts = bank.outcomes.map { ($0.key.rawValue, JSON.integer(Int64($0.value))) }
            try await change.record(
                "bank_file_imported", by: actor, on: "bank_import", bank.id.uuid, in: .platform,
                facts: [
                    "kind": .string(file.kind.rawValue), "file_hash": .string(file.hash.hexadecimal),
                    "outcomes": .object(Dictionary(counts, uniquingKeysWith: { one, _ in one })),
                ])
            return bank
        }
    }
}

/// What a bank file says, as far as it is kept.
private struct BankFile: Sendable {
    /// What banks leave out of files that are of use all the same; each is kept with the import and shows there.
    private static let tolerable: Set = [
        "balance", "summary_sum", "entry_sum", "entry_count", "transaction_count", "control_sum", "status",
        "iban_check_digits", "iban_length", "iban_form", "iban_country", "bic_length", "bic_form", "unknown_element",
        "element_order", "missing_element",
    ]

    enum Place: Sendable {
        case path(String)
        case bytes([UInt8])

        func digest() throws -> Digest {
            switch self {
            case .path(let path): try Digest(ofFile: path)
            case .bytes(let bytes): Digest(of: bytes)
            }
        }

        func reader() throws -> PaymentFileReader {
            switch self {
            case .path(let path): try PaymentFileReader(path: path)
            case .bytes(let bytes): try PaymentFileReader(bytes: bytes, name: "the file")
            }
        }
    }

    let place: Place
    let hash: Digest
    let kind: BankFileKind
    let messageID: String
    /// How many lines it has that say something of payments.
    let count: Int
    let statements: [Payments.BankStatement]
    let faults: JSON

    /// Reads it to its end.
    ///
    /// - Throws: ``BankFileRefusal``; ``FormatError`` when it cannot be read.
    init(_ place: Place) throws {
        hash = try place.digest()
        var (reader, count) = (try place.reader(), 0)
        var statements: [Payments.BankStatement] = []
        while let record = try reader.next() {
            guard count < ImportBankFile.entriesMax else {
                throw BankFileRefusal.tooManyEntries(ImportBankFile.entriesMax)
            }
            if BankFact(record) != nil { count += 1 }
            if case .statement(let statement) = record, statements.count < 10_000 { statements.append(statement) }
        }
        let report = reader.report
        guard let kind = report.kind.flatMap({ BankFileKind(rawValue: $0.rawValue) }) else {
            throw BankFileRefusal.otherKind
        }
        if let fault = report.faults.first(where: { !Self.tolerable.contains($0.code) }) {
            throw BankFileRefusal.faulty(fault.text)
        }
        (self.place, self.kind, self.count, self.statements) = (place, kind, count, statements)
        messageID = report.messageID.bounded(100)
        faults = .array(report.faults.prefix(100).map(\.json))
    }
}

/// The lines of a file that say something of payments, some at a time.
private struct BankFacts {
    private var reader: PaymentFileReader

    init(_ file: BankFile) throws { reader = try file.place.reader() }

    /// Payments of an entry without amounts of their own stay together, up to `most`.
    mutating func next(_ count: Int, most: Int = 100_000) throws -> [BankFact] {
        var (facts, isWithin): ([BankFact], Bool) = ([], false)
        while facts.count < (isWithin ? most : count), let record = try reader.next() {
            guard let fact = BankFact(record) else { continue }
            facts.append(fact)
            if fact.isBooking, fact.amount == nil { isWithin = fact.remainder == nil }
        }
        return facts
    }
}

/// Some lines of a file on their way in; those before them are stored already.
private struct BankSession {
    let kind: BankFileKind
    private(set) var judged: [JudgedFact] = []
    private var news: [PayoutLine.ID: LineNews] = [:]
    private var order: [PayoutLine.ID] = []

    init(kind: BankFileKind) { self.kind = kind }

    /// - Parameter first: the place of the first in the file.
    mutating func judge(_ facts: [BankFact], from first: Int, _ change: Change) async throws {
        var found: [String: LineStanding] = [:]
        for part in Array(Set(facts.compactMap(\.paymentID))).sorted().parts(of: 10_000) {
            found.merge(try await change.transaction.lockLines(Array(part))) { first, _ in first }
        }
        let sums = EntrySums(facts, found)
        for (place, said) in facts.enumerated() {
            let (entry, position): (BankEntry.ID, Int) = (change.make(), first + place)
            var fact = said
            fact.isWhole = sums.whole.contains(place)
            if let id = fact.paymentID, let standing = found[id] {
                let outcome = take(fact, entry, news[standing.id] ?? LineNews(standing: standing))
                judged.append(
                    JudgedFact(
                        id: entry, position: position, fact: fact, outcome: outcome, line: standing.id, batch: nil))
            } else {
                judged.append(try await judgeWhole(fact, entry, position: position, change))
            }
            // It stands on the list for the others of its entry, too.
            if let amount = sums.listed[place] { judged[place].fact.amount = amount }
        }
    }

    private mutating func take(_ fact: BankFact, _ entry: BankEntry.ID, _ line: LineNews) -> BankOutcome {
        var line = line
        let before = line.standing
        let (outcome, move) = BankMatch.apply(fact, from: kind, to: &line.standing)
        if before.debits.isEmpty, !line.standing.debits.isEmpty { line.debitEntry = entry }
        if before.credits.isEmpty, !line.standing.credits.isEmpty {
            line.creditEntry = entry
            line.chargeMinor = BankMatch.charge(of: fact, on: line.standing.amount) ?? 0
        }
        if fact.event == .corrected { line.correctedFor = fact.reason.map { $0.bounded(35) } }
        switch move {
        case .none: break
        case .accept: line.isAccepted = true
        case .settle: line.settled = true
        case .fail(let settleFirst):
            if settleFirst { line.settled = true }
            line.failed = (fact.failure, line.standing.hasLeft)
        }
        if news.updateValue(line, forKey: line.standing.id) == nil { order.append(line.standing.id) }
        return outcome
    }

    /// What is said of a whole file: it was refused, or booked in one sum.
    private mutating func judgeWhole(
        _ fact: BankFact, _ entry: BankEntry.ID, position: Int, _ change: Change
    ) async throws -> JudgedFact {
        func made(_ outcome: BankOutcome, _ batch: PayoutBatch.ID?) -> JudgedFact {
            JudgedFact(id: entry, position: position, fact: fact, outcome: outcome, line: nil, batch: batch)
        }
        guard fact.paymentID == nil || fact.event == .debited, let message = fact.messageID,
            let batch = PayoutBatch.ID(messageID: message),
            let stored = try await change.transaction.payoutBatch(batch), stored.run != nil, stored.state == .issued
        else { return made(.unmatched, nil) }
        if BankMatch.isOfRepetition(fact) { return made(.repeated, batch) }
        let lines = try await change.transaction.lockLines(ofMessage: batch)
            .map { news[$0.id] ?? LineNews(standing: $0) }
        switch fact.event {
        case .rejected:
            let open = lines.filter { $0.standing.state == .open }
            takeEach(fact, entry, open)
            return made(open.isEmpty ? .repeated : .rejected, batch)
        case .debited:
            let isTold = judged.contains { earlier in
                earlier.batch == batch && earlier.fact == fact && !fact.reference.isEmpty
                    && (earlier.outcome == .settled || earlier.outcome == .repeated)
            }
            if isTold { return made(.repeated, batch) }
            if try await change.transaction.isSumTold(of: batch, fact, in: kind) { return made(.repeated, batch) }
            return made(takeSum(fact, entry, lines), batch)
        case .blocked: return made(.contradicts, batch)
        case .accepted, .credited, .returned, .corrected: return made(.unmatched, nil)
        }
    }

    private mutating func takeEach(_ fact: BankFact, _ entry: BankEntry.ID, _ lines: [LineNews]) {
        var each = fact
        (each.amount, each.isWhole) = (nil, true)
        for line in lines { _ = take(each, entry, line) }
    }

    /// A file booked in one sum: of the payments whose debit is still to come, of those that another kind of file has
    /// told one by one, or of both.
    private mutating func takeSum(_ fact: BankFact, _ entry: BankEntry.ID, _ lines: [LineNews]) -> BankOutcome {
        let awaited = lines.filter {
            $0.standing.debits.isEmpty && ($0.standing.state == .open || $0.standing.hasLeft)
        }
        let told = lines.filter { line in
            !line.standing.debits.isEmpty && line.standing.debits.allSatisfy { $0.kind != kind }
        }
        for part in [awaited + told, awaited, told] where fact.isSum(of: part) {
            takeEach(fact, entry, part)
            return part.contains { $0.standing.debits.isEmpty } ? .settled : .repeated
        }
        if let amount = fact.amount, told.contains(where: { $0.standing.isSettled(in: amount) }) {
            takeEach(fact, entry, told)
            return .repeated
        }
        return awaited.isEmpty && told.isEmpty ? .contradicts : .amountDiffers
    }

    /// Moves the money, lets what failed be paid again, and tells its payees.
    func carryOut(_ change: Change) async throws {
        let lines = order.compactMap { news[$0] }
        for part in lines.parts(of: 10_000) { try await change.transaction.save(Array(part)) }
        for (_, settled) in grouped(lines.filter(\.settled)) {
            try await change.settle(settled.map { ($0.standing.id, $0.standing.amount) })
        }
        for (currency, charged) in grouped(lines.filter { $0.chargeMinor > 0 }) {
            try await change.bear(charged.map { ($0.standing.id, try Money($0.chargeMinor, currency)) })
        }
        for some in lines.filter({ $0.correctedFor != nil }).parts(of: 10_000) {
            let codes = Dictionary(some.map { ($0.standing.id, $0.correctedFor ?? "") }) { one, _ in one }
            for (line, share) in try await change.transaction.sharesOfLines(some.map(\.standing.id)) {
                try await change.transaction.tell(
                    Principal.ID(share.worker.uuid), kind: "payout_account_corrected",
                    facts: ["reason": .string(codes[line] ?? "")], id: change.make(),
                    dedupKey: "payout_account_corrected/\(share.id)")
            }
        }
        let failed = lines.filter { $0.failed != nil }
        for hadLeft in [false, true] {
            for (_, part) in grouped(failed.filter { $0.failed?.hadLeft == hadLeft }) {
                for some in part.parts(of: 10_000) {
                    let shares = try await change.transaction.sharesOfLines(some.map(\.standing.id))
                    try await change.giveBack(shares.map(\.share), hadLeft: hadLeft)
                    try await change.giveBackWithholdings(of: shares.map(\.share.id))
                    try await change.giveBackRecoveries(of: shares.map(\.share.id))
                    try await change.transaction.requeueEarnings(of: some.map(\.standing.id))
                    let reasons = Dictionary(
                        some.map { ($0.standing.id, $0.failed?.reason ?? "") }, uniquingKeysWith: { one, _ in one })
                    for (line, share) in shares {
                        try await change.transaction.tell(
                            Principal.ID(share.worker.uuid), kind: "payment_returned",
                            facts: [
                                "amount": .string(share.amount.decimalText),
                                "currency": .string(share.amount.currency.code),
                                "reason": .string(reasons[line] ?? ""),
                            ], id: change.make(), dedupKey: "payment_returned/\(share.id)")
                    }
                }
            }
        }
    }

    private func grouped(_ lines: [LineNews]) -> [(Currency, [LineNews])] {
        Dictionary(grouping: lines, by: \.standing.amount.currency).sorted { $0.key.code < $1.key.code }
    }
}

extension BankFact {
    /// Whether it is of exactly these payments, which are in one currency.
    fileprivate func isSum(of lines: [LineNews]) -> Bool {
        guard let amount, let currency = lines.first?.standing.amount.currency else { return false }
        let sum = lines.reduce(0) { $0 + $1.standing.amount.minorUnits }
        return amount.minorUnits == sum && amount.currency.description == currency.code
    }
}

extension PayoutBatch.ID {
    /// Of the message id that ``PayoutBatch/messageID`` has made of it; `nil` for any other.
    init?(messageID: String) {
        // A bank writes there what it likes: of these bytes each is a character.
        guard messageID.utf8.count == 34, messageID.hasPrefix("GH"),
            messageID.utf8.dropFirst(2).allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        else { return nil }
        var text = messageID.dropFirst(2).lowercased()
        for place in [20, 16, 12, 8] { text.insert("-", at: text.index(text.startIndex, offsetBy: place)) }
        self.init(text)
    }
}
