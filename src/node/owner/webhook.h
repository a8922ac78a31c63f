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

/* book is borrowed. ERR_INVALID for a URL that is none, or a secret that can't
 * be read. Blocks for the secret's file. */
int webhook_open(uv_loop_t *loop, const char *folder, const char *url,
                 struct notice_book *book, struct webhook **out);

/* There may be something to send. */
void webhook_look(struct webhook *webhook);

/* What is under way is given up; it is sent again at the next start. Frees when
 * the loop has let go of it. NULL is allowed. */
void webhook_close(struct webhook *webhook);

/* The signature's header for a message; appended. */
void webhook_sign(struct bytes key, uint64_t id, uint64_t timestamp_s,
                  struct bytes body, struct buffer *out);

#endif
