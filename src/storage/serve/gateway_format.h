/*
 * In which format a request wants what its path names.
 *
 * "format" in the query goes before Accept (specs.ipfs.tech/http-gateways).
 * A format that is named in the query and not served is an error and not a
 * file, because a client that asks for a TAR would save the page as one.
 */
#ifndef POND_STORAGE_SERVE_GATEWAY_FORMAT_H
#define POND_STORAGE_SERVE_GATEWAY_FORMAT_H

#include "net/http_exchange.h"

/* Media types of the trustless gateway, registered with IANA. */
#define GATEWAY_TYPE_RAW "application/vnd.ipld.raw"
#define GATEWAY_TYPE_CAR "application/vnd.ipld.car"

/* Browsers want FILE, clients that verify want RAW or CAR. */
enum gateway_format { GATEWAY_FILE, GATEWAY_RAW, GATEWAY_CAR };

/* ERR_UNSUPPORTED for a format that is not served, ERR_INVALID for a version
 * of CAR other than 1. */
int gateway_format_read(struct http_exchange *exchange,
                        enum gateway_format *out);

#endif
