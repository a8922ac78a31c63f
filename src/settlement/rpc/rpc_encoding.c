/*
 * The JSON forms of keys, hashes and bytes.
 *
 * Keys, hashes and signatures are always base58. Bytes come in the encoding
 * that the client names, beside the encoding's name. The oldest form is a bare
 * text without a name; only old clients get it.
 *
 * The time of base58 grows with the square of the size, so it is refused for
 * long data (Solana has the same limit). zstd saves much for tasks, whose data
 * is JSON.
 *
 * Any HTTP thread; nothing is kept.
 */
#include "settlement/rpc/rpc_request.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include <zstd.h>

/* solana-account-decoder's MAX_BASE58_BYTES. */
#define BASE58_DATA_MAX 128

/* Characters that a packet's 1,232 bytes have at most: Solana's MAX_BASE58_SIZE
 * and MAX_BASE64_SIZE. */
#define BASE58_PACKET_MAX 1683
#define BASE64_PACKET_MAX 1644

/* The version of Solana's API that these answers follow; clients choose between
 * forms of methods by it. */
#define API_VERSION "2.2.0"

void rpc_write_key(struct json_writer *out, const struct pubkey *key)
{
    json_write_text(out, PUBKEY_TEXT(key));
}

void rpc_field_key(struct json_writer *out, const char *name,
                   const struct pubkey *key)
{
    json_field_text(out, name, PUBKEY_TEXT(key));
}

void rpc_field_hash(struct json_writer *out, const char *name,
                    const struct hash *hash)
{
    json_field_text(out, name, HASH_TEXT(hash));
}

void rpc_write_signature(struct json_writer *out,
                         const struct signature *signature)
{
    char text[BASE58_SIGNATURE_SIZE];
    base58_signature(signature->bytes, text);
    json_write_text(out, text);
}

void rpc_field_signature(struct json_writer *out, const char *name,
                         const struct signature *signature)
{
    char text[BASE58_SIGNATURE_SIZE];
    base58_signature(signature->bytes, text);
    json_field_text(out, name, text);
}

void rpc_open_context(struct json_writer *out, uint64_t slot)
{
    json_open_object(out);
    json_name(out, "context");
    json_open_object(out);
    json_field_text(out, "apiVersion", API_VERSION);
    json_field_u64(out, "slot", slot);
    json_close_object(out);
    json_name(out, "value");
}

void rpc_close_context(struct json_writer *out)
{
    json_close_object(out);
}

/* As clients name it. */
static const char *encoding_text(enum rpc_encoding encoding)
{
    static const char *const names[] = {
        [RPC_ENCODING_BINARY] = "binary",
        [RPC_ENCODING_BASE58] = "base58",
        [RPC_ENCODING_BASE64] = "base64",
        [RPC_ENCODING_BASE64_ZSTD] = "base64+zstd",
        [RPC_ENCODING_JSON] = "json",
        [RPC_ENCODING_JSON_PARSED] = "jsonParsed"};
    return names[encoding];
}

/* The name beside the bytes. jsonParsed falls back to base64, and says so. */
static const char *encoding_name(enum rpc_encoding encoding)
{
    switch (encoding) {
    case RPC_ENCODING_BINARY:
    case RPC_ENCODING_BASE58:
        return "base58";
    case RPC_ENCODING_BASE64_ZSTD:
        return "base64+zstd";
    default:
        return "base64";
    }
}

/* Append the frame. The room reserved is the library's own bound, so
 * compression can't fail for lack of room. */
static void compress(struct bytes data, struct buffer *out)
{
    size_t bound = ZSTD_compressBound(data.size);
    uint8_t *at = buffer_reserve(out, bound);
    /* Level 0 is the library's default, as Solana's encoder uses it. */
    size_t size = ZSTD_compress(at, bound, data.data, data.size, 0);
    CHECK(!ZSTD_isError(size)); /* the room is the bound */
    out->size += size;
}

/* The text is made in a buffer first, because a JSON writer takes whole values.
 * Empty data is an empty text in each encoding but zstd, which has a frame
 * around it.
 */
