/*
 * surfnet_setTokenAccount and surfnet_resetAccount: accounts of a private
 * network, under Surfpool's names and with its parameters (surfpool,
 * crates/core/src/rpc/surfnet_cheatcodes.rs). What differs: a mint has to be
 * there; there is one token program; and an account that is reset is gone,
 * because no other network stands behind this one.
 */
#include "settlement/rpc/rpc_development.h"

#include "settlement/bank/token_state.h"
#include "settlement/format/account.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/associated_token_program.h"

/* ---- surfnet_setTokenAccount ---- */

/* As it is, or a new one without tokens. */
static int load_tokens(struct rpc_request *request, const struct pubkey *key,
                       const struct pubkey *owner, const struct pubkey *mint,
                       struct token_record *out)
{
    struct account account;
    int status = rpc_find_account(request, key, &account);
    if (!status && token_account_load(account.data, out) == TOKEN_LOADED)
        return 0;
    if (status && status != ERR_NOT_FOUND)
        return status;
    *out = (struct token_record){0};
    token_account_set_mint(out, mint);
    token_account_set_owner(out, owner);
    token_account_set_state(out, TOKEN_ACCOUNT_INITIALIZED);
    return 0;
}

static int require_mint(struct rpc_request *request, const struct pubkey *mint)
{
    struct account account;
    struct token_record record;
    if (pubkey_equal(mint, &TOKEN_NATIVE_MINT))
        return 0;
    int status = rpc_find_account(request, mint, &account);
    if (status && status != ERR_NOT_FOUND)
        return status;
    if (status || !pubkey_equal(&account.owner, &TOKEN_PROGRAM_ID) ||
        token_mint_load(account.data, &record) != TOKEN_LOADED)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: %s is no token's mint",
                        PUBKEY_TEXT(mint));
    return 0;
}

/* A key, or the text "null" for none; absent: as it is. */
static int set_option(struct rpc_request *request,
                      const struct rpc_config *config, const char *name,
                      size_t offset, struct token_record *record)
{
    const char *text;
    struct pubkey key;
    int status = rpc_config_text(request, config, name, &text);
    if (status || !text)
        return status;
    if (!strcmp(text, "null")) {
        token_set_option_key(record, offset, NULL);
        return 0;
    }
    status = rpc_key_of_text(request, text, &key);
    if (!status)
        token_set_option_key(record, offset, &key);
    return status;
}

static int set_state(struct rpc_request *request,
                     const struct rpc_config *config,
                     struct token_record *record)
{
    static const char *const names[] = {
        [TOKEN_ACCOUNT_UNINITIALIZED] = "uninitialized",
        [TOKEN_ACCOUNT_INITIALIZED] = "initialized",
        [TOKEN_ACCOUNT_FROZEN] = "frozen"};
    const char *text;
    int status = rpc_config_text(request, config, "state", &text);
    if (status || !text)
        return status;
    for (int i = 0; i <= TOKEN_ACCOUNT_FROZEN; i++) {
        if (!strcmp(names[i], text)) {
            token_account_set_state(record, (enum token_account_state)i);
            return 0;
        }
    }
    return rpc_fail(request, RPC_INVALID_PARAMS,
                    "Invalid token account state: must be initialized, "
                    "uninitialized or frozen");
}

static int apply(struct rpc_request *request, const struct rpc_config *config,
                 struct token_record *record)
{
    bool is_there;
    uint64_t amount;
    int status = rpc_config_u64(request, config, "amount", &is_there, &amount);
    if (!status && is_there)
        token_account_set_amount(record, amount);
    if (!status)
        status = rpc_config_u64(request, config, "delegatedAmount", &is_there,
                                &amount);
    if (!status && is_there)
        token_account_set_delegated_amount(record, amount);
    if (!status)
        status = set_option(request, config, "delegate", TOKEN_ACCOUNT_DELEGATE,
                            record);
    if (!status)
        status = set_option(request, config, "closeAuthority",
                            TOKEN_ACCOUNT_CLOSE_AUTHORITY, record);
    return status ? status : set_state(request, config, record);
}

