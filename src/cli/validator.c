/*
 * pond validator: a settlement endpoint, until it is stopped.
 *
 * Making a network and running it are two things (--init, and without it), so
 * that keys are never made by a mistyped folder. --development does both, for
 * networks that come and go, such as those of `pond up` and of tests.
 *
 * One process owns the folder: two validators can't share it, and --check needs
 * it for itself. How it runs: validator_serve.c.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/settings.h"
#include "cli/validator_serve.h"

#include <stddef.h>
#include <stdlib.h>

#define VALUE(member) offsetof(struct validator_values, member)

/* 65534, because the port after it is PubSub's. Where `defaults` has nothing, 0
 * means what struct validator_options says. */
static const struct option validator_options_table[] = {
    {"dir", 0, OPTION_TEXT, VALUE(folder), "DIR",
     "genesis, keys and ledger (~/.local/share/pond/validator)", 0, 0},
    {"listen", 0, OPTION_TEXT, VALUE(listen), "ADDRESS",
     "where clients reach it (127.0.0.1)", 0, 0},
    {"rpc-port", 0, OPTION_NUMBER, VALUE(rpc_port), "PORT",
     "port of JSON-RPC; PubSub is at the next one; 0: a free pair (10899)", 0,
     65534},
    {"peer-port", 0, OPTION_NUMBER, VALUE(peer_port), "PORT",
     "port for other validators, in a network of several; 0: any (10898)", 0,
     65535},
    {"entrypoint", 0, OPTION_LIST, VALUE(entrypoints), "HOST:PORT",
     "a validator of the network, by which this one finds the others; may be "
     "given again",
     0, 0},
    {"threads", 0, OPTION_NUMBER, VALUE(threads), "N", "that answer RPC (2)", 1,
     256},
    {"keep-slots", 0, OPTION_NUMBER, VALUE(keep_slots), "N",
     "of history; older blocks and transactions are dropped; 0: keep all "
     "(6048000, a week of 100 ms slots)",
     0, 0},
    {"snapshot-interval", 0, OPTION_NUMBER, VALUE(snapshot_interval), "SLOTS",
     "write a snapshot to DIR/snapshots every so many slots; 0: none (0)", 0,
     UINT32_MAX},
    {"snapshot-keep", 0, OPTION_NUMBER, VALUE(snapshot_keep), "N",
     "newest snapshots to keep (2)", 1, 1000},
    {"init", 0, OPTION_FLAG, VALUE(init), NULL,
     "make a new private network in the folder, and end", 0, 0},
    {"validators", 0, OPTION_TEXT, VALUE(validators), "FILE",
     "with --init: the network's validators, a JSON array of {\"identity\": "
     "KEY, \"stake\": ROE}, this folder's among them",
     0, 0},
    {"genesis", 0, OPTION_TEXT, VALUE(genesis), "FILE",
     "with --init: join the network of that genesis.json; makes the folder's "
     "key if it has none, and says it if the genesis does not know it",
     0, 0},
    {"forgot", 0, OPTION_FLAG, VALUE(forgot), NULL,
     "its votes are lost or not to be trusted: watch until it is certain that "
     "no earlier vote is contradicted, then vote",
     0, 0},
    {"restart-from", 0, OPTION_TEXT, VALUE(restart_from), "SLOT:HASH",
     "go on from that block, after a third of the stake or more forgot; every "
     "operator has to give the same",
     0, 0},
    {"development", 0, OPTION_FLAG, VALUE(development), NULL,
     "make a new private network first if the folder holds none", 0, 0},
    {"slot-ms", 0, OPTION_NUMBER, VALUE(slot_ms), "MS",
     "a new network's slots, in milliseconds (100)", 10, 60000},
    {"delta-ms", 0, OPTION_NUMBER, VALUE(delta_ms), "MS",
     "with --init: how long a message between the network's validators should "
     "take at most; a leader is given up after some of these (250)",
     GENESIS_DELTA_MS_MIN, GENESIS_DELTA_MS_MAX},
    {"hashes-per-tick", 0, OPTION_NUMBER, VALUE(hashes_per_tick), "N",
     "a new network's proof of history; 0: idle (0)", 0, 1000000},
    {"check", 0, OPTION_FLAG, VALUE(check), NULL,
     "verify the whole ledger, and end", 0, 0},
    {0},
};

static const struct validator_values defaults = {.rpc_port = VALIDATOR_RPC_PORT,
                                                 .peer_port = VALIDATOR_NO_PORT,
                                                 .keep_slots =
                                                     LEDGER_KEEP_SLOTS_DEFAULT};

