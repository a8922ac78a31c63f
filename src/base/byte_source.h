/*
 * Bytes that come piece by piece, as their taker asks for them: so that a body
 * of any size passes from one side to another without being held, and a taker
 * that is slow makes the sender wait.
 *
 * Whoever makes a source says how long it lives. One read is under way at a
 * time; after a last piece or a failure there is none.
 *
 * Thread: the loop's.
 */
#ifndef POND_BASE_BYTE_SOURCE_H
#define POND_BASE_BYTE_SOURCE_H

#include "base/bytes.h"
#include <stdbool.h>

/* status 0: piece is what comes next, valid during the call; it may be empty.
 * is_last: nothing follows it. Otherwise the source has failed: an ERR_*, with
 * its words in err_text(). */
typedef void byte_source_done(void *user, int status, struct bytes piece,
                              bool is_last);

struct byte_source {
    /* Ask for the next piece: done is called once, later, from the loop. */
    void (*read)(void *user, byte_source_done *done, void *done_user);
    /* The read under way is not answered. */
    void (*cancel)(void *user);
    void *user;
};

#endif
