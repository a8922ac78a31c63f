/*
 * Both versions of the Memo program. A memo changes nothing: it is a line in
 * the log, and the transaction that carries it is the record. So there is no
 * limit here but the transaction's size, and no state.
 */
#include "settlement/memo_program.h"

/* The program runs interpreted on Solana and costs what its text costs; this
 * is the size of a short signed memo there. */
#define MEMO_COMPUTE_UNITS 5000

/* Solana's programs of version 3 and 1 end differently at text that is none:
 * the one breaks off, the other reports it. The text is logged as it is;
 * whoever shows a log must treat it as a stranger's words. */
static enum instruction_error write_memo(struct invocation *invocation,
                                         enum instruction_error if_no_text)
{
    if (!bytes_is_utf8(invocation->data)) {
        invocation_log(invocation, "Invalid UTF-8");
        return if_no_text;
    }
    invocation_log(invocation, "Memo (len %zu): \"%.*s\"",
                   invocation->data.size, (int)invocation->data.size,
                   (const char *)invocation->data.data);
    return INSTRUCTION_OK;
}

/* Who signed is written down with the text: that is what memos are for. All
 * signers are logged before the first that is missing fails it, as there. */
static enum instruction_error memo_execute(struct invocation *invocation)
{
    bool all_signed = true;
    for (size_t i = 0; i < invocation->account_count; i++) {
        const struct loaded_account *account =
            invocation_account(invocation, i);
        if (invocation_is_signer(invocation, i))
            invocation_log(invocation, "Signed by %s",
                           PUBKEY_TEXT(&account->key));
        else
            all_signed = false;
    }
    if (!all_signed)
        return INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
    return write_memo(invocation, INSTRUCTION_PROGRAM_FAILED_TO_COMPLETE);
}

/* Version 1 looks at no accounts. */
static enum instruction_error memo_v1_execute(struct invocation *invocation)
{
    return write_memo(invocation, INSTRUCTION_INVALID_INSTRUCTION_DATA);
}

const struct program memo_program = {
    .id = &MEMO_PROGRAM_ID,
    .text = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
    .name = "memo_program",
    .compute_units = MEMO_COMPUTE_UNITS,
    .execute = memo_execute};

const struct program memo_v1_program = {
    .id = &MEMO_V1_PROGRAM_ID,
    .text = "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo",
    .name = "memo_program_v1",
    .compute_units = MEMO_COMPUTE_UNITS,
    .execute = memo_v1_execute};
