/*
 * The language of forms: what an instruction holds, said in two texts. Texts
 * and not arrays of structs, so that a line of a table can be read beside
 * Solana's source; words are found in them each time, for one instruction is
 * shown at a time.
 *
 * Any HTTP thread, and the loop's for PubSub.
 */
#include "settlement/rpc/rpc_form.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/rpc/rpc_token_form.h"
#include <inttypes.h>

/* ---- Fields ---- */

/* A u64, as a number where it is lamports or sizes, and as text where it is an
 * amount of tokens: Solana's choice, not ours. */
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

/* A text with its length as u64 before it, as bincode has it. */
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

/* All that is left, which has to be UTF-8. */
static int write_rest(struct rpc_parsing *parsing)
{
    struct bytes rest = parsing->data.left;
    if (!bytes_is_utf8(rest))
        return ERR_INVALID;
    json_write_bytes(parsing->out, rest);
    return reader_take(&parsing->data, rest.size, &rest);
}

/* Keys, with their number before them as bincode has it. */
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

/* A u64 that follows a tag of 1; is_left_out() took those of 0. */
static int write_optional_number(struct rpc_parsing *parsing)
{
    uint8_t tag;
    int status = reader_u8(&parsing->data, &tag);
    if (!status && tag != 1)
        status = ERR_INVALID;
    return status ? status : write_number(parsing, true);
}

/* An amount and the decimals that the caller said it has. */
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
    static const char *const names[] = {"mintTokens", "freezeAccount",
                                        "accountOwner", "closeAccount"};
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

/* One field by its kind (struct rpc_form). */
static int write_field(struct rpc_parsing *parsing, char kind)
{
    switch (kind) {
    case 'n':
    case 't':
        return write_number(parsing, kind == 't');
    case 'k':
    case 'o':
    case 'O':
        return write_key(parsing, kind != 'k');
    case 'T':
        return write_optional_number(parsing);
    case 's':
        return write_seed(parsing);
    case 'u':
        return write_rest(parsing);
    case 'l':
        return write_keys(parsing);
    case 'a':
        return write_amount(parsing);
    case 'y':
        return write_authority_type(parsing);
    default:
        CHECK(kind == 'b');
        return write_small(parsing);
    }
}

/* The next word of a list; *rest moves on. Empty at its end. Words are borrowed
 * from the tables. */
static struct bytes next_word(const char **rest)
{
    while (**rest == ' ')
        ++*rest;
    size_t size = strcspn(*rest, " ");
    struct bytes word = bytes_make(*rest, size);
    *rest += size;
    return word;
}

/* Is the field that follows an optional one that is not there? It then has no
 * name in the output either. */
static bool is_left_out(const struct rpc_parsing *parsing, char kind)
{
    const struct bytes left = parsing->data.left;
    return (kind == 'O' || kind == 'T') && left.size > 0 && left.data[0] == 0;
}

/* Fields in the order of the data, "name:kind" each. */
static int write_fields(struct rpc_parsing *parsing, const char *fields)
{
    struct bytes word;
    int status = 0;
    while (!status && (word = next_word(&fields)).size > 0) {
        CHECK(word.size > 2);
        char kind = (char)word.data[word.size - 1];
        if (is_left_out(parsing, kind)) {
            uint8_t tag;
            status = reader_u8(&parsing->data, &tag);
            continue;
        }
        json_name_bytes(parsing->out, bytes_make(word.data, word.size - 2));
        status = write_field(parsing, kind);
    }
    return status;
}

/* ---- Accounts ---- */

const struct pubkey *rpc_form_account(const struct rpc_parsing *parsing,
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
        rpc_write_key(parsing->out, rpc_form_account(parsing, index));
    json_close_array(parsing->out);
}

/* "!authority": the key alone, or, where more accounts follow, a multisig under
 * a name such as "multisigAuthority" and who signs for it: an instruction does
 * not say which of the two it means, and Solana's parser goes by the same. */
static void write_authority(struct rpc_parsing *parsing, struct bytes name,
                            size_t index)
{
    size_t count = parsing->instruction->accounts.size;
    struct buffer text = {0};
    bool is_multisig = index + 1 < count;
    if (is_multisig) {
        buffer_text(&text, "multisig");
        buffer_u8(&text, (uint8_t)(name.data[0] - 'a' + 'A'));
        buffer_append(&text, name.data + 1, name.size - 1);
    } else {
        buffer_bytes(&text, name);
    }
    rpc_field_key(parsing->out, buffer_string(&text),
                  rpc_form_account(parsing, index));
    buffer_free(&text);
    if (is_multisig)
        write_signers(parsing, index + 1);
}

/* Accounts that the form does not name are left out, as Solana does. */
static int write_accounts(struct rpc_parsing *parsing, const char *accounts)
{
    struct bytes word;
    for (size_t index = 0; (word = next_word(&accounts)).size > 0; index++) {
        if (index >= parsing->instruction->accounts.size)
            return ERR_INVALID;
        if (word.data[0] == '-')
            continue;
        if (word.data[0] == '*') {
            write_signers(parsing, index);
            break;
        }
        if (word.data[0] == '!') {
            write_authority(parsing, bytes_make(word.data + 1, word.size - 1),
                            index);
            break;
        }
        json_name_bytes(parsing->out, word);
        rpc_write_key(parsing->out, rpc_form_account(parsing, index));
    }
    return 0;
}

/* A walk: tables are short, and one instruction is shown at a time. */
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
    int status = write_accounts(parsing, form->accounts);
    if (!status)
        status = write_fields(parsing, form->fields);
    if (status)
        return status;
    json_close_object(parsing->out);
    json_field_text(parsing->out, "type", form->type);
    json_close_object(parsing->out);
    return 0;
}
