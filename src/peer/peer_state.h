/*
 * What the parts of a host share: peer_link (one connection), peer_news (ends,
 * and what is told), peer_connect (how connections come about), peer_host (the
 * face).
 */
#ifndef POND_PEER_PEER_STATE_H
#define POND_PEER_PEER_STATE_H

#include "base/rate.h"
#include "net/door.h"
#include "peer/peer_book.h"
#include "peer/peer_gate.h"
#include "peer/peer_host.h"
#include "peer/secure_stream.h"

/* The kind of the first frame each way. */
#define PEER_HELLO 1

enum peer_stage {
    PEER_CONNECTING,
    PEER_SECURING,
    PEER_GREETING, /* encrypted; the other end's hello has not come */
    PEER_STANDING,
    /* Another one has its place. What the other end has sent on it still
     * counts, and what waits on it still leaves; then it ends. */
    PEER_RETIRED,
    PEER_ENDED,
};

struct peer_link {
    struct peer_host *host;
    struct peer_link *next;
    struct peer_link *previous;
    uint64_t number;
    enum peer_stage stage;
    enum peer_lane lane;
    bool is_dialled;
    /* Whose it is; NULL: not known yet, or a stranger's. */
    struct peer_known *known;
    uint16_t index;
    struct pubkey identity;
    /* Where it comes from, if others made it. */
    peer_block block;
    /* It takes one of the strangers' places. */
    bool has_place;
    /* The encrypted stream, or the bare one while it is being connected; NULL
     * before that. */
    struct stream *stream;
    /* What lies below the encrypted stream, which owns it. */
    struct stream *tcp;
    struct peer_frame_reader reader;
    struct peer_queue queue;
    /* It has something to send that was not tried yet. */
    bool is_dirty;
    /* What it may send. */
    struct rate frames;
    struct rate bytes;
    /* 0, or since when a part of a frame is here. */
    uint64_t half_since_ms;
    /* 0, or reading rests until then. */
    uint64_t rest_until_ms;
    /* For the hello of the other end; of a retired one, for all. */
    uint64_t deadline_ms;
    /* 0: was never up. */
    uint64_t up_ms;
    /* That it is up was told, so its end has to be. */
    bool is_told;
    /* When a frame last went or came; when something was last taken. */
    uint64_t active_ms;
    uint64_t progress_ms;
    /* Why it ended, and in which stage. */
    enum peer_stage stage_ended;
    int status;
    char *text;
};

/* What a connection reports, from the loop. */
struct peer_link_hooks {
    /* The other end has proved its identity and the lane is agreed on. 0: go
     * on; else it ends with that. */
    int (*proved)(struct peer_link *link);
    /* Its hello came and is right. */
    void (*greeted)(struct peer_link *link);
    void (*frame)(struct peer_link *link, const struct peer_frame *frame);
};

struct peer_host {
    uint32_t magic;
    struct peer_host_options options;
    struct pubkey self;
    struct secure_identity identity;
    const struct peer_link_hooks *hooks;
    struct peer_gate *gate;
    struct peer_book *book;
    struct door *door; /* NULL: nobody can connect */
    uint16_t port;
    /* In any stage but the last. */
    struct peer_link *links;
    /* What ended and was not told yet, the oldest first. */
    struct peer_link *ended;
    struct peer_link **ended_tail;
    uint64_t numbers;
    /* Bytes of all messages that wait. */
    size_t queued;
    struct peer_counters counters;
    /* Runs once when something is to be sent or told. */
    uv_idle_t turn;
    void (*on_turn)(uv_idle_t *turn);
    /* Runs when something is due. */
    uv_timer_t timer;
    bool is_telling;
    unsigned handles;
};

static inline uint64_t peer_now_ms(const struct peer_host *host)
{
    return uv_now(host->options.loop);
}

#endif
