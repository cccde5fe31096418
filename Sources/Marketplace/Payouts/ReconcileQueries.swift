package import Formats
internal import Foundation
internal import Payments
internal import Store

/// What the books and the bank say of payouts in one currency, and what lies between them.
package struct Reconciliation: Hashable, Sendable {
    /// A code of ISO 4217, of what a bank says perhaps of none that the market knows. `nil` for what bank files say
    /// without an amount; only entries are there then.
    package let currency: String?
    /// In the ledger: on its way, and what has left for good, less what came back. Minor units.
    package let clearingMinor: Int64
    package let paidMinor: Int64
    /// Of payments that are open; the same as clearing when the books agree with themselves.
    package let openMinor: Int64
    package let openPayments: Int
    /// By the bank's statements and notifications: debits less credits of our payments.
    package let bankMinor: Int64
    /// Posted, as the bank has told of it in another way than by an entry, or with the entry still to come.
    package let withoutDebitMinor: Int64
    package let withoutCreditMinor: Int64
    /// Of the latter what the bank has debited and a table of returns alone says of it that it came back.
    package let unconfirmed: UnconfirmedReturns
    /// What the bank has kept of returns, and what finance has entered of what it took or gave beside the books or
    /// rounded otherwise.
    package let chargesMinor: Int64
    /// Lines of bank files that fit no payment and nobody has looked at.
    package let openEntries: Int
    package let openEntriesMinor: Int64
    /// Statements that do not begin where the one before ended, or whose entries do not come to their balance, and
    /// nobody has looked at.
    package let gaps: Int

    /// What is left when everything that is known to differ was taken away: 0.
    package var unexplainedMinor: Int64 {
        (clearingMinor - openMinor) + (paidMinor - (bankMinor + withoutDebitMinor - withoutCreditMinor))
    }

    package var json: JSON {
        let own: [String: JSON] = [
            "currency": currency.map(JSON.string) ?? .null, "clearing_minor": .integer(clearingMinor),
            "open_minor": .integer(openMinor), "open_payments": .integer(Int64(openPayments)),
            "paid_minor": .integer(paidMinor), "bank_minor": .integer(bankMinor),
            "without_debit_minor": .integer(withoutDebitMinor),
            "without_credit_minor": .integer(withoutCreditMinor), "bank_charges_minor": .integer(chargesMinor),
            "open_entries": .integer(Int64(openEntries)),
            "open_entries_minor": .integer(openEntriesMinor), "statement_gaps": .integer(Int64(gaps)),
            "unexplained_minor": .integer(unexplainedMinor),
        ]
        return .object(own.merging(unconfirmed.members) { $1 })
    }
}

/// A statement that does not fit the others, or its own entries, and that a person has to look at.
package struct BankStatementGap: Sendable {
    package typealias ID = Identifier<BankStatementGap>
    package let id: ID
    package let json: JSON
}

/// A line of a bank file that a person has to look at.
package struct OpenBankEntry: Sendable {
    package let id: BankEntry.ID
    package let json: JSON
}

