/*
 * Links on the page are absolute, so the page works with and without a slash at
 * the end of its address. Sizes are those that the directory claims, because
 * finding them out would cost a read of each entry.
 *
 * There is no script and no style: the page is a table that every browser shows
 * and that curl's users can read. Names are a stranger's: in a link they are
 * percent-encoded, in text escaped, and they appear nowhere else.
 */
#include "storage/serve/gateway_listing.h"
#include "base/check.h"
#include "net/url.h"
#include "storage/files/unixfs_export.h"
#include "storage/serve/gateway.h"

#include <inttypes.h>

void gateway_encode_path(struct bytes path, struct buffer *out)
{
    for (size_t i = 0; i < path.size; i++) {
        if (path.data[i] == '/')
            buffer_u8(out, '/');
        else
            url_encode(bytes_make(path.data + i, 1), out);
    }
}

/* Escaped for text and for attributes in double quotes, the only places that
 * this page has. */
static void html_text(struct buffer *out, struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '<':
            buffer_text(out, "&lt;");
            break;
        case '>':
            buffer_text(out, "&gt;");
            break;
        case '&':
            buffer_text(out, "&amp;");
            break;
        case '"':
            buffer_text(out, "&quot;");
            break;
        default:
            buffer_u8(out, text.data[i]);
        }
    }
}

struct listing {
    struct buffer *out;
    /* Path of the directory, encoded, with its slash. */
    struct bytes base;
    /* Entries written, and the one too many. */
    unsigned count;
};

/* Ends unixfs_list() without being an error. */
#define LISTING_FULL 1

/* unixfs_list() calls this for each row. */
static int list_entry(void *user, struct bytes name,
                      const struct unixfs_entry *entry)
{
    struct listing *listing = user;

    /* This stops the walk over the directory as well, because a page of a
     * million names is of no use. */
    if (listing->count++ == GATEWAY_LISTING_MAX)
        return LISTING_FULL;
    buffer_text(listing->out, "<tr><td><a href=\"");
    buffer_bytes(listing->out, listing->base);
    url_encode(name, listing->out);
    buffer_text(listing->out, "\">");
    html_text(listing->out, name);
    buffer_format(listing->out,
                  "</a></td><td>%" PRIu64
                  "</td><td><code>%s</code></td></tr>\n",
                  entry->dag_bytes, CID_TEXT(&entry->cid));
    return 0;
}

/* Everything before the first row. */
static void write_head(struct buffer *out, struct bytes title)
{
    buffer_text(out, "<!doctype html>\n<meta charset=\"utf-8\">\n<title>");
    html_text(out, title);
    buffer_text(out, "</title>\n<h1>Index of ");
    html_text(out, title);
    buffer_text(out, "</h1>\n<table>\n<tr><th>name</th><th>bytes</th>"
                     "<th>CID</th></tr>\n");
}

/* base is for links and encoded, title for people and escaped. */
int gateway_listing(struct store *store, const struct cid *root,
                    struct bytes path, const struct cid *directory,
                    struct buffer *out)
{
    struct buffer title = {0}, base = {0};
    struct listing listing = {.out = out};

    CHECK(!path.size || path.data[0] == '/');
    path = bytes_trim_right(path, '/');
    buffer_format(&title, GATEWAY_PREFIX "%s", CID_TEXT(root));
    buffer_bytes(&base, buffer_view(&title));
    buffer_bytes(&title, path);
    gateway_encode_path(path, &base);
    buffer_u8(&title, '/');
    buffer_u8(&base, '/');
    listing.base = buffer_view(&base);
    write_head(out, buffer_view(&title));
    int status = unixfs_list(store, directory, list_entry, &listing);
    /* Also on an error: the caller then drops the page. */
    buffer_text(out, "</table>\n");
    if (status == LISTING_FULL) {
        buffer_format(out, "<p>Only the first %d entries are shown.</p>\n",
                      GATEWAY_LISTING_MAX);
        status = 0;
    }
    buffer_free(&title);
    buffer_free(&base);
    return status;
}
