import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of files", .scratchDatabase)
struct ImportRoutesTests {
    /// A draft without tasks.
    private func draft(_ small: SmallMarket, _ name: String = "one") async throws -> Batch.ID {
        try await small.batch(small.draft(name), tasks: 0, publish: false)
    }

    private func lines(_ count: Int) -> [UInt8] {
        Array((0..<count).map { "{\"external_key\":\"k\($0)\",\"payload\":{\"n\":\($0)}}\n" }.joined().utf8)
    }

    private func buyer(_ small: SmallMarket) async throws -> String {
        try await small.bearer(
            CreatePrincipal(market: small.market)(
                .key, named: "Buyer", roles: [.requester], for: small.requester, by: small.manager))
    }

    @Test("tasks come in by a file of each kind, with what is wrong with others; the same again adds nothing")
    func tasks() async throws {
        let small = try await SmallMarket()
        let (one, two) = (try await draft(small), try await draft(small, "two"))
        let (token, stranger) = (try await buyer(small), try await small.bearer(small.lawyer("ann")))
        let file = lines(5) + Array("{\"external_key\":\"x\"}\n".utf8)
        try await LiveServer.run(small.market) { server in
            let path = "/v1/batches/\(small.requester)/\(one)/imports"
            func send(
                _ bytes: [UInt8], _ type: String, _ query: String = "", by other: String? = nil
            ) async throws -> LiveServer.Answer {
                try await server.send("POST", path + query, token: other ?? token, raw: bytes, contentType: type)
            }
            #expect(try await send(file, "application/jsonl", by: stranger).status == 403)
            let taken = try await send(file, "application/jsonl", "?name=mine.jsonl")
            #expect(taken.status == 200 && taken.body["state"] == "done", "\(taken.body)")
            #expect(taken.body["added"] == 5 && taken.body["faulty"] == 1 && taken.body["resumed_after"] == 0)
            let id = try #require(taken.body["import"]?.stringValue)
            let shown = try await server.send("GET", "\(path)/\(id)", token: token)
            #expect(shown.body["name"] == "mine.jsonl" && shown.body["records"] == 6, "\(shown.body)")
            let faults = try await server.send("GET", "\(path)/\(id)/faults", token: token)
            #expect(faults.body["items"]?[0]?["line"] == 6 && faults.body["items"]?[0]?["code"] == "missing")
            #expect(faults.body["next"]?.isNull == true)
            let elsewhere = "/v1/batches/\(small.requester)/\(two)/imports/\(id)"
            #expect(try await server.send("GET", elsewhere, token: token).status == 404)
            #expect(try await server.send("GET", elsewhere + "/faults", token: token).status == 404)
            let again = try await send(file, "application/x-ndjson")
            #expect(again.body["added"] == 0 && again.body["unchanged"] == 5, "\(again.body)")
            let table = try await send(Array("external_key,text\r\nc0,hello\r\n".utf8), "text/csv; charset=utf-8")
            #expect(table.body["added"] == 1, "\(table.body)")
            let studio = try await send(Array("[{\"id\":7,\"data\":{\"text\":\"x\"}}]".utf8), "application/json")
            #expect(studio.body["added"] == 1, "\(studio.body)")
            #expect(try await send(file, "text/plain").status == 415)
            let headless = try await send(Array("a,b\r\n1,2\r\n".utf8), "text/csv")
            #expect(headless.status == 422 && headless.code == "bad_input", "\(headless.body)")
            let strict = try await send(file + lines(9), "application/jsonl", "?strict=true")
            #expect(strict.status == 422 && strict.code == "import_faulty", "\(strict.body)")
            #expect(strict.body["detail"]?.stringValue?.contains("line 6 /payload") == true, "\(strict.body)")
            let listed = try await server.send("GET", path, token: token)
            #expect(listed.body["items"]?.arrayValue?.count == 4)
        }
        #expect(try await small.count("select count(*) as n from task") == 7)
        #expect(try await small.ills() == [])
    }

    @Test("an import that was cut off shows how far it came, and goes on when its file is sent again")
    func resumed() async throws {
        let small = try await SmallMarket()
        let batch = try await draft(small)
        let (token, file) = (try await buyer(small), lines(9))
        let cut = Task {
            _ = try await ImportTasks(market: small.market, recordsPerChunk: 2)(
                TaskFile(bytes: file, name: "f", format: .jsonl), to: batch, of: small.requester, by: small.manager
            ) { _ in withUnsafeCurrentTask { $0?.cancel() } }
        }
        await #expect(throws: (any Error).self) { try await cut.value }
        try await LiveServer.run(small.market) { server in
            let path = "/v1/batches/\(small.requester)/\(batch)/imports"
            let running = try await server.send("GET", path + "?state=running", token: token)
            #expect(running.body["items"]?[0]?["records"] == 2, "\(running.body)")
            let done = try await server.send("POST", path, token: token, raw: file, contentType: "application/jsonl")
            #expect(done.body["resumed_after"] == 2 && done.body["added"] == 9, "\(done.body)")
            #expect(done.body["import"] == running.body["items"]?[0]?["import"])
            let none = try await server.send("GET", path + "?state=running", token: token)
            #expect(none.body["items"] == [])
        }
        _ = try await PublishBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        #expect(try await small.ills() == [])
    }

    @Test("an operator takes a roster over, once; a row that is no worker's is told with its line")
    func roster() async throws {
        let small = try await SmallMarket()
        let sample = try String(contentsOfFile: ScratchServer.root + "/samples/workers.csv", encoding: .utf8)
        let rows = sample.split(whereSeparator: \.isNewline).prefix(2).map(String.init)
        let file = Array((rows + ["nobody" + String(repeating: ",", count: 17)]).joined(separator: "\n").utf8)
        let (chief, token) = (try await small.bearer(small.manager), try await buyer(small))
        try await LiveServer.run(small.market) { server in
            func send(by caller: String) async throws -> LiveServer.Answer {
                try await server.send("POST", "/v1/worker-rosters", token: caller, raw: file, contentType: "text/csv")
            }
            #expect(try await send(by: token).status == 403)
            let taken = try await send(by: chief)
            #expect(taken.body["added"] == 1 && taken.body["credentials"] == 1, "\(taken.body)")
            #expect(taken.body["faulty"] == 1 && taken.body["faults"]?[0]?["line"] == 3, "\(taken.body)")
            let again = try await send(by: chief)
            #expect(again.body["added"] == 0 && again.body["unchanged"] == 1, "\(again.body)")
        }
        #expect(try await small.ills() == [])
    }
}
