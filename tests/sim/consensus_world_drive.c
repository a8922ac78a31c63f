/*
 * Between a machine and its world: the process' clocks, what the machine wants
 * done, and what arrives for it.
 */
#include "consensus_world_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "consensus/evidence.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- clocks ---- */

/* Microseconds times parts of a million are thousandths of a nanosecond. */
static int64_t drifted_ns(const struct instance *instance, uint64_t elapsed_us)
{
    return (int64_t)elapsed_us * instance->drift / 1000;
}

uint64_t world_local_ns(const struct world *world,
                        const struct instance *instance)
{
    uint64_t elapsed_us = world->now_us - instance->begin_us;

    return instance->begin_ns + elapsed_us * NS_PER_US +
           (uint64_t)drifted_ns(instance, elapsed_us);
}

uint64_t world_unix_us(const struct world *world,
                       const struct instance *instance)
{
    return world->now_us + (uint64_t)instance->skew_us;
}

uint64_t world_time_of(const struct world *world,
                       const struct instance *instance, uint64_t local_ns)
{
    if (local_ns <= world_local_ns(world, instance))
        return world->now_us;
    uint64_t elapsed_us =
        (local_ns - instance->begin_ns + NS_PER_US - 1) / NS_PER_US;
    /* What the clock is ahead, and a bit, is to be waited for less; or more. */
    int64_t ahead_ns = drifted_ns(instance, elapsed_us);
    elapsed_us -= (uint64_t)(ahead_ns / (int64_t)NS_PER_US);
    while (instance->begin_ns + elapsed_us * NS_PER_US +
               (uint64_t)drifted_ns(instance, elapsed_us) <
           local_ns)
        elapsed_us++;
    return instance->begin_us + elapsed_us;
}

/* ---- the disk ---- */

static void keep(struct world *world, struct instance *instance,
                 const struct certificate *certificate)
{
    if (!instance->is_traitor)
        world_check_kept(world, certificate);
    if (instance->kept_count == instance->kept_capacity) {
        instance->kept_capacity =
            instance->kept_capacity ? 2 * instance->kept_capacity : 64;
        instance->kept = mem_resize(
            instance->kept, instance->kept_capacity * sizeof(*instance->kept));
    }
    instance->kept[instance->kept_count++] = *certificate;
    /* Who only watches has no record to wait for. */
    if (world_watches(instance))
        instance->kept_durable = instance->kept_count;
}

static void persist(struct world *world, size_t index,
                    const struct consensus_output *output)
{
    struct instance *instance = instance_at(world, index);
    struct event *event = world_event(world, EVENT_PERSISTED);

    /* One write after the other. */
    if (instance->disk_free_us < world->now_us)
        instance->disk_free_us = world->now_us;
    if (world->options.disk_us)
        instance->disk_free_us +=
            random_below(&instance->disk, world->options.disk_us);

    event->persisted.sequence = output->sequence;
    event->persisted.record = mem_copy(output->record, sizeof(*output->record));
    event->persisted.kept = instance->kept_dropped + instance->kept_count;
    world_add(world, instance->disk_free_us, index, event);
    world_drop_event(world, event);
}

/* Through its bytes, as on a disk. */
static void persisted(struct world *world, struct instance *instance,
                      const struct event *event)
{
    static const struct vote_tag tag = {.bytes = "a world of one"};
    uint8_t bytes[VOTE_RECORD_SIZE];

    vote_record_encode(event->persisted.record, &tag, bytes);
    if (vote_record_decode(bytes, &tag, &instance->record))
        world_fail(world, "a record can't be read back: %s", err_text());
    instance->has_record = true;
    if (event->persisted.kept > instance->kept_dropped + instance->kept_durable)
        instance->kept_durable = event->persisted.kept - instance->kept_dropped;
    consensus_persisted(instance->consensus, event->persisted.sequence);
}

/* ---- what the machine wants done ---- */

