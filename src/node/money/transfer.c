#include "node/money/transfer.h"

#include "base/error.h"
#include "crypto/hash.h"
#include "node/money/amount.h"
#include "settlement/format/account.h"
#include "settlement/format/well_known.h"

#include <inttypes.h>
#include <stdlib.h>

/* Below it nothing but a few transactions can be sent. */
#define FEES_LOW_ROE 10000000u
/* The System program's Transfer and the token program's (recipe.c). */
#define SYSTEM_TRANSFER 2
#define TOKEN_TRANSFER 3

const char *const transfer_warning_names[] = {
    "never_sent", "new",  "self",     "own_staking", "owned",
    "keyless",    "burn", "fees_low", NULL};

/* ---- whether it can be ---- */

static int refuse(struct transfer_verdict *verdict, const char *field)
{
    verdict->field = field;
    return ERR_STATE;
}

/* What holds of coins and tokens. */
static int judge_goal(const struct transfer *transfer,
                      const struct transfer_facts *facts,
                      struct transfer_verdict *out)
{
    if (facts->to_is_program) {
        err_set(ERR_STATE, "that is the address of a program: nothing can be "
                           "sent there");
        return refuse(out, "to");
    }
    if (!transfer->amount) {
        err_set(ERR_STATE, "nothing would be sent: the amount is 0");
        return refuse(out, "amount");
    }
    if (transfer->is_token && facts->to_exists &&
        pubkey_equal(&facts->to_owner, &TOKEN_PROGRAM_ID)) {
        err_set(ERR_STATE, "that is an account for tokens: give the address "
                           "of the wallet that it belongs to");
        return refuse(out, "to");
    }
    return 0;
}

/* An account has coins enough to be kept, or none at all: Solana's rule of
 * rent, for both ends. */
static int judge_rest(const struct transfer *transfer,
                      const struct transfer_facts *facts, uint64_t left,
                      struct transfer_verdict *out)
{
    uint64_t least = rent_minimum_balance(0);
    char *words = amount_words(least, false);
    int status = 0;

    if (left && left < least) {
        err_set(ERR_STATE,
                "an account has at least %s or nothing: send less, or all of "
                "it",
                words);
        status = refuse(out, "amount");
    } else if (!transfer->is_token && !facts->to_exists &&
               transfer->amount < least) {
        err_set(ERR_STATE,
                "there is no account at that address yet, and a new one needs "
                "at least %s",
                words);
        status = refuse(out, "amount");
    }
    free(words);
    return status;
}

/* KOII pay fees and rent, whatever is sent. */
static int refuse_short(const struct transfer_facts *facts,
                        struct transfer_verdict *out)
{
    char *have = amount_words(facts->lamports, false);
    char *cost = amount_words(out->fee + out->rent, false);

    err_set(ERR_STATE,
            out->rent ? "there are %s, and the fee and an account for the "
                        "token cost %s"
                      : "there are %s, and the fee is %s",
            have, cost);
    free(have);
    free(cost);
    return refuse(out, "amount");
}

static int judge_coins(const struct transfer *transfer,
                       const struct transfer_facts *facts,
                       struct transfer_verdict *out)
{
    if (facts->lamports < out->fee ||
        facts->lamports - out->fee < transfer->amount)
        return refuse_short(facts, out);
    out->left = facts->lamports - out->fee - transfer->amount;
    return judge_rest(transfer, facts, out->left, out);
}

static int judge_tokens(const struct transfer *transfer,
                        const struct transfer_facts *facts,
                        struct transfer_verdict *out)
{
    if (!facts->is_mint) {
        err_set(ERR_STATE, "there is no such token");
        return refuse(out, "unit");
    }
    if (facts->tokens < transfer->amount) {
        err_set(ERR_STATE, "there are %" PRIu64 " base units of that token",
                facts->tokens);
        return refuse(out, "amount");
    }
    out->left = facts->tokens - transfer->amount;
    if (!facts->to_has_token)
        out->rent = rent_minimum_balance(TOKEN_ACCOUNT_SIZE);
    if (facts->lamports < out->fee + out->rent)
        return refuse_short(facts, out);
    return judge_rest(transfer, facts, facts->lamports - out->fee - out->rent,
                      out);
}

static unsigned warnings(const struct transfer *transfer,
                         const struct transfer_facts *facts,
                         uint64_t coins_left)
{
    bool is_new = transfer->is_token ? !facts->to_has_token : !facts->to_exists;
    bool is_burn = pubkey_equal(&transfer->to, &INCINERATOR_ID);
    unsigned found = 0;

    found |= facts->sent_before ? 0 : TRANSFER_NEVER_SENT;
    found |= is_new ? TRANSFER_NEW : 0;
    found |= pubkey_equal(&transfer->from, &transfer->to) ? TRANSFER_SELF : 0;
    found |= facts->to_is_own_staking ? TRANSFER_OWN_STAKING : 0;
    found |= is_burn ? TRANSFER_BURN : 0;
    if (facts->to_exists && !facts->to_is_own_staking &&
        !pubkey_equal(&facts->to_owner, &SYSTEM_PROGRAM_ID))
        found |= TRANSFER_OWNED;
    else if (!is_burn && !pubkey_is_on_curve(&transfer->to))
        found |= TRANSFER_KEYLESS;
    found |= coins_left < FEES_LOW_ROE ? TRANSFER_FEES_LOW : 0;
    return found;
}

