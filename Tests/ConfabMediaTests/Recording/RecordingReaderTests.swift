import ConfabMedia
import Testing

@Suite("Reading recordings") struct RecordingReaderTests {
  private let whole: [UInt8] = [0x10, 0, 0, 0x9D, 1, 0x2A]
  private let next: [UInt8] = [0x11, 7, 7]

  private func read(
    _ bytes: [UInt8], step: Int = .max
  ) throws(RecordingError) -> [RecordedFrame] {
    var reader = RecordingReader()
    var frames: [RecordedFrame] = []
    var position = 0
    repeat {
      let end = position + min(step, bytes.count - position)
      reader.append(bytes[position..<end])
      position = end
      while let frame = try reader.next() { frames.append(frame) }
    } while position < bytes.count
    return frames
  }

  private func trouble(_ bytes: [UInt8]) -> String? {
    do throws(RecordingError) {
      _ = try read(bytes)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("IVF's times are ticks of a rate of its own") func ivf() throws {
    let bytes = RecordingBytes.ivf(rate: 30_000, scale: 1_001, frames: [(0, whole), (30, next)])
    let frames = try read(bytes)
    #expect(frames.map(\.nanoseconds) == [0, 1_001_000_000])
    #expect(frames.map(\.bytes) == [whole, next])
    #expect(frames.map(\.isKeyframe) == [true, false])
    for step in 1...9 { #expect(try read(bytes, step: step) == frames) }
  }

  @Test("WebM of known and unknown lengths", arguments: [true, false])
  func webm(hasLengths: Bool) throws {
    let tracks =
      RecordingBytes.track(1, type: 1, codec: "V_VP8")
      + RecordingBytes.track(2, type: 2, codec: "A_OPUS")
    let bytes = RecordingBytes.webm(
      tracks: tracks,
      clusters: [
        (
          0,
          RecordingBytes.element(0xA3, RecordingBytes.block(track: 1, ticks: 0, flags: 0x80, whole))
            + RecordingBytes.element(0xA3, RecordingBytes.block(track: 2, ticks: 3, [0xFC, 1]))
            + RecordingBytes.element(0xA3, RecordingBytes.block(track: 3, ticks: 4, [9]))
        ),
        (
          1_000,
          RecordingBytes.element(
            0xA0,
            RecordingBytes.element(0xA1, RecordingBytes.block(track: 1, ticks: -10, next))
              + RecordingBytes.element(0x9B, [33]))
        ),
      ], hasLengths: hasLengths)
    let frames = try read(bytes)
    #expect(
      frames == [
        RecordedFrame(kind: .video, nanoseconds: 0, bytes: whole),
        RecordedFrame(kind: .audio, nanoseconds: 3_000_000, bytes: [0xFC, 1]),
        RecordedFrame(kind: .video, nanoseconds: 990_000_000, bytes: next),
      ])
    for step in 1...9 { #expect(try read(bytes, step: step) == frames) }
  }

  @Test("what cannot be presented is named") func refusals() {
    #expect(trouble(Array("RIFF....WAVE".utf8)) == "is neither IVF nor WebM")
    #expect(trouble(RecordingBytes.ivf(codec: "VP90", frames: []))?.hasPrefix("holds VP9:") == true)
    #expect(trouble(RecordingBytes.ivf(codec: "AV01", frames: []))?.hasPrefix("holds AV1:") == true)
    #expect(trouble(RecordingBytes.ivf(rate: 0, frames: []))?.hasPrefix("is damaged") == true)
    #expect(
      trouble(RecordingBytes.ivf(frames: [(UInt64.max, whole)]))?.hasPrefix("is damaged") == true)
    #expect(trouble(RecordingBytes.ivf(frames: [(0, [])]))?.hasPrefix("is damaged") == true)
    let vp8 = RecordingBytes.track(1, type: 1, codec: "V_VP8")
    let opus = RecordingBytes.track(2, type: 2, codec: "A_OPUS")
    func ofTracks(_ tracks: [UInt8], _ blocks: [UInt8] = []) -> String? {
      trouble(RecordingBytes.webm(tracks: tracks, clusters: [(0, blocks)]))
    }
    #expect(
      ofTracks(RecordingBytes.track(1, type: 1, codec: "V_VP9") + opus)?.hasPrefix("holds VP9:")
        == true)
    #expect(
      ofTracks(RecordingBytes.track(1, type: 1, codec: "V_MPEG4/ISO/AVC"))?
        .hasPrefix("holds H.264:") == true)
    #expect(
      ofTracks(vp8 + RecordingBytes.track(2, type: 2, codec: "A_VORBIS"))?
        .hasPrefix("holds VORBIS:") == true)
    #expect(ofTracks(opus) == "has no pictures")
    let laced = RecordingBytes.block(track: 1, ticks: 0, flags: 0x02, whole)
    #expect(
      ofTracks(vp8, RecordingBytes.element(0xA3, laced))?.hasPrefix("packs several frames") == true)
    #expect(ofTracks(vp8, RecordingBytes.element(0xA3, [0x81]))?.hasPrefix("is damaged") == true)
    #expect(ofTracks(vp8, [0x01])?.hasPrefix("is damaged") == true)
  }

  @Test("what is left out is not kept in memory") func skipping() throws {
    var reader = RecordingReader()
    // An element of 2^40 bytes that nobody reads.
    reader.append(RecordingBytes.mark + [0x01, 0, 1, 0, 0, 0, 0, 0])
    let chunk = [UInt8](repeating: 0xEC, count: 65_536)
    for _ in 0..<64 {
      reader.append(chunk)
      #expect(try reader.next() == nil)
    }
  }
}
