/*
 * Notifications to a URL of the operator's, by Standard Webhooks
 * (standardwebhooks.com): a POST of
 *
 *   {"type":"notification.KIND", "timestamp":time, "data":{notification}}
 *
 * with the headers webhook-id, webhook-timestamp (Unix seconds) and
 * webhook-signature: "v1," and the base64 of the HMAC-SHA256 of
 * "ID.TIMESTAMP.BODY". The key is in <folder>/webhook.secret, as
 * "whsec_BASE64", made where there is none, mode 0600.
 *
 * One is under way at a time, the oldest first. Any answer of 2xx takes it;
 * else it is tried again after 2, 4, 8 … 3600 seconds, with the same id. 410
 * ends the sending until the node is started again. What was taken is written
 * down (notice_book.h), so a restart repeats nothing but the one that was under
 * way.
 *
 * The URL is the operator's own, so it may lead anywhere, this machine
 * included.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_OWNER_WEBHOOK_H
#define POND_NODE_OWNER_WEBHOOK_H

#include "node/owner/notice_book.h"
#include <uv.h>

struct webhook;

/* The key of the folder's secret, which is made where there is none; appended,
 * to be wiped. ERR_INVALID for one that can't be read. Blocks. Thread: any. */
int webhook_key(const char *folder, struct buffer *out);

/* book is borrowed, key is copied. ERR_INVALID for a URL that is none. */
int webhook_open(uv_loop_t *loop, struct bytes key, const char *url,
                 struct notice_book *book, struct webhook **out);

/* There may be something to send. */
void webhook_look(struct webhook *webhook);

/* Send one of the type notification.test, whatever else is under way. done
 * comes once, from the loop: with what it answered and after how many
 * milliseconds, ERR_BUSY where a test is under way, else as the HTTP client has
 * it. ERR_CANCELLED where the webhook is closed meanwhile. */
typedef void webhook_tested(void *user, int status, unsigned http_status,
                            uint64_t ms);
int webhook_test(struct webhook *webhook, webhook_tested *done, void *user);

/* Why the last one was not taken, for people; "" where it was. gone: it wants
 * no more. Valid until the next turn of the loop. */
const char *webhook_trouble(const struct webhook *webhook, bool *gone);

/* What is under way is given up; it is sent again at the next start. Frees when
 * the loop has let go of it. NULL is allowed. */
void webhook_close(struct webhook *webhook);

/* The signature's header for a message; appended. */
void webhook_sign(struct bytes key, uint64_t id, uint64_t timestamp_s,
                  struct bytes body, struct buffer *out);

#endif
