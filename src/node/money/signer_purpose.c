/*
 * Each purpose has one rule, and nothing is signed that no rule has let pass.
 */
#include "node/money/signer_purpose.h"

#include "base/check.h"
#include "base/error.h"
#include "node/money/payload_signing.h"
#include "node/money/upload_signing.h"
#include "settlement/format/transaction.h"

/* A key signs only what asks for its signature. A signature that the message
 * does not ask for could only serve somebody who wants it for something else.
 */
static int check_transaction(const struct pubkey *key, struct bytes bytes)
{
    struct transaction message;
    struct arena arena = {0};
    bool is_signer = false;
    int status = transaction_parse_message(bytes, &arena, &message);

    for (size_t i = 0; !status && i < message.required_signatures; i++)
        is_signer |= pubkey_equal(&message.keys[i], key);
    if (!status && !is_signer)
        status = err_set(ERR_DENIED,
                         "the transaction asks for no signature "
                         "of %s",
                         PUBKEY_TEXT(key));
    arena_free(&arena);
    return status;
}

int signer_purpose_message(enum signer_purpose purpose,
                           const struct pubkey *key, struct bytes bytes,
                           struct buffer *out)
{
    int status = 0;

    CHECK(key && out);
    if (purpose == SIGNER_TRANSACTION)
        status = check_transaction(key, bytes);
    else if (purpose == SIGNER_PAYLOAD)
        status = payload_signing_check(bytes);
    else if (purpose == SIGNER_UPLOAD && !upload_signing_is_hash(bytes))
        status = err_set(ERR_DENIED, "for an upload only a SHA-256 in "
                                     "hexadecimal is signed");
    else if (purpose == SIGNER_STATEMENT)
        buffer_text(out, SIGNER_STATEMENT_PREFIX);
    if (!status)
        buffer_bytes(out, bytes);
    return status;
}
