#include "replica_world.h"

#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "key_fixture.h"
#include "settlement/format/block_time.h"
#include "settlement/format/block_verify.h"
#include "settlement/format/chunk_tree.h"
#include "settlement/format/leader.h"
#include "test.h"

#include <inttypes.h>

#define NS_PER_MS UINT64_C(1000000)
#define BEGIN_UNIX_MS UINT64_C(1700000000000)
/* The virtual machine has been up for a while. */
#define BEGIN_NS (UINT64_C(1000000) * NS_PER_MS)
#define SLOTS_MAX 65536
#define ACTS 24
#define WAITING_MAX 256

enum event_kind {
    EVENT_FRAME,
    EVENT_EXECUTED,
    EVENT_STATE,
    EVENT_MADE,
    EVENT_COMMIT,
    EVENT_DURABLE,
    EVENT_LOADED,
    EVENT_LOADED_CERTIFICATES,
    EVENT_CHECKED,
    EVENT_TICK,
};

struct event {
    uint64_t at_ns;
    uint64_t number;
    enum event_kind kind;
    size_t from;
    size_t to;
    unsigned life; /* of to */
    unsigned from_life;
    uint8_t frame;
    struct buffer body;
    struct hash hash;
    uint64_t value; /* MADE: slot; DURABLE: ticket */
    uint64_t start_ns;
    struct hash parent;
};

/* An entry of a log. */
struct logged {
    bool is_block;
    uint64_t slot;
    uint64_t ticket;
    struct hash hash;
    struct buffer bytes;
};

struct node {
    struct keypair key;
    struct replica *replica;
    unsigned life;
    int64_t clock_ms;
    uint64_t sync_ms;
    uint64_t tick_ns;
    bool is_linked[REPLICA_WORLD_MAX];
    uint64_t sent_ns[REPLICA_WORLD_MAX]; /* when the last frame arrives */
    /* Its disk. */
    struct logged *log;
    size_t log_count, log_capacity;
    uint64_t durable; /* ticket */
    struct vote_record record;
    bool has_record;
    /* Those that are not durable, by rising ticket. */
    struct {
        struct vote_record record;
        uint64_t ticket;
    } waiting[WAITING_MAX];
    size_t waiting_count;
    uint64_t ticket;    /* the newest that was given out */
    uint64_t committed; /* in a commit that has begun */
    size_t commits;
    uint64_t root_slot; /* its ledger's tip */
    struct hash root;
    uint64_t root_unix_ms;
    /* What was told final, in this life and before. */
    uint64_t final_slot;
    struct hash final_hash;
    size_t acts[ACTS];
    size_t ordered_count, ordered_bytes, ordered_most;
};

struct made_block {
    struct block_header header;
    struct buffer bytes;
};

struct replica_world {
    struct replica_world_options options;
    struct genesis_validator validators[REPLICA_WORLD_MAX];
    struct genesis genesis;
    struct leader_schedule *schedule;
    struct validator_set *set;
    struct node nodes[REPLICA_WORLD_MAX];
    uint64_t restart_slot;
    struct hash restart;
    uint64_t now_ns;
    uint64_t event_number;
    struct event *events; /* a heap would be more than this needs */
    size_t event_count, event_capacity;
    struct random random;
    struct map *blocks; /* all that were made, by hash */
    struct hash *chain; /* by slots: what is final */
    bool *is_final;
    /* Notarize votes that were signed: [validator][slot % SLOTS_MAX]. */
    struct hash *voted;
    bool *has_voted;
};

/* ---- signatures: a hash that only the world makes ---- */

struct signer {
    struct hash hash;
};

static struct hash vote_hash(const struct vote *vote)
{
    uint8_t message[VOTE_MESSAGE_SIZE_MAX];
    const struct vote_tag tag = {.bytes = {7}};
    struct bytes pieces[2] = {
        bytes_make(message, vote_message(&tag, 0, vote, message)),
        bytes_make(&vote->validator, sizeof(vote->validator))};
    struct hash hash;

    hash_sha256_pieces(pieces, 2, &hash);
    return hash;
}

