/*
 * A network of machines that are not there: each program gets a network
 * namespace of its own with one interface, and one process carries the packets
 * between them, late, never, or only one way, as it is told.
 *
 * The kernel's netem does the same where a kernel has it; this needs
 * /dev/net/tun and namespaces alone, and no privileges.
 *
 * - wire run PROGRAM: begin, in a user namespace of its own, as machine 0, with
 *   a carrier that ends with it
 * - wire join N PROGRAM: as machine N (1 to 99), in place of an earlier N
 * - wire tell WORDS: to the carrier; returns when it is done
 *
 * The words, where A and B are machines, or * for all but 0:
 *
 * - delay A B MS JITTER: packets from A to B take MS to MS + JITTER
 * - loss A B PERCENT: so many of them are lost
 * - cut A B: all of them are lost
 * - mend: no delay, no loss, no cut
 *
 * Machine N has the address 10.77.0.N+1. WIRE_SOCKET in the environment of all
 * that is run says where the carrier listens.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MACHINES 100
#define PACKET_MAX 2048
/* Packets under way; a link that is busier loses them, as links do. */
#define WAITING_MAX 65536
#define SOCKET_VARIABLE "WIRE_SOCKET"

static void die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "wire: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, ": %s\n", strerror(errno));
    va_end(arguments);
    exit(125);
}

/* ---- The carrier ---- */

struct link {
    uint64_t delay_ns, jitter_ns;
    unsigned loss; /* of 10,000 */
};

struct packet {
    uint64_t due_ns, number; /* in this order */
    int to;
    size_t size;
    uint8_t *data;
};

