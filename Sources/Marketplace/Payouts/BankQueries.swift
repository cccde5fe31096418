package import Formats
internal import Foundation
internal import Payments
internal import Store

/// A bank file that was taken in.
package struct BankImport: Sendable {
    package typealias ID = Identifier<BankImport>
    package let id: ID
    package let kind: BankFileKind
    package let messageID: String
    package let entries: Int
    package let faults: JSON
    /// False when the file had been taken in before.
    package var isNew = true
    /// Of its lines, by outcome.
    package var outcomes: [BankOutcome: Int] = [:]

    package var json: JSON {
        [
            "bank_import": .string("\(id)"), "kind": .string(kind.rawValue), "message_id": .string(messageID),
            "entries": .integer(Int64(entries)), "is_new": .bool(isNew), "faults": faults,
            "outcomes": .object(
                Dictionary(
                    outcomes.map { ($0.key.rawValue, .integer(Int64($0.value))) },
                    uniquingKeysWith: { one, _ in one })),
        ]
    }
}

/// A fact with what was made of it.
struct JudgedFact: Sendable {
    let id: BankEntry.ID
    let position: Int
    var fact: BankFact
    let outcome: BankOutcome
    let line: PayoutLine.ID?
    let batch: PayoutBatch.ID?
}

/// A line of a bank file, as it is kept.
package enum BankEntry {
    package typealias ID = Identifier<BankEntry>
}

/// What was found out of one payment.
struct LineNews: Sendable {
    var standing: LineStanding
    var debitEntry: BankEntry.ID?
    var creditEntry: BankEntry.ID?
    /// What the bank has kept of it, when it came back. Minor units.
    var chargeMinor: Int64 = 0
    /// How the bank has corrected the account.
    var correctedFor: String?
    var isAccepted = false
    var settled = false
    var failed: (reason: String, hadLeft: Bool)?
}

extension Transaction {
    func bankImport(ofFile hash: Digest) async throws -> BankImport? {
        guard
            let row = try await firstRow(
                """
                select bank_import_id, kind, message_id, entry_count, faults from bank_import where file_hash = \(hash)
                """)
        else { return nil }
        var found = BankImport(
            id: try row["bank_import_id"], kind: try row["kind"], messageID: try row["message_id"],
            entries: try row["entry_count"], faults: try row["faults"])
        found.isNew = false
        for row in try await rows(
            """
            select outcome, count(*) as lines from bank_entry where bank_import_id = \(found.id) group by outcome
            """)
        {
            found.outcomes[try row["outcome"]] = try row["lines"]
        }
        return found
    }

    func insert(_ bank: BankImport, hash: Digest, by actor: Principal.ID) async throws {
        try await execute(
            """
            insert into bank_import (bank_import_id, kind, file_hash, message_id, imported_by, imported_at, entry_count,
                                     faults)
            values (\(bank.id), \(bank.kind), \(hash), \(bank.messageID), \(actor), \(instant), \(bank.entries),
                    \(bank.faults))
            """)
    }

    func insert(_ facts: [JudgedFact], of bank: BankImport.ID) async throws {
        try await copyIn(
            """
            copy bank_entry (bank_entry_id, bank_import_id, position, outcome, payout_line_id, payout_batch_id,
                             end_to_end_id, account, reference, amount_minor, currency, is_credit, booked_on, reason,
                             information)
            from stdin (format binary)
            """,
            rows: facts.lazy.map { judged in
                let fact = judged.fact
                return CopyRow([
                    judged.id, bank, Int32(truncatingIfNeeded: judged.position), judged.outcome, judged.line,
                    judged.batch, fact.paymentID.map { $0.bounded(100) }, fact.account.bounded(100),
                    fact.reference.bounded(100), fact.amount?.minorUnits, fact.amount?.currency.description,
                    fact.isCredit, fact.bookedOn.map { $0.bounded(40) },
                    fact.reason.map { $0.bounded(35) }, fact.information.bounded(1_000),
                ])
            })
    }