/* Nobody notarizes two blocks of a slot, in whatever life. */
static void check_vote(struct replica_world *world, const struct vote *vote)
{
    size_t at = vote->validator * SLOTS_MAX + vote->slot % SLOTS_MAX;

    if (vote->kind != VOTE_NOTARIZE)
        return;
    if (world->has_voted[at])
        assert_true(hash_equal(&world->voted[at], &vote->value));
    world->has_voted[at] = true;
    world->voted[at] = vote->value;
}

static void sign(void *user, struct vote *vote)
{
    struct hash hash = vote_hash(vote);

    check_vote(user, vote);
    memset(vote->signature.bytes, 0, sizeof(vote->signature));
    memcpy(vote->signature.bytes, hash.bytes, sizeof(hash));
}

static void check(void *user, const struct vote *votes, size_t count,
                  bool *is_good)
{
    (void)user;
    for (size_t i = 0; i < count; i++) {
        struct hash hash = vote_hash(&votes[i]);
        is_good[i] =
            !memcmp(hash.bytes, votes[i].signature.bytes, sizeof(hash));
    }
}

/* ---- events ---- */

static struct event *add(struct replica_world *world, uint64_t at_ns,
                         enum event_kind kind, size_t to)
{
    if (world->event_count == world->event_capacity) {
        world->event_capacity =
            world->event_capacity ? 2 * world->event_capacity : 256;
        world->events = mem_resize(world->events, world->event_capacity *
                                                      sizeof(struct event));
    }
    struct event *event = &world->events[world->event_count++];
    *event = (struct event){.at_ns = at_ns,
                            .number = world->event_number++,
                            .kind = kind,
                            .to = to,
                            .from = to,
                            .life = world->nodes[to].life,
                            .from_life = world->nodes[to].life};
    return event;
}

static bool is_before(const struct event *a, const struct event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->number < b->number;
}

static bool next_event(struct replica_world *world, uint64_t until_ns,
                       struct event *out)
{
    size_t least = 0;

    for (size_t i = 1; i < world->event_count; i++)
        if (is_before(&world->events[i], &world->events[least]))
            least = i;
    if (!world->event_count || world->events[least].at_ns > until_ns)
        return false;
    *out = world->events[least];
    world->events[least] = world->events[--world->event_count];
    return true;
}

static struct replica_clock clock_of(const struct replica_world *world,
                                     const struct node *node)
{
    return (struct replica_clock){
        .ns = world->now_ns,
        .unix_ms = BEGIN_UNIX_MS + (world->now_ns - BEGIN_NS) / NS_PER_MS +
                   (uint64_t)node->clock_ms};
}

static size_t index_of(const struct replica_world *world,
                       const struct node *node)
{
    return (size_t)(node - world->nodes);
}

/* ---- blocks ---- */

static struct bytes key_of(const struct hash *hash)
{
    return bytes_make(hash->bytes, sizeof(hash->bytes));
}

static uint64_t unix_ms_of(const struct replica_world *world,
                           const struct hash *hash, uint64_t *slot)
{
    const struct made_block *block = map_get(world->blocks, key_of(hash));

    *slot = block ? block->header.slot : 0;
    return block ? block->header.unix_ms : BEGIN_UNIX_MS;
}

static const struct made_block *make(struct replica_world *world, size_t maker,
                                     uint64_t slot, const struct hash *parent,
                                     uint64_t unix_ms, size_t body_size)
{
    struct made_block *block = mem_zero(1, sizeof(*block));
    struct block_header *header = &block->header;
    struct buffer body = {0};
    struct hash hash;
    uint64_t parent_slot;
    uint64_t parent_ms = unix_ms_of(world, parent, &parent_slot);
    uint64_t least_ms =
        block_time_paced(world->options.slot_ms, parent_slot, parent_ms, slot);

    buffer_resize(&body, body_size);
    for (size_t i = 0; i < body_size; i += 997)
        body.data[i] = (uint8_t)random_below(&world->random, 256);
    header->flags = body_size ? 0 : BLOCK_IS_EMPTY;
    header->slot = slot;
    header->parent_slot = parent_slot;
    header->parent_hash = *parent;
    header->leader = world->nodes[maker].key.pubkey;
    header->unix_ms = unix_ms > least_ms ? unix_ms : least_ms;
    leader_set_hash(world->schedule, slot, &header->set_hash);
    header->body_size = (uint32_t)body_size;
    chunk_tree_root(buffer_view(&body), &header->body_root);
    if (world->options.lead)
        world->options.lead(world->options.user, maker, header);
    block_header_sign(header, &world->nodes[maker].key, &hash);
    block_header_write(header, &block->bytes);
    buffer_bytes(&block->bytes, buffer_view(&body));
    buffer_free(&body);
    map_put(world->blocks, key_of(&hash), block);
    return block;
}

