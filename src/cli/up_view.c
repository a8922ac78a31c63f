/*
 * A network at work, for its user.
 *
 * On a terminal it is a picture of fixed height, drawn over in place with one
 * write. In a pipe it is a line where something happened, because a log of
 * pictures is of no use. Both are made from the same view (devnet/network.h),
 * which comes from the chain; nothing is added up here that a node only says of
 * itself.
 *
 * The picture is on stdout, because it is what the command is for. It does not
 * depend on the terminal's size: it uses cursor up, and erase to the end of the
 * line (ECMA-48). In a terminal with fewer lines than the picture has, its
 * upper part scrolls away and is drawn again.
 *
 * Amounts are in KOII and as exact as they are, but for balances in the
 * picture, which are cut to thousandths.
 */
#include "cli/up_view.h"
#include "base/check.h"
#include "base/error.h"
#include "cli/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* How much of a CID is shown: its end, because the beginnings are all alike. */
#define CID_SHOWN 10

/* Names for people and for --json, where they are the value of "check". */
static const char *const claim_names[NETWORK_CLAIM_KINDS] = {
    [NETWORK_PAID] = "paid",         [NETWORK_CAUGHT] = "caught",
    [NETWORK_CLAIMED] = "claimed",   [NETWORK_CONSERVED] = "conserved",
    [NETWORK_EVIDENCE] = "evidence", [NETWORK_COLLECTED] = "collected",
    [NETWORK_AGREED] = "agreed",
};

/* Drawing over needs a terminal; JSON and quiet want neither lines nor
 * pictures. */
struct up_view up_view_make(struct cli *cli)
{
    CHECK(cli);
    return (struct up_view){.cli = cli,
                            .is_terminal = !cli->output.json && !cli->quiet &&
                                           isatty(STDOUT_FILENO) == 1};
}

/* An amount as text, in place of what the buffer held. */
static void koii(uint64_t roe, struct buffer *out)
{
    buffer_clear(out);
    options_roe_text(roe, out);
}

/* Enough to tell two apart at a glance; the whole one stands in the task's log.
 */
static const char *short_cid(const char *cid)
{
    CHECK(cid);
    size_t size = strlen(cid);

    return size > CID_SHOWN ? cid + size - CID_SHOWN : cid;
}

/* "3 against 1": so many votes that the submission is wrong, the accusation
 * among them, and so many that it is right. "unchallenged" while it is not
 * accused, and "-" while there is none. */
static void verdicts(const struct network_work *work, struct buffer *out)
{
    buffer_clear(out);
    if (!*work->submission)
        buffer_text(out, "-");
    else if (!work->is_accused)
        buffer_text(out, "unchallenged");
    else
        buffer_format(out, "%u against %u", work->votes_against,
                      work->votes_for);
}

/* The round that is audited now: its submissions are the news. Rounds stand in
 * order, so it is the last that is before the current one. NULL in the first
 * round. */
static const struct network_round *audited(const struct network_view *network)
{
    CHECK(network);
    for (size_t i = network->round_count; i-- > 0;) {
        if (network->rounds[i].round + 1 <= network->round)
            return &network->rounds[i];
    }
    return NULL;
}

/* Rewards of the rounds that are paid. In roe; what was slashed is not taken
 * off, because it comes off the stake. */
static uint64_t earned(const struct network_view *network, size_t index)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < network->round_count; i++) {
        const struct network_work *work = &network->rounds[i].work[index];

        if (network->rounds[i].is_paid && work->reward_roe > 0)
            sum += (uint64_t)work->reward_roe;
    }
    return sum;
}

/* Columns are wide enough for what they usually hold, so that lines do not
 * jump. "\033[K" wipes what a longer line has left there. */
static void draw_node(const struct network_view *network,
                      const struct network_round *round, size_t index,
                      struct buffer *out)
{
    CHECK(index < network->node_count);
    static const struct network_work nothing;
    const struct network_node *node = &network->nodes[index];
    const struct network_work *work = round ? &round->work[index] : &nothing;
    struct buffer stake = {0}, verdict = {0}, reward = {0}, balance = {0};

    koii(node->stake_roe, &stake);
    koii(earned(network, index), &reward);
    koii(node->balance_roe / 1000000 * 1000000, &balance);
    verdicts(work, &verdict);
    buffer_format(out, "  %-8s %-11s %7s  %-11s %-13s %12s  %s\033[K\n",
                  node->name, node->state, buffer_string(&stake),
                  *work->submission ? short_cid(work->submission) : "-",
                  buffer_string(&verdict), buffer_string(&reward),
                  buffer_string(&balance));
    buffer_free(&stake);
    buffer_free(&verdict);
    buffer_free(&reward);
    buffer_free(&balance);
}

