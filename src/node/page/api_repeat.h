/*
 * Answers of orders that move coins, by their Idempotency-Key: an order that is
 * sent again, because its answer was lost or a button pressed twice, is not
 * carried out again and gets the same answer.
 *
 * The last 256 are kept, for a day, in memory. Pure.
 */
#ifndef POND_NODE_PAGE_API_REPEAT_H
#define POND_NODE_PAGE_API_REPEAT_H

#include "base/buffer.h"
#include "crypto/key.h"

#define API_REPEATS_MAX 256
#define API_REPEAT_MS (24ull * 3600 * 1000)
/* A UUID as text (RFC 9562, 4). */
#define API_REPEAT_KEY_SIZE 36

struct api_repeats;
struct api_request;

struct api_repeat_entry {
    uint64_t session, at_ms;
    char key[API_REPEAT_KEY_SIZE + 1];
    struct hash order; /* of method, path and body */
    bool is_there, is_done;
    unsigned http_status; /* once it is done */
    struct buffer answer;
    struct api_request *waiting; /* for the answer, a list of the API's */
};

struct api_repeats *api_repeats_new(void);
void api_repeats_free(struct api_repeats *repeats);

/* Lower or upper case. */
bool api_repeat_is_key(const char *text);

/* A copy of a key in lower case, for what is named by it: a UUID is the same in
 * either. */
char *api_repeat_name(const char *key);

enum api_repeat {
    API_REPEAT_NEW,   /* *entry is made for it; it is under way now */
    API_REPEAT_WAIT,  /* it is under way: the answer comes */
    API_REPEAT_DONE,  /* the answer is there */
    API_REPEAT_OTHER, /* the key was used for another order */
};

/* *entry is valid until the next call. One that is under way does not give way
 * to another. */
enum api_repeat api_repeats_find(struct api_repeats *repeats, uint64_t session,
                                 const char *key, const struct hash *order,
                                 uint64_t now_ms,
                                 struct api_repeat_entry **entry);

/* The order was not carried out: as if it had not come. */
void api_repeats_drop(struct api_repeat_entry *entry);

#endif