void replica_world_make(struct replica_world *world, uint64_t slot,
                        size_t body_size, uint64_t unix_ms, struct buffer *out,
                        struct hash *hash)
{
    const struct made_block *block =
        make(world, replica_world_leader(world, slot), slot,
             &world->genesis.hash, unix_ms, body_size);

    buffer_bytes(out, buffer_view(&block->bytes));
    block_header_hash(&block->header, hash);
}

/* ---- what a replica wants done ---- */

static void post(struct replica_world *world, size_t from, size_t to,
                 uint8_t kind, struct bytes bytes)
{
    struct buffer body = {0};
    const struct node *node = &world->nodes[from];

    if (!node->is_linked[to] || !world->nodes[to].replica)
        return;
    buffer_bytes(&body, bytes);
    if (world->options.tamper &&
        !world->options.tamper(world->options.user, from, to, kind, &body)) {
        buffer_free(&body);
        return;
    }
    uint64_t at_ns =
        world->now_ns + 5 * NS_PER_MS + random_below(&world->random, NS_PER_MS);
    uint64_t *last_ns = &world->nodes[from].sent_ns[to];
    *last_ns = at_ns > *last_ns ? at_ns : *last_ns + 1;
    struct event *event = add(world, *last_ns, EVENT_FRAME, to);
    event->from = from;
    event->from_life = node->life;
    event->frame = kind;
    event->body = body;
}

void replica_world_inject(struct replica_world *world, size_t from, size_t to,
                          uint8_t kind, struct buffer *body)
{
    post(world, from, to, kind, buffer_view(body));
    buffer_free(body);
}

static void send_out(struct replica_world *world, size_t from,
                     const struct replica_output *output)
{
    for (size_t to = 0; to < world->options.count; to++)
        if (to != from &&
            (output->index == CONSENSUS_ALL || output->index == to))
            post(world, from, to, output->kind, output->bytes);
}

static void put(struct replica_world *world, struct node *node,
                const struct replica_output *output)
{
    uint64_t wait_ms = output->may_wait ? replica_idle_ms(node->replica) : 0;

    node->ticket = output->ticket;
    add(world, world->now_ns + wait_ms * NS_PER_MS, EVENT_COMMIT,
        index_of(world, node))
        ->value = output->ticket;
}

/* All that was put until now, if what was to be committed now has not gone with
 * an earlier one. */
static void commit(struct replica_world *world, struct node *node,
                   uint64_t ticket)
{
    if (ticket <= node->committed)
        return;
    node->committed = node->ticket;
    node->commits++;
    add(world, world->now_ns + node->sync_ms * NS_PER_MS, EVENT_DURABLE,
        index_of(world, node))
        ->value = node->committed;
}

static void append(struct replica_world *world, struct node *node,
                   const struct replica_output *output)
{
    if (node->log_count == node->log_capacity) {
        node->log_capacity = node->log_capacity ? 2 * node->log_capacity : 64;
        node->log =
            mem_resize(node->log, node->log_capacity * sizeof(*node->log));
    }
    struct logged *logged = &node->log[node->log_count++];
    *logged = (struct logged){.is_block = output->is_block,
                              .slot = output->slot,
                              .ticket = output->ticket,
                              .hash = output->hash};
    buffer_bytes(&logged->bytes, output->bytes);
    put(world, node, output);
}

static void record(struct replica_world *world, struct node *node,
                   const struct replica_output *output)
{
    assert_true(node->waiting_count < WAITING_MAX);
    node->waiting[node->waiting_count].record = *output->record;
    node->waiting[node->waiting_count++].ticket = output->ticket;
    put(world, node, output);
}

