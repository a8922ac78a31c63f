/*
 * Tokens as JSON: amounts, and accounts of the Token program.
 *
 * An amount has four fields: the exact amount as text, its decimals, a double
 * for clients that only show it, and exact text in whole tokens. Clients that
 * compute use the first, because JavaScript's numbers do not hold every u64.
 */
#include "settlement/rpc/rpc_token_form.h"

#include "base/decimal.h"
#include "base/error.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/token_program.h"
#include <math.h>

/* 10^19 is the largest power of ten that a u64 holds. Beyond it Solana gives no
 * double. */
#define DOUBLE_DECIMALS_MAX 19

/* The double is rounded if necessary, so there is a text beside it. */
void rpc_token_amount_fields(struct json_writer *out, uint64_t amount,
                             uint8_t decimals)
{
    struct buffer text = {0};
    buffer_format(&text, "%" PRIu64, amount);
    json_name(out, "amount");
    json_write_bytes(out, buffer_view(&text));
    json_field_u64(out, "decimals", decimals);
    json_name(out, "uiAmount");
    if (decimals <= DOUBLE_DECIMALS_MAX)
        json_write_double(out, (double)amount / pow(10, decimals));
    else
        json_write_null(out);
    buffer_clear(&text);
    decimal_units(amount, decimals, &text);
    json_name(out, "uiAmountString");
    json_write_bytes(out, buffer_view(&text));
    buffer_free(&text);
}

void rpc_write_token_amount(struct json_writer *out, uint64_t amount,
                            uint8_t decimals)
{
    json_open_object(out);
    rpc_token_amount_fields(out, amount, decimals);
    json_close_object(out);
}

/* Errors come in Solana's order: the data is checked before the owner. */
int rpc_token_mint_decimals(struct rpc_request *request,
                            const struct pubkey *mint, uint8_t *out)
{
    struct account account;
    struct token_record record;
    struct ledger_view *view;
    int status = rpc_view(request, &view);
    if (status)
        return status;
    if (pubkey_equal(mint, &TOKEN_NATIVE_MINT)) {
        *out = TOKEN_NATIVE_DECIMALS;
        return 0;
    }
    status = rpc_find_account(request, mint, &account);
    if (status == ERR_NOT_FOUND)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid param: could not find mint");
    if (status)
        return status;
    if (token_mint_load(account.data, &record) != TOKEN_LOADED)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid param: Token mint could not be unpacked");
    if (!pubkey_equal(&account.owner, &TOKEN_PROGRAM_ID))
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid param: not a Token mint");
    *out = token_mint_decimals(&record);
    return 0;
}

/* The same without failing the request: false if there is no such mint. */
static bool find_decimals(struct rpc_request *request,
                          const struct pubkey *mint, uint8_t *out)
{
    if (!rpc_token_mint_decimals(request, mint, out))
        return true;
    request->error_code = 0; /* no mint is an answer here */
    err_clear();
    return false;
}

/* ---- Parsed data ---- */

/* Null for a key that a mint need not have. */
static void field_option_key(struct json_writer *out, const char *name,
                             const struct pubkey *key)
{
    if (key)
        rpc_field_key(out, name, key);
    else
        json_field_null(out, name);
}

/* Shape: solana-account-decoder, UiMint. */
static void write_mint(struct json_writer *out, const struct token_record *mint)
{
    struct buffer supply = {0};
    buffer_format(&supply, "%" PRIu64, token_mint_supply(mint));
    json_open_object(out);
    json_name(out, "info");
    json_open_object(out);
    json_field_u64(out, "decimals", token_mint_decimals(mint));
    field_option_key(out, "freezeAuthority",
                     token_option_key(mint, TOKEN_MINT_FREEZE_AUTHORITY));
    json_field_bool(out, "isInitialized", true);
    field_option_key(out, "mintAuthority",
                     token_option_key(mint, TOKEN_MINT_AUTHORITY));
    json_name(out, "supply");
    json_write_bytes(out, buffer_view(&supply));
    json_close_object(out);
    json_field_text(out, "type", "mint");
    json_close_object(out);
    buffer_free(&supply);
}

/* Shape: UiTokenAccount. Fields without a value (no delegate, not native) are
 * left out if Solana leaves them out. */
static void write_token_account(struct json_writer *out,
                                const struct token_record *account,
                                uint8_t decimals)
{
    const struct pubkey *delegate =
        token_option_key(account, TOKEN_ACCOUNT_DELEGATE);
    const struct pubkey *closer =
        token_option_key(account, TOKEN_ACCOUNT_CLOSE_AUTHORITY);
    uint64_t reserve;
    bool is_native = token_account_native(account, &reserve);
    json_open_object(out);
    json_name(out, "info");
    json_open_object(out);
    if (closer)
        rpc_field_key(out, "closeAuthority", closer);
    if (delegate) {
        rpc_field_key(out, "delegate", delegate);
        json_name(out, "delegatedAmount");
        rpc_write_token_amount(out, token_account_delegated_amount(account),
                               decimals);
    }
    json_field_bool(out, "isNative", is_native);
    rpc_field_key(out, "mint", token_account_mint(account));
    rpc_field_key(out, "owner", token_account_owner(account));
    if (is_native) {
        json_name(out, "rentExemptReserve");
        rpc_write_token_amount(out, reserve, decimals);
    }
    json_field_text(out, "state",
                    token_account_state(account) == TOKEN_ACCOUNT_FROZEN
                        ? "frozen"
                        : "initialized");
    json_name(out, "tokenAmount");
    rpc_write_token_amount(out, token_account_amount(account), decimals);
    json_close_object(out);
    json_field_text(out, "type", "account");
    json_close_object(out);
}

/* Shape: UiMultisig. Only signers that are set are shown. */
static void write_multisig(struct json_writer *out,
                           const struct token_record *multisig)
{
    json_open_object(out);
    json_name(out, "info");
    json_open_object(out);
    json_field_bool(out, "isInitialized", true);
    json_field_u64(out, "numRequiredSigners",
                   token_multisig_required(multisig));
    json_field_u64(out, "numValidSigners", token_multisig_count(multisig));
    json_name(out, "signers");
    json_open_array(out);
    for (size_t i = 0; i < token_multisig_count(multisig); i++)
        rpc_write_key(out, token_multisig_signer(multisig, i));
    json_close_array(out);
    json_close_object(out);
    json_field_text(out, "type", "multisig");
    json_close_object(out);
}

/* The three kinds differ in size, so at most one of the loads succeeds. */
bool rpc_write_token_data(struct rpc_request *request, struct json_writer *out,
                          struct bytes data)
{
    struct token_record record;
    uint8_t decimals;
    if (token_mint_load(data, &record) == TOKEN_LOADED) {
        write_mint(out, &record);
        return true;
    }
    if (token_multisig_load(data, &record) == TOKEN_LOADED) {
        write_multisig(out, &record);
        return true;
    }
    /* Without the mint the decimals are unknown; Solana then gives bytes. */
    if (token_account_load(data, &record) != TOKEN_LOADED ||
        !find_decimals(request, token_account_mint(&record), &decimals))
        return false;
    write_token_account(out, &record, decimals);
    return true;
}