    func insert(_ statements: [(id: UUID, statement: Payments.BankStatement)], of bank: BankImport.ID) async throws {
        for (id, statement) in statements {
            try await execute(
                """
                insert into bank_statement (bank_statement_id, bank_import_id, account, statement_id, currency,
                                            stated_on, opening_minor, closing_minor, booked_minor)
                values (\(id), \(bank), \(statement.account.bounded(100)), \(statement.id.bounded(100)),
                        \(statement.currency.description), \(statement.closedOn), \(statement.openingMinor),
                        \(statement.closingMinor), \(statement.bookedMinor))
                """)
        }
    }

    /// Payments of issued batches by end-to-end id or short id, locked in one order, under both ids.
    func lockLines(_ ids: [String]) async throws -> [String: LineStanding] {
        let locked = try await rows(
            """
            with line as materialized (
                select payout_line.payout_line_id from payout_line join payout_batch using (payout_batch_id)
                 where (end_to_end_id = any(\(ids)) or short_id = any(\(ids)))
                   and payout_batch.state = 'issued' and payout_batch.format is not null
                 order by payout_line_id
                   for no key update of payout_line
            )
            select payout_line.payout_line_id, payout_line.payout_batch_id, payout_line.end_to_end_id, short_id,
                   payout_line.amount_minor, payout_line.currency, payout_line.state,
                   settled_at is not null as has_left
              from line
              join payout_line using (payout_line_id)
            """)
        var found: [String: LineStanding] = [:]
        for (row, standing) in zip(locked, try await standings(of: locked)) {
            found[try row["end_to_end_id"]] = standing
            if let short: String = try row["short_id"] { found[short] = standing }
        }
        return found
    }

    /// The payments of an issued batch, by its message id, locked.
    func lockLines(ofMessage id: PayoutBatch.ID) async throws -> [LineStanding] {
        let locked = try await rows(
            """
            select payout_line_id, payout_batch_id, payout_line.amount_minor, payout_line.currency, payout_line.state,
                   settled_at is not null as has_left
              from payout_line join payout_batch using (payout_batch_id)
             where payout_batch_id = \(id) and payout_batch.state = 'issued' and payout_batch.format is not null
             order by payout_line_id
               for no key update of payout_line
            """)
        return try await standings(of: locked)
    }

    /// Payments of which a line of a bank file tells with another amount, locked: one, all of a batch, or, where its
    /// entry says only what its payments are together, also those of the lines that follow it.
    ///
    /// - Returns: what the line says, in minor units; the payments whose debit is still to come, as they are once the
    ///   line has settled them; those whose debit was told in another kind of file alone. `nil` for none.
    func lockDiffering(
        by id: BankEntry.ID
    ) async throws -> (bankMinor: Int64, awaited: [LineNews], told: [LineNews])? {
        let locked = try await rows(
            """
            with entry as (
                select bank_entry_id, bank_import_id, position, reference, amount_minor, currency, kind
                  from bank_entry join bank_import using (bank_import_id)
                 where bank_entry_id = \(id) and outcome = 'amount_differs' and not is_credit
                   and amount_minor is not null
            ),
            next as (
                select min(later.position) as position
                  from entry join bank_entry as later using (bank_import_id)
                 where later.position > entry.position and later.outcome = 'amount_differs'
                   and later.amount_minor is not null
            ),
            told as (
                select each.bank_entry_id, each.payout_line_id, each.payout_batch_id
                  from entry join bank_entry as each using (bank_import_id)
                 where each.position >= entry.position
                   and each.position < coalesce((select position from next), 2147483647)
                   and each.outcome = 'amount_differs' and not each.is_credit and each.reference = entry.reference
            ),
            of_line as (
                select distinct on (payout_line_id) payout_line_id, bank_entry_id
                  from (select payout_line_id, bank_entry_id from told where payout_line_id is not null
                         union all
                        select payout_line.payout_line_id, bank_entry_id
                          from told join payout_line using (payout_batch_id)) as named
                 order by payout_line_id, bank_entry_id
            )
            select payout_line.payout_line_id, payout_line.payout_batch_id, payout_line.amount_minor,
                   payout_line.currency, payout_line.state, settled_at is not null as has_left,
                   of_line.bank_entry_id, entry.amount_minor as bank_minor, entry.kind
              from entry
             cross join of_line
              join payout_line on payout_line.payout_line_id = of_line.payout_line_id
                              and payout_line.currency = entry.currency
             where payout_line.state = 'open' or settled_at is not null
             order by payout_line.payout_line_id
               for no key update of payout_line
            """)
        guard let first = locked.first else { return nil }
        let kind: BankFileKind = try first["kind"]
        var (awaited, told): ([LineNews], [LineNews]) = ([], [])
        for (row, standing) in zip(locked, try await standings(of: locked)) {
            var line = LineNews(standing: standing, debitEntry: try row["bank_entry_id"])
            if standing.debits.isEmpty {
                line.settled = standing.state == .open
                if line.settled { (line.standing.state, line.standing.hasLeft) = (.settled, true) }
                awaited.append(line)
            } else if standing.debits.allSatisfy({ $0.kind != kind }) {
                told.append(line)
            }
        }
        return (bankMinor: try first["bank_minor"], awaited: awaited, told: told)
    }

