/*
 * A report: some files in a folder, as tar compressed by gzip, that somebody
 * gives to who helps. What is added is masked (report_mask.h).
 *
 * Pure. Thread: any, one at a time.
 */
#ifndef POND_NODE_PAGE_REPORT_H
#define POND_NODE_PAGE_REPORT_H

#include "base/json.h"
#include "node/page/report_mask.h"

struct report;

/* mask is borrowed for the report's life. */
struct report *report_new(const struct report_mask *mask);
void report_free(struct report *report); /* NULL is allowed */

/* name: of at most 90 bytes of ASCII. */
void report_add(struct report *report, const char *name, struct bytes text);

/* {"items":[{"name","bytes"}]}, bytes before they are compressed. */
void report_list(const struct report *report, struct json_writer *writer);

/* Append the archive, whose files are below "pond-report/". made_s: Unix time
 * of the files. */
void report_pack(const struct report *report, uint64_t made_s,
                 struct buffer *out);

#endif
