/*
 * URLs as they may be shown and logged: without what in them lets somebody in.
 * Providers of endpoints put their customer's key into the query
 * (?api-key=KEY), into the path (/v2/KEY), or before the host (user:KEY@);
 * webhooks have their secret in the path.
 *
 * Thread: any; nothing is allocated.
 */
#ifndef POND_BASE_REDACT_H
#define POND_BASE_REDACT_H

#include <stddef.h>

/* Instead of each secret. */
#define REDACTED "[hidden]"

/* Room enough for any text that is logged. */
#define REDACT_SIZE_MAX 8192

enum redact_how {
    /* User names with passwords, and the values of queries. */
    REDACT_QUERIES,
    /* Parts of the path of 16 bytes and more as well. Not for texts in which
     * paths have the names of what is fetched. */
    REDACT_PATHS,
};

/* Copy a text with the secrets of all URLs in it left out, ended by a NUL and
 * cut where it does not fit. Gives the length of what was written. */
size_t redact_urls(const char *text, size_t size, enum redact_how how,
                   char *out, size_t out_size);

/* One URL, or several, for people: REDACT_PATHS. */
struct redacted {
    char text[REDACT_SIZE_MAX];
};
struct redacted redact_url(const char *url);

/* For an argument of a printf(): valid to the end of the full expression. */
#define REDACTED_URL(url) (redact_url(url).text)

#endif
