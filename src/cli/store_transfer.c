/*
 * pond store add and get: files into the store and out of it.
 *
 * Both stream: memory depends on the size of a block and the number of hashing
 * threads, not on that of the file. The lines of `add` have a fixed form,
 * because scripts read the CID out of them.
 *
 * What is added is pinned as the user's, unless asked otherwise: a collection
 * that takes away what was just put there would be hard to explain.
 *
 * `add` prints its lines as they come, because an import can take minutes; a
 * line says that the entry is in the store, and the last one of a PATH that its
 * root is, but only status 0 says that all of it is on disk and pinned.
 *
 * An interrupted or failed `add` leaves blocks without a pin, which the next
 * collection takes. A `get` that fails halfway leaves what it had written.
 *
 * Thread: all callbacks here run on the main one, which reads and builds the
 * tree; leaves are hashed by others.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/store.h"
#include "storage/files/unixfs_export.h"
#include "storage/files/unixfs_import.h"
#include "storage/keep/pin.h"
#include "storage/serve/remote.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

/* Bytes read and written at a time when a file goes to standard output: what a
 * pipe of Linux holds. */
#define PIECE_BYTES 65536

/* ---- add ---- */

/* What the options of `add` fill. NULL: the user's own store, the default
 * profile. */
struct add_values {
    const char *folder;
    const char *profile;
    bool hidden, no_pin;
};

#define ADD(member) offsetof(struct add_values, member)

static const struct option add_options[] = {
    {"dir", 0, OPTION_TEXT, ADD(folder), "STORE",
     "the store's folder (~/.local/share/pond/store)", 0, 0},
    {"profile", 0, OPTION_TEXT, ADD(profile), "PROFILE",
     "how files become blocks: unixfs-v1-2025 (default) or unixfs-v0-2015", 0,
     0},
    {"hidden", 0, OPTION_FLAG, ADD(hidden), NULL,
     "take names that begin with a dot, too", 0, 0},
    {"no-pin", 0, OPTION_FLAG, ADD(no_pin), NULL,
     "leave it to the next collection", 0, 0},
    {0},
};

/* An import under way. A directory's size is the sum of its files', which
 * come before it: sums holds those of the directories still to come. */
struct add {
    struct cli *cli;
    struct progress progress;
    struct map *sums; /* path of a directory -> uint64_t * */
};

/* Paths come as the import extends them, so the slash is always the last
 * part's. "" for a name without one: the folder that the command runs in. */
static struct bytes folder_of(const char *path)
{
    CHECK(path);
    const char *slash = strrchr(path, '/');

    return bytes_make(path, slash ? (size_t)(slash - path) : 0);
}

/* Children are reported before their directory, so its sum is complete when it
 * comes. The sum of an entry goes to its folder's, made when the first child
 * comes. Those of folders above the root are never asked for, and freed at the
 * end. */
static uint64_t size_of(struct add *add, const char *path,
                        const struct unixfs_entry *entry)
{
    CHECK(add->sums);
    uint64_t *sum, size = entry->size;

    if (entry->type == UNIXFS_DIRECTORY) {
        sum = map_remove(add->sums, bytes_text(path));
        size = sum ? *sum : 0;
        free(sum);
    }
    sum = map_get(add->sums, folder_of(path));
    if (!sum) {
        sum = mem_zero(1, sizeof(*sum));
        map_put(add->sums, folder_of(path), sum);
    }
    *sum += size;
    return size;
}

/* Called by the import on the thread that began it, in the order that is
 * promised: children first. The line of progress is wiped away before, because
 * it would stand in the middle of this one. Never ends the import. */
static int added(void *user, const char *path, const struct unixfs_entry *entry)
{
    CHECK(path && entry);
    struct add *add = user;
    uint64_t size = size_of(add, path, entry);
    struct buffer line = {0};

    progress_clear(&add->progress);
    if (add->cli->output.json) {
        struct json_writer writer = json_writer_make(&line);

        json_open_object(&writer);
        json_field_text(&writer, "cid", CID_TEXT(&entry->cid));
        json_name(&writer, "path");
        json_write_bytes(&writer, bytes_text(path));
        json_field_u64(&writer, "size", size);
        json_close_object(&writer);
    } else {
        buffer_format(&line, "%s %s", CID_TEXT(&entry->cid), path);
    }
    printf("%s\n", buffer_string(&line));
    buffer_free(&line);
    return 0;
}

/* Bytes and not files, because one large file is what takes long. How much
 * there is in all is not known before it has been read. */
