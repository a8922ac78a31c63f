#include "consensus_world.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "consensus/evidence.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Blocks, votes and final slots are remembered in rings. */
#define BLOCKS 65536u
#define SLOTS 16384u
#define NS_PER_US 1000u
/* Blocks in one answer. */
#define BLOCKS_GIVEN 64

enum event_kind {
    EVENT_VOTE,
    EVENT_STATUS,
    EVENT_BLOCK, /* a block's bytes */
    EVENT_WANT,  /* asks for a block */
    EVENT_QUESTION,
    EVENT_CERTIFICATE,
    EVENT_VERIFIED,
    EVENT_PERSISTED,
    EVENT_EXECUTED,
    EVENT_STATE,
    EVENT_LEAD,
    EVENT_TICK,
    EVENT_RESTART,
    EVENT_CRASH,
    EVENT_CUT,
    EVENT_HEAL,
};

struct event {
    uint64_t at_us;
    uint64_t number;
    enum event_kind kind;
    uint16_t from; /* an instance */
    uint16_t to;
    uint32_t life; /* of to, for what a crash ends; 0: any */
    union {
        struct vote vote;
        struct consensus_status status;
        struct consensus_question question;
        uint64_t block;
        struct {
            uint8_t *data;
            size_t size;
        } bytes;
        struct {
            uint64_t request;
            bool *is_good;
        } verified;
        struct {
            uint64_t sequence;
            struct vote_record *record;
            size_t kept; /* certificates told before */
        } persisted;
        struct {
            uint64_t slot, parent_slot;
            struct hash parent;
        } lead;
    };
};

enum block_state { BLOCK_UNKNOWN, BLOCK_HERE, BLOCK_EXECUTING, BLOCK_EXECUTED };

struct block {
    uint64_t number; /* from 1; 0: this room is empty */
    struct consensus_block block;
    struct hash state;
    uint64_t parent; /* its number; 0: genesis */
    uint64_t made_us;
};

/* One process of a validator; a traitor has two. */
struct instance {
    struct consensus *consensus;
    uint16_t validator;
    bool is_up;
    bool is_traitor;
    uint32_t life;
    uint64_t tick_us;
    uint64_t final_slot;
    struct hash final_hash;
    uint8_t blocks[BLOCKS]; /* enum block_state */
    uint64_t numbers[BLOCKS];
    struct random random;
    /* What is on its disk. */
    struct vote_record record;
    bool has_record;
    struct certificate *kept;
    size_t kept_count, kept_capacity;
    size_t kept_durable;
    /* Those that were durable when the process began. */
    struct consensus_block root;
    bool is_cut; /* from the others, by a partition's side */
};

/* What the honest ones said of a slot. */
struct slot_book {
    uint64_t slot;
    struct hash final;
    struct hash certified;
    bool has_final, has_certified;
};

/* What an honest validator signed in a window. */
struct vote_book {
    uint64_t window;
    uint8_t notarized, finalized;
    unsigned given_up; /* the lowest place; WINDOW_SLOTS: none */
    struct hash notarize[WINDOW_SLOTS], finalize[WINDOW_SLOTS];
};

struct world {
    struct world_options options;
    struct world_result result;
    struct validator_set *set;
    struct instance *instances;
    size_t count;
    struct event *heap;
    size_t heap_count, heap_capacity;
    uint64_t event_number;
    uint64_t now_us;
    struct random random;
    struct block *blocks;
    uint64_t block_number;
    struct slot_book *slots;
    struct vote_book *votes; /* [validator][SLOTS / WINDOW_SLOTS] */
    bool is_cut;
};

