/*
 * pond store: the block store of this machine.
 *
 * These commands open the store in this process; there is no server in
 * between. Those that only read open it read-only and work beside a node that
 * writes to it; those that write say so where another process has it.
 *
 * Everything is named by CID and nothing by place. What a listing shows is
 * read from blocks that were verified on the way.
 *
 * What a user sees: a table, or a record of what was done; status 3 for a CID
 * or a path that is not here. Nothing is ever fetched by these commands: `pond
 * store get --from` does that.
 *
 * A store that is opened is closed on every way out; closing a store that was
 * written to syncs it. Thread: the main one. The store has no others here.
 */
#include "cli/store.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/settings.h"
#include "storage/files/unixfs_export.h"
#include "storage/keep/collection.h"
#include "storage/keep/pin.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

/* What the options of all these commands fill; name: of `pin` alone. */
struct store_values {
    const char *folder;
    const char *name;
};

#define VALUE(member) offsetof(struct store_values, member)
/* A macro, because tables of options can't include each other. */
#define OPTION_DIR                                                             \
    {                                                                          \
        "dir", 0, OPTION_TEXT, VALUE(folder), "STORE",                         \
            "the store's folder (~/.local/share/pond/store)", 0, 0             \
    }

static const struct option store_options_table[] = {OPTION_DIR, {0}};

/* Reading needs no lock, so that a store can be looked at while a node writes
 * to it. On an error *out is not touched, and there is nothing to close. */
int cli_store_open(struct cli *cli, const char *folder, bool read_only,
                   struct store **out)
{
    CHECK(out);
    struct store_options options = {.read_only = read_only,
                                    .make_room = collection_make_room};
    char *own = folder ? NULL : settings_data_path("store");
    const char *path = folder ? folder : own;
    int status = store_open(path, &options, out);

    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 "there is no store in %s yet: `pond store add` makes one, "
                 "--dir names another",
                 path);
    else if (status == ERR_LOCKED)
        cli_hint(cli, status,
                 "another program, such as a node, is writing to %s: stop it, "
                 "or name another store with --dir",
                 path);
    free(own);
    return status;
}

/* The forms under which people meet CIDs: alone, with a path, and as a
 * gateway's path. The path keeps its slash at the front; unixfs_resolve()
 * allows one. */
int cli_store_parse(const char *text, struct cid *root, struct bytes *path)
{
    CHECK(text && root && path);
    struct bytes rest = bytes_text(text);
    size_t size;

    if (bytes_begin_with(rest, bytes_text("/ipfs/"))) {
        rest.data += strlen("/ipfs/");
        rest.size -= strlen("/ipfs/");
    }
    for (size = 0; size < rest.size && rest.data[size] != '/'; size++)
        ;
    *path = bytes_make(rest.data + size, rest.size - size);
    return cid_parse(bytes_make(rest.data, size), root);
}

/* ---- ls ---- */

/* What the callbacks below need: where to read, and where to say it. */
struct listing {
    struct output *output;
    struct store *store;
};

/* Pins of tasks and rounds are listed beside the user's: they are what fills a
 * node's disk. Every row has all fields, because it is a table: a field that a
 * pin lacks is a dash, or null. */
static int list_pin(void *user, const struct pin *pin)
{
    CHECK(pin->owner.kind <= PIN_DAYS);
    static const char *const owners[] = {[PIN_USER] = "user",
                                         [PIN_TASK] = "task",
                                         [PIN_ROUND] = "round",
                                         [PIN_DAYS] = "slashed round"};
    struct listing *listing = user;
    struct output *output = listing->output;
    bool of_task = pin->owner.kind != PIN_USER;

    output_text(output, "cid", CID_TEXT(&pin->root));
    output_text(output, "owner", owners[pin->owner.kind]);
    output_text(output, "task", of_task ? PUBKEY_TEXT(&pin->owner.task) : NULL);
    if (pin->owner.kind >= PIN_ROUND)
        output_u64(output, "round", pin->owner.round);
    else
        output_text(output, "round", NULL);
    output_text(output, "name", pin->name);
    output_record(output);
    return 0;
}

/* A sharded directory is shown as a directory. */
static const char *type_name(enum unixfs_type type)
{
    switch (type) {
    case UNIXFS_DIRECTORY:
    case UNIXFS_HAMT:
        return "directory";
    case UNIXFS_SYMLINK:
        return "symlink";
    default:
        return "file";
    }
}

/* The entry's block is read for its type and size, as `ls -l` would. The name
 * lives as long as the call alone, and is copied; a NUL in it ends it early. */
static int list_entry(void *user, struct bytes name,
                      const struct unixfs_entry *entry)
{
    struct listing *listing = user;
    struct output *output = listing->output;
    struct unixfs_entry stat;
    char *text = arena_text(&output->arena, name);

    output_text(output, "cid", CID_TEXT(&entry->cid));
    /* A directory may be here without what it names. */
    if (unixfs_stat(listing->store, &entry->cid, &stat) == 0) {
        output_text(output, "type", type_name(stat.type));
        output_u64(output, "size", stat.size);
    } else {
        output_text(output, "type", NULL);
        output_text(output, "size", NULL);
    }
    output_text(output, "name", text);
    output_record(output);
    return 0;
}

/* A path that leads to a file lists that file alone, as ls does. */
static int list_path(struct listing *listing, const char *text)
{
    struct unixfs_entry entry;
    struct cid root;
    struct bytes path;
    int status = cli_store_parse(text, &root, &path);

    if (!status)
        status = unixfs_resolve(listing->store, &root, path, &entry);
    if (status)
        return status;
    if (entry.type == UNIXFS_DIRECTORY)
        return unixfs_list(listing->store, &entry.cid, list_entry, listing);
    return list_entry(listing, bytes_text(text), &entry);
}

