/*
 * The page's files, which web/build.py put into the program, and their answers.
 *
 * There are two pages, of one bundle: the operator's, on the control port of a
 * node, and the explorer, on the port of a validator. They differ in the file
 * that "/" is. All other files are below /a/; their names contain the hash of
 * what is in them, so a browser may keep them for ever.
 *
 * The files lie in read-only data, compressed, and are answered from there
 * without a copy.
 */
#ifndef POND_PAGE_PAGE_ASSETS_H
#define POND_PAGE_PAGE_ASSETS_H

#include "net/http_exchange.h"

/* Constant, as long as the program runs. */
struct page_asset {
    const char
        *path; /* "/a/main-7K2Q.js"; NULL in the entry that ends a table */
    const char *type; /* of its content, with the character set */
    const char *etag; /* with its quotes */
    const uint8_t *gzipped;
    size_t gzipped_size;
    size_t size; /* uncompressed */
};

/* What the build made (page_assets_table.c); or nothing, with -Dpage=disabled:
 * no entry, and an empty build. */
extern const struct page_asset page_assets[];
extern const char page_build[]; /* changes with any of the files */

enum page_door {
    PAGE_OF_NODE,
    PAGE_OF_CHAIN, /* the explorer alone */
};

/* NULL: there is none. path as http_path() has it: "/" is the door's. */
const struct page_asset *page_asset_find(const struct page_asset *assets,
                                         enum page_door door, const char *path);

/* Answer a request for "/" or something below "/a/", and say that it was one.
 * false: it is somebody else's, and was not touched.
 *
 * GET and HEAD; 405 for others. 304 where the browser has it already. 404 for a
 * name that there is not, 501 where the program was built without the page.
 * Who may ask is not looked at here: page_guard.h is asked before. */
bool page_answer(struct http_exchange *exchange, enum page_door door);

#endif