static void fail(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fail(struct world *world, const char *format, ...)
{
    va_list arguments;

    if (*world->result.violation)
        return;
    int size =
        snprintf(world->result.violation, sizeof(world->result.violation),
                 "seed %" PRIu64 " at %" PRIu64 " us: ", world->options.seed,
                 world->now_us);
    va_start(arguments, format);
    vsnprintf(world->result.violation + size,
              sizeof(world->result.violation) - (size_t)size, format,
              arguments);
    va_end(arguments);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t value = a ^ (b + UINT64_C(0x9e3779b97f4a7c15) + (a << 6));

    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static void digest(struct world *world, uint64_t value)
{
    world->result.digest = mix(world->result.digest, value);
}

static uint64_t hash_number(const struct hash *hash)
{
    return u64le_read(hash->bytes);
}

/* ---- signatures ---- */

static void sign(const struct world *world, struct vote *vote)
{
    uint64_t value = mix(world->options.seed, (uint64_t)vote->kind);

    value = mix(value, vote->validator);
    value = mix(value, vote->slot);
    if (vote->kind != VOTE_NULLIFY)
        for (size_t i = 0; i < 32; i += 8)
            value = mix(value, u64le_read(vote->value.bytes + i));
    memset(vote->signature.bytes, 0, sizeof(vote->signature));
    u64le_write(vote->signature.bytes, value);
}

static bool holds(const struct world *world, const struct vote *vote)
{
    struct vote again = *vote;

    sign(world, &again);
    return !memcmp(again.signature.bytes, vote->signature.bytes, 64);
}

/* ---- events ---- */

static bool is_before(const struct event *a, const struct event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->number < b->number;
}

static struct event *add_event(struct world *world, uint64_t at_us,
                               const struct event *event)
{
    if (world->heap_count == world->heap_capacity) {
        world->heap_capacity =
            world->heap_capacity ? 2 * world->heap_capacity : 1024;
        world->heap = mem_resize(world->heap,
                                 world->heap_capacity * sizeof(*world->heap));
    }
    size_t at = world->heap_count++;
    world->heap[at] = *event;
    world->heap[at].at_us = at_us;
    world->heap[at].number = world->event_number++;
    while (at && is_before(&world->heap[at], &world->heap[(at - 1) / 2])) {
        struct event other = world->heap[(at - 1) / 2];
        world->heap[(at - 1) / 2] = world->heap[at];
        world->heap[at] = other;
        at = (at - 1) / 2;
    }
    return &world->heap[at];
}

static struct event next_event(struct world *world)
{
    struct event first = world->heap[0];
    size_t at = 0;

    world->heap[0] = world->heap[--world->heap_count];
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1;
             child <= 2 * at + 2 && child < world->heap_count; child++)
            if (is_before(&world->heap[child], &world->heap[least]))
                least = child;
        if (least == at)
            return first;
        struct event other = world->heap[least];
        world->heap[least] = world->heap[at];
        world->heap[at] = other;
        at = least;
    }
}

static void free_event(struct event *event)
{
    if (event->kind == EVENT_CERTIFICATE)
        free(event->bytes.data);
    if (event->kind == EVENT_VERIFIED)
        free(event->verified.is_good);
    if (event->kind == EVENT_PERSISTED)
        free(event->persisted.record);
}

/* ---- the network ---- */

static struct instance *at(struct world *world, size_t index)
{
    return &world->instances[index];
}

static bool is_connected(struct world *world, size_t a, size_t b)
{
    return at(world, a)->is_up && at(world, b)->is_up &&
           at(world, a)->validator != at(world, b)->validator &&
           (!world->is_cut || at(world, a)->is_cut == at(world, b)->is_cut);
}

static void send_to(struct world *world, size_t from, size_t to,
                    struct event *event)
{
    const struct world_options *options = &world->options;
    bool has_faults = world->now_us < options->faults_us;

    world->result.messages++;
    if (!is_connected(world, from, to) ||
        (has_faults && options->loss &&
         random_below(&world->random, 1000) < options->loss)) {
        free_event(event);
        return;
    }
    event->from = (uint16_t)from;
    event->to = (uint16_t)to;
    event->life = at(world, to)->life;
    add_event(world,
              world->now_us + options->delay_min_us +
                  random_below(&world->random, options->delay_max_us -
                                                   options->delay_min_us + 1),
              event);
}

/* To a validator, or to all: every process of it. */
static void send_out(struct world *world, size_t from, uint16_t peer,
                     const struct event *event)
{
    for (size_t to = 0; to < world->count; to++) {
        struct event copy = *event;
        if (at(world, to)->validator == at(world, from)->validator ||
            (peer != CONSENSUS_ALL && at(world, to)->validator != peer))
            continue;
        /* A traitor tells each only half of what it says. */
        if (at(world, from)->is_traitor &&
            random_below(&at(world, from)->random, 2))
            continue;
        send_to(world, from, to, &copy);
    }
}

static void tell_status(struct world *world, size_t from, uint16_t peer)
{
    struct event event = {.kind = EVENT_STATUS};

    consensus_status(at(world, from)->consensus, &event.status);
    if (at(world, from)->is_traitor &&
        !random_below(&at(world, from)->random, 8))
        event.status.window += random_below(&at(world, from)->random, 100);
    send_out(world, from, peer, &event);
}

/* Both ends learn of a connection, or of its end. */
static void link_changed(struct world *world, size_t a, size_t b);

/* ---- what is checked ---- */

static struct slot_book *slot_book(struct world *world, uint64_t slot)
{
    struct slot_book *book = &world->slots[slot % SLOTS];

    if (book->slot != slot)
        *book = (struct slot_book){.slot = slot};
    return book;
}

static struct vote_book *vote_book(struct world *world, uint16_t validator,
                                   uint64_t window)
{
    struct vote_book *book = &world->votes[validator * (SLOTS / WINDOW_SLOTS) +
                                           window % (SLOTS / WINDOW_SLOTS)];

    if (book->window != window)
        *book = (struct vote_book){.window = window, .given_up = WINDOW_SLOTS};
    return book;
}

/* Nobody honest gives two votes that contradict each other, in whatever lives
 * of its process. */
