/*
 * The format is what `solana-keygen` and `koii-keygen` write: no version, no
 * checksum. The public half at the end is the only redundancy, so
 * keypair_from_secret() checks it, which finds nearly every edit gone wrong.
 *
 * Secrets pass through three places here, all on the stack or in memory that is
 * wiped before it is let go: the file's text, the numbers, and the keypair that
 * is the caller's. That is why neither json-c nor base/base58.h reads them:
 * both keep copies on the heap.
 *
 * Reading takes what the CLIs take: any white space, and nothing but whole
 * numbers from 0 to 255; and the base58 that wallets in browsers export. Errors
 * name the file and the number's place, and never its value.
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
#include "crypto/sealed_key.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#define SECRET_SIZE 64

/* 64 numbers of up to three digits with commas are 257 bytes; the rest is
 * room for the white space of other writers. */
#define TEXT_SIZE (4 * SECRET_SIZE + 1)
#define FILE_LIMIT_BYTES 4096

/* 64 bytes as base58. */
#define BASE58_MIN 64
#define BASE58_MAX 88

/* JSON's white space. */
static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void skip_space(struct bytes *text)
{
    while (text->size && is_space(*text->data))
        *text = bytes_make(text->data + 1, text->size - 1);
}

/* Without white space at either end, and without the mark that some editors
 * put at the beginning. */
static int trim(struct bytes *text)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    if (text->size >= 2 && ((text->data[0] == 0xff && text->data[1] == 0xfe) ||
                            (text->data[0] == 0xfe && text->data[1] == 0xff)))
        return err_set(ERR_INVALID,
                       "the key is UTF-16 text; save it as UTF-8 or ASCII");
    if (text->size >= sizeof(mark) && !memcmp(text->data, mark, sizeof(mark)))
        *text =
            bytes_make(text->data + sizeof(mark), text->size - sizeof(mark));
    skip_space(text);
    while (text->size && is_space(text->data[text->size - 1]))
        text->size--;
    return text->size ? 0 : err_set(ERR_INVALID, "the key is empty");
}

/* One number of the array; place counts from 1. */
static int take_number(struct bytes *text, size_t place, uint8_t *out)
{
    unsigned number = 0;
    size_t digits = 0;
    for (; digits < text->size; digits++) {
        uint8_t digit = text->data[digits];
        if (digit < '0' || digit > '9')
            break;
        number = number * 10 + (digit - '0');
        if (number > UINT8_MAX)
            return err_set(ERR_INVALID,
                           "number %zu of the key is above 255, the largest "
                           "byte",
                           place);
    }
    /* As JSON has it: no sign, no point, no zero in front. */
    bool ends = digits == text->size ||
                (text->data[digits] == ',' || text->data[digits] == ']' ||
                 is_space(text->data[digits]));
    if (!digits || !ends || (digits > 1 && text->data[0] == '0'))
        return err_set(ERR_INVALID,
                       "number %zu of the key is not a whole number from 0 to "
                       "255",
                       place);
    *out = (uint8_t)number;
    *text = bytes_make(text->data + digits, text->size - digits);
    return 0;
}

/* "[1, 2, ...]", all of it. */
static int parse_array(struct bytes text, uint8_t secret[SECRET_SIZE])
{
    size_t count = 0;
    text = bytes_make(text.data + 1, text.size - 1);
    skip_space(&text);
    while (text.size && (count || *text.data != ']')) {
        if (count == SECRET_SIZE)
            return err_set(ERR_INVALID, "the key has more than %d numbers",
                           SECRET_SIZE);
        int status = take_number(&text, count + 1, &secret[count]);
        if (status)
            return status;
        count++;
        skip_space(&text);
        if (!text.size || *text.data != ',')
            break;
        text = bytes_make(text.data + 1, text.size - 1);
        skip_space(&text);
    }
    if (!text.size || *text.data != ']')
        return err_set(ERR_INVALID,
                       text.size ? "there is no comma after number %zu of the "
                                   "key"
                                 : "the key is cut off after number %zu",
                       count);
    if (text.size > 1)
        return err_set(ERR_INVALID, "there is more after the key's ]");
    if (count != SECRET_SIZE)
        return err_set(ERR_INVALID,
                       "the key has %zu numbers and not %d: both halves of the "
                       "pair are needed",
                       count, SECRET_SIZE);
    return 0;
}

