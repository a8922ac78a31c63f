/*
 * Methods that are this network's own: what `pond chain validators` and
 * `pond chain block` show. Any HTTP thread.
 */
#include "settlement/rpc/rpc_validators.h"

#include "base/clock.h"
#include "settlement/format/leader.h"

static void field_slot_or_null(struct json_writer *out, const char *name,
                               uint64_t slot)
{
    if (slot == CLUSTER_NO_SLOT)
        json_field_null(out, name);
    else
        json_field_u64(out, name, slot);
}

static void write_validator(struct json_writer *out,
                            const struct cluster_validator *at, uint64_t slot)
{
    json_open_object(out);
    rpc_field_text_or_null(out, "address", at->address);
    field_slot_or_null(out, "behind", rpc_slots_behind(at, slot));
    json_field_u64(out, "commission", at->commission);
    json_field_bool(out, "connected", at->is_connected);
    rpc_field_key(out, "identity", &at->identity);
    field_slot_or_null(out, "lastVote", at->last_vote);
    field_slot_or_null(out, "rootSlot", at->root_slot);
    rpc_field_text_or_null(out, "rpc", at->rpc);
    json_field_u64(out, "stake", at->stake);
    rpc_field_text_or_null(out, "version", at->version);
    rpc_field_key(out, "vote", &at->vote);
    json_close_object(out);
}

static const struct pubkey *leader_of(const struct rpc_request *request,
                                      uint64_t slot)
{
    return &leader_at(ledger_schedule(request->options->ledger), slot)
                ->identity;
}

/* How long nothing has become final, where several agree on it. */
static void write_final_age(struct json_writer *out,
                            const struct rpc_validators *validators)
{
    uint64_t now_ms = clock_monotonic_ms();
    json_name(out, "finalAgeMs");
    if (validators->count == 1 || !validators->state.final_ms)
        json_write_null(out);
    else
        json_write_u64(out, now_ms > validators->state.final_ms
                                ? now_ms - validators->state.final_ms
                                : 0);
}

/* What was dropped, cut off, fetched and forwarded. A validator that is alone
 * has no dealings with others. */
static void write_counters(struct json_writer *out,
                           const struct rpc_validators *validators)
{
    const struct cluster_counters *all = &validators->state.counters;
    const struct replica_counters *replica = &all->replica;
    json_name(out, "counters");
    if (validators->count == 1) {
        json_write_null(out);
        return;
    }
    json_open_object(out);
    json_field_u64(out, "answersUnasked", replica->answers_unasked);
    json_field_u64(out, "answersWrong", replica->answers_wrong);
    json_field_u64(out, "blocksEarly", replica->blocks_early);
    json_field_u64(out, "blocksExcess", replica->blocks_excess);
    json_field_u64(out, "blocksFetched", replica->blocks_fetched);
    json_field_u64(out, "bodiesWrong", replica->bodies_wrong);
    json_field_u64(out, "connectionsRefused", all->connections_refused);
    json_field_u64(out, "cutFlood", all->cut_flood);
    json_field_u64(out, "cutSlow", all->cut_slow);
    json_field_u64(out, "cutWrong", all->cut_wrong);
    json_field_u64(out, "framesWrong", replica->frames_wrong);
    json_field_u64(out, "handshakesFailed", all->handshakes_failed);
    json_field_u64(out, "headersWrong", replica->headers_wrong);
    json_field_u64(out, "piecesWrong", replica->pieces_wrong);
    json_field_u64(out, "questionsExcess", replica->questions_excess);
    json_field_u64(out, "transactionsExcess", replica->transactions_excess);
    json_field_u64(out, "transactionsForwarded", all->transactions_forwarded);
    json_field_u64(out, "votesFlooded", replica->votes_flooded);
    json_close_object(out);
}

/* [] gives all validators, the slots of the three commitments, who leads the
 * newest slot, whose coins requestAirdrop gives, why the network does not go
 * on, if it does not, and what this node dropped, cut off, fetched and
 * forwarded since it was started. "self" is null at a node that only watches.
 */
