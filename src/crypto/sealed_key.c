/*
 * The JSON and the box of sealed.h say the same, so the text is taken apart
 * into a box, and sealed.c has the only code that encrypts. Nothing in the text
 * is secret, so json-c may read it. The key in the clear is in one buffer that
 * never grows, and in the caller's struct.
 */
#include "crypto/sealed_key.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"

#include <inttypes.h>

#define FORMAT "pond-sealed-key"
#define VERSION 1
#define KDF "argon2id13"
#define CIPHER "xchacha20-poly1305"

/* The places in a box (sealed.c). */
#define OPERATIONS_AT 8
#define MEMORY_AT 12
#define SALT_AT 16
#define SALT_SIZE 16
#define NONCE_AT 32
#define NONCE_SIZE 24
#define SEALED_AT 56

#define SECRET_SIZE 64
#define BOX_SIZE (SECRET_SIZE + SEALED_OVERHEAD_BYTES)

bool sealed_key_is(struct bytes text)
{
    size_t at = 0;

    if (text.size >= 3 && !memcmp(text.data, "\xef\xbb\xbf", 3))
        at = 3;
    while (at < text.size && text.data[at] && strchr(" \t\r\n", text.data[at]))
        at++;
    return at < text.size && text.data[at] == '{';
}

/* ---- writing ---- */

static void field_bytes(struct json_writer *writer, const char *name,
                        const uint8_t *data, size_t size)
{
    struct buffer text = {0};

    base64_encode(bytes_make(data, size), &text);
    json_field_text(writer, name, buffer_string(&text));
    buffer_free(&text);
}

int sealed_key_make(const struct keypair *keypair, struct seal *seal,
                    enum sealed_strength strength, struct buffer *out)
{
    struct buffer box = {0};
    int status = sealed_make(bytes_make(keypair->secret, SECRET_SIZE), seal,
                             strength, &box);

    if (status)
        return status;
    CHECK(box.size == BOX_SIZE);
    struct json_writer writer = json_writer_make(out);
    json_open_object(&writer);
    json_field_text(&writer, "format", FORMAT);
    json_field_u64(&writer, "version", VERSION);
    json_field_text(&writer, "address", PUBKEY_TEXT(&keypair->pubkey));
    json_field_text(&writer, "kdf", KDF);
    json_field_u64(&writer, "operations", u32le_read(box.data + OPERATIONS_AT));
    json_field_u64(&writer, "memory_kib", u32le_read(box.data + MEMORY_AT));
    field_bytes(&writer, "salt", box.data + SALT_AT, SALT_SIZE);
    json_field_text(&writer, "cipher", CIPHER);
    field_bytes(&writer, "nonce", box.data + NONCE_AT, NONCE_SIZE);
    field_bytes(&writer, "sealed", box.data + SEALED_AT, box.size - SEALED_AT);
    json_close_object(&writer);
    buffer_u8(out, '\n');
    buffer_free(&box);
    return 0;
}

/* ---- reading ---- */

/* A field that has one value in this version. */
static int expect(struct json_object *object, const char *name,
                  const char *value, int code)
{
    const char *found;
    int status = json_get_text(object, name, &found);

    if (!status && strcmp(found, value) != 0)
        status = err_set(code,
                         "its %s is \"%.40s\", and this program knows "
                         "\"%s\"",
                         name, found, value);
    return status;
}

static int take_bytes(struct json_object *object, const char *name, size_t size,
                      struct buffer *box)
{
    const char *text;
    size_t before = box->size;
    int status = json_get_text(object, name, &text);

    if (!status)
        status = base64_decode(bytes_text(text), box);
    if (!status && box->size - before != size)
        status = err_set(ERR_INVALID, "it has %zu bytes and not %zu",
                         box->size - before, size);
    return status ? err_add(status, "%s", name) : 0;
}

