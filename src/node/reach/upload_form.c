#include "node/reach/upload_form.h"

#include "base/base58.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "net/multipart.h"
#include "node/reach/evidence.h"
#include "storage/files/unixfs_import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* The longest text of a field: a signed digest has 175 characters in base58.
 */
#define FIELD_SIZE_MAX 512

/* What nacl.sign() makes of a digest in hexadecimal: signature, then message.
 */
#define DIGEST_TEXT_SIZE 64
#define SIGNED_SIZE (sizeof(struct signature) + DIGEST_TEXT_SIZE)

struct upload_file {
    char *name;
    uint64_t offset;
    uint64_t size;
};

struct upload_form {
    struct multipart *multipart;
    int spool; /* the files' bytes, one after the other */
    uint64_t bytes;
    struct sha256 sha256;
    struct buffer files; /* struct upload_file */
    struct buffer signature, key_text;
    struct pubkey key;
    struct buffer *field; /* whose value comes; NULL: none that is of use */
    bool is_file;         /* a file's bytes come */
};

static struct upload_file *file_at(const struct upload_form *form, size_t i)
{
    return (struct upload_file *)(void *)form->files.data + i;
}

size_t upload_form_count(const struct upload_form *form)
{
    return form->files.size / sizeof(struct upload_file);
}

/* ---- the parts ---- */

/* The last name of what may be a path on the client's machine, as Express's
 * uploads have it. */
static const char *last_name(const char *path)
{
    const char *name = path;

    for (const char *at = path; *at; at++)
        if (*at == '/' || *at == '\\')
            name = at + 1;
    return name;
}

static int begin_file(struct upload_form *form, const char *path)
{
    struct upload_file file = {.offset = form->bytes};
    const char *name = last_name(path);

    /* A browser sends such a part for a field in which no file was chosen. */
    if (!*path)
        return 0;
    if (!*name || !strcmp(name, ".") || !strcmp(name, "..") ||
        strlen(name) > EVIDENCE_PATH_SIZE_MAX)
        return err_set(ERR_INVALID, "\"%.100s\" is no name of a file", path);
    if (upload_form_count(form) == EVIDENCE_FILES_MAX)
        return err_set(ERR_LIMIT, "an upload has at most %d files",
                       EVIDENCE_FILES_MAX);
    file.name = mem_text(name);
    buffer_append(&form->files, &file, sizeof(file));
    form->is_file = true;
    return 0;
}

static int on_part(void *user, const struct multipart_part *part)
{
    struct upload_form *form = user;

    form->is_file = false;
    form->field = NULL;
    if (part->filename)
        return begin_file(form, part->filename);
    if (!strcmp(part->name, "signature"))
        form->field = &form->signature;
    else if (!strcmp(part->name, "stakingWalletPubkey"))
        form->field = &form->key_text;
    if (form->field)
        buffer_clear(form->field);
    return 0;
}

static int write_all(int file, struct bytes data)
{
    while (data.size) {
        ssize_t written = write(file, data.data, data.size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == ENOSPC)
            return err_set(ERR_FULL, "the disk is full");
        if (written < 0)
            return err_errno("keeping an upload");
        data = bytes_make(data.data + written, data.size - (size_t)written);
    }
    return 0;
}

static int on_data(void *user, struct bytes data)
{
    struct upload_form *form = user;

    if (form->is_file) {
        sha256_update(&form->sha256, data);
        form->bytes += data.size;
        file_at(form, upload_form_count(form) - 1)->size += data.size;
        return write_all(form->spool, data);
    }
    if (!form->field)
        return 0;
    if (form->field->size + data.size > FIELD_SIZE_MAX)
        return err_set(ERR_LIMIT, "a field of an upload has at most %d bytes",
                       FIELD_SIZE_MAX);
    buffer_bytes(form->field, data);
    return 0;
}

static int on_part_end(void *user)
{
    struct upload_form *form = user;

    form->is_file = false;
    form->field = NULL;
    return 0;
}

/* ---- life ---- */

/* Without a name from the first moment on that matters: a node that is killed
 * leaves nothing. */
static int open_spool(const char *folder, int *out)
{
    uint64_t free_bytes;
    int status = file_free_bytes(folder, &free_bytes);

    if (status)
        return status;
    if (free_bytes < STORE_FREE_FLOOR)
        return err_set(ERR_FULL, "too little space is left on the disk");
    char *path = mem_format("%s/upload-XXXXXX", folder);
    *out = mkostemp(path, O_CLOEXEC);
    if (*out < 0)
        status = err_errno("%s", path);
    else
        unlink(path);
    free(path);
    return status;
}

int upload_form_new(const char *content_type, const char *folder,
                    struct upload_form **out)
{
    static const struct multipart_events events = {
        .part = on_part, .data = on_data, .part_end = on_part_end};
    struct upload_form *form = mem_zero(1, sizeof(*form));