int rpc_write_data(struct rpc_request *request, struct json_writer *out,
                   struct bytes data, enum rpc_encoding encoding)
{
    bool is_base58 =
        encoding == RPC_ENCODING_BINARY || encoding == RPC_ENCODING_BASE58;
    if (is_base58 && data.size > BASE58_DATA_MAX)
        return rpc_fail(request, RPC_INVALID_REQUEST,
                        "Encoded binary (base 58) data should be less than "
                        "128 bytes, please use Base64 encoding.");
    struct buffer text = {0};
    if (is_base58) {
        base58_encode(data, &text);
    } else if (encoding == RPC_ENCODING_BASE64_ZSTD) {
        struct buffer packed = {0};
        compress(data, &packed);
        base64_encode(buffer_view(&packed), &text);
        buffer_free(&packed);
    } else {
        base64_encode(data, &text);
    }
    if (encoding == RPC_ENCODING_BINARY) {
        json_write_bytes(out, buffer_view(&text));
    } else {
        json_open_array(out);
        json_write_bytes(out, buffer_view(&text));
        json_write_text(out, encoding_name(encoding));
        json_close_array(out);
    }
    buffer_free(&text);
    return 0;
}

/* Solana's words. */
int rpc_write_data_or_note(struct rpc_request *request, struct json_writer *out,
                           struct bytes data, enum rpc_encoding encoding)
{
    static const char note[] = "error: data too large for bs58 encoding";
    if (data.size <= BASE58_DATA_MAX ||
        (encoding != RPC_ENCODING_BINARY && encoding != RPC_ENCODING_BASE58))
        return rpc_write_data(request, out, data, encoding);
    if (encoding == RPC_ENCODING_BINARY) {
        json_write_text(out, note);
        return 0;
    }
    json_open_array(out);
    json_write_text(out, note);
    json_write_text(out, encoding_name(encoding));
    json_close_array(out);
    return 0;
}

/* Rust's debug form of bs58::decode::Error and base64::DecodeError. */
void rpc_decode_error(const char *text, enum rpc_encoding encoding,
                      struct buffer *out)
{
    static const char base58[] =
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    static const char base64[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    bool is_base64 = encoding == RPC_ENCODING_BASE64;
    size_t size = strlen(text);
    size_t at = strspn(text, is_base64 ? base64 : base58);
    unsigned char found = (unsigned char)text[at];
    if (is_base64 && at < size)
        buffer_format(out, "InvalidByte(%zu, %u)", at, found);
    else if (is_base64 && size % 4 == 1)
        buffer_format(out, "InvalidLength(%zu)", size);
    else if (is_base64)
        buffer_text(out, "InvalidPadding");
    else if (found >= 0x80)
        buffer_format(out, "NonAsciiCharacter { index: %zu }", at);
    else
        buffer_format(out, "InvalidCharacter { character: '%c', index: %zu }",
                      found, at);
}

/* Solana accepts only base58 and base64 from clients. The caller limits the
 * length of text. */
static int decode_data(struct rpc_request *request, const char *text,
                       enum rpc_encoding encoding, struct buffer *out)
{
    bool is_base64 = encoding == RPC_ENCODING_BASE64;
    if (!is_base64 && encoding != RPC_ENCODING_BASE58 &&
        encoding != RPC_ENCODING_BINARY)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "unsupported encoding: %s. Supported encodings: "
                        "base58, base64",
                        encoding_text(encoding));
    int status = is_base64 ? base64_decode(bytes_text(text), out)
                           : base58_decode(bytes_text(text), out);
    if (status) {
        struct buffer why = {0};
        rpc_decode_error(text, encoding, &why);
        rpc_fail(request, RPC_INVALID_PARAMS, "invalid %s encoding: %s",
                 is_base64 ? "base64" : "base58", buffer_string(&why));
        buffer_free(&why);
    }
    return status;
}

/* The text is limited before it is decoded, because the time of base58 grows
 * with the square of its length. */
int rpc_decode_packet(struct rpc_request *request, const char *text,
                      enum rpc_encoding encoding, const char *type,
                      struct buffer *out)
{
    bool is_base64 = encoding == RPC_ENCODING_BASE64;
    size_t most = is_base64 ? BASE64_PACKET_MAX : BASE58_PACKET_MAX;
    size_t size = strlen(text);
    bool is_known = is_base64 || encoding == RPC_ENCODING_BASE58 ||
                    encoding == RPC_ENCODING_BINARY;
    if (is_known && size > most)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "%s encoded %s too large: %zu bytes (max: "
                        "encoded/raw %zu/%d)",
                        is_base64 ? "base64" : "base58", type, size, most,
                        TRANSACTION_SIZE_MAX);
    int status = decode_data(request, text, encoding, out);
    if (!status && out->size > TRANSACTION_SIZE_MAX)
        status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "decoded %s too large: %zu bytes (max: %d bytes)",
                          type, out->size, TRANSACTION_SIZE_MAX);
    return status;
}
