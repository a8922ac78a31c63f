/*
 * What a node stakes and claims. Both are counted in the journal by a number
 * of the node's own, so that one that was begun is ended before the next.
 *
 * There is a number, because stakes and claims belong to no round, and yet each
 * must be sent once. The next number is one after the last entry of its kind
 * that is final; an entry that is open or failed keeps its number, and the
 * sender goes on with it. So a crash between the decision to stake and the
 * stake's landing can't stake twice, whatever the node believes when it comes
 * back.
 *
 * Both act on a state that has just been read. A claim needs no window; it is
 * made when the operator asks, or by itself from a threshold on, which saves
 * the fee of claiming crumbs.
 */
#include "node/task/task_money_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/task/task_earnings.h"

#include <stdlib.h>

/* See the header. */
int task_money_next_name(const struct task_runner *runner,
                         enum journal_kind kind, struct journal_name *out)
{
    struct journal_entry entry;

    CHECK(kind >= JOURNAL_STAKE);
    *out = (struct journal_name){.task = runner->task, .kind = kind};
    int status = journal_next_number(runner->parts->journal, &runner->task,
                                     kind, &out->round);
    if (status || !out->round)
        return status;
    out->round--;
    status = journal_find(runner->parts->journal, out, &entry);
    if (!status && entry.state == JOURNAL_FINAL)
        out->round++;
    return status;
}

struct task_money *task_money_new(uint64_t stake_roe)
{
    struct task_money *money = mem_zero(1, sizeof(*money));

    money->stake_wanted = stake_roe;
    return money;
}

void task_money_free(struct task_money *money)
{
    free(money);
}

/* ---- what a claim brought ---- */

/* The coins of an account before or after a transaction. */
static int coins_at(struct json_object *meta, const char *name, size_t index,
                    uint64_t *out)
{
    struct json_object *balances;
    int status = json_get_array(meta, name, &balances);

    if (!status &&
        !json_is_u64(json_object_array_get_idx(balances, index), out))
        status = err_set(ERR_INVALID, "%s has no balance of the pot", name);
    return status;
}

static int read_amount(const char *text, uint64_t *out)
{
    struct json_object *number;
    int status = json_parse(bytes_text(text), &number);

    if (!status && !json_is_u64(number, out))
        status = err_set(ERR_INVALID, "%.40s is no amount of tokens", text);
    json_object_put(number);
    return status;
}

/* The same of its tokens: entries name the account by its index. Amounts are
 * texts, in base units. */
static int tokens_at(struct json_object *meta, const char *name, size_t index,
                     uint64_t *out)
{
    struct json_object *balances, *amount;
    const char *text;
    uint64_t at;
    int status = json_get_array(meta, name, &balances);

    for (size_t i = 0; !status && i < json_object_array_length(balances); i++) {
        struct json_object *entry = json_object_array_get_idx(balances, i);

        if (!json_object_is_type(entry, json_type_object) ||
            json_get_u64(entry, "accountIndex", &at) < 0 || at != index)
            continue;
        status = json_get_object(entry, "uiTokenAmount", &amount);
        if (!status)
            status = json_get_text(amount, "amount", &text);
        if (status)
            return status;
        return read_amount(text, out);
    }
    return status ? status
                  : err_set(ERR_INVALID, "%s has no balance of the pot", name);
}

static int pot_index(struct json_object *transaction, const struct pubkey *pot,
                     size_t *out)
{
    struct json_object *inner, *message, *keys;
    struct pubkey_text text = pubkey_text(pot);
    int status;

    if ((status = json_get_object(transaction, "transaction", &inner)) < 0 ||
        (status = json_get_object(inner, "message", &message)) < 0 ||
        (status = json_get_array(message, "accountKeys", &keys)) < 0)
        return status;
    for (size_t i = 0; i < json_object_array_length(keys); i++) {
        const char *key =
            json_object_get_string(json_object_array_get_idx(keys, i));

        if (key && !strcmp(key, text.text)) {
            *out = i;
            return 0;
        }
    }
    return err_set(ERR_INVALID, "the claim's transaction names no pot");
}

/* What left the pot, by the balances that getTransaction reports beside the
 * transaction's keys. The pot pays no fees, so the difference is what was
 * claimed. A pot that grew is not that of a claim. */
static int amount_in(struct json_object *transaction,
                     const struct task_view *view, uint64_t *out)
{
    int (*amount_at)(struct json_object *, const char *, size_t, uint64_t *) =
        view->is_kpl ? tokens_at : coins_at;
    struct json_object *meta;
    uint64_t was = 0, is = 0;
    size_t index = 0;
    int status;

    if (!json_object_is_type(transaction, json_type_object))
        return err_set(ERR_NOT_FOUND, "the claim's transaction is not known");
    if ((status = json_get_object(transaction, "meta", &meta)) < 0 ||
        (status = pot_index(transaction, &view->stake_pot, &index)) < 0 ||
        (status =
             amount_at(meta, view->is_kpl ? "preTokenBalances" : "preBalances",
                       index, &was)) < 0 ||
        (status = amount_at(meta,
                            view->is_kpl ? "postTokenBalances" : "postBalances",
                            index, &is)) < 0)
        return status;
    if (is > was)
        return err_set(ERR_INVALID, "the pot grew with a claim");
    *out = was - is;
    return 0;
}