int transfer_judge(const struct transfer *transfer,
                   const struct transfer_facts *facts,
                   struct transfer_verdict *out)
{
    *out = (struct transfer_verdict){.fee = TRANSFER_FEE_ROE};
    int status = judge_goal(transfer, facts, out);

    if (!status)
        status = transfer->is_token ? judge_tokens(transfer, facts, out)
                                    : judge_coins(transfer, facts, out);
    if (!status)
        out->warnings =
            warnings(transfer, facts,
                     transfer->is_token ? facts->lamports - out->fee - out->rent
                                        : out->left);
    return status;
}

/* ---- the transaction ---- */

/* The account for tokens is made in any case, which does nothing where it is
 * there: so the transaction also says whose it is (transfer_read()). */
void transfer_compose(const struct transfer *transfer, struct recipe *out)
{
    recipe_init(out, &transfer->from);
    if (transfer->is_token) {
        recipe_token_account(out, &transfer->to, &transfer->mint);
        recipe_token_transfer(out, &transfer->from, &transfer->to,
                              &transfer->mint, transfer->amount);
    } else {
        (void)recipe_transfer(out, &transfer->from, &transfer->to,
                              transfer->amount);
    }
}

/* One instruction of the three that transfer_compose() makes. False: it is
 * another. */
static bool take_instruction(const struct transaction *transaction,
                             const struct transaction_instruction *instruction,
                             struct transfer *out)
{
    const struct pubkey *program =
        &transaction->keys[instruction->program_index];
    struct bytes data = instruction->data;

    if (pubkey_equal(program, &SYSTEM_PROGRAM_ID) && data.size == 12 &&
        u32le_read(data.data) == SYSTEM_TRANSFER) {
        out->from = *transaction_account(transaction, instruction, 0);
        out->to = *transaction_account(transaction, instruction, 1);
        out->amount = u64le_read(data.data + 4);
    } else if (pubkey_equal(program, &ASSOCIATED_TOKEN_PROGRAM_ID) &&
               data.size == 1) {
        out->is_token = true;
        out->to = *transaction_account(transaction, instruction, 2);
        out->mint = *transaction_account(transaction, instruction, 3);
    } else if (pubkey_equal(program, &TOKEN_PROGRAM_ID) && data.size == 9 &&
               data.data[0] == TOKEN_TRANSFER) {
        out->from = *transaction_account(transaction, instruction, 2);
        out->amount = u64le_read(data.data + 1);
    } else {
        return false;
    }
    return true;
}

int transfer_read(struct bytes wire, struct transfer *out)
{
    struct transaction transaction;
    struct arena arena = {0};
    int status = transaction_parse(wire, &arena, &transaction);
    bool is_known = !status && transaction.instruction_count > 0;

    *out = (struct transfer){0};
    for (size_t i = 0; is_known && i < transaction.instruction_count; i++)
        is_known =
            take_instruction(&transaction, &transaction.instructions[i], out);
    arena_free(&arena);
    return is_known ? 0
                    : err_set(ERR_CORRUPT, "that is no transfer's "
                                           "transaction");
}

/* ---- the journal ---- */

void transfer_name(const char *key, struct journal_name *out)
{
    char text[64];
    struct hash hash;
    size_t size = 0;

    for (; key[size] && size < sizeof(text); size++)
        text[size] =
            (char)(key[size] >= 'A' && key[size] <= 'Z' ? key[size] + 32
                                                        : key[size]);
    hash_sha256(bytes_make(text, size), &hash);
    *out = (struct journal_name){.kind = JOURNAL_TRANSFER};
    memcpy(out->target.bytes, hash.bytes, sizeof(out->target.bytes));
}

struct counting {
    const struct pubkey *to;
    uint64_t count;
};

static int count_one(void *user, const struct journal_entry *entry)
{
    struct counting *counting = user;
    struct transfer transfer;

    if (entry->name.kind == JOURNAL_TRANSFER && entry->state == JOURNAL_FINAL &&
        !transfer_read(bytes_make(entry->transaction, entry->transaction_size),
                       &transfer))
        counting->count += pubkey_equal(&transfer.to, counting->to);
    return 0;
}

/* Transfers have the zero key for a task, as other orders by a key have. */
int transfer_count(struct journal *journal, const struct pubkey *to,
                   uint64_t *out)
{
    static const struct pubkey none;
    struct counting counting = {.to = to};
    int status = journal_each(journal, &none, 0, count_one, &counting);

    *out = counting.count;
    return status;
}
