// Runs a program whose every fsync and fdatasync takes longer for as long as a file says so.
//
//     slow_disk FILE PROGRAM [ARGUMENT…]
//
// FILE holds milliseconds; while it is not there, nothing is delayed. The program keeps the process id of this
// one. The kernel hands each of its calls to a process beside it (seccomp user notification), which sleeps and lets
// the call go on: one after the other, as a slow disk would, and also for programs that are linked statically.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MILLISECONDS_MAX 10000

static void fail(const char *what) {
  perror(what);
  exit(2);
}

/// Hands calls that make bytes durable to whoever holds the answer, and allows all others.
static int watch_syncs(void) {
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_fsync, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_fdatasync, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = sizeof rules / sizeof *rules, .filter = rules};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static long delay_milliseconds(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  long milliseconds = 0;
  if (fscanf(file, "%ld", &milliseconds) != 1 || milliseconds < 0) milliseconds = 0;
  fclose(file);
  return milliseconds < MILLISECONDS_MAX ? milliseconds : MILLISECONDS_MAX;
}

/// Lets the calls go on, late. Returns when the program is gone.
static void delay_syncs(int notices, const char *path) {
  struct seccomp_notif_sizes sizes;
  if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0) fail("seccomp");
  struct seccomp_notif *notice = malloc(sizes.seccomp_notif);
  struct seccomp_notif_resp *answer = malloc(sizes.seccomp_notif_resp);
  if (!notice || !answer) fail("memory");
  while (1) {
    struct pollfd wait = {.fd = notices, .events = POLLIN};
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) fail("poll");
    if (!(wait.revents & POLLIN)) {
      if (wait.revents) return;
      continue;
    }
    memset(notice, 0, sizes.seccomp_notif);
    if (ioctl(notices, SECCOMP_IOCTL_NOTIF_RECV, notice) != 0) continue;
    long milliseconds = delay_milliseconds(path);
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    if (milliseconds) nanosleep(&pause, NULL);
    memset(answer, 0, sizes.seccomp_notif_resp);
    answer->id = notice->id;
    answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    // Whoever asked may have been killed meanwhile.
    ioctl(notices, SECCOMP_IOCTL_NOTIF_SEND, answer);
  }
}

/// Sends a file to another process, or receives one when there is none to send.
static int pass(int link, int file) {
  char byte = 0, room[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec bytes = {&byte, 1};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  if (file < 0) {
    if (recvmsg(link, &message, 0) != 1 || !CMSG_FIRSTHDR(&message)) return -1;
    memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof file);
    return file;
  }
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  *head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof file)};
  memcpy(CMSG_DATA(head), &file, sizeof file);
  if (sendmsg(link, &message, 0) != 1) fail("sendmsg");
  return file;
}

int main(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: slow_disk FILE PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  int links[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, links) != 0) fail("socketpair");
  // Before the rules are made, which it would share: it ends when nobody has them any more.
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    // Not stopped or killed with the program's group, and holding none of its files.
    setsid();
    int notices = pass(links[1], -1);
    for (int file = 0; file < 1024; file++)
      if (file != notices && file != 2) close(file);
    if (notices >= 0) delay_syncs(notices, arguments[1]);
    return 0;
  }
  int notices = watch_syncs();
  if (notices < 0) fail("seccomp");
  pass(links[0], notices);
  close(notices);
  close(links[0]);
  close(links[1]);
  execvp(arguments[2], arguments + 2);
  fail(arguments[2]);
}
