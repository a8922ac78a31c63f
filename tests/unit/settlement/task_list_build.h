/*
 * A distribution list out of its entries, for tests, simulations and fuzz
 * harnesses. In Pond the text of a list is always a task's own.
 */
#ifndef POND_TESTS_SETTLEMENT_TASK_LIST_BUILD_H
#define POND_TESTS_SETTLEMENT_TASK_LIST_BUILD_H

#include "base/json.h"
#include "settlement/format/task_distribution_list.h"

/* Append the account data that holds this list, in the order given. */
static inline void task_list_build(const struct pubkey *task, uint64_t round,
                                   const struct task_list_entry *entries,
                                   size_t count, struct buffer *out)
{
    struct buffer list = {0};
    struct json_writer writer = json_writer_make(&list);

    json_open_object(&writer);
    for (size_t i = 0; i < count; i++)
        json_field_i64(&writer, PUBKEY_TEXT(&entries[i].key),
                       entries[i].amount);
    json_close_object(&writer);
    task_list_build_text(task, round, buffer_view(&list), out);
    buffer_free(&list);
}

#endif