/* A crash where it hurts: who forgets does so amid a window that it gave up. */
static void crash_after(struct world *world, struct instance *instance,
                        const struct vote *vote)
{
    const struct world_options *options = &world->options;

    if (vote->kind == VOTE_NULLIFY && window_place(vote->slot) &&
        options->forget && !world->is_over && !instance->crash_after &&
        instance->validator + options->forgetful >= options->validators)
        instance->crash_after = 1 + random_below(&world->crashes, 8);
}

static void sign_vote(struct world *world, struct instance *instance,
                      const struct consensus_output *output)
{
    struct vote vote = output->vote;

    crash_after(world, instance, &vote);
    world_sign(world, &vote);
    if (!instance->is_traitor)
        world_check_vote(world, &vote);
    consensus_vote(instance->consensus, world_local_ns(world, instance),
                   instance->validator, &vote);
}

static void send_vote(struct world *world, size_t index,
                      const struct consensus_output *output)
{
    struct event *event = world_event(world, EVENT_VOTE);

    event->vote = output->vote;
    world_send(world, index, output->peer, event);
    world_drop_event(world, event);
    if (instance_at(world, index)->is_traitor)
        world_lie_about_vote(world, index, &output->vote);
}

static void verify(struct world *world, size_t index,
                   const struct consensus_output *output)
{
    struct event *event = world_event(world, EVENT_VERIFIED);

    event->verified.request = output->request;
    event->verified.is_good = mem_zero(output->count + 1, sizeof(bool));
    for (size_t i = 0; i < output->count; i++)
        event->verified.is_good[i] =
            world_signature_holds(world, &output->votes[i]);
    world_add(world, world->now_us, index, event);
    world_drop_event(world, event);
}

static void ask(struct world *world, size_t index,
                const struct consensus_output *output)
{
    struct event *event = world_event(world, EVENT_QUESTION);

    world_see(world, output->question.kind == CONSENSUS_CERTIFIED
                         ? SEEN_ASKED_CERTIFIED
                     : output->question.kind == CONSENSUS_COVERED
                         ? SEEN_ASKED_COVERED
                         : SEEN_ASKED_EVIDENCE);
    event->question = output->question;
    world_send(world, index, output->peer, event);
    world_drop_event(world, event);
}

static void lead(struct world *world, size_t index,
                 const struct consensus_output *output)
{
    struct instance *instance = instance_at(world, index);
    struct event *event = world_event(world, EVENT_LEAD);
    uint64_t at_us = world_time_of(world, instance, output->due_ns);

    event->lead.slot = output->slot;
    event->lead.parent_slot = output->parent_slot;
    event->lead.parent = output->parent;
    if (world_lies(instance, world, LIE_LATE))
        at_us += random_below(&instance->lies, 3 * world->options.delta_us + 1);
    world_add(world, at_us, index, event);
    world_drop_event(world, event);
}

/* Two blocks of a slot. */
static bool are_of_one_leader(const struct world *world,
                              const struct consensus_output *output)
{
    const struct block *one = world_block(world, hash_number(&output->hash));
    const struct block *other =
        world_block(world, hash_number(&output->other_hash));

    return one && other && one != other && one->slot == output->slot &&
           other->slot == output->slot && one->maker == output->peer &&
           other->maker == output->peer;
}

static void check_accused(struct world *world, const struct instance *instance,
                          const struct consensus_output *output)
{
    bool is_shown =
        output->other.kind
            ? evidence_of(&output->vote, &output->other) != OFFENCE_NONE
            : are_of_one_leader(world, output);
    if (!is_shown ||
        (!instance->is_traitor && world_honest(world, output->peer)))
        world_fail(world, "validator %u is accused and did nothing",
                   output->peer);
    world->result.accused++;
    world_see(world, SEEN_ACCUSED);
}

static void check_halt(struct world *world, const struct instance *instance,
                       const struct consensus_output *output)
{
    world->result.halted++;
    world_see(world, SEEN_HALTED);
    if (!instance->is_traitor && instance->validator >= world->options.odd)
        world_fail(world, "validator %u halts at slot %" PRIu64,
                   instance->validator, output->slot);
}

