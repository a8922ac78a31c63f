/*
 * The names on a disk in memory (disk_memory.h): those that are seen, those
 * that a crash leaves for sure, and the changes between them, in order.
 */
#ifndef POND_TESTS_UNIT_BASE_DISK_MEMORY_NAMES_H
#define POND_TESTS_UNIT_BASE_DISK_MEMORY_NAMES_H

#include "base/disk_memory_node.h"

struct name {
    char *path;
    struct node *node;
};

struct name_list {
    struct name *names;
    size_t count;
};

/* From "" it is made; to "" it is removed. */
struct name_change {
    char *from;
    char *to;
    struct node *node;
};

struct names {
    struct name_list now;
    struct name_list durable;
    struct name_change *changes;
    size_t change_count;
};

void names_free(struct names *names);

/* What a reader sees; NULL if there is none. */
struct name *names_find(const struct names *names, const char *path);
void names_change(struct names *names, const char *from, const char *to,
                  struct node *node);

/* Is path a name directly in folder? */
bool names_is_in(const char *path, const char *folder);

/* What was changed in that folder is durable. */
void names_sync(struct names *names, const char *folder);

/* The first few changes are durable, the others did not happen. */
void names_lose_power(struct names *names, struct random *random);

#endif
