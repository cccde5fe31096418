internal import Formats
internal import Foundation
internal import Marketplace

// What commands on workers' standing, hours, earnings and what they are offered are over HTTP.

extension WorkerCommand.Register: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            "/v1/workers",
            [
                "external_key": .string(key), "name": .string(name), "email": .string(email),
                "country": .string(country), "time_zone": .string(timeZone),
                "weekly_minutes_max": .integer(Int64(weeklyMinutes)),
                "languages": .array(language.map(JSON.string)), "phone": phone.map(JSON.string),
                "born_on": bornOn.map(JSON.string), "place": place.map(JSON.string),
            ])
    }
}

extension WorkerCommand.Activate: RemoteWorkerCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(try await server.path(ofWorker: event.key, "activate"))
    }
}

extension WorkerCommand.Reinstate: RemoteWorkerCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(try await server.path(ofWorker: event.key, "reinstate"))
    }
}

extension WorkerCommand.Pause: RemoteWorkerCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: event.key)
        return try await server.post("/v1/workers/me/pause")
    }
}

extension WorkerCommand.Resume: RemoteWorkerCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: event.key)
        return try await server.post("/v1/workers/me/resume")
    }
}

extension WorkerCommand.Suspend: RemoteWorkerCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(ofWorker: event.key, "suspend"),
            ["rule": .string(rule), "facts": [:], "reasons": .string(reasons)])
    }
}

extension WorkerCommand.Revise: RemoteWorkerCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let said: RemoteServer.Members = [
            "name": name.map(JSON.string), "email": email.map(JSON.string), "country": country.map(JSON.string),
            "time_zone": timeZone.map(JSON.string),
            "languages": language.isEmpty ? nil : .array(language.map(JSON.string)),
            "weekly_minutes_max": weeklyMinutes.map { .integer(Int64($0)) }, "phone": phone.map(JSON.string),
            "born_on": bornOn.map(JSON.string), "place": place.map(JSON.string),
        ]
        return try await server.change(try await server.path(ofWorker: event.key, "registration")) { old in
            .object((old.objectValue ?? [:]).merging(said.compactMapValues(\.self)) { _, new in new })
        }
    }
}

extension WorkerCommand.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(ofWorker: key))
    }
}

extension WorkerCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/workers", RemoteServer.page(after: after, limit, ["state": state]))
    }
}

extension WorkerCommand.Work: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: key)
        return try await server.get("/v1/batches", RemoteServer.page(after: after, limit))
    }
}

extension WorkerCommand.Why: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: key)
        guard let batch else {
            return try await server.get("/v1/work/why", RemoteServer.page(after: after, limit))
        }
        let (owner, id) = try batchName(batch, "batch")
        let prospect = try await server.get(
            try await server.path(of: owner, "batches", "\(id)", "eligibility"))
        return try told(prospect, isWell: prospect["eligible"] == true)
    }
}

extension WorkerCommand.Earnings: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: key)
        return try await server.get("/v1/earnings", RemoteServer.page(before: before, limit))
    }
}

extension WorkerCommand.Statement: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        try await server.download(
            RemoteServer.path("statements", "\(year)"), ["format": table.format], to: table.output)
        return nil
    }
}

extension WorkerCommand.Record.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.get("/v1/record")
    }
}

extension WorkerCommand.Record.Export: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        let document = try await server.get("/v1/record/signed")
        try Data(document.canonicalBytes()).write(to: URL(fileURLWithPath: output), options: .atomic)
        return ["file": .string(output), "public_key": document["public_key"] ?? .null]
    }
}

extension WorkerCommand.Rate: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.post(
            try await server.path(of: requester, "ratings", batch),
            [
                "clarity": .integer(Int64(clarity)), "fairness": .integer(Int64(fairness)),
                "pay_speed": .integer(Int64(paySpeed)),
            ])
    }
}

extension PayoutMethodCommand.Set: RemoteWorkerCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: event.key)
        return try await server.put(
            "/v1/payout-method",
            [
                "account": .string(readLine() ?? ""), "bank": bank.map(JSON.string), "holder": .string(holder),
                "country": .string(country), "currency": .string(currency), "is_savings": .bool(savings),
                "address": address.json,
            ])
    }
}

extension TaxProfileCommand.Set: RemoteWorkerCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let path = try await server.path(ofWorker: event.key, "tax-profile")
        return try await server.put(
            path,
            [
                "residence": .string(residence), "taxpayer_number": .string(readLine() ?? ""),
                "form": .string(form),
            ])
    }
}

