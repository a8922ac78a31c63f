/*
 * What needs the operator, as rows of the page's list: made of the node's
 * notifications (owner/notice_book.h), of its lock, and of browsers that were
 * connected.
 *
 * A row is {"kind", "level":"red|amber|info", "at":ms, "task":id, "text",
 * "read":bool}; kind is one that the page has a sentence for, or "told", whose
 * text is the sentence. What is no matter of attention, such as a reward that
 * came, is left out. A trouble that is over counts as read.
 *
 * Pure.
 */
#ifndef POND_NODE_PAGE_ATTENTION_H
#define POND_NODE_PAGE_ATTENTION_H

#include "base/json.h"
#include "node/page/sessions.h"

/* The id of the row that says that the node is locked; others are "n" and the
 * number of the notification, or "s" and the id of the session. */
#define ATTENTION_LOCKED "locked"

/* The row of a notification as notice_write() writes it; NULL: none. The caller
 * releases it. id: of the row. */
struct json_object *attention_row(struct json_object *notice, char id[24]);

/* Those that were not read, by id; notices: an array, oldest first. The newest
 * max of them. */
struct json_object *attention_rows(struct json_object *notices, bool is_locked,
                                   size_t max);

/* Add a row for each session that is not known, unless there is but one: the
 * browser that reads this is that. */
void attention_add_sessions(const struct sessions *sessions,
                            struct json_object *rows);

/* The number in a row's id that begins with that letter; false if it is no such
 * id. */
bool attention_number(const char *id, char letter, uint64_t *out);

#endif