static void check_vote(struct world *world, const struct vote *vote)
{
    struct vote_book *book =
        vote_book(world, vote->validator, window_of(vote->slot));
    unsigned place = window_place(vote->slot);
    uint8_t bit = (uint8_t)(1u << place);

    if (vote->kind == VOTE_NOTARIZE) {
        if (book->notarized & bit &&
            !hash_equal(&book->notarize[place], &vote->value))
            fail(world, "validator %u notarized two blocks of slot %" PRIu64,
                 vote->validator, vote->slot);
        book->notarized |= bit;
        book->notarize[place] = vote->value;
    } else if (vote->kind == VOTE_FINALIZE) {
        if (book->finalized & bit &&
            !hash_equal(&book->finalize[place], &vote->value))
            fail(world, "validator %u finalized slot %" PRIu64 " twice",
                 vote->validator, vote->slot);
        book->finalized |= bit;
        book->finalize[place] = vote->value;
        if (book->given_up <= place)
            fail(world,
                 "validator %u finalized slot %" PRIu64 " that it had given up",
                 vote->validator, vote->slot);
    } else {
        if (book->finalized >> place)
            fail(world,
                 "validator %u gave up slot %" PRIu64 " that it had finalized",
                 vote->validator, vote->slot);
        if (place < book->given_up)
            book->given_up = place;
    }
}

static struct block *block_at(struct world *world, uint64_t number)
{
    struct block *block = &world->blocks[number % BLOCKS];

    return number && block->number == number ? block : NULL;
}

static void check_certified(struct world *world, uint64_t slot,
                            const struct hash *hash)
{
    struct slot_book *book = slot_book(world, slot);

    if (book->has_certified && !hash_equal(&book->certified, hash))
        fail(world, "two blocks of slot %" PRIu64 " are certified", slot);
    book->has_certified = true;
    book->certified = *hash;
}

static void check_final(struct world *world, struct instance *instance,
                        const struct consensus_output *output)
{
    struct slot_book *book = slot_book(world, output->slot);
    const struct block *block = block_at(world, hash_number(&output->hash));

    if (book->has_final && !hash_equal(&book->final, &output->hash))
        fail(world, "two blocks of slot %" PRIu64 " are final", output->slot);
    if (output->slot <= instance->final_slot)
        fail(world, "slot %" PRIu64 " is final after %" PRIu64, output->slot,
             instance->final_slot);
    if (!block)
        fail(world, "slot %" PRIu64 " has a final block that nobody made",
             output->slot);
    else if (!hash_equal(&block->block.parent, &instance->final_hash))
        fail(world,
             "the final block of slot %" PRIu64
             " does not follow the one before",
             output->slot);
    else if (instance->blocks[block->number % BLOCKS] != BLOCK_EXECUTED)
        fail(world, "slot %" PRIu64 " is final and was not executed",
             output->slot);
    if (!book->has_final) {
        world->result.blocks++;
        if (block) {
            world->result.finality_us += world->now_us - block->made_us;
            world->result.finality_count++;
        }
    }
    book->has_final = true;
    book->final = output->hash;
    instance->final_slot = output->slot;
    instance->final_hash = output->hash;
}

/* ---- blocks ---- */

static uint64_t make_block(struct world *world, size_t maker,
                           const struct event *lead)
{
    struct block *block;
    uint64_t number = ++world->block_number;

    block = &world->blocks[number % BLOCKS];
    *block = (struct block){.number = number, .made_us = world->now_us};
    block->block.slot = lead->lead.slot;
    block->block.parent_slot = lead->lead.parent_slot;
    block->block.parent = lead->lead.parent;
    block->block.time_ns = world->now_us * NS_PER_US;
    block->parent = hash_number(&lead->lead.parent);
    u64le_write(block->block.hash.bytes, number);
    u64le_write(block->block.hash.bytes + 8, mix(world->options.seed, number));
    u64le_write(block->state.bytes, mix(number, maker + 1));
    return number;
}

static uint8_t *block_state(struct instance *instance, uint64_t number)
{
    uint8_t *state = &instance->blocks[number % BLOCKS];

    if (instance->numbers[number % BLOCKS] != number) {
        instance->numbers[number % BLOCKS] = number;
        *state = BLOCK_UNKNOWN;
    }
    return state;
}

static void drive(struct world *world, size_t index);

static void want_block(struct world *world, size_t from, uint64_t number)
{
    struct event event = {.kind = EVENT_WANT, .block = number};
    size_t to = (size_t)random_below(&world->random, world->count);

    for (size_t i = 0; i < world->count; i++) {
        size_t peer = (to + i) % world->count;
        if (is_connected(world, from, peer) &&
            *block_state(at(world, peer), number) >= BLOCK_HERE) {
            send_to(world, from, peer, &event);
            return;
        }
    }
}

/* The nearest ancestor that is not here. */
static void want_ancestor(struct world *world, size_t index,
                          const struct block *block)
{
    while (block && *block_state(at(world, index), block->parent) == BLOCK_HERE)
        block = block_at(world, block->parent);
    if (block && block->parent &&
        *block_state(at(world, index), block->parent) == BLOCK_UNKNOWN)
        want_block(world, index, block->parent);
}

