/*
 * A topic that a page can watch (live.h), as an area registers it.
 */
#ifndef POND_NODE_PAGE_LIVE_KIND_H
#define POND_NODE_PAGE_LIVE_KIND_H

#include "base/json.h"

struct api;

/* Lines of a log as they come. */
struct live_feed {
    /* Begin; blocks no longer than opening a file. */
    int (*open)(struct api *api, const char *id, void **out);
    /* On a thread of the pool, one call at a time: append up to count items of
     * [ms, level, text] to lines, and say how many. is_last: what is there
     * beyond them is passed over, and counted, because there is too much. */
    int (*read)(void *feed, size_t count, bool is_last,
                struct json_writer *lines, size_t *read, uint64_t *dropped);
    void (*close)(void *feed);
};

struct live_kind {
    /* "tasks"; or "task/" where what follows is an id, which is not empty. */
    const char *name;
    /* Its data now, an object that the caller releases; members that are null
     * count as absent. ERR_NOT_FOUND. Called twice a second while somebody
     * watches, for all who do; so it reads what is in memory and waits for
     * nothing. NULL: the topic has a feed. */
    int (*write)(struct api *api, const char *id, struct json_object **out);
    const struct live_feed *feed;
    unsigned every_ms; /* looked at no more often; 0: twice a second */
    bool while_hidden; /* also told to pages that nobody sees */
};

#endif
