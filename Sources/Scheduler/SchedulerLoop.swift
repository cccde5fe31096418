package import Logging
package import Marketplace

/// Runs rounds, each at its own period and independently of the others, until its task is cancelled. A period runs from
/// the start of a turn to the start of the next; a turn that takes longer is followed by the next at once, and said.
package struct SchedulerLoop: Sendable {
    private let rounds: [any SchedulerRound]
    private let clock: any Clock<Duration>
    private let jitter: @Sendable () -> Double
    private let logger: Logger
    /// Readable at any time.
    package let metrics = SchedulerMetrics()

    /// - Parameters:
    ///   - rounds: names all different.
    ///   - clock: what is waited with.
    ///   - jitter: 0 up to 1, asked before each wait, so that many schedulers do not come in step.
    package init(
        _ rounds: [any SchedulerRound], clock: any Clock<Duration> = ContinuousClock(),
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }, logger: Logger
    ) {
        (self.rounds, self.clock, self.jitter, self.logger) = (rounds, clock, jitter, logger)
    }

    /// Everything that a market's scheduler does.
    ///
    /// - Parameters:
    ///   - urgent: the same market by a connection of its own, for what must not wait behind other rounds: the end of
    ///     leases.
    ///   - actor: ``Market/systemPrincipal()``.
    ///   - sink: where notices go; `nil` leaves them in the outbox.
    ///   - webhooks: sends to requesters' endpoints; `nil` leaves what is for them waiting.
    package init(
        market: Market, urgent: Market, by actor: Principal.ID, notices sink: (any NoticeSink)?,
        webhooks: WebhookRound? = nil, logger: Logger
    ) {
        var rounds: [any SchedulerRound] = [
            LeaseExpiryRound(market: urgent, by: actor), LeaseRevocationRound(market: market, by: actor),
            DraftForgettingRound(market: market), OfferLapseRound(market: market, by: actor),
            OfferFillRound(market: market, by: actor),
            DirectOfferLapseRound(market: market, by: actor), BidScreeningRound(market: market, by: actor),
            AnswerScreeningRound(market: market, by: actor), ReservationRound(market: market, by: actor),
            AuditSealRound(market: market), LedgerFoldRound(market: market), AnswerForgettingRound(market: market),
            SignInForgettingRound(market: market), RoutingRound(market: market, by: actor, logger: logger),
            ReverificationRound(market: market, by: actor), ExamClosingRound(market: market, by: actor),
            EligibilityRound(market: market), TierReviewRound(market: market, by: actor),
            ReweighingRound(market: market), PosteriorFitRound(market: market),
            SkillRound(market: market, by: actor), AskerRatingRound(market: market),
            UnjudgedRound(market: market, by: actor), AppealsRound(market: market, by: actor),
            PayFloorRound(market: market, by: actor), PayoutsDueRound(market: market, by: actor),
            BatchClosingRound(market: market, by: actor),
            RecheckListingRound(market: market, by: actor), RetentionRound(market: market, by: actor),
            AuctionRound(market: market, by: actor), AwardRound(market: market, by: actor),
            EscalationRound(market: market, by: actor, logger: logger),
            ExplanationForgettingRound(market: market, by: actor),
            HoursForecastRound(market: market, by: actor), HourPriceRound(market: market, by: actor, logger: logger),
        ]
        if let webhooks { rounds.append(webhooks) }
        if let sink { rounds.append(NoticeDeliveryRound(market: market, through: sink)) }
        self.init(rounds, logger: logger)
    }

    /// Returns after the task was cancelled and the rounds under way have ended; they are not interrupted.
    package func run() async {
        await withTaskGroup { lanes in
            for round in rounds { lanes.addTask { await repeatUntilCancelled(round, by: clock) } }
        }
    }

    private func repeatUntilCancelled<C: Clock>(_ round: any SchedulerRound, by clock: C) async
    where C.Duration == Duration {
        var begun = clock.now
        while !Task.isCancelled {
            // A task of its own does not hear the cancellation.
            let next = await Task { await runOnce(round) }.value
            let took = begun.duration(to: clock.now)
            switch next {
            case .atOnce: continue
            case .afterFailure(let wait): try? await clock.sleep(for: wait)
            case .byPeriod(let period):
                note(took, of: round)
                if took < period { try? await clock.sleep(for: period - took) } else { await Task.yield() }
            }
            begun = clock.now
        }
        await Task { await round.finish() }.value
    }

    /// What a turn took, against its period; the log tells when turns begin to take longer, and of every tenth after.
    private func note(_ took: Duration, of round: any SchedulerRound) {
        let overruns = metrics.noteTurn(of: round.name, took: took, period: round.period)
        guard overruns > 0, overruns % 10 == 1 else { return }
        logger.warning(
            "a round does not keep its period",
            metadata: [
                "round": "\(round.name)", "took": "\(took)", "period": "\(round.period)",
                "lag": "\(took - round.period)", "turns_in_a_row": "\(overruns)",
            ])
    }

    private enum Next: Sendable {
        /// There is more to do now.
        case atOnce
        /// So long from the start of this turn.
        case byPeriod(Duration)
        /// So long from now.
        case afterFailure(Duration)
    }

    private func runOnce(_ round: any SchedulerRound) async -> Next {
        do {
            let outcome = try await round.runOnce()
            metrics.noteSuccess(of: round.name, outcome)
            return outcome.hasMore ? .atOnce : .byPeriod(RoundPacing.wait(round.period, failures: 0, jitter: jitter()))
        } catch {
            let failures = metrics.noteFailure(of: round.name)
            logger.error(
                "a round failed",
                metadata: ["round": "\(round.name)", "failures_in_a_row": "\(failures)", "error": "\(error)"]
            )
            return .afterFailure(RoundPacing.wait(round.period, failures: failures, jitter: jitter()))
        }
    }
}

/// How long a round waits.
enum RoundPacing {
    static let waitMax: Duration = .seconds(30)

    /// The period, doubled for each failure in a row up to half a minute, and up to a tenth more.
    ///
    /// - Parameter jitter: 0 up to 1.
    static func wait(_ period: Duration, failures: Int, jitter: Double) -> Duration {
        let doubled = period * (1 << min(max(failures, 0), 10))
        let base = max(period, min(doubled, waitMax))
        return base + base * (min(max(jitter, 0), 1) / 10)
    }
}