/* Wrapped coins are lamports of the account, beside its rent. */
static int add_wrapped(struct rpc_request *request, struct token_record *record,
                       uint64_t *lamports)
{
    uint64_t rent = *lamports;
    token_account_set_native(record, rent);
    if (__builtin_add_overflow(rent, token_account_amount(record), lamports))
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: more than all coins");
    return 0;
}

static int read_token_program(struct rpc_request *request)
{
    struct pubkey key = TOKEN_PROGRAM_ID;
    int status =
        rpc_parameter(request, 3) ? rpc_parameter_key(request, 3, &key) : 0;
    if (!status && !pubkey_equal(&key, &TOKEN_PROGRAM_ID))
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: there is no token program here but %s",
                        PUBKEY_TEXT(&TOKEN_PROGRAM_ID));
    return status;
}

/* [owner, mint, {"amount"?, "delegate"?, "state"?, "delegatedAmount"?,
 * "closeAuthority"?}, token program?]: the owner's associated account. The
 * mint's supply stays. */
static int set_token_account(struct rpc_request *request)
{
    struct pubkey owner, mint;
    struct rpc_config config;
    struct token_record record = {0};
    struct rpc_account_wish wish = {
        .lamports = rent_minimum_balance(TOKEN_ACCOUNT_SIZE),
        .owner = TOKEN_PROGRAM_ID,
        .space = TOKEN_ACCOUNT_SIZE};
    int status = rpc_require_faucet(request);
    if (!status)
        status = rpc_parameter_key(request, 0, &owner);
    if (!status)
        status = rpc_parameter_key(request, 1, &mint);
    if (!status)
        status = rpc_config_open(request, 2, &config);
    if (!status && !config.object)
        status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "Invalid params: what shall the account be?");
    if (!status)
        status = read_token_program(request);
    if (!status)
        status = require_mint(request, &mint);
    if (status)
        return status;
    associated_token_address(&owner, &TOKEN_PROGRAM_ID, &mint, &wish.key);
    status = load_tokens(request, &wish.key, &owner, &mint, &record);
    if (!status)
        status = apply(request, &config, &record);
    if (!status && pubkey_equal(&mint, &TOKEN_NATIVE_MINT))
        status = add_wrapped(request, &record, &wish.lamports);
    buffer_append(&wish.data, record.bytes, TOKEN_ACCOUNT_SIZE);
    if (!status)
        status = rpc_fulfil_wish(request, &wish);
    buffer_free(&wish.data);
    return status;
}

/* ---- surfnet_resetAccount ---- */

/* [key, {"includeOwnedAccounts"?}?]: without coins and data, it is gone. */
static int reset_account(struct rpc_request *request)
{
    struct rpc_account_wish wish = {.owner = SYSTEM_PROGRAM_ID};
    struct account present;
    struct rpc_config config;
    bool has_owned = false;
    int status = rpc_require_faucet(request);
    if (!status)
        status = rpc_parameter_key(request, 0, &wish.key);
    if (!status)
        status = rpc_config_open(request, 1, &config);
    if (!status)
        status = rpc_config_bool(request, &config, "includeOwnedAccounts",
                                 false, &has_owned);
    if (!status && has_owned)
        status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "Invalid params: includeOwnedAccounts is not offered "
                          "here; reset each account by itself");
    if (status)
        return status;
    status = rpc_find_account(request, &wish.key, &present);
    if (status && status != ERR_NOT_FOUND)
        return status;
    if (!status)
        return rpc_fulfil_wish(request, &wish);
    struct ledger_view *view;
    status = rpc_view(request, &view);
    if (status)
        return status;
    rpc_open_context(&request->out, ledger_view_tip(view)->slot);
    json_write_null(&request->out);
    rpc_close_context(&request->out);
    return 0;
}

const struct rpc_method rpc_development_account_methods[] = {
    {"surfnet_resetAccount", 1, 2, reset_account},
    {"surfnet_setTokenAccount", 3, 4, set_token_account},
    {0},
};
