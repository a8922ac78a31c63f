/*
 * Records of a name, as the machine's resolvers have them: where a service is
 * (SRV) and texts (TXT). Addresses are not looked up here: whoever connects to
 * a name from a record does it under its own address rule.
 *
 * Thread: the loop's, but for name_answer_read().
 */
#ifndef POND_NET_NAME_QUERY_H
#define POND_NET_NAME_QUERY_H

#include "base/buffer.h"
#include <netinet/in.h>
#include <uv.h>

struct name_query;

enum name_records { NAME_SRV, NAME_TXT };

/* Of one answer; more are left out. */
#define NAME_RECORDS_MAX 256

/* status 0: json is what Node's dns.resolveSrv() or dns.resolveTxt() gives,
 * valid during the call. ERR_NOT_FOUND: there is no such name, or none of its
 * records is one of these; ERR_TIMEOUT; ERR_NETWORK: resolvers that fail;
 * ERR_INVALID: an answer that does not read; ERR_BUSY. */
typedef void name_query_done(void *user, int status, struct bytes json);

/* Ask, on a thread of its own, for at most some seconds. server: to be asked in
 * place of the machine's resolvers; or NULL. done comes once, from the loop. */
struct name_query *name_query_start(uv_loop_t *loop, enum name_records records,
                                    const char *name,
                                    const struct sockaddr_in *server,
                                    name_query_done *done, void *user);

/* done does not come. */
void name_query_cancel(struct name_query *query);

/* Append the records of an answer (RFC 1035, 4; RFC 2782) as JSON. Pure. Its
 * errors are those of name_query_done. */
int name_answer_read(enum name_records records, struct bytes answer,
                     struct buffer *json);

#endif
