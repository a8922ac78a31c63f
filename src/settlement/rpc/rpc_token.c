/*
 * The methods about tokens.
 *
 * There is no index of token accounts by owner or mint, so the methods that
 * look for them walk all accounts (rpc_visit_accounts()); Solana's nodes keep
 * such indexes by choice. On this network there are few token accounts.
 *
 * What counts as a token account is for token_state.c to say. Any HTTP thread,
 * from one snapshot.
 */
#include "settlement/rpc/rpc_account.h"
#include "settlement/rpc/rpc_token_form.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/well_known.h"

/* Solana's NUM_LARGEST_ACCOUNTS. */
#define LARGEST_MAX 20

/* Wallets ask for the accounts of both token programs, and take an error for
 * one as an error for both. This network does not have the second program, so
 * the list of its accounts is empty. */
static const char token_2022[] = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

/* ---- One account, one mint ---- */

/* [token account, options?]. There are three errors, as on Solana: no account,
 * not a token account, no mint. */
static int get_token_account_balance(struct rpc_request *request)
{
    struct pubkey key;
    struct account account;
    struct token_record record;
    uint8_t decimals;
    int status = rpc_parameter_key(request, 0, &key);
    if (!status)
        status = rpc_commitment(request, 1);
    if (status)
        return status;
    status = rpc_find_account(request, &key, &account);
    if (status == ERR_NOT_FOUND)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid param: could not find account");
    if (status)
        return status;
    if (!pubkey_equal(&account.owner, &TOKEN_PROGRAM_ID) ||
        token_account_load(account.data, &record) != TOKEN_LOADED)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid param: not a Token account");
    status = rpc_token_mint_decimals(request, token_account_mint(&record),
                                     &decimals);
    if (status)
        return status;
    rpc_open_context(&request->out, ledger_view_tip(request->view)->slot);
    rpc_write_token_amount(&request->out, token_account_amount(&record),
                           decimals);
    rpc_close_context(&request->out);
    return 0;
}

/* [mint, options?] gives the amount that the mint has issued and not burned, in
 * a context. Its error for an account that is not a mint differs from that of
 * the other methods. */
static int get_token_supply(struct rpc_request *request)
{
    struct pubkey key;
    struct account account;
    struct token_record mint;
    int status = rpc_parameter_key(request, 0, &key);
    if (!status)
        status = rpc_commitment(request, 1);
    if (status)
        return status;
    status = rpc_find_account(request, &key, &account);
    if (status == ERR_NOT_FOUND)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid param: could not find account");
    if (status)
        return status;
    if (!pubkey_equal(&account.owner, &TOKEN_PROGRAM_ID))
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid param: not a Token mint");
    if (token_mint_load(account.data, &mint) != TOKEN_LOADED)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid param: mint could not be unpacked");
    rpc_open_context(&request->out, ledger_view_tip(request->view)->slot);
    rpc_write_token_amount(&request->out, token_mint_supply(&mint),
                           token_mint_decimals(&mint));
    rpc_close_context(&request->out);
    return 0;
}

/* ---- Walks over token accounts ---- */

/* The parameters of getTokenAccountsBy…, for the walk: whose accounts, and
 * perhaps of which mint. */
struct token_search {
    struct rpc_request *request;
    struct rpc_config config;
    bool by_delegate;
    struct pubkey holder; /* owner or delegate */
    bool is_empty;        /* of a program that has no accounts here */
    bool has_mint;
    struct pubkey mint;
};

/* Write an account if it is one of those searched for. Other accounts of the
 * program (mints, multisigs) are skipped. */
static int write_match(void *user, const struct pubkey *key,
                       struct account *account)
{
    struct token_search *search = user;
    struct json_writer *out = &search->request->out;
    struct token_record record;
    if (token_account_load(account->data, &record) != TOKEN_LOADED)
        return 0;
    const struct pubkey *holder =
        search->by_delegate ? token_option_key(&record, TOKEN_ACCOUNT_DELEGATE)
                            : token_account_owner(&record);
    if (!holder || !pubkey_equal(holder, &search->holder) ||
        (search->has_mint &&
         !pubkey_equal(token_account_mint(&record), &search->mint)) ||
        !rpc_account_is_listed(search->request, key, account, &search->config))
        return 0;
    json_open_object(out);
    json_name(out, "account");
    int status =
        rpc_write_account(search->request, out, key, account, &search->config);
    if (status)
        return status;
    rpc_field_key(out, "pubkey", key);
    json_close_object(out);
    return 0;
}

/* {"mint":key} or {"programId":key}. The mint has to be one; the program has to
 * be one of Solana's two. */
