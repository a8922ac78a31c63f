#include "cli/simulate_brief.h"

#include "base/buffer.h"
#include "settlement/format/account.h"

#include <inttypes.h>
#include <stdio.h>

static void add_text(struct json_object *object, const char *name,
                     const char *text)
{
    json_object_object_add(object, name,
                           text ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *object, const char *name,
                       uint64_t number)
{
    json_object_object_add(object, name, json_object_new_uint64(number));
}

static void add_amount(struct json_object *object, const char *name,
                       uint64_t amount)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, amount);
    add_text(object, name, text);
}

/* ---- what is wrong ---- */

static void add_fault(struct simulate_brief *brief, uint64_t round,
                      unsigned node, const char *function, const char *text,
                      const char *stack)
{
    if (brief->fault_count++ >= SIMULATE_FAULTS_MAX)
        return;
    struct json_object *fault = json_object_new_object();

    add_number(fault, "round", round);
    json_object_object_add(fault, "node",
                           node ? json_object_new_uint64(node) : NULL);
    add_text(fault, "function", function);
    add_text(fault, "text", text);
    add_text(fault, "stack", stack && *stack ? stack : NULL);
    json_object_array_add(brief->faults, fault);
}

static void on_step(void *user, const struct simulation_step *step)
{
    if (step->status)
        add_fault(user, step->round, step->node, step->function, step->text,
                  step->stack);
}

static void on_fault(void *user, uint64_t round, unsigned node,
                     const char *text)
{
    add_fault(user, round, node, NULL, text, NULL);
}

/* ---- rounds ---- */

static void add_work(struct simulate_brief *brief,
                     const struct simulation_round *round,
                     const struct simulation_work *work)
{
    struct json_object *object = json_object_new_object();

    add_number(object, "round", round->round);
    add_number(object, "node", work->node);
    add_text(object, "is", simulation_cheat_name(work->cheat));
    add_text(object, "submission", work->submission);
    json_object_object_add(object, "accused",
                           json_object_new_boolean(work->is_accused));
    json_object_object_add(object, "round_paid",
                           json_object_new_boolean(round->is_paid));
    add_amount(object, "reward", work->reward);
    add_amount(object, "lost", work->lost);
    json_object_array_add(brief->works, object);
}

static void on_round(void *user, const struct simulation_round *round)
{
    struct simulate_brief *brief = user;

    for (unsigned i = 0; i < round->count; i++)
        add_work(brief, round, &round->works[i]);
    cli_step(brief->cli, (unsigned)round->round + 1,
             (unsigned)brief->options->rounds, "round %" PRIu64, round->round);
}

static void on_total(void *user, const struct simulation_total *total)
{
    struct simulate_brief *brief = user;

    brief->is_over = true;
    brief->rounds_paid = total->rounds_paid;
}

const struct simulation_events simulate_brief_events = {
    .step = on_step, .round = on_round, .fault = on_fault, .total = on_total};

/* ---- begin and end ---- */

void simulate_brief_begin(struct simulate_brief *brief, const struct cli *cli,
                          const struct simulation_options *options)
{
    *brief = (struct simulate_brief){.cli = cli,
                                     .options = options,
                                     .works = json_object_new_array(),
                                     .faults = json_object_new_array()};
}

void simulate_brief_end(struct simulate_brief *brief)
{
    struct json_object *whole = json_object_new_object();
    struct buffer text = {0};

    add_number(whole, "seed", brief->options->seed);
    add_number(whole, "decimals",
               brief->options->deployment->is_kpl
                   ? brief->options->token_decimals
                   : KOII_DECIMALS);
    json_object_object_add(whole, "works", brief->works);
    json_object_object_add(whole, "faults", brief->faults);
    add_number(whole, "fault_count", brief->fault_count);
    json_object_object_add(
        whole, "rounds_paid",
        brief->is_over ? json_object_new_uint64(brief->rounds_paid) : NULL);
    json_text(whole, &text);
    printf("%s\n", buffer_string(&text));
    fflush(stdout);
    json_object_put(whole);
    buffer_free(&text);
}
