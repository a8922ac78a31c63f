/*
 * One validator of several among random blocks: the real execution, mempool and
 * ledger, without threads, in virtual time. The others are a world that makes
 * blocks on any block, for any leader, and decides at random what is certified
 * and what is final; blocks come in any order, twice, changed on the way, or
 * not at all; the disk lags behind, and the validator crashes.
 *
 * Whatever happens:
 *
 *  - each block is found valid, and leads to the state that its maker has;
 *  - what was changed on the way is no verdict on the block;
 *  - the tips that are shown are those that follow from what is executed,
 *    certified and final;
 *  - nobody holds a block of a fork that has lost, nor too many of a slot;
 *  - the ledger's blocks lead to the same states when they are replayed;
 *  - each transaction that the mempool took is in a final block in the end,
 * once.
 *
 * Usage: test_forks [SEED [COUNT]]
 */
#include "base/check.h"
#include "base/error.h"
#include "base/random.h"
#include "settlement/chain/execution.h"
#include "settlement/chain/executor.h"
#include "settlement/chain/mempool.h"
#include "settlement/format/block_time.h"
#include "settlement/format/leader.h"
#include "settlement/ledger/replay.h"
#include "settlement/ledger_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SEEDS 12
#define STEPS 700
#define VALIDATORS 3
#define BLOCKS_MAX 250
#define SENT 60 /* transactions that there are */
#define MS 1000000ull

struct known {
    uint64_t slot, unix_ms;
    struct hash hash, state;
    struct buffer data;
    size_t parent; /* its place; the root's is 0, and its own */
    bool is_executed, is_certified, is_final, is_dead; /* for the validator */
    bool has_state;
    struct executed_block *held; /* the validator's */
};

struct world {
    uint64_t seed;
    struct random random;
    unsigned troubles;
    uint64_t now_ns;
    bool is_wide; /* many blocks a slot */

    /* The others: an executor that has all blocks. */
    struct ledger_fixture others;
    struct ledger_view *others_view;
    struct keypair leader; /* of the block that it makes */
    struct leader_schedule *schedule;
    struct executor *maker;
    struct known blocks[BLOCKS_MAX];
    size_t count, root;

    /* The validator. */
    struct ledger_fixture own;
    struct mempool *mempool;
    struct execution *execution;
    bool is_leading;
    struct executed_block *finals[BLOCKS_MAX]; /* not on disk */
    size_t final_count;
    uint64_t durable_slot;

    struct transaction sent[SENT];
    bool is_taken[SENT];
};

static void trouble(struct world *world, const char *what)
{
    if (world->troubles++ == 0)
        printf("# seed %" PRIu64 " at %" PRIu64 " ms: %s\n", world->seed,
               (uint64_t)(world->now_ns / MS), what);
}

static void expect(struct world *world, bool is_right, const char *what)
{
    if (!is_right)
        trouble(world, what);
}

static uint64_t below(struct world *world, uint64_t bound)
{
    return random_below(&world->random, bound);
}

static struct known *find(struct world *world, const struct hash *hash)
{
    for (size_t i = 0; i < world->count; i++)
        if (hash_equal(&world->blocks[i].hash, hash))
            return &world->blocks[i];
    CHECK(false);
    return NULL;
}

static bool descends(const struct world *world, size_t block, size_t from)
{
    while (block != from && block != 0)
        block = world->blocks[block].parent;
    return block == from;
}

/* ---- The others ---- */

static const struct keypair *key_of(const struct world *world, uint64_t slot,
                                    struct keypair *out)
{
    const struct pubkey *leader = &leader_at(world->schedule, slot)->identity;
    for (uint64_t i = 0; i < VALIDATORS; i++) {
        *out = fixture_key(1000 + i);
        if (pubkey_equal(&out->pubkey, leader))
            return out;
    }
    CHECK(false);
    return NULL;
}

