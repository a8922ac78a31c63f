/*
 * What went through the interfaces of a machine's default route today and this
 * month, from the counters that the kernel keeps of each. Pure.
 *
 * A counter begins with its interface, which may go and come back, and with the
 * machine. So what is counted is what it grew by between two looks; one that
 * fell has begun anew. What went by while nobody looked counts if it was today,
 * or this month.
 */
#ifndef POND_NODE_OWNER_TRAFFIC_BOOK_H
#define POND_NODE_OWNER_TRAFFIC_BOOK_H

#include "base/json.h"

#define TRAFFIC_INTERFACE_SIZE 16

/* Zeros: nothing is known yet. day: 20261130, by the machine's own calendar. */
struct traffic_book {
    uint32_t day;
    uint64_t day_bytes, month_bytes;
    char interface[TRAFFIC_INTERFACE_SIZE]; /* whose counter was seen last */
    uint64_t counter;
};

/* The counter of the default route's interface at a day's time. interface "":
 * there is none, and only the day may have changed. */
void traffic_book_look(struct traffic_book *book, uint32_t day,
                       const char *interface, uint64_t counter);

/* One object; and back. ERR_INVALID, and out is as it was. */
void traffic_book_write(const struct traffic_book *book,
                        struct json_writer *writer);
int traffic_book_read(struct json_object *object, struct traffic_book *out);

#endif
