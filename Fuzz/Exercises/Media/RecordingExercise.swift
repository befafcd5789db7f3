import ConfabMedia
import Primitives

/// Reads the bytes as a recording, in one piece and byte by byte: both find the same frames. Then it
/// presents them.
package func exerciseRecording(_ bytes: [UInt8]) {
  let frames = readRecording(bytes, step: max(bytes.count, 1))
  precondition(readRecording(bytes, step: 1) == frames)
  var random = SeededRandom(seed: 1)
  var presentation = RecordedPresentation(
    video: (ssrc: 1, payloadType: 96), audio: (ssrc: 2, payloadType: 111, levelExtension: 1),
    using: &random)
  var now = MonotonicTime(nanoseconds: 1)
  let request: [UInt8] = [0x81, 206, 0, 2, 0, 0, 0, 9, 0, 0, 0, 1]
  for frame in frames {
    presentation.add(frame)
    request.withUnsafeBytes { presentation.receive(rtcp: $0) { _ in } }
    presentation.poll(at: now) { _, packet in precondition(packet.count <= 1_400) }
    now = max(presentation.nextDeadline(at: now), now + .milliseconds(1))
  }
}

private func readRecording(_ bytes: [UInt8], step: Int) -> [RecordedFrame] {
  var reader = RecordingReader()
  var frames: [RecordedFrame] = []
  var position = 0
  while position < bytes.count {
    let end = min(position + step, bytes.count)
    reader.append(bytes[position..<end])
    position = end
    do throws(RecordingError) {
      while let frame = try reader.next() { frames.append(frame) }
    } catch {
      return frames
    }
  }
  return frames
}
