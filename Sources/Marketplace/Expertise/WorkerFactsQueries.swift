internal import Formats
package import Foundation
package import Store

extension Transaction {
    /// What requirements may ask of a worker at an instant.
    ///
    /// - Returns: `nil` when there is no such worker.
    package func workerFacts(_ id: Worker.ID, at instant: Date) async throws -> WorkerFacts? {
        try await workerFacts(of: [id], at: instant).first
    }

    /// The same of many workers, by id, in one statement.
    package func workerFacts(of workers: [Worker.ID], at instant: Date) async throws -> [WorkerFacts] {
        try await workerHistories(of: workers).map { $0.facts(at: instant) }
    }

    /// What is known of workers with its times, by id, in one statement. Agreements of a kind of which a worker has
    /// accepted no version are left out: they are missing whatever the version.
    package func workerHistories(of workers: [Worker.ID]) async throws -> [WorkerHistory] {
        try await rows(Self.workerHistoriesStatement(of: workers)).map(WorkerHistory.init(row:))
    }

    static func workerHistoriesStatement(of workers: [Worker.ID]) -> SQL {
        """
        select worker.worker_id, worker.state,
               coalesce(left(worker.place, 2), worker.country) as country,
               array(select tag from worker_language
                      where worker_language.worker_id = worker.worker_id order by tag) as languages,
               \(fragment: HistoryColumns.levels) as language_levels,
               \(fragment: HistoryColumns.professions) as professions,
               \(fragment: HistoryColumns.credentials) as credentials,
               \(fragment: HistoryColumns.teams) as teams,
               \(fragment: HistoryColumns.agreements) as agreements,
               \(fragment: HistoryColumns.interests) as interests,
               \(fragment: HistoryColumns.exclusions) as exclusions,
               \(fragment: HistoryColumns.exams) as exams,
               \(fragment: HistoryColumns.skills) as skills,
               \(fragment: HistoryColumns.clearances) as clearances
          from worker
         where worker.worker_id = any(\(workers))
         order by worker.worker_id
        """
    }
}

/// One list each; times are whole microseconds since 1970, null where there is no end.
private enum HistoryColumns {
    static let levels: SQL = """
        (select coalesce(jsonb_agg(jsonb_build_object('tag', tag, 'level', level)), '[]')
           from worker_language where worker_language.worker_id = worker.worker_id)
        """

    static let professions: SQL = """
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'profession', profile.profession, 'years', profile.years,
                    'specialties',
                    coalesce(lawyer_profile.practice_areas, physician_profile.specialties, profile.specialties),
                    'tiers',
                    (select coalesce(jsonb_agg(jsonb_build_object(
                                'value', tier,
                                'from', (extract(epoch from lower(in_force)) * 1000000)::bigint,
                                'until', (extract(epoch from upper(in_force)) * 1000000)::bigint)), '[]')
                       from tier_period
                      where tier_period.worker_id = profile.worker_id
                        and tier_period.profession = profile.profession))), '[]')
           from profile
           left join lawyer_profile using (worker_id, profession)
           left join physician_profile using (worker_id, profession)
          where profile.worker_id = worker.worker_id)
        """

    static let credentials: SQL = """
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'id', credential_id, 'profession', credential.profession, 'kind', kind,
                    'is_licence', credential_kind.is_licence, 'jurisdiction', jurisdiction,
                    'from', (issued_on - date '1970-01-01') * 86400000000::bigint,
                    'until', (extract(epoch from expires_at) * 1000000)::bigint)
                    order by credential_id), '[]')
           from credential join credential_kind using (kind)
          where credential.worker_id = worker.worker_id and credential.state = 'verified')
        """

    static let teams: SQL = """
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'value', team.kind,
                    'from', (extract(epoch from lower(in_force)) * 1000000)::bigint,
                    'until', (extract(epoch from upper(in_force)) * 1000000)::bigint)), '[]')
           from team_member join team using (team_id) where team_member.worker_id = worker.worker_id)
        """

    static let agreements: SQL = """
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'kind', agreement.kind, 'version', agreement.version,
                    'from', (extract(epoch from agreement.valid_from) * 1000000)::bigint,
                    'accepted', (extract(epoch from accepted_at) * 1000000)::bigint)), '[]')
           from agreement
           left join agreement_acceptance
             on agreement_acceptance.agreement_id = agreement.agreement_id
            and agreement_acceptance.worker_id = worker.worker_id
          where agreement.kind in (
                select known.kind from agreement_acceptance as mine join agreement as known using (agreement_id)
                 where mine.worker_id = worker.worker_id))
        """

    static let interests: SQL = """
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'value', party,
                    'from', (extract(epoch from lower(in_force)) * 1000000)::bigint,
                    'until', (extract(epoch from upper(in_force)) * 1000000)::bigint)), '[]')
           from interest where interest.worker_id = worker.worker_id)
        """

    static let exclusions: SQL = """
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'value', requester_id,
                    'from', (extract(epoch from lower(in_force)) * 1000000)::bigint,
                    'until', (extract(epoch from upper(in_force)) * 1000000)::bigint)), '[]')
           from exclusion where exclusion.worker_id = worker.worker_id)
        """

    static let clearances: SQL = """
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'value', level::text,
                    'from', (extract(epoch from lower(in_force)) * 1000000)::bigint,
                    'until', (extract(epoch from upper(in_force)) * 1000000)::bigint)), '[]')
           from worker_clearance where worker_clearance.worker_id = worker.worker_id)
        """

    static let exams: SQL = """
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'key', exam.key, 'score', score_bps, 'is_passed', score_bps >= exam.pass_bps,
                    'from', (extract(epoch from finished_at) * 1000000)::bigint,
                    'until', (extract(epoch from expires_at) * 1000000)::bigint)), '[]')
           from exam_attempt join exam using (exam_id)
          where exam_attempt.worker_id = worker.worker_id and finished_at is not null)
        """

    static let skills: SQL = """
        (select coalesce(jsonb_agg(jsonb_build_object('skill', skill, 'mean', mean_bps, 'low', low_bps)), '[]')
           from (select distinct on (skill) skill, mean_bps, low_bps
                   from skill_estimate where skill_estimate.worker_id = worker.worker_id
                  order by skill, version desc) newest)
        """
}