/* Execute what can be: a block whose parent is executed. */
static void execute(struct world *world, size_t index, uint64_t number)
{
    struct instance *instance = at(world, index);
    struct block *block = block_at(world, number);

    if (!block || *block_state(instance, number) != BLOCK_HERE)
        return;
    if (block->parent &&
        *block_state(instance, block->parent) != BLOCK_EXECUTED) {
        want_ancestor(world, index, block);
        return;
    }
    *block_state(instance, number) = BLOCK_EXECUTING;
    struct event event = {.kind = EVENT_EXECUTED,
                          .to = (uint16_t)index,
                          .life = instance->life,
                          .block = number};
    add_event(world, world->now_us + world->options.execute_us, &event);
}

static void take_block(struct world *world, size_t index, uint64_t number)
{
    struct instance *instance = at(world, index);
    const struct block *block = block_at(world, number);

    if (!block || *block_state(instance, number) != BLOCK_UNKNOWN)
        return;
    *block_state(instance, number) = BLOCK_HERE;
    consensus_block(instance->consensus, world->now_us * NS_PER_US,
                    &block->block, CONSENSUS_HEADER, NULL);
    execute(world, index, number);
}

static void executed(struct world *world, size_t index, uint64_t number)
{
    struct instance *instance = at(world, index);
    const struct block *block = block_at(world, number);

    if (!block || *block_state(instance, number) != BLOCK_EXECUTING)
        return;
    *block_state(instance, number) = BLOCK_EXECUTED;
    consensus_block(instance->consensus, world->now_us * NS_PER_US,
                    &block->block, CONSENSUS_EXECUTED, NULL);
    /* The state's hash comes later: it is summed beside. */
    struct event event = {.kind = EVENT_STATE,
                          .to = (uint16_t)index,
                          .life = instance->life,
                          .block = number};
    add_event(world, world->now_us + world->options.execute_us / 2, &event);
    for (uint64_t i = number + 1; i <= world->block_number; i++) {
        const struct block *child = block_at(world, i);
        if (child && child->parent == number)
            execute(world, index, i);
    }
}

/* A traitor begins a window on whatever block it likes: one that was given up,
 * or one with others of its own kind between. */
static void lead_astray(struct world *world, struct instance *instance,
                        struct event *event)
{
    uint64_t back = random_below(&instance->random, 16);
    const struct block *parent =
        back < world->block_number ? block_at(world, world->block_number - back)
                                   : NULL;

    if (window_place(event->lead.slot) || !parent ||
        parent->block.slot >= event->lead.slot)
        return;
    event->lead.parent_slot = parent->block.slot;
    event->lead.parent = parent->block.hash;
}

static void lead(struct world *world, size_t index, struct event *event)
{
    struct instance *instance = at(world, index);
    uint64_t number;

    if (instance->is_traitor && random_below(&instance->random, 2))
        lead_astray(world, instance, event);
    number = make_block(world, index, event);
    struct event block = {.kind = EVENT_BLOCK, .block = number};

    digest(world, number);
    *block_state(instance, number) = BLOCK_HERE;
    send_out(world, index, CONSENSUS_ALL, &block);
    consensus_block(instance->consensus, world->now_us * NS_PER_US,
                    &block_at(world, number)->block, CONSENSUS_HEADER, NULL);
    execute(world, index, number);
}

/* ---- what the machine wants done ---- */

static void keep(struct instance *instance,
                 const struct certificate *certificate)
{
    if (instance->kept_count == instance->kept_capacity) {
        instance->kept_capacity =
            instance->kept_capacity ? 2 * instance->kept_capacity : 64;
        instance->kept = mem_resize(
            instance->kept, instance->kept_capacity * sizeof(*instance->kept));
    }
    instance->kept[instance->kept_count++] = *certificate;
}

/* What lies before the root is of no use any more. */
static void drop_kept(struct instance *instance, uint64_t root)
{
    size_t left = 0;
    size_t durable = 0;

    for (size_t i = 0; i < instance->kept_count; i++) {
        if (window_of(instance->kept[i].slot) < window_of(root)) {
            certificate_free(&instance->kept[i]);
            continue;
        }
        if (i < instance->kept_durable)
            durable++;
        instance->kept[left++] = instance->kept[i];
    }
    instance->kept_count = left;
    instance->kept_durable = durable;
}

static void persist(struct world *world, size_t index,
                    const struct consensus_output *output)
{
    struct instance *instance = at(world, index);
    struct event event = {
        .kind = EVENT_PERSISTED, .to = (uint16_t)index, .life = instance->life};

    event.persisted.sequence = output->sequence;
    event.persisted.record = mem_copy(output->record, sizeof(*output->record));
    event.persisted.kept = instance->kept_count;
    add_event(world,
              world->now_us +
                  (world->options.disk_us
                       ? random_below(&world->random, world->options.disk_us)
                       : 0),
              &event);
}