static void act(struct world *world, size_t index,
                struct consensus_output *output)
{
    struct instance *instance = instance_at(world, index);

    world_digest(world,
                 (uint64_t)output->act + index * 64 + output->slot * 65536);
    switch (output->act) {
    case CONSENSUS_SIGN:
        sign_vote(world, instance, output);
        break;
    case CONSENSUS_SEND:
        send_vote(world, index, output);
        break;
    case CONSENSUS_TELL:
        world_tell_status(world, index, output->peer);
        break;
    case CONSENSUS_VERIFY:
        verify(world, index, output);
        break;
    case CONSENSUS_PERSIST:
        persist(world, index, output);
        break;
    case CONSENSUS_KEEP:
        keep(world, instance, &output->certificate);
        break;
    case CONSENSUS_ASK:
        ask(world, index, output);
        break;
    case CONSENSUS_WANT:
        world_want(world, index, hash_number(&output->hash));
        break;
    case CONSENSUS_LEAD:
        lead(world, index, output);
        break;
    case CONSENSUS_CONFIRMED:
        if (!instance->is_traitor)
            world_check_certified(world, output->slot, &output->hash);
        break;
    case CONSENSUS_FINAL:
        if (!instance->is_traitor)
            world_check_final(world, instance, output);
        break;
    case CONSENSUS_ACCUSE:
        check_accused(world, instance, output);
        break;
    case CONSENSUS_BAD:
        if (!instance->is_traitor && world_honest(world, output->peer))
            world_fail(world, "validator %u is cut off and did nothing",
                       output->peer);
        world_see(world, SEEN_CUT_OFF);
        break;
    case CONSENSUS_HALT:
        check_halt(world, instance, output);
        break;
    case CONSENSUS_STUCK:
        world->result.stuck++;
        if (!instance->is_traitor &&
            3 * world->options.forgetful < world->options.validators)
            world_fail(world, "validator %u gives the network up",
                       instance->validator);
        break;
    }
}

static void schedule_tick(struct world *world, size_t index)
{
    struct instance *instance = instance_at(world, index);
    uint64_t due_ns = consensus_due_ns(instance->consensus);

    if (due_ns == UINT64_MAX)
        return;
    uint64_t due_us = world_time_of(world, instance, due_ns);
    if (due_us <= world->now_us)
        due_us = world->now_us + 1;
    if (instance->tick_us > world->now_us && instance->tick_us <= due_us)
        return;
    instance->tick_us = due_us;
    struct event *event = world_event(world, EVENT_TICK);
    world_add(world, due_us, index, event);
    world_drop_event(world, event);
}

/* Who lost its record votes again. */
static void look_whether_strong(struct world *world, struct instance *instance)
{
    struct consensus_status status;

    consensus_status(instance->consensus, &status);
    if (!instance->has_record || status.has_forgotten || status.is_below_record)
        return;
    instance->is_weak = false;
    world_see(world, SEEN_VOTES_AGAIN);
}

/* A crash may come after any output. */
void world_drive(struct world *world, size_t index)
{
    struct instance *instance = instance_at(world, index);
    struct consensus_output output;

    while (consensus_next(instance->consensus, &output)) {
        act(world, index, &output);
        if (instance->crash_after && !--instance->crash_after) {
            world_add_fault(world, world->now_us, EVENT_CRASH, index);
            instance->is_up = false;
            return;
        }
    }
    schedule_tick(world, index);
    if (instance->is_weak)
        look_whether_strong(world, instance);
    if (world->links.is_cut &&
        world_current_window(world, index) > instance->window)
        world_see(world, SEEN_WINDOW_WHILE_CUT);
}

/* ---- what arrives ---- */

