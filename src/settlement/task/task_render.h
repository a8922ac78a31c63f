/*
 * A native task's account data, rendered from the rows on demand: the compact
 * JSON text that K2 keeps in the account. It begins {"is_allowlisted": and
 * holds the maps by base58 key, rounds as decimal strings, public keys as
 * arrays of 32 numbers where K2's clients expect them so.
 *
 * Every function appends to out. ERR_NOT_FOUND: no native task has this key.
 * Thread: that of the state.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_RENDER_H
#define POND_SETTLEMENT_TASK_TASK_RENDER_H

#include "base/buffer.h"
#include "crypto/key.h"

struct state;

/* Which maps a partial rendering holds (flags of getTaskAccountInfo). */
enum task_render_parts {
    TASK_RENDER_SUBMISSIONS = 1,
    TASK_RENDER_DISTRIBUTIONS = 2,
    TASK_RENDER_BALANCES = 4,
    TASK_RENDER_STAKES = 8,
    TASK_RENDER_ALL = 15,
};

/* Whether a native task has this key. */
bool task_render_exists(const struct state *state, const struct pubkey *task);

/* The whole text's length in bytes, without rendering it. */
int task_render_size(const struct state *state, const struct pubkey *task,
                     uint64_t *out);

/* TASK_RENDER_ALL gives the account's data, fewer parts getTaskAccountInfo's.
 */
int task_render(const struct state *state, const struct pubkey *task,
                unsigned parts, struct buffer *out);

/* The beginning of the text, at least size bytes unless the text is shorter,
 * for a memcmp filter or a data slice. If size lies before the maps, the cost
 * does not grow with the number of participants. */
int task_render_beginning(const struct state *state, const struct pubkey *task,
                          size_t size, struct buffer *out);

/* getTaskSubmissionInfo: {"submissions":{…},"submissions_audit_trigger":{…}} of
 * one round; round NULL: of every round. */
int task_render_submissions(const struct state *state,
                            const struct pubkey *task, const uint64_t *round,
                            struct buffer *out);

/* getTaskDistributionInfo: distribution_rewards_submission,
 * distributions_audit_trigger and distributions_audit_record. */
int task_render_distributions(const struct state *state,
                              const struct pubkey *task, const uint64_t *round,
                              struct buffer *out);

/* getMyTaskSubmissionRoundInfo: {"submission_value":…,"slot":…,"round":…}, or
 * null if this key submitted nothing in the round. */
int task_render_my_submission(const struct state *state,
                              const struct pubkey *task,
                              const struct pubkey *key, uint64_t round,
                              struct buffer *out);

/* getMyTaskStakeInfo. ERR_NOT_FOUND without a stake, with K2's text "No stake
 * available on this task". */
int task_render_my_stake(const struct state *state, const struct pubkey *task,
                         const struct pubkey *key, uint64_t *out);

#endif
