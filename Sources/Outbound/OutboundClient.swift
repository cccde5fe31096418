internal import AsyncHTTPClient
internal import Dispatch
internal import Foundation
package import Marketplace
internal import NIOCore
internal import NIOHTTP1

/// Sends requests to other people's servers: the name is resolved once, every address that it has is checked, and the
/// connection goes to the first of those, while the certificate must be of the name. No redirect is followed; an answer
/// is here within 5 seconds (10 with its name resolved), of 64 KiB at most.
package struct OutboundClient: OutboundHTTP {
    private let bodyBytesMost: Int
    private let networks: OutboundTarget.Networks
    private let resolve: @Sendable (String) -> [NetworkAddress]
    private let seconds: Int64

    /// - Parameters:
    ///   - networks: which addresses may be connected to, whatever the name.
    ///   - seconds: until the whole answer must be here: 1 to 600.
    ///   - bodyBytesMost: of the answer.
    ///   - resolve: asks for the addresses of a name; it may block.
    package init(
        networks: OutboundTarget.Networks = .open, seconds: Int64 = 5, bodyBytesMost: Int = 64 << 10,
        resolve: @escaping @Sendable (String) -> [NetworkAddress] = SystemResolver.addresses
    ) {
        (self.networks, self.resolve, self.seconds) = (networks, resolve, min(max(seconds, 1), 600))
        self.bodyBytesMost = bodyBytesMost
    }

    package func send(_ request: OutboundRequest) async -> OutboundAnswer { await reply(to: request).answer }

    /// Sends a request, and gives the headers of what was answered, too, by lower-case name.
    ///
    /// - Parameter write: takes the body of a 2xx piece by piece, whatever its size, so that the answer has none; says
    ///   whether it could.
    package func reply(
        to request: OutboundRequest, writing write: ((_ piece: [UInt8]) -> Bool)? = nil
    ) async -> (answer: OutboundAnswer, headers: [String: String]) {
        let address: NetworkAddress
        switch await self.address(of: request.target) {
        case .success(let found): address = found
        case .failure(let fault): return (.failed(fault.reason), [:])
        }
        return await exchange(request, with: address, write)
    }

    /// Where a target is, if it may be connected to.
    private func address(of target: OutboundTarget) async -> Result<NetworkAddress, UnreachableTarget> {
        let address: NetworkAddress
        if let literal = NetworkAddress(literal: target.host) {
            address = literal
        } else {
            let found = await addresses(of: target.host)
            guard let first = found.first else { return .failure(.init(reason: "The name has no address.")) }
            // One private address is enough to refuse: which one is connected to must not be left to chance.
            guard networks == .all || found.allSatisfy(\.isPublic) else {
                return .failure(.init(reason: "The name has an address of a private network."))
            }
            address = first
        }
        guard networks == .all || address.isPublic else {
            return .failure(.init(reason: "The address is of a private network."))
        }
        return .success(address)
    }

    /// On a thread that may block, for as long as a whole request may take.
    private func addresses(of host: String) async -> [NetworkAddress] {
        let (answers, continuation) = AsyncStream<[NetworkAddress]>.makeStream(bufferingPolicy: .bufferingOldest(1))
        DispatchQueue(label: "guildhall.resolve").async { [resolve] in
            continuation.yield(resolve(host))
            continuation.finish()
        }
        let timer = Task {
            try await Task.sleep(for: .seconds(seconds))
            continuation.finish()
        }
        defer { timer.cancel() }
        for await answer in answers { return answer }
        return []
    }

    private func exchange(
        _ request: OutboundRequest, with address: NetworkAddress, _ write: (([UInt8]) -> Bool)?
    ) async -> (answer: OutboundAnswer, headers: [String: String]) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(
                connect: .seconds(min(seconds, 60)), read: .seconds(seconds), write: .seconds(seconds)))
        configuration.dnsOverride = [request.target.host: address.literal]
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let reply = await exchange(request, through: client, write)
        try? await client.shutdown()
        return reply
    }

    private func exchange(
        _ request: OutboundRequest, through client: HTTPClient, _ write: (([UInt8]) -> Bool)?
    ) async -> (answer: OutboundAnswer, headers: [String: String]) {
        var message = HTTPClientRequest(url: request.target.text)
        message.method = HTTPMethod(rawValue: request.method)
        for (name, value) in request.headers.sorted(by: { $0.key < $1.key }) {
            message.headers.add(name: name, value: value)
        }
        if !request.body.isEmpty { message.body = .bytes(ByteBuffer(bytes: request.body)) }
        do {
            let response = try await client.execute(message, deadline: .now() + .seconds(seconds))
            let taking = (200...299).contains(response.status.code) ? write : nil
            var body: [UInt8] = []
            for try await piece in response.body {
                if let taking {
                    guard taking(Array(piece.readableBytesView)) else {
                        return (.failed("The answer could not be written."), [:])
                    }
                    continue
                }
                guard body.count + piece.readableBytes <= bodyBytesMost else {
                    return (.failed("The answer is too long."), [:])
                }
                body += piece.readableBytesView
            }
            let headers = response.headers.map { ($0.name.lowercased(), $0.value) }
            return (
                .answered(status: Int(response.status.code), body: body),
                Dictionary(headers, uniquingKeysWith: { first, _ in first })
            )
        } catch {
            return (.failed(Self.reason(error)), [:])
        }
    }

    /// In words that hold nothing of the request.
    private static func reason(_ error: any Error) -> String {
        switch error as? HTTPClientError {
        case .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded: "No answer came in time."
        case .remoteConnectionClosed: "The connection was closed before the answer."
        case let error?: "The request failed: \(error.shortDescription)."
        case nil: "The connection failed: \(String(describing: type(of: error)))."
        }
    }
}

/// Why a target is not connected to.
private struct UnreachableTarget: Error {
    let reason: String
}

/// What the system's resolver says; it blocks.
package enum SystemResolver {
    /// All addresses of a name; none where it has none.
    package static let addresses: @Sendable (String) -> [NetworkAddress] = { host in
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [NetworkAddress] = []
        var next = list
        while let entry = next {
            if let address = address(of: entry.pointee), !found.contains(address) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(of entry: addrinfo) -> NetworkAddress? {
        guard let pointer = entry.ai_addr else { return nil }
        switch entry.ai_family {
        case AF_INET:
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                NetworkAddress(bytes: withUnsafeBytes(of: $0.pointee.sin_addr) { Array($0) })
            }
        case AF_INET6:
            return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                NetworkAddress(bytes: withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) })
            }
        default: return nil
        }
    }
}

extension NetworkAddress {
    /// As a resolver takes it without asking anybody.
    fileprivate var literal: String {
        guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}
