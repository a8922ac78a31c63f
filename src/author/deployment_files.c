/*
 * The part of author/deployment.h that reads the bundle, and puts it into the
 * block store with the metadata.
 *
 * Both files are pinned as the user's, which means until the user removes the
 * pins: the first nodes get the task from its creator's store, and no other
 * store may have it yet. The CIDs are those of directories, because Koii's
 * nodes ask for <cid>/main.js and <cid>/metadata.json.
 *
 * An upload that is repeated gives the same CIDs and writes nothing twice. A
 * failure at the second file leaves the first one there, pinned, for the next
 * attempt to find.
 */
#include "author/deployment.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "settlement/format/task_instruction.h"
#include "storage/files/unixfs_import.h"
#include "storage/keep/pin.h"

#include <stdlib.h>
#include <string.h>

/* A directory that holds one file, as Koii's uploader lays it out: the CID on
 * chain is that of the directory. store NULL: only the CID is found. */
static int put_directory(struct store *store, const char *name,
                         struct bytes data, struct cid *out)
{
    struct unixfs_directory *directory = unixfs_directory_new(store, NULL);
    struct unixfs_entry file, root;
    int status;

    if ((status = unixfs_import_bytes(store, NULL, data, &file)) == 0 &&
        (status = unixfs_directory_add(directory, bytes_text(name), &file)) ==
            0 &&
        (status = unixfs_directory_finish(directory, &root)) == 0)
        *out = root.cid;
    unixfs_directory_free(directory);
    return status ? err_add(status, "%s", name) : 0;
}

static int find_cid(const char *name, struct bytes data, char out[65])
{
    struct cid cid;
    int status = put_directory(NULL, name, data, &cid);

    if (status)
        return status;
    struct cid_text text = cid_text(&cid);
    if (strlen(text.text) > TASK_TEXT_SIZE)
        return err_set(ERR_LIMIT, "CID %s is too long for the chain",
                       text.text);
    strcpy(out, text.text);
    return 0;
}

/* Pinned here, under the caller's hold; the pin makes it durable. */
static int put_file(struct store *store, const char *name, struct bytes data,
                    const char *pin_name)
{
    struct pin_owner owner = retention_user();
    struct cid cid;
    int status = put_directory(store, name, data, &cid);

    if (!status)
        status = pin_add(store, &cid, &owner, pin_name);
    return status ? err_add(status, "%s", name) : 0;
}

bool deployment_is_stored(const struct deployment *deployment)
{
    return !strcmp(deployment->executable_network, "IPFS");
}

char *deployment_bundle_path(const struct deployment *deployment,
                             const char *folder)
{
    return deployment->audit_program[0] == '/'
               ? mem_text(deployment->audit_program)
               : mem_format("%s/%s", folder, deployment->audit_program);
}

static int read_bundle(const struct deployment *deployment, const char *folder,
                       struct buffer *out, uint64_t *changed_ms)
{
    char *path = deployment_bundle_path(deployment, folder);
    int status = file_read(path, DEPLOYMENT_BUNDLE_SIZE_MAX, out);

    if (status == ERR_NOT_FOUND)
        status = err_set(status, "there is no %s: bundle the task first", path);
    if (!status && !bytes_is_utf8(buffer_view(out)))
        status = err_set(ERR_INVALID, "%s is not UTF-8 text", path);
    if (!status)
        status = file_changed_ms(path, changed_ms);
    free(path);
    return status;
}

/* The parser holds the program's name to the field. */
static void name_content(const struct deployment *deployment,
                         struct deployment_content *out)
{
    CHECK(strlen(deployment->audit_program) < sizeof(out->executable_cid));
    strcpy(out->executable_cid, deployment->audit_program);
    strcpy(out->metadata_cid, DEPLOYMENT_METADATA_NAME);
}

int deployment_files_read(const struct deployment *deployment,
                          const char *folder, struct deployment_files *out)
{
    CHECK(deployment && folder && out);
    bool is_stored = deployment_is_stored(deployment);
    uint64_t bundle_ms = 0;
    int status = 0;

    *out = (struct deployment_files){0};
    if (is_stored)
        status = read_bundle(deployment, folder, &out->bundle, &bundle_ms);
    if (!status)
        deployment_metadata(deployment,
                            bundle_ms > deployment->changed_ms
                                ? bundle_ms
                                : deployment->changed_ms,
                            &out->metadata);
    if (!status && !is_stored)
        name_content(deployment, &out->content);
    if (!status && is_stored)
        status = find_cid(DEPLOYMENT_BUNDLE_NAME, buffer_view(&out->bundle),
                          out->content.executable_cid);
    if (!status && is_stored)
        status = find_cid(DEPLOYMENT_METADATA_NAME, buffer_view(&out->metadata),
                          out->content.metadata_cid);
    if (status)
        deployment_files_free(out);
    return status;
}

void deployment_files_free(struct deployment_files *files)
{
    buffer_free(&files->bundle);
    buffer_free(&files->metadata);
}

/* One hold over both puts: a collection between them must not take the first
 * one's blocks before its pin stands. */
int deployment_files_store(const struct deployment_files *files,
                           const char *pin_name, struct store *store)
{
    CHECK(files && pin_name && store);
    struct store_hold *hold = store_hold(store);
    int status = put_file(store, DEPLOYMENT_BUNDLE_NAME,
                          buffer_view(&files->bundle), pin_name);

    if (!status)
        status = put_file(store, DEPLOYMENT_METADATA_NAME,
                          buffer_view(&files->metadata), pin_name);
    store_release(hold);
    return status;
}
