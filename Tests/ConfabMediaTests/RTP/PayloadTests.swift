import ConfabMedia
import Primitives
import Testing

@Suite("Payload descriptors")
struct PayloadTests {
  @Test("a VP8 descriptor with everything in it")
  func full() throws {
    // X S, then I L T K, a long PictureID, TL0PICIDX, TID 2 with Y and KEYIDX 9, a key frame's bit.
    let descriptor = try #require(withBytes("90 f0 9234 56 a9 10") { VP8Descriptor($0) })
    #expect(descriptor.pictureID == 0x1234)
    #expect(descriptor.isPictureIDLong)
    #expect(descriptor.tl0PictureIndex == 0x56)
    #expect(descriptor.temporalLayer == 2)
    #expect(descriptor.isLayerSync)
    #expect(descriptor.keyIndex == 9)
    #expect(descriptor.bytes == 6)
    #expect(descriptor.isKeyframeStart)
    #expect(written { descriptor.write(to: $0) }.hex == "90f0923456a9")
  }

  @Test("a short PictureID is written with 15 bits")
  func widened() throws {
    let descriptor = try #require(withBytes("80 80 12 01") { VP8Descriptor($0) })
    #expect(descriptor.pictureID == 0x12)
    #expect(!descriptor.isPictureIDLong)
    #expect(descriptor.bytes == 3)
    #expect(!descriptor.isKeyframeStart)
    #expect(written { descriptor.write(to: $0) }.hex == "80808012")
  }

  @Test("the plain one-byte descriptor stays as it is")
  func plain() throws {
    let descriptor = try #require(withBytes("10 00") { VP8Descriptor($0) })
    #expect(descriptor.isKeyframeStart)
    #expect(written { descriptor.write(to: $0) }.hex == "10")
  }

  @Test(
    "one that leaves the payload is refused",
    arguments: ["", "10", "80", "80 80", "80 80 92", "80 c0 12", "80 e0 12 34", "80 e0 12 34 00"])
  func truncated(_ hex: String) {
    #expect(withBytes(hex) { VP8Descriptor($0) } == nil)
  }

  @Test("only the first bytes of the first partition begin a key frame")
  func keyframes() {
    #expect(withBytes("10 00") { VP8Descriptor($0)?.isKeyframeStart } == true)
    #expect(withBytes("11 00") { VP8Descriptor($0)?.isKeyframeStart } == false)
    #expect(withBytes("00 00") { VP8Descriptor($0)?.isKeyframeStart } == false)
    #expect(withBytes("10 01") { VP8Descriptor($0)?.isKeyframeStart } == false)
  }

  @Test("H.264 begins a key frame with its parameter sets, alone, joined or cut")
  func h264() {
    #expect(withBytes("67 42e01f") { H264Payload.isKeyframeStart($0) })
    #expect(withBytes("78 0001 09 0002 6742 0001 68") { H264Payload.isKeyframeStart($0) })
    #expect(withBytes("7c 87 42") { H264Payload.isKeyframeStart($0) })
    #expect(!withBytes("7c 07 42") { H264Payload.isKeyframeStart($0) })
    #expect(!withBytes("65 88") { H264Payload.isKeyframeStart($0) })
    #expect(!withBytes("78 ffff 09") { H264Payload.isKeyframeStart($0) })
    #expect(!withBytes("") { H264Payload.isKeyframeStart($0) })
  }
}