/* Works on a ledger that no process has open, after a crash above all. It reads
 * all of it and takes as long as that takes. What does not hold is an error. */
static int check(struct cli *cli, const char *folder)
{
    CHECK(folder);
    struct output *output = &cli->output;
    struct ledger_report report;
    int status = validator_check(folder, &report);

    if (status)
        return status;
    output_u64(output, "slot", report.slot);
    output_u64(output, "blocks", report.blocks);
    output_u64(output, "empty_runs", report.runs);
    output_u64(output, "transactions", report.transactions);
    output_u64(output, "signatures_verified", report.signatures);
    output_u64(output, "blocks_replayed", report.replayed);
    output_u64(output, "rows", report.rows);
    output_roe(output, "total_roe", report.lamports);
    output_record(output);
    output_print(output);
    return 0;
}

/* A network that is there is never touched: its keys are its identity.
 * only_if_missing: a network that is there is what was wanted. */
static int create(struct cli *cli, const struct validator_values *given,
                  const char *folder, bool only_if_missing)
{
    CHECK(given && folder);
    const struct validator_network network = {.slot_ms = given->slot_ms,
                                              .hashes_per_tick =
                                                  given->hashes_per_tick,
                                              .validators = given->validators,
                                              .delta_ms = given->delta_ms};
    int status = given->genesis ? validator_join(folder, given->genesis)
                                : validator_create(folder, &network);

    if (status == ERR_EXISTS && only_if_missing) {
        err_clear();
        return 0;
    }
    if (status == ERR_NOT_FOUND && (given->validators || given->genesis))
        cli_hint(cli, status,
                 "have those who make the network put that key and a stake "
                 "into its list of validators");
    if (status == ERR_EXISTS)
        cli_hint(cli, status,
                 "run it with `pond validator --dir %s`, or name another "
                 "folder",
                 folder);
    return status;
}

/* What says how a validator takes part means nothing where none is started, or
 * where the network is only made. */
static int check_running(const struct validator_values *given,
                         const char *folder)
{
    const char *option = given->forgot              ? "--forgot"
                         : given->restart_from      ? "--restart-from"
                         : given->entrypoints.count ? "--entrypoint"
                         : given->peer_port != VALIDATOR_NO_PORT ? "--peer-port"
                                                                 : NULL;

    if (!option)
        return 0;
    if (given->check || given->init)
        return err_set(ERR_INVALID,
                       "%s is for a validator that runs, and %s "
                       "starts none",
                       option, given->check ? "--check" : "--init");
    if (given->development && !validator_serve_has_network(folder))
        return err_set(ERR_INVALID,
                       "%s is for a network of several validators, and the one "
                       "that --development makes in %s has one",
                       option, folder);
    return 0;
}

/* Before anything is written. */
static int check_given(const struct validator_values *given, const char *folder)
{
    struct validator_options options;

    if ((given->validators || given->genesis) && !given->init)
        return err_set(ERR_INVALID, "--validators and --genesis need --init");
    if (given->validators && given->genesis)
        return err_set(ERR_INVALID,
                       "--validators makes a network and --genesis joins one: "
                       "give one of them");
    int status = check_running(given, folder);

    return status ? status
                  : validator_serve_restart(given->restart_from, &options);
}

/* --check and --init end by themselves; everything else serves. Of several,
 * --check counts first, then --init. */
static int run(struct cli *cli, const void *values)
{
    const struct validator_values *given = values;

    char *folder = given->folder ? mem_text(given->folder)
                                 : settings_data_path("validator");
    int status = check_given(given, folder);

    if (status)
        goto done;
    if (given->check) {
        status = check(cli, folder);
        goto done;
    }
    if (given->init || given->development)
        status = create(cli, given, folder, !given->init);
    if (!status && given->init) {
        output_text(&cli->output, "network", folder);
        output_record(&cli->output);
        output_print(&cli->output);
        goto done;
    }
    if (!status)
        status = validator_serve(cli, given, folder);
done:
    if (status == ERR_LOCKED)
        cli_hint(cli, status,
                 "end that process, or name another folder with --dir");
    free(folder);
    return status;
}

const struct command command_validator = {
    .name = "validator",
    .arguments = "",
    .summary = "run a settlement endpoint until it is stopped",
    .details = "Prints \"ready rpc=URL ws=URL\" when it answers. SIGINT and "
               "SIGTERM end it cleanly; after a crash it goes on from the "
               "last durable block.",
    .options = validator_options_table,
    .values_size = sizeof(struct validator_values),
    .defaults = &defaults,
    .uses = COMMAND_SERVER,
    .run = run,
};
