/*
 * Both versions of the Memo program. A memo changes nothing: it is a line in
 * the log, and the transaction that carries it is the record. So there is no
 * limit here but the transaction's size, and no state.
 */
#include "settlement/programs/memo_program.h"
#include "settlement/format/well_known.h"

/* The program runs interpreted on Solana and costs what its text costs; this
 * is the size of a short signed memo there. */
#define MEMO_COMPUTE_UNITS 5000

/* Did the account stand in the list before? */
static bool is_repeated(const struct invocation *invocation, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (invocation->accounts[i].index == invocation->accounts[index].index)
            return true;
    return false;
}

/* Who signed is written down with the text, each once: that is what memos are
 * for. All signers are logged before the first that is missing fails it, as
 * there. The text is logged as it is; whoever shows a log must treat it as a
 * stranger's words. */
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

/* Version 1 looks at no accounts, and logs nothing: the transaction has the
 * text. */
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
