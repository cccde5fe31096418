/// Where libFuzzer comes in: any bytes, again and again, in one process.
///
/// - Returns: 0. What is broken ends the process, and libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    do {
        try EdgeProbe.probe(bytes)
    } catch {
        preconditionFailure("\(error)")
    }
    return 0
}
