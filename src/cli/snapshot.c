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
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/settings.h"
#include "settlement/validator/validator_snapshot.h"

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

/* The validator's folder, in the arena. */
static const char *folder_of(const struct snapshot_values *given,
                             struct arena *arena)
{
    if (given->folder)
        return given->folder;
    char *own = settings_data_path("validator");
    const char *folder = arena_text(arena, bytes_text(own));
    free(own);
    return folder;
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

/* A snapshot of the same slot is replaced, and ERR_LOCKED says that the
 * validator, or another of these commands, is writing one. */
static int run_create(struct cli *cli, const void *values)
{
    struct arena arena = {0};
    struct snapshot made;
    int status =
        validator_snapshot_create(folder_of(values, &arena), &arena, &made);
    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status, "name a validator's folder with --dir");
    if (!status) {
        output_text(&cli->output, "file", made.path);
        print_header(&cli->output, &made.header);
        output_u64(&cli->output, "bytes", made.size_bytes);
        output_record(&cli->output);
        output_print(&cli->output);
    }
    arena_free(&arena);
    return status;
}

const struct command command_snapshot_create = {
    .name = "snapshot create",
    .arguments = "",
    .summary = "write a validator's state to its folder of snapshots",
    .details = "The state is that of the last durable block. A "
               "validator may be running; one started with "
               "--snapshot-interval makes them by itself.",
    .options = snapshot_options_table,
    .values_size = sizeof(struct snapshot_values),
    .run = run_create,
};

/* ---- list ---- */

/* A file whose header can't be read stands in the list with what is wrong with
 * it, because it takes up room. No folder is an empty list. */
static int run_list(struct cli *cli, const void *values)
{
    struct output *output = &cli->output;
    struct arena arena = {0};
    const struct snapshot *list;
    size_t count;
    int status = validator_snapshot_list(folder_of(values, &arena), &arena,
                                         &list, &count);

    output_list(output, "there are no snapshots");
    for (size_t i = 0; !status && i < count; i++) {
        output_u64(output, "slot", list[i].header.slot);
        output_u64(output, "rows", list[i].header.rows);
        output_u64(output, "bytes", list[i].size_bytes);
        output_text(output, "header",
                    list[i].status ? list[i].problem : "good");
        output_text(output, "file", list[i].path);
        output_record(output);
    }
    if (!status)
        output_print(output);
    arena_free(&arena);
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
    int status = validator_snapshot_verify(cli->arguments[0], &header);

    if (status)
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
 * first, so that a snapshot of another network is refused after its header, and
 * not after all of its rows. */
static int run_restore(struct cli *cli, const void *values)
{
    CHECK(cli->argument_count == 1);
    struct arena arena = {0};
    const char *folder = folder_of(values, &arena);
    const char *ledger;
    char *genesis_path = mem_format("%s/genesis.json", folder);
    struct genesis genesis;
    struct ledger_export_info header;
    int status = genesis_load(genesis_path, &arena, &genesis);

    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 "copy genesis.json and the keys of the network to the "
                 "folder first");
    if (!status) {
        status = validator_snapshot_restore(
            folder, &genesis.hash, cli->arguments[0], &arena, &header, &ledger);
        hint_restore(cli, status);
    }
    if (!status) {
        print_header(&cli->output, &header);
        output_text(&cli->output, "ledger", ledger);
        output_record(&cli->output);
        output_print(&cli->output);
    }
    arena_free(&arena);
    free(genesis_path);
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
