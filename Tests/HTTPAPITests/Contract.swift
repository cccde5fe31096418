import Formats
import HTTPAPI
import HTTPTypes
import Marketplace

/// What the endpoints say of themselves, to hold answers against.
struct Contract: Sendable {
    let endpoints: [Endpoint]

    init(of market: Market) { endpoints = HTTPAPI.endpoints(of: market, isReady: { nil }) }

    /// The endpoint of a request; literal segments come before parameters.
    func endpoint(_ method: String, _ path: String) -> Endpoint? {
        let segments = path.prefix { $0 != "?" }.split(separator: "/")
        let matching = endpoints.filter { endpoint in
            let template = endpoint.path.split(separator: "/")
            return endpoint.method.rawValue == method && template.count == segments.count
                && zip(template, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return matching.min { $0.path.count { $0 == "{" } < $1.path.count { $0 == "{" } }
    }

    /// How an answer differs from what its endpoint declares: status, code, every member and nothing else.
    func faults(_ method: String, _ path: String, _ answer: LiveServer.Answer) -> [String] {
        guard let endpoint = endpoint(method, path), answer.status != 304 else { return [] }
        if let declared = endpoint.answers.first(where: { $0.status == answer.status }) {
            guard !path.contains("fields="), answer.headers["content-type"]?.contains("json") == true else { return [] }
            guard let schema = try? JSONSchema(compiling: declared.shape.closed.json) else {
                return ["\(endpoint.id): the shape of its answer is no schema"]
            }
            return schema.faults(in: answer.body).map { "\(endpoint.id): \($0)" }
        }
        guard let code = answer.code else { return ["\(endpoint.id): \(answer.status) without a code"] }
        let known = endpoint.codes.first { $0.name == code }
        guard let known, let entry = Catalogue.entries[known] else { return ["\(endpoint.id): undeclared \(code)"] }
        let problem = answer.body["status"]?.integerValue == Int64(answer.status) && answer.body["detail"] != nil
        return entry.status == answer.status && problem ? [] : ["\(endpoint.id): \(code) with \(answer.status)"]
    }
}
