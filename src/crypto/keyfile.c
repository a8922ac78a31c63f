/*
 * The format is what `solana-keygen` and `koii-keygen` write: no version, no
 * checksum. The public half at the end is the only redundancy, so
 * keypair_from_secret() checks it, which finds nearly every edit gone wrong.
 *
 * Secrets pass through three places here, all wiped before they are let go:
 * the file's text, the numbers, and the keypair that is the caller's. json-c's
 * tree holds the numbers too; its memory can't be wiped and is freed at once.
 *
 * Reading takes what the CLIs take: any white space, and nothing but whole
 * numbers from 0 to 255. Errors name the file and the item's place, and never
 * its value.
 *
 * Two ways of writing. A new file is made with O_EXCL, which can't overwrite;
 * an old one is replaced as a whole (file_replace()), so that a crash leaves
 * the old key or the new one. The mode is given when the file is made: with a
 * chmod() afterwards there would be a moment in which others could open it.
 */
#include "crypto/keyfile.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

/* 64 numbers of up to three digits with commas are 257 bytes; the rest is
 * room for the white space of other writers. */
#define FILE_LIMIT_BYTES 4096

/* out is written by keypair_from_secret() alone, and only if both halves agree.
 */
int keyfile_parse(struct bytes text, struct keypair *out)
{
    struct json_object *array = NULL;
    uint8_t secret[64];
    int status = json_parse(text, &array);
    if (status)
        return err_add(status, "key file");
    if (!json_object_is_type(array, json_type_array) ||
        json_object_array_length(array) != sizeof(secret)) {
        status =
            err_set(ERR_INVALID, "a key file is a JSON array of 64 numbers");
        goto out;
    }
    for (size_t i = 0; i < sizeof(secret); i++) {
        struct json_object *item = json_object_array_get_idx(array, i);
        int64_t number = json_object_is_type(item, json_type_int)
                             ? json_object_get_int64(item)
                             : -1;
        if (number < 0 || number > UINT8_MAX) {
            status =
                err_set(ERR_INVALID,
                        "item %zu of the key file is not a number from 0 to "
                        "255",
                        i);
            goto out;
        }
        secret[i] = (uint8_t)number;
    }
    status = keypair_from_secret(secret, out);
out:
    sodium_memzero(secret, sizeof(secret));
    json_object_put(array);
    return status;
}

/* No spaces, as the CLIs write it: some tools compare files. */
void keyfile_text(const struct keypair *keypair, struct buffer *out)
{
    for (size_t i = 0; i < sizeof(keypair->secret); i++)
        buffer_format(out, "%c%u", i ? ',' : '[', keypair->secret[i]);
    buffer_u8(out, ']');
}

/* The buffer is wiped by its capacity and not by its size: reading may have
 * left more behind than what was asked for at the end. */
int keyfile_read(const char *path, struct keypair *out)
{
    struct buffer text = {0};
    int status = file_read(path, FILE_LIMIT_BYTES, &text);
    if (!status) {
        status = keyfile_parse(buffer_view(&text), out);
        if (status)
            err_add(status, "%s", path);
    }
    if (text.data)
        sodium_memzero(text.data, text.capacity);
    buffer_free(&text);
    return status;
}

/* O_EXCL makes "is there one?" and "make it" one step. A crash in between may
 * leave a short file, which keyfile_read() refuses; no other key is lost. A
 * write that fails takes the file away again, so that a second attempt is not
 * told that there is one. One write() is enough for 257 bytes; a disk that
 * takes fewer is full. */
static int write_new(const char *path, struct bytes text)
{
    int status = 0;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST)
        return err_set(ERR_EXISTS, "%s: a key file is there already", path);
    if (file < 0)
        return err_errno("%s: can't make the key file", path);
    ssize_t written = write(file, text.data, text.size);
    if (written < 0 || (size_t)written != text.size || fsync(file))
        status = err_errno("%s: can't write the key file", path);
    if (close(file) && !status)
        status = err_errno("%s: can't write the key file", path);
    /* Coins may be sent to the key at once; its name must be on disk, too. */
    if (!status)
        status = file_sync_parent(path);
    if (status)
        unlink(path);
    return status;
}

/* The folder must be there; what makes it is the caller's to know. */
int keyfile_write(const char *path, const struct keypair *keypair,
                  bool overwrite)
{
    struct buffer text = {0};
    int status;
    keyfile_text(keypair, &text);
    if (overwrite)
        status = file_replace(path, buffer_view(&text), 0600);
    else
        status = write_new(path, buffer_view(&text));
    sodium_memzero(text.data, text.capacity);
    buffer_free(&text);
    return status;
}
