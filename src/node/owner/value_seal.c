#include "node/owner/value_seal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>

#define VERSION 1
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES

static_assert(1 + NONCE_SIZE + TAG_SIZE == VALUE_SEAL_OVERHEAD,
              "the layout in value_seal.h");
static_assert(VALUE_SEAL_KEY_SIZE ==
                  crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
              "the key's size");

/* Written whole or not at all, so that no half key ever seals anything. */
static int make_key(const char *path, struct value_seal *out)
{
    randombytes_buf(out->key, sizeof(out->key));
    return file_replace(path, bytes_make(out->key, sizeof(out->key)), 0600);
}

static int read_key(const char *path, struct value_seal *out)
{
    struct buffer data = {0};
    struct stat stat_of;
    int status = file_read(path, 4096, &data);

    if (!status && data.size != sizeof(out->key))
        status = err_set(ERR_CORRUPT,
                         "%s holds %zu bytes and not a key of %zu; variables "
                         "that were set with it can't be read without it",
                         path, data.size, sizeof(out->key));
    if (!status && stat(path, &stat_of))
        status = err_errno("%s", path);
    if (!status && (stat_of.st_mode & 077))
        status = err_set(ERR_DENIED,
                         "%s can be read by others than its owner: "
                         "chmod 600 it",
                         path);
    if (!status)
        memcpy(out->key, data.data, sizeof(out->key));
    buffer_wipe(&data);
    return status;
}

int value_seal_open(const char *folder, struct value_seal *out)
{
    char *path = mem_format("%s/variables.key", folder);
    int status = file_exists(path) ? read_key(path, out) : make_key(path, out);

    free(path);
    if (status)
        value_seal_wipe(out);
    return status;
}

void value_seal_wipe(struct value_seal *seal)
{
    sodium_memzero(seal, sizeof(*seal));
}

/* The nonce is long enough to be drawn at random. The name is authenticated
 * beside the version, which begins the sealed text. */
void value_seal_close(const struct value_seal *seal, const char *name,
                      struct bytes text, struct buffer *out)
{
    uint8_t nonce[NONCE_SIZE];
    unsigned long long size;

    randombytes_buf(nonce, sizeof(nonce));
    buffer_u8(out, VERSION);
    buffer_append(out, nonce, sizeof(nonce));
    uint8_t *at = buffer_reserve(out, text.size + TAG_SIZE);
    CHECK(!crypto_aead_xchacha20poly1305_ietf_encrypt(
        at, &size, text.data, text.size, (const uint8_t *)name, strlen(name),
        NULL, nonce, seal->key));
    out->size += size;
}

int value_seal_read(const struct value_seal *seal, const char *name,
                    struct bytes sealed, struct buffer *out)
{
    struct reader reader = reader_make(sealed);
    struct bytes nonce;
    unsigned long long size;
    uint8_t version;

    if (reader_u8(&reader, &version) < 0 ||
        (version == VERSION && reader_take(&reader, NONCE_SIZE, &nonce) < 0))
        return err_set(ERR_CORRUPT, "a sealed value is cut off");
    if (version != VERSION)
        return err_set(ERR_UNSUPPORTED,
                       "a value is sealed in version %u: a newer Pond did that",
                       version);
    if (reader.left.size < TAG_SIZE)
        return err_set(ERR_CORRUPT, "a sealed value is cut off");
    uint8_t *at = buffer_reserve(out, reader.left.size);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            at, &size, NULL, reader.left.data, reader.left.size,
            (const uint8_t *)name, strlen(name), nonce.data, seal->key))
        return err_set(ERR_CORRUPT,
                       "a sealed value does not fit the key in variables.key");
    out->size += size;
    return 0;
}
