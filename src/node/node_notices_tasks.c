/*
 * What a node's tasks have to tell: each is looked at, and compared with what
 * was told of it last.
 */
#include "node/node_notices.h"

#include "base/clock.h"
#include "base/memory.h"
#include "node/money/amount.h"
#include "node/node_internal.h"
#include "node/node_trouble.h"
#include "node/owner/notice_book.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Rounds that a bounty pays still, below which its end is near. */
#define BOUNTY_ROUNDS_LOW 4

/* What is known of a value is the newest that was told; the first is not
 * worth a word. */
static bool has_changed(struct node *node, enum notice_kind kind,
                        const char *task, const char *value)
{
    const char *last = notice_book_last(node->parts.notices, kind, task);

    if (!last)
        notice_book_remember(node->parts.notices, clock_unix_ms(), kind, task,
                             value);
    return last && strcmp(last, value) != 0;
}

static void look_at_code(struct node *node, const char *task,
                         const struct task_runner_figures *figures)
{
    const char *code = figures->audit_program;

    if (!*code || !has_changed(node, NOTICE_EXECUTABLE_CHANGED, task, code))
        return;
    char *text = mem_format("The code of %s was changed by its creator, to %s.",
                            figures->name, code);

    notice_book_tell(node->parts.notices, clock_unix_ms(),
                     NOTICE_EXECUTABLE_CHANGED, task, code, text, NULL);
    free(text);
}

/* The sum of all claims is what tells one from the next. */
static void look_at_claims(struct node *node, const char *task,
                           const struct task_runner_figures *figures)
{
    const char *last =
        notice_book_last(node->parts.notices, NOTICE_REWARD_CLAIMED, task);
    uint64_t before = last ? strtoull(last, NULL, 10) : 0;
    char *sum = mem_format("%" PRIu64, figures->claimed);

    if (has_changed(node, NOTICE_REWARD_CLAIMED, task, sum) &&
        figures->claimed > before) {
        char *amount = amount_words(figures->claimed - before, figures->is_kpl);
        char *text = mem_format("%s came from %s to the main wallet.", amount,
                                figures->name);

        notice_book_tell(node->parts.notices, clock_unix_ms(),
                         NOTICE_REWARD_CLAIMED, task, sum, text, NULL);
        free(text);
        free(amount);
    }
    free(sum);
}

/* Nothing is said of a task that was switched off: it pays no round. */
static void look_at_bounty(struct node *node, const char *task,
                           const struct task_runner_figures *figures)
{
    uint64_t per_round = figures->bounty_per_round;
    uint64_t rounds = per_round ? figures->bounty / per_round : UINT64_MAX;
    bool is_active = figures->is_active && !figures->is_migrated;

    node_trouble(node, NOTICE_BOUNTY_LOW, task,
                 is_active && rounds && rounds < BOUNTY_ROUNDS_LOW,
                 mem_format("%s can pay %" PRIu64 " more round%s.",
                            figures->name, rounds, rounds == 1 ? "" : "s"),
                 mem_format("{\"n\":%" PRIu64 "}", rounds));
    node_trouble(
        node, NOTICE_BOUNTY_EMPTY, task, is_active && !rounds,
        mem_format("%s can't pay another round: its bounty is used up.",
                   figures->name),
        NULL);
}

static void look_at_terms(struct node *node, const char *task,
                          const struct task_runner_figures *figures)
{
    bool is_moved = figures->is_migrated;

    node_trouble(node, NOTICE_TASK_UPGRADE, task, is_moved,
                 mem_format("%s has a new version%s%s. Stop this one, take the "
                            "stake back, and start the new one.",
                            figures->name, *figures->migrated_to ? ": " : "",
                            figures->migrated_to),
                 NULL);
    node_trouble(
        node, NOTICE_TASK_INACTIVE, task, !figures->is_active && !is_moved,
        mem_format("%s was switched off by its creator.", figures->name), NULL);
    look_at_bounty(node, task, figures);
}

/* n: how often it was started again, of one that is started again. */
static char *failure_facts(const struct task_runner_figures *figures)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    json_open_object(&writer);
    /* One that runs again has none of its own. */
    enum task_reason reason =
        figures->run.is_running ? figures->end_reason : figures->reason;

    if (reason)
        json_field_text(&writer, "reason", task_reason_code(reason));
    json_field_text(&writer, "error", figures->error);
    if (!figures->run.has_failed)
        json_field_u64(&writer, "n", figures->run.ends);
    json_close_object(&writer);
    char *facts = mem_text(buffer_string(&text));
    buffer_free(&text);
    return facts;
}

static void look_at_task(struct node *node, struct task_runner *runner)
{
    struct task_runner_figures figures;
    char task[BASE58_KEY_SIZE];
    bool is_failed;

    task_runner_figures(runner, &figures);
    snprintf(task, sizeof(task), "%s", PUBKEY_TEXT(task_runner_task(runner)));
    is_failed = task_run_is_trouble(&figures.run);
    if (is_failed || task_run_is_well(&figures.run))
        node_trouble(
            node, NOTICE_TASK_FAILED, task, is_failed,
            mem_format("%s can't run: %s", figures.name,
                       *figures.error ? figures.error : "its log says why"),
            failure_facts(&figures));
    look_at_claims(node, task, &figures);
    if (!figures.is_known)
        return;
    look_at_terms(node, task, &figures);
    look_at_code(node, task, &figures);
}

void node_notices_look_at_tasks(struct node *node)
{
    for (size_t i = 0; i < node->runner_count; i++)
        if (!task_runner_is_stopping(node->runners[i]))
            look_at_task(node, node->runners[i]);
}
