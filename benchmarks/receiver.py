"""What several benchmarks need: a receiver faster than any sender, and processes on cores of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEY = "benchmark-key"
BODY_SIZE = 597

RECEIVER = r"""
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Answers 200 to every whole request: headers up to the empty line, then as many bytes as Content-Length says. */
#define SIZE 65536
struct peer { int fd; size_t held; char bytes[SIZE + 1]; };
static const char ANSWER[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             "Content-Length: 11\r\n\r\n{\"ok\":true}";

static int serve(struct peer *peer) {
    ssize_t got = read(peer->fd, peer->bytes + peer->held, SIZE - peer->held);
    if (got <= 0) return -1;
    peer->held += got;
    for (;;) {
        peer->bytes[peer->held] = 0;
        char *end = strstr(peer->bytes, "\r\n\r\n");
        if (!end) return 0;
        char *length = strcasestr(peer->bytes, "\r\nContent-Length:");
        size_t whole = end + 4 - peer->bytes + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
        if (whole > SIZE) return -1;
        if (peer->held < whole) return 0;
        if (write(peer->fd, ANSWER, sizeof ANSWER - 1) < 0) return -1;
        memmove(peer->bytes, peer->bytes + whole, peer->held - whole);
        peer->held -= whole;
    }
}

int main(void) {
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024)) return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, ready[256];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(poll, ready, 256, -1);
        for (int i = 0; i < count; i++) {
            struct peer *peer = ready[i].data.ptr;
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
"""


@contextmanager
def receiver(folder: Path, cores: set[int]) -> Iterator[int]:
    source, program = folder / "receiver.c", folder / "receiver"
    source.write_text(RECEIVER, encoding="utf-8")
    subprocess.run(["cc", "-O2", "-w", "-o", str(program), str(source)], check=True)
    process = started([str(program)], cores)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def output(command: list[str], cores: set[int]) -> str:
    process = started(command, cores)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return output


def started(command: list[str], cores: set[int]) -> subprocess.Popen[str]:
    # A child inherits the cores of its parent, so the parent moves there while it starts one.
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    finally:
        os.sched_setaffinity(0, own)


def body(number: int) -> bytes:
    facts = f'{{"call_id":"17000{number:08}","call_status":"answered","pad":"'
    return f'{facts}{"x" * (BODY_SIZE - len(facts) - 2)}"}}'.encode()
