import MediaExercises

/// Public, because libFuzzer calls it by its name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  exerciseRecording(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}