static void take_final(struct replica_world *world, struct node *node,
                       const struct replica_output *output)
{
    const struct made_block *block =
        map_get(world->blocks, key_of(&output->hash));

    assert_non_null(block);
    assert_true(output->slot < SLOTS_MAX);
    /* In order, without a gap; what a life before was told may come again. */
    if (output->slot > node->final_slot) {
        assert_true(hash_equal(&block->header.parent_hash, &node->final_hash));
        node->final_slot = output->slot;
        node->final_hash = output->hash;
    }
    if (world->is_final[output->slot])
        assert_true(hash_equal(&world->chain[output->slot], &output->hash));
    world->is_final[output->slot] = true;
    world->chain[output->slot] = output->hash;
    /* It is on disk. */
    bool is_logged = false;
    for (size_t i = node->log_count; !is_logged && i-- > 0;)
        is_logged = hash_equal(&node->log[i].hash, &output->hash) &&
                    node->log[i].is_block &&
                    node->log[i].ticket <= node->durable;
    assert_true(is_logged);
}

static void lead(struct replica_world *world, struct node *node,
                 const struct replica_output *output)
{
    uint64_t start_ns =
        output->due_ns > world->now_ns ? output->due_ns : world->now_ns;
    struct event *event =
        add(world, start_ns + world->options.slot_ms * NS_PER_MS / 2,
            EVENT_MADE, index_of(world, node));

    event->value = output->slot;
    event->start_ns = start_ns;
    event->parent = output->parent;
}

/* What is executed is what its leader made, to the byte. */
static void check_bytes(const struct replica_world *world,
                        const struct replica_output *output)
{
    const struct made_block *block =
        map_get(world->blocks, key_of(&output->hash));

    assert_non_null(block);
    assert_true(bytes_equal(output->bytes, buffer_view(&block->bytes)));
}

static uint64_t execute_ms(const struct replica_world *world)
{
    return world->options.execute_ms ? world->options.execute_ms : 3;
}

/* The most bytes that wait to be executed, but for a single block. */
static void note_order(struct replica_world *world, struct node *node,
                       const struct hash *hash, size_t size, bool is_begun)
{
    if (is_begun) {
        node->ordered_count++;
        node->ordered_bytes += size;
    } else {
        const struct made_block *block = map_get(world->blocks, key_of(hash));
        node->ordered_count--;
        node->ordered_bytes -= block->bytes.size;
    }
    if (node->ordered_count > 1 && node->ordered_bytes > node->ordered_most)
        node->ordered_most = node->ordered_bytes;
}

size_t replica_world_ordered_most(const struct replica_world *world,
                                  size_t index)
{
    return world->nodes[index].ordered_most;
}

static void act(struct replica_world *world, struct node *node,
                const struct replica_output *output)
{
    size_t index = index_of(world, node);

    node->acts[output->act]++;
    switch (output->act) {
    case REPLICA_SEND:
        send_out(world, index, output);
        break;
    case REPLICA_CUT:
    case REPLICA_BAN:
        break;
    case REPLICA_EXECUTE:
        check_bytes(world, output);
        note_order(world, node, &output->hash, output->bytes.size, true);
        add(world, world->now_ns + execute_ms(world) * NS_PER_MS,
            EVENT_EXECUTED, index)
            ->hash = output->hash;
        break;
    case REPLICA_LEAD:
        lead(world, node, output);
        break;
    case REPLICA_FINAL:
        take_final(world, node, output);
        break;
    case REPLICA_APPEND:
        append(world, node, output);
        break;
    case REPLICA_RECORD:
        record(world, node, output);
        break;
    case REPLICA_LOAD:
        add(world, world->now_ns + NS_PER_MS, EVENT_LOADED, index)->hash =
            output->hash;
        break;
    case REPLICA_LOAD_CERTIFICATES:
        add(world, world->now_ns + NS_PER_MS, EVENT_LOADED_CERTIFICATES, index)
            ->value = output->slot;
        break;
    case REPLICA_TRANSACTIONS:
        if (world->options.check_ms != REPLICA_WORLD_NEVER)
            add(world, world->now_ns + world->options.check_ms * NS_PER_MS,
                EVENT_CHECKED, index)
                ->value = output->index;
        break;
    case REPLICA_CERTIFY:
    case REPLICA_VOTED:
    case REPLICA_ACCUSE:
    case REPLICA_HALT:
    case REPLICA_STUCK:
        break;
    }
}

