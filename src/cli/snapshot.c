/*
 * pond snapshot: the state of a validator as a file, and back.
 *
 * These commands work on a validator's folder without asking the validator.
 * Making one reads the ledger in a transaction of its own, so it may be done
 * while a validator runs on it; restoring needs a folder without a ledger.
 *
 * What a user sees: the header of the snapshot that was made, verified or
 * restored, so that its state hash can be held against another validator's.
 * That is the only proof there is: a snapshot has no signature.
 *
 * Exit status 3 where the file or folder is not there, 1 for one that does not
 * hold what it says. Verifying and restoring read all rows, and nothing is left
 * of a restoring that failed.
 */
#include "settlement/ledger/snapshot.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/settings.h"

#include <stddef.h>
#include <stdlib.h>

/* The validator's folder; NULL: the user's own. */
struct snapshot_values {
    const char *folder;
};

#define VALUE(member) offsetof(struct snapshot_values, member)

static const struct option snapshot_options_table[] = {
    {"dir", 0, OPTION_TEXT, VALUE(folder), "DIR",
     "the validator's folder (~/.local/share/pond/validator)", 0, 0},
    {0},
};

/* A name in the validator's folder; the caller frees it. The layout of that
 * folder is settlement/validator/validator.h's. */
static char *path_in(const struct snapshot_values *given, const char *name)
{
    char *own = given->folder ? NULL : settings_data_path("validator");
    char *path = mem_format("%s/%s", own ? own : given->folder, name);

    free(own);
    return path;
}

/* The fields that all of these commands print, into the open record. All of it
 * is the file's own word until it has been verified. */
static void print_header(struct output *output,
                         const struct ledger_export_info *header)
{
    output_u64(output, "slot", header->slot);
    output_text(output, "state_hash", HASH_TEXT(&header->state_hash));
    output_text(output, "blockhash", HASH_TEXT(&header->blockhash));
    output_text(output, "genesis", HASH_TEXT(&header->genesis));
    output_u64(output, "rows", header->rows);
}

/* ---- create ---- */

/* The read transaction is closed as soon as the file is written: as long as it
 * is open, the validator's ledger can only grow. A snapshot of the same slot is
 * replaced, and ERR_LOCKED says that the validator, or another of these commands,
 * is writing one. */
static int run_create(struct cli *cli, const void *values)
{
    char *ledger = path_in(values, "ledger");
    char *folder = path_in(values, "snapshots");
    struct arena arena = {0};
    struct ledger_export *state;
    struct snapshot made;
    int status = ledger_export_open_path(ledger, &state);

    if (status < 0) {
        if (status == ERR_NOT_FOUND)
            cli_hint(cli, status, "name a validator's folder with --dir");
        goto done;
    }
    status = snapshot_write(state, folder, NULL, &arena, &made);
    ledger_export_close(state);
    if (status < 0)
        goto done;
    output_text(&cli->output, "file", made.path);
    print_header(&cli->output, &made.header);
    output_u64(&cli->output, "bytes", made.size_bytes);
    output_record(&cli->output);
    output_print(&cli->output);
done:
    arena_free(&arena);
    free(ledger);
    free(folder);
    return status;
}

const struct command command_snapshot_create = {
    .name = "snapshot create",
    .arguments = "",
    .summary = "write a validator's state to its folder of snapshots",
    .details = "The state is that of the last finalised block on disk. A "
               "validator may be running; one started with "
               "--snapshot-interval makes them by itself.",
    .options = snapshot_options_table,
    .values_size = sizeof(struct snapshot_values),
    .run = run_create,
};

/* ---- list ---- */

/* A file whose header can't be read stands in the list with what is wrong with
 * it: it takes up room, and somebody should know. No folder is an empty list.
 */
static int run_list(struct cli *cli, const void *values)
{
    char *folder = path_in(values, "snapshots");
    struct output *output = &cli->output;
    struct arena arena = {0};
    const struct snapshot *list;
    size_t count;
    int status = snapshot_list(folder, &arena, &list, &count);

    output_list(output, "there are no snapshots");
    for (size_t i = 0; status == 0 && i < count; i++) {
        output_u64(output, "slot", list[i].header.slot);
        output_u64(output, "rows", list[i].header.rows);
        output_u64(output, "bytes", list[i].size_bytes);
        output_text(output, "header",
                    list[i].status ? list[i].problem : "good");
        output_text(output, "file", list[i].path);
        output_record(output);
    }
    if (status == 0)
        output_print(output);
    arena_free(&arena);
    free(folder);
    return status;
}

const struct command command_snapshot_list = {
    .name = "snapshot list",
    .arguments = "",
    .summary = "list a validator's snapshots, the newest first",
    .details = "Only their headers are read; `pond snapshot verify` reads "
               "all of one.",
    .options = snapshot_options_table,
    .values_size = sizeof(struct snapshot_values),
    .run = run_list,
};

/* ---- verify ---- */

/* Nothing but the file is needed, so that it can be verified where it is to be
 * used, before it gets there. */
static int run_verify(struct cli *cli, const void *values)
{
    struct ledger_export_info header;
    int status = snapshot_verify(cli->arguments[0], &header);

    if (status < 0)
        return status;
    print_header(&cli->output, &header);
    output_record(&cli->output);
    output_print(&cli->output);
    return 0;
}

const struct command command_snapshot_verify = {
    .name = "snapshot verify",
    .arguments = "FILE",
    .summary = "check every byte of a snapshot, and its state hash",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_verify,
};

/* ---- restore ---- */

/* Only for these three: a file that is broken has no remedy but another file.
 */
static void hint_restore(struct cli *cli, int status)
{
    if (status == ERR_EXISTS)
        cli_hint(cli, status,
                 "move the ledger away first, or name another folder with "
                 "--dir");
    else if (status == ERR_STATE)
        cli_hint(cli, status,
                 "the folder's genesis.json must be that of the snapshot's "
                 "network");
    else if (status == ERR_LOCKED)
        cli_hint(cli, status,
                 "end that process, or name another folder with --dir");
}

/* The genesis says which network's snapshots the folder takes. It is loaded
 * first, since it is small: a snapshot of another network is refused after its
 * header, and not after all of its rows. */
static int run_restore(struct cli *cli, const void *values)
{
    CHECK(cli->argument_count == 1);
    char *genesis_path = path_in(values, "genesis.json");
    char *ledger = path_in(values, "ledger");
    struct arena arena = {0};
    struct genesis genesis;
    struct ledger_export_info header;
    int status = genesis_load(genesis_path, &arena, &genesis);

    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 "copy genesis.json and the keys of the network to the "
                 "folder first");
    if (status == 0) {
        status =
            snapshot_restore(cli->arguments[0], &genesis.hash, ledger, &header);
        hint_restore(cli, status);
    }
    if (status == 0) {
        print_header(&cli->output, &header);
        output_text(&cli->output, "ledger", ledger);
        output_record(&cli->output);
        output_print(&cli->output);
    }
    arena_free(&arena);
    free(genesis_path);
    free(ledger);
    return status;
}

const struct command command_snapshot_restore = {
    .name = "snapshot restore",
    .arguments = "FILE",
    .summary = "begin a validator's ledger with a snapshot",
    .details = "The folder holds genesis.json and the keys, and no ledger. "
               "The snapshot is verified before it becomes the ledger. The "
               "history before it is not there.",
    .options = snapshot_options_table,
    .values_size = sizeof(struct snapshot_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_restore,
};
