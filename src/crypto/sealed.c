/*
 * Argon2id was chosen because it makes guessing cost memory, XChaCha20 because
 * its nonce is long enough to be drawn at random. The seal authenticates the
 * header, so that an attacker can't lower the parameters and learn from the
 * owner's next opening whether a guess was right.
 *
 * A box does not hide the length of the secret, which is its own less 72, nor
 * the work that it demands. If that matters, the caller pads.
 *
 * Opening a box costs what its header demands before anything in it is
 * verified, because the key verifies. So there are upper limits, which are
 * checked first.
 */
#include "crypto/sealed.h"

#include "base/check.h"
#include "base/error.h"
#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

/*
 * Layout, in the order of sealed.h:
 *
 *      0   8   magic and version
 *      8   4   passes of Argon2id      (little endian)
 *     12   4   its memory in KiB
 *     16  16   salt, drawn for each box
 *     32  24   nonce, drawn for each box
 *     56   n   ciphertext
 *     56+n 16  tag, over header and ciphertext
 */
#define MAGIC_SIZE 8
/* The last byte is the version. */
static const uint8_t magic[MAGIC_SIZE] = {'P', 'N', 'D', 'S', 'E', 'A', 'L', 1};
#define SALT_SIZE crypto_pwhash_argon2id_SALTBYTES
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define KEY_SIZE crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEADER_SIZE (MAGIC_SIZE + 4 + 4 + SALT_SIZE + NONCE_SIZE)
static_assert(HEADER_SIZE + TAG_SIZE == SEALED_OVERHEAD_BYTES,
              "the layout in sealed.h");

/* What opening is ready to spend on a header that anybody may have written:
 * four times the memory of a moderate box, and some twenty times its passes, so
 * that stronger boxes of later programs open. */
#define OPERATIONS_MAX 64
#define MEMORY_KIB_MAX (1024 * 1024)

/* The parameters of Argon2id. libsodium always uses one lane, so the number is
 * not stored. */
struct parameters {
    uint32_t operations;
    uint32_t memory_kib;
};

struct seal_key {
    struct parameters parameters;
    bool is_drawn; /* the salt, here; else it is of a box that was opened */
    uint8_t salt[SALT_SIZE];
    uint8_t key[KEY_SIZE];
};

/* sodium_free() overwrites it. */
void seal_wipe(struct seal *seal)
{
    sodium_free(seal->key);
    seal->key = NULL;
}

static bool has_key(const struct seal *seal, const uint8_t *salt,
                    struct parameters parameters)
{
    return seal->key &&
           seal->key->parameters.operations == parameters.operations &&
           seal->key->parameters.memory_kib == parameters.memory_kib &&
           !memcmp(seal->key->salt, salt, SALT_SIZE);
}

/* Fails only for want of memory, which here, other than elsewhere, is an error
 * and no end: a moderate box wants 256 MiB, and the caller can say so. */
static int make_key(struct seal *seal, const uint8_t *salt,
                    struct parameters parameters)
{
    struct bytes passphrase = seal->passphrase;
    /* An empty one may lie nowhere. */
    const char *text = passphrase.size ? (const char *)passphrase.data : "";

    if (has_key(seal, salt, parameters))
        return 0;
    seal_wipe(seal);
    seal->key = sodium_malloc(sizeof(*seal->key));
    if (seal->key) {
        seal->key->parameters = parameters;
        seal->key->is_drawn = false;
        memcpy(seal->key->salt, salt, SALT_SIZE);
        if (!crypto_pwhash_argon2id(
                seal->key->key, KEY_SIZE, text, passphrase.size, salt,
                parameters.operations, (size_t)parameters.memory_kib * 1024,
                crypto_pwhash_argon2id_ALG_ARGON2ID13))
            return 0;
    }
    seal_wipe(seal);
    return err_set(ERR_FULL,
                   "%" PRIu32 " MiB of memory for the passphrase's key "
                   "are not to be had",
                   parameters.memory_kib / 1024);
}

/* libsodium's recommendations: 2 passes over 64 MiB, or 3 over 256 MiB. */
static struct parameters parameters_of(enum sealed_strength strength)
{
    struct parameters parameters = {
        crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE,
        crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE / 1024};
    if (strength == SEALED_MODERATE) {
        parameters.operations = crypto_pwhash_argon2id_OPSLIMIT_MODERATE;
        parameters.memory_kib = crypto_pwhash_argon2id_MEMLIMIT_MODERATE / 1024;
    }
    return parameters;
}