static const char digits58[] =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

static bool is_base58(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!text.data[i] || !strchr(digits58, text.data[i]))
            return false;
    return true;
}

/* A digit at a time into 64 bytes, most significant first. A leading 1 is a
 * zero byte, and the number fills the rest. */
static int parse_base58(struct bytes text, uint8_t secret[SECRET_SIZE])
{
    size_t ones = 0, zeros = 0;
    bool fits = text.size >= BASE58_MIN && text.size <= BASE58_MAX;
    memset(secret, 0, SECRET_SIZE);
    for (size_t i = 0; fits && i < text.size; i++) {
        unsigned carry = (unsigned)(strchr(digits58, text.data[i]) - digits58);
        for (size_t at = SECRET_SIZE; at-- > 0;) {
            carry += secret[at] * 58u;
            secret[at] = (uint8_t)carry;
            carry >>= 8;
        }
        fits = !carry;
    }
    while (ones < text.size && text.data[ones] == '1')
        ones++;
    while (zeros < SECRET_SIZE && !secret[zeros])
        zeros++;
    if (fits && ones == zeros)
        return 0;
    return err_set(ERR_INVALID,
                   "a secret key in base58 has 64 bytes, which are 87 or 88 "
                   "characters, and not %zu characters%s",
                   text.size,
                   text.size == 43 || text.size == 44
                       ? "; this is an address, or half of a key"
                       : "");
}

/* out is written by keypair_from_secret() alone, and only if both halves agree.
 */
int keyfile_parse(struct bytes text, struct keypair *out)
{
    uint8_t secret[SECRET_SIZE];
    struct pubkey sealed;
    int status = trim(&text);
    if (status)
        return status;
    if (*text.data == '[')
        status = parse_array(text, secret);
    else if (is_base58(text))
        status = parse_base58(text, secret);
    else if (!sealed_key_address(text, &sealed))
        status = err_set(ERR_DENIED, "the key is sealed under a passphrase");
    else
        status = err_set(ERR_INVALID, "a key is a JSON array of 64 numbers, or "
                                      "base58 of as many bytes");
    if (!status)
        status = keypair_from_secret(secret, out);
    sodium_memzero(secret, sizeof(secret));
    return status;
}

/* No spaces, as the CLIs write it: some tools compare files. */
void keyfile_text(const struct keypair *keypair, struct buffer *out)
{
    /* All room is reserved at once, because a buffer that grows leaves a copy
     * of its contents in freed memory. */
    buffer_reserve(out, TEXT_SIZE);
    for (size_t i = 0; i < sizeof(keypair->secret); i++)
        buffer_format(out, "%c%u", i ? ',' : '[', keypair->secret[i]);
    buffer_u8(out, ']');
}

/* Into an array of the caller's, which wipes it. A pipe may give a key in
 * pieces. */
static int read_file(const char *path, uint8_t room[FILE_LIMIT_BYTES + 1],
                     size_t *size)
{
    int status = 0;
    ssize_t got = 1;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    *size = 0;
    if (file < 0 && errno == ENOENT)
        return err_set(ERR_NOT_FOUND, "there is no file %s", path);
    if (file < 0)
        return err_errno("opening %s", path);
    while (!status && got && *size <= FILE_LIMIT_BYTES) {
        got = read(file, room + *size, FILE_LIMIT_BYTES + 1 - *size);
        if (got > 0)
            *size += (size_t)got;
        else if (got < 0 && errno != EINTR)
            status = err_errno("reading %s", path);
    }
    close(file);
    if (!status && *size > FILE_LIMIT_BYTES)
        status = err_set(ERR_LIMIT, "%s is larger than %d bytes: no key file",
                         path, FILE_LIMIT_BYTES);
    return status;
}

int keyfile_read(const char *path, struct keypair *out)
{
    uint8_t room[FILE_LIMIT_BYTES + 1];
    size_t size;
    int status = read_file(path, room, &size);
    if (!status) {
        status = keyfile_parse(bytes_make(room, size), out);
        if (status)
            err_add(status, "%s", path);
    }
    sodium_memzero(room, sizeof(room));
    return status;
}

