/*
 * What the modules of WebSocket share; not for others.
 */
#ifndef POND_NET_WEBSOCKET_STATE_H
#define POND_NET_WEBSOCKET_STATE_H

#include "net/stream.h"
#include "net/websocket.h"
#include "net/websocket_handshake.h"
#include <wslay/wslay.h>

/* Codes that are never sent (RFC 6455, 7.4.1). */
#define WEBSOCKET_NO_CODE 1005
#define WEBSOCKET_NO_GOODBYE 1006

#define WEBSOCKET_MAGIC 0x77736f63u /* "wsoc" */

enum websocket_stage {
    WEBSOCKET_CONNECTING,  /* client: there is no stream yet */
    WEBSOCKET_HANDSHAKING, /* client */
    WEBSOCKET_OPEN,
    WEBSOCKET_CLOSING, /* this end wants it closed */
    WEBSOCKET_ENDED    /* waits for the loop to let go of it */
};

/*
 * Invariants: frames exists from WEBSOCKET_OPEN on until the memory is freed,
 * also in WEBSOCKET_ENDED, because the end may come inside a callback of wslay.
 */
struct websocket {
    unsigned magic;
    uv_loop_t *loop;
    enum websocket_stage stage;
    struct websocket_limits limits;
    struct websocket_events events;
    void *user;

    /* NULL: none. */
    struct stream *stream;
    /* What it is watched for. */
    int watched;
    uv_timer_t timer;
    /* Looks of the timer since the last bytes from the peer. */
    unsigned silent_looks;

    wslay_event_context_ptr frames;
    /* Read, but not yet by frames. */
    struct buffer in;
    /* Bytes of frames that the system has not taken yet. */
    struct buffer out;
    /* How much of out the system has taken. */
    size_t out_sent;
    /* Bytes that may still be read in this turn of the loop. */
    size_t read_budget;
    /* Status to close with once the queue is empty, or 0. */
    uint16_t goodbye;
    /* Sent with it. */
    struct buffer goodbye_reason;
    /* What the peer said, 0: nothing yet. */
    uint16_t peer_code;
    struct buffer peer_reason;
    bool is_paused;
    /* The message being delivered. */
    bool is_binary;

    /* What closed will get, and the text for it. */
    int end_status;
    char *end_text;

    /* Client. */
    /* What goes on when the stream is ready, before WEBSOCKET_OPEN. */
    void (*progress)(struct websocket *websocket, int events);
    struct url url;
    /* Offered, or NULL; and chosen, "" for none. Owned. */
    char *protocols;
    char *protocol;
    /* Owned; url points into it. */
    char *url_text;
    /* That the server's answer must fit. */
    char key[WEBSOCKET_KEY_SIZE];

    /* Server: what was noted of the request; its list, and what it wants to
     * know at the very end. */
    struct buffer note;
    struct websocket *next;
    struct websocket *previous;
    void (*released)(struct websocket *websocket, void *owner);
    void *owner;
};

/* In stage WEBSOCKET_CONNECTING, with the limit on connecting running. */
struct websocket *websocket_new(uv_loop_t *loop,
                                const struct websocket_limits *limits,
                                const struct websocket_events *events,
                                void *user);

/* Use a stream that stands, which is taken over. */
void websocket_use(struct websocket *websocket, struct stream *stream);

/* Change what it is watched for (enum stream_event). */
void websocket_watch_for(struct websocket *websocket, int events);

/* Give the stream what is in out. ERR_NETWORK if the connection broke; 0 also
 * if the stream takes no more now. */
int websocket_flush(struct websocket *websocket);

/* The handshake is done: messages from now on. websocket->in may hold bytes
 * that came after it. Does not call opened. */
void websocket_open(struct websocket *websocket, bool is_server);

/* End the connection; closed gets status and err_text(). Safe anywhere, because
 * callbacks and freeing come later, from the loop. */
void websocket_end(struct websocket *websocket, int status);

/* As websocket_close() with a status code (RFC 6455, 7.4.1). */
void websocket_say_goodbye(struct websocket *websocket, uint16_t status);

#endif