extension Transaction {
    /// For each currency in which payouts have left by a file, or of which a bank file says something; last for what it
    /// says in none.
    func reconciliations() async throws -> [Reconciliation] {
        try await rows(
            """
            with line as (\(fragment: Self.sentLines)),
            sums as (\(fragment: Self.sumsOfLines)),
            posted as (\(fragment: Self.clearing)),
            paid as (\(fragment: Self.paid)),
            charged as (\(fragment: Self.charges)),
            unconfirmed as (
                select currency, count(*) as payments, sum(amount_minor) as amount_minor
                  from (\(fragment: Self.unconfirmedReturns)) as told group by currency
            ),
            loose as (
                select currency, count(*) as entries,
                       coalesce(sum(case when is_credit then -amount_minor else amount_minor end), 0) as entries_minor
                  from bank_entry
                 where outcome in ('unmatched', 'amount_differs', 'contradicts') and resolved_at is null
                 group by 1
            ),
            gap as (
                select currency, count(*) as gaps from (\(fragment: Self.statementGaps)) as statement group by currency
            ),
            named as (
                select currency from sums
                 union select currency from posted where credits <> debits
                 union select currency from charged
                 union select currency from loose
                 union select currency from gap
            )
            select named.currency, coalesce(open_minor, 0)::bigint as open_minor,
                   coalesce(open_payments, 0) as open_payments, coalesce(bank_minor, 0)::bigint as bank_minor,
                   coalesce(without_debit, 0)::bigint as without_debit,
                   coalesce(without_credit, 0)::bigint as without_credit,
                   coalesce(unconfirmed.payments, 0) as unconfirmed_payments,
                   coalesce(unconfirmed.amount_minor, 0)::bigint as unconfirmed_minor,
                   coalesce(posted.credits - posted.debits, 0)::bigint as clearing_minor,
                   coalesce(paid.paid_minor, 0)::bigint as paid_minor,
                   coalesce(charged.charges_minor, 0)::bigint as charges_minor, coalesce(loose.entries, 0) as entries,
                   coalesce(loose.entries_minor, 0)::bigint as entries_minor, coalesce(gap.gaps, 0) as gaps
              from named
              left join sums on sums.currency = named.currency
              left join posted on posted.currency = named.currency
              left join paid on paid.currency = named.currency
              left join charged on charged.currency = named.currency
              left join unconfirmed on unconfirmed.currency = named.currency
              left join loose on loose.currency is not distinct from named.currency
              left join gap on gap.currency = named.currency
             order by named.currency nulls last
            """
        ).map(Reconciliation.init)
    }

    /// Statements of an account by their own days, each once, however often and in whatever order they came. One fits
    /// that begins where another of its day or of the day before it ended; so does the first of all.
    private static let statementGaps: SQL = """
        with statement as (
            select account, currency, statement_id, opening_minor, closing_minor, booked_minor,
                   min(bank_statement_id::text) as id,
                   min(coalesce(stated_on, (imported_at at time zone 'UTC')::date)) as day,
                   bool_or(resolved_at is not null) as is_resolved
              from bank_statement join bank_import using (bank_import_id)
             group by account, currency, statement_id, opening_minor, closing_minor, booked_minor
        ),
        placed as (
            select statement.*,
                   max(day) over (partition by account, currency order by day
                                  range between unbounded preceding and interval '1 day' preceding) as day_before
              from statement
        ),
        linked as (
            select placed.*,
                   exists (
                       select from placed as earlier
                        where earlier.account = placed.account and earlier.currency = placed.currency
                          and earlier.closing_minor = placed.opening_minor and earlier.id <> placed.id
                          and earlier.day in (placed.day, placed.day_before)
                   ) as has_earlier
              from placed
        )
        select id, account, currency, statement_id, opening_minor, closing_minor, booked_minor, day,
               booked_minor <> closing_minor - opening_minor as is_short
          from (select linked.*,
                       not has_earlier
                       and (day_before is not null
                            or row_number() over (partition by account, currency, has_earlier order by day, id) > 1)
                           as is_loose
                  from linked) as statement
         where not is_resolved and (is_loose or booked_minor <> closing_minor - opening_minor)
        """

    /// Statements that do not fit and that nobody has looked at, oldest first.
    func openStatements(after last: BankStatementGap.ID?, limit: Int) async throws -> [BankStatementGap] {
        try await rows(
            """
            select id::uuid as id, account, currency, statement_id, opening_minor, closing_minor, booked_minor, day,
                   is_short
              from (\(fragment: Self.statementGaps)) as statement
             where \(last)::uuid is null or id::uuid > \(last)::uuid
             order by id::uuid
             limit \(try PageLimit.checked(limit))
            """
        ).map { row in
            let id: BankStatementGap.ID = try row["id"]
            let day: CalendarDate = try row["day"]
            let isShort: Bool = try row["is_short"]
            return BankStatementGap(
                id: id,
                json: [
                    "statement": .string("\(id)"), "statement_id": .string(try row["statement_id"]),
                    "account": .string(try row["account"]), "currency": .string(try row["currency"]),
                    "stated_on": .string("\(day)"), "opening_minor": .integer(try row["opening_minor"]),
                    "closing_minor": .integer(try row["closing_minor"]),
                    "booked_minor": .integer(try row["booked_minor"]),
                    "why": .string(isShort ? "entries_differ" : "statement_missing"),
                ])
        }
    }

