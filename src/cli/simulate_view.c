#include "cli/simulate_view.h"

#include "base/check.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- calls ---- */

static const char *limit_name(enum host_limit limit)
{
    static const char *const names[] = {
        [HOST_LIMIT_TIME] = "time",       [HOST_LIMIT_MEMORY] = "memory",
        [HOST_LIMIT_DISK] = "disk",       [HOST_LIMIT_PROTOCOL] = "protocol",
        [HOST_LIMIT_SANDBOX] = "sandbox",
    };

    return limit == HOST_LIMIT_NONE ? NULL : names[limit];
}

static void step_json(struct output *output, const struct simulation_step *step)
{
    output_u64(output, "round", step->round);
    if (step->node)
        output_u64(output, "node", step->node);
    output_text(output, "function", step->function);
    if (step->subject)
        output_u64(output, "of", step->subject);
    output_bool(output, "good", step->status == 0);
    output_text(output, "result", step->text);
    if (limit_name(step->limit))
        output_text(output, "limit", limit_name(step->limit));
    if (step->stack && *step->stack)
        output_text(output, "stack", step->stack);
    output_u64(output, "taken_ms", step->taken_ms);
    output_u64(output, "window_ms", step->window_ms);
    output_record(output);
    output_print(output);
}

/* It counts on a network, and is no fault of what the function gives. */
static void warn_of_window(const struct cli *cli,
                           const struct simulation_step *step)
{
    if (step->status || step->taken_ms <= step->window_ms)
        return;
    cli_say(cli,
            "          | %s() took %" PRIu32 " ms, and its window has %" PRIu32
            " ms with slots of 400 ms: a node ends it there",
            step->function, step->taken_ms, step->window_ms);
}

/* Printed as it happens: a step can take seconds. A record is printed at once
 * for the same reason, so each is an object of its own. */
static void on_step(void *user, const struct simulation_step *step)
{
    CHECK(step->function);
    const struct simulate_view *view = user;
    struct cli *cli = view->cli;
    struct buffer text = {0};
    char node[32] = "";

    if (view->is_brief && !step->status)
        return;
    if (cli->output.json) {
        step_json(&cli->output, step);
        return;
    }
    if (step->node)
        snprintf(node, sizeof(node), " node %-2u", step->node);
    output_harmless(bytes_text(step->text), "\n\t", &text);
    if (step->stack && *step->stack) {
        buffer_text(&text, "\n");
        output_harmless(bytes_text(step->stack), "\n\t", &text);
    }
    printf("round %-3" PRIu64 "%s %-13s %5" PRIu32 " ms  %s%s\n", step->round,
           node, step->function, step->taken_ms, step->status ? "WRONG: " : "",
           buffer_string(&text));
    fflush(stdout);
    warn_of_window(cli, step);
    buffer_free(&text);
}

/* Of many nodes only what failed: the tables say what came of the others. */
static void on_network_step(void *user, const struct simulation_step *step)
{
    const struct simulate_view *view = user;

    if (step->status || view->cli->output.json)
        on_step(user, step);
    else if (!view->is_brief)
        warn_of_window(view->cli, step);
}

/* What the task logs stands between its steps, indented; it is a remark, so it
 * goes to stderr, and is left out with --json and --quiet. */
static void on_log(void *user, unsigned node, enum log_level level,
                   const char *text)
{
    const struct simulate_view *view = user;
    const struct cli *cli = view->cli;
    struct buffer shown = {0};

    if (view->is_brief)
        return;
    output_harmless(bytes_text(text), "\t", &shown);
    if (node)
        cli_say(cli, "  node %-2u | %s", node, buffer_string(&shown));
    else
        cli_say(cli, "          | %s", buffer_string(&shown));
    buffer_free(&shown);
}

/* ---- rounds ---- */

/* "-": nothing that could be voted on; "unchallenged": nobody accused it. */
static char *votes_text(bool is_there, bool is_accused, unsigned in_favour,
                        unsigned against)
{
    if (!is_there)
        return mem_text("-");
    if (!is_accused)
        return mem_text("unchallenged");
    return mem_format("%u for, %u against", in_favour, against);
}

/* An amount of the task's: its name in coins, and in tokens. */
static void add_amount(const struct simulate_view *view, const char *name_roe,
                       const char *name, uint64_t amount)
{
    if (view->is_kpl)
        output_units(&view->cli->output, name, amount, view->decimals);
    else
        output_roe(&view->cli->output, name_roe, amount);
}

static void add_work(const struct simulate_view *view, uint64_t round,
                     const struct simulation_work *work)
{
    struct output *output = &view->cli->output;
    char *votes = votes_text(work->submission, work->is_accused,
                             work->votes_for, work->votes_against);
    char *list = votes_text(work->has_list, work->is_list_accused,
                            work->list_for, work->list_against);

    output_u64(output, "round", round);
    output_u64(output, "node", work->node);
    output_text(output, "is", simulation_cheat_name(work->cheat));
    output_text(output, "submission", work->submission);
    output_text(output, "votes", votes);
    output_text(output, "list", list);
    add_amount(view, "reward_roe", "reward", work->reward);
    add_amount(view, "lost_roe", "lost", work->lost);
    add_amount(view, "stake_roe", "stake", work->stake);
    output_record(output);
    free(votes);
    free(list);
}

static void on_round(void *user, const struct simulation_round *round)
{
    const struct simulate_view *view = user;
    struct output *output = &view->cli->output;

    output_list(output, NULL);
    for (unsigned i = 0; i < round->count; i++)
        add_work(view, round->round, &round->works[i]);
    output_print(output);
    if (!output->json)
        printf("round %" PRIu64 " %s%s\n\n", round->round,
               round->is_paid ? "paid" : "NOT PAID",
               round->is_paid && round->failed ? " at a later attempt" : "");
    fflush(stdout);
}

static void on_fault(void *user, uint64_t round, unsigned node,
                     const char *text)
{
    struct output *output = &((struct simulate_view *)user)->cli->output;
    struct buffer shown = {0};

    if (output->json) {
        output_u64(output, "round", round);
        if (node)
            output_u64(output, "node", node);
        output_text(output, "fault", text);
        output_record(output);
        output_print(output);
        return;
    }
    output_harmless(bytes_text(text), "\t", &shown);
    printf("round %" PRIu64 " WRONG: %s\n", round, buffer_string(&shown));
    fflush(stdout);
    buffer_free(&shown);
}

/* Nothing is made: the coins that were there at first are there, or burned, and
 * all tokens are there. */
static void on_total(void *user, const struct simulation_total *total)
{
    const struct simulate_view *view = user;
    struct output *output = &view->cli->output;

    output_u64(output, "rounds_paid", total->rounds_paid);
    add_amount(view, "bounty_left_roe", "bounty_left", total->bounty_left);
    add_amount(view, "claimed_roe", "claimed", total->claimed);
    if (view->is_kpl)
        output_units(output, "tokens", total->tokens, view->decimals);
    output_roe(output, "coins_at_first_roe", total->coins_at_first_roe);
    output_roe(output, "coins_burned_roe", total->coins_burned_roe);
    output_roe(output, "coins_roe", total->coins_roe);
    output_record(output);
    output_print(output);
    fflush(stdout);
}

const struct simulation_events simulate_view_functions = {.step = on_step,
                                                          .log = on_log};
const struct simulation_events simulate_view_network = {
    .step = on_network_step,
    .log = on_log,
    .round = on_round,
    .fault = on_fault,
    .total = on_total,
};
