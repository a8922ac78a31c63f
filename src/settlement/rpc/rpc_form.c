/*
 * Shows an instruction by its form.
 *
 * Any HTTP thread, and the loop's for PubSub.
 */
#include "settlement/rpc/rpc_form.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/programs/token_program.h"
#include "settlement/rpc/rpc_token_form.h"
#include <inttypes.h>

/* ---- Fields ---- */

/* A u64. Solana shows lamports and sizes as numbers, and amounts of tokens as
 * text. */
static int write_number(struct rpc_parsing *parsing, bool as_text)
{
    uint64_t value;
    int status = reader_u64le(&parsing->data, &value);
    if (status)
        return status;
    if (!as_text) {
        json_write_u64(parsing->out, value);
        return 0;
    }
    struct buffer text = {0};
    buffer_format(&text, "%" PRIu64, value);
    json_write_bytes(parsing->out, buffer_view(&text));
    buffer_free(&text);
    return 0;
}

/* A key, or null for an optional one that is absent. */
static int write_key(struct rpc_parsing *parsing, bool is_optional)
{
    struct pubkey key;
    uint8_t tag = 1;
    int status = is_optional ? reader_u8(&parsing->data, &tag) : 0;
    if (!status && tag > 1)
        status = ERR_INVALID;
    if (!status && tag == 0) {
        json_write_null(parsing->out);
        return 0;
    }
    if (!status)
        status = reader_copy(&parsing->data, key.bytes, sizeof(key.bytes));
    if (!status)
        rpc_write_key(parsing->out, &key);
    return status;
}

/* A text with its length as u64 before it, as in bincode. */
static int write_seed(struct rpc_parsing *parsing)
{
    uint64_t size;
    struct bytes seed;
    int status = reader_u64le(&parsing->data, &size);
    if (!status && size > parsing->data.left.size)
        status = ERR_INVALID;
    if (!status)
        status = reader_take(&parsing->data, (size_t)size, &seed);
    if (!status)
        json_write_bytes(parsing->out, seed);
    return status;
}

/* All that is left of the data, which has to be UTF-8. */
static int write_rest(struct rpc_parsing *parsing)
{
    struct bytes rest = parsing->data.left;
    if (!bytes_is_utf8(rest))
        return ERR_INVALID;
    json_write_bytes(parsing->out, rest);
    return reader_take(&parsing->data, rest.size, &rest);
}

/* Keys, with their number as u64 before them, as in bincode. */
static int write_keys(struct rpc_parsing *parsing)
{
    uint64_t count;
    struct pubkey key;
    int status = reader_u64le(&parsing->data, &count);
    json_open_array(parsing->out);
    for (uint64_t i = 0; !status && i < count; i++) {
        status = reader_copy(&parsing->data, key.bytes, sizeof(key.bytes));
        if (!status)
            rpc_write_key(parsing->out, &key);
    }
    if (!status)
        json_close_array(parsing->out);
    return status;
}

/* A u64 after a tag of 1; write_fields() has skipped fields with a tag of 0. */
static int write_optional_number(struct rpc_parsing *parsing)
{
    uint8_t tag;
    int status = reader_u8(&parsing->data, &tag);
    if (!status && tag != 1)
        status = ERR_INVALID;
    return status ? status : write_number(parsing, true);
}

/* An amount and its decimals, both from the data. */
static int write_amount(struct rpc_parsing *parsing)
{
    uint64_t amount;
    uint8_t decimals;
    int status = reader_u64le(&parsing->data, &amount);
    if (!status)
        status = reader_u8(&parsing->data, &decimals);
    if (!status)
        rpc_write_token_amount(parsing->out, amount, decimals);
    return status;
}

/* What SetAuthority changes: spl-token's AuthorityType. */
static int write_authority_type(struct rpc_parsing *parsing)
{
    static const char *const names[] = {
        [TOKEN_AUTHORITY_MINT_TOKENS] = "mintTokens",
        [TOKEN_AUTHORITY_FREEZE_ACCOUNT] = "freezeAccount",
        [TOKEN_AUTHORITY_ACCOUNT_OWNER] = "accountOwner",
        [TOKEN_AUTHORITY_CLOSE_ACCOUNT] = "closeAccount"};
    uint8_t type;
    int status = reader_u8(&parsing->data, &type);
    if (!status && type >= sizeof(names) / sizeof(*names))
        status = ERR_INVALID;
    if (!status)
        json_write_text(parsing->out, names[type]);
    return status;
}

/* A u8 as a number. */
static int write_small(struct rpc_parsing *parsing)
{
    uint8_t value;
    int status = reader_u8(&parsing->data, &value);
    if (!status)
        json_write_u64(parsing->out, value);
    return status;
}