    /// The same statement, however often it came, is resolved at once.
    func resolve(_ id: BankStatementGap.ID, _ resolution: String, by actor: Principal.ID) async throws -> Bool {
        try await execute(
            """
            update bank_statement set resolution = \(resolution), resolved_by = \(actor), resolved_at = \(instant)
             where bank_statement_id = \(id) and resolved_at is null
            """) == 1
    }

    private static let sentLines: SQL = """
        select payout_line.currency, payout_line.amount_minor, payout_line.state, settled_at is not null as has_left,
               debit_entry_id is not null as is_debited, credit_entry_id is not null as is_credited
          from payout_line join payout_batch using (payout_batch_id)
         where payout_batch.state = 'issued' and payout_batch.format is not null
        """

    private static let sumsOfLines: SQL = """
        select currency,
               coalesce(sum(amount_minor) filter (where state = 'open'), 0) as open_minor,
               count(*) filter (where state = 'open') as open_payments,
               coalesce(sum(amount_minor) filter (where is_debited), 0)
             - coalesce(sum(amount_minor) filter (where is_credited), 0) as bank_minor,
               coalesce(sum(amount_minor) filter (where has_left and not is_debited), 0) as without_debit,
               coalesce(sum(amount_minor) filter (where has_left and state = 'failed' and not is_credited), 0)
                   as without_credit
          from line group by currency
        """

    private static let clearing: SQL = """
        select account.currency,
               coalesce(sum(amount_minor) filter (where credit_account_id = account.account_id), 0) as credits,
               coalesce(sum(amount_minor) filter (where debit_account_id = account.account_id), 0) as debits
          from account
          join transfer on account.account_id in (credit_account_id, debit_account_id)
         where account.kind = 'payout_clearing'
         group by account.currency
        """

    /// What has left by files for good: settlements less what came back out of the bank.
    private static let paid: SQL = """
        select transfer.currency,
               sum(case when transfer.kind = 'settlement' then transfer.amount_minor else -transfer.amount_minor end)
                   as paid_minor
          from transfer
          left join payout_share on transfer.kind = 'payout_return'
                                and payout_share.payout_share_id = transfer.source_id
          join payout_line on payout_line.payout_line_id = coalesce(payout_share.payout_line_id, transfer.source_id)
          join payout_batch using (payout_batch_id)
          join account as bank
            on bank.account_id in (debit_account_id, credit_account_id) and bank.kind = 'bank'
         where transfer.kind in ('settlement', 'payout_return') and payout_batch.format is not null
         group by transfer.currency
        """

    /// What has gone from the platform's write-offs and rounding to the bank, less what came from there.
    private static let charges: SQL = """
        select transfer.currency,
               sum(case when credited.kind = 'bank' then amount_minor else -amount_minor end) as charges_minor
          from transfer
          join account as debited on debited.account_id = debit_account_id
          join account as credited on credited.account_id = credit_account_id
         where transfer.kind in ('bank_charge', 'bank_credit', 'rounding_charge', 'rounding_credit', 'reversal')
           and (debited.kind, credited.kind)
               in (('write_off', 'bank'), ('bank', 'write_off'), ('rounding', 'bank'), ('bank', 'rounding'))
         group by transfer.currency
        """