/* What keeps a node from running its task, where that is news; NULL if nothing
 * does. A node at work reports its small troubles in its log alone. Reported
 * once until the text changes. */
static const char *new_trouble(struct up_view *view,
                               const struct network_view *network, size_t index)
{
    const char *trouble = network_node_trouble(&network->nodes[index]);
    char *shown = view->trouble_shown[index];

    if (!trouble || !strcmp(trouble, shown))
        return NULL;
    snprintf(shown, sizeof(view->trouble_shown[index]), "%s", trouble);
    return trouble;
}

/* A line, or several where the text holds a stack. */
static void write_trouble(const struct network_node *node, const char *text,
                          struct buffer *out)
{
    buffer_format(out, "%s (%s): ", node->name, node->state);
    output_harmless(bytes_text(text), "\n\t", out);
}

/* The troubles of all nodes go above the picture and stay there; what stood
 * where they go is wiped. Where a line begins, the next one does. */
static void draw_troubles(struct up_view *view,
                          const struct network_view *network,
                          struct buffer *out)
{
    bool is_wiped = false;

    for (size_t i = 0; i < network->node_count; i++) {
        const char *text = new_trouble(view, network, i);

        if (!text)
            continue;
        if (!is_wiped)
            buffer_text(out, "\033[J");
        is_wiped = true;
        write_trouble(&network->nodes[i], text, out);
        buffer_text(out, "\n");
    }
}

/* One write for the whole picture: a terminal that shows half of it flickers.
 * The cursor is put back to the picture's first line by as many lines as were
 * drawn, a line for each node and the two above them. */
static void draw(struct up_view *view, const struct network_view *network)
{
    const struct network_round *round = audited(network);
    struct buffer out = {0};

    if (view->lines_drawn)
        buffer_format(&out, "\033[%uA\r", view->lines_drawn);
    draw_troubles(view, network, &out);
    buffer_format(&out,
                  "slot %-7" PRIu64 " round %-4" PRIu64 " %-10s %3" PRIu64
                  "/%-3" PRIu64 "   %" PRIu64 " rounds paid\033[K\n",
                  network->slot, network->round, network->window,
                  network->offset, network->round_time, network->rounds_paid);
    if (round)
        buffer_format(&out,
                      "  node     state         stake  round %-5" PRIu64
                      " votes               earned  balance\033[K\n",
                      round->round);
    else
        buffer_text(&out, "  node     state         stake  submission  "
                          "votes               earned  balance\033[K\n");
    for (size_t i = 0; i < network->node_count; i++)
        draw_node(network, round, i, &out);
    fwrite(out.data, 1, out.size, stdout);
    fflush(stdout);
    view->lines_drawn = (unsigned)network->node_count + 2;
    buffer_free(&out);
}

/* A line for a round that has been paid. Nodes that earned nothing are left out
 * of it. */
static void tell_round(const struct network_view *network,
                       const struct network_round *round)
{
    struct buffer line = {0}, amount = {0};

    buffer_format(&line, "round %" PRIu64 " paid:", round->round);
    for (size_t i = 0; i < network->node_count; i++) {
        const struct network_work *work = &round->work[i];
        int64_t reward = work->reward_roe;

        if (!work->has_reward || !reward)
            continue;
        koii((uint64_t)(reward < 0 ? -reward : reward), &amount);
        buffer_format(&line, " %s %s%s", network->nodes[i].name,
                      reward < 0 ? "slashed " : "+", buffer_string(&amount));
    }
    printf("%s\n", buffer_string(&line));
    buffer_free(&line);
    buffer_free(&amount);
}

/* In a pipe nothing can be drawn over: a line when a round begins, and one when
 * one was paid. A round that is not paid is passed over, because it may never
 * be: it has no submission, or its list was refused. If it is paid after all,
 * while the network still looks at it, its line comes then. */
static void tell(struct up_view *view, const struct network_view *network)
{
    if (network->round + 1 > view->round_shown) {
        view->round_shown = network->round + 1;
        printf("slot %" PRIu64 ": round %" PRIu64 " begins\n", network->slot,
               network->round);
    }
    for (size_t i = 0; i < network->round_count; i++) {
        const struct network_round *round = &network->rounds[i];

        if (!round->is_paid || view->is_shown[i])
            continue;
        tell_round(network, round);
        view->is_shown[i] = true;
    }
    for (size_t i = 0; i < network->node_count; i++) {
        const char *text = new_trouble(view, network, i);
        struct buffer line = {0};

        if (!text)
            continue;
        write_trouble(&network->nodes[i], text, &line);
        printf("%s\n", buffer_string(&line));
        buffer_free(&line);
    }
    fflush(stdout);
}

