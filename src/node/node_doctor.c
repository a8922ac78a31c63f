/*
 * Everything here is at hand: nothing is asked for it, neither of settlement
 * nor of the disk.
 */
#include "node/node_doctor.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/amount.h"
#include "node/node_internal.h"
#include "node/node_notices.h"
#include "node/owner/stopped_book.h"
#include "node/owner/variable_book.h"
#include "node/page/doctor.h"

#include <inttypes.h>
#include <stdlib.h>

/* Bytes. Below this a store soon refuses what it is given. */
#define DISK_COMFORTABLE (5ull << 30)
#define GIB ((uint64_t)1 << 30)
/* Below it nothing can be sent (node_notices.c). */
#define FEES_LOW 200000000ull

static void examine_endpoint(const struct node *node, struct json_object *items)
{
    const char *url = client_shown_url(node->parts.client);

    if (*node->other_genesis)
        doctor_add(
            items, "settlement", "bad",
            "use an endpoint of this folder's network, or another folder",
            "%s is of another network", url);
    else if (node_is_connected(node))
        doctor_add(items, "settlement", "good", NULL,
                   "%s is at slot %" PRIu64 ", a slot takes %" PRIu32 " ms",
                   url, node->parts.slot, node->parts.slot_ms);
    else
        doctor_add(items, "settlement", "bad",
                   "see whether it runs, or choose another endpoint",
                   "%s does not answer", url);
}

static void examine_keys(const struct node *node, struct json_object *items)
{
    const struct signer_state *state = signer_state(node->parts.signer);
    uint64_t roe;

    if (state->is_shut)
        doctor_add(items, "keys", "warning", "unlock the node",
                   "the node is locked: nothing is signed");
    else if (state->state != SIGNER_READY)
        doctor_add(items, "keys", "bad", "start the node anew",
                   "nothing can be signed: %s",
                   *state->trouble ? state->trouble
                                   : "the keys are not open yet");
    else if (!state->is_sealed)
        doctor_add(items, "keys", "warning",
                   "`pond wallet seal` puts them under a passphrase",
                   "who can read the folder has the keys");
    else
        doctor_add(items, "keys", "good", NULL, "they are under a passphrase%s",
                   state->is_locked ? "" : ", and may be swapped out");
    if (!node_balance_of(node, NODE_KEY_MAIN, &roe))
        return;
    char *left = amount_words(roe, false);

    if (roe < FEES_LOW)
        doctor_add(items, "fees", "warning", "add coins to the main wallet",
                   "%s is left for fees", left);
    else
        doctor_add(items, "fees", "good", NULL, "the main wallet has %s", left);
    free(left);
}

static void examine_folder(const struct node *node, struct json_object *items)
{
    uint64_t bytes;

    if (!node_notices_disk(node, &bytes))
        return;
    doctor_add(items, "folder", bytes < DISK_COMFORTABLE ? "warning" : "good",
               bytes < DISK_COMFORTABLE ? "make room on its disk" : NULL,
               "%" PRIu64 ".%" PRIu64 " GiB are free for %s", bytes / GIB,
               bytes % GIB * 10 / GIB, node->options.folder);
}

static void examine_tasks(const struct node *node, struct json_object *items)
{
    enum confinement_wanted wanted = node->options.confinement;

    if (wanted != CONFINEMENT_WHOLE)
        doctor_add(
            items, "confinement", "warning",
            "start the node without --no-sandbox and --no-landlock",
            "tasks run with less around them than this machine may have: "
            "%s",
            confinement_name(wanted));
    else
        doctor_add(items, "confinement", "good", NULL,
                   "a task runs within every wall, or not at all");
}

/* ---- what a report hides ---- */

/* Under names of their own: tasks may give one name several values. */
static void write_given(const struct pubkey *task, const char *variables,
                        struct json_writer *writer)
{
    struct json_object *tree = NULL;

    if (!variables || json_parse(bytes_text(variables), &tree) ||
        !json_object_is_type(tree, json_type_object)) {
        json_object_put(tree);
        err_clear();
        return;
    }
    json_object_object_foreach(tree, name, value)
    {
        char *whole = mem_format("%s/%s", PUBKEY_TEXT(task), name);

        json_field_text(writer, whole, json_object_get_string(value));
        free(whole);
    }
    json_object_put(tree);
}

void node_doctor_values(const struct node *node, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    const struct stopped_task *stopped;

    CHECK_MAGIC(node, NODE_MAGIC);
    json_open_object(&writer);
    if (node->parts.variables)
        variable_book_values(node->parts.variables, &writer);
    for (size_t i = 0; i < node->runner_count; i++) {
        struct stopped_task task;

        task_runner_describe(node->runners[i], &task);
        write_given(&task.options.task, task.options.variables, &writer);
    }
    for (size_t i = 0;
         (stopped = stopped_book_at(node->parts.stopped, i)) != NULL; i++)
        write_given(&stopped->options.task, stopped->options.variables,
                    &writer);
    json_close_object(&writer);
}

/* ---- a look ---- */

void node_doctor_examine(const struct node *node, struct json_object *items)
{
    CHECK_MAGIC(node, NODE_MAGIC);
    examine_endpoint(node, items);
    examine_keys(node, items);
    examine_folder(node, items);
    examine_tasks(node, items);
}
