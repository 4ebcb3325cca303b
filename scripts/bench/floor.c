/* The floor: the least that a delivery can cost when each socket gets each event by a send of its
 * own, and the least that a join can cost. One thread, one epoll; it knows just enough of WebSocket
 * and Socket.IO for scripts.load: everybody is in one room, and what somebody says goes to all in a
 * frame as Hubbub makes it. The ack of a join is followed by a replay of REPLAY such frames.
 *
 * cc -O2 floor.c -o floor && ./floor PORT      prints "ready" once it listens
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOCKETS 65536
#define HELD 4096 /* bytes of one socket that are no whole packet yet */
#define TEXT 2048
#define READY 512
#define REPLAY 50

static struct person {
    int upgraded, joined, size;
    unsigned char held[HELD];
} *people[SOCKETS];
static int joined[SOCKETS], crowd, epoll; /* the descriptors of those in the room */
static long seq;
static char replay[REPLAY * 512]; /* the frames that follow the ack of a join */
static int replay_bytes;

static void lose(int fd) {
    for (int i = 0; people[fd]->joined && i < crowd; i++)
        if (joined[i] == fd) {
            joined[i] = joined[--crowd];
            break;
        }
    free(people[fd]);
    people[fd] = NULL;
    close(fd);
}

/* A text frame; returns its size. `to` has room for TEXT + 4 bytes. */
static int frame(char *to, const char *payload, int size) {
    int head = size < 126 ? 2 : 4;
    to[0] = (char)0x81;
    to[1] = (char)(size < 126 ? size : 126);
    if (head == 4) to[2] = (char)(size >> 8), to[3] = (char)size;
    memcpy(to + head, payload, size);
    return head + size;
}

static void answer(int fd, const char *payload) {
    char wire[TEXT + 4];
    send(fd, wire, frame(wire, payload, strlen(payload)), MSG_NOSIGNAL);
}

/* The frame of the next message; returns its size, or 0 if it has no room in `to`. */
static int message(char *to, const char *text, int size) {
    char payload[TEXT];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int length = snprintf(
        payload, sizeof payload,
        "42[\"chat\",{\"EvtType\":\"message\",\"User\":\"load-00000000-0\",\"Timestamp\":%ld.%07ld,"
        "\"Text\":\"%.*s\",\"Room\":\"bench\",\"Seq\":%ld,\"Id\":\"kMrX2ZJ86CEdv2vR\","
        "\"Uid\":\"_KD04D2qrQKC0IXT\"}]",
        (long)now.tv_sec, now.tv_nsec / 100, size, text, ++seq);
    return length >= TEXT ? 0 : frame(to, payload, length);
}

/* What was said goes to everybody: one send each. */
static void tell(const char *text, int size) {
    char wire[TEXT + 4];
    int bytes = message(wire, text, size);
    for (int i = 0; i < crowd; i++) send(joined[i], wire, bytes, MSG_NOSIGNAL);
}

static void enter(int fd) {
    if (!people[fd]->joined) people[fd]->joined = 1, joined[crowd++] = fd;
}

static void hear(int fd, char *packet) {
    if (!strncmp(packet, "40", 2)) {
        answer(fd, "40{\"sid\":\"floor\"}");
        if (!strstr(packet, "\"join\"")) return;
        answer(fd, "42[\"joined\",{\"ok\":true}]");
        enter(fd);
    } else if (!strncmp(packet, "420[\"join\"", 10)) {
        char wire[64 + sizeof replay], ack[64];
        snprintf(ack, sizeof ack, "430[{\"ok\":true,\"seq\":%d}]", REPLAY);
        int size = frame(wire, ack, strlen(ack));
        memcpy(wire + size, replay, replay_bytes);
        send(fd, wire, size + replay_bytes, MSG_NOSIGNAL);
        enter(fd);
    } else if (!strncmp(packet, "42", 2)) {
        char *text = strstr(packet, "\"message\":\""), ack[64];
        if (!text) return;
        text += strlen("\"message\":\"");
        snprintf(ack, sizeof ack, "43%.*s[{\"ok\":true}]", (int)strspn(packet + 2, "0123456789"),
                 packet + 2);
        answer(fd, ack);
        tell(text, strcspn(text, "\""));
    }
}

/* The packets in what was received; -1 if it is none of ours. */
static int take(int fd) {
    struct person *one = people[fd];
    unsigned char *at = one->held, *end = one->held + one->size;
    if (!one->upgraded) {
        *end = 0;
        if (!strstr((char *)at, "\r\n\r\n")) return 0;
        const char *head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\n\r\n";
        send(fd, head, strlen(head), MSG_NOSIGNAL);
        answer(fd, "0{\"sid\":\"floor\",\"upgrades\":[],\"pingInterval\":25000,"
                   "\"pingTimeout\":20000,\"maxPayload\":1000000}");
        one->upgraded = 1, one->size = 0;
        return 0;
    }
    while (end - at >= 2) {
        int size = at[1] & 127, head = size == 126 ? 8 : 6;
        if (size == 127 || !(at[1] & 128) || at[0] == 0x88) return -1;
        if (end - at < head) break;
        if (size == 126) size = at[2] << 8 | at[3];
        if (size >= TEXT) return -1;
        if (end - at < head + size) break;
        char packet[TEXT];
        for (int i = 0; i < size; i++) packet[i] = (char)(at[head + i] ^ at[head - 4 + i % 4]);
        packet[size] = 0;
        hear(fd, packet);
        at += head + size;
    }
    memmove(one->held, at, end - at);
    one->size = (int)(end - at);
    return 0;
}

int main(int count, char **arguments) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                               .sin_port = htons(count > 1 ? atoi(arguments[1]) : 0)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 4096)) {
        perror("floor");
        return 1;
    }
    while (seq < REPLAY)
        replay_bytes += message(replay + replay_bytes, "a line of forty characters, as any other", 40);
    epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[READY];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(epoll, ready, READY, -1);
        for (int i = 0; i < n; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) {
                int fresh = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (fresh < 0) continue;
                if (fresh >= SOCKETS) return 1;
                people[fresh] = calloc(1, sizeof **people);
                if (!people[fresh]) return 1;
                setsockopt(fresh, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                event.events = EPOLLIN, event.data.fd = fresh;
                epoll_ctl(epoll, EPOLL_CTL_ADD, fresh, &event);
                continue;
            }
            struct person *one = people[fd];
            if (!one) continue;
            ssize_t got = recv(fd, one->held + one->size, HELD - 1 - one->size, 0);
            if (got < 0 && errno == EAGAIN) continue;
            if (got <= 0) {
                lose(fd);
                continue;
            }
            one->size += (int)got;
            if (take(fd) < 0) lose(fd);
        }
    }
}
