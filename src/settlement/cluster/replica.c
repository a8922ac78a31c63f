#include "settlement/cluster/replica.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/cluster/replica_internal.h"
#include "settlement/format/block_verify.h"

#include <stdlib.h>

#define NS_PER_MS UINT64_C(1000000)

/* ---- the machine ---- */

/* The machine has room for the blocks of this window and the next; those that
 * came before it are told again. */
static bool tell_of_window(struct replica *replica, struct replica_clock clock)
{
    struct consensus_status status;

    consensus_status(replica->consensus, &status);
    if (status.window == replica->window)
        return false;
    replica->window = status.window;
    for (const struct replica_block *at = replica->last;
         at && at->header.slot >= window_begin(status.window) &&
         at->header.slot > replica->root_slot;
         at = at->before)
        replica_tell(replica, clock, at);
    return true;
}

/* After everything that came in: do what the machine wants done, order what can
 * be executed, ask for what is missing, until nothing changes any more. */
static void settle(struct replica *replica, struct replica_clock clock)
{
    struct consensus_output output;
    bool has_more = true;

    while (has_more) {
        while (consensus_next(replica->consensus, &output))
            replica_act(replica, clock, &output);
        has_more = tell_of_window(replica, clock);
        replica_repair(replica, clock);
        has_more |= replica_order(replica, clock);
        has_more |= replica_restart(replica, clock);
    }
}

/* ---- life ---- */

struct replica *replica_new(const struct replica_options *options,
                            struct replica_clock clock)
{
    struct replica *replica = mem_zero(1, sizeof(*replica));

    replica->magic = REPLICA_MAGIC;
    replica->options = *options;
    replica->options.record = NULL;
    replica->has_record = options->record != NULL;
    if (options->record)
        replica->record = *options->record;
    replica->is_restarting = options->restart_slot > options->root_slot;
    replica->count = validator_set_count(options->set);
    replica->root_slot = options->root_slot;
    replica->root = options->root;
    replica->root_unix_ms = options->root_unix_ms;
    replica->blocks = map_new();
    replica_queue_open(replica);
    replica_signers_open(replica);
    replica_peers_open(replica, clock);
    replica_begin_machine(
        replica, clock, replica_time_ns(replica, clock, options->root_unix_ms));
    if (replica->is_restarting)
        replica_want(replica, clock, options->restart_slot, &options->restart,
                     true);
    settle(replica, clock);
    return replica;
}

void replica_free(struct replica *replica)
{
    if (!replica)
        return;
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    replica->magic = 0;
    consensus_free(replica->consensus);
    replica_serve_free(replica);
    replica_blocks_free(replica);
    replica_peers_free(replica);
    replica_signers_free(replica);
    replica_queue_free(replica);
    free(replica);
}

/* ---- after a restart ---- */

int replica_restore_block(struct replica *replica, struct replica_clock clock,
                          struct bytes bytes)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    struct reader reader = reader_make(bytes);
    struct block_header header;
    struct hash hash;
    int status = block_header_read(&reader, &header);

    if (status)
        return status;
    block_header_hash(&header, &hash);
    status = replica_check_header(replica, &header, &hash);
    if (!status)
        status = block_verify_body(&header, reader.left);
    if (status || replica_find(replica, &hash))
        return status;
    struct replica_block *block = replica_add(replica, clock, &header, &hash);
    if (!block || block->stage == STAGE_FINAL)
        return 0;
    replica_restore_whole(replica, block, replica_bytes_copy(bytes));
    settle(replica, clock);
    return 0;
}

int replica_restore_certificate(struct replica *replica,
                                struct replica_clock clock, struct bytes bytes)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    struct certificate certificate;
    int status = certificate_decode(bytes, replica->options.set, &certificate);

    if (status)
        return status;
    consensus_certificate(replica->consensus, clock.ns, CONSENSUS_NONE,
                          &certificate);
    certificate_free(&certificate);
    settle(replica, clock);
    return 0;
}

/* ---- peers ---- */

static bool is_other(const struct replica *replica, uint16_t index)
{
    return index < replica->count && index != replica->options.self;
}

void replica_peer(struct replica *replica, struct replica_clock clock,
                  uint16_t index, bool is_up)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    CHECK(is_other(replica, index));
    struct replica_peer *peer = &replica->peers[index];

    peer->is_up = is_up;
    peer->has_status = false;
    if (is_up) {
        replica_tell_status(replica, clock, index);
    } else {
        replica_bytes_release(peer->pieces);
        peer->pieces = NULL;
        consensus_peer(replica->consensus, clock.ns, index, NULL);
    }
    settle(replica, clock);
}

