/*
 * The part of author/deployment.h that touches the block store.
 *
 * Both files are pinned as the user's, which means until the user removes the
 * pins: the first nodes get the task from its creator's store, and no other
 * store may have it yet. The CIDs are those of directories, because Koii's
 * nodes ask for <cid>/main.js and <cid>/metadata.json.
 *
 * An upload that is repeated gives the same CIDs for the same bytes and writes
 * nothing twice; the metadata differs by its time. A failure at the second file
 * leaves the first one there, pinned, for the next attempt to find.
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
 * chain is that of the directory. Pinned here, under the caller's hold; the pin
 * makes it durable. */
static int put_file(struct store *store, const char *name, struct bytes data,
                    const char *pin_name, char out[65])
{
    struct unixfs_directory *directory = unixfs_directory_new(store, NULL);
    struct pin_owner owner = retention_user();
    struct unixfs_entry file, root;
    int status;

    if ((status = unixfs_import_bytes(store, NULL, data, &file)) == 0 &&
        (status = unixfs_directory_add(directory, bytes_text(name), &file)) ==
            0 &&
        (status = unixfs_directory_finish(directory, &root)) == 0)
        status = pin_add(store, &root.cid, &owner, pin_name);
    unixfs_directory_free(directory);
    if (status)
        return err_add(status, "%s", name);
    struct cid_text text = cid_text(&root.cid);
    if (strlen(text.text) > TASK_TEXT_SIZE)
        return err_set(ERR_LIMIT, "CID %s is too long for the chain",
                       text.text);
    strcpy(out, text.text);
    return 0;
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

/* The parser holds the program's name to the field. */
void deployment_content(const struct deployment *deployment,
                        struct deployment_content *out)
{
    CHECK(!deployment_is_stored(deployment) &&
          strlen(deployment->audit_program) < sizeof(out->executable_cid));
    strcpy(out->executable_cid, deployment->audit_program);
    strcpy(out->metadata_cid, "metadata.json");
}

/* One hold over both puts: a collection between them must not take the first
 * one's blocks before its pin stands. */
int deployment_upload(const struct deployment *deployment, const char *folder,
                      uint64_t created_at_ms, struct store *store,
                      struct deployment_content *out)
{
    struct buffer bundle = {0}, metadata = {0};
    struct store_hold *hold;

    CHECK(store && folder);
    if (!deployment_is_stored(deployment))
        return err_set(ERR_UNSUPPORTED,
                       "only tasks on the network IPFS are uploaded, this one "
                       "names %s",
                       deployment->executable_network);
    char *path = deployment_bundle_path(deployment, folder);
    int status = file_read(path, DEPLOYMENT_BUNDLE_SIZE_MAX, &bundle);
    if (status == ERR_NOT_FOUND)
        status = err_set(status, "there is no %s: bundle the task first", path);
    if (!status && !bytes_is_utf8(buffer_view(&bundle)))
        status = err_set(ERR_INVALID, "%s is not UTF-8 text", path);
    if (status)
        goto err0;

    deployment_metadata(deployment, created_at_ms, &metadata);
    hold = store_hold(store);
    status = put_file(store, "main.js", buffer_view(&bundle),
                      deployment->task_name, out->executable_cid);
    if (!status)
        status = put_file(store, "metadata.json", buffer_view(&metadata),
                          deployment->task_name, out->metadata_cid);
    store_release(hold);
    buffer_free(&metadata);

err0:
    buffer_free(&bundle);
    free(path);
    return status;
}