/* The next look at the task's state comes back to what could not be asked. */
static void on_transaction(void *user, int status, struct json_object *result)
{
    struct task_runner *runner = user;
    struct journal_entry entry;
    uint64_t amount = 0;

    CHECK(runner->money->is_noting);
    runner->money->is_noting = false;
    if (!status)
        status = amount_in(result, &runner->view, &amount);
    if (!status &&
        journal_find_unnoted(runner->parts->journal, &runner->task,
                             JOURNAL_CLAIM, &entry) == 0 &&
        entry.id == runner->money->noting)
        task_earnings_claimed(runner, &entry, amount);
    runner->money->has_noting_failed = status != 0;
    if (runner_arrived(runner) && status)
        log_debug("task", "%.8s %s", runner->task_text, err_text());
}

/* A claim takes whatever has come in by the time it lands, so its amount is
 * asked of the chain afterwards; also that of a claim that landed while this
 * node was away. One question at a time; the next one comes with the next look
 * at the state. */
static void note_claims(struct task_runner *runner)
{
    char signature[BASE58_SIGNATURE_SIZE];
    struct journal_entry entry;

    if (runner->money->is_noting ||
        journal_find_unnoted(runner->parts->journal, &runner->task,
                             JOURNAL_CLAIM, &entry) < 0)
        return;
    runner->money->is_noting = true;
    runner->money->noting = entry.id;
    base58_signature(entry.signature.bytes, signature);
    char *params = mem_format("[\"%s\",{\"encoding\":\"json\","
                              "\"commitment\":\"confirmed\","
                              "\"maxSupportedTransactionVersion\":0}]",
                              signature);
    runner_depart(runner);
    client_call(runner->parts->client, "getTransaction", params, on_transaction,
                runner);
    free(params);
}

/* An endpoint that can't say so now is asked again when the task runs again. */
bool task_money_is_settled(const struct task_runner *runner)
{
    struct journal_entry entry;

    return runner->money->has_noting_failed ||
           journal_find_unnoted(runner->parts->journal, &runner->task,
                                JOURNAL_CLAIM, &entry) != 0;
}

/* ---- claims ---- */

/* What it brought is asked of the chain; see note_claims(). */
static void on_claimed(void *user, const struct sender_result *result)
{
    struct task_runner *runner = user;

    CHECK(runner->money->is_claiming);
    runner->money->is_claiming = false;
    if (!runner_arrived(runner))
        return;
    if (!result->status) {
        note_claims(runner);
        runner_want_view(runner);
        return;
    }
    /* Not known how it ended, and not refused: the operator's wish stands. */
    runner->money->claim_wanted |= result->status != ERR_REMOTE;
    err_set(result->status, "%s", result->text);
    runner_complain(runner, "can't claim");
}

void task_money_claim(struct task_runner *runner)
{
    runner->money->claim_wanted = true;
}

bool task_money_wants_claim(const struct task_runner *runner)
{
    return runner->money->claim_wanted;
}

int task_money_claim_number(const struct task_runner *runner, uint64_t *number)
{
    struct journal_name name;
    int status = task_money_next_name(runner, JOURNAL_CLAIM, &name);

    if (status)
        return status;
    *number = name.round;
    if (sender_is_sending(runner->parts->sender, &name))
        ++*number;
    return 0;
}

/* To the main wallet: the staking key holds no more than it must. The amount is
 * what is known now; what counts is noted later. */
static int send_claim(struct task_runner *runner, uint64_t amount)
{
    const struct signer *signer = runner->parts->signer;
    struct journal_name name;
    struct recipe recipe;
    int status = task_money_next_name(runner, JOURNAL_CLAIM, &name);

    CHECK(amount > 0 && !runner->money->is_claiming);
    if (status)
        return status;
    runner_recipe(runner, &recipe);
    status = recipe_claim(&recipe, &runner->task, &runner->view.stake_pot,
                          &runner->own, signer_main(signer));
    if (status) {
        recipe_free(&recipe);
        return status;
    }
    return sender_send(runner->parts->sender, &name, amount, &recipe,
                       on_claimed, runner);
}

/* One of an earlier life, which the sender has taken up, is in the journal, and
 * so is one that has landed and that the task's state does not show yet: else
 * what it moved would be owed again for a moment. */
uint64_t task_money_claiming(const struct task_runner *runner)
{
    struct journal *journal = runner->parts->journal;
    struct journal_name name = {.task = runner->task, .kind = JOURNAL_CLAIM};
    struct journal_entry entry;

    if (runner->money->is_claiming)
        return runner->money->claiming;
    if (journal_next_number(journal, &runner->task, JOURNAL_CLAIM,
                            &name.round) ||
        !name.round)
        return 0;
    name.round--;
    if (journal_find(journal, &name, &entry))
        return 0;
    bool is_ahead =
        entry.state == JOURNAL_FINAL && entry.slot > runner->view.slot;
    return entry.state == JOURNAL_OPEN || is_ahead ? entry.amount : 0;
}

uint64_t task_money_claimable(const struct task_runner *runner)
{
    uint64_t balance = task_view_balance(&runner->view, &runner->own);
    uint64_t claiming = task_money_claiming(runner);

    return balance < claiming ? balance : balance - claiming;
}

/* With every fresh state; a claim under way is waited for, also one of an
 * earlier life, which the sender has taken up. The operator's wish ends when a
 * claim has been sent for it, and not before. */
void task_money_look_at_claims(struct task_runner *runner)
{
    uint64_t threshold = runner->parts->options->claim_threshold_roe;
    uint64_t balance = task_view_balance(&runner->view, &runner->own);

    note_claims(runner);
    if (!balance || runner->money->is_claiming ||
        (!runner->money->claim_wanted && (!threshold || balance < threshold)))
        return;
    int status = send_claim(runner, balance);
    if (status) {
        if (status != ERR_BUSY)
            runner_complain(runner, "can't claim");
        return;
    }
    runner->money->claim_wanted = false;
    runner->money->is_claiming = true;
    runner->money->claiming = balance;
    runner_depart(runner);
}
