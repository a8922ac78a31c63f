/*
 * The page that shows a directory for which its maker has put no index.html.
 */
#ifndef POND_STORAGE_SERVE_GATEWAY_LISTING_H
#define POND_STORAGE_SERVE_GATEWAY_LISTING_H

#include "storage/store/store.h"

/* Entries on one page; the page says where it leaves some out. */
#define GATEWAY_LISTING_MAX 10000

/* Append the HTML page of directory, which is at path below root. Names are a
 * stranger's, so they are escaped. Errors as of unixfs_list(). */
int gateway_listing(struct store *store, const struct cid *root,
                    struct bytes path, const struct cid *directory,
                    struct buffer *out);

/* Percent-encode all but the slashes, appended. */
void gateway_encode_path(struct bytes path, struct buffer *out);

#endif
