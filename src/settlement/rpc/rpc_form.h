/*
 * Forms of instructions, for "jsonParsed": an entry of a table says what an
 * instruction is called, what fields its data has and what its accounts are.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_FORM_H
#define POND_SETTLEMENT_RPC_RPC_FORM_H

#include "settlement/rpc/rpc_request.h"

/* How a field stands in the data, and how it is shown. */
enum rpc_field_kind {
    RPC_FIELD_NONE,                 /* an entry without a kind */
    RPC_FIELD_NUMBER,               /* u64 */
    RPC_FIELD_NUMBER_TEXT,          /* u64, shown as text: amounts of tokens */
    RPC_FIELD_NUMBER_TEXT_IF_THERE, /* the same after a tag u8; left out
                                       without */
    RPC_FIELD_BYTE,                 /* u8 */
    RPC_FIELD_KEY,
    RPC_FIELD_KEY_OR_NULL,    /* after a tag u8; null without */
    RPC_FIELD_KEY_IF_THERE,   /* after a tag u8; left out without */
    RPC_FIELD_KEYS,           /* after their number u64 */
    RPC_FIELD_SIZED_TEXT,     /* after its length u64 */
    RPC_FIELD_REST,           /* a text up to the end */
    RPC_FIELD_AMOUNT,         /* u64 and decimals u8: a token amount */
    RPC_FIELD_AUTHORITY_TYPE, /* u8: spl-token's AuthorityType, as a word */
};

struct rpc_field {
    const char *name;
    enum rpc_field_kind kind;
};

/* How an account is shown. */
enum rpc_account_kind {
    RPC_ACCOUNT_SHOWN,  /* by its name */
    RPC_ACCOUNT_HIDDEN, /* must be there and is not shown */
    /* The form's last account. Accounts after it are the signers of a multisig
     * of that name. */
    RPC_ACCOUNT_AUTHORITY,
    RPC_ACCOUNT_SIGNERS, /* all that are left, at least one, as an array */
};

struct rpc_form_account {
    const char *name;
    enum rpc_account_kind kind;
};

/* The most that any form has; a table with more does not compile. */
#define RPC_FORM_FIELDS_MAX 5
#define RPC_FORM_ACCOUNTS_MAX 7

/* Fields and accounts in their order; a NULL name ends a list that is shorter.
 */
struct rpc_form {
    uint32_t index;
    const char *type;
    struct rpc_field fields[RPC_FORM_FIELDS_MAX];
    struct rpc_form_account accounts[RPC_FORM_ACCOUNTS_MAX];
};

/* An instruction that is being read and written. data moves on with each field.
 * out is a buffer that is dropped if the instruction does not parse. */
struct rpc_parsing {
    struct json_writer *out;
    struct reader data;
    const struct transaction_instruction *instruction;
    const struct pubkey *keys;
};

/* {"info":{accounts, fields},"type":name} by the form of that index; tables end
 * with a NULL type. ERR_UNSUPPORTED: there is no such form; ERR_INVALID: the
 * data or the accounts fall short of the form. After an error the output is
 * half written, and the caller drops it. */
int rpc_form_write(struct rpc_parsing *parsing, const struct rpc_form *forms,
                   uint32_t index);

/* The key an instruction names at index, which is less than their number. */
const struct pubkey *rpc_form_key(const struct rpc_parsing *parsing,
                                  size_t index);

#endif