static void drive(struct replica_world *world, struct node *node)
{
    struct replica_output output;

    while (replica_next(node->replica, &output))
        act(world, node, &output);
    uint64_t due_ns = replica_due_ns(node->replica);
    if (due_ns == UINT64_MAX)
        return;
    if (due_ns <= world->now_ns)
        due_ns = world->now_ns + NS_PER_MS / 10;
    if (node->tick_ns > world->now_ns && node->tick_ns <= due_ns)
        return;
    node->tick_ns = due_ns;
    add(world, due_ns, EVENT_TICK, index_of(world, node));
}

/* ---- what happens ---- */

static struct hash state_of(const struct hash *hash)
{
    struct hash state;

    hash_sha256(key_of(hash), &state);
    return state;
}

static void made(struct replica_world *world, struct node *node,
                 const struct event *event)
{
    struct replica_clock clock = clock_of(world, node);
    uint64_t ago_ms = (world->now_ns - event->start_ns) / NS_PER_MS;
    size_t size =
        world->options.body_size_max
            ? random_below(&world->random, world->options.body_size_max + 1)
            : 0;
    const struct made_block *block =
        make(world, index_of(world, node), event->value, &event->parent,
             clock.unix_ms - ago_ms, size);
    struct hash hash;

    block_header_hash(&block->header, &hash);
    replica_made(node->replica, clock, buffer_view(&block->bytes),
                 event->start_ns);
    add(world, world->now_ns + NS_PER_MS, EVENT_STATE, index_of(world, node))
        ->hash = hash;
}

static enum replica_verdict execute(const struct replica_world *world,
                                    const struct made_block *block)
{
    const struct hash *parent = &block->header.parent_hash;
    uint64_t parent_slot;
    uint64_t parent_ms = unix_ms_of(world, parent, &parent_slot);

    if (block_verify_parent(&block->header, parent, parent_slot, parent_ms,
                            &world->genesis)) {
        err_clear();
        return REPLICA_INVALID;
    }
    return world->options.execute
               ? world->options.execute(world->options.user, &block->header)
               : REPLICA_VALID;
}

static void executed(struct replica_world *world, struct node *node,
                     const struct event *event)
{
    const struct made_block *block =
        map_get(world->blocks, key_of(&event->hash));
    enum replica_verdict verdict = execute(world, block);

    note_order(world, node, &event->hash, 0, false);
    replica_executed(node->replica, clock_of(world, node), &event->hash,
                     verdict);
    if (verdict == REPLICA_VALID)
        add(world, world->now_ns + NS_PER_MS, EVENT_STATE,
            index_of(world, node))
            ->hash = event->hash;
}

static void durable(struct replica_world *world, struct node *node,
                    uint64_t ticket)
{
    size_t count = 0;

    if (ticket <= node->durable)
        return;
    node->durable = ticket;
    for (; count < node->waiting_count &&
           node->waiting[count].ticket <= node->durable;
         count++) {
        node->record = node->waiting[count].record;
        node->has_record = true;
    }
    node->waiting_count -= count;
    memmove(node->waiting, node->waiting + count,
            node->waiting_count * sizeof(node->waiting[0]));
    replica_durable(node->replica, clock_of(world, node), node->durable);
}

static void loaded(struct replica_world *world, struct node *node,
                   const struct hash *hash)
{
    struct bytes bytes = {0};

    for (size_t i = 0; i < node->log_count; i++)
        if (node->log[i].is_block && hash_equal(&node->log[i].hash, hash))
            bytes = buffer_view(&node->log[i].bytes);
    replica_loaded(node->replica, clock_of(world, node), hash, bytes);
}

