/*
 * Reading the header Cookie (RFC 6265, 4.2.1 and 5.4).
 *
 * A name can come several times: another port of the same host can plant a
 * cookie of the same name with a longer path, which a browser sends first. So a
 * reader looks at each.
 *
 * Pure.
 */
#ifndef POND_PAGE_COOKIE_H
#define POND_PAGE_COOKIE_H

#include "base/bytes.h"
#include <stdbool.h>

/* The next value of that name in *rest, which is moved behind it: begin with
 * the whole header. False at the end. *value points into the header; it is what
 * stands between '=' and ';' without white space around it. */
bool cookie_next(struct bytes *rest, const char *name, struct bytes *value);

#endif
