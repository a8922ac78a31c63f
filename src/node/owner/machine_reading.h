/*
 * What a machine shows of itself that its owner's conditions (condition.h) are
 * judged by. Linux: sysfs-class-power, proc(5), procfs's net/route and
 * net/ipv6_route.
 *
 * What can't be read is not known, and a condition on it holds nothing up: a
 * server has no battery, and a container may show no routes.
 *
 * machine_read() reads files of the kernel, some of which ask a device: not for
 * a loop's thread. The others are pure.
 */
#ifndef POND_NODE_OWNER_MACHINE_READING_H
#define POND_NODE_OWNER_MACHINE_READING_H

#include "base/buffer.h"

#define MACHINE_INTERFACE_SIZE 16

struct machine_reading {
    bool has_battery;
    bool is_on_battery;      /* drawn from, and no supply is plugged in */
    uint32_t charge_percent; /* of the batteries, on average */

    bool knows_processors;
    uint32_t processors;      /* that are on */
    uint64_t busy_ms, all_ms; /* of all processors, since the machine's
                                 start; without what a host took away */

    char interface[MACHINE_INTERFACE_SIZE]; /* of the default route; "": none */
    bool knows_traffic;
    uint64_t traffic_bytes; /* through it, both ways, since it is there */

    bool knows_disk;
    uint64_t disk_free_bytes;
};

/* root: before the paths /proc and /sys, "" for the machine's own. folder: on
 * the disk that is looked at. */
void machine_read(const char *root, const char *folder,
                  struct machine_reading *out);

/* Of /proc/stat. ticks_per_s: sysconf(_SC_CLK_TCK). False: it has not the form.
 */
bool machine_read_processors(struct bytes text, uint64_t ticks_per_s,
                             struct machine_reading *out);

/* The interface of the default route with the lowest metric, of
 * /proc/net/route, or of /proc/net/ipv6_route. False: there is none. */
bool machine_read_route(struct bytes text, char out[MACHINE_INTERFACE_SIZE]);
bool machine_read_route6(struct bytes text, char out[MACHINE_INTERFACE_SIZE]);

#endif
