/*
 * The operator's questions about a task's rounds. What is under way is in the
 * runner's memory, and what became of the others in the journal, which is read
 * on the thread pool.
 */
#include "node/node_owner_internal.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/money/journal_round.h"
#include "node/money/journal_stop.h"
#include "node/money/journal_writer.h"
#include "node/node_samples.h"
#include "node/node_tasks.h"
#include "node/task/task_rounds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS_DEFAULT 50
#define ROUNDS_MAX 200

/* text is owned. */
struct item {
    uint64_t round;
    char *text;
};

struct asking {
    struct pubkey task;
    struct json_object
        *live;              /* rounds under way; used by one thread at a time */
    uint64_t before, limit; /* or the one round, and 0 */
    uint64_t newest;        /* round that is known */
    struct item items[ROUND_KEPT + ROUNDS_MAX + 1];
    size_t count;
    struct buffer answer;
    node_control_answered *answered;
    void *user;
};

/* ---- a list ---- */

static uint64_t round_of(struct json_object *round)
{
    uint64_t number = 0;

    if (json_get_u64(round, "round", &number))
        err_clear();
    return number;
}

static struct json_object *find_live(const struct asking *asking,
                                     uint64_t round)
{
    for (size_t i = 0; i < json_object_array_length(asking->live); i++) {
        struct json_object *one = json_object_array_get_idx(asking->live, i);

        if (round_of(one) == round)
            return one;
    }
    return NULL;
}

static void add(struct asking *asking, uint64_t round, const char *text)
{
    if (asking->count < sizeof(asking->items) / sizeof(*asking->items))
        asking->items[asking->count++] =
            (struct item){.round = round, .text = mem_text(text)};
}

/* What is under way is newer in memory. */
static int take_written(void *user, const struct journal_round *round)
{
    struct asking *asking = user;

    if (!find_live(asking, round->round))
        add(asking, round->round, round->brief);
    return 0;
}

static void take_live(struct asking *asking)
{
    for (size_t i = 0; i < json_object_array_length(asking->live); i++) {
        struct json_object *one = json_object_array_get_idx(asking->live, i);

        if (round_of(one) > asking->newest)
            asking->newest = round_of(one);
        if (round_of(one) < asking->before)
            add(asking, round_of(one), json_object_to_json_string(one));
    }
}

static int newest_first(const void *a, const void *b)
{
    const struct item *one = a, *other = b;

    return one->round < other->round ? 1 : one->round > other->round ? -1 : 0;
}

/* Between two that are known nothing was written: the node was not there. */
static void write_gap(uint64_t round, struct json_writer *writer)
{
    json_open_object(writer);
    json_field_u64(writer, "round", round);
    json_field_text(writer, "outcome", "no_proof");
    json_field_null(writer, "proof");
    json_field_null(writer, "reward");
    json_name(writer, "losses");
    json_open_array(writer);
    json_close_array(writer);
    json_close_object(writer);
}

/* What is not known below a round that is, was not watched. */
static void write_list(struct asking *asking)
{
    struct json_writer writer = json_writer_make(&asking->answer);
    uint64_t left = asking->limit, first = asking->before - 1, last = 0;
    bool has_more = false;
    char next[24];

    if (first > asking->newest)
        first = asking->newest;
    json_open_object(&writer);
    json_name(&writer, "items");
    json_open_array(&writer);
    for (size_t i = 0; i < asking->count && !has_more; i++) {
        uint64_t round = asking->items[i].round;

        for (; first > round && left; left--) {
            last = first--;
            write_gap(last, &writer);
        }
        has_more = !left;
        if (has_more)
            break;
        json_write_raw(&writer, bytes_text(asking->items[i].text));
        last = round;
        first = round ? round - 1 : 0;
        left--;
    }
    json_close_array(&writer);
    snprintf(next, sizeof(next), "%" PRIu64, last);
    if (has_more)
        json_field_text(&writer, "next", next);
    else
        json_field_null(&writer, "next");
    json_close_object(&writer);
}

static int take_newest(void *user, const struct journal_round *round)
{
    struct asking *asking = user;

    if (round->round > asking->newest)
        asking->newest = round->round;
    return 0;
}

/* One more than is shown says whether there is more. */
static int read_list(struct journal *journal, void *user)
{
    struct asking *asking = user;

    take_live(asking);
    int status = journal_round_each(journal, &asking->task, INT64_MAX, 1,
                                    take_newest, asking);
    if (!status)
        status = journal_round_each(journal, &asking->task, asking->before,
                                    asking->limit + 1, take_written, asking);
    if (status)
        return status;
    qsort(asking->items, asking->count, sizeof(*asking->items), newest_first);
    write_list(asking);
    return 0;
}

/* ---- one round ---- */

static int take_whole(void *user, const struct journal_round *round)
{
    struct asking *asking = user;
    struct json_object *brief, *detail;
    int status = json_parse(bytes_text(round->brief), &brief);

    if (status)
        return status;
    status = json_parse(bytes_text(round->detail), &detail);
    if (!status) {
        json_object_object_foreach(detail, name, value)
            json_object_object_add(brief, name, json_object_get(value));
        json_text(brief, &asking->answer);
        json_object_put(detail);
    }
    json_object_put(brief);
    return status;
}

