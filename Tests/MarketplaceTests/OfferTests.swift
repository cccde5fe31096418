import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Offers", .scratchDatabase)
struct OfferTests {
    private func offered(tasks: Int = 1) async throws -> (SmallMarket, Worker.ID, Batch.ID, Offer.ID) {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b", door: .offer), tasks: tasks)
        return (small, worker, batch, try await offer(small, batch, to: worker))
    }

    private func offer(_ small: SmallMarket, _ batch: Batch.ID, to worker: Worker.ID) async throws -> Offer.ID {
        try await MakeOffer(market: small.market)(
            of: batch, from: small.requester, to: worker, reason: ["score": 7], answerBy: Scratch.clock.now() + 600,
            by: small.manager
        )
    }

    @Test("that are accepted end in a lease, once")
    func accepted() async throws {
        let (small, worker, batch, id) = try await offered()
        let accept = AcceptOffer(market: small.market)
        let work = try await accept(id, by: Principal.ID(worker.uuid))
        #expect(work.batch == batch)
        #expect(
            await refusal(OfferRefusal.self) {
                try await accept(id, by: Principal.ID(worker.uuid))
            } == .notOpen(.accepted))
        try await small.submit(work)
        #expect(try await small.ills() == [])
    }

    @Test("are listed for their worker and for operators, newest first, by pages")
    func listed() async throws {
        let (small, worker, _, id) = try await offered()
        let list = ListOffers(market: small.market)
        let actor = Principal.ID(worker.uuid)
        #expect(try await list(of: worker, by: actor).map(\.id) == [id])
        #expect(try await list(of: worker, before: id, by: small.manager).isEmpty)
        #expect(try await DeclineOffer(market: small.market)(id, by: actor) == .declined)
        #expect(try await list(of: worker, by: actor).map(\.state) == [.declined])
        let other = try await small.lawyer("other")
        await #expect(throws: AccessRefusal.self) { try await list(of: worker, by: Principal.ID(other.uuid)) }
        await #expect(throws: BadInput.self) { try await list(of: worker, limit: 0, by: actor) }
    }

    @Test(
        "leave a worker the notice that they want, and never less than was meant", arguments: [(5, 600), (60, 3_600)])
    func notice(minutes: Int, seconds: Int) async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        try await SetAvailability(market: small.market)(
            AvailabilitySettings(offerNoticeMinutes: minutes), of: worker, by: Principal.ID(worker.uuid)
        )
        let batch = try await small.batch(small.draft("b", door: .offer), tasks: 1)
        _ = try await offer(small, batch, to: worker)
        let offers = try await small.market.database.read { try await $0.offers(to: worker) }
        #expect(offers.map(\.answerBy) == [Scratch.start + TimeInterval(seconds)])
    }

    @Test("are never more than would be paid: one for each open slot")
    func notMoreThanSlots() async throws {
        let (small, worker, batch, id) = try await offered(tasks: 2)
        let (other, third) = (try await small.lawyer("other"), try await small.lawyer("third"))
        let second = try await offer(small, batch, to: other)
        #expect(await refusal(OfferRefusal.self) { try await offer(small, batch, to: third) } == .allOffered)
        // One that was taken leaves as many slots as offers.
        _ = try await AcceptOffer(market: small.market)(second, by: Principal.ID(other.uuid))
        #expect(await refusal(OfferRefusal.self) { try await offer(small, batch, to: third) } == .allOffered)
        try await DeclineOffer(market: small.market)(id, by: Principal.ID(worker.uuid))
        _ = try await offer(small, batch, to: third)
        #expect(try await FillOffers(market: small.market)(by: small.manager) == 0)
    }

    @Test("reserve nothing: when nothing is left of the work they end as filled, and their worker is told")
    func filled() async throws {
        let (small, worker, batch, first) = try await offered(tasks: 2)
        let other = try await small.lawyer("other")
        Scratch.clock.advance(by: 1)
        let second = try await offer(small, batch, to: other)
        let key = try await small.market.database.read {
            try await $0.oneRow("select external_key from task order by task_id limit 1")
                .value("external_key", as: String.self)
        }
        _ = try await WithdrawTasks(market: small.market)([key], of: batch, from: small.requester, by: small.manager)
        // The newest goes; the other stays for the slot that is left.
        #expect(try await FillOffers(market: small.market)(by: small.manager) == 1)
        #expect(try await FillOffers(market: small.market)(by: small.manager) == 0)
        let list = ListOffers(market: small.market)
        #expect(try await list(of: other, by: Principal.ID(other.uuid)).map(\.state) == [.filled])
        #expect(
            await refusal(OfferRefusal.self) {
                try await AcceptOffer(market: small.market)(second, by: Principal.ID(other.uuid))
            } == .notOpen(.filled))
        let told = try await ListNotices(market: small.market)(by: Principal.ID(other.uuid)).map(\.notice)
        #expect(told.map(\.kind).filter { $0 == "offer_filled" }.count == 1)
        _ = try await AcceptOffer(market: small.market)(first, by: Principal.ID(worker.uuid))
        #expect(try await small.ills() == [])
    }

    @Test("are told to their worker, by a kind that they may do without; what is refused is not")
    func told() async throws {
        let (small, worker, batch, id) = try await offered(tasks: 2)
        let actor = Principal.ID(worker.uuid)
        func told() async throws -> [Notice] {
            try await ListNotices(market: small.market)(by: actor).map(\.notice).filter { $0.kind == "offer_made" }
        }
        #expect(
            await refusal(OfferRefusal.self) { try await offer(small, batch, to: worker) } == .alreadyOffered)
        let notices = try await told()
        let facts = try #require(notices.first).facts
        #expect(notices.count == 1 && facts["count"] == 1 && facts["offers"]?[0] == JSON.string("\(id)"))
        #expect(facts["answer_by"] == JSON.string((Scratch.clock.now() + 600).formatted(.iso8601)))
        for channel in [NoticeChannel.inbox, .email] {
            try await PreferNotice(market: small.market)(
                NoticePreference(kind: "offer_made", channel: channel, isWanted: false), by: actor)
        }
        #expect(try await told().isEmpty)
        _ = try await DeliverNotices(market: small.market)(to: { _ in })
        #expect(
            try await small.count(
                "select count(*) as n from notice where kind = 'offer_made' and state = 'skipped'") == 1)
    }

    @Test("teach how a worker answers, by profession and time of day")
    func learnt() async throws {
        let (small, worker, batch, first) = try await offered(tasks: 9)
        let actor = Principal.ID(worker.uuid)
        let work = try await AcceptOffer(market: small.market)(first, by: actor)
        try await small.submit(work)
        _ = try await offer(small, batch, to: worker)
        Scratch.clock.advance(by: 601)
        #expect(try await LapseOffers(market: small.market)(by: small.manager) == 1)
        let third = try await offer(small, batch, to: worker)
        try await DeclineOffer(market: small.market)(third, because: .tooLow, by: actor)
        let answers = try await small.market.database.read {
            try await $0.routingResponses(of: [worker], in: .lawyer)
        }
        #expect(answers.own[worker]?.map(\.offered) == [3] && answers.own[worker]?.map(\.accepted) == [1])
        #expect(answers.cell == answers.own[worker])
        #expect(try await ListOffers(market: small.market)(of: worker, by: actor).first?.declineReason == .tooLow)
        #expect(try await small.count("select sum(offered_minutes)::bigint as n from worker_week") > 0)
        #expect(try await small.ills() == [])
    }

    @Test("are made no more often on the same terms than there are tasks")
    func turns() async throws {
        let (small, worker, batch, _) = try await offered(tasks: 2)
        for turn in 1...2 {
            Scratch.clock.advance(by: 601)
            #expect(try await LapseOffers(market: small.market)(by: small.manager) == 1, "turn \(turn)")
            if turn == 1 { _ = try await offer(small, batch, to: worker) }
        }
        #expect(await refusal(OfferRefusal.self) { try await offer(small, batch, to: worker) } == .offeredBefore)
        try await Scratch.asOwner { try await $0.execute("update batch set lease_seconds = lease_seconds + 1") }
        _ = try await offer(small, batch, to: worker)
        #expect(try await small.ills() == [])
    }

    @Test("are made once, of batches that offer, to be answered in time and by whom they were made to")
    func refusals() async throws {
        let (small, worker, batch, id) = try await offered()
        #expect(await refusal(OfferRefusal.self) { try await offer(small, batch, to: worker) } == .alreadyOffered)
        let claimed = try await small.batch(small.draft("c"), tasks: 1)
        #expect(await refusal(OfferRefusal.self) { try await offer(small, claimed, to: worker) } == .claimedOnly)
        #expect(
            await refusal(NotFound.self) {
                try await DeclineOffer(market: small.market)(id, by: small.reviewer)
            } != nil)
        Scratch.clock.advance(by: 600)
        #expect(
            await refusal(OfferRefusal.self) {
                try await AcceptOffer(market: small.market)(id, by: Principal.ID(worker.uuid))
            } == .notOpen(.lapsed))
        #expect(try await LapseOffers(market: small.market)(by: small.manager) == 1)
        #expect(try await LapseOffers(market: small.market)(by: small.manager) == 0)
    }

    @Test(
        "are not made to whom their standing, team, an exclusion or an interest bars, in that order",
        arguments: [
            (0, "worker_not_active"), (1, "other_workforce"), (2, "excluded"), (3, "conflict_of_interest"),
            (4, "conflict_of_interest"), (5, "none"),
        ])
    func barred(first: Int, code: String) async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b", door: .offer), tasks: 2)
        // Whatever bars later in the order holds, too.
        if first <= 4 {
            _ = try await DeclareInterest(market: small.market)(.family, in: "Acme", of: worker, by: small.manager)
        }
        if first <= 3 {
            try await Scratch.asOwner {
                try await $0.execute(
                    "insert into project_party select requester_id, project_id, 'Acme', 'acme' from project")
            }
        }
        if first == 4 {
            try await Scratch.asOwner {
                try await $0.execute("insert into task_party select requester_id, task_id, 'Acme', 'acme' from task")
                try await $0.execute("update batch set has_task_parties = true")
            }
        }
        if first <= 2 {
            _ = try await ExcludeWorker(market: small.market)(
                worker, from: small.requester, reason: "Why.", by: small.manager)
        }
        if first <= 1 {
            try await Scratch.asOwner { try await $0.execute("update batch set workforces = '{agency}'") }
        }
        if first == 0 { try await PauseWorker(market: small.market)(worker, by: Principal.ID(worker.uuid)) }
        if code == "none" {
            _ = try await offer(small, batch, to: worker)
        } else {
            #expect(await refusal(OfferRefusal.self) { try await offer(small, batch, to: worker) }?.code == code)
            #expect(try await small.count("select count(*) as n from offer") == 0)
        }
    }

    @Test("are made while one open task has no party in which the worker has an interest")
    func oneTaskFree() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b", door: .offer), tasks: 2)
        _ = try await DeclareInterest(market: small.market)(.family, in: "Acme", of: worker, by: small.manager)
        try await Scratch.asOwner {
            try await $0.execute(
                "insert into task_party select requester_id, task_id, 'Acme', 'acme' from task limit 1")
            try await $0.execute("update batch set has_task_parties = true")
        }
        let work = try await AcceptOffer(market: small.market)(
            offer(small, batch, to: worker), by: Principal.ID(worker.uuid))
        #expect(
            try await small.count("select count(*) as n from task_party where task_id = \(work.task)") == 0)
        #expect(
            await refusal(OfferRefusal.self) { try await offer(small, batch, to: worker) }
                == .barred(.conflictOfInterest("acme")))
        #expect(try await small.ills() == [])
    }

    @Test("that are declined as not now are made again for another task, never more often than there are tasks")
    func notNow() async throws {
        let (small, worker, batch, id) = try await offered(tasks: 2)
        let actor = Principal.ID(worker.uuid)
        try await DeclineOffer(market: small.market)(id, because: .notNow, by: actor)
        let again = try await offer(small, batch, to: worker)
        try await DeclineOffer(market: small.market)(again, because: .notNow, by: actor)
        #expect(await refusal(OfferRefusal.self) { try await offer(small, batch, to: worker) } == .offeredBefore)
        #expect(try await small.ills() == [])
    }

    @Test("that are declined are not made again on the same terms, but on better ones")
    func declined() async throws {
        let (small, worker, batch, id) = try await offered(tasks: 5)
        try await DeclineOffer(market: small.market)(id, by: Principal.ID(worker.uuid))
        #expect(await refusal(OfferRefusal.self) { try await offer(small, batch, to: worker) } == .offeredBefore)
        try await Scratch.asOwner { try await $0.execute("update batch set pay_minor = pay_minor + 1") }
        let again = try await offer(small, batch, to: worker)
        let offers = try await small.market.database.read { try await $0.offers(to: worker) }
        #expect(Dictionary(uniqueKeysWithValues: offers.map { ($0.id, $0.state) }) == [id: .declined, again: .open])
        #expect(offers.map(\.pay.minorUnits).count == 2)
    }
}