static void give(struct world *world, size_t index, const struct event *asked,
                 const struct certificate *certificate)
{
    struct buffer bytes = {0};

    certificate_encode(certificate, world->set, &bytes);
    world_spoil_certificate(world, index, &bytes);
    struct event *event = world_event(world, EVENT_CERTIFICATE);
    event->bytes.data = bytes.data;
    event->bytes.size = bytes.size;
    if (!world_withholds(world, index, asked->from))
        world_send_to(world, index, asked->from, event);
    world_drop_event(world, event);
}

/* Is it an answer that the machine leaves to the disk? */
static bool is_of_disk(const struct consensus_question *question,
                       const struct certificate *kept, uint64_t first_window)
{
    uint64_t window = window_of(kept->slot);

    if (window >= first_window || kept->kind == VOTE_FINALIZE)
        return false;
    if (question->kind == CONSENSUS_EVIDENCE)
        return window >= question->at &&
               window < question->at + CONSENSUS_WINDOWS_ANSWERED;
    return window == window_of(question->at) &&
           (question->kind == CONSENSUS_COVERED
                ? kept->kind == VOTE_NULLIFY && kept->slot <= question->at
                : kept->kind == VOTE_NOTARIZE && kept->slot >= question->at);
}

static void answer(struct world *world, size_t index, const struct event *asked)
{
    struct instance *instance = instance_at(world, index);
    uint64_t first = consensus_first_window(instance->consensus);
    struct certificate certificate;
    size_t place = 0;

    while (consensus_answer(instance->consensus, &asked->question, &place,
                            &certificate)) {
        if (certificate.kind == VOTE_FINALIZE)
            world_see(world, SEEN_ANSWERED_WITH_FINAL);
        give(world, index, asked, &certificate);
        certificate_free(&certificate);
    }
    for (size_t i = 0; i < instance->kept_count; i++)
        if (is_of_disk(&asked->question, &instance->kept[i], first))
            give(world, index, asked, &instance->kept[i]);
}

static void take_certificate(struct world *world, size_t index,
                             const struct event *event)
{
    struct instance *instance = instance_at(world, index);
    uint16_t from = instance_at(world, event->from)->validator;
    struct certificate certificate;

    if (certificate_decode(bytes_make(event->bytes.data, event->bytes.size),
                           world->set, &certificate)) {
        if (world_honest(world, from))
            world_fail(world, "a certificate can't be read back: %s",
                       err_text());
        return;
    }
    consensus_certificate(instance->consensus, world_local_ns(world, instance),
                          from, &certificate);
    certificate_free(&certificate);
}

void world_handle(struct world *world, size_t index, struct event *event)
{
    struct instance *instance = instance_at(world, index);
    struct consensus *consensus = instance->consensus;
    uint64_t now_ns = world_local_ns(world, instance);
    uint16_t from = instance_at(world, event->from)->validator;

    switch (event->kind) {
    case EVENT_VOTE:
        consensus_vote(consensus, now_ns, from, &event->vote);
        break;
    case EVENT_STATUS:
        consensus_peer(consensus, now_ns, from, &event->status);
        break;
    case EVENT_BLOCK:
        world_take_block(world, index, event->block);
        break;
    case EVENT_WANT:
        world_give_blocks(world, index, event->from, event->block);
        break;
    case EVENT_QUESTION:
        answer(world, index, event);
        break;
    case EVENT_CERTIFICATE:
        take_certificate(world, index, event);
        break;
    case EVENT_VERIFIED:
        consensus_verified(consensus, now_ns, event->verified.request,
                           event->verified.is_good);
        break;
    case EVENT_PERSISTED:
        persisted(world, instance, event);
        break;
    case EVENT_EXECUTED:
        world_executed(world, index, event->block);
        break;
    case EVENT_STATE:
        world_state_known(world, index, event->block);
        break;
    case EVENT_LEAD:
        world_lead(world, index, event);
        break;
    case EVENT_TICK:
        consensus_tick(consensus, now_ns);
        break;
    default:
        CHECK(!"a fault is not of a process");
    }
}
