/*
 * Whether a machine runs on battery is judged as systemd does: a supply that is
 * plugged in says no, and without one a battery that is being drawn from says
 * yes. A machine whose batteries are full, or of no known state, is not on
 * battery. Batteries of mice and keyboards (scope "Device") are passed over.
 */
#include "node/owner/machine_reading.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A machine of a thousand processors has a /proc/stat of this size, and one of
 * ten thousand routes such tables. */
#define FILE_SIZE_MAX (1u << 20)

/* RTF_UP of linux/route.h, and RTF_REJECT, which leads nowhere. */
#define ROUTE_UP 0x1u
#define ROUTE_REJECT 0x200u

/* What is read of one line. */
#define LINE_SIZE 512

/* The next line of text, cut at LINE_SIZE; false at the end. */
static bool next_line(struct bytes *text, char out[LINE_SIZE])
{
    if (!text->size)
        return false;
    const uint8_t *end = memchr(text->data, '\n', text->size);
    size_t size = end ? (size_t)(end - text->data) : text->size;
    size_t kept = size < LINE_SIZE - 1 ? size : LINE_SIZE - 1;

    memcpy(out, text->data, kept);
    out[kept] = 0;
    size += end != NULL;
    text->data += size;
    text->size -= size;
    return true;
}

/* ---- processors ---- */

/* user, nice, system, idle, iowait, irq, softirq; what follows is the host's,
 * or stands in user and nice already. */
#define STAT_FIELDS 7
#define STAT_IDLE 3
#define STAT_WAIT 4

bool machine_read_processors(struct bytes text, uint64_t ticks_per_s,
                             struct machine_reading *out)
{
    uint64_t ticks[STAT_FIELDS] = {0}, busy = 0, all = 0;
    char line[LINE_SIZE];
    uint32_t processors = 0;

    out->knows_processors = false;
    if (!ticks_per_s || !next_line(&text, line) || strncmp(line, "cpu ", 4) ||
        sscanf(line + 4,
               "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64 " %" SCNu64,
               &ticks[0], &ticks[1], &ticks[2], &ticks[3], &ticks[4], &ticks[5],
               &ticks[6]) != STAT_FIELDS)
        return false;
    for (size_t i = 0; i < STAT_FIELDS; i++) {
        all += ticks[i];
        busy += i == STAT_IDLE || i == STAT_WAIT ? 0 : ticks[i];
    }
    while (next_line(&text, line) && !strncmp(line, "cpu", 3))
        processors++;
    if (!processors)
        return false;
    out->processors = processors;
    out->busy_ms = busy * 1000 / ticks_per_s;
    out->all_ms = all * 1000 / ticks_per_s;
    out->knows_processors = true;
    return true;
}

/* ---- the default route ---- */

/* The best route so far. */
struct best {
    bool is_there;
    unsigned long metric;
    char *interface;
};

static void offer(struct best *best, const char *interface,
                  unsigned long metric, unsigned flags)
{
    if (!(flags & ROUTE_UP) || (flags & ROUTE_REJECT) ||
        (best->is_there && metric >= best->metric))
        return;
    best->is_there = true;
    best->metric = metric;
    snprintf(best->interface, MACHINE_INTERFACE_SIZE, "%s", interface);
}

/* Interface, destination, gateway, flags, two counters, metric, mask; numbers
 * are hexadecimal but for counters and metric. The heading has not the form. */
bool machine_read_route(struct bytes text, char out[MACHINE_INTERFACE_SIZE])
{
    struct best best = {.interface = out};
    char line[LINE_SIZE], name[MACHINE_INTERFACE_SIZE];
    unsigned destination, flags, mask;
    unsigned long metric;

    while (next_line(&text, line))
        if (sscanf(line, "%15s %8x %*8x %4x %*u %*u %lu %8x", name,
                   &destination, &flags, &metric, &mask) == 5 &&
            !destination && !mask)
            offer(&best, name, metric, flags);
    return best.is_there;
}

/* Destination, its length, source, its length, gateway, metric, two counters,
 * flags, interface; all hexadecimal. */
bool machine_read_route6(struct bytes text, char out[MACHINE_INTERFACE_SIZE])
{
    static const char any[] = "00000000000000000000000000000000";
    struct best best = {.interface = out};
    char line[LINE_SIZE], name[MACHINE_INTERFACE_SIZE], destination[33];
    unsigned length, flags;
    unsigned long metric;

    while (next_line(&text, line))
        if (sscanf(line, "%32s %2x %*32s %*2x %*32s %8lx %*8x %*8x %8x %15s",
                   destination, &length, &metric, &flags, name) == 5 &&
            !length && !strcmp(destination, any))
            offer(&best, name, metric, flags);
    return best.is_there;
}

