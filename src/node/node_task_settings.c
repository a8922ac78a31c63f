#include "node/node_task_settings.h"

#include "node/node_internal.h"
#include "node/owner/limit_book.h"
#include "node/owner/variable_book.h"

void node_task_settings_copy(struct node *node, const struct pubkey *from,
                             const struct pubkey *to, node_control_done *done,
                             void *user)
{
    journal_writer_begin(node->parts.settings_writer);
    variable_book_copy_pairs(node->parts.variables, from, to);
    limit_book_copy(node->parts.limits, from, to);
    node_schedule_copy(node, from, to);
    journal_writer_end(node->parts.settings_writer, 0, done, user);
}

/* What is said of the whole is enough. */
static void on_part(void *user, int status)
{
}

/* Having none of its own is never refused. */
void node_task_settings_forget(struct node *node, const struct pubkey *task,
                               node_control_done *done, void *user)
{
    static const struct task_limits none;
    int status = 0;

    journal_writer_begin(node->parts.settings_writer);
    if (!node->has_other_accounts) {
        variable_book_unpair_all(node->parts.variables, task);
        status = limit_book_put(node->parts.limits, task, &none, on_part, NULL);
        if (!status)
            status = node_schedule_clear(node, task, on_part, NULL);
    }
    journal_writer_end(node->parts.settings_writer, status, done, user);
}