static void persisted(struct world *world, size_t index,
                      const struct event *event)
{
    struct instance *instance = at(world, index);

    /* Through its bytes, as on a disk. */
    static const struct vote_tag tag = {.bytes = "a world of one"};
    uint8_t bytes[VOTE_RECORD_SIZE];
    vote_record_encode(event->persisted.record, &tag, bytes);
    if (vote_record_decode(bytes, &tag, &instance->record))
        fail(world, "a record can't be read back: %s", err_text());
    instance->has_record = true;
    instance->kept_durable = instance->kept_count;
    consensus_persisted(instance->consensus, event->persisted.sequence);
}

static void sign_vote(struct world *world, size_t index,
                      const struct consensus_output *output)
{
    struct instance *instance = at(world, index);
    struct vote vote = output->vote;

    sign(world, &vote);
    if (!instance->is_traitor)
        check_vote(world, &vote);
    consensus_vote(instance->consensus, world->now_us * NS_PER_US,
                   instance->validator, &vote);
}

/* A traitor says now and then something else besides. */
static void lie(struct world *world, size_t index, const struct vote *told)
{
    struct instance *instance = at(world, index);
    struct event event = {.kind = EVENT_VOTE, .vote = *told};

    if (random_below(&instance->random, 4))
        return;
    event.vote.kind = (enum vote_kind)(1 + random_below(&instance->random, 3));
    event.vote.slot += random_below(&instance->random, 3);
    u64le_write(event.vote.value.bytes,
                1 + random_below(&instance->random, world->block_number + 1));
    if (random_below(&instance->random, 16))
        sign(world, &event.vote);
    send_out(world, index, CONSENSUS_ALL, &event);
}

static void verify(struct world *world, size_t index,
                   const struct consensus_output *output)
{
    struct event event = {.kind = EVENT_VERIFIED,
                          .to = (uint16_t)index,
                          .life = at(world, index)->life};

    event.verified.request = output->request;
    event.verified.is_good = mem_zero(output->count + 1, sizeof(bool));
    for (size_t i = 0; i < output->count; i++)
        event.verified.is_good[i] = holds(world, &output->votes[i]);
    add_event(world, world->now_us, &event);
}

static void want(struct world *world, size_t index, uint64_t number)
{
    struct instance *instance = at(world, index);
    const struct block *block = block_at(world, number);

    switch (*block_state(instance, number)) {
    case BLOCK_UNKNOWN:
        want_block(world, index, number);
        break;
    case BLOCK_EXECUTED:
        if (block)
            consensus_block(instance->consensus, world->now_us * NS_PER_US,
                            &block->block, CONSENSUS_EXECUTED, &block->state);
        break;
    default:
        execute(world, index, number);
    }
}

static bool is_honest(const struct world *world, uint16_t validator)
{
    return validator >= world->options.traitors;
}

static void act(struct world *world, size_t index,
                struct consensus_output *output)
{
    struct instance *instance = at(world, index);
    struct event event = {.to = (uint16_t)index, .life = instance->life};

    digest(world, (uint64_t)output->act + index * 64 + output->slot * 65536);
    switch (output->act) {
    case CONSENSUS_SIGN:
        sign_vote(world, index, output);
        break;
    case CONSENSUS_SEND:
        event.kind = EVENT_VOTE;
        event.vote = output->vote;
        send_out(world, index, output->peer, &event);
        if (instance->is_traitor)
            lie(world, index, &output->vote);
        break;
    case CONSENSUS_TELL:
        tell_status(world, index, output->peer);
        break;
    case CONSENSUS_VERIFY:
        verify(world, index, output);
        break;
    case CONSENSUS_PERSIST:
        persist(world, index, output);
        break;
    case CONSENSUS_KEEP:
        keep(instance, &output->certificate);
        break;
    case CONSENSUS_ASK:
        event.kind = EVENT_QUESTION;
        event.question = output->question;
        send_out(world, index, output->peer, &event);
        break;
    case CONSENSUS_WANT:
        want(world, index, hash_number(&output->hash));
        break;
    case CONSENSUS_LEAD:
        event.kind = EVENT_LEAD;
        event.lead.slot = output->slot;
        event.lead.parent_slot = output->parent_slot;
        event.lead.parent = output->parent;
        uint64_t due_us = output->due_ns / NS_PER_US;
        add_event(world, due_us > world->now_us ? due_us : world->now_us,
                  &event);
        break;
    case CONSENSUS_CONFIRMED:
        if (!instance->is_traitor)
            check_certified(world, output->slot, &output->hash);
        break;
    case CONSENSUS_FINAL:
        if (!instance->is_traitor)
            check_final(world, instance, output);
        break;
    case CONSENSUS_ACCUSE:
        if (evidence_of(&output->vote, &output->other) == OFFENCE_NONE ||
            (!instance->is_traitor && is_honest(world, output->peer)))
            fail(world, "validator %u is accused and did nothing",
                 output->peer);
        world->result.accused++;
        break;
    case CONSENSUS_BAD:
        if (!instance->is_traitor && is_honest(world, output->peer))
            fail(world, "validator %u is cut off and did nothing",
                 output->peer);
        break;
    case CONSENSUS_HALT:
        if (!instance->is_traitor)
            fail(world, "validator %u halts at slot %" PRIu64,
                 instance->validator, output->slot);
        break;
    }
}

