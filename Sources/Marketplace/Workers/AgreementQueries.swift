package import Foundation
package import Store

extension Transaction {
    func newestAgreement(_ kind: String) async throws -> Agreement? {
        try await firstRow(
            """
            \(fragment: Agreement.columns) where kind = \(kind) order by version desc limit 1
            """
        ).map(Agreement.init)
    }

    func agreement(_ kind: String, version: Int) async throws -> Agreement? {
        try await firstRow(
            """
            \(fragment: Agreement.columns) where kind = \(kind) and version = \(version)::bigint
            """
        ).map(Agreement.init)
    }

    /// The version that counts at an instant, by default the transaction's; `nil` before the first.
    package func currentAgreement(_ kind: String, at asked: Date? = nil) async throws -> Agreement? {
        try await firstRow(
            """
            \(fragment: Agreement.columns)
             where kind = \(kind) and valid_from <= \(asked ?? instant)
             order by valid_from desc
             limit 1
            """
        ).map(Agreement.init)
    }

    /// Whether the worker had accepted, by that instant, the version that counts at it. False where none does.
    package func hasAcceptedCurrent(_ kind: String, _ worker: Worker.ID, at asked: Date) async throws -> Bool {
        guard let current = try await currentAgreement(kind, at: asked) else { return false }
        return try await firstRow(
            """
            select from agreement_acceptance
             where worker_id = \(worker) and agreement_id = \(current.id) and accepted_at <= \(asked)
            """) != nil
    }

    func agreementBody(_ id: Agreement.ID) async throws -> String? {
        try await firstRow("select body from agreement where agreement_id = \(id)")?["body"]
    }

    func acceptance(of agreement: Agreement.ID, by worker: Worker.ID) async throws -> Date? {
        try await firstRow(
            """
            select accepted_at from agreement_acceptance
             where worker_id = \(worker) and agreement_id = \(agreement)
            """)?["accepted_at"]
    }

    func insertAcceptance(of agreement: Agreement, by worker: Worker.ID) async throws {
        try await execute(
            """
            insert into agreement_acceptance (worker_id, agreement_id, accepted_at, hash)
            values (\(worker), \(agreement.id), \(instant), \(agreement.hash))
            """)
    }

    func insertAgreement(_ agreement: Agreement, body: String, by actor: Principal.ID) async throws {
        try await execute(
            """
            insert into agreement (agreement_id, kind, version, title, body, hash, valid_from, published_by)
            values (\(agreement.id), \(agreement.kind), \(agreement.version), \(agreement.title), \(body),
                    \(agreement.hash), \(agreement.validFrom), \(actor))
            """)
    }

    func agreements(kind: String?, after: Agreement?, limit: Int) async throws -> [Agreement] {
        try await rows(
            """
            \(fragment: Agreement.columns)
             where (\(kind)::text is null or kind = \(kind)::text)
               and (\(after?.kind)::text is null or kind > \(after?.kind)::text
                    or (kind = \(after?.kind)::text and version < \(after?.version)::bigint))
             order by kind, version desc
             limit \(limit)
            """
        ).map(Agreement.init)
    }

    /// Versions that count now or will, which the worker has not accepted; those with a colon in their kind only where
    /// the worker has accepted a version before.
    func dueAgreements(of worker: Worker.ID, limit: Int) async throws -> [DueAgreement] {
        try await rows(
            """
            select agreement_id, kind, version, title, hash, valid_from, valid_from <= \(instant) as is_current
              from agreement
             where not exists (select from agreement as later
                                where later.kind = agreement.kind and later.valid_from <= \(instant)
                                  and later.valid_from > agreement.valid_from)
               and not exists (select from agreement_acceptance
                                where agreement_acceptance.worker_id = \(worker)
                                  and agreement_acceptance.agreement_id = agreement.agreement_id)
               and (position(':' in kind) = 0
                    or exists (select from agreement_acceptance
                                 join agreement as known using (agreement_id)
                                where agreement_acceptance.worker_id = \(worker) and known.kind = agreement.kind))
             order by is_current desc, kind, version
             limit \(limit)
            """
        ).map { DueAgreement(agreement: try Agreement(row: $0), isCurrent: try $0["is_current"]) }
    }
}

extension Agreement {
    static let columns: SQL = """
        select agreement_id, kind, version, title, hash, valid_from from agreement
        """
}