static void loaded_certificates(struct replica_world *world, struct node *node,
                                uint64_t first)
{
    uint64_t end = first + CONSENSUS_WINDOWS_ANSWERED * WINDOW_SLOTS;
    struct buffer things = {0};
    size_t count = 0;

    for (uint64_t slot = first; slot < end; slot++)
        for (size_t i = 0; i < node->log_count; i++)
            if (!node->log[i].is_block && node->log[i].slot == slot &&
                things.size + node->log[i].bytes.size + 4 <=
                    REPLICA_LOADED_MAX &&
                count++ < CLUSTER_CERTIFICATES_MAX)
                cluster_answer_add(buffer_view(&node->log[i].bytes), &things);
    replica_loaded_certificates(node->replica, clock_of(world, node), first,
                                buffer_view(&things));
    buffer_free(&things);
}

static void handle(struct replica_world *world, const struct event *event)
{
    struct node *node = &world->nodes[event->to];
    struct replica_clock clock = clock_of(world, node);

    switch (event->kind) {
    case EVENT_FRAME:
        replica_frame(node->replica, clock, (uint16_t)event->from, event->frame,
                      buffer_view(&event->body));
        break;
    case EVENT_EXECUTED:
        executed(world, node, event);
        break;
    case EVENT_STATE: {
        struct hash state = state_of(&event->hash);
        replica_state(node->replica, clock, &event->hash, &state);
        break;
    }
    case EVENT_MADE:
        made(world, node, event);
        break;
    case EVENT_COMMIT:
        commit(world, node, event->value);
        break;
    case EVENT_DURABLE:
        durable(world, node, event->value);
        break;
    case EVENT_LOADED_CERTIFICATES:
        loaded_certificates(world, node, event->value);
        break;
    case EVENT_LOADED:
        loaded(world, node, &event->hash);
        break;
    case EVENT_CHECKED:
        replica_transactions_checked(node->replica, (uint16_t)event->value,
                                     event->value == world->options.junk_from);
        break;
    case EVENT_TICK:
        replica_tick(node->replica, clock);
        break;
    }
    drive(world, node);
}

/* What was under way on a connection that ended is lost. */
static bool is_alive(const struct replica_world *world,
                     const struct event *event)
{
    const struct node *node = &world->nodes[event->to];

    if (!node->replica || node->life != event->life)
        return false;
    return event->from == event->to ||
           (world->nodes[event->from].life == event->from_life &&
            node->is_linked[event->from]);
}

void replica_world_run(struct replica_world *world, uint64_t ms)
{
    uint64_t until_ns = world->now_ns + ms * NS_PER_MS;
    struct event event;

    while (next_event(world, until_ns, &event)) {
        world->now_ns = event.at_ns;
        if (is_alive(world, &event))
            handle(world, &event);
        buffer_free(&event.body);
    }
    world->now_ns = until_ns;
}

void replica_world_until_final(struct replica_world *world, uint64_t slot,
                               uint64_t limit_ms)
{
    uint64_t limit_ns = world->now_ns + limit_ms * NS_PER_MS;
    bool is_there = false;

    while (!is_there) {
        if (world->now_ns >= limit_ns)
            for (size_t i = 0; i < world->options.count; i++)
                print_error("validator %zu: final %" PRIu64 "\n", i,
                            world->nodes[i].final_slot);
        assert_true(world->now_ns < limit_ns);
        replica_world_run(world, world->options.slot_ms);
        is_there = true;
        for (size_t i = 0; i < world->options.count; i++)
            is_there &=
                !world->nodes[i].replica || world->nodes[i].final_slot >= slot;
    }
}

/* ---- connections ---- */

static void tell_link(struct replica_world *world, size_t a, size_t b,
                      bool is_up)
{
    struct node *node = &world->nodes[a];

    if (node->is_linked[b] == is_up)
        return;
    node->is_linked[b] = is_up;
    if (!node->replica)
        return;
    replica_peer(node->replica, clock_of(world, node), (uint16_t)b, is_up);
    drive(world, node);
}

void replica_world_link(struct replica_world *world, size_t a, size_t b,
                        bool is_connected)
{
    tell_link(world, a, b, is_connected);
    tell_link(world, b, a, is_connected);
}

void replica_world_set_clock(struct replica_world *world, size_t index,
                             int64_t offset_ms)
{
    world->nodes[index].clock_ms = offset_ms;
}

