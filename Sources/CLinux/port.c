#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

static int switch_on(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof(value));
}

int clinux_port_socket(void) {
  int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  // Without it a datagram is answered from whichever address the system likes.
  if (switch_on(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) < 0 ||
      switch_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

int clinux_port_bind(int fd, const uint8_t address[16], uint16_t port, uint32_t scope) {
  struct sockaddr_in6 name = {
      .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = scope};
  memcpy(&name.sin6_addr, address, 16);
  return bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ? -errno : 0;
}

int clinux_port_receive(
    int fd, void *slab, uint32_t slot_bytes, int slots, struct clinux_port_received *received) {
  struct mmsghdr messages[CLINUX_PORT_BATCH_MAX];
  struct iovec vectors[CLINUX_PORT_BATCH_MAX];
  struct sockaddr_in6 names[CLINUX_PORT_BATCH_MAX];
  union {
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    struct cmsghdr align;
  } controls[CLINUX_PORT_BATCH_MAX];

  if (slots > CLINUX_PORT_BATCH_MAX) slots = CLINUX_PORT_BATCH_MAX;
  for (int i = 0; i < slots; i++) {
    vectors[i] = (struct iovec){(char *)slab + (size_t)i * slot_bytes, slot_bytes};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &names[i], .msg_namelen = sizeof(names[i]), .msg_iov = &vectors[i],
        .msg_iovlen = 1, .msg_control = controls[i].bytes,
        .msg_controllen = sizeof(controls[i].bytes)};
  }
  int count = recvmmsg(fd, messages, (unsigned)slots, MSG_DONTWAIT, NULL);
  if (count < 0) return -errno;
  for (int i = 0; i < count; i++) {
    struct clinux_port_received *into = &received[i];
    memset(into, 0, sizeof(*into));
    memcpy(into->ends.remote, &names[i].sin6_addr, 16);
    into->ends.remote_port = ntohs(names[i].sin6_port);
    into->byte_count = messages[i].msg_len;
    into->is_truncated = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    struct msghdr *header = &messages[i].msg_hdr;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
      if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO) continue;
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof(info));
      memcpy(into->ends.local, &info.ipi6_addr, 16);
      // Elsewhere the way back may lead through another interface.
      if (IN6_IS_ADDR_LINKLOCAL(&names[i].sin6_addr)) into->ends.interface = info.ipi6_ifindex;
    }
  }
  return count;
}

#define SEND_CONTROL_BYTES \
  (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t)))

int clinux_port_send(int fd, const struct clinux_port_sending *sending, int count) {
  static const uint8_t nowhere[16];
  struct mmsghdr messages[CLINUX_PORT_BATCH_MAX];
  struct iovec vectors[CLINUX_PORT_BATCH_MAX];
  struct sockaddr_in6 names[CLINUX_PORT_BATCH_MAX];
  union {
    char bytes[SEND_CONTROL_BYTES];
    struct cmsghdr align;
  } controls[CLINUX_PORT_BATCH_MAX];

  if (count > CLINUX_PORT_BATCH_MAX) count = CLINUX_PORT_BATCH_MAX;
  for (int i = 0; i < count; i++) {
    const struct clinux_port_sending *what = &sending[i];
    names[i] = (struct sockaddr_in6){
        .sin6_family = AF_INET6, .sin6_port = htons(what->ends.remote_port),
        .sin6_scope_id = what->ends.interface};
    memcpy(&names[i].sin6_addr, what->ends.remote, 16);
    vectors[i] = (struct iovec){(void *)what->bytes, what->byte_count};
    size_t used = 0;
    char *control = controls[i].bytes;
    if (memcmp(what->ends.local, nowhere, 16) != 0) {
      struct in6_pktinfo info = {.ipi6_ifindex = what->ends.interface};
      memcpy(&info.ipi6_addr, what->ends.local, 16);
      struct cmsghdr header = {
          .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO,
          .cmsg_len = CMSG_LEN(sizeof(info))};
      memcpy(control, &header, sizeof(header));
      memcpy(control + CMSG_LEN(0), &info, sizeof(info));
      used += CMSG_SPACE(sizeof(info));
    }
    if (what->segment_bytes > 0) {
      uint16_t segment = (uint16_t)what->segment_bytes;
      struct cmsghdr header = {
          .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT,
          .cmsg_len = CMSG_LEN(sizeof(segment))};
      memcpy(control + used, &header, sizeof(header));
      memcpy(control + used + CMSG_LEN(0), &segment, sizeof(segment));
      used += CMSG_SPACE(sizeof(segment));
    }
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &names[i], .msg_namelen = sizeof(names[i]), .msg_iov = &vectors[i],
        .msg_iovlen = 1, .msg_control = used > 0 ? control : NULL, .msg_controllen = used};
  }
  int sent = sendmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}
