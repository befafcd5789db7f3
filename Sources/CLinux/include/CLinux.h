/// System calls that Swift cannot spell: control messages are built with macros, and some calls
/// have no function in the C library. Nothing here decides anything.
///
/// Every function returns a count or a descriptor, or an `errno` as a negative number.
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>

/// Most buffers that one call of `clinux_receive` fills.
#define CLINUX_RECEIVE_SLOTS_MAX 16

/// What came in one buffer: one datagram, or several of the same size from the same sender that the
/// system joined (UDP_GRO).
struct clinux_received {
  /// IPv6, or IPv4 mapped into it.
  uint8_t address[16];
  /// In the host's order.
  uint16_t port;
  /// The two ECN bits of the IP header (RFC 3168 §5).
  uint8_t ecn;
  uint8_t is_truncated;
  uint32_t byte_count;
  /// Size of each datagram but the last; equal to `byte_count` when nothing was joined.
  uint32_t segment_bytes;
  /// How many datagrams the socket has dropped since it was opened because nobody fetched them
  /// (SO_RXQ_OVFL); meaningful when `has_drops` is set, the system leaves out a zero.
  uint32_t drops;
  uint32_t has_drops;
};

/// A UDP socket of IPv6 that also speaks IPv4, non-blocking, with every option that the transfer
/// needs and the system has. `flags` receives the CLINUX_HAS_ bits.
int clinux_udp_socket(uint32_t *flags);

/// The system joins datagrams that arrive together (UDP_GRO, since Linux 5.0).
#define CLINUX_HAS_RECEIVE_OFFLOAD 1u
/// The system splits trains (UDP_SEGMENT, since Linux 4.18).
#define CLINUX_HAS_SEGMENTATION 2u

/// Makes the socket's buffers `bytes` large: beyond the system's limit where we are allowed to,
/// up to it otherwise. Returns what the receive buffer has become.
long clinux_socket_buffers(int fd, int bytes);

int clinux_bind(int fd, const uint8_t address[16], uint16_t port);
/// The port that the socket is bound to.
int clinux_bound_port(int fd);

/// Fetches up to `slots` buffers' worth without waiting. Slot n begins at `slab + n * slot_bytes`.
int clinux_receive(
    int fd, void *slab, uint32_t slot_bytes, int slots, struct clinux_received *received);

/// Sends one datagram or, with `segment_bytes` above zero, a train of datagrams of that size of
/// which the last may be shorter.
long clinux_send(
    int fd, const void *bytes, size_t count, const uint8_t address[16], uint16_t port,
    uint16_t segment_bytes, uint8_t ecn);

/// What a descriptor is watched for, and what it is ready for.
#define CLINUX_READABLE 1u
#define CLINUX_WRITABLE 2u

/// An epoll instance.
int clinux_poll_new(void);
/// Watches a descriptor; what becomes of it is told with the tag.
int clinux_poll_add(int poll, int fd, uint32_t events, uint64_t tag);
int clinux_poll_change(int poll, int fd, uint32_t events, uint64_t tag);
int clinux_poll_remove(int poll, int fd);
/// Waits at most `nanoseconds` (-1: for ever). Falls back to whole milliseconds, rounded up, where
/// the system is older than Linux 5.11. Fills `tags` with the ready descriptors' tags, and `events`
/// with what they are ready for; errors count as readable.
int clinux_poll_wait(int poll, int64_t nanoseconds, uint64_t *tags, uint32_t *events, int max);

/// An eventfd, by which other threads wake one that polls.
int clinux_bell_new(void);
void clinux_bell_ring(int bell);
void clinux_bell_silence(int bell);

/// Names the calling thread for `top` and debuggers; what is beyond 15 bytes is cut off.
void clinux_name_thread(const char *name);
/// Lets this thread's timers be on time; the default is up to 50 µs late, more than a train takes.
void clinux_exact_timers(void);

/// Opens a path that must stay beneath `directory` and goes through no symbolic link, whatever
/// somebody does to the folders meanwhile (openat2, since Linux 5.6).
int clinux_open_beneath(int directory, const char *path, int flags, unsigned mode);

/// Renames, but never onto something that is there (renameat2 with RENAME_NOREPLACE).
int clinux_rename_new(int from_directory, const char *from, int to_directory, const char *to);

/// Reserves room on the disk without writing zeros: the C library's posix_fallocate would where the
/// file system cannot reserve. Does not change the file's size.
int clinux_reserve(int fd, int64_t offset, int64_t count);

/// Gives a range's room back; it then reads as zeros.
int clinux_punch_hole(int fd, int64_t offset, int64_t count);

/// Waits until everything in the file system that `fd` is in is on the disk.
int clinux_sync_filesystem(int fd);
/// True when the file system is in memory.
int clinux_is_in_memory(int fd);

/// Starts writing a range of a file to the disk and does not wait for it.
int clinux_start_writeback(int fd, int64_t offset, int64_t count);
/// Waits until an earlier started range is written.
int clinux_await_writeback(int fd, int64_t offset, int64_t count);

/// The bounds of the next data and of the next hole (SEEK_DATA, SEEK_HOLE).
int64_t clinux_next_data(int fd, int64_t offset);
int64_t clinux_next_hole(int fd, int64_t offset);

#include "port.h"

#endif
