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

/* The place of the first window of that number or a later one. */
static size_t place_of(const struct consensus *consensus, uint64_t number)
{
    size_t low = 0, high = consensus->window_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (consensus->windows[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct window *consensus_window(const struct consensus *consensus,
                                uint64_t number)
{
    size_t at = place_of(consensus, number);

    return at < consensus->window_count &&
                   consensus->windows[at]->number == number
               ? consensus->windows[at]
               : NULL;
}

static struct window *new_window(const struct consensus *consensus,
                                 uint64_t number)
{
    struct window *window = mem_zero(1, sizeof(*window));

    window->number = number;
    window->leader = validator_set_leader(consensus->set, number);
    window->pool = vote_pool_new(consensus->set, number);
    window->kept_from = WINDOW_SLOTS;
    window->covered_from = consensus_covered_from(consensus, number);
    return window;
}

static void free_window(struct window *window)
{
    vote_pool_free(window->pool);
    free(window);
}

struct window *consensus_add_window(struct consensus *consensus,
                                    uint64_t number)
{
    size_t at = place_of(consensus, number);

    if (at < consensus->window_count &&
        consensus->windows[at]->number == number)
        return consensus->windows[at];
    struct window *window = new_window(consensus, number);
    if (consensus->window_count == consensus->window_capacity) {
        consensus->window_capacity =
            consensus->window_capacity ? 2 * consensus->window_capacity : 8;
        consensus->windows =
            mem_resize(consensus->windows,
                       consensus->window_capacity * sizeof(struct window *));
    }
    memmove(consensus->windows + at + 1, consensus->windows + at,
            (consensus->window_count - at) * sizeof(struct window *));
    consensus->windows[at] = window;
    consensus->window_count++;
    return window;
}

/* ---- what is given up ---- */

static unsigned covered_from_of(const struct window *window)
{
    unsigned from = vote_pool_covered_from(window->pool);

    return from < window->covered_from ? from : window->covered_from;
}

unsigned consensus_covered_from(const struct consensus *consensus,
                                uint64_t number)
{
    const struct window *window = consensus_window(consensus, number);

    /* Windows that were passed and are not here were given up whole. */
    if (!window)
        return number > window_of(consensus->root.slot) &&
                       number < consensus->closed_before
                   ? 0
                   : WINDOW_SLOTS;
    return covered_from_of(window);
}

uint64_t consensus_first_uncovered(const struct consensus *consensus,
                                   uint64_t from, uint64_t end)
{
    uint64_t slot = from;

    while (slot < end) {
        uint64_t number = window_of(slot);
        size_t at = place_of(consensus, number + 1);
        if (consensus_covered_from(consensus, number) > window_place(slot))
            return slot;
        /* To the next window that is here, or may not have been passed. */
        number++;
        if (number < consensus->closed_before)
            number =
                at < consensus->window_count && consensus->windows[at]->number <
                                                    consensus->closed_before
                    ? consensus->windows[at]->number
                    : consensus->closed_before;
        slot = window_begin(number);
    }
    return end;
}

/* ---- what is not needed any more ---- */

void consensus_drop_windows(struct consensus *consensus)
{
    size_t old = place_of(consensus, window_of(consensus->root.slot));

    for (size_t i = 0; i < old; i++)
        free_window(consensus->windows[i]);
    consensus->window_count -= old;
    memmove(consensus->windows, consensus->windows + old,
            consensus->window_count * sizeof(struct window *));
}

static bool has_certified(const struct window *window)
{
    for (unsigned place = 0; place < WINDOW_SLOTS; place++)
        for (size_t i = 0; i < BLOCKS_OF_SLOT_MAX; i++)
            if (window->blocks[place][i].is_there &&
                window->blocks[place][i].is_certified)
                return true;
    return false;
}

/* Votes that make a block final are kept until it is. */
static bool has_final(const struct window *window)
{
    struct hash outcome;

    for (unsigned place = 0; place < WINDOW_SLOTS; place++)
        if (vote_pool_quorum(window->pool, VOTE_FINALIZE,
                             window_begin(window->number) + place, &outcome))
            return true;
    return false;
}

/* No window is looked up meanwhile: some places are of windows that are gone.
 */
void consensus_close_windows(struct consensus *consensus)
{
    uint64_t current = window_of(consensus->current);
    size_t left = 0;

    if (current > CONSENSUS_WINDOWS_BACK)
        consensus->closed_before = current - CONSENSUS_WINDOWS_BACK;
    for (size_t i = 0; i < consensus->window_count; i++) {
        struct window *window = consensus->windows[i];
        bool is_old = window->number < consensus->closed_before;
        if (is_old && !has_final(window)) {
            window->covered_from = covered_from_of(window);
            vote_pool_clear(window->pool);
            if (!has_certified(window) && !window->covered_from) {
                free_window(window);
                continue;
            }
        }
        consensus->windows[left++] = window;
    }
    consensus->window_count = left;
}

bool consensus_is_full(const struct consensus *consensus)
{
    size_t old = place_of(consensus, consensus->closed_before);

    if (old <= WINDOWS_UNFINAL_MAX)
        return false;
    for (size_t i = old; i < consensus->window_count; i++)
        if (consensus->windows[i]->number < window_of(consensus->current) &&
            has_certified(consensus->windows[i]))
            return true;
    return false;
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
