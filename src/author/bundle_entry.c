/*
 * Where a task begins, and whether its bundle is as new as its sources.
 *
 * Times of files are what there is to go by, as with make. The sources are
 * those that the author writes: packages change with package.json.
 */
#include "author/bundle.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PACKAGE_SIZE_MAX (1u << 20)

/* Of one task's sources; a deeper or larger tree is no task. */
#define FOLDERS_DEPTH_MAX 32
#define FILES_MAX 65536

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the entry ---- */

static bool is_there(const char *folder, const char *name)
{
    char *path = mem_format("%s/%s", folder, name);
    bool found = file_exists(path);
    free(path);
    return found;
}

/* What package.json calls main, if that is a file; else NULL. */
static char *package_main(const char *folder)
{
    struct json_object *json = NULL;
    struct buffer text = {0};
    const char *name;
    char *found = NULL;
    char *path = mem_format("%s/package.json", folder);

    if (!file_read(path, PACKAGE_SIZE_MAX, &text) &&
        !json_parse(buffer_view(&text), &json) &&
        json_object_is_type(json, json_type_object) &&
        !json_get_text(json, "main", &name) && is_there(folder, name))
        found = mem_text(name);
    json_object_put(json);
    buffer_free(&text);
    free(path);
    return found;
}

/* Where Koii's template has it, then where packages have it. */
int bundle_entry(const struct bundle_options *options, char **out)
{
    static const char *const names[] = {"src/index.js", "src/index.ts",
                                        "index.js", "index.ts"};
    const char *folder = options->folder;

    *out = NULL;
    if (options->entry && !is_there(folder, options->entry))
        return err_set(ERR_NOT_FOUND, "there is no %s in %s", options->entry,
                       folder);
    if (options->entry)
        *out = mem_text(options->entry);
    for (size_t i = 0; i < 2 && !*out; i++)
        if (is_there(folder, names[i]))
            *out = mem_text(names[i]);
    if (!*out)
        *out = package_main(folder);
    for (size_t i = 2; i < COUNT(names) && !*out; i++)
        if (is_there(folder, names[i]))
            *out = mem_text(names[i]);
    return *out ? 0
                : err_set(ERR_NOT_FOUND,
                          "%s has no src/index.js, and no package.json that "
                          "names a main",
                          folder);
}

/* ---- what is newer ---- */

/* A walk through the sources for one that is newer than the bundle. */
struct search {
    struct timespec built;
    struct stat output; /* the bundle's folder, which is left out */
    bool code_only;     /* beside the sources lie other files */
    unsigned files;
    char *newer; /* the first that was found */
};

static bool is_later(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec > b->tv_sec ||
           (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* Where src/ is not all that the task is, keys, notes and terms lie beside the
 * code. */
static bool is_code(const char *name)
{
    static const char *const endings[] = {".js",  ".mjs", ".cjs", ".jsx", ".ts",
                                          ".mts", ".cts", ".tsx", ".wasm"};
    const char *ending = strrchr(name, '.');

    for (size_t i = 0; ending && i < COUNT(endings); i++)
        if (!strcmp(ending, endings[i]))
            return true;
    return false;
}

static bool is_searched(const struct search *search, const char *name,
                        const struct stat *stat)
{
    return name[0] != '.' && strcmp(name, "node_modules") != 0 &&
           (stat->st_dev != search->output.st_dev ||
            stat->st_ino != search->output.st_ino);
}

static int search_folder(struct search *search, const char *path,
                         unsigned depth);

static int search_entry(struct search *search, const char *folder,
                        const char *name, unsigned depth)
{
    char *path = mem_format("%s/%s", folder, name);
    struct stat info;
    int status = 0;

    if (stat(path, &info))
        ; /* a link to nowhere; esbuild says so if it is asked for */
    else if (S_ISDIR(info.st_mode) && is_searched(search, name, &info))
        status = search_folder(search, path, depth + 1);
    else if (S_ISREG(info.st_mode) && name[0] != '.' &&
             (!search->code_only || is_code(name)) &&
             is_later(&info.st_mtim, &search->built)) {
        search->newer = path;
        path = NULL;
    }
    free(path);
    return status;
}

static int search_folder(struct search *search, const char *path,
                         unsigned depth)
{
    struct dirent *entry;
    int status = 0;

    if (depth > FOLDERS_DEPTH_MAX)
        return err_set(ERR_LIMIT, "%s: folders are at most %d deep", path,
                       FOLDERS_DEPTH_MAX);
    DIR *folder = opendir(path);
    if (!folder)
        return err_errno("%s", path);
    while (!status && !search->newer && (entry = readdir(folder))) {
        if (++search->files > FILES_MAX)
            status =
                err_set(ERR_LIMIT, "a task has at most %d sources", FILES_MAX);
        else if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            status = search_entry(search, path, entry->d_name, depth);
    }
    closedir(folder);
    return status;
}

/* The folder of the sources is the first of the entry's path, and the task's
 * own where the entry lies there. */
static int search_sources(struct search *search, const char *folder,
                          const char *entry)
{
    const char *slash = strchr(entry, '/');
    char *sources =
        slash ? mem_format("%s/%.*s", folder, (int)(slash - entry), entry)
              : mem_text(folder);
    int status;

    search->code_only = !slash;
    status = search_folder(search, sources, 0);
    free(sources);
    if (!status && !search->newer && is_there(folder, "package.json"))
        status = search_entry(search, folder, "package.json", 0);
    return status;
}

int bundle_is_due(const struct bundle_options *options, bool *is_due,
                  char **newer)
{
    CHECK(options->output && is_due && newer);
    struct search search = {0};
    struct stat built;
    char *entry = NULL;
    char *output = mem_format("%s/%s", options->folder, options->output);
    char *above = file_parent(output);
    int status = bundle_entry(options, &entry);

    *is_due = false;
    *newer = NULL;
    if (status == ERR_NOT_FOUND) {
        /* A task of its bundle alone. */
        err_clear();
        status = 0;
    } else if (!status && stat(output, &built)) {
        *is_due = true;
    } else if (!status) {
        search.built = built.st_mtim;
        if (stat(above, &search.output))
            status = err_errno("%s", above);
        if (!status)
            status = search_sources(&search, options->folder, entry);
        *is_due = search.newer != NULL;
        *newer = search.newer;
    }
    free(entry);
    free(above);
    free(output);
    return status;
}