// MARK: Hours

extension AvailabilityCommand.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(ofWorker: whose.worker, "availability"), ["days": "\(days)"])
    }
}

extension AvailabilityCommand.Change: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let chosen = try windows.map { text -> JSON in
            let window = try AvailabilityWindow(option: text)
            return ["day": .string(window.weekday.shortName), "span": .string(window.span.description)]
        }
        let daily = dailyMinutes.map { JSON.integer(Int64($0)) }
        let said: RemoteServer.Members = [
            "windows": chosen.isEmpty && !noWindows ? nil : .array(chosen),
            "weekly_minutes_max": weeklyMinutes.map { .integer(Int64($0)) },
            "daily_minutes_max": noDailyMinutes ? JSON.null : daily,
            "tasks_at_once_max": atOnce.map { .integer(Int64($0)) },
            "offer_notice_minutes": notice.map { .integer(Int64($0)) },
        ]
        let path = try await server.path(ofWorker: whose.worker, "availability")
        return try await server.change(path, by: "PATCH") { _ in RemoteCall.object(said) }
    }
}

extension AvailabilityCommand.Except: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let worker = try await server.worker(whose.worker)
        if what == "clear" {
            return try await server.delete(
                RemoteServer.path("workers", worker, "availability", "exceptions", day))
        }
        return try await server.post(
            RemoteServer.path("workers", worker, "availability", "exceptions"),
            ["day": .string(day), "kind": .string(what), "span": span.map(JSON.string)])
    }
}

extension AvailabilityCommand.Import: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let bytes = try fileBytes(file, most: ICalendar.bytesMax + 1)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw BadInput("file", "is not UTF-8") }
        let path = try await server.path(ofWorker: whose.worker, "availability")
        return try await server.change(path, at: path + "/calendar") { _ in ["calendar": .string(text)] }
    }
}

extension AvailabilityCommand.Export: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let path = try await server.path(ofWorker: whose.worker, "availability", "calendar")
        if json, output == nil { return ["calendar": .string(try await server.text(path))] }
        try await server.download(path, to: output)
        return nil
    }
}

extension HoursCommand.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(ofWorker: whose.worker, "hours"),
            RemoteServer.page(after: after, limit, ["week": week]))
    }
}

extension HoursPolicyCommand.Begin: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            "/v1/hours-policies",
            [
                "country": country.map(JSON.string), "region": region.map(JSON.string),
                "daily_minutes_max": .integer(Int64(dailyMinutes)),
                "weekly_minutes_max": .integer(Int64(weeklyMinutes)),
                "window_weeks": windowWeeks.map { .integer(Int64($0)) },
                "window_minutes_average": windowMinutes.map { .integer(Int64($0)) },
                "rest_minutes": restMinutes.map { .integer(Int64($0)) }, "reason": .string(reason),
                "from": from.map(JSON.string),
            ])
    }
}

extension HoursPolicyCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            "/v1/hours-policies", RemoteServer.page(before: before, limit, ["past": past ? "true" : nil]))
    }
}

extension HoursPolicyCommand.End: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("hours-policies", id, "end"), ["at": at.map(JSON.string)])
    }
}

// MARK: Offers and asks

extension OfferCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.get("/v1/offers", RemoteServer.page(before: before, limit))
    }
}

extension OfferCommand.Accept: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: of.worker)
        return try await server.post(RemoteServer.path("offers", of.offer, "accept"))
    }
}

extension OfferCommand.Decline: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: of.worker)
        return try await server.post(
            RemoteServer.path("offers", of.offer, "decline"), ["reason": reason.map(JSON.string)])
    }
}

extension AskCommand.Set: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: work.worker)
        return try await server.put(
            "/v1/asks",
            [
                "hourly_minor": .integer(hourlyMinor), "currency": .string(try work.currencyCode().code),
                "profession": try work.professionCode().map { .string($0.code) },
            ], keyed: false)
    }
}

extension AskCommand.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.get("/v1/asks", RemoteServer.page(200))
    }
}

extension AskCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.get("/v1/asks", RemoteServer.page(before: before, limit, ["past": "true"]))
    }
}

extension AskCommand.End: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: work.worker)
        return try await server.delete(
            "/v1/asks",
            ["currency": try work.currencyCode().code, "profession": try work.professionCode()?.code])
    }
}