/* Without an argument there is no directory to list; what is kept here on
 * purpose is the next best answer. The table is printed at the end: an error on
 * the way leaves stdout empty. */
static int run_ls(struct cli *cli, const void *values)
{
    const struct store_values *given = values;
    struct listing listing = {.output = &cli->output};
    int status = cli_store_open(cli, given->folder, true, &listing.store);

    if (status)
        return status;
    if (cli->argument_count) {
        output_list(&cli->output, "the directory is empty");
        status = list_path(&listing, cli->arguments[0]);
    } else {
        output_list(&cli->output, "nothing is pinned");
        status = pin_each(listing.store, list_pin, &listing);
    }
    if (!status)
        output_print(&cli->output);
    store_close(listing.store);
    return status;
}

const struct command command_store_ls = {
    .name = "store ls",
    .arguments = "[CID[/PATH]]",
    .summary = "list a directory, or everything that is pinned",
    .options = store_options_table,
    .values_size = sizeof(struct store_values),
    .arguments_max = 1,
    .run = run_ls,
};

/* ---- pin and unpin ---- */

static const struct option pin_options[] = {
    OPTION_DIR,
    {"name", 0, OPTION_TEXT, VALUE(name), "NAME",
     "a name for the pin, for people", 0, 0},
    {0},
};

/* The whole DAG below is walked before the pin is written: a pin promises all
 * of it. So a pin can take seconds, and fail with the CID of the first block
 * that is missing. */
static int run_pin(struct cli *cli, const void *values)
{
    const struct store_values *given = values;
    struct pin_owner owner = retention_user();
    struct store *store;
    struct cid root;
    int status = cid_parse(bytes_text(cli->arguments[0]), &root);

    if (!status)
        status = cli_store_open(cli, given->folder, false, &store);
    if (status)
        return status;
    status = pin_add(store, &root, &owner, given->name);
    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 "only what is here can be pinned; bring it here first with "
                 "`pond store get CID --from URL`");
    store_close(store);
    if (status)
        return status;
    output_text(&cli->output, "pinned", CID_TEXT(&root));
    output_record(&cli->output);
    output_print(&cli->output);
    return 0;
}

const struct command command_store_pin = {
    .name = "store pin",
    .arguments = "CID",
    .summary = "keep what is below a CID until it is unpinned",
    .options = pin_options,
    .values_size = sizeof(struct store_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_pin,
};

/* Only the user's own pin is taken away; other owners' keep the blocks. What
 * was freed by it stays on disk until the next collection. */
static int run_unpin(struct cli *cli, const void *values)
{
    const struct store_values *given = values;
    struct pin_owner owner = retention_user();
    struct store *store;
    struct cid root;
    int status = cid_parse(bytes_text(cli->arguments[0]), &root);

    if (!status)
        status = cli_store_open(cli, given->folder, false, &store);
    if (status)
        return status;
    status = pin_remove(store, &root, &owner);
    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 "`pond store ls` lists the pins; those of tasks and rounds "
                 "end by themselves");
    store_close(store);
    if (status)
        return status;
    output_text(&cli->output, "unpinned", CID_TEXT(&root));
    output_record(&cli->output);
    output_print(&cli->output);
    return 0;
}

const struct command command_store_unpin = {
    .name = "store unpin",
    .arguments = "CID",
    .summary = "end the user's pin; the next collection may take the blocks",
    .options = store_options_table,
    .values_size = sizeof(struct store_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_unpin,
};

/* ---- gc and stat ---- */

/* A collection without a time limit: a user who asks for one wants all of it.
 * It needs the store for itself. What is freed is counted in bytes on disk,
 * copies of blocks that had to be moved deducted. */
static int run_gc(struct cli *cli, const void *values)
{
    const struct store_values *given = values;
    struct collection_result result;
    struct store *store;
    int status = cli_store_open(cli, given->folder, false, &store);

    if (status)
        return status;
    status = collection_run(store, NULL, &result);
    store_close(store);
    if (status)
        return status;
    output_u64(&cli->output, "blocks_kept", result.blocks_kept);
    output_u64(&cli->output, "blocks_freed", result.blocks_freed);
    output_u64(&cli->output, "bytes_freed", result.bytes_freed);
    output_u64(&cli->output, "segments_freed", result.segments_freed);
    output_u64(&cli->output, "holes", result.holes);
    output_record(&cli->output);
    output_print(&cli->output);
    return 0;
}

const struct command command_store_gc = {
    .name = "store gc",
    .arguments = "",
    .summary = "give back the space of what no pin keeps",
    .options = store_options_table,
    .values_size = sizeof(struct store_values),
    .run = run_gc,
};

/* Block bytes are what was put; disk bytes hold what a collection would give
 * back, too. Read-only, so it works while a node writes: the figures are those
 * of its last sync. */
static int run_stat(struct cli *cli, const void *values)
{
    const struct store_values *given = values;
    struct store_stat stat;
    struct store *store;
    int status = cli_store_open(cli, given->folder, true, &store);

    if (status)
        return status;
    status = store_stat(store, &stat);
    store_close(store);
    if (status)
        return status;
    output_u64(&cli->output, "blocks", stat.blocks);
    output_u64(&cli->output, "block_bytes", stat.block_bytes);
    output_u64(&cli->output, "disk_bytes", stat.disk_bytes);
    output_u64(&cli->output, "segments", stat.segments);
    output_record(&cli->output);
    output_print(&cli->output);
    return 0;
}

const struct command command_store_stat = {
    .name = "store stat",
    .arguments = "",
    .summary = "print how much the store holds",
    .options = store_options_table,
    .values_size = sizeof(struct store_values),
    .run = run_stat,
};