void replica_world_set_disk(struct replica_world *world, size_t index,
                            uint64_t sync_ms)
{
    world->nodes[index].sync_ms = sync_ms;
}

/* ---- processes ---- */

/* Blocks from before the root on, then certificates by rising slot. */
static void restore(struct replica_world *world, struct node *node)
{
    struct replica_clock clock = clock_of(world, node);

    for (size_t i = 0; i < node->log_count; i++)
        if (node->log[i].is_block)
            assert_ok(replica_restore_block(node->replica, clock,
                                            buffer_view(&node->log[i].bytes)));
    for (size_t i = 0; i < node->log_count; i++)
        if (!node->log[i].is_block)
            assert_ok(replica_restore_certificate(
                node->replica, clock, buffer_view(&node->log[i].bytes)));
}

void replica_world_start(struct replica_world *world, size_t index)
{
    struct node *node = &world->nodes[index];
    const struct replica_options options = {
        .set = world->set,
        .schedule = world->schedule,
        .self = (uint16_t)index,
        .signing = {.sign = sign, .check = check, .user = world},
        .root_slot = node->root_slot,
        .root = node->root,
        .root_unix_ms = node->root_unix_ms,
        .record = node->has_record ? &node->record : NULL,
        .restart_slot = world->restart_slot,
        .restart = world->restart,
        .delta_ms = world->options.delta_ms,
        .slot_ms = world->options.slot_ms};

    assert_null(node->replica);
    node->ordered_count = node->ordered_bytes = 0;
    node->life++;
    node->tick_ns = 0;
    node->durable = 0;
    node->waiting_count = 0;
    node->ticket = node->committed = 0;
    for (size_t i = 0; i < node->log_count; i++)
        node->log[i].ticket = 0;
    node->replica = replica_new(&options, clock_of(world, node));
    drive(world, node);
    restore(world, node);
    drive(world, node);
    for (size_t i = 0; i < world->options.count; i++)
        if (i != index && world->nodes[i].replica)
            replica_world_link(world, index, i, true);
}

void replica_world_kill(struct replica_world *world, size_t index)
{
    struct node *node = &world->nodes[index];
    size_t left = 0;

    replica_free(node->replica);
    node->replica = NULL;
    node->life++;
    for (size_t i = 0; i < node->log_count; i++)
        if (node->log[i].ticket <= node->durable)
            node->log[left++] = node->log[i];
        else
            buffer_free(&node->log[i].bytes);
    node->log_count = left;
    for (size_t i = 0; i < world->options.count; i++)
        if (i != index)
            replica_world_link(world, index, i, false);
}

/* No vote from before counts, in whatever life. */
void replica_world_restart_from(struct replica_world *world, uint64_t slot,
                                const struct hash *hash)
{
    world->restart_slot = slot;
    world->restart = *hash;
    memset(world->has_voted, 0,
           SLOTS_MAX * REPLICA_WORLD_MAX * sizeof(*world->has_voted));
    for (size_t i = 0; i < world->options.count; i++) {
        world->nodes[i].record = vote_record_new(window_of(slot));
        world->nodes[i].has_record = true;
    }
}

const struct hash *replica_world_chain(const struct replica_world *world,
                                       uint64_t slot)
{
    return world->is_final[slot] ? &world->chain[slot] : NULL;
}

void replica_world_forget(struct replica_world *world, size_t index)
{
    world->nodes[index].has_record = false;
}

void replica_world_flush(struct replica_world *world, size_t index)
{
    struct node *node = &world->nodes[index];
    const struct made_block *block =
        map_get(world->blocks, key_of(&node->final_hash));

    if (!block)
        return;
    node->root_slot = node->final_slot;
    node->root = node->final_hash;
    node->root_unix_ms = block->header.unix_ms;
}

/* ---- life ---- */

