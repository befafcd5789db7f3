import Primitives

extension BBR {
  /// BBRv3's constants, named and with the values of draft-ietf-ccwg-bbr-04, section 2, where nothing
  /// else is said.
  enum Constant {
    /// 4 ln 2: the least gain that lets delivery double in each round.
    static let startupPacingGain = 2.77
    static let windowGain = 2.0
    static let drainPacingGain = 0.5
    static let downPacingGain = 0.9
    static let upPacingGain = 1.25
    static let upWindowGain = 2.25
    static let probeRTTWindowGain = 0.5
    /// Paced slightly below the estimate, so that a queue left by an error drains.
    static let pacingMargin = 0.01
    static let lossThreshold = 0.02
    /// Beyond chance, so much of a round must be lost before the lower bounds follow while a queue
    /// shows.
    static let congestionLossMin = 0.002
    static let beta = 0.7
    static let headroom = 0.15
    static let minimumWindowDatagrams = 4.0
    static let minRTTWindow: Duration = .seconds(10)
    static let probeRTTInterval: Duration = .seconds(5)
    static let probeRTTTime: Duration = .milliseconds(200)
    /// The pipe is full when so many rounds brought less growth than that.
    static let fullGrowth = 1.25
    static let fullRounds = 3
    /// Probing up goes on while a round brings at least this growth. Sending 1.25 times as much on a
    /// full line delivers 1.25 / (1 + 0.25 s) times as much, s being our share of the line, so that
    /// a flow with less than a third of it goes on, and one with more leaves it there: that is what
    /// draws unequal flows together.
    static let upGrowth = 1.15
    /// The same once growth has slowed to a quarter for each round.
    static let slowGrowth = 1.1
    static let slowRounds = 1
    static let extraAcknowledgedRounds = 10
    /// Rounds of Reno's that a probe waits at most, for flows of usual size to live beside us.
    static let renoRoundsMax = 63.0
    /// On a local network that many rounds are milliseconds, in which nobody can answer.
    static let renoWaitMin: Duration = .milliseconds(100)
    static let probeWaitMin: Duration = .seconds(2)
    static let probeWaitSpread: Duration = .seconds(1)
    /// Where loss bounds us and the round trip is longer than this, CUBIC needs longer to grow back
    /// to where a probe of ours sent it, so probes wait in proportion, up to twice as long.
    static let probeWaitRTT: Duration = .milliseconds(50)
    static let probeWaitStretchMax = 2.0
    static let probeUpRoundsMax = 30
    /// Where loss bounds us, probing up raises the bound by at least this in each round. BBRv3 begins
    /// with one datagram, which takes a small flow beside a large one many cycles.
    static let upGrowthMin = 0.2
    /// So much loss that stands with a full queue, whatever we do, is somebody who ignores loss.
    /// Beside such a sender we probe nearly as often as it does (the first BBR: every eight rounds)
    /// and do not wait for a queue to drain that it keeps full.
    static let crowdedLossMin = 0.01
    static let crowdedProbeRounds = 6.0
    /// Rounds of PROBE_DOWN, when others keep the queue from draining.
    static let downRoundsMax = 12
    static let crowdedDownRoundsMax = 3
    static let drainRoundsMax = 3
    /// Acknowledgements with losses in one round before STARTUP takes loss for congestion
    /// (Linux, `bbr_full_loss_cnt`).
    static let startupLossEvents = 6
    /// Trains that the window holds beyond the pipe (Linux, `bbr_quantization_budget`).
    static let windowQuanta = 3.0

    /// Google's QUIC has sent 32 packets first since 2013 (`kInitialCongestionWindow`), and large
    /// content networks 32 to 100. RFC 6928 measured ten, as one burst; these leave paced over
    /// `initialSpread`, 38 Mbit/s, so a queue grows only where the line is slower than that, by at
    /// most their 46 KB.
    static let initialWindowDatagrams = 32.0
    static let initialSpread: Duration = .milliseconds(10)
    /// Assumed until a round trip was measured: a short continental one.
    static let initialRTT: Duration = .milliseconds(20)
    /// Largest growth of a flight over the one before, and the share of the pipe that it may fill by
    /// what a train has told (`FlightTrain`).
    static let trainGrowth = 4.0
    static let trainPipeShare = 0.9
    /// On shorter paths doubling takes no time, and a thread's hiccup would look like a queue.
    static let trainRTTMin: Duration = .milliseconds(5)
    /// For the window only: threads wake up that late, and on a local network a window of
    /// two true round trips would leave the line empty meanwhile.
    static let schedulingSlack: Duration = .milliseconds(1)
    /// A round trip so near to the least one confirms it, so that a flow whose queue is empty
    /// anyway need not slow down to see it (noise of clocks and trains is about that large).
    static let minRTTConfirmation = 1.0 / 64
    /// A round whose shortest round trip exceeds the least by that, and by at least the time, has a
    /// queue.
    static let queueShare = 0.1
    static let queueTimeMin: Duration = .milliseconds(1)

    /// A path that was fast lately may start at this share of what it carried (careful resume,
    /// draft-ietf-tsvwg-careful-resume, section 3: at most half).
    static let rememberedShare = 0.5
    /// The round trip assumed for its window until one was measured.
    static let rememberedRTT: Duration = .milliseconds(100)
    static let rememberedWindowMax = 4_194_304.0
    /// Delivery below this share of what was tried, or loss above that, ends the attempt.
    static let rememberedDeliveryMin = 0.5
    static let rememberedLossMax = 0.1
  }
}
