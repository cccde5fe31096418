internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// - Returns: whether it is new.
    func insertProfession(_ profession: Profession, title: String) async throws -> Bool {
        try await execute(
            """
            insert into profession (profession, title) values (\(profession), \(title))
            on conflict (profession) do nothing
            """) == 1
    }

    /// - Returns: whether it is new.
    func insertCredentialKind(_ entry: CredentialKindEntry) async throws -> Bool {
        try await execute(
            """
            insert into credential_kind (kind, profession, is_licence, title, reverify_months)
            values (\(entry.kind.code), \(entry.profession), \(entry.kind.isLicence), \(entry.title),
                    \(entry.reverifyMonths))
            on conflict (kind) do nothing
            """) == 1
    }

    func professions(after code: String?, limit: Int) async throws -> [(profession: Profession, title: String)] {
        try await rows(
            """
            select profession, title from profession
             where \(code)::text is null or profession > \(code)
             order by profession
             limit \(limit)
            """
        ).map { (try $0["profession"], try $0["title"]) }
    }

    func credentialKinds(after code: String?, limit: Int) async throws -> [CredentialKindEntry] {
        try await rows(
            """
            select kind, profession, is_licence, title, reverify_months from credential_kind
             where \(code)::text is null or kind > \(code)
             order by kind
             limit \(limit)
            """
        ).map { row in
            try CredentialKindEntry(
                kind: CredentialKind(code: row["kind"], isLicence: row["is_licence"]),
                profession: row["profession"], title: row["title"], reverifyMonths: row["reverify_months"]
            )
        }
    }
}
