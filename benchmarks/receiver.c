/* An endpoint faster than any sender: one thread, epoll, 200 to every whole request (headers up to the empty line, then
   as many bytes as Content-Length says). Prints its port on 127.0.0.1 and serves until it is ended.

       receiver [STAMPS [FREEZE_MS PERIOD_MS]]

   With STAMPS it notes when each request arrived, and writes the notes to that file and ends when its standard input is
   closed: int64 each, nanoseconds of the real-time clock, in the order of reading. The kernel takes the time when the
   bytes come in, not when this program gets round to them: neither its own slowness nor a freeze shapes what is noted.
   With FREEZE_MS it does nothing at all for so long in every PERIOD_MS, from the middle of the first period on; periods
   begin with the first request. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/net_tstamp.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE 65536
#define MOST (1L << 24) /* stamps; a page of memory is only taken when it is written */
#define MILLION 1000000L
#define BILLION 1000000000L

struct peer { int fd; size_t held; int64_t began; char bytes[SIZE + 1]; };
static const char ANSWER[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             "Content-Length: 11\r\n\r\n{\"ok\":true}";
static int64_t *stamps, first;
static long noted;

static int64_t nanoseconds(struct timespec at) { return at.tv_sec * BILLION + at.tv_nsec; }

static int64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return nanoseconds(at);
}

/* As read(), and `came` is when the bytes came in. */
static ssize_t stamped_read(int fd, void *bytes, size_t size, int64_t *came) {
    char control[256];
    struct iovec part = {bytes, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(fd, &message, 0);
    *came = 0;
    for (struct cmsghdr *one = CMSG_FIRSTHDR(&message); got > 0 && one; one = CMSG_NXTHDR(&message, one))
        if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_TIMESTAMPING)
            *came = nanoseconds(*(struct timespec *)CMSG_DATA(one));
    if (!*came) *came = now();
    return got;
}

static int serve(struct peer *peer) {
    int64_t came = 0;
    size_t left = SIZE - peer->held;
    ssize_t got = stamps ? stamped_read(peer->fd, peer->bytes + peer->held, left, &came)
                         : read(peer->fd, peer->bytes + peer->held, left);
    if (got <= 0) return -1;
    if (!peer->held) peer->began = came;
    peer->held += got;
    for (;;) {
        peer->bytes[peer->held] = 0;
        char *end = strstr(peer->bytes, "\r\n\r\n");
        if (!end) return 0;
        char *length = strcasestr(peer->bytes, "\r\nContent-Length:");
        size_t whole = end + 4 - peer->bytes + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
        if (whole > SIZE) return -1;
        if (peer->held < whole) return 0;
        if (stamps && noted < MOST) stamps[noted++] = peer->began;
        if (!first) first = now();
        if (write(peer->fd, ANSWER, sizeof ANSWER - 1) < 0) return -1;
        memmove(peer->bytes, peer->bytes + whole, peer->held - whole);
        peer->held -= whole;
        peer->began = came;
    }
}

/* Sleep if it is time to; how many milliseconds there are until it is time again, or -1. */
static int freeze(int64_t freeze_ns, int64_t period_ns) {
    if (!freeze_ns || !first) return -1;
    int64_t begins = period_ns / 2, phase = (now() - first) % period_ns;
    if (phase >= begins && phase < begins + freeze_ns) {
        int64_t left = begins + freeze_ns - phase;
        struct timespec rest = {left / BILLION, left % BILLION};
        nanosleep(&rest, NULL);
        phase = begins + freeze_ns;
    }
    return (phase < begins ? begins - phase : period_ns - phase + begins) / MILLION + 1;
}

int main(int count_of_words, char **words) {
    int64_t freeze_ns = count_of_words > 3 ? atol(words[2]) * MILLION : 0;
    int64_t period_ns = count_of_words > 3 ? atol(words[3]) * MILLION : 0;
    int one = 1, stamping = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
    int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size)) return 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, ready[256];
    if (count_of_words > 1) {
        /* Accepted sockets inherit it, so that the first bytes of a connection are stamped too. */
        if (setsockopt(listener, SOL_SOCKET, SO_TIMESTAMPING, &stamping, sizeof stamping)) return 1;
        stamps = mmap(NULL, MOST * sizeof *stamps, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        event.data.ptr = stamps;
        if (stamps == MAP_FAILED || epoll_ctl(poll, EPOLL_CTL_ADD, STDIN_FILENO, &event)) return 1;
    }
    if (listen(listener, 4096)) return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    event.data.ptr = NULL;
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(poll, ready, 256, freeze(freeze_ns, period_ns));
        for (int i = 0; i < count; i++) {
            struct peer *peer = ready[i].data.ptr;
            if (peer && (void *)peer == (void *)stamps) {
                FILE *file = fopen(words[1], "wb");
                return !file || fwrite(stamps, sizeof *stamps, noted, file) != (size_t)noted || fclose(file);
            }
            if (peer) {
                if (serve(peer)) { close(peer->fd); free(peer); }
                continue;
            }
            peer = calloc(1, sizeof *peer);
            peer->fd = accept(listener, NULL, NULL);
            setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            event.data.ptr = peer;
            epoll_ctl(poll, EPOLL_CTL_ADD, peer->fd, &event);
        }
    }
}
