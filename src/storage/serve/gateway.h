/*
 * The IPFS gateway over the local store (specs.ipfs.tech/http-gateways):
 *
 *     GET, HEAD /ipfs/CID[/path]              files and directory listings
 *     GET, HEAD /ipfs/CID[/path]?format=raw   one block (trustless)
 *     GET, HEAD /ipfs/CID[/path]?format=car   a DAG as CARv1 (trustless)
 *
 * The same is chosen by Accept: application/vnd.ipld.raw, …car. Only what is
 * here is served; nothing is fetched. Answers are immutable and cached as
 * such; ranges and If-None-Match work.
 *
 * The owner of an HTTP server hands every request whose path begins with
 * GATEWAY_PREFIX to gateway_handle().
 */
#ifndef POND_STORAGE_SERVE_GATEWAY_H
#define POND_STORAGE_SERVE_GATEWAY_H

#include "storage/store/store.h"

#define GATEWAY_PREFIX "/ipfs/"

struct http_exchange;

/* Answer one request out of the store; never fails: errors become HTTP
 * statuses with a line of text. The store must outlive the server. Thread:
 * any. */
void gateway_handle(struct store *store, struct http_exchange *exchange);

/* The same at another path than the request's: the part of http_path() from
 * GATEWAY_PREFIX on, for an owner that serves contents below a prefix of its
 * own. */
void gateway_handle_at(struct store *store, struct http_exchange *exchange,
                       const char *path);

#endif
