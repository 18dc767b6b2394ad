/* The least that keeps a rate: one connection, one thread that sleeps until each moment and then writes a request. How
   far its requests are from their places is what the machine itself does to anybody's.

       metronome PORT RATE SECONDS < BODY */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BILLION 1000000000L

int main(int count_of_words, char **words) {
    if (count_of_words != 4) return 2;
    static char body[65536], request[70000], answers[65536];
    size_t size = fread(body, 1, sizeof body - 1, stdin);
    int whole = snprintf(request, sizeof request, "POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                                                  "Content-Length: %zu\r\n\r\n%s", size, body);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, peer = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(peer, (struct sockaddr *)&address, sizeof address)) return 1;
    double rate = atof(words[2]);
    int64_t calls = rate * atof(words[3]);
    struct timespec began, due;
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (int64_t call = 0; call < calls; call++) {
        int64_t at = began.tv_nsec + (int64_t)(call / rate * BILLION);
        due = (struct timespec){began.tv_sec + at / BILLION, at % BILLION};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        while (recv(peer, answers, sizeof answers, MSG_DONTWAIT) > 0) {}
        if (write(peer, request, whole) != whole) return 1;
    }
    shutdown(peer, SHUT_WR);
    while (read(peer, answers, sizeof answers) > 0) {}
    return 0;
}