/* After every call: do what the machine wants done, and look when it is due. */
static void drive(struct world *world, size_t index)
{
    struct instance *instance = at(world, index);
    struct consensus_output output;

    while (consensus_next(instance->consensus, &output))
        act(world, index, &output);
    uint64_t due_ns = consensus_due_ns(instance->consensus);
    if (due_ns == UINT64_MAX)
        return;
    uint64_t due_us = (due_ns + NS_PER_US - 1) / NS_PER_US;
    if (due_us <= world->now_us)
        due_us = world->now_us + 1;
    if (instance->tick_us > world->now_us && instance->tick_us <= due_us)
        return;
    instance->tick_us = due_us;
    struct event event = {
        .kind = EVENT_TICK, .to = (uint16_t)index, .life = instance->life};
    add_event(world, due_us, &event);
}

/* ---- processes ---- */

static void link_changed(struct world *world, size_t a, size_t b)
{
    const size_t ends[2] = {a, b};

    for (size_t i = 0; i < 2; i++) {
        struct instance *here = at(world, ends[i]);
        struct instance *there = at(world, ends[1 - i]);
        struct consensus_status status;
        if (!here->is_up || here->validator == there->validator)
            continue;
        if (is_connected(world, a, b))
            consensus_status(there->consensus, &status);
        consensus_peer(here->consensus, world->now_us * NS_PER_US,
                       there->validator,
                       is_connected(world, a, b) ? &status : NULL);
        drive(world, ends[i]);
    }
}

static void links_changed(struct world *world, size_t index)
{
    for (size_t i = 0; i < world->count; i++)
        if (i != index)
            link_changed(world, index, i);
}

static void begin(struct world *world, size_t index)
{
    struct instance *instance = at(world, index);
    const struct consensus_options options = {
        .set = world->set,
        .self = instance->validator,
        .root_slot = instance->root.slot,
        .root = instance->root.hash,
        .root_time_ns = instance->root.time_ns,
        .record = instance->has_record ? &instance->record : NULL,
        .delta_ns = world->options.delta_us * NS_PER_US,
        .slot_ns = world->options.slot_us * NS_PER_US};

    instance->is_up = true;
    instance->life++;
    instance->tick_us = 0;
    instance->consensus = consensus_new(&options, world->now_us * NS_PER_US);
    drive(world, index);
    /* What is on disk: the blocks after the root, and the certificates. */
    size_t kept = instance->kept_durable;
    for (uint64_t i = 1; i <= world->block_number; i++) {
        const struct block *block = block_at(world, i);
        if (!block || *block_state(instance, i) == BLOCK_UNKNOWN)
            continue;
        if (*block_state(instance, i) != BLOCK_EXECUTED) {
            *block_state(instance, i) = BLOCK_UNKNOWN;
            continue;
        }
        consensus_block(instance->consensus, world->now_us * NS_PER_US,
                        &block->block, CONSENSUS_EXECUTED, &block->state);
        drive(world, index);
    }
    for (size_t i = 0; i < kept; i++) {
        consensus_certificate(instance->consensus, world->now_us * NS_PER_US,
                              instance->validator, &instance->kept[i]);
        drive(world, index);
    }
    links_changed(world, index);
}

/* The newest block whose finalisation is durable is where it begins again. */
static void move_root(struct world *world, struct instance *instance)
{
    for (size_t i = 0; i < instance->kept_count; i++) {
        const struct certificate *kept = &instance->kept[i];
        const struct block *block = block_at(world, hash_number(&kept->block));
        if (kept->kind == VOTE_FINALIZE && block &&
            kept->slot > instance->root.slot)
            instance->root = block->block;
    }
    instance->final_slot = instance->root.slot;
    instance->final_hash = instance->root.hash;
}

/* All certificates but that of the root, which stands with it. */
static void lose_kept(struct instance *instance)
{
    size_t left = 0;

    for (size_t i = 0; i < instance->kept_count; i++) {
        struct certificate *kept = &instance->kept[i];
        if (kept->kind == VOTE_FINALIZE && kept->slot == instance->root.slot)
            instance->kept[left++] = *kept;
        else
            certificate_free(kept);
    }
    instance->kept_count = left;
    instance->kept_durable = left;
}

static void crash(struct world *world, size_t index)
{
    struct instance *instance = at(world, index);

    consensus_free(instance->consensus);
    instance->consensus = NULL;
    instance->is_up = false;
    instance->life++;
    while (instance->kept_count > instance->kept_durable)
        certificate_free(&instance->kept[--instance->kept_count]);
    move_root(world, instance);
    if (instance->validator + world->options.forgetful >=
            world->options.validators &&
        random_below(&world->random, 1000) < world->options.forget)
        lose_kept(instance);
    links_changed(world, index);
    struct event event = {.kind = EVENT_RESTART, .to = (uint16_t)index};
    add_event(world,
              world->now_us + 1 +
                  random_below(&world->random, world->options.down_us + 1),
              &event);
}