static void read_so_far(void *user, uint64_t bytes)
{
    struct add *add = user;
    struct buffer size = {0};

    progress_size(bytes, &size);
    progress_show(&add->progress, "read %s", buffer_string(&size));
    buffer_free(&size);
}

/* The hold keeps a collection of another thread off the blocks until the root
 * is pinned. A put collects by itself when the store is full, and would take
 * the first blocks of a DAG that no pin names yet. pin_add() syncs; without a
 * pin it has to be asked for. */
static int add_path(struct add *add, struct store *store,
                    const struct unixfs_import_options *options,
                    const char *path, bool pin)
{
    CHECK(add && store && path);
    struct store_hold *hold = store_hold(store);
    struct pin_owner owner = retention_user();
    struct unixfs_entry root;
    char *clean = mem_text(path);

    /* "folder/" is "folder": the paths printed below it have one slash. */
    for (size_t size = strlen(clean); size > 1 && clean[size - 1] == '/';)
        clean[--size] = 0;
    int status = unixfs_import_path(store, options, clean, &root);
    progress_clear(&add->progress);
    if (!status && pin)
        status = pin_add(store, &root.cid, &owner, clean);
    else if (!status)
        status = store_sync(store);
    store_release(hold);
    free(clean);
    return status;
}

/* After an import that was cut short some directories were never reported. */
static void free_sums(struct map *sums)
{
    CHECK(sums);
    size_t position = 0;
    struct bytes key;
    void *sum;

    while (map_next(sums, &position, &key, &sum))
        free(sum);
    map_free(sums);
}

/* A path that fails ends the command: what was added before is there, and its
 * lines are printed. The profile is looked at before the store is opened: a
 * mistyped one makes none. */
static int run_add(struct cli *cli, const void *values)
{
    const struct add_values *given = values;
    struct add add = {.cli = cli, .progress = progress_make(cli)};
    struct unixfs_import_options options = {.hidden = given->hidden,
                                            .entry = added,
                                            .progress = read_so_far,
                                            .user = &add};
    struct store *store;

    if (given->profile) {
        options.profile = unixfs_profile_named(given->profile);
        if (!options.profile)
            return cli_hint(cli,
                            err_set(ERR_INVALID, "there is no profile '%s'",
                                    given->profile),
                            "the profiles are %s and %s",
                            unixfs_profile_v1_2025.name,
                            unixfs_profile_v0_2015.name);
    }
    int status = cli_store_open(cli, given->folder, false, &store);
    if (status)
        return status;
    add.sums = map_new();
    for (size_t i = 0; i < cli->argument_count && !status; i++)
        status =
            add_path(&add, store, &options, cli->arguments[i], !given->no_pin);
    free_sums(add.sums);
    store_close(store);
    return status;
}

const struct command command_store_add = {
    .name = "store add",
    .arguments = "PATH...",
    .summary = "put files and folders into the store and pin them",
    .details = "Prints a line for each entry, children first, each PATH's "
               "root last: the CID and the path. With --json each line holds "
               "cid, path and size (content in bytes).",
    .options = add_options,
    .values_size = sizeof(struct add_values),
    .arguments_min = 1,
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .run = run_add,
};

/* ---- get ---- */

/* What the options of `get` fill. from: empty, or where to fetch from, in the
 * order of preference. */
struct get_values {
    const char *folder;
    const char *outfile;
    struct option_list from;
};

#define GET(member) offsetof(struct get_values, member)

static const struct option get_options[] = {
    {"dir", 0, OPTION_TEXT, GET(folder), "STORE",
     "the store's folder (~/.local/share/pond/store)", 0, 0},
    {"outfile", 'o', OPTION_TEXT, GET(outfile), "PATH",
     "where to write it; - is standard output (the name at its end)", 0, 0},
    {"from", 0, OPTION_LIST, GET(from), "URL",
     "bring it here first from this gateway or node; may be given again", 0, 0},
    {0},
};

/* What is still to come is known only as far as the blocks fetched so far name
 * it. */
static void fetched(void *user, const struct remote_progress *progress)
{
    struct buffer size = {0};

    progress_size(progress->bytes, &size);
    progress_show(user, "fetched %" PRIu64 " blocks, %s, %" PRIu64 " to go",
                  progress->blocks, buffer_string(&size),
                  progress->blocks_wanted);
    buffer_free(&size);
}

