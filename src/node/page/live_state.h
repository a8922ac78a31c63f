/*
 * Inside the live topics, shared by
 *
 *     live.c        connections: who they are, and what they say
 *     live_topic.c  topics: what is in them, and who watches
 *     live_page.c   what a page gets, and its end
 */
#ifndef POND_NODE_PAGE_LIVE_STATE_H
#define POND_NODE_PAGE_LIVE_STATE_H

#include "base/rate.h"
#include "net/websocket_server.h"
#include "node/page/api.h"
#include "node/page/live.h"
#include "node/page/live_message.h"

#define LIVE_MAGIC 0x6c697665u /* "live" */

#define LIVE_PAGES_MAX 16
#define LIVE_TOPICS_MAX 32 /* of one page */

/* A topic that somebody watches. */
struct live_topic {
    struct live_topic *next;
    struct live *live;
    const struct live_kind *kind;
    char *name;
    const char *id; /* inside name, "" for topics without */
    unsigned watchers;
    uint64_t seq;
    uint64_t looked_ms;       /* uv_now() */
    struct json_object *data; /* NULL before the first look, and of a feed */

    /* A feed. lines and dropped belong to the pool's thread while is_reading;
     * then the topic outlives its last watcher. */
    void *feed;
    bool is_reading;
    unsigned reads_left; /* until the next tick */
    uv_work_t work;
    struct buffer lines;
    uint64_t dropped;
    size_t line_count;
    int status;
};

/* An open page. */
struct live_page {
    struct live_page *next, *previous;
    struct live *live;
    struct websocket *socket;
    uint64_t opened_ms; /* uv_now() */
    uint64_t session;   /* 0: before its hello */
    bool is_hidden, is_over;
    struct rate rate;
    struct live_topic *topics[LIVE_TOPICS_MAX];
    size_t topic_count;
};

/*
 * Invariants:
 *
 *  1. the timer runs exactly while pages is not empty.
 *  2. a topic has at least one watcher, or is_reading.
 *  3. open counts what must let go of the loop before the struct is freed:
 *     timer, server, and topics that are being read.
 */
struct live {
    unsigned magic;
    struct api *api;
    uv_loop_t *loop;
    char *build;
    struct websocket_server *server;
    struct live_page *pages;
    struct live_topic *topics;
    uv_timer_t timer;
    uint64_t slot_said_ms;
    bool has_said_bye, is_closing;
    unsigned open;
    void (*closed)(void *user);
    void *user;
};

/* Say bye, unless reason is NULL, and close. The page stays on the list, and
 * among those who watch its topics, until its connection is gone: so no list
 * changes while it is walked. */
void live_end_page(struct live_page *page, const char *reason);

/* Send a message; nothing, once the page is over. One that does not take what
 * it is sent is told so and closed. */
void live_send(struct live_page *page, struct bytes message);

/* {"type":"error",...}; topic may be NULL. */
void live_send_error(struct live_page *page, const char *code,
                     const char *topic, const char *message);

/* Does the page watch the topic, and want to hear of it now? */
bool live_page_hears(const struct live_page *page,
                     const struct live_topic *topic);

/* Begin and end to watch. What fails is told to the page. */
void live_topic_watch(struct live_page *page, const char *name);
void live_topic_unwatch(struct live_page *page, const char *name);
void live_topic_unwatch_all(struct live_page *page);
/* The page is shown again: what it watches, as it is now. */
void live_topic_show_all(struct live_page *page);
/* Look at all of them. */
void live_topic_tick(struct live *live);

void live_free_if_done(struct live *live);

#endif
