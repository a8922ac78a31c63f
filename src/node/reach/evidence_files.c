#include "node/reach/evidence_files.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/reach/evidence.h"
#include "storage/files/unixfs_import.h"

#include <stdlib.h>

/* A relative path of plain names: no empty part, "." or "..". */
static int check_path(const char *path)
{
    size_t size = strlen(path);

    if (!size || size > EVIDENCE_PATH_SIZE_MAX)
        return err_set(ERR_INVALID, "a path has 1 to %d bytes",
                       EVIDENCE_PATH_SIZE_MAX);
    for (const char *part = path;;) {
        size_t length = strcspn(part, "/");

        if (!length || (length == 1 && part[0] == '.') ||
            (length == 2 && part[0] == '.' && part[1] == '.'))
            return err_set(ERR_INVALID,
                           "\"%.100s\" is not a path of plain names", path);
        if (!part[length])
            return 0;
        part += length + 1;
    }
}

/* Sizes are subtracted from what is left and never added up, so none can
 * overflow. */
int evidence_files_check(struct json_object *files, size_t payload_size)
{
    size_t count = json_object_array_length(files);
    uint64_t left = payload_size, size;
    const char *path;
    int status;

    if (!count || count > EVIDENCE_FILES_MAX)
        return err_set(ERR_LIMIT, "a folder of evidence has 1 to %d files",
                       EVIDENCE_FILES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct json_object *file = json_object_array_get_idx(files, i);

        if ((status = json_get_text(file, "path", &path)) < 0 ||
            (status = json_get_u64(file, "size", &size)) < 0 ||
            (status = check_path(path)) < 0)
            return status;
        if (size > left)
            return err_set(ERR_INVALID, "the files are larger than what came");
        left -= size;
    }
    if (left)
        return err_set(ERR_INVALID, "the files are smaller than what came");
    return 0;
}

/* A folder that is being built, by its name in the one above. Subfolders are
 * kept here and added when they are finished: a folder's entry needs the CIDs
 * of all below it. */
struct folder {
    char *name;
    struct unixfs_directory *directory;
    struct folder *children;
    struct folder *next;
};

/* Folders have few entries: a list is enough. The child folder of that name,
 * made if it isn't there. */
static struct folder *folder_child(struct store *store, struct folder *parent,
                                   const char *name, size_t length)
{
    struct folder *child;

    for (child = parent->children; child; child = child->next)
        if (strlen(child->name) == length && !memcmp(child->name, name, length))
            return child;
    child = mem_zero(1, sizeof(*child));
    child->name = mem_format("%.*s", (int)length, name);
    child->directory = unixfs_directory_new(store, NULL);
    child->next = parent->children;
    parent->children = child;
    return child;
}

/* The depth of a path is bounded by its length. */
static void folder_free(struct folder *folder)
{
    struct folder *child;

    while ((child = folder->children)) {
        folder->children = child->next;
        folder_free(child);
        free(child);
    }
    unixfs_directory_free(folder->directory);
    free(folder->name);
}

/* Children first: a folder's CID is made of theirs. */
static int folder_finish(struct folder *folder, struct unixfs_entry *out)
{
    struct unixfs_entry entry;
    int status;

    for (struct folder *child = folder->children; child; child = child->next) {
        if ((status = folder_finish(child, &entry)) < 0 ||
            (status = unixfs_directory_add(
                 folder->directory, bytes_text(child->name), &entry)) < 0)
            return status;
    }
    return unixfs_directory_finish(folder->directory, out);
}

/* One thread for the hashing: the pool has several jobs at a time already. */
static int folder_add(struct store *store, struct folder *root,
                      const char *path, struct bytes data)
{
    static const struct unixfs_import_options options = {.threads = 1};
    struct unixfs_entry entry;
    size_t length;
    int status;

    while (length = strcspn(path, "/"), path[length]) {
        root = folder_child(store, root, path, length);
        path += length + 1;
    }
    if ((status = unixfs_import_bytes(store, &options, data, &entry)) < 0)
        return status;
    return unixfs_directory_add(root->directory, bytes_text(path), &entry);
}

/* The tree of folders is freed in any case. */
int evidence_files_put(struct store *store, struct json_object *files,
                       struct bytes payload, struct unixfs_entry *out)
{
    struct folder root = {.directory = unixfs_directory_new(store, NULL)};
    struct reader reader = reader_make(payload);
    struct bytes data;
    const char *path;
    uint64_t size;
    int status = 0;

    for (size_t i = 0; i < json_object_array_length(files) && !status; i++) {
        struct json_object *file = json_object_array_get_idx(files, i);

        CHECK(json_get_text(file, "path", &path) == 0 &&
              json_get_u64(file, "size", &size) == 0);
        status = reader_take(&reader, (size_t)size, &data);
        if (!status)
            status = folder_add(store, &root, path, data);
    }
    if (!status)
        status = folder_finish(&root, out);
    folder_free(&root);
    return status;
}