struct carrier {
    int machines[MACHINES]; /* tun devices; -1: none */
    struct link links[MACHINES][MACHINES];
    struct packet *waiting; /* a heap, the first one due at the top */
    size_t count;
    uint64_t number;
    uint64_t random;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* xorshift64*. */
static uint64_t draw(struct carrier *carrier, uint64_t below)
{
    uint64_t x = carrier->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    carrier->random = x;
    return below ? (x * 0x2545f4914f6cdd1dull >> 11) % below : 0;
}

static bool is_before(const struct packet *a, const struct packet *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns
                                  : a->number < b->number;
}

static void swap(struct packet *a, struct packet *b)
{
    struct packet other = *a;
    *a = *b;
    *b = other;
}

static void put(struct carrier *carrier, struct packet packet)
{
    struct packet *heap = carrier->waiting;
    size_t at = carrier->count++;
    heap[at] = packet;
    for (; at && is_before(&heap[at], &heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&heap[at], &heap[(at - 1) / 2]);
}

static struct packet take(struct carrier *carrier)
{
    struct packet *heap = carrier->waiting;
    struct packet first = heap[0];
    size_t at = 0;
    heap[0] = heap[--carrier->count];
    for (;;) {
        size_t least = at, left = 2 * at + 1;
        for (size_t i = left; i < left + 2 && i < carrier->count; i++) {
            if (is_before(&heap[i], &heap[least]))
                least = i;
        }
        if (least == at)
            return first;
        swap(&heap[at], &heap[least]);
        at = least;
    }
}

/* IPv4 from one of the machines to another one. */
static int receiver(const uint8_t *packet, size_t size)
{
    if (size < 20 || packet[0] >> 4 != 4 || packet[16] != 10 ||
        packet[17] != 77 || packet[18] != 0 || packet[19] < 1 ||
        packet[19] > MACHINES)
        return -1;
    return packet[19] - 1;
}

static void read_from(struct carrier *carrier, int from)
{
    uint8_t packet[PACKET_MAX];
    ssize_t size;
    while ((size = read(carrier->machines[from], packet, sizeof(packet))) > 0) {
        int to = receiver(packet, (size_t)size);
        if (to < 0 || carrier->count == WAITING_MAX)
            continue;
        const struct link *link = &carrier->links[from][to];
        if (draw(carrier, 10000) < link->loss)
            continue;
        struct packet next = {.due_ns = now_ns() + link->delay_ns +
                                        draw(carrier, link->jitter_ns),
                              .number = carrier->number++,
                              .to = to,
                              .size = (size_t)size,
                              .data = malloc((size_t)size)};
        if (!next.data)
            die("no memory");
        memcpy(next.data, packet, (size_t)size);
        put(carrier, next);
    }
}

static void deliver(struct carrier *carrier)
{
    uint64_t now = now_ns();
    while (carrier->count && carrier->waiting[0].due_ns <= now) {
        struct packet packet = take(carrier);
        /* Nobody there, or no room in its queue: lost. */
        if (carrier->machines[packet.to] >= 0 &&
            write(carrier->machines[packet.to], packet.data, packet.size) < 0)
            errno = 0;
        free(packet.data);
    }
}

/* Set the links from A to B, each a number or * (all but machine 0, which only
 * looks on). */
static bool set_links(struct carrier *carrier, const char *a, const char *b,
                      const struct link *link, bool has_delay, bool has_loss)
{
    int from = atoi(a), to = atoi(b);
    bool is_all_from = !strcmp(a, "*"), is_all_to = !strcmp(b, "*");
    if (from < 0 || from >= MACHINES || to < 0 || to >= MACHINES)
        return false;
    for (int i = is_all_from ? 1 : from;
         i < (is_all_from ? MACHINES : from + 1); i++) {
        for (int k = is_all_to ? 1 : to; k < (is_all_to ? MACHINES : to + 1);
             k++) {
            struct link *one = &carrier->links[i][k];
            if (has_delay) {
                one->delay_ns = link->delay_ns;
                one->jitter_ns = link->jitter_ns;
            }
            if (has_loss)
                one->loss = link->loss;
        }
    }
    return true;
}

static bool obey(struct carrier *carrier, const char *order)
{
    char a[8], b[8];
    double ms, jitter;
    struct link link = {0};
    if (sscanf(order, "delay %7s %7s %lf %lf", a, b, &ms, &jitter) == 4) {
        link.delay_ns = (uint64_t)(ms * 1e6);
        link.jitter_ns = (uint64_t)(jitter * 1e6);
        return set_links(carrier, a, b, &link, true, false);
    }
    if (sscanf(order, "loss %7s %7s %lf", a, b, &ms) == 3) {
        link.loss = (unsigned)(ms * 100);
        return set_links(carrier, a, b, &link, false, true);
    }
    if (sscanf(order, "cut %7s %7s", a, b) == 2) {
        link.loss = 10000;
        return set_links(carrier, a, b, &link, false, true);
    }
    if (strcmp(order, "mend") != 0)
        return false;
    memset(carrier->links, 0, sizeof(carrier->links));
    return true;
}

/* "join N" brings a device with it. */
static void hear(struct carrier *carrier, int listener)
{
    char order[256] = "";
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {.iov_base = order, .iov_len = sizeof(order) - 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    int other = accept4(listener, NULL, NULL, SOCK_CLOEXEC), number;
    bool is_good = false;
    if (other < 0)
        return;
    if (recvmsg(other, &message, MSG_CMSG_CLOEXEC) > 0) {
        struct cmsghdr *first = CMSG_FIRSTHDR(&message);
        if (sscanf(order, "join %d", &number) == 1 && first && number >= 0 &&
            number < MACHINES) {
            if (carrier->machines[number] >= 0)
                close(carrier->machines[number]);
            memcpy(&carrier->machines[number], CMSG_DATA(first), sizeof(int));
            is_good = true;
        } else {
            is_good = obey(carrier, order);
        }
    }
    if (write(other, is_good ? "ok" : "no", 2) < 0)
        errno = 0;
    close(other);
}

static void carry(int listener, uint64_t seed)
{
    static struct carrier carrier;
    carrier.random = seed * 2 + 1;
    carrier.waiting = malloc(WAITING_MAX * sizeof(*carrier.waiting));
    if (!carrier.waiting)
        die("no memory");
    for (int i = 0; i < MACHINES; i++)
        carrier.machines[i] = -1;
    for (;;) {
        struct pollfd wanted[MACHINES + 1] = {
            {.fd = listener, .events = POLLIN}};
        for (int i = 0; i < MACHINES; i++)
            wanted[i + 1] =
                (struct pollfd){.fd = carrier.machines[i], .events = POLLIN};
        struct timespec wait = {.tv_sec = 1};
        if (carrier.count) {
            uint64_t now = now_ns(), due = carrier.waiting[0].due_ns;
            wait.tv_sec = 0;
            wait.tv_nsec = due <= now              ? 0
                           : due - now > 999999999 ? 999999999
                                                   : (long)(due - now);
        }
        if (ppoll(wanted, MACHINES + 1, &wait, NULL) < 0 && errno != EINTR)
            die("poll");
        for (int i = 0; i < MACHINES; i++) {
            if (wanted[i + 1].revents & POLLIN)
                read_from(&carrier, i);
            else if (wanted[i + 1].revents) {
                close(carrier.machines[i]);
                carrier.machines[i] = -1;
            }
        }
        deliver(&carrier);
        if (wanted[0].revents)
            hear(&carrier, listener);
    }
}

/* ---- The machines ---- */

static void fill_address(struct sockaddr_un *out)
{
    const char *path = getenv(SOCKET_VARIABLE);
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (!path || strlen(path) >= sizeof(out->sun_path))
        die("%s is not set; use wire run", SOCKET_VARIABLE);
    strcpy(out->sun_path, path);
}

/* device: -1, or goes with the words. */
static void tell(const char *words, int device)
{
    struct sockaddr_un address;
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = ""};
    struct iovec part = {.iov_base = (void *)(uintptr_t)words,
                         .iov_len = strlen(words)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    char answer[2] = "";
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    fill_address(&address);
    if (device >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
                                          .cmsg_level = SOL_SOCKET,
                                          .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), &device, sizeof(int));
    }
    if (fd < 0 || connect(fd, (void *)&address, sizeof(address)) < 0 ||
        sendmsg(fd, &message, 0) < 0 || read(fd, answer, 2) != 2)
        die("no carrier");
    close(fd);
    errno = EINVAL;
    if (memcmp(answer, "ok", 2) != 0)
        die("%s", words);
}

static void set_address(int fd, struct ifreq *request, unsigned long what,
                        const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    inet_pton(AF_INET, text, &address.sin_addr);
    memcpy(&request->ifr_addr, &address, sizeof(address));
    if (ioctl(fd, what, request) < 0)
        die("address %s", text);
}

static void bring_up(int fd, const char *name)
{
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        die("%s", name);
}

static void join(int number)
{
    char text[32];
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    if (unshare(CLONE_NEWNET) < 0)
        die("no network namespace");
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (device < 0)
        die("/dev/net/tun");
    snprintf(request.ifr_name, sizeof(request.ifr_name), "wire");
    if (ioctl(device, TUNSETIFF, &request) < 0)
        die("no device");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(text, sizeof(text), "10.77.0.%d", number + 1);
    set_address(fd, &request, SIOCSIFADDR, text);
    set_address(fd, &request, SIOCSIFNETMASK, "255.255.255.0");
    bring_up(fd, "wire");
    bring_up(fd, "lo");
    close(fd);
    snprintf(text, sizeof(text), "join %d", number);
    tell(text, device);
    close(device);
}

static void write_map(const char *path, unsigned inside, unsigned outside)
{
    char text[64];
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int size = snprintf(text, sizeof(text), "%u %u 1", inside, outside);
    if (fd < 0 || write(fd, text, (size_t)size) != size)
        die("%s", path);
    close(fd);
}

/* Root of a namespace of its own may make network namespaces and devices. */
static void become_root(void)
{
    unsigned user = geteuid(), group = getegid();
    if (unshare(CLONE_NEWUSER) < 0)
        die("no user namespace");
    int fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "deny", 4) == 4)
        close(fd);
    write_map("/proc/self/uid_map", 0, user);
    write_map("/proc/self/gid_map", 0, group);
}

