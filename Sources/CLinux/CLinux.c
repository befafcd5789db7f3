#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

static int set_option(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof(value));
}

int clinux_udp_socket(uint32_t *flags) {
  int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  *flags = 0;
  if (set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  // Don't fragment, and ignore what the kernel believes of the path: we probe for its size ourselves.
  set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  set_option(fd, IPPROTO_IP, IP_RECVTOS, 1);
  set_option(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (set_option(fd, IPPROTO_UDP, UDP_GRO, 1) == 0) *flags |= CLINUX_HAS_RECEIVE_OFFLOAD;
  // Setting no segment size for the whole socket only asks whether the option is known.
  if (set_option(fd, IPPROTO_UDP, UDP_SEGMENT, 0) == 0) *flags |= CLINUX_HAS_SEGMENTATION;
  return fd;
}

long clinux_socket_buffers(int fd, int bytes) {
  if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes) < 0)
    set_option(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  if (set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes) < 0)
    set_option(fd, SOL_SOCKET, SO_SNDBUF, bytes);
  int got = 0;
  socklen_t length = sizeof(got);
  if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &length) < 0) return -errno;
  return got;
}

static void fill(struct sockaddr_in6 *name, const uint8_t address[16], uint16_t port) {
  memset(name, 0, sizeof(*name));
  name->sin6_family = AF_INET6;
  name->sin6_port = htons(port);
  memcpy(&name->sin6_addr, address, 16);
}

int clinux_bind(int fd, const uint8_t address[16], uint16_t port) {
  struct sockaddr_in6 name;
  fill(&name, address, port);
  return bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ? -errno : 0;
}

int clinux_bound_port(int fd) {
  struct sockaddr_in6 name;
  socklen_t length = sizeof(name);
  if (getsockname(fd, (struct sockaddr *)&name, &length) < 0) return -errno;
  return ntohs(name.sin6_port);
}

// One integer each for the segment size, the ECN bits and the drops, with room for one more.
#define CONTROL_BYTES (4 * CMSG_SPACE(sizeof(int)))

static void read_control(struct msghdr *message, struct clinux_received *into) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
      int size;
      memcpy(&size, CMSG_DATA(c), sizeof(size));
      if (size > 0) into->segment_bytes = (uint32_t)size;
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
      into->ecn = *(uint8_t *)CMSG_DATA(c) & 3;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
      int class;
      memcpy(&class, CMSG_DATA(c), sizeof(class));
      into->ecn = (uint8_t)class & 3;
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
      memcpy(&into->drops, CMSG_DATA(c), sizeof(into->drops));
      into->has_drops = 1;
    }
  }
}

int clinux_receive(
    int fd, void *slab, uint32_t slot_bytes, int slots, struct clinux_received *received) {
  struct mmsghdr messages[CLINUX_RECEIVE_SLOTS_MAX];
  struct iovec vectors[CLINUX_RECEIVE_SLOTS_MAX];
  struct sockaddr_in6 names[CLINUX_RECEIVE_SLOTS_MAX];
  union {
    char bytes[CONTROL_BYTES];
    struct cmsghdr align;
  } controls[CLINUX_RECEIVE_SLOTS_MAX];

  if (slots > CLINUX_RECEIVE_SLOTS_MAX) slots = CLINUX_RECEIVE_SLOTS_MAX;
  for (int i = 0; i < slots; i++) {
    vectors[i] = (struct iovec){(char *)slab + (size_t)i * slot_bytes, slot_bytes};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &names[i], .msg_namelen = sizeof(names[i]), .msg_iov = &vectors[i],
        .msg_iovlen = 1, .msg_control = controls[i].bytes, .msg_controllen = CONTROL_BYTES};
  }
  int count = recvmmsg(fd, messages, (unsigned)slots, MSG_DONTWAIT, NULL);
  if (count < 0) return -errno;
  for (int i = 0; i < count; i++) {
    struct clinux_received *into = &received[i];
    memcpy(into->address, &names[i].sin6_addr, 16);
    into->port = ntohs(names[i].sin6_port);
    into->ecn = 0;
    into->is_truncated = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    into->byte_count = messages[i].msg_len;
    into->segment_bytes = messages[i].msg_len;
    into->drops = 0;
    into->has_drops = 0;
    read_control(&messages[i].msg_hdr, into);
  }
  return count;
}

static struct cmsghdr *append(
    struct msghdr *message, struct cmsghdr *last, int level, int type, const void *value,
    size_t size) {
  struct cmsghdr *next = last ? CMSG_NXTHDR(message, last) : CMSG_FIRSTHDR(message);
  next->cmsg_level = level;
  next->cmsg_type = type;
  next->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(next), value, size);
  return next;
}