    /// Lines of bank files that nobody has looked at, oldest first.
    func openBankEntries(after last: BankEntry.ID?, limit: Int) async throws -> [OpenBankEntry] {
        try await rows(
            """
            select bank_entry_id, outcome::text as outcome, end_to_end_id, account, reference, amount_minor, currency,
                   is_credit, booked_on, reason, information, payout_line_id
              from bank_entry
             where outcome in ('unmatched', 'amount_differs', 'contradicts') and resolved_at is null
               and (\(last)::uuid is null or bank_entry_id > \(last)::uuid)
             order by bank_entry_id
             limit \(try PageLimit.checked(limit))
            """
        ).map { row in
            func text(_ name: String) throws -> JSON {
                let value: String? = try row[name]
                return value.map(JSON.string) ?? .null
            }
            let id: BankEntry.ID = try row["bank_entry_id"]
            let amount: Int64? = try row["amount_minor"]
            let isCredit: Bool = try row["is_credit"]
            let line: PayoutLine.ID? = try row["payout_line_id"]
            return OpenBankEntry(
                id: id,
                json: [
                    "entry": .string("\(id)"), "outcome": try text("outcome"),
                    "end_to_end_id": try text("end_to_end_id"), "account": try text("account"),
                    "reference": try text("reference"), "amount_minor": amount.map(JSON.integer) ?? .null,
                    "currency": try text("currency"), "is_credit": .bool(isCredit),
                    "booked_on": try text("booked_on"), "reason": try text("reason"),
                    "information": try text("information"), "line": line.map { .string("\($0)") } ?? .null,
                ])
        }
    }

    /// Payments of which the bank has said nothing final, oldest first: open, or back by a table of returns alone.
    func openPayments(after last: PayoutLine.ID?, limit: Int) async throws -> [JSON] {
        try await rows(
            """
            select payout_line_id, payout_batch_id, end_to_end_id, payout_line.amount_minor, payout_line.currency,
                   payout_line.state, issued_at, accepted_at
              from (select payout_line_id from payout_line where state = 'open'
                     union all
                    select payout_line_id from (\(fragment: Self.unconfirmedReturns)) as told) as wanted
              join payout_line using (payout_line_id)
              join payout_batch using (payout_batch_id)
             where payout_batch.state = 'issued' and payout_batch.format is not null
               and (\(last)::uuid is null or payout_line_id > \(last)::uuid)
             order by payout_line_id
             limit \(try PageLimit.checked(limit))
            """
        ).map { row in
            let line: PayoutLine.ID = try row["payout_line_id"]
            let batch: PayoutBatch.ID = try row["payout_batch_id"]
            let issued: Date = try row["issued_at"]
            let accepted: Date? = try row["accepted_at"]
            let state: PayoutLineState = try row["state"]
            return [
                "line": .string("\(line)"), "payout_batch": .string("\(batch)"),
                "end_to_end_id": .string(try row["end_to_end_id"]), "amount_minor": .integer(try row["amount_minor"]),
                "currency": .string(try row["currency"]), "issued_at": .string(issued.formatted(.iso8601)),
                "accepted": .bool(accepted != nil), "state": .string(state.rawValue),
            ]
        }
    }

    /// - Returns: how many of them were open.
    func resolve(_ ids: [BankEntry.ID], _ resolution: String, by actor: Principal.ID) async throws -> Int {
        try await execute(
            """
            update bank_entry set resolution = \(resolution), resolved_by = \(actor), resolved_at = \(instant)
             where bank_entry_id = any(\(ids)) and resolved_at is null
               and outcome in ('unmatched', 'amount_differs', 'contradicts')
            """)
    }
}

extension Reconciliation {
    fileprivate init(row: Row) throws {
        currency = try row["currency"]
        clearingMinor = try Self.whole(row, "clearing_minor")
        paidMinor = try Self.whole(row, "paid_minor")
        openMinor = try Self.whole(row, "open_minor")
        openPayments = try row["open_payments"]
        bankMinor = try Self.whole(row, "bank_minor")
        withoutDebitMinor = try Self.whole(row, "without_debit")
        withoutCreditMinor = try Self.whole(row, "without_credit")
        unconfirmed = UnconfirmedReturns(
            payments: try row["unconfirmed_payments"], minor: try row["unconfirmed_minor"])
        chargesMinor = try Self.whole(row, "charges_minor")
        openEntries = try row["entries"]
        openEntriesMinor = try Self.whole(row, "entries_minor")
        gaps = try row["gaps"]
    }

    private static func whole(_ row: Row, _ name: String) throws -> Int64 { try row[name] }
}