static void run(void)
{
    char folder[] = "/tmp/wire-XXXXXX", path[64];
    struct sockaddr_un address;
    if (!mkdtemp(folder))
        die("%s", folder);
    snprintf(path, sizeof(path), "%s/socket", folder);
    setenv(SOCKET_VARIABLE, path, 1);
    fill_address(&address);
    become_root();
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (void *)&address, sizeof(address)) < 0 ||
        listen(listener, 16) < 0)
        die("%s", path);
    pid_t parent = getpid(), child = fork();
    if (child < 0)
        die("no carrier");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
            carry(listener, 1);
        exit(0);
    }
    close(listener);
    join(0);
}

int main(int count, char **words)
{
    char text[256] = "";
    int first = count;
    errno = EINVAL;
    if (count > 2 && !strcmp(words[1], "run")) {
        run();
        first = 2;
    } else if (count > 3 && !strcmp(words[1], "join")) {
        int number = atoi(words[2]);
        if (number < 1 || number >= MACHINES)
            die("machine %s", words[2]);
        join(number);
        first = 3;
    } else if (count > 2 && !strcmp(words[1], "tell")) {
        for (int i = 2; i < count; i++)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
                     i > 2 ? " " : "", words[i]);
        tell(text, -1);
        return 0;
    } else {
        die("wire run|join N|tell …");
    }
    execvp(words[first], words + first);
    die("%s", words[first]);
}
