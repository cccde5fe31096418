import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// The constraints of what answers come to, each broken by a statement.
@Suite("What posteriors forbid", .scratchDatabase)
struct PosteriorConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("label_fit_version_positive", "update label_fit set version = 0"),
        ("label_fit_finished_whole", "update label_fit set is_trusted = null"),
        ("label_fit_is_sealed", "update label_fit set sealed = ''"),
        (
            "label_fit_one_under_way",
            """
            insert into label_fit (requester_id, project_id, version, started_at)
            select requester_id, project_id, number, started_at from label_fit, generate_series(7, 8) as number
            """
        ),
        ("task_posterior_counts_possible", "update task_posterior set answers = -1"),
        ("task_posterior_counts_possible", "update task_posterior set revision = -1"),
        ("task_posterior_counts_possible", "update task_posterior set fit_version = -1"),
        ("task_posterior_is_sealed", "update task_posterior set sealed = ''"),
        ("task_posterior_weighed_or_stale", "update task_posterior set sealed = null"),
        ("confusion_table_counts_possible", "update confusion_table set answers = -1"),
        ("confusion_table_counts_possible", "update confusion_table set fit_version = -1"),
        ("confusion_table_is_sealed", "update confusion_table set sealed = ''"),
        ("stopping_counts_possible", "update stopping set answers = -1, outcome = 'another'"),
        ("stopping_counts_possible", "update stopping set answers_most = 1"),
        ("stopping_shares_possible", "update stopping set confidence_bps = 10001"),
        ("stopping_shares_possible", "update stopping set target_bps = 0"),
        ("stopping_enough_iff_reached", "update stopping set outcome = 'unsettled'"),
        ("stopping_enough_iff_reached", "update stopping set target_bps = 9900, confidence_bps = 9899"),
        ("stopping_sealed_iff_posterior", "update stopping set fit_version = null"),
        ("stopping_sealed_iff_posterior", "update stopping set basis = 'agreement'"),
        ("skill_outcome_shares_possible", "update skill_outcome set right_ppm = 1000001"),
        ("skill_outcome_shares_possible", "update skill_outcome set weight_ppm = -1"),
        ("skill_outcome_skill_bounded", "update skill_outcome set skill = '/x'"),
        ("stopping_is_sealed", "update stopping set sealed = ''"),
    ]

    @Test("answers by the constraint's name")
    func each() async throws {
        let desk = try await LabelDesk()
        let (batch, crew) = (try await desk.batch(), try await desk.crew(1))
        try await desk.small.review(try await desk.answer(crew[0], batch, "a"))
        let owner = Scratch.connect(asOwner: true)
        _ = try await owner.transaction { transaction in
            try await transaction.execute(
                """
                insert into label_fit
                select requester_id, project_id, 1, changed_at, changed_at, 1, 1, 1, '{}', true, sealed
                  from task_posterior
                """)
            try await transaction.execute(
                """
                insert into stopping
                select requester_id, gen_random_uuid(), batch_id, task_id, 'posterior', 'enough', 2, 2, 3, 9900, 9800,
                       changed_at, 1, sealed
                  from task_posterior join task using (requester_id, task_id)
                """)
        }
        await owner.shutdown()
        try await expectRefused(Self.violations)
    }

    @Test("no constraint of these tables is without such a statement")
    func complete() async throws {
        let names: [String] = try await Scratch.database.read { transaction in
            try await transaction.rows(
                """
                select conname::text as name from pg_constraint
                 where conrelid = any('{label_fit,task_posterior,confusion_table,stopping,skill_outcome}'::regclass[])
                   and contype in ('c', 'u', 'x')
                """
            ).map { try $0["name"] }
        }
        #expect(Set(names).isSubset(of: Self.violations.map(\.constraint)))
    }
}
