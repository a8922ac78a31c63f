/*
 * What the parts of the gateway share. No other module includes this.
 */
#ifndef POND_STORAGE_SERVE_GATEWAY_STATE_H
#define POND_STORAGE_SERVE_GATEWAY_STATE_H

#include "base/buffer.h"
#include "net/http_exchange.h"
#include "storage/format/unixfs.h"
#include "storage/serve/gateway_format.h"
#include "storage/store/store.h"

/* What a CID names never changes: cached for a year, the longest that
 * RFC 9111's readers agree on. A page made here (a listing) may look different
 * with the next version. */
#define CACHE_IMMUTABLE "public, max-age=29030400, immutable"
#define CACHE_LISTING "public, max-age=604800, stale-while-revalidate=2678400"

/* One request, as far as it is understood. */
struct visit {
    /* Borrowed; outlives the server. */
    struct store *store;
    struct http_exchange *exchange;
    /* Decoded, from GATEWAY_PREFIX on; borrowed from the exchange. */
    const char *whole_path;
    struct cid root;
    /* Below the root, decoded; borrowed from the exchange. */
    struct bytes path;
    enum gateway_format format;
    /* What the path names; only the CID is set for a bare block or DAG. */
    struct unixfs_entry entry;
    /* CIDs (struct cid) of the blocks that lead to the entry. */
    struct buffer trail;
};

/* A line of text for people; programs go by the status. */
void gateway_error(struct http_exchange *exchange, int status);

/* Put the headers that all answers to a CID have. True if the client has the
 * content already: then the exchange is answered. */
bool gateway_answer_known(struct visit *visit, const char *etag,
                          const char *cache);

/* "filename" in the query; NULL for none. */
const char *gateway_wished_name(struct visit *visit);

/* The header that names a file, if a name or a download is wished for. */
void gateway_name_file(struct visit *visit);

/* The header that makes the answer a download, under the name that the client
 * wishes or that of the entry's CID. */
void gateway_name_download(struct visit *visit, const char *ending);

/* The DAG, or as much of it as is asked for, as an archive. */
void gateway_car(struct visit *visit);

#endif