static int take_number(struct json_object *object, const char *name,
                       struct buffer *box)
{
    uint64_t number;
    int status = json_get_u64(object, name, &number);

    if (!status && number > UINT32_MAX)
        status = err_set(ERR_LIMIT, "%s is %" PRIu64, name, number);
    if (!status)
        buffer_u32le(box, (uint32_t)number);
    return status;
}

/* The words that say what it is. */
static int check_kind(struct json_object *object)
{
    uint64_t version;
    int status = expect(object, "format", FORMAT, ERR_INVALID);

    if (!status)
        status = json_get_u64(object, "version", &version);
    if (!status && version != VERSION)
        status = err_set(ERR_UNSUPPORTED,
                         "it has version %" PRIu64 ", and this program knows "
                         "version %d",
                         version, VERSION);
    if (!status)
        status = expect(object, "kdf", KDF, ERR_UNSUPPORTED);
    if (!status)
        status = expect(object, "cipher", CIPHER, ERR_UNSUPPORTED);
    return status;
}

static int take_box(struct json_object *object, struct buffer *box,
                    struct pubkey *address)
{
    const char *text;
    int status = check_kind(object);

    if (!status)
        status = json_get_text(object, "address", &text);
    if (!status)
        status = pubkey_parse(bytes_text(text), address);
    if (!status) {
        buffer_append(box, "PNDSEAL\1", OPERATIONS_AT);
        status = take_number(object, "operations", box);
    }
    if (!status)
        status = take_number(object, "memory_kib", box);
    if (!status)
        status = take_bytes(object, "salt", SALT_SIZE, box);
    if (!status)
        status = take_bytes(object, "nonce", NONCE_SIZE, box);
    if (!status)
        status = take_bytes(object, "sealed", BOX_SIZE - SEALED_AT, box);
    if (!status)
        status = sealed_check(buffer_view(box));
    return status;
}

/* A field that is missing makes the file wrong: nothing here is "not found". */
static int read_text(struct bytes text, struct buffer *box,
                     struct pubkey *address)
{
    struct json_object *object = NULL;
    int status;

    if (text.size > SEALED_KEY_TEXT_MAX)
        return err_set(ERR_LIMIT, "a sealed key has at most %d bytes",
                       SEALED_KEY_TEXT_MAX);
    if (text.size >= 3 && !memcmp(text.data, "\xef\xbb\xbf", 3))
        text = bytes_make(text.data + 3, text.size - 3);
    status = json_parse_exact(text, &object);
    if (!status && !json_object_is_type(object, json_type_object))
        status = err_set(ERR_INVALID, "it is no object");
    if (!status)
        status = take_box(object, box, address);
    json_object_put(object);
    return status ? err_add(status == ERR_NOT_FOUND ? ERR_INVALID : status,
                            "not a sealed key")
                  : 0;
}

int sealed_key_address(struct bytes text, struct pubkey *out)
{
    struct buffer box = {0};
    struct pubkey address;
    int status = read_text(text, &box, &address);

    if (!status)
        *out = address;
    buffer_free(&box);
    return status;
}

int sealed_key_open(struct bytes text, struct seal *seal, struct keypair *out)
{
    struct buffer box = {0}, secret = {0};
    struct pubkey address;
    int status = read_text(text, &box, &address);

    memset(out, 0, sizeof(*out));
    if (!status) {
        buffer_reserve(&secret, SECRET_SIZE);
        status = sealed_open(buffer_view(&box), seal, &secret);
    }
    if (!status)
        status = keypair_from_secret(secret.data, out);
    if (!status && !pubkey_equal(&out->pubkey, &address)) {
        keypair_wipe(out);
        memset(out, 0, sizeof(*out));
        status = err_set(ERR_INVALID,
                         "the sealed key is not that of the "
                         "address in its file, %s",
                         PUBKEY_TEXT(&address));
    }
    buffer_wipe(&secret);
    buffer_free(&box);
    return status;
}
