/// Why the body of a request cannot be taken.
package enum JSONBodyFault: Error, Hashable, Sendable {
    /// It is no JSON text within the bounds.
    case text(JSONFault)
    /// It is not of the shape; at least one fault.
    case shape([JSONSchema.Fault])
}

extension JSON {
    /// Reads the body of a request: JSON within bounds, then of a shape. Everything that comes in over HTTP as JSON
    /// comes through here.
    ///
    /// - Returns: what is of the shape.
    package static func body(
        _ bytes: [UInt8], limits: Limits, of schema: JSONSchema
    ) throws(JSONBodyFault) -> JSON {
        let value: JSON
        do throws(JSONFault) {
            value = try parse(bytes, limits: limits)
        } catch {
            throw .text(error)
        }
        let faults = schema.faults(in: value, limit: 20)
        guard faults.isEmpty else { throw .shape(faults) }
        return value
    }
}