long clinux_send(
    int fd, const void *bytes, size_t count, const uint8_t address[16], uint16_t port,
    uint16_t segment_bytes, uint8_t ecn) {
  struct sockaddr_in6 name;
  fill(&name, address, port);
  struct iovec vector = {(void *)bytes, count};
  union {
    char bytes[CMSG_SPACE(sizeof(uint16_t)) + CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  memset(&control, 0, sizeof(control));
  struct msghdr message = {
      .msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &vector, .msg_iovlen = 1,
      .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
  size_t used = 0;
  struct cmsghdr *last = NULL;
  if (segment_bytes > 0) {
    last = append(
        &message, last, IPPROTO_UDP, UDP_SEGMENT, &segment_bytes, sizeof(segment_bytes));
    used += CMSG_SPACE(sizeof(segment_bytes));
  }
  if (ecn != 0) {
    int class = ecn & 3;
    // To a mapped address the kernel sends IPv4 and reads only the options of that family.
    if (IN6_IS_ADDR_V4MAPPED(&name.sin6_addr))
      append(&message, last, IPPROTO_IP, IP_TOS, &class, sizeof(class));
    else
      append(&message, last, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof(class));
    used += CMSG_SPACE(sizeof(class));
  }
  message.msg_controllen = used;
  if (used == 0) message.msg_control = NULL;
  ssize_t sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}

int clinux_poll_new(void) {
  int poll = epoll_create1(EPOLL_CLOEXEC);
  return poll < 0 ? -errno : poll;
}

static int control(int poll, int operation, int fd, uint32_t events, uint64_t tag) {
  uint32_t wanted = (events & CLINUX_READABLE ? EPOLLIN : 0u) |
                    (events & CLINUX_WRITABLE ? EPOLLOUT : 0u);
  struct epoll_event event = {.events = wanted, .data.u64 = tag};
  return epoll_ctl(poll, operation, fd, &event) < 0 ? -errno : 0;
}

int clinux_poll_add(int poll, int fd, uint32_t events, uint64_t tag) {
  return control(poll, EPOLL_CTL_ADD, fd, events, tag);
}

int clinux_poll_change(int poll, int fd, uint32_t events, uint64_t tag) {
  return control(poll, EPOLL_CTL_MOD, fd, events, tag);
}

int clinux_poll_remove(int poll, int fd) { return control(poll, EPOLL_CTL_DEL, fd, 0, 0); }

#define POLL_EVENTS_MAX 64

int clinux_poll_wait(int poll, int64_t nanoseconds, uint64_t *tags, uint32_t *events, int max) {
  struct epoll_event ready[POLL_EVENTS_MAX];
  if (max > POLL_EVENTS_MAX) max = POLL_EVENTS_MAX;
  int count = -1;
  errno = ENOSYS;
#ifdef SYS_epoll_pwait2
  struct timespec wait = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  count = (int)syscall(
      SYS_epoll_pwait2, poll, ready, max, nanoseconds < 0 ? NULL : &wait, NULL, (size_t)0);
#endif
  if (count < 0 && errno == ENOSYS) {
    int64_t milliseconds = nanoseconds < 0 ? -1 : (nanoseconds + 999999) / 1000000;
    if (milliseconds > INT32_MAX) milliseconds = INT32_MAX;
    count = epoll_wait(poll, ready, max, (int)milliseconds);
  }
  if (count < 0) return -errno;
  for (int i = 0; i < count; i++) {
    tags[i] = ready[i].data.u64;
    events[i] = (ready[i].events & EPOLLOUT ? CLINUX_WRITABLE : 0u) |
                (ready[i].events & ~(uint32_t)EPOLLOUT ? CLINUX_READABLE : 0u);
  }
  return count;
}

int clinux_bell_new(void) {
  int bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return bell < 0 ? -errno : bell;
}

void clinux_bell_ring(int bell) { eventfd_write(bell, 1); }

void clinux_bell_silence(int bell) {
  eventfd_t count;
  eventfd_read(bell, &count);
}

void clinux_name_thread(const char *name) {
  char short_name[16] = {0};
  strncpy(short_name, name, sizeof(short_name) - 1);
  prctl(PR_SET_NAME, short_name, 0, 0, 0);
}

void clinux_exact_timers(void) { prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0); }

int clinux_open_beneath(int directory, const char *path, int flags, unsigned mode) {
  struct open_how how = {
      .flags = (uint64_t)(flags | O_CLOEXEC), .mode = (flags & (O_CREAT | O_TMPFILE)) ? mode : 0,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
  long fd;
  do {
    // The kernel asks to try again when somebody renames folders meanwhile.
    fd = syscall(SYS_openat2, directory, path, &how, sizeof(how));
  } while (fd < 0 && (errno == EAGAIN || errno == EINTR));
  return fd < 0 ? -errno : (int)fd;
}

int clinux_rename_new(int from_directory, const char *from, int to_directory, const char *to) {
  long result = syscall(SYS_renameat2, from_directory, from, to_directory, to, 1u);
  return result < 0 ? -errno : 0;
}

int clinux_reserve(int fd, int64_t offset, int64_t count) {
  return fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, count) < 0 ? -errno : 0;
}

int clinux_punch_hole(int fd, int64_t offset, int64_t count) {
  int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  return fallocate(fd, mode, offset, count) < 0 ? -errno : 0;
}

int clinux_sync_filesystem(int fd) { return syncfs(fd) < 0 ? -errno : 0; }

int clinux_is_in_memory(int fd) {
  struct statfs status;
  return fstatfs(fd, &status) == 0 && status.f_type == TMPFS_MAGIC;
}

int clinux_start_writeback(int fd, int64_t offset, int64_t count) {
  return sync_file_range(fd, offset, count, SYNC_FILE_RANGE_WRITE) < 0 ? -errno : 0;
}

int clinux_await_writeback(int fd, int64_t offset, int64_t count) {
  unsigned flags =
      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  return sync_file_range(fd, offset, count, flags) < 0 ? -errno : 0;
}

int64_t clinux_next_data(int fd, int64_t offset) {
  off_t found = lseek(fd, offset, SEEK_DATA);
  return found < 0 ? -errno : found;
}

int64_t clinux_next_hole(int fd, int64_t offset) {
  off_t found = lseek(fd, offset, SEEK_HOLE);
  return found < 0 ? -errno : found;
}