static uint64_t next_time(struct world *world, uint64_t mean_us)
{
    return world->now_us + 1 + random_below(&world->random, 2 * mean_us);
}

static void crash_one(struct world *world)
{
    size_t index = (size_t)random_below(&world->random, world->count);
    struct event event = {.kind = EVENT_CRASH};

    if (world->now_us >= world->options.faults_us)
        return;
    /* Who forgets is worth most crashes: few can. */
    if (world->options.forget && world->options.forgetful &&
        random_below(&world->random, 4))
        index = world->options.validators - 1;
    if (at(world, index)->is_up)
        crash(world, index);
    add_event(world, next_time(world, world->options.crash_us), &event);
}

static void cut(struct world *world)
{
    struct event event = {.kind = EVENT_HEAL};

    if (world->now_us >= world->options.faults_us)
        return;
    world->is_cut = true;
    for (size_t i = 0; i < world->count; i++)
        at(world, i)->is_cut = random_below(&world->random, 2);
    for (size_t i = 0; i < world->count; i++)
        for (size_t j = 0; j < i; j++)
            link_changed(world, i, j);
    add_event(world,
              world->now_us + 1 +
                  random_below(&world->random, world->options.heal_us + 1),
              &event);
}

static void heal(struct world *world)
{
    struct event event = {.kind = EVENT_CUT};

    world->is_cut = false;
    for (size_t i = 0; i < world->count; i++)
        for (size_t j = 0; j < i; j++)
            link_changed(world, i, j);
    add_event(world, next_time(world, world->options.cut_us), &event);
}

/* ---- messages ---- */

static void answer(struct world *world, size_t index,
                   const struct event *question)
{
    struct instance *instance = at(world, index);
    struct certificate certificate;
    size_t place = 0;

    while (consensus_answer(instance->consensus, &question->question, &place,
                            &certificate)) {
        struct buffer bytes = {0};
        struct event event = {.kind = EVENT_CERTIFICATE};
        certificate_encode(&certificate, world->set, &bytes);
        certificate_free(&certificate);
        if (instance->is_traitor && random_below(&instance->random, 2))
            bytes.data[random_below(&instance->random, bytes.size)] ^= 1;
        event.bytes.data = bytes.data;
        event.bytes.size = bytes.size;
        send_to(world, index, question->from, &event);
    }
}

/* The block that was asked for, and those before it. */
static void give_blocks(struct world *world, size_t index,
                        const struct event *want)
{
    uint64_t number = want->block;

    for (size_t i = 0; i < BLOCKS_GIVEN && block_at(world, number) &&
                       *block_state(at(world, index), number) >= BLOCK_HERE;
         i++) {
        struct event event = {.kind = EVENT_BLOCK, .block = number};
        send_to(world, index, want->from, &event);
        number = block_at(world, number)->parent;
    }
}

static void take_certificate(struct world *world, size_t index,
                             const struct event *event)
{
    struct certificate certificate;
    uint16_t from = at(world, event->from)->validator;

    if (certificate_decode(bytes_make(event->bytes.data, event->bytes.size),
                           world->set, &certificate)) {
        if (is_honest(world, from))
            fail(world, "a certificate can't be read back: %s", err_text());
        return;
    }
    consensus_certificate(at(world, index)->consensus,
                          world->now_us * NS_PER_US, from, &certificate);
    certificate_free(&certificate);
}

static void handle(struct world *world, struct event *event)
{
    struct instance *instance = at(world, event->to);
    uint64_t now_ns = world->now_us * NS_PER_US;
    size_t index = event->to;
    uint16_t from = at(world, event->from)->validator;

    switch (event->kind) {
    case EVENT_VOTE:
        consensus_vote(instance->consensus, now_ns, from, &event->vote);
        break;
    case EVENT_STATUS:
        consensus_peer(instance->consensus, now_ns, from, &event->status);
        break;
    case EVENT_BLOCK:
        take_block(world, index, event->block);
        break;
    case EVENT_WANT:
        give_blocks(world, index, event);
        break;
    case EVENT_QUESTION:
        answer(world, index, event);
        break;
    case EVENT_CERTIFICATE:
        take_certificate(world, index, event);
        break;
    case EVENT_VERIFIED:
        consensus_verified(instance->consensus, now_ns, event->verified.request,
                           event->verified.is_good);
        break;
    case EVENT_PERSISTED:
        persisted(world, index, event);
        break;
    case EVENT_EXECUTED:
        executed(world, index, event->block);
        break;
    case EVENT_STATE:
        if (block_at(world, event->block))
            consensus_block(instance->consensus, now_ns,
                            &block_at(world, event->block)->block,
                            CONSENSUS_EXECUTED,
                            &block_at(world, event->block)->state);
        break;
    case EVENT_LEAD:
        lead(world, index, event);
        break;
    case EVENT_TICK:
        consensus_tick(instance->consensus, now_ns);
        break;
    case EVENT_RESTART:
    case EVENT_CRASH:
    case EVENT_CUT:
    case EVENT_HEAL:
        break;
    }
}