/* ---- files ---- */

/* false: it can't be read. */
static bool read_file(const char *path, struct buffer *out)
{
    buffer_free(out);
    if (!file_read(path, FILE_SIZE_MAX, out))
        return true;
    err_clear();
    return false;
}

/* The first word of a file, "" where there is none. */
static void read_word(const char *folder, const char *name, char out[32])
{
    char *path = mem_format("%s/%s", folder, name);
    struct buffer text = {0};

    out[0] = 0;
    if (read_file(path, &text) && sscanf(buffer_string(&text), "%31s", out) < 1)
        out[0] = 0;
    buffer_free(&text);
    free(path);
}

static bool read_number(const char *folder, const char *name, uint64_t *out)
{
    char word[32], *end;

    read_word(folder, name, word);
    if (word[0] < '0' || word[0] > '9')
        return false;
    *out = strtoull(word, &end, 10);
    return !*end;
}

/* ---- power ---- */

struct power {
    bool is_plugged, is_drawn;
    uint64_t charges, count; /* of batteries whose charge is known */
    bool has_battery;
};

static void look_at_supply(const char *folder, struct power *power)
{
    char type[32], scope[32], state[32];
    uint64_t number;

    read_word(folder, "type", type);
    read_word(folder, "scope", scope);
    if (!strcmp(scope, "Device"))
        return;
    if (strcmp(type, "Battery") && strcmp(type, "UPS")) {
        power->is_plugged |=
            read_number(folder, "online", &number) && number > 0;
        return;
    }
    if (read_number(folder, "present", &number) && !number)
        return;
    read_word(folder, "status", state);
    power->has_battery = true;
    power->is_drawn |= !strcmp(state, "Discharging");
    if (read_number(folder, "capacity", &number) && number <= 100) {
        power->charges += number;
        power->count++;
    }
}

/* A battery of no known charge counts as an empty one: it is drawn from, and
 * nothing says for how long. */
static void read_power(const char *root, struct machine_reading *out)
{
    char *folder = mem_format("%s/sys/class/power_supply", root);
    struct power power = {0};
    DIR *list = opendir(folder);
    struct dirent *entry;

    while (list && (entry = readdir(list))) {
        if (entry->d_name[0] == '.')
            continue;
        char *supply = mem_format("%s/%s", folder, entry->d_name);

        look_at_supply(supply, &power);
        free(supply);
    }
    if (list)
        closedir(list);
    free(folder);
    out->has_battery = power.has_battery;
    out->is_on_battery = power.is_drawn && !power.is_plugged;
    out->charge_percent =
        power.count ? (uint32_t)(power.charges / power.count) : 0;
}

/* ---- all of it ---- */

static void read_traffic(const char *root, struct machine_reading *out)
{
    uint64_t received, sent;
    char *folder =
        mem_format("%s/sys/class/net/%s/statistics", root, out->interface);

    if (read_number(folder, "rx_bytes", &received) &&
        read_number(folder, "tx_bytes", &sent)) {
        out->knows_traffic = true;
        out->traffic_bytes = received + sent;
    }
    free(folder);
}

static bool read_below(const char *root, const char *name, struct buffer *out)
{
    char *path = mem_format("%s%s", root, name);
    bool is_there = read_file(path, out);

    free(path);
    return is_there;
}

void machine_read(const char *root, const char *folder,
                  struct machine_reading *out)
{
    struct buffer text = {0};

    *out = (struct machine_reading){0};
    read_power(root, out);
    if (read_below(root, "/proc/stat", &text))
        (void)machine_read_processors(buffer_view(&text),
                                      (uint64_t)sysconf(_SC_CLK_TCK), out);
    bool has_route = read_below(root, "/proc/net/route", &text) &&
                     machine_read_route(buffer_view(&text), out->interface);

    if (!has_route && read_below(root, "/proc/net/ipv6_route", &text))
        (void)machine_read_route6(buffer_view(&text), out->interface);
    if (out->interface[0])
        read_traffic(root, out);
    out->knows_disk = !file_free_bytes(folder, &out->disk_free_bytes);
    err_clear();
    buffer_free(&text);
}
