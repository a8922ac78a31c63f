/*
 * The headers that every answer to a browser carries: what a page may load and
 * run, that no other origin reads the answer or frames the page, and how long
 * it is kept.
 *
 * Sources: CSP Level 3, Trusted Types, Fetch (CORP), HTML (COOP,
 * Origin-Agent-Cluster), RFC 9111 and 8246 (Cache-Control).
 */
#ifndef POND_PAGE_PAGE_HEADERS_H
#define POND_PAGE_PAGE_HEADERS_H

#include "net/http_exchange.h"

enum page_keep {
    PAGE_DONT_KEEP,    /* answers of the API, errors */
    PAGE_KEEP_AND_ASK, /* "/": an ETag tells whether it is still the same */
    PAGE_KEEP_FOREVER, /* a file whose name is its hash */
};

/* Add them to the answer to come. */
void page_headers(struct http_exchange *exchange, enum page_keep keep);

#endif