static void step(struct world *world)
{
    struct event event = next_event(world);

    world->now_us = event.at_us;
    switch (event.kind) {
    case EVENT_RESTART:
        begin(world, event.to);
        break;
    case EVENT_CRASH:
        crash_one(world);
        break;
    case EVENT_CUT:
        cut(world);
        break;
    case EVENT_HEAL:
        heal(world);
        break;
    default:
        if (at(world, event.to)->is_up &&
            at(world, event.to)->life == event.life) {
            handle(world, &event);
            drive(world, event.to);
        }
    }
    free_event(&event);
}

/* ---- life ---- */

struct world *world_new(const struct world_options *options)
{
    struct world *world = mem_zero(1, sizeof(*world));
    struct validator validators[WORLD_VALIDATORS_MAX] = {0};
    struct hash seed = {0};
    size_t n = options->validators;

    CHECK(n && n <= WORLD_VALIDATORS_MAX);
    world->options = *options;
    world->random = random_make(options->seed);
    world->now_us = 1000000;
    for (size_t i = 0; i < n; i++) {
        u64le_write(validators[i].identity.bytes, i + 1);
        validators[i].voter = validators[i].identity;
        validators[i].stake = options->stakes[i] ? options->stakes[i] : 1000;
    }
    u64le_write(seed.bytes, options->seed);
    CHECK(!validator_set_new(validators, n, 0, &seed, &world->set));
    world->count = n + options->traitors;
    world->instances = mem_zero(world->count, sizeof(*world->instances));
    world->blocks = mem_zero(BLOCKS, sizeof(*world->blocks));
    world->slots = mem_zero(SLOTS, sizeof(*world->slots));
    world->votes = mem_zero(n * (SLOTS / WINDOW_SLOTS), sizeof(*world->votes));
    for (size_t i = 0; i < n * (SLOTS / WINDOW_SLOTS); i++)
        world->votes[i].given_up = WINDOW_SLOTS;
    for (size_t i = 0; i < world->count; i++) {
        struct instance *instance = at(world, i);
        instance->validator = (uint16_t)(i < n ? i : i - n);
        instance->is_traitor = instance->validator < options->traitors;
        instance->random = random_make(mix(options->seed, i + 77));
        instance->root.time_ns = world->now_us * NS_PER_US;
    }
    for (size_t i = 0; i < world->count; i++)
        if (i < n - options->silent || i >= n)
            begin(world, i);
    struct event event = {.kind = EVENT_CRASH};
    if (options->crash_us)
        add_event(world, next_time(world, options->crash_us), &event);
    event.kind = EVENT_CUT;
    if (options->cut_us)
        add_event(world, next_time(world, options->cut_us), &event);
    return world;
}

static void free_instance(struct instance *instance)
{
    consensus_free(instance->consensus);
    for (size_t i = 0; i < instance->kept_count; i++)
        certificate_free(&instance->kept[i]);
    free(instance->kept);
}

void world_free(struct world *world)
{
    for (size_t i = 0; i < world->heap_count; i++)
        free_event(&world->heap[i]);
    for (size_t i = 0; i < world->count; i++)
        free_instance(at(world, i));
    validator_set_free(world->set);
    free(world->heap);
    free(world->instances);
    free(world->blocks);
    free(world->slots);
    free(world->votes);
    free(world);
}

static uint64_t final_of_all(struct world *world)
{
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < world->count; i++) {
        struct instance *instance = at(world, i);
        if (instance->life && !instance->is_traitor &&
            instance->final_slot < least)
            least = instance->final_slot;
    }
    return least;
}

bool world_run(struct world *world, uint64_t slot, uint64_t until_us)
{
    for (uint64_t steps = 0; world->heap_count; steps++) {
        if (*world->result.violation || world->heap[0].at_us > until_us)
            break;
        if (steps % 64 == 0 && final_of_all(world) >= slot)
            break;
        if (steps % 4096 == 0)
            for (size_t i = 0; i < world->count; i++)
                drop_kept(at(world, i), at(world, i)->root.slot);
        step(world);
    }
    world->result.slots = final_of_all(world);
    world->result.now_us = world->now_us;
    return world->result.slots >= slot;
}

uint64_t world_highest(const struct world *world)
{
    uint64_t highest = 0;

    for (size_t i = 0; i < world->count; i++) {
        struct consensus_status status;
        if (!world->instances[i].is_up)
            continue;
        consensus_status(world->instances[i].consensus, &status);
        if ((status.window + 1) * WINDOW_SLOTS > highest)
            highest = (status.window + 1) * WINDOW_SLOTS;
    }
    return highest;
}

const struct world_result *world_result(struct world *world)
{
    return &world->result;
}