static bool is_own(const struct world *world, uint64_t slot)
{
    struct keypair key;
    const struct pubkey *own = &world->own.chain.leader.pubkey;
    return pubkey_equal(&key_of(world, slot, &key)->pubkey, own);
}

static struct block_node *node_of(const struct world *world, size_t at)
{
    struct block_node *node =
        block_tree_find(executor_tree(world->maker), &world->blocks[at].hash);
    CHECK(node);
    return node;
}

static struct known *note(struct world *world, const struct block_node *node,
                          size_t parent)
{
    CHECK(world->count < BLOCKS_MAX);
    const struct bank_info *info = bank_info(node->block->bank);
    struct known *known = &world->blocks[world->count++];
    *known = (struct known){.slot = node->slot,
                            .unix_ms = info->unix_ms,
                            .hash = node->hash,
                            .state = info->state_hash,
                            .parent = parent};
    buffer_bytes(&known->data, buffer_view(&node->block->data));
    return known;
}

static void put_some(struct world *world)
{
    executor_begin_entry(world->maker);
    for (uint64_t i = below(world, 6); i > 0; i--) {
        struct buffer wire = {0};
        buffer_bytes(&wire, world->sent[below(world, SENT)].wire);
        executor_execute(world->maker, &wire);
    }
    executor_end_entry(world->maker);
}

static void make_block(struct world *world, size_t parent, uint64_t slot)
{
    const struct genesis *genesis = &world->others.chain.genesis;
    const struct known *below_it = &world->blocks[parent];
    uint64_t unix_ms =
        block_time_least(genesis, below_it->slot, below_it->unix_ms, slot) +
        below(world, 30);
    key_of(world, slot, &world->leader);
    executor_begin(world->maker, node_of(world, parent), slot, unix_ms,
                   UINT64_MAX, executed_block_new());
    for (uint64_t i = below(world, 3); i > 0; i--)
        put_some(world);
    executor_tick(world->maker,
                  genesis->ticks_per_slot - executor_ticks(world->maker));
    struct block_node *node = executor_seal(world->maker);
    if (!node) /* it made the same one before */
        return;
    CHECK(executor_sum(world->maker) == node);
    note(world, node, parent);
}

/* ---- What the validator does ---- */

static void order(struct world *world, enum execution_order_kind kind,
                  const struct known *block)
{
    const struct execution_order order = {
        .kind = kind, .slot = block->slot, .hash = block->hash};
    execution_order(world->execution, &order);
}

static void executed(struct world *world, const struct execution_event *event)
{
    struct known *known = find(world, &event->hash);
    bool has_parent = world->blocks[known->parent].is_executed &&
                      descends(world, known->parent, world->root);
    if (event->verdict == VERDICT_OTHER)
        return;
    if (known->is_executed && !known->is_dead && known->slot > 0 &&
        descends(world, (size_t)(known - world->blocks), world->root)) {
        expect(world, event->verdict == VERDICT_VALID,
               "a known block is not valid");
        return;
    }
    expect(world,
           event->verdict == (has_parent ? VERDICT_VALID : VERDICT_NO_PARENT),
           "a block has another verdict");
    if (event->verdict != VERDICT_VALID)
        return;
    known->is_executed = true;
    known->has_state = false;
    known->held = executed_block_retain(event->block);
}

/* The others take it: it is valid for them, too. */
static void made(struct world *world, const struct execution_event *event)
{
    struct executed_block *copy = executed_block_new();
    struct block_node *node;
    buffer_bytes(&copy->data, buffer_view(&event->block->data));
    enum block_verdict verdict =
        executor_check(world->maker, &event->hash, copy, &node);
    world->is_leading = false;
    if (verdict != VERDICT_VALID) {
        trouble(world, "one's own block is not valid for others");
        return;
    }
    executor_sum(world->maker);
    struct known *parent = find(world, &node->parent->hash);
    struct known *known = note(world, node, (size_t)(parent - world->blocks));
    known->is_executed = true;
    known->held = executed_block_retain(event->block);
}