/* The key is made before anything is appended, so that out is as it was if
 * there is no memory for the key. One call draws salt and nonce, which lie side
 * by side; a seal that has drawn a salt keeps it, and takes no stranger's.
 * Boxes of one key differ by their nonce, and 24 bytes of chance do not meet.
 */
int sealed_make(struct bytes secret, struct seal *seal,
                enum sealed_strength strength, struct buffer *out)
{
    struct parameters parameters = parameters_of(strength);
    uint8_t header[HEADER_SIZE];
    uint8_t *salt = header + MAGIC_SIZE + 8;
    uint8_t *nonce = salt + SALT_SIZE;
    if (secret.size > SEALED_SECRET_MAX_BYTES)
        return err_set(ERR_LIMIT, "a secret of %zu bytes; at most %d",
                       secret.size, SEALED_SECRET_MAX_BYTES);
    memcpy(header, magic, MAGIC_SIZE);
    u32le_write(header + MAGIC_SIZE, parameters.operations);
    u32le_write(header + MAGIC_SIZE + 4, parameters.memory_kib);
    randombytes_buf(salt, SALT_SIZE + NONCE_SIZE);
    if (seal->key && seal->key->is_drawn)
        memcpy(salt, seal->key->salt, SALT_SIZE);
    int status = make_key(seal, salt, parameters);
    if (status)
        return status;
    seal->key->is_drawn = true;
    buffer_append(out, header, sizeof(header));
    uint8_t *at = buffer_reserve(out, secret.size + TAG_SIZE);
    CHECK(!crypto_aead_xchacha20poly1305_ietf_encrypt(
        at, NULL, secret.data, secret.size, header, sizeof(header), NULL, nonce,
        seal->key->key));
    out->size += secret.size + TAG_SIZE;
    return 0;
}

/* The checks in this order: is it a box, is it of this version, is the size
 * possible, is it within the limits. All come before the passphrase is used. */
static int read_header(struct bytes box, struct parameters *out)
{
    if (box.size < SEALED_OVERHEAD_BYTES ||
        memcmp(box.data, magic, MAGIC_SIZE - 1) != 0)
        return err_set(ERR_INVALID, "these bytes are no sealed secret");
    if (box.data[MAGIC_SIZE - 1] != magic[MAGIC_SIZE - 1])
        return err_set(ERR_UNSUPPORTED,
                       "a sealed secret of version %u; this program knows "
                       "version %u",
                       box.data[MAGIC_SIZE - 1], magic[MAGIC_SIZE - 1]);
    if (box.size > SEALED_OVERHEAD_BYTES + SEALED_SECRET_MAX_BYTES)
        return err_set(ERR_LIMIT, "the sealed secret is too long");
    out->operations = u32le_read(box.data + MAGIC_SIZE);
    out->memory_kib = u32le_read(box.data + MAGIC_SIZE + 4);
    /* libsodium's own lower bounds are 1 pass and 8 KiB. */
    if (out->operations < 1 || out->operations > OPERATIONS_MAX ||
        out->memory_kib < 8 || out->memory_kib > MEMORY_KIB_MAX)
        return err_set(ERR_LIMIT,
                       "the sealed secret asks for %" PRIu32 " passes over "
                       "%" PRIu32 " KiB",
                       out->operations, out->memory_kib);
    return 0;
}

int sealed_check(struct bytes box)
{
    struct parameters parameters;
    return read_header(box, &parameters);
}

/* Authenticated encryption does not show whether the passphrase was wrong or a
 * byte was changed. On any error out has its old size.
 * libsodium verifies the tag before it decrypts, so nothing of a box that is
 * refused is ever in out. */
int sealed_open(struct bytes box, struct seal *seal, struct buffer *out)
{
    struct parameters parameters = {0};
    int status = read_header(box, &parameters);
    if (status)
        return status;
    const uint8_t *salt = box.data + MAGIC_SIZE + 8;
    const uint8_t *nonce = salt + SALT_SIZE;
    size_t sealed_size = box.size - HEADER_SIZE;
    status = make_key(seal, salt, parameters);
    if (status)
        return status;
    uint8_t *at = buffer_reserve(out, sealed_size - TAG_SIZE);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            at, NULL, NULL, box.data + HEADER_SIZE, sealed_size, box.data,
            HEADER_SIZE, nonce, seal->key->key))
        status = err_set(ERR_DENIED,
                         "wrong passphrase, or the sealed secret was changed");
    else
        out->size += sealed_size - TAG_SIZE;
    return status;
}
