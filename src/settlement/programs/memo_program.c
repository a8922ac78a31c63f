/*
 * Both versions of the Memo program. A memo changes nothing: the transaction
 * that carries it is the record, and version 2 also logs it. So the only limit
 * is the transaction's size.
 */
#include "settlement/programs/memo_program.h"
#include "settlement/format/well_known.h"

/* On Solana the program is interpreted and its cost depends on the text; this
 * is what a short signed memo costs there. */
#define MEMO_COMPUTE_UNITS 5000

/* Whether the account stands in the list before. */
static bool is_repeated(const struct invocation *invocation, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (invocation->accounts[i].index == invocation->accounts[index].index)
            return true;
    return false;
}

/* Each signer is logged once. All signers are logged before a missing signature
 * fails the instruction, as on Solana. The text is logged as it is: a program
 * that shows logs must treat them as a stranger's words. */
static enum instruction_error memo_execute(struct invocation *invocation)
{
    bool all_signed = true;
    if (invocation->account_count > 0)
        invocation_log(invocation, "Signed by:");
    for (size_t i = 0; i < invocation->account_count; i++) {
        if (!invocation_is_signer(invocation, i))
            all_signed = false;
        else if (!is_repeated(invocation, i))
            invocation_log(
                invocation, "%s",
                PUBKEY_TEXT(&invocation_account(invocation, i)->key));
    }
    if (!all_signed)
        return INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
    invocation_log(invocation, "Memo (len %zu)", invocation->data.size);
    if (!bytes_is_utf8(invocation->data))
        return INSTRUCTION_PROGRAM_FAILED_TO_COMPLETE;
    invocation_log_text(invocation, invocation->data);
    return INSTRUCTION_OK;
}

/* Version 1 ignores accounts and logs nothing. */
static enum instruction_error memo_v1_execute(struct invocation *invocation)
{
    return bytes_is_utf8(invocation->data)
               ? INSTRUCTION_OK
               : INSTRUCTION_INVALID_INSTRUCTION_DATA;
}

const struct program memo_program = {
    .id = &MEMO_PROGRAM_ID,
    .text = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
    .name = "memo_program",
    .compute_units = MEMO_COMPUTE_UNITS,
    .is_virtual = true,
    .execute = memo_execute};

const struct program memo_v1_program = {
    .id = &MEMO_V1_PROGRAM_ID,
    .text = "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo",
    .name = "memo_program_v1",
    .compute_units = MEMO_COMPUTE_UNITS,
    .is_virtual = true,
    .execute = memo_v1_execute};