    /// With what was told of them before, in the order of the rows.
    private func standings(of locked: [Row]) async throws -> [LineStanding] {
        var lines = try locked.map(LineStanding.init(row:))
        var places: [PayoutLine.ID: Int] = [:]
        for (place, line) in lines.enumerated() { places[line.id] = place }
        for part in lines.map(\.id).parts(of: 10_000) {
            for told in try await bookings(of: Array(part)) {
                guard let place = places[told.line] else { continue }
                let booking = LineStanding.Booking(
                    kind: told.kind, reference: told.reference,
                    amountMinor: told.amountMinor ?? lines[place].amount.minorUnits, sumMinor: told.sumMinor)
                if told.isCredit {
                    lines[place].credits.append(booking)
                } else {
                    lines[place].debits.append(booking)
                }
            }
        }
        return lines
    }

    /// Whether a file of that kind has told of this sum of a batch, by this reference, and it settled payments.
    func isSumTold(of batch: PayoutBatch.ID, _ fact: BankFact, in kind: BankFileKind) async throws -> Bool {
        try await firstRow(
            """
            select from bank_entry join bank_import using (bank_import_id)
             where payout_batch_id = \(batch) and kind = \(kind)
               and reference = \(fact.reference.bounded(100)) and reference <> ''
               and amount_minor = \(fact.amount?.minorUnits) and not is_credit
               and (outcome in ('settled', 'repeated')
                    or exists (select from payout_line where debit_entry_id = bank_entry.bank_entry_id))
             limit 1
            """) != nil
    }

    /// What a statement or a notification has told of a payment; `nil` for the amount where it was told to be whole, or
    /// was settled by hand with others; then there is the sum, at the first of an entry.
    private typealias Told = (
        line: PayoutLine.ID, isCredit: Bool, kind: BankFileKind, reference: String, amountMinor: Int64?,
        sumMinor: Int64?
    )

