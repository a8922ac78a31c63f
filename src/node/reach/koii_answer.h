/*
 * The form in which Koii's node says over HTTP what went wrong:
 * {"message": text}, to pages of any origin.
 *
 * Thread: the one that owns the exchange.
 */
#ifndef POND_NODE_REACH_KOII_ANSWER_H
#define POND_NODE_REACH_KOII_ANSWER_H

#include "net/http_exchange.h"

void koii_answer_message(struct http_exchange *exchange, unsigned status,
                         const char *text);

#endif
