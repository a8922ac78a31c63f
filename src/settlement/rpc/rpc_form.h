/*
 * Forms of instructions, for "jsonParsed": a line of a table says what an
 * instruction is called, what fields its data has and what its accounts are.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_FORM_H
#define POND_SETTLEMENT_RPC_RPC_FORM_H

#include "settlement/rpc/rpc_request.h"

/*
 * fields: "name:kind" with spaces between. Kinds: n u64 as a number, t u64 as a
 * text, b u8, k key, o optional key (tag u8) that is null where it is absent, O
 * one that is left out then (both are Solana's), T such a u64 as a text, s text
 * with its length as u64, u text up to the end, l keys with their number as
 * u64, a token amount with its decimals u8, y authority type u8.
 *
 * accounts: names with spaces between; "-" is one that must be there and is not
 * shown. With "!" before the last one, accounts past it are the signers of a
 * multisig of that name. "*" stands for all that are left, one at least, as an
 * array "signers".
 */
struct rpc_form {
    uint32_t index;
    const char *type;
    const char *fields;
    const char *accounts;
};

/* Where an instruction is read from and written to. data moves on with each
 * field; out is a buffer that is dropped if the instruction turns out not to
 * parse. */
struct rpc_parsing {
    struct json_writer *out;
    struct reader data;
    const struct transaction_instruction *instruction;
    const struct pubkey *keys;
};

/* {"info":{accounts, fields},"type":name} by the form of that index; tables end
 * with a NULL type. ERR_UNSUPPORTED: there is none; ERR_INVALID: the data or
 * the accounts fall short of it. The output is then half written, and to be
 * dropped. */
int rpc_form_write(struct rpc_parsing *parsing, const struct rpc_form *forms,
                   uint32_t index);

/* The key an instruction names at index, which is less than their number. */
const struct pubkey *rpc_form_account(const struct rpc_parsing *parsing,
                                      size_t index);

#endif
