/*
 * What a page says on its WebSocket (live.h), read.
 *
 * Pure.
 */
#ifndef POND_NODE_PAGE_LIVE_MESSAGE_H
#define POND_NODE_PAGE_LIVE_MESSAGE_H

#include "base/bytes.h"

/* Longest name of a topic: a word, a slash and an id. */
#define LIVE_TOPIC_SIZE 129
/* A key in hexadecimal. */
#define LIVE_KEY_SIZE 65

/* Longest message; all there are are shorter by far. */
#define LIVE_MESSAGE_MAX 4096

enum live_message_type { LIVE_HELLO, LIVE_WATCH, LIVE_UNWATCH, LIVE_QUIET };

struct live_message {
    enum live_message_type type;
    char key[LIVE_KEY_SIZE];     /* LIVE_HELLO; a secret */
    char topic[LIVE_TOPIC_SIZE]; /* LIVE_WATCH, LIVE_UNWATCH */
    bool is_on;                  /* LIVE_QUIET */
};

/* ERR_INVALID for what is none of them; fields that are not known are passed
 * over. */
int live_message_read(struct bytes text, struct live_message *out);

#endif