/* With --json only troubles are printed on the way, an object each. */
static void tell_json(struct up_view *view, const struct network_view *network)
{
    struct output *output = &view->cli->output;

    for (size_t i = 0; i < network->node_count; i++) {
        const char *text = new_trouble(view, network, i);

        if (!text)
            continue;
        output_text(output, "node", network->nodes[i].name);
        output_text(output, "state", network->nodes[i].state);
        output_text(output, "error", text);
        output_record(output);
        output_print(output);
    }
}

/* Called after every look, which is a few times a round and not once a slot.
 * With --quiet there is nothing to be done. */
void up_view_show(struct up_view *view, const struct network_view *network)
{
    CHECK(view && network);
    if (view->cli->quiet)
        return;
    if (view->cli->output.json)
        tell_json(view, network);
    else if (view->is_terminal)
        draw(view, network);
    else
        tell(view, network);
}

/* The last picture stays, and what follows begins on a line of its own. */
void up_view_end(struct up_view *view)
{
    if (view->lines_drawn)
        fputc('\n', stdout);
    fflush(stdout);
}

_Static_assert(NETWORK_NODES_MAX + 1 <= OUTPUT_FIELDS_MAX,
               "a record of a round has a field for each node");

/* A column for each node. A node that does not stand on the round's list has a
 * dash, or null. */
static void table_rounds(struct output *output,
                         const struct network_view *network)
{
    CHECK(network);
    output_list(output, "no round was paid");
    for (size_t r = 0; r < network->round_count; r++) {
        const struct network_round *round = &network->rounds[r];

        if (!round->is_paid)
            continue;
        output_u64(output, "round", round->round);
        for (size_t i = 0; i < network->node_count; i++) {
            const struct network_work *work = &round->work[i];

            if (work->has_reward && network->is_kpl)
                output_i64(output, network->nodes[i].name, work->reward_roe);
            else if (work->has_reward)
                output_roe_signed(output, network->nodes[i].name,
                                  work->reward_roe);
            else
                output_text(output, network->nodes[i].name, NULL);
        }
        output_record(output);
    }
    output_print(output);
}

/* Tokens are no KOII: their billionths are printed as they are. */
static void print_amount(struct output *output, bool is_kpl, uint64_t amount,
                         const char *roe_name, const char *units_name)
{
    if (is_kpl)
        output_u64(output, units_name, amount);
    else
        output_roe(output, roe_name, amount);
}

/* First what was earned round by round, then what each node has at the end.
 * With --json these are two kinds of objects, one after the other; the headings
 * are for people. */
void up_view_table(struct cli *cli, const struct network_view *network)
{
    CHECK(network);
    struct output *output = &cli->output;

    if (!output->json)
        printf("\nRounds and rewards\n");
    table_rounds(output, network);
    if (!output->json)
        printf("\nNodes\n");
    output_list(output, "there are no nodes");
    for (size_t i = 0; i < network->node_count; i++) {
        const struct network_node *node = &network->nodes[i];

        output_text(output, "node", node->name);
        output_text(output, "staking_key", PUBKEY_TEXT(&node->staking));
        print_amount(output, network->is_kpl, node->stake_roe, "stake_roe",
                     "stake_units");
        print_amount(output, network->is_kpl, node->claimed_roe, "claimed_roe",
                     "claimed_units");
        output_roe(output, "balance_roe", node->balance_roe);
        output_text(output, "role", node->is_cheater ? "cheater" : "honest");
        output_record(output);
    }
    output_print(output);
}

/* What did not apply (no cheater, too few rounds) is left out: silence is no
 * success. ERR_STATE, which is status 1, although the command did what it was
 * asked to: scripts use it to ask whether a network keeps its promises. */
int up_view_claims(struct cli *cli,
                   const struct network_claim claims[NETWORK_CLAIM_KINDS])
{
    CHECK(claims);
    struct output *output = &cli->output;
    unsigned failed = 0;

    if (!output->json)
        printf("\nDoes it hold?\n");
    for (size_t i = 0; i < NETWORK_CLAIM_KINDS; i++) {
        const struct network_claim *claim = &claims[i];

        if (!claim->is_checked)
            continue;
        failed += !claim->holds;
        if (output->json) {
            output_text(output, "check", claim_names[i]);
            output_bool(output, "holds", claim->holds);
            output_text(output, "text", claim->text);
            output_record(output);
        } else {
            printf("  %-4s %-10s %s\n", claim->holds ? "yes" : "NO",
                   claim_names[i], claim->text);
        }
    }
    output_print(output);
    if (failed)
        return err_set(ERR_STATE, "%u of the checks do not hold", failed);
    return 0;
}