static void happened(struct world *world, const struct execution_event *event)
{
    switch (event->kind) {
    case EXECUTION_EXECUTED:
        executed(world, event);
        break;
    case EXECUTION_MADE:
        made(world, event);
        break;
    case EXECUTION_STATE:
        expect(world,
               hash_equal(&find(world, &event->hash)->state, &event->state),
               "a block leads to another state");
        find(world, &event->hash)->has_state = true;
        break;
    case EXECUTION_UNLED:
        world->is_leading = false;
        break;
    case EXECUTION_FINAL:
        world->finals[world->final_count++] =
            executed_block_retain(event->block);
        break;
    case EXECUTION_SHOWN:
        break;
    }
}

/* Until there is nothing to do. */
static void run(struct world *world)
{
    struct execution_step step = {.act = EXECUTION_GO_ON};
    struct execution_event event;
    while (step.act == EXECUTION_GO_ON) {
        const struct execution_seen seen = {
            .now_ns = world->now_ns,
            .now_ms = FIXTURE_UNIX_MS + world->now_ns / MS,
            .durable_slot = world->durable_slot};
        int status = execution_step(world->execution, &seen, &step);
        if (status) {
            trouble(world, err_text());
            return;
        }
        while (execution_next(world->execution, &event))
            happened(world, &event);
    }
}

/* ---- Tips ---- */

static size_t highest(const struct world *world, size_t from, bool certified)
{
    size_t best = from;
    for (size_t i = 0; i < world->count; i++) {
        const struct known *known = &world->blocks[i];
        const struct known *other = &world->blocks[best];
        if (!known->is_executed || !descends(world, i, from) ||
            (certified && !known->is_certified))
            continue;
        if (known->slot > other->slot ||
            (known->slot == other->slot &&
             memcmp(known->hash.bytes, other->hash.bytes, 32) < 0))
            best = i;
    }
    return best;
}

static void expect_tip(struct world *world, enum ledger_level level,
                       size_t block, const char *what)
{
    struct ledger_branch *branch = ledger_tip_branch(world->own.ledger, level);
    expect(world, hash_equal(&branch->hash, &world->blocks[block].hash), what);
    ledger_branch_release(branch);
}

static void check_tips(struct world *world)
{
    size_t certified = highest(world, world->root, true);
    expect_tip(world, LEDGER_FINALIZED, world->root, "another tip is final");
    expect_tip(world, LEDGER_CONFIRMED, certified, "another tip is confirmed");
    expect_tip(world, LEDGER_PROCESSED, highest(world, certified, false),
               "another tip is processed");
}

/* ---- Memory ---- */

static bool has_executed_child(const struct world *world, size_t at)
{
    for (size_t i = at + 1; i < world->count; i++)
        if (world->blocks[i].parent == at && world->blocks[i].held)
            return true;
    return false;
}

/* Of a slot's blocks on which no other stands only so many are kept; and the
 * parent of the block under way. */
static void check_blocks(struct world *world)
{
    for (size_t i = 1; i < world->count; i++) {
        size_t kept = 0;
        for (size_t k = i; k < world->count; k++)
            kept += world->blocks[k].slot == world->blocks[i].slot &&
                    world->blocks[k].held && !world->blocks[k].is_final &&
                    executed_block_is_shared(world->blocks[k].held) &&
                    !has_executed_child(world, k);
        expect(world,
               kept <= BLOCK_TREE_SLOT_BANKS_MAX + (size_t)world->is_leading,
               "too many banks of a slot are kept");
    }
}

/* ---- Steps ---- */