static int write_field(struct rpc_parsing *parsing, enum rpc_field_kind kind)
{
    switch (kind) {
    case RPC_FIELD_NUMBER:
        return write_number(parsing, false);
    case RPC_FIELD_NUMBER_TEXT:
        return write_number(parsing, true);
    case RPC_FIELD_NUMBER_TEXT_IF_THERE:
        return write_optional_number(parsing);
    case RPC_FIELD_BYTE:
        return write_small(parsing);
    case RPC_FIELD_KEY:
        return write_key(parsing, false);
    case RPC_FIELD_KEY_OR_NULL:
    case RPC_FIELD_KEY_IF_THERE:
        return write_key(parsing, true);
    case RPC_FIELD_KEYS:
        return write_keys(parsing);
    case RPC_FIELD_SIZED_TEXT:
        return write_seed(parsing);
    case RPC_FIELD_REST:
        return write_rest(parsing);
    case RPC_FIELD_AMOUNT:
        return write_amount(parsing);
    case RPC_FIELD_AUTHORITY_TYPE:
        return write_authority_type(parsing);
    case RPC_FIELD_NONE:
        break;
    }
    CHECK(!"a field's kind");
    return ERR_INVALID;
}

/* Is the field an optional one that is absent? Then its name is left out, too.
 */
static bool is_left_out(const struct rpc_parsing *parsing,
                        enum rpc_field_kind kind)
{
    const struct bytes left = parsing->data.left;
    return (kind == RPC_FIELD_KEY_IF_THERE ||
            kind == RPC_FIELD_NUMBER_TEXT_IF_THERE) &&
           left.size > 0 && left.data[0] == 0;
}

static int write_fields(struct rpc_parsing *parsing,
                        const struct rpc_form *form)
{
    int status = 0;
    for (size_t i = 0; !status && i < RPC_FORM_FIELDS_MAX; i++) {
        const struct rpc_field *field = &form->fields[i];
        if (!field->name)
            break;
        if (is_left_out(parsing, field->kind)) {
            uint8_t tag;
            status = reader_u8(&parsing->data, &tag);
            continue;
        }
        json_name(parsing->out, field->name);
        status = write_field(parsing, field->kind);
    }
    return status;
}

/* ---- Accounts ---- */

const struct pubkey *rpc_form_key(const struct rpc_parsing *parsing,
                                  size_t index)
{
    CHECK(index < parsing->instruction->accounts.size);
    return &parsing->keys[parsing->instruction->accounts.data[index]];
}

/* All accounts from index on. */
static void write_signers(struct rpc_parsing *parsing, size_t index)
{
    json_name(parsing->out, "signers");
    json_open_array(parsing->out);
    for (; index < parsing->instruction->accounts.size; index++)
        rpc_write_key(parsing->out, rpc_form_key(parsing, index));
    json_close_array(parsing->out);
}

/* The key alone, or, if more accounts follow, a multisig under a name such as
 * "multisigAuthority" and its signers. An instruction does not say which of the
 * two it means; Solana's parser decides in the same way. */
static void write_authority(struct rpc_parsing *parsing, const char *name,
                            size_t index)
{
    size_t count = parsing->instruction->accounts.size;
    struct buffer text = {0};
    bool is_multisig = index + 1 < count;
    if (is_multisig)
        buffer_format(&text, "multisig%c%s", name[0] - 'a' + 'A', name + 1);
    else
        buffer_text(&text, name);
    rpc_field_key(parsing->out, buffer_string(&text),
                  rpc_form_key(parsing, index));
    buffer_free(&text);
    if (is_multisig)
        write_signers(parsing, index + 1);
}

/* Accounts that the form does not name are left out, as Solana does. */
static int write_accounts(struct rpc_parsing *parsing,
                          const struct rpc_form *form)
{
    for (size_t index = 0; index < RPC_FORM_ACCOUNTS_MAX; index++) {
        const struct rpc_form_account *account = &form->accounts[index];
        if (!account->name)
            break;
        if (index >= parsing->instruction->accounts.size)
            return ERR_INVALID;
        switch (account->kind) {
        case RPC_ACCOUNT_HIDDEN:
            break;
        case RPC_ACCOUNT_SIGNERS:
            write_signers(parsing, index);
            return 0;
        case RPC_ACCOUNT_AUTHORITY:
            write_authority(parsing, account->name, index);
            return 0;
        case RPC_ACCOUNT_SHOWN:
            rpc_field_key(parsing->out, account->name,
                          rpc_form_key(parsing, index));
            break;
        }
    }
    return 0;
}

/* A linear search: tables are short. */
static const struct rpc_form *find_form(const struct rpc_form *forms,
                                        uint32_t index)
{
    while (forms->type && forms->index != index)
        forms++;
    return forms->type ? forms : NULL;
}

int rpc_form_write(struct rpc_parsing *parsing, const struct rpc_form *forms,
                   uint32_t index)
{
    const struct rpc_form *form = find_form(forms, index);
    if (!form)
        return ERR_UNSUPPORTED;
    json_open_object(parsing->out);
    json_name(parsing->out, "info");
    json_open_object(parsing->out);
    int status = write_accounts(parsing, form);
    if (!status)
        status = write_fields(parsing, form);
    if (status)
        return status;
    json_close_object(parsing->out);
    json_field_text(parsing->out, "type", form->type);
    json_close_object(parsing->out);
    return 0;
}
