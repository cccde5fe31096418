/// Namespaces for ids that modules before their own must mention.
package enum Requester {
    package typealias ID = Identifier<Requester>
}

/// See the module Workers. A worker's id is also the id of their principal.
package enum Worker {
    package typealias ID = Identifier<Worker>
}
