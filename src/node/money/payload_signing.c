/*
 * What may be signed for a task, and the form that the task gets.
 */
#include "node/money/payload_signing.h"

#include "base/base58.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "node/money/upload_signing.h"
#include "settlement/format/transaction.h"

/* What a JSON text begins with (RFC 8259, 3). */
static bool begins_as_json(struct bytes payload)
{
    static const char first[] = "{[\"-0123456789tfn";

    return payload.size && payload.data[0] &&
           strchr(first, payload.data[0]) != NULL;
}

/* json_parse() allows white space around the value; a text that begins with
 * some has been refused by its first byte. */
int payload_signing_check(struct bytes payload)
{
    struct json_object *value = NULL;
    struct transaction message;
    struct arena arena = {0};

    if (payload.size > BASE58_LIMIT_BYTES - sizeof(struct signature))
        return err_set(ERR_LIMIT, "at most %zu bytes can be signed",
                       BASE58_LIMIT_BYTES - sizeof(struct signature));
    if (!begins_as_json(payload) || json_parse(payload, &value))
        return err_set(ERR_DENIED, "only JSON text is signed for a task");
    json_object_put(value);
    if (upload_signing_is_hash(payload))
        return err_set(ERR_DENIED, "the text could be taken for the hash of an "
                                   "upload, so it is not signed");
    bool is_message = transaction_parse_message(payload, &arena, &message) == 0;
    arena_free(&arena);
    if (is_message)
        return err_set(ERR_DENIED, "the text could be read as a transaction, "
                                   "so it is not signed");
    return 0;
}

void payload_signing_text(const struct signature *signature,
                          struct bytes payload, struct buffer *base58)
{
    struct buffer joined = {0};

    CHECK(signature && base58);
    buffer_append(&joined, signature->bytes, sizeof(signature->bytes));
    buffer_bytes(&joined, payload);
    base58_encode(buffer_view(&joined), base58);
    buffer_free(&joined);
}

int payload_signing_open(struct bytes base58, const struct pubkey *key,
                         struct buffer *payload)
{
    struct buffer joined = {0};
    struct signature signature;
    int status = base58_decode(base58, &joined);

    if (!status && joined.size < sizeof(signature.bytes))
        status = err_set(ERR_INVALID, "the signature is too short");
    if (!status) {
        memcpy(signature.bytes, joined.data, sizeof(signature.bytes));
        buffer_consume(&joined, sizeof(signature.bytes));
        if (!key_verify(key, buffer_view(&joined), &signature))
            status = err_set(ERR_INVALID, "the signature does not hold");
    }
    if (!status)
        buffer_bytes(payload, buffer_view(&joined));
    buffer_free(&joined);
    return status;
}