static int pond_validators(struct rpc_request *request)
{
    struct ledger_view *view;
    struct rpc_validators validators;
    struct json_writer *out = &request->out;
    request->level = LEDGER_PROCESSED;
    int status = rpc_view(request, &view);
    if (status)
        return status;
    rpc_validators_read(request, &validators);
    uint64_t slot = ledger_view_tip(view)->slot;
    json_open_object(out);
    for (int level = 0; level < LEDGER_LEVELS; level++)
        json_field_u64(
            out, rpc_level_name((enum ledger_level)level),
            ledger_view_height(view, (enum ledger_level)level)->slot);
    write_counters(out, &validators);
    if (request->options->faucet)
        rpc_field_key(out, "faucet", &request->options->faucet->pubkey);
    else
        json_field_null(out, "faucet");
    write_final_age(out, &validators);
    rpc_field_text_or_null(out, "halted", validators.state.halt);
    rpc_field_key(out, "leader", leader_of(request, slot));
    if (validators.state.has_self)
        rpc_field_key(out, "self",
                      &validators.at[validators.state.self].identity);
    else
        json_field_null(out, "self");
    json_field_u64(out, "totalStake", validators.stake);
    json_name(out, "validators");
    json_open_array(out);
    for (size_t i = 0; i < validators.count; i++)
        write_validator(out, &validators.at[i], slot);
    json_close_array(out);
    json_close_object(out);
    return 0;
}

static void write_signers(struct json_writer *out, const char *name,
                          const struct rpc_validators *validators,
                          const bool *signs, uint64_t stake)
{
    json_name(out, name);
    json_open_object(out);
    json_field_u64(out, "stake", stake);
    json_name(out, "validators");
    json_open_array(out);
    for (size_t i = 0; i < validators->count; i++)
        if (signs[i])
            rpc_write_key(out, &validators->at[i].identity);
    json_close_array(out);
    json_close_object(out);
}

/* [slot?] gives the block of the slot, or of the newest certified one: its two
 * hashes, who led, how sure it is, and who signed. "blockhash" is what clients
 * know, "blockHash" what validators do, in their log and --restart-from.
 * "notarized" and "finalized" are null if nobody votes, or if the block is
 * older than the votes that are kept. */
static int pond_block_signers(struct rpc_request *request)
{
    uint64_t slot;
    struct ledger_view *view;
    struct ledger_header header;
    struct rpc_validators validators;
    struct cluster_signers signers;
    struct hash hash;
    struct json_writer *out = &request->out;
    request->level = LEDGER_PROCESSED;
    int status = rpc_view(request, &view);
    if (status)
        return status;
    slot = ledger_view_height(view, LEDGER_CONFIRMED)->slot;
    if (rpc_parameter(request, 0))
        status = rpc_parameter_u64(request, 0, &slot);
    if (!status)
        status = rpc_find_header(request, slot, &header);
    if (status)
        return status;
    status = ledger_block_hash(view, slot, &hash);
    if (status)
        return rpc_fail_status(request, status);
    rpc_validators_read(request, &validators);
    bool is_known = rpc_signers_find(request, slot, &validators, &signers);
    json_open_object(out);
    rpc_field_hash(out, "blockHash", &hash);
    rpc_field_hash(out, "blockhash", &header.blockhash);
    json_field_text(out, "commitment",
                    rpc_level_name(rpc_level_of(view, slot)));
    if (is_known)
        write_signers(out, "finalized", &validators, signers.finalized,
                      signers.finalized_stake);
    else
        json_field_null(out, "finalized");
    rpc_field_key(out, "leader", leader_of(request, slot));
    if (is_known)
        write_signers(out, "notarized", &validators, signers.notarized,
                      signers.notarized_stake);
    else
        json_field_null(out, "notarized");
    json_field_u64(out, "parentSlot", header.parent_slot);
    json_field_u64(out, "slot", slot);
    json_field_u64(out, "totalStake", validators.stake);
    json_field_u64(out, "transactions", header.transaction_count);
    json_close_object(out);
    return 0;
}

const struct rpc_method rpc_pond_methods[] = {
    {"pondBlockSigners", 0, 1, pond_block_signers},
    {"pondValidators", 0, 0, pond_validators},
    {0},
};