    form->spool = -1;
    sha256_init(&form->sha256);
    int status =
        content_type
            ? multipart_new(content_type, &events, form, &form->multipart)
            : err_set(ERR_INVALID, "an upload is multipart/form-data");
    if (!status)
        status = open_spool(folder, &form->spool);
    if (status)
        upload_form_free(form);
    else
        *out = form;
    return status;
}

void upload_form_free(struct upload_form *form)
{
    if (!form)
        return;
    for (size_t i = 0; i < upload_form_count(form); i++)
        free(file_at(form, i)->name);
    if (form->spool >= 0)
        close(form->spool);
    multipart_free(form->multipart);
    buffer_free(&form->files);
    buffer_free(&form->signature);
    buffer_free(&form->key_text);
    free(form);
}

int upload_form_write(struct upload_form *form, struct bytes piece)
{
    return multipart_write(form->multipart, piece);
}

/* ---- the end ---- */

/* Not the signature alone: a signed digest of other files has a good one. */
static int check_signature(struct upload_form *form)
{
    struct hash digest;
    struct buffer text = {0}, decoded = {0};
    struct signature signature;
    int status = base58_decode(buffer_view(&form->signature), &decoded);

    sha256_final(&form->sha256, &digest);
    hex_encode(bytes_make(digest.bytes, sizeof(digest.bytes)), &text);
    if (!status && decoded.size == SIGNED_SIZE) {
        memcpy(&signature, decoded.data, sizeof(signature));
        if (memcmp(decoded.data + sizeof(signature), text.data,
                   DIGEST_TEXT_SIZE) != 0 ||
            !key_verify(&form->key, buffer_view(&text), &signature))
            status = ERR_DENIED;
    } else {
        status = ERR_DENIED;
    }
    buffer_free(&text);
    buffer_free(&decoded);
    return status ? err_set(ERR_DENIED, "Invalid signature") : 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int check_names(const struct upload_form *form)
{
    size_t count = upload_form_count(form);
    const char **names = mem_zero(count, sizeof(*names));
    int status = 0;

    for (size_t i = 0; i < count; i++)
        names[i] = file_at(form, i)->name;
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 1; i < count && !status; i++)
        if (!strcmp(names[i - 1], names[i]))
            status = err_set(ERR_INVALID, "two files have the name \"%.100s\"",
                             names[i]);
    free(names);
    return status;
}

int upload_form_end(struct upload_form *form)
{
    int status = multipart_end(form->multipart);

    if (status)
        return status;
    if (!upload_form_count(form))
        return err_set(ERR_INVALID, "No files uploaded");
    if (!form->key_text.size)
        return err_set(ERR_INVALID, "No stakingWalletPubkey provided");
    if (!form->signature.size)
        return err_set(ERR_INVALID, "No signature provided");
    if (pubkey_parse(buffer_view(&form->key_text), &form->key) < 0)
        return err_set(ERR_INVALID, "stakingWalletPubkey is no key");
    status = check_names(form);
    return status ? status : check_signature(form);
}

const struct pubkey *upload_form_key(const struct upload_form *form)
{
    return &form->key;
}

uint64_t upload_form_bytes(const struct upload_form *form)
{
    return form->bytes;
}

const char *upload_form_name(const struct upload_form *form)
{
    CHECK(upload_form_count(form));
    return file_at(form, 0)->name;
}

/* ---- into the store ---- */

struct extent {
    int file;
    uint64_t offset;
    uint64_t left;
};

static int read_extent(void *user, uint8_t *data, size_t size, size_t *got)
{
    struct extent *extent = user;
    ssize_t taken;

    if (size > extent->left)
        size = (size_t)extent->left;
    do
        taken = pread(extent->file, data, size, (off_t)extent->offset);
    while (taken < 0 && errno == EINTR);
    if (taken < 0)
        return err_errno("reading an upload");
    if (!taken && size)
        return err_set(ERR_IO, "an upload has lost its end");
    extent->offset += (uint64_t)taken;
    extent->left -= (uint64_t)taken;
    *got = (size_t)taken;
    return 0;
}

/* One thread for the hashing: the pool has several jobs at a time already. */
int upload_form_put(struct upload_form *form, struct store *store,
                    struct unixfs_entry *out)
{
    static const struct unixfs_import_options options = {.threads = 1};
    struct unixfs_directory *directory = unixfs_directory_new(store, NULL);
    struct unixfs_entry entry;
    int status = 0;

    for (size_t i = 0; i < upload_form_count(form) && !status; i++) {
        const struct upload_file *file = file_at(form, i);
        struct extent extent = {
            .file = form->spool, .offset = file->offset, .left = file->size};

        status =
            unixfs_import_stream(store, &options, read_extent, &extent, &entry);
        if (!status)
            status =
                unixfs_directory_add(directory, bytes_text(file->name), &entry);
    }
    if (!status)
        status = unixfs_directory_finish(directory, out);
    unixfs_directory_free(directory);
    return status;
}
