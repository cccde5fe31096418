import Logging
import MarketSchema
import Store
import TestSupport
import Testing

@Suite("Schema steps", .emptyDatabase)
struct SchemaStepTests {
    @Test("the steps in order make what schema.sql makes", .timeLimit(.minutes(5)))
    func stepsMakeTheWhole() async throws {
        let stepped = Scratch.connect(asOwner: true)
        let first = SchemaInstaller(
            database: stepped, whole: MarketSchema.steps[0].script, steps: Array(MarketSchema.steps.prefix(1))
        )
        try await first.apply()
        #expect(try await MarketSchema.installer(for: stepped).upgrade() == Array(MarketSchema.steps.dropFirst()))
        let made = try await description(of: stepped)
        await stepped.shutdown()

        let whole = Database(
            StoreConfiguration(connectionString: try await ScratchServer.shared.templateConnectionString()),
            logger: .init(label: "schema")
        )
        let wanted = try await description(of: whole)
        await whole.shutdown()
        #expect(made.subtracting(wanted).sorted() == [], "made by the steps alone")
        #expect(wanted.subtracting(made).sorted() == [], "missing after the steps")
    }

    /// A line for each thing of a schema; the order of a table's columns is left out, as a step can only append.
    private func description(of database: Database) async throws -> Set<String> {
        let lines: [String] = try await database.read {
            try await $0.rows(
                """
                with ours as (select * from pg_class where relnamespace = 'public'::regnamespace)
                select concat_ws(' ', 'column', relname, attname, format_type(atttypid, atttypmod), attnotnull,
                                 pg_get_expr(adbin, adrelid), attidentity, attgenerated, attacl,
                                 col_description(ours.oid, attnum)) as line
                  from ours
                  join pg_attribute on attrelid = ours.oid and attnum > 0 and not attisdropped
                  left join pg_attrdef on adrelid = ours.oid and adnum = attnum
                 where relkind in ('r', 'p', 'v')
                union all
                select concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
                  from pg_constraint where connamespace = 'public'::regnamespace
                union all
                select concat_ws(' ', 'index', pg_get_indexdef(oid), reloptions, obj_description(oid)) from ours
                 where relkind = 'i'
                union all
                select concat_ws(' ', 'table', relname, relkind, reloptions, relrowsecurity, obj_description(oid),
                                 (select string_agg(entry::text, ',' order by entry::text)
                                    from unnest(relacl) as entry))
                  from ours where relkind in ('r', 'p', 'v', 'S')
                union all
                select concat_ws(' ', 'enum', typname, obj_description(pg_type.oid),
                                 string_agg(enumlabel, ',' order by enumsortorder))
                  from pg_type join pg_enum on enumtypid = pg_type.oid
                 group by typname, pg_type.oid
                union all
                select concat_ws(' ', 'function', pg_get_functiondef(oid)) from pg_proc
                 where pronamespace = 'public'::regnamespace and prokind = 'f' and probin is null
                union all
                select concat_ws(' ', 'trigger', pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
                """
            ).map { try $0["line"] }
        }
        return Set(lines)
    }
}
