/*
 * multipart/form-data (RFC 7578, RFC 2046) as it comes: pieces of a body go in,
 * the parts and their bytes come out, and memory is bounded whatever the size
 * of an upload. Pure: nothing is kept but a part's head and what may turn out
 * to be a boundary.
 *
 * For uploads into the store and for tasks' routes, whose bodies a sink of the
 * HTTP server hands over (net/http_exchange.h).
 *
 * Thread: any; a parser belongs to one body.
 */
#ifndef POND_NET_MULTIPART_H
#define POND_NET_MULTIPART_H

#include "base/buffer.h"

/* The limit on all lines of a part's head; more is ERR_LIMIT. */
#define MULTIPART_HEAD_MAX_BYTES 8192
/* Parts of one body; more is ERR_LIMIT. */
#define MULTIPART_PARTS_MAX 10000
/* The limit on a boundary (RFC 2046, 5.1.1). */
#define MULTIPART_BOUNDARY_MAX 70

struct multipart;

/* Texts are valid during the call. */
struct multipart_part {
    /* The name of the form's field: valid UTF-8 without control characters. */
    const char *name;
    /* NULL if the part is not a file. The name is the client's and may be a
     * path, which means nothing here. */
    const char *filename;
    /* "" if none is given. */
    const char *type;
};

/* Each part gives part, data (any number of times) and part_end, in this order.
 * If a function returns an ERR_*, the parsing ends, and multipart_write()
 * returns that code. */
struct multipart_events {
    int (*part)(void *user, const struct multipart_part *part);
    int (*data)(void *user, struct bytes data);
    int (*part_end)(void *user);
};

/* content_type: the request's header, with the boundary. ERR_INVALID if it is
 * not multipart/form-data or has no boundary. */
int multipart_new(const char *content_type,
                  const struct multipart_events *events, void *user,
                  struct multipart **out);

/* The next piece of the body, taken whole. ERR_INVALID (not of this form),
 * ERR_LIMIT, or what an event returned; the same again from then on. */
int multipart_write(struct multipart *multipart, struct bytes piece);

/* The body has ended. ERR_INVALID if the last boundary is missing. */
int multipart_end(const struct multipart *multipart);

/* NULL is allowed. */
void multipart_free(struct multipart *multipart);

/* A parameter of a header's value ("form-data; name=\"a b\""), appended; a
 * quoted one without its quotes and backslashes. ERR_NOT_FOUND without a text;
 * ERR_INVALID for a quote that does not end. */
int multipart_parameter(struct bytes value, const char *name,
                        struct buffer *out);

#endif