struct replica_world *
replica_world_new(const struct replica_world_options *options)
{
    struct replica_world *world = mem_zero(1, sizeof(*world));

    world->options = *options;
    if (!world->options.slot_ms)
        world->options.slot_ms = 100;
    if (!world->options.delta_ms)
        world->options.delta_ms = 50;
    world->now_ns = BEGIN_NS;
    world->random = random_make(options->seed);
    world->blocks = map_new();
    world->chain = mem_zero(SLOTS_MAX, sizeof(*world->chain));
    world->is_final = mem_zero(SLOTS_MAX, sizeof(*world->is_final));
    world->voted =
        mem_zero(SLOTS_MAX * REPLICA_WORLD_MAX, sizeof(*world->voted));
    world->has_voted =
        mem_zero(SLOTS_MAX * REPLICA_WORLD_MAX, sizeof(*world->has_voted));
    for (size_t i = 0; i < options->count; i++) {
        world->nodes[i].key = fixture_key(i + 1);
        world->nodes[i].sync_ms = 2;
        world->validators[i] =
            (struct genesis_validator){.identity = world->nodes[i].key.pubkey,
                                       .voter = world->nodes[i].key.pubkey,
                                       .stake = 1000000000};
    }
    world->genesis = (struct genesis){
        .creation_unix_ms = BEGIN_UNIX_MS,
        .slot_ms = world->options.slot_ms,
        .form = 2,
        .ticks_per_slot = GENESIS_TICKS_PER_SLOT,
        .slots_per_epoch = options->slots_per_epoch,
        .validators = world->validators,
        .validator_count = options->count,
    };
    genesis_hash(&world->genesis, &world->genesis.hash);
    world->schedule = leader_schedule_new(&world->genesis);
    world->set = genesis_validator_set(&world->genesis, 0);
    for (size_t i = 0; i < options->count; i++) {
        world->nodes[i].root = world->genesis.hash;
        world->nodes[i].record = vote_record_new(0);
        world->nodes[i].has_record = true;
        world->nodes[i].final_hash = world->genesis.hash;
        world->nodes[i].root_unix_ms = BEGIN_UNIX_MS;
    }
    return world;
}

static void free_node(struct node *node)
{
    replica_free(node->replica);
    for (size_t i = 0; i < node->log_count; i++)
        buffer_free(&node->log[i].bytes);
    free(node->log);
    keypair_wipe(&node->key);
}

static void free_blocks(struct replica_world *world)
{
    struct bytes key;
    void *value;
    size_t position = 0;

    while (map_next(world->blocks, &position, &key, &value)) {
        struct made_block *block = value;
        buffer_free(&block->bytes);
        free(block);
    }
    map_free(world->blocks);
}

void replica_world_free(struct replica_world *world)
{
    for (size_t i = 0; i < world->options.count; i++)
        free_node(&world->nodes[i]);
    for (size_t i = 0; i < world->event_count; i++)
        buffer_free(&world->events[i].body);
    free_blocks(world);
    leader_schedule_free(world->schedule);
    validator_set_free(world->set);
    free(world->events);
    free(world->chain);
    free(world->is_final);
    free(world->voted);
    free(world->has_voted);
    free(world);
}

/* ---- to look at ---- */

size_t replica_world_commits(const struct replica_world *world, size_t index)
{
    return world->nodes[index].commits;
}

uint64_t replica_world_final(const struct replica_world *world, size_t index)
{
    return world->nodes[index].final_slot;
}

uint64_t replica_world_blocks(const struct replica_world *world, uint64_t slot)
{
    uint64_t count = 0;

    for (uint64_t i = 1; i <= slot; i++)
        count += world->is_final[i];
    return count;
}

struct replica *replica_world_replica(struct replica_world *world, size_t index)
{
    return world->nodes[index].replica;
}

struct replica_counters replica_world_counters(struct replica_world *world,
                                               size_t index)
{
    struct replica_counters counters;

    replica_counters(world->nodes[index].replica, &counters);
    return counters;
}

struct replica_health replica_world_health(struct replica_world *world,
                                           size_t index)
{
    struct replica_health health;

    replica_health(world->nodes[index].replica, &health);
    return health;
}

uint16_t replica_world_leader(const struct replica_world *world, uint64_t slot)
{
    return validator_set_leader(world->set, window_of(slot));
}

size_t replica_world_acts(const struct replica_world *world, size_t index,
                          enum replica_act act)
{
    return world->nodes[index].acts[act];
}