static int read_token_filter(struct rpc_request *request,
                             struct token_search *search)
{
    static const struct rpc_word words[] = {
        {"mint", 0}, {"programId", 0}, {NULL, 0}};
    struct json_object *filter = rpc_parameter(request, 1);
    const char *text;
    struct pubkey program;
    if (!json_object_is_type(filter, json_type_object))
        return rpc_wrong_type(request, filter, "string or map");
    if (json_object_object_length(filter) != 1)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: invalid value: map, expected map "
                        "with a single key.");
    struct json_object_iterator first = json_object_iter_begin(filter);
    const char *name = json_object_iter_peek_name(&first);
    struct json_object *value = json_object_iter_peek_value(&first);
    bool is_mint = !strcmp(name, "mint");
    if (!is_mint && strcmp(name, "programId"))
        return rpc_unknown_word(request, name, words);
    if (!json_object_is_type(value, json_type_string))
        return rpc_wrong_type(request, value, "a string");
    text = json_object_get_string(value);
    if (is_mint) {
        uint8_t decimals;
        search->has_mint = true;
        int status = rpc_key_of_text(request, text, &search->mint);
        return status
                   ? status
                   : rpc_token_mint_decimals(request, &search->mint, &decimals);
    }
    search->is_empty = !strcmp(text, token_2022);
    int status = rpc_key_of_text(request, text, &program);
    if (!status && !search->is_empty &&
        !pubkey_equal(&program, &TOKEN_PROGRAM_ID))
        status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "Invalid param: unrecognized Token program id");
    return status;
}

/* [holder, {"mint"} or {"programId"}, options?]. The filter is required on
 * Solana. */
static int search_tokens(struct rpc_request *request, bool by_delegate)
{
    struct token_search search = {.request = request,
                                  .by_delegate = by_delegate};
    struct ledger_view *view;
    int status = rpc_parameter_key(request, 0, &search.holder);
    if (!status)
        status = rpc_config_open(request, 2, &search.config);
    if (!status)
        status = rpc_view(request, &view);
    if (!status)
        status = read_token_filter(request, &search);
    if (!status)
        status = rpc_config_account(request, &search.config);
    if (!status)
        status = rpc_config_min_slot(request, &search.config);
    if (status)
        return status;
    rpc_open_context(&request->out, ledger_view_tip(view)->slot);
    json_open_array(&request->out);
    if (!search.is_empty)
        status = rpc_visit_accounts(request, &TOKEN_PROGRAM_ID, write_match,
                                    &search);
    if (status)
        return status;
    json_close_array(&request->out);
    rpc_close_context(&request->out);
    return 0;
}

/* [owner, filter, options?]. */
static int get_token_accounts_by_owner(struct rpc_request *request)
{
    return search_tokens(request, false);
}

/* [delegate, filter, options?]. */
static int get_token_accounts_by_delegate(struct rpc_request *request)
{
    return search_tokens(request, true);
}

/* ---- getTokenLargestAccounts ---- */

/* The largest accounts of one mint found so far, in descending order of amount.
 */
struct largest_tokens {
    struct pubkey mint;
    size_t count;
    struct {
        uint64_t amount;
        struct pubkey key;
    } items[LARGEST_MAX];
};

/* Insert into a short list; the last entry falls off the end. Of equal amounts
 * the greater key stands first, as on Solana; the walk begins with the least
 * key. */
static int keep_largest(void *user, const struct pubkey *key,
                        struct account *account)
{
    struct largest_tokens *largest = user;
    struct token_record record;
    size_t at = largest->count;
    CHECK(at <= LARGEST_MAX);
    if (token_account_load(account->data, &record) != TOKEN_LOADED ||
        !pubkey_equal(token_account_mint(&record), &largest->mint))
        return 0;
    uint64_t amount = token_account_amount(&record);
    if (at == LARGEST_MAX && largest->items[at - 1].amount > amount)
        return 0;
    if (at < LARGEST_MAX)
        largest->count++;
    else
        at--;
    for (; at > 0 && largest->items[at - 1].amount <= amount; at--)
        largest->items[at] = largest->items[at - 1];
    largest->items[at].amount = amount;
    largest->items[at].key = *key;
    return 0;
}

/* [mint, options?] gives the twenty largest in a context. Empty accounts count,
 * too. */
static int get_token_largest_accounts(struct rpc_request *request)
{
    struct largest_tokens largest = {0};
    uint8_t decimals;
    int status = rpc_parameter_key(request, 0, &largest.mint);
    if (!status)
        status = rpc_commitment(request, 1);
    if (!status)
        status = rpc_token_mint_decimals(request, &largest.mint, &decimals);
    if (!status)
        status = rpc_visit_accounts(request, &TOKEN_PROGRAM_ID, keep_largest,
                                    &largest);
    if (status)
        return status;
    rpc_open_context(&request->out, ledger_view_tip(request->view)->slot);
    json_open_array(&request->out);
    for (size_t i = 0; i < largest.count; i++) {
        json_open_object(&request->out);
        rpc_field_key(&request->out, "address", &largest.items[i].key);
        rpc_token_amount_fields(&request->out, largest.items[i].amount,
                                decimals);
        json_close_object(&request->out);
    }
    json_close_array(&request->out);
    rpc_close_context(&request->out);
    return 0;
}

const struct rpc_method rpc_token_methods[] = {
    {"getTokenAccountBalance", 1, 2, get_token_account_balance},
    {"getTokenAccountsByDelegate", 2, 3, get_token_accounts_by_delegate},
    {"getTokenAccountsByOwner", 2, 3, get_token_accounts_by_owner},
    {"getTokenLargestAccounts", 1, 2, get_token_largest_accounts},
    {"getTokenSupply", 1, 2, get_token_supply},
    {0},
};