/* No limit of size or time: a user who asks for something by hand can also give
 * it up by hand. UINT64_MAX and UINT32_MAX, because 0 would mean the defaults
 * of storage/serve/remote.h. The time is 49 days. */
static int fetch(struct cli *cli, struct store *store, const struct cid *root,
                 const struct option_list *from)
{
    CHECK(from->count > 0);
    struct progress progress = progress_make(cli);
    struct remote_progress result;
    struct source_gateway *sources = mem_zero(from->count, sizeof(*sources));
    struct remote_options options = {.size_max_bytes = UINT64_MAX,
                                     .time_limit_ms = UINT32_MAX,
                                     .progress = fetched};
    for (size_t i = 0; i < from->count; i++)
        sources[i] =
            (struct source_gateway){from->values[i], &address_rule_any};
    int status = remote_fetch_wait(store, root, sources, from->count, &options,
                                   &progress, &result);

    free(sources);
    progress_clear(&progress);
    return status;
}

/* In pieces, so that a file of any size can go through a pipe. What was written
 * before an error stays written, because a pipe takes nothing back: the status
 * says whether it was all. */
static int write_to_stdout(struct store *store, const struct cid *file)
{
    CHECK(store && file);
    struct unixfs_reader *reader;
    uint8_t piece[PIECE_BYTES];
    size_t got;
    int status = unixfs_reader_open(store, file, 0, UINT64_MAX, &reader);

    if (status)
        return status;
    do {
        status = unixfs_reader_read(reader, piece, sizeof(piece), &got);
        if (!status && fwrite(piece, 1, got, stdout) != got)
            status = err_errno("standard output");
    } while (!status && got);
    unixfs_reader_close(reader);
    return status;
}

/* The last part of what was asked for, as cp would name it: of "CID/a/b" it is
 * "b", of a CID alone the CID. Slashes at the end don't count. The caller frees
 * it. */
static char *name_of(const char *text)
{
    char *name = mem_text(text), *slash;

    for (size_t size = strlen(name); size > 1 && name[size - 1] == '/';)
        name[--size] = 0;
    slash = strrchr(name, '/');
    if (slash)
        memmove(name, slash + 1, strlen(slash));
    return name;
}

/* Nothing is ever overwritten: an export into something that is there is
 * refused. Only a file can go to standard output, and then nothing else is
 * printed there. */
static int write_out(struct cli *cli, struct store *store,
                     const struct unixfs_entry *entry, const char *outfile)
{
    if (outfile && !strcmp(outfile, "-"))
        return write_to_stdout(store, &entry->cid);
    char *path = outfile ? mem_text(outfile) : name_of(cli->arguments[0]);
    int status = unixfs_export_path(store, &entry->cid, path);
    if (status == ERR_EXISTS)
        cli_hint(cli, status, "name another place with --outfile");
    if (!status) {
        output_text(&cli->output, "cid", CID_TEXT(&entry->cid));
        output_text(&cli->output, "path", path);
        output_record(&cli->output);
        output_print(&cli->output);
    }
    free(path);
    return status;
}

/* Read-only unless something is to be fetched into the store, so that it works
 * beside a node. The hold is for what was fetched, until it has been written
 * out: it has no pin, and is not given one. */
static int run_get(struct cli *cli, const void *values)
{
    const struct get_values *given = values;
    struct unixfs_entry entry;
    struct store *store;
    struct cid root;
    struct bytes path;
    int status = cli_store_parse(cli->arguments[0], &root, &path);

    if (!status)
        status = cli_store_open(cli, given->folder, !given->from.count, &store);
    if (status)
        return status;
    struct store_hold *hold = store_hold(store);
    if (given->from.count)
        status = fetch(cli, store, &root, &given->from);
    if (!status)
        status = unixfs_resolve(store, &root, path, &entry);
    if (!status)
        status = write_out(cli, store, &entry, given->outfile);
    /* A name that a directory here does not have is nowhere else in it. */
    if (status == ERR_NOT_FOUND && !given->from.count &&
        err_reason() == ERR_REASON_BLOCK)
        cli_hint(cli, status,
                 "--from URL brings it here from a gateway or a node");
    store_release(hold);
    store_close(store);
    return status;
}

const struct command command_store_get = {
    .name = "store get",
    .arguments = "CID[/PATH]",
    .summary = "write a file or a folder out of the store",
    .details = "Every block is verified against its CID, whether it comes "
               "from disk or from --from.",
    .options = get_options,
    .values_size = sizeof(struct get_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_get,
};
