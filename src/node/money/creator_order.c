#include "node/money/creator_order.h"

#include "base/check.h"
#include "base/error.h"
#include "node/money/amount.h"
#include "node/money/transfer.h"
#include "settlement/format/account.h"
#include "settlement/format/kpl_instruction.h"
#include "settlement/format/task_error.h"
#include "settlement/format/well_known.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- whether it can be ---- */

/* The funder signs, too. */
struct creator_cost creator_order_cost(enum journal_kind kind, bool is_kpl)
{
    bool has_funder = kind == JOURNAL_FUND && !is_kpl;

    return (struct creator_cost){
        .fee = TRANSFER_FEE_ROE * (has_funder ? 2 : 1),
        .account = has_funder ? task_instruction_fund_lamports() : 0};
}

static int refuse(struct creator_cost *cost, const char *field)
{
    cost->field = field;
    return ERR_STATE;
}

static int refuse_short(const struct creator_facts *facts, uint64_t needed,
                        const char *field, struct creator_cost *out)
{
    char *have = amount_words(facts->lamports, false);
    char *cost = amount_words(needed, false);

    err_set(ERR_STATE, "there are %s, and it takes %s with the fee", have,
            cost);
    free(have);
    free(cost);
    return refuse(out, field);
}

/* An account has coins enough to be kept, or none: Solana's rule of rent. */
static int judge_rest(uint64_t left, const char *field,
                      struct creator_cost *out)
{
    uint64_t least = rent_minimum_balance(0);

    if (!left || left >= least)
        return 0;
    char *words = amount_words(least, false);

    err_set(ERR_STATE,
            "an account has at least %s or nothing, and less would "
            "be left in the wallet",
            words);
    free(words);
    return refuse(out, field);
}

static int judge_fund(const struct creator_order *order,
                      const struct creator_facts *facts,
                      struct creator_cost *out)
{
    uint64_t needed = out->fee + out->account;

    if (!order->amount) {
        err_set(ERR_STATE, "nothing would be added: the amount is 0");
        return refuse(out, "amount");
    }
    if (facts->is_kpl && facts->tokens < order->amount) {
        err_set(ERR_STATE, "there are %" PRIu64 " base units of that token",
                facts->tokens);
        return refuse(out, "amount");
    }
    if (!facts->is_kpl && order->amount > UINT64_MAX - needed) {
        err_set(ERR_STATE, "there are not so many coins");
        return refuse(out, "amount");
    }
    needed += facts->is_kpl ? 0 : order->amount;
    if (facts->lamports < needed)
        return refuse_short(facts, needed, "amount", out);
    out->left = facts->is_kpl ? facts->tokens - order->amount
                              : facts->lamports - needed;
    return judge_rest(facts->lamports - needed, "amount", out);
}

static int judge_active(const struct creator_order *order,
                        const struct creator_facts *facts,
                        struct creator_cost *out)
{
    if (order->is_active == facts->is_active) {
        err_set(ERR_STATE, "the task is switched %s already",
                facts->is_active ? "on" : "off");
        return refuse(out, "active");
    }
    if (facts->lamports < out->fee)
        return refuse_short(facts, out->fee, NULL, out);
    out->left = facts->lamports - out->fee;
    return judge_rest(out->left, NULL, out);
}

int creator_order_judge(const struct creator_order *order,
                        const struct creator_facts *facts,
                        struct creator_cost *out)
{
    *out = creator_order_cost(order->kind, facts->is_kpl);
    if (facts->is_migrated) {
        err_set(ERR_STATE, "the task has moved to a new version: nothing can "
                           "be done with the old one");
        return refuse(out, NULL);
    }
    return order->kind == JOURNAL_FUND ? judge_fund(order, facts, out)
                                       : judge_active(order, facts, out);
}

/* ---- the transaction ---- */

/* The wallet's account for the token is made in any case, which does nothing
 * where it is there: so the transaction also says what the amount is in. */