static void make_one(struct world *world)
{
    size_t parent = world->is_wide && below(world, 4)
                        ? world->root
                        : below(world, world->count);
    uint64_t slot =
        world->blocks[parent].slot + 1 + (world->is_wide ? 0 : below(world, 3));
    if (world->count + 2 >= BLOCKS_MAX || world->blocks[parent].is_dead ||
        !descends(world, parent, world->root))
        return;
    if (!is_own(world, slot)) {
        make_block(world, parent, slot);
        return;
    }
    if (world->is_leading || !world->blocks[parent].is_executed)
        return;
    const struct execution_order order = {.kind = EXECUTION_LEAD,
                                          .slot = slot,
                                          .hash = world->blocks[parent].hash,
                                          .due_ns = world->now_ns +
                                                    below(world, 50 * MS)};
    execution_order(world->execution, &order);
    world->is_leading = true;
}

static void deliver(struct world *world, size_t at, bool changed)
{
    const struct known *known = &world->blocks[at];
    struct execution_order order = {
        .kind = EXECUTION_EXECUTE, .slot = known->slot, .hash = known->hash};
    buffer_bytes(&order.data, buffer_view(&known->data));
    if (changed)
        order.data.data[below(world, order.data.size)] ^= 4;
    execution_order(world->execution, &order);
}

static void deliver_one(struct world *world)
{
    size_t at = below(world, world->count);
    if (at > 0 && descends(world, at, world->root))
        deliver(world, at, below(world, 8) == 0);
    run(world);
}

static void certify_one(struct world *world)
{
    size_t at = below(world, world->count);
    if (!world->blocks[at].is_executed || !descends(world, at, world->root))
        return;
    for (size_t i = at; i != world->root; i = world->blocks[i].parent)
        world->blocks[i].is_certified = true;
    order(world, EXECUTION_CERTIFY, &world->blocks[at]);
    run(world);
}

/* Nobody but this test holds what is dead: the last of a fork first, because a
 * block holds its parent. */
static void let_go(struct world *world)
{
    size_t last;
    do {
        last = 0;
        for (size_t i = 1; i < world->count; i++)
            if (world->blocks[i].is_dead && world->blocks[i].held &&
                world->blocks[i].slot >= world->blocks[last].slot)
                last = i;
        if (last) {
            expect(world, !executed_block_is_shared(world->blocks[last].held),
                   "somebody holds a dead block");
            executed_block_release(world->blocks[last].held);
            world->blocks[last].held = NULL;
        }
    } while (last);
}

static void finalize(struct world *world, size_t at)
{
    struct block_node *dead = NULL, *node;
    for (size_t i = at; i != world->root; i = world->blocks[i].parent)
        world->blocks[i].is_final = world->blocks[i].is_certified = true;
    for (size_t i = 0; i < world->count; i++)
        if (!world->blocks[i].is_final && !descends(world, i, at))
            world->blocks[i].is_dead = true;
    order(world, EXECUTION_FINALIZE, &world->blocks[at]);
    world->root = at;
    run(world);
    let_go(world);
    node = node_of(world, at);
    while (executor_advance(world->maker, node, &dead))
        ;
    block_nodes_free(dead);
}

static void finalize_one(struct world *world)
{
    size_t at = below(world, world->count);
    if (at != world->root && world->blocks[at].is_executed &&
        descends(world, at, world->root))
        finalize(world, at);
}

static void flush(struct world *world, size_t count)
{
    struct ledger_block blocks[BLOCKS_MAX];
    if (!count)
        return;
    for (size_t i = 0; i < count; i++)
        blocks[i] =
            (struct ledger_block){.bank = world->finals[i]->bank,
                                  .data = buffer_view(&world->finals[i]->data),
                                  .hash = world->finals[i]->hash,
                                  .records = &world->finals[i]->records};
    CHECK(!ledger_flush(world->own.ledger, blocks, count, false));
    CHECK(!ledger_settle(world->own.ledger));
    world->durable_slot = bank_info(world->finals[count - 1]->bank)->slot;
    for (size_t i = 0; i < count; i++)
        executed_block_release(world->finals[i]);
    world->final_count -= count;
    memmove(world->finals, world->finals + count,
            world->final_count * sizeof(world->finals[0]));
}

