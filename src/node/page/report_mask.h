/*
 * What goes out of a report before somebody else reads it, wherever it stands
 * in a log or a status: values of variables, secret keys, phrases, what lets
 * somebody in by a URL, addresses of others, the operator's home folder.
 *
 * A value, a key and a phrase are known by themselves; addresses by their form.
 * What somebody has coded or taken apart is not found: this is against
 * mistakes.
 *
 * Pure. Thread: any, one at a time.
 */
#ifndef POND_NODE_PAGE_REPORT_MASK_H
#define POND_NODE_PAGE_REPORT_MASK_H

#include "base/buffer.h"

/* In the place of each. */
#define REPORT_HIDDEN "[hidden]"
#define REPORT_ADDRESS "[address]"

/* Bytes. Shorter values are words ("1", "true"): hiding those would take more
 * from a report than it keeps from others. */
#define REPORT_VALUE_MIN 6

struct report_mask;

/* values: a JSON object of texts, the values of all variables, which are
 * copied; home: a folder that is written as "~"; either may be NULL. */
struct report_mask *report_mask_new(const char *values, const char *home);
void report_mask_free(struct report_mask *mask); /* wiped */

/* Append the text without them. Bytes that are no UTF-8 stay as they are. */
void report_mask_write(const struct report_mask *mask, struct bytes text,
                       struct buffer *out);

#endif