int creator_order_compose(const struct creator_order *order,
                          const struct creator_facts *facts,
                          const struct pubkey *wallet,
                          const struct pubkey *funder, struct recipe *out)
{
    recipe_init(out, wallet);
    if (facts->is_kpl)
        recipe_use_token(out, &facts->token);
    if (order->kind != JOURNAL_FUND)
        return recipe_set_active(out, &order->task, wallet, order->is_active);
    if (facts->is_kpl)
        recipe_token_account(out, wallet, &facts->token);
    return recipe_fund(out, &order->task, &facts->stake_pot,
                       facts->is_kpl ? NULL : funder, order->amount);
}

/* False: it is no order. */
static bool take_call(const struct transaction *transaction,
                      const struct transaction_instruction *instruction,
                      struct arena *arena, struct creator_order *out)
{
    struct kpl_instruction call;
    bool is_kpl = pubkey_equal(&transaction->keys[instruction->program_index],
                               &KPL_TASK_PROGRAM_ID);
    int status = is_kpl ? kpl_instruction_parse(instruction->data, arena, &call)
                        : task_instruction_parse(instruction->data, &call.task);

    out->task = *transaction_account(transaction, instruction, 0);
    if (status)
        return false;
    if (call.task.kind == TASK_FUND) {
        out->kind = JOURNAL_FUND;
        out->amount = call.task.amount;
    } else if (call.task.kind == TASK_SET_ACTIVE) {
        out->kind = JOURNAL_ACTIVE;
        out->is_active = call.task.flag;
    } else {
        return false;
    }
    return true;
}

int creator_order_read(struct bytes wire, struct creator_order *out,
                       struct pubkey *mint)
{
    struct transaction transaction;
    struct arena arena = {0};
    struct pubkey unit = {{0}};
    int status = transaction_parse(wire, &arena, &transaction);
    bool is_known = false;

    *out = (struct creator_order){0};
    for (size_t i = 0; !status && i < transaction.instruction_count; i++) {
        const struct transaction_instruction *at = &transaction.instructions[i];
        const struct pubkey *program = &transaction.keys[at->program_index];

        if (pubkey_equal(program, &ASSOCIATED_TOKEN_PROGRAM_ID))
            unit = *transaction_account(&transaction, at, 3);
        else if (pubkey_equal(program, &KOII_TASK_PROGRAM_ID) ||
                 pubkey_equal(program, &KPL_TASK_PROGRAM_ID))
            is_known = take_call(&transaction, at, &arena, out);
    }
    arena_free(&arena);
    if (mint)
        *mint = unit;
    return is_known ? 0
                    : err_set(ERR_CORRUPT, "that is no transaction of a "
                                           "creator's order");
}

/* A bounty is added by two programs, and the number of an error does not say
 * whose it is. */
const char *creator_order_refusal(enum journal_kind kind, uint32_t custom)
{
    if (kind != JOURNAL_ACTIVE)
        return NULL;
    switch (custom) {
    case TASK_ERROR_NOT_OWNER:
        return "only the wallet that created the task, or a manager, may do "
               "this";
    case TASK_ERROR_MIGRATED:
        return "the task has moved to a new version";
    default:
        return NULL;
    }
}

/* ---- the journal ---- */

bool creator_order_is_same(const struct creator_order *one,
                           const struct creator_order *other)
{
    return one->kind == other->kind && pubkey_equal(&one->task, &other->task) &&
           one->amount == other->amount && one->is_active == other->is_active;
}

/* Of no task, as transfers are: what the node forgets of a task that it runs
 * does not touch them. */
void creator_order_name(const char *key, enum journal_kind kind,
                        struct journal_name *out)
{
    CHECK(kind == JOURNAL_FUND || kind == JOURNAL_ACTIVE);
    transfer_name(key, out);
    out->kind = kind;
}