static void flush_some(struct world *world)
{
    if (world->final_count)
        flush(world, 1 + below(world, world->final_count));
}

static bool is_final(struct world *world, const struct transaction *sent)
{
    struct ledger_place place;
    struct ledger_view *view = ledger_fixture_view(&world->own);
    bool found = !ledger_find(view, transaction_id(sent), &place);
    ledger_view_close(view);
    err_clear();
    return found;
}

/* The mempool does not know what is final already. */
static void take_transaction(struct world *world)
{
    size_t at = below(world, SENT);
    if (is_final(world, &world->sent[at]))
        return;
    struct bank *tip = ledger_newest(world->own.ledger, LEDGER_PROCESSED);
    if (!mempool_add(world->mempool, &world->sent[at], tip))
        world->is_taken[at] = true;
    err_clear();
    bank_release(tip);
}

static void start(struct world *world)
{
    const struct execution_options options = {.ledger = world->own.ledger,
                                              .mempool = world->mempool,
                                              .identity =
                                                  &world->own.chain.leader};
    world->execution = execution_new(&options);
    world->is_leading = false;
}

/* What is final and not on disk comes from elsewhere, in order; of the rest
 * nothing is known. */
static void crash(struct world *world)
{
    execution_free(world->execution);
    for (size_t i = 0; i < world->count; i++) {
        struct known *known = &world->blocks[i];
        executed_block_release(known->held);
        known->held = NULL;
        known->is_executed =
            known->is_final && known->slot <= world->durable_slot;
        known->is_certified = known->is_final;
    }
    world->blocks[0].is_executed = true;
    size_t count = world->final_count;
    struct hash again[BLOCKS_MAX];
    for (size_t i = 0; i < count; i++) {
        again[i] = world->finals[i]->hash;
        executed_block_release(world->finals[i]);
    }
    world->final_count = 0;
    ledger_fixture_reopen(&world->own, false);
    start(world);
    size_t root = world->root;
    for (size_t i = 0; i < world->count; i++)
        if (hash_equal(&world->blocks[i].hash,
                       ledger_tip_hash(world->own.ledger)))
            world->root = i;
    for (size_t i = 0; i < count; i++) {
        struct known *known = find(world, &again[i]);
        deliver(world, (size_t)(known - world->blocks), false);
        order(world, EXECUTION_FINALIZE, known);
        run(world);
        world->root = (size_t)(known - world->blocks);
    }
    expect(world, world->root == root, "a crash takes back what is final");
}

static void step(struct world *world)
{
    switch (below(world, 12)) {
    case 0:
    case 1:
    case 2:
        make_one(world);
        break;
    case 3:
    case 4:
    case 5:
        deliver_one(world);
        break;
    case 6:
        certify_one(world);
        break;
    case 7:
        if (below(world, world->is_wide ? 12 : 3) == 0)
            finalize_one(world);
        break;
    case 8:
        flush_some(world);
        break;
    case 9:
        take_transaction(world);
        break;
    case 10:
        if (below(world, 10) == 0)
            crash(world);
        break;
    default:
        world->now_ns += below(world, 80 * MS);
        break;
    }
    run(world);
    check_tips(world);
    check_blocks(world);
}

/* ---- The end ---- */

/* The validator leads until all that it took is final. */
static void lead_to_the_end(struct world *world)
{
    uint64_t after = 0;
    struct buffer wire = {0};
    for (int i = 0; mempool_next_kept(world->mempool, &after, &wire) && i < 8;
         i++) {
        size_t parent = highest(world, world->root, false);
        uint64_t slot = world->blocks[parent].slot + 1;
        after = 0;
        while (!is_own(world, slot))
            slot++;
        const struct execution_order lead = {.kind = EXECUTION_LEAD,
                                             .slot = slot,
                                             .hash = world->blocks[parent].hash,
                                             .due_ns = world->now_ns};
        execution_order(world->execution, &lead);
        world->is_leading = true;
        while (world->is_leading && !world->troubles) {
            run(world);
            world->now_ns += 10 * MS;
        }
        run(world);
        finalize(world, world->count - 1);
    }
    after = 0;
    expect(world, !mempool_next_kept(world->mempool, &after, &wire),
           "a transaction is kept although it is final");
    buffer_free(&wire);
}