/* O_EXCL makes "is there one?" and "make it" one step. A crash in between may
 * leave a short file, which keyfile_read() refuses; no other key is lost. After
 * a write that fails the file is removed, so that a second attempt does not
 * find one. One write() is enough for 257 bytes; a disk that takes fewer is
 * full. */
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
static int write_text(const char *path, struct buffer *text, bool overwrite)
{
    int status = overwrite ? file_replace(path, buffer_view(text), 0600)
                           : write_new(path, buffer_view(text));

    buffer_wipe(text);
    return status;
}

int keyfile_write(const char *path, const struct keypair *keypair,
                  bool overwrite)
{
    struct buffer text = {0};

    keyfile_text(keypair, &text);
    return write_text(path, &text, overwrite);
}

int keyfile_write_sealed(const char *path, const struct keypair *keypair,
                         struct seal *seal, bool overwrite)
{
    struct buffer text = {0};

    if (!seal->passphrase.size)
        return keyfile_write(path, keypair, overwrite);
    int status = sealed_key_make(keypair, seal, SEALED_MODERATE, &text);
    return status ? err_add(status, "%s", path)
                  : write_text(path, &text, overwrite);
}

/* A sealed key's text begins with a brace, which no other key's does; but a
 * wrong object is better explained by the reader of sealed keys. */
int keyfile_open(const char *path, struct passphrase *passphrase,
                 struct keypair *out, bool *is_sealed)
{
    uint8_t room[FILE_LIMIT_BYTES + 1];
    struct seal *seal;
    size_t size;
    int status = read_file(path, room, &size);
    struct bytes text = bytes_make(room, size);

    *is_sealed = false;
    if (status)
        return status;
    if (sealed_key_is(text)) {
        struct pubkey address;
        *is_sealed = true;
        status = sealed_key_address(text, &address);
        if (!status) {
            status = passphrase_get(passphrase, path, &seal);
            if (status)
                return status;
            status = sealed_key_open(text, seal, out);
        }
    } else {
        status = keyfile_parse(text, out);
    }
    sodium_memzero(room, sizeof(room));
    return status ? err_add(status, "%s", path) : 0;
}

int keyfile_open_or_make(const char *path, struct passphrase *passphrase,
                         bool may_make, struct keypair *out, bool *is_new)
{
    bool is_sealed;
    int status = keyfile_open(path, passphrase, out, &is_sealed);

    *is_new = status == ERR_NOT_FOUND && may_make && !file_exists(path);
    if (!*is_new)
        return status;
    err_clear();
    keypair_generate(out);
    return keyfile_write(path, out, false);
}

int keyfile_address(const char *path, struct pubkey *out, bool *is_sealed)
{
    uint8_t room[FILE_LIMIT_BYTES + 1];
    struct keypair keypair = {0};
    size_t size;
    int status = read_file(path, room, &size);

    if (status)
        return status;
    struct bytes text = bytes_make(room, size);
    bool sealed = sealed_key_is(text);
    if (sealed) {
        status = sealed_key_address(text, out);
    } else {
        status = keyfile_parse(text, &keypair);
        if (!status)
            *out = keypair.pubkey;
        keypair_wipe(&keypair);
    }
    if (is_sealed)
        *is_sealed = sealed;
    sodium_memzero(room, sizeof(room));
    return status ? err_add(status, "%s", path) : 0;
}

/* Does it open by the new one? Then an earlier attempt got as far as here. */
static bool opens_by(const char *path, struct seal *seal)
{
    uint8_t room[FILE_LIMIT_BYTES + 1];
    struct keypair keypair = {0};
    size_t size;
    bool opens = seal->passphrase.size && !read_file(path, room, &size) &&
                 sealed_key_is(bytes_make(room, size)) &&
                 !sealed_key_open(bytes_make(room, size), seal, &keypair);

    keypair_wipe(&keypair);
    return opens;
}

int keyfile_reseal(const char *path, struct passphrase *old, struct seal *fresh)
{
    struct keypair keypair = {0};
    bool is_sealed;
    int status = keyfile_open(path, old, &keypair, &is_sealed);

    if (status == ERR_DENIED && opens_by(path, fresh)) {
        err_clear();
        return 0;
    }
    if (!status && (is_sealed || fresh->passphrase.size))
        status = keyfile_write_sealed(path, &keypair, fresh, true);
    keypair_wipe(&keypair);
    return status;
}
