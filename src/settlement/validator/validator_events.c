/*
 * What the validator's threads have to say. Subscribers are told through
 * PubSub, which brings it to the loop. A failure goes to the loop through an
 * inbox, with its text, because texts of errors belong to threads. The
 * validator does not stop itself: its owner stops it.
 */
#include "settlement/validator/validator_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "consensus/vote.h"
#include "settlement/chain/performance.h"
#include "settlement/chain/snapshot_keeper.h"
#include <stdio.h>
#include <stdlib.h>

/* A failure on its way from a thread to the loop. */
struct word {
    struct inbox_item item;
    int failure;
    char failure_text[ERR_TEXT_SIZE];
};

void validator_shown(void *user, const struct ledger_news *news)
{
    struct validator *validator = user;
    pubsub_published(validator->pubsub, news);
}

void validator_final(void *user, const struct executed_block *block)
{
    struct validator *validator = user;
    const struct bank_info *info = bank_info(block->bank);
    performance_note(validator->performance, info->slot,
                     info->transaction_count, clock_monotonic_ms());
    if (validator->snapshots)
        snapshot_keeper_note(validator->snapshots, info->slot);
}

void validator_happened(void *user, const struct execution_event *event)
{
    struct validator *validator = user;
    if (event->kind == EXECUTION_SHOWN)
        validator_shown(user, &event->news);
    if (event->kind == EXECUTION_FINAL)
        validator_final(user, event->block);
    if (event->kind == EXECUTION_EXECUTED && event->verdict == VERDICT_INVALID)
        pubsub_tell_stage(validator->pubsub, PUBSUB_DEAD, event->slot, 0,
                          clock_unix_ms(), "the block is not valid");
}

/* Small blocks come whole, so their first bytes are told
 * with the last. */
void validator_received(void *user, uint64_t slot)
{
    struct validator *validator = user;
    uint64_t now_ms = clock_unix_ms();
    pubsub_tell_stage(validator->pubsub, PUBSUB_FIRST_SHRED, slot, 0, now_ms,
                      NULL);
    pubsub_tell_stage(validator->pubsub, PUBSUB_COMPLETED, slot, 0, now_ms,
                      NULL);
}

void validator_voted(void *user, const struct vote *vote)
{
    struct validator *validator = user;
    const struct genesis_validator *voter =
        &validator->folder.genesis.validators[vote->validator];
    pubsub_tell_vote(validator->pubsub, &voter->vote_account, vote->slot,
                     &vote->value, &vote->signature);
}

/* If several fail, the first word counts. */
void validator_failed(void *user, int status)
{
    struct validator *validator = user;
    struct word *word = mem_zero(1, sizeof(*word));
    log_error("validator", "can't go on: %s", err_text());
    word->failure = status;
    snprintf(word->failure_text, sizeof(word->failure_text), "%s", err_text());
    inbox_put(validator->inbox, &word->item);
}

void validator_flush_failed(void *user, int status)
{
    struct validator *validator = user;
    err_add(status, "the ledger in %s can't be written",
            validator->folder.ledger_path);
    validator_failed(user, status);
}

void validator_report_failure(struct validator *validator)
{
    if (!validator->failure || validator->is_failure_reported ||
        !validator->options.failed)
        return;
    validator->is_failure_reported = true;
    err_set(validator->failure, "%s", validator->failure_text);
    validator->options.failed(validator->options.user, validator->failure);
}

static void note_failure(struct validator *validator, const struct word *word)
{
    if (validator->failure)
        return;
    validator->failure = word->failure;
    memcpy(validator->failure_text, word->failure_text,
           sizeof(validator->failure_text));
}

void validator_take_word(void *user, struct inbox_item *item)
{
    struct validator *validator = user;
    struct word *word = INBOX_OF(item, struct word, item);
    note_failure(validator, word);
    free(word);
    validator_report_failure(validator);
}

void validator_drop_words(struct validator *validator)
{
    struct inbox_item *item = inbox_drain(validator->inbox);
    while (item) {
        struct word *word = INBOX_OF(item, struct word, item);
        item = item->next;
        note_failure(validator, word);
        free(word);
    }
}