static int read_one(struct journal *journal, void *user)
{
    struct asking *asking = user;
    struct json_object *live = find_live(asking, asking->before);

    if (live) {
        json_text(live, &asking->answer);
        return 0;
    }
    int status = journal_round_find(journal, &asking->task, asking->before,
                                    take_whole, asking);
    return status == ERR_NOT_FOUND
               ? err_set(ERR_NOT_FOUND,
                         "nothing is known of round %" PRIu64 " here",
                         asking->before)
               : status;
}

/* ---- questions ---- */

static void on_read(void *user, int status)
{
    struct asking *asking = user;

    asking->answered(asking->user, status, &asking->answer);
    buffer_free(&asking->answer);
    for (size_t i = 0; i < asking->count; i++)
        free(asking->items[i].text);
    json_object_put(asking->live);
    free(asking);
}

/* Empty for a task that does not run. */
static struct json_object *live_rounds(const struct node *node,
                                       const struct pubkey *task)
{
    const struct task_runner *runner = node_tasks_find(node, task);
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    struct json_object *rounds = NULL;

    if (runner)
        task_runner_rounds(runner, &writer);
    if (!runner || json_parse(buffer_view(&text), &rounds))
        rounds = json_object_new_array();
    buffer_free(&text);
    return rounds;
}

static int number_in(struct json_object *body, const char *name, uint64_t max,
                     uint64_t *value)
{
    const char *text;
    char *end;
    int status = json_get_text(body, name, &text);

    if (status)
        return status;
    *value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || *value > max)
        return err_set(ERR_INVALID, "%s is a number up to %" PRIu64, name, max);
    return 0;
}

static int begin(const struct order *order, const struct asking *wanted,
                 journal_write *read)
{
    struct asking *asking = mem_zero(1, sizeof(*asking));

    asking->task = wanted->task;
    asking->before = wanted->before;
    asking->limit = wanted->limit;
    asking->live = live_rounds(order->node, &wanted->task);
    asking->answered = order->answered;
    asking->user = order->user;
    journal_writer_run(order->node->parts.writer, read, on_read, asking);
    return 0;
}

static int optional(int status)
{
    return status == ERR_NOT_FOUND ? 0 : status;
}

int node_owner_list_rounds(const struct order *order)
{
    struct asking asking = {.before = INT64_MAX, .limit = ROUNDS_DEFAULT};
    int status = node_owner_task_in(order->body, &asking.task);

    if (!status)
        status = optional(
            number_in(order->body, "before", INT64_MAX, &asking.before));
    if (!status)
        status = optional(
            number_in(order->body, "limit", ROUNDS_MAX, &asking.limit));
    if (!status && (!asking.limit || !asking.before))
        status = err_set(ERR_INVALID, "limit and before are numbers from 1 on");
    return status ? status : begin(order, &asking, read_list);
}

int node_owner_show_round(const struct order *order)
{
    struct asking asking = {0};
    int status = node_owner_task_in(order->body, &asking.task);

    if (!status)
        status = number_in(order->body, "round", INT64_MAX, &asking.before);
    return status ? status : begin(order, &asking, read_one);
}

static int write_stop(void *user, const struct journal_stop *stop)
{
    struct json_writer *writer = user;

    json_open_object(writer);
    json_field_u64(writer, "at", stop->at_ms);
    json_field_u64(writer, "slot", stop->slot);
    json_field_text(writer, "reason", stop->reason);
    json_name(writer, "text");
    json_write_bytes(writer, bytes_text(stop->text));
    json_close_object(writer);
    return 0;
}

/* Some tens of rows, by an index: read at once. */
int node_owner_list_stops(const struct order *order)
{
    struct json_writer writer = json_writer_make(order->answer);
    struct pubkey task;
    int status = node_owner_task_in(order->body, &task);

    if (status)
        return status;
    json_open_object(&writer);
    json_name(&writer, "items");
    json_open_array(&writer);
    status = journal_stop_each(order->node->parts.journal, &task, write_stop,
                               &writer);
    json_close_array(&writer);
    json_field_null(&writer, "next");
    json_close_object(&writer);
    return status;
}

int node_owner_list_samples(const struct order *order)
{
    struct json_writer writer = json_writer_make(order->answer);
    uint64_t seconds = NODE_SAMPLES_MAX * NODE_SAMPLES_STEP_S;
    struct pubkey task;
    int about = node_owner_task_in(order->body, &task);
    int status = optional(about);

    if (!status)
        status =
            optional(number_in(order->body, "seconds", INT64_MAX, &seconds));
    if (status)
        return status;
    node_samples_write(order->node, about ? NULL : &task,
                       seconds / NODE_SAMPLES_STEP_S, &writer);
    return 0;
}

int node_owner_list_duties(const struct order *order)
{
    struct json_writer writer = json_writer_make(order->answer);
    const struct task_runner *runner;
    struct pubkey task;
    int status = node_owner_task_in(order->body, &task);

    if (status)
        return status;
    runner = node_tasks_find(order->node, &task);
    json_open_object(&writer);
    json_name(&writer, "items");
    if (runner) {
        task_runner_duties(runner, &writer);
    } else {
        json_open_array(&writer);
        json_close_array(&writer);
    }
    json_field_null(&writer, "next");
    json_close_object(&writer);
    return 0;
}
