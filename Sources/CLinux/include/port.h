/// The server's UDP port: many small datagrams to and from many addresses, each answered from the
/// address that it was sent to.
#ifndef CLINUX_PORT_H
#define CLINUX_PORT_H

#include <stddef.h>
#include <stdint.h>

/// Most datagrams that one call receives or sends.
#define CLINUX_PORT_BATCH_MAX 64

/// Both ends of a datagram: IPv6 addresses, or IPv4 ones mapped into them.
struct clinux_ends {
  uint8_t remote[16];
  /// All zero lets the system choose.
  uint8_t local[16];
  /// The network interface; zero lets the system choose.
  uint32_t interface;
  /// In the host's order.
  uint16_t remote_port;
};

struct clinux_port_received {
  struct clinux_ends ends;
  uint32_t byte_count;
  uint32_t is_truncated;
};

struct clinux_port_sending {
  struct clinux_ends ends;
  const void *bytes;
  uint32_t byte_count;
  /// Above zero: the bytes are a train of datagrams of this size (UDP_SEGMENT), the last may be
  /// shorter.
  uint32_t segment_bytes;
};

/// A UDP socket of IPv6 that also speaks IPv4 and tells to which address a datagram was sent.
int clinux_port_socket(void);

/// Binds to an address, of IPv4 in its mapped form; `scope` is a link-local address's interface.
int clinux_port_bind(int fd, const uint8_t address[16], uint16_t port, uint32_t scope);

/// Fetches up to `slots` datagrams without waiting. Slot n begins at `slab + n * slot_bytes`.
int clinux_port_receive(
    int fd, void *slab, uint32_t slot_bytes, int slots, struct clinux_port_received *received);

/// Sends without waiting. Returns how many of them the system has taken, which may be fewer.
int clinux_port_send(int fd, const struct clinux_port_sending *sending, int count);

#endif