    /// What statements and notifications have told of payments, oldest first: of a payment by itself, or of all that a
    /// file has paid in one sum.
    private func bookings(of lines: [PayoutLine.ID]) async throws -> [Told] {
        try await rows(
            """
            with line as materialized (
                select payout_line_id, payout_batch_id, debit_entry_id, credit_entry_id
                  from payout_line where payout_line_id = any(\(lines))
            ),
            told as (
                select line.payout_line_id, bank_entry.bank_entry_id
                  from line join bank_entry on bank_entry.payout_line_id = line.payout_line_id
                 where bank_entry.outcome in ('settled', 'returned', 'repeated')
                 union
                select payout_line_id, debit_entry_id from line where debit_entry_id is not null
                 union
                select payout_line_id, credit_entry_id from line where credit_entry_id is not null
                 union
                select line.payout_line_id, bank_entry.bank_entry_id
                  from line join bank_entry on bank_entry.payout_batch_id = line.payout_batch_id
                 where bank_entry.outcome in ('settled', 'repeated') and line.debit_entry_id is not null
            )
            select told.payout_line_id, bank_entry.is_credit, bank_import.kind, bank_entry.reference,
                   case when not is_sum then bank_entry.amount_minor end as amount_minor,
                   case when is_sum and bank_entry.outcome = 'amount_differs' then bank_entry.amount_minor end
                       as sum_minor
              from told
              join bank_entry on bank_entry.bank_entry_id = told.bank_entry_id
              join bank_import on bank_import.bank_import_id = bank_entry.bank_import_id
             cross join lateral (
                select bank_entry.payout_line_id is null
                       or (bank_entry.outcome = 'amount_differs' and exists (
                           select from bank_entry as next
                            where next.bank_import_id = bank_entry.bank_import_id
                              and next.position = bank_entry.position + 1 and next.outcome = 'amount_differs'
                              and next.amount_minor is null and next.reference = bank_entry.reference)) as is_sum
             ) as form
             where bank_import.kind in ('camt.053', 'camt.054')
             order by bank_entry.bank_entry_id
            """
        ).map { row in
            (
                try row["payout_line_id"], try row["is_credit"], try row["kind"], try row["reference"],
                try row["amount_minor"], try row["sum_minor"]
            )
        }
    }

    func save(_ news: [LineNews]) async throws {
        try await execute(
            """
            update payout_line
               set state = news.state::payout_line_state,
                   settled_at = case when news.settled then \(instant) else settled_at end,
                   failed_at = case when news.reason is not null then \(instant) else failed_at end,
                   reason = coalesce(news.reason, payout_line.reason),
                   accepted_at = case when news.accepted then coalesce(accepted_at, \(instant)) else accepted_at end,
                   debit_entry_id = coalesce(news.debit_id, debit_entry_id),
                   credit_entry_id = coalesce(news.credit_id, credit_entry_id)
              from unnest(\(news.map(\.standing.id))::uuid[], \(news.map(\.standing.state.rawValue))::text[],
                          \(news.map(\.settled))::boolean[], \(news.map(\.failed?.reason))::text[],
                          \(news.map(\.isAccepted))::boolean[], \(news.map(\.debitEntry))::uuid[],
                          \(news.map(\.creditEntry))::uuid[])
                   as news (line_id, state, settled, reason, accepted, debit_id, credit_id)
             where payout_line.payout_line_id = news.line_id
            """)
    }

    /// Lets the earnings of payments that failed be paid by another.
    func requeueEarnings(of lines: [PayoutLine.ID]) async throws {
        try await execute(
            "update payout_item set is_live = false where is_live and payout_line_id = any(\(lines))")
    }

    func sharesOfLines(_ lines: [PayoutLine.ID]) async throws -> [(line: PayoutLine.ID, share: PayoutShare)] {
        try await rows(
            """
            select payout_share_id, payout_line_id, payout_share.worker_id, payout_share.amount_minor, currency
              from payout_share join payout_line using (payout_line_id)
             where payout_line_id = any(\(lines))
             order by payout_share_id
            """
        ).map { row in
            (
                try row["payout_line_id"],
                PayoutShare(
                    id: try row["payout_share_id"], worker: try row["worker_id"],
                    amount: try Money(row["amount_minor"], row["currency"]))
            )
        }
    }
}

extension LineStanding {
    fileprivate init(row: Row) throws {
        id = try row["payout_line_id"]
        batch = try row["payout_batch_id"]
        amount = try Money(row["amount_minor"], row["currency"])
        state = try row["state"]
        hasLeft = try row["has_left"]
    }
}