static void check_ledger(struct world *world)
{
    const struct replay_options options = {.check_signatures = true,
                                           .threads = 1};
    struct replay_report report;
    struct ledger_view *view = ledger_fixture_view(&world->own);
    for (size_t i = 0; i < SENT; i++) {
        struct ledger_place place;
        int status = ledger_find(view, transaction_id(&world->sent[i]), &place);
        expect(world, !status || !world->is_taken[i],
               "a transaction that was taken is lost");
    }
    ledger_view_close(view);
    err_clear();
    if (ledger_replay(world->own.ledger, &options, &report))
        trouble(world, err_text());
    expect(world, report.slot == world->blocks[world->root].slot,
           "the replay ends elsewhere");
}

static void open_world(struct world *world)
{
    const size_t places[] = {SENT, 1};
    ledger_fixture_open_among(&world->others, VALIDATORS);
    ledger_fixture_open_among(&world->own, VALIDATORS);
    world->schedule = leader_schedule_new(&world->others.chain.genesis);
    world->others_view = ledger_fixture_view(&world->others);
    world->maker = executor_new(&world->others.chain.genesis, &world->leader,
                                world->others.tip, &world->others.tip_hash);
    executor_open(world->maker, ledger_view_base(world->others_view));
    const struct bank_info *info = bank_info(world->others.tip);
    world->blocks[world->count++] =
        (struct known){.hash = world->others.tip_hash,
                       .unix_ms = info->unix_ms,
                       .state = info->state_hash,
                       .is_executed = true,
                       .is_certified = true,
                       .is_final = true};
    for (size_t i = 0; i < SENT; i++) {
        const struct pubkey to = {{(uint8_t)i, 9}};
        world->sent[i] = ledger_fixture_transfer(&world->others, (int)(i % 7),
                                                 &to, 1000000 + i);
        CHECK(transaction_verify(&world->sent[i]));
        world->sent[i].is_verified = true;
    }
    world->mempool = mempool_new_of_several(places, 2, SENT);
    start(world);
}

static void close_world(struct world *world)
{
    execution_free(world->execution);
    executor_free(world->maker);
    for (size_t i = 0; i < world->final_count; i++)
        executed_block_release(world->finals[i]);
    for (size_t i = 0; i < world->count; i++) {
        executed_block_release(world->blocks[i].held);
        buffer_free(&world->blocks[i].data);
    }
    mempool_free(world->mempool);
    leader_schedule_free(world->schedule);
    ledger_view_close(world->others_view);
    ledger_fixture_close(&world->others);
    ledger_fixture_close(&world->own);
}

static unsigned history(uint64_t seed)
{
    struct world *world = calloc(1, sizeof(*world));
    CHECK(world);
    world->seed = seed;
    world->random = random_make(seed);
    world->is_wide = below(world, 4) == 0;
    open_world(world);
    for (int i = 0; i < STEPS && !world->troubles; i++)
        step(world);
    if (!world->troubles)
        lead_to_the_end(world);
    flush(world, world->final_count);
    if (!world->troubles)
        check_ledger(world);
    unsigned troubles = world->troubles;
    close_world(world);
    free(world);
    return troubles;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : SEEDS;
    unsigned bad = 0;
    crypto_init();
    for (uint64_t i = 0; i < count; i++)
        bad += history(seed + i) != 0;
    printf("1..1\n%s 1 - %" PRIu64 " histories, %u bad\n",
           bad ? "not ok" : "ok", count, bad);
    return bad != 0;
}
