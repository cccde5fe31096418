import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("A server of one's own", .emptyDatabase)
struct LoginTests {
    @Test("an ordinary login that owns an empty database makes the schema and works on it")
    func ordinaryLogin() async throws {
        let name = Scratch.here.name + "_login"
        try await Scratch.asOwner { transaction in
            // Identifiers cannot be bound; the name is the test's own.
            try await transaction.execute(
                """
                select set_config('guildhall.test_login', \(name), true)
                """)
            try await transaction.execute(
                """
                do $$ begin
                    execute format('create role %I login createrole', current_setting('guildhall.test_login'));
                    execute format('alter database %I owner to %I', current_database(),
                                   current_setting('guildhall.test_login'));
                    -- The roles of the program may stand already: a login must be allowed to grant them.
                    if exists (select from pg_roles where rolname = 'guildhall_app') then
                        execute format('grant guildhall_app to %I with admin option',
                                       current_setting('guildhall.test_login'));
                    end if;
                    if exists (select from pg_roles where rolname = 'guildhall_member') then
                        execute format('grant guildhall_member to %I with admin option',
                                       current_setting('guildhall.test_login'));
                    end if;
                end $$
                """)
        }
        let asLogin = { (role: String?) in
            Scratch.connect(asOwner: true) {
                $0.connectionString += " user=\(name)"
                $0.role = role
            }
        }
        let owner = asLogin(nil)
        try await SchemaUnderTest.installer(for: owner).apply()
        let program = asLogin("guildhall_app")
        let market = Market(database: program)
        #expect(try await market.foundedSystemPrincipal() == market.foundedSystemPrincipal())
        for database in [owner, program] { await database.shutdown() }
        try await Scratch.asOwner { transaction in
            try await transaction.execute("select set_config('guildhall.test_login', \(name), true)")
            try await transaction.execute(
                """
                do $$ begin
                    execute format('reassign owned by %I to current_user', current_setting('guildhall.test_login'));
                    execute format('drop owned by %I', current_setting('guildhall.test_login'));
                    execute format('drop role %I', current_setting('guildhall.test_login'));
                end $$
                """)
        }
    }
}
