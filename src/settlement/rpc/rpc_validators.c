#include "settlement/rpc/rpc_validators.h"

#include "base/check.h"
#include "base/clock.h"

/* The distance from which Solana's nodes call themselves behind
 * (HEALTH_CHECK_SLOT_DISTANCE). */
#define BEHIND_SLOTS 128

/* Without a final block for so many slots' time, and at least so long, nobody
 * should be sent here. */
#define STALLED_SLOTS 128
#define STALLED_MIN_MS 30000

static void read_genesis(const struct rpc_options *options, struct arena *arena,
                         struct rpc_validators *out)
{
    const struct genesis *genesis = ledger_genesis(options->ledger);
    out->count = genesis->validator_count;
    out->at = arena_zero(arena, out->count * sizeof(*out->at));
    for (size_t i = 0; i < out->count; i++) {
        struct cluster_validator *at = &out->at[i];
        *at = cluster_validator_of(&genesis->validators[i]);
        if (!pubkey_equal(&at->identity, &options->identity))
            continue;
        out->state.has_self = at->is_connected = true;
        out->state.self = (uint16_t)i;
    }
}

void rpc_validators_read(struct rpc_request *request,
                         struct rpc_validators *out)
{
    const struct rpc_options *options = request->options;
    const struct ledger_view *view = request->view;
    struct arena *arena = &request->arena;
    CHECK(view);
    *out = (struct rpc_validators){.count = 0};
    if (options->cluster) {
        out->count = cluster_view_count(options->cluster);
        out->at = cluster_view_validators(options->cluster, arena);
        cluster_view_state(options->cluster, &out->state);
    } else {
        read_genesis(options, arena, out);
    }
    for (size_t i = 0; i < out->count; i++)
        out->stake += out->at[i].stake;
    if (out->count == 1) {
        out->at[0].last_vote = ledger_view_height(view, LEDGER_PROCESSED)->slot;
        out->at[0].root_slot = ledger_view_height(view, LEDGER_FINALIZED)->slot;
    }
}

/* A block on disk is final, so a quorum has signed it: what the view has of
 * another block of the slot is not taken for it. */
bool rpc_signers_find(struct rpc_request *request, uint64_t slot,
                      const struct rpc_validators *validators,
                      struct cluster_signers *out)
{
    struct cluster_view *cluster = request->options->cluster;
    const struct executed_block *block = ledger_view_block(request->view, slot);
    if (!cluster || validators->count == 1 ||
        !cluster_view_signers(cluster, slot, block ? &block->hash : NULL,
                              &request->arena, out))
        return false;
    return block || 3 * out->notarized_stake > 2 * validators->stake ||
           3 * out->finalized_stake > 2 * validators->stake;
}

uint64_t rpc_slots_behind(const struct cluster_validator *validator,
                          uint64_t slot)
{
    if (validator->last_vote == CLUSTER_NO_SLOT)
        return UINT64_MAX;
    return slot > validator->last_vote ? slot - validator->last_vote : 0;
}

bool rpc_is_stalled(const struct rpc_options *options, uint64_t *behind)
{
    struct cluster_state state;
    *behind = 0;
    if (!options->cluster || cluster_view_count(options->cluster) == 1)
        return false;
    cluster_view_state(options->cluster, &state);
    struct bank *bank = ledger_newest(options->ledger, LEDGER_CONFIRMED);
    uint64_t slot = bank_info(bank)->slot;
    bank_release(bank);
    if (state.certified_slot > slot &&
        state.certified_slot - slot > BEHIND_SLOTS)
        *behind = state.certified_slot - slot;
    uint64_t limit_ms =
        STALLED_SLOTS * ledger_genesis(options->ledger)->slot_ms;
    if (limit_ms < STALLED_MIN_MS)
        limit_ms = STALLED_MIN_MS;
    return state.halt[0] || !state.final_ms ||
           clock_monotonic_ms() > state.final_ms + limit_ms;
}

void rpc_field_text_or_null(struct json_writer *out, const char *name,
                            const char *text)
{
    if (text && text[0])
        json_field_text(out, name, text);
    else
        json_field_null(out, name);
}