void replica_frame(struct replica *replica, struct replica_clock clock,
                   uint16_t index, uint8_t kind, struct bytes body)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    CHECK(is_other(replica, index));
    replica_take_frame(replica, clock, index, kind, body);
    settle(replica, clock);
}

void replica_transactions_checked(struct replica *replica, uint16_t index,
                                  bool is_wrong)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    CHECK(is_other(replica, index));
    replica_intake_done(replica, index);
    if (is_wrong)
        replica_ban(replica, index);
}

void replica_refuse(struct replica *replica, uint16_t index)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    CHECK(is_other(replica, index));
    replica_ban(replica, index);
}

/* ---- the execution ---- */

/* Blocks that were decided meanwhile are gone. */
void replica_executed(struct replica *replica, struct replica_clock clock,
                      const struct hash *hash, enum replica_verdict verdict)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    struct replica_block *block = replica_find(replica, hash);

    replica_order_done(replica, hash);
    if (!block || block->stage != STAGE_ORDERED) {
        settle(replica, clock);
        return;
    }
    if (verdict == REPLICA_LATER) {
        block->stage = STAGE_WHOLE;
        block->early_ns = clock.ns + replica->options.delta_ms * NS_PER_MS;
    } else {
        block->stage =
            verdict == REPLICA_VALID ? STAGE_EXECUTED : STAGE_INVALID;
        replica_tell(replica, clock, block);
    }
    settle(replica, clock);
}

void replica_state(struct replica *replica, struct replica_clock clock,
                   const struct hash *hash, const struct hash *state)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    struct replica_block *block = replica_find(replica, hash);

    if (!block || block->stage != STAGE_EXECUTED)
        return;
    block->has_state = true;
    block->state = *state;
    block->outcome = vote_outcome(hash, state);
    replica_tell(replica, clock, block);
    settle(replica, clock);
}

/* It leaves before it is on disk: the record that says that this validator led
 * is, so there will be no other block of the slot. */
void replica_made(struct replica *replica, struct replica_clock clock,
                  struct bytes bytes, uint64_t start_ns)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    struct reader reader = reader_make(bytes);
    struct block_header header;
    struct hash hash;

    CHECK(!block_header_read(&reader, &header));
    block_header_hash(&header, &hash);
    /* Another process with this key may have made the same. */
    struct replica_block *block =
        header.slot > replica->root_slot && !replica_find(replica, &hash)
            ? replica_add(replica, clock, &header, &hash)
            : NULL;
    if (block) {
        block->time_ns = start_ns;
        replica_whole(replica, block, replica_bytes_copy(bytes));
        replica_send_block(replica, block);
        block->stage = STAGE_EXECUTED;
        replica_tell(replica, clock, block);
    }
    settle(replica, clock);
}

void replica_unled(struct replica *replica, struct replica_clock clock,
                   uint64_t slot)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    consensus_cannot_lead(replica->consensus, clock.ns, slot);
    settle(replica, clock);
}

/* ---- the log ---- */

void replica_durable(struct replica *replica, struct replica_clock clock,
                     uint64_t ticket)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    uint64_t sequence;

    if (replica_note_durable(replica, ticket, &sequence))
        consensus_persisted(replica->consensus, sequence);
    settle(replica, clock);
}

void replica_loaded(struct replica *replica, struct replica_clock clock,
                    const struct hash *hash, struct bytes block)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    replica_serve_loaded(replica, hash, block);
    settle(replica, clock);
}

void replica_loaded_certificates(struct replica *replica,
                                 struct replica_clock clock, uint64_t slot,
                                 struct bytes things)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    replica_serve_certificates(replica, slot, things);
    settle(replica, clock);
}

/* ---- time ---- */

void replica_tick(struct replica *replica, struct replica_clock clock)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    consensus_tick(replica->consensus, clock.ns);
    replica_signers_check(replica, clock);
    settle(replica, clock);
}

uint64_t replica_due_ns(const struct replica *replica)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    uint64_t due = consensus_due_ns(replica->consensus);
    uint64_t repair = replica_repair_due_ns(replica);
    uint64_t order = replica_order_due_ns(replica);
    uint64_t signers = replica_signers_due_ns(replica);

    if (signers < due)
        due = signers;
    if (repair < due)
        due = repair;
    return order < due ? order : due;
}
