/*
 * The machine's memory: its windows, and the queue of what is to be done.
 */
#include "base/check.h"
#include "base/memory.h"
#include "consensus/consensus_internal.h"

#include <stdlib.h>

/* ---- windows ---- */

bool consensus_votes(const struct consensus *consensus)
{
    return consensus->self != CONSENSUS_NONE && !consensus->is_halted &&
           !consensus->has_forgotten;
}

struct window *consensus_window(const struct consensus *consensus,
                                uint64_t number)
{
    uint64_t first = consensus->windows[0]->number;

    return number < first || number - first >= consensus->window_count
               ? NULL
               : consensus->windows[number - first];
}

static struct window *new_window(const struct consensus *consensus,
                                 uint64_t number)
{
    struct window *window = mem_zero(1, sizeof(*window));

    window->number = number;
    window->leader = validator_set_leader(consensus->set, number);
    window->pool = vote_pool_new(consensus->set, number);
    window->kept_from = WINDOW_SLOTS;
    return window;
}

static void free_window(struct window *window)
{
    vote_pool_free(window->pool);
    free(window);
}

void consensus_add_windows(struct consensus *consensus, uint64_t number)
{
    uint64_t first = consensus->window_count ? consensus->windows[0]->number
                                             : window_of(consensus->root.slot);

    while (first + consensus->window_count <= number) {
        if (consensus->window_count == consensus->window_capacity) {
            consensus->window_capacity =
                consensus->window_capacity ? 2 * consensus->window_capacity : 8;
            consensus->windows =
                mem_resize(consensus->windows, consensus->window_capacity *
                                                   sizeof(struct window *));
        }
        consensus->windows[consensus->window_count] =
            new_window(consensus, first + consensus->window_count);
        consensus->window_count++;
    }
}

void consensus_drop_windows(struct consensus *consensus)
{
    uint64_t first = window_of(consensus->root.slot);
    size_t old = 0;

    while (consensus->windows[old]->number < first)
        free_window(consensus->windows[old++]);
    consensus->window_count -= old;
    memmove(consensus->windows, consensus->windows + old,
            consensus->window_count * sizeof(struct window *));
}

/* ---- what is to be done ---- */

static void free_output(struct consensus_output *output)
{
    if (output->act == CONSENSUS_KEEP)
        certificate_free(&output->certificate);
}

static void free_queue(struct output_queue *queue)
{
    while (queue->first) {
        struct queued_output *next = queue->first->next;
        free_output(&queue->first->output);
        free(queue->first);
        queue->first = next;
    }
}

static struct consensus_output *push(struct output_queue *queue,
                                     enum consensus_act act, uint64_t after)
{
    struct queued_output *item = mem_zero(1, sizeof(*item));

    item->output.act = act;
    item->output.peer = CONSENSUS_ALL;
    item->after = after;
    *queue->end = item;
    queue->end = &item->next;
    return &item->output;
}

struct consensus_output *consensus_say(struct consensus *consensus,
                                       enum consensus_act act)
{
    return push(&consensus->ready, act, 0);
}

struct consensus_output *consensus_say_after(struct consensus *consensus,
                                             enum consensus_act act)
{
    consensus->is_record_changed = true;
    return push(&consensus->held, act, consensus->record.sequence + 1);
}

static struct queued_output *pop(struct output_queue *queue)
{
    struct queued_output *item = queue->first;

    if (item) {
        queue->first = item->next;
        if (!queue->first)
            queue->end = &queue->first;
    }
    return item;
}

/* The record is written last, so all votes of one turn share one write. */
bool consensus_next(struct consensus *consensus,
                    struct consensus_output *output)
{
    struct queued_output *item = pop(&consensus->ready);

    if (item) {
        *output = item->output;
        free(item);
        return true;
    }
    if (!consensus->is_record_changed)
        return false;
    consensus->is_record_changed = false;
    consensus->record.sequence++;
    consensus->record.root_slot = consensus->root.slot;
    consensus->record.root = consensus->root.hash;
    *output = (struct consensus_output){.act = CONSENSUS_PERSIST,
                                        .peer = CONSENSUS_NONE,
                                        .sequence = consensus->record.sequence,
                                        .record = &consensus->record};
    return true;
}

void consensus_persisted(struct consensus *consensus, uint64_t sequence)
{
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    CHECK(sequence <= consensus->record.sequence);
    if (sequence > consensus->durable)
        consensus->durable = sequence;
    while (consensus->held.first &&
           consensus->held.first->after <= consensus->durable) {
        struct queued_output *item = pop(&consensus->held);
        item->next = NULL;
        *consensus->ready.end = item;
        consensus->ready.end = &item->next;
    }
}

void consensus_open_state(struct consensus *consensus)
{
    consensus->ready.end = &consensus->ready.first;
    consensus->held.end = &consensus->held.first;
}

void consensus_free_state(struct consensus *consensus)
{
    free_queue(&consensus->ready);
    free_queue(&consensus->held);
    for (size_t i = 0; i < consensus->window_count; i++)
        free_window(consensus->windows[i]);
    free(consensus->windows);
}
