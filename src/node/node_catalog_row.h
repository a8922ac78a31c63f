/*
 * A task of the chain as a row of the catalog (node_catalog.h has its form),
 * out of the state in its account. Fields that are missing, or have not the
 * form, are empty, 0 or null, because one odd task must not hide the others.
 *
 * Pure. Thread: any.
 */
#ifndef POND_NODE_NODE_CATALOG_ROW_H
#define POND_NODE_NODE_CATALOG_ROW_H

#include "base/json.h"
#include "crypto/key.h"

/* How the data of every native task begins, and of no other account of the
 * program (settlement/task/task_render.h). */
#define CATALOG_NATIVE_BEGINNING "{\"is_allowlisted\""

/* Longer texts of strangers are cut. */
#define CATALOG_NAME_MAX 256
#define CATALOG_TEXT_MAX 4096

/* The caller releases it. */
struct json_object *catalog_row(const struct pubkey *task, bool is_kpl,
                                struct json_object *state);

/* Whole characters of the first bytes of a text; borrowed. */
struct bytes catalog_cut(const char *text, size_t most);

/* Further fields of a row. An amount becomes a decimal text. */
void catalog_add_text(struct json_object *row, const char *name,
                      const char *text, size_t most);
void catalog_add_count(struct json_object *row, const char *name, size_t count);
void catalog_copy_amount(struct json_object *state, const char *from,
                         struct json_object *row, const char *name);

#endif
