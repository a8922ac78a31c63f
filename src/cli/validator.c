/*
 * pond validator: a settlement endpoint, until it is stopped.
 *
 * Making a network and running it are two things (--init, and without it), so
 * that keys are never made by a mistyped folder. --development does both, for
 * networks that come and go, such as those of `pond up` and of tests.
 *
 * What a user sees: the ready line when it answers, the log on stderr, and,
 * after an end by itself, the reason and what to do about the disk. Status 0
 * after a signal, 1 for a disk that failed.
 *
 * One process owns the folder: two validators can't share it, and --check needs
 * it for itself.
 *
 * Thread: all of it is called on the loop, which is the main thread's; the
 * validator's own threads (settlement/validator/validator.h) are not seen here.
 */
#include "settlement/validator/validator.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/server.h"
#include "cli/settings.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* What the options fill. slot_ms and hashes_per_tick are for a network that is
 * made now; one that is there has its own in genesis.json, and they are not
 * looked at. */
struct validator_values {
    const char *folder, *listen, *validators, *genesis, *restart_from;
    uint64_t rpc_port, peer_port, slot_ms, delta_ms, hashes_per_tick, threads,
        keep_slots;
    uint64_t snapshot_interval, snapshot_keep;
    struct option_list entrypoints;
    bool check, init, development, forgot;
};

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

static const struct validator_values defaults = {
    .rpc_port = VALIDATOR_RPC_PORT,
    .peer_port = VALIDATOR_PEER_PORT,
    .keep_slots = LEDGER_KEEP_SLOTS_DEFAULT};

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

/*
 * Invariants:
 *
 * 1. validator is NULL before it was started and after it was stopped;
 *    validator_stop() takes NULL.
 * 2. failure is "" or says why status is negative: err_text() is overwritten by
 *    whatever fails while stopping.
 */
struct running {
    struct server server;
    struct validator *validator;
    int status;
    char failure[ERR_TEXT_SIZE]; /* what the disk said; "" while it works */
};

/* Flushes what is under way; the loop ends when the last handle is closed. The
 * signals are let go first, so that the loop has nothing but what is closing.
 */
static void stop(void *user)
{
    struct running *running = user;

    server_release(&running->server);
    validator_stop(running->validator);
    running->validator = NULL;
}

/* A failed disk is the one thing after which a validator can't go on. It makes
 * no more blocks by then, so it is stopped at once. */
static void on_failed(void *user, int status)
{
    CHECK(status < 0);
    struct running *running = user;

    running->status = status;
    snprintf(running->failure, sizeof(running->failure), "%s", err_text());
    if (!running->server.is_stopping) {
        running->server.is_stopping = true;
        stop(running);
    }
}

/* The host of a URL for a server that listens on an address, which is IPv4 or
 * IPv6 in any of its forms. A client can't connect to all addresses of the
 * machine (0.0.0.0 and ::); the loopback is the one of them that is always
 * there. */
static void reachable_host(const char *listen, char *out, size_t size)
{
    CHECK(listen && out);
    struct in6_addr v6;
    struct in_addr v4;

    if (inet_pton(AF_INET6, listen, &v6) == 1)
        snprintf(out, size, "[%s]",
                 IN6_IS_ADDR_UNSPECIFIED(&v6) ? "::1" : listen);
    else if (inet_pton(AF_INET, listen, &v4) == 1 && v4.s_addr == INADDR_ANY)
        snprintf(out, size, "127.0.0.1");
    else
        snprintf(out, size, "%s", listen);
}

/* The same line as `pond up`'s, so that one script can wait for either. */
static void print_ready(struct cli *cli, const char *listen,
                        const struct validator *validator)
{
    unsigned port = validator_rpc_port(validator);
    unsigned peer_port = validator_peer_port(validator);
    char host[INET6_ADDRSTRLEN + 2], rpc[80], ws[80], peer[80];

    reachable_host(listen ? listen : "127.0.0.1", host, sizeof(host));
    snprintf(rpc, sizeof(rpc), "http://%s:%u", host, port);
    snprintf(ws, sizeof(ws), "ws://%s:%u", host, port + 1);
    snprintf(peer, sizeof(peer), "%s:%u", host, peer_port);
    if (cli->output.json) {
        output_text(&cli->output, "rpc", rpc);
        output_text(&cli->output, "ws", ws);
        if (peer_port)
            output_text(&cli->output, "peer", peer);
        output_record(&cli->output);
        output_print(&cli->output);
        return;
    }
    printf("ready rpc=%s ws=%s%s%s\n", rpc, ws, peer_port ? " peer=" : "",
           peer_port ? peer : "");
    fflush(stdout);
}

/* Stopping may have set another text since. A full disk gets a hint of its own,
 * because it harms nothing. After any other failure the ledger should be
 * checked before it is trusted. */
static int explain_failure(struct cli *cli, const struct running *running,
                           const char *folder)
{
    CHECK(running->status < 0);
    err_set(running->status, "%s", running->failure);
    if (running->status == ERR_FULL)
        return cli_hint(cli, running->status,
                        "make room on the disk of %s and start it again: "
                        "nothing that was reported final is lost",
                        folder);
    return cli_hint(cli, running->status,
                    "check the disk of %s, then the ledger with `pond "
                    "validator --check --dir %s`, and start it again",
                    folder, folder);
}

/* If the genesis is there, a key or a part of the ledger is missing, which a
 * new network would not bring back. */
static bool has_network(const char *folder)
{
    char *path = mem_format("%s/genesis.json", folder);
    bool is_there = file_exists(path);

    free(path);
    return is_there;
}

/* "SLOT:HASH" of --restart-from; NULL: it was not given. */
static int parse_restart(const char *text, struct validator_options *out)
{
    char slot[24];
    const char *colon = text ? strchr(text, ':') : NULL;

    if (!text)
        return 0;
    if (!colon || (size_t)(colon - text) >= sizeof(slot))
        return err_set(ERR_INVALID,
                       "--restart-from takes SLOT:HASH of a block, not '%s'",
                       text);
    snprintf(slot, sizeof(slot), "%.*s", (int)(colon - text), text);
    int status = options_number(slot, &out->restart_slot);
    if (!status)
        status = hash_parse(bytes_text(colon + 1), &out->restart_hash);
    if (status || !out->restart_slot)
        return err_set(ERR_INVALID,
                       "--restart-from takes the number of a slot and the hash "
                       "of its block in base58, not '%s'",
                       text);
    return 0;
}

/* A validator that can't start has its reason in the error, and its remedy in
 * the hint. The loop is run in any case, because handles close on it; a failure
 * while it ran counts before that of the start. */
static int serve(struct cli *cli, const struct validator_values *given,
                 const char *folder)
{
    struct running running = {0};
    struct validator_options options = {
        .folder = folder,
        .address = given->listen,
        .rpc_port = (uint16_t)given->rpc_port,
        .peer_port = (uint16_t)given->peer_port,
        .entrypoints = given->entrypoints.values,
        .entrypoint_count = given->entrypoints.count,
        .has_forgotten = given->forgot,
        .threads = (unsigned)given->threads,
        .keep_slots = given->keep_slots,
        .snapshot_interval_slots = given->snapshot_interval,
        .snapshot_keep = (size_t)given->snapshot_keep,
        .failed = on_failed,
        .user = &running,
    };
    int status = parse_restart(given->restart_from, &options);

    if (!status)
        status = server_open(&running.server, stop, &running);
    if (status)
        return status;
    status =
        validator_start(&running.server.loop, &options, &running.validator);
    if (!status) {
        server_ready(&running.server);
        print_ready(cli, given->listen, running.validator);
    } else {
        server_release(&running.server);
    }
    if (status == ERR_NOT_FOUND && !has_network(folder))
        cli_hint(cli, status,
                 "make a private network there first: `pond validator --init "
                 "--dir %s`",
                 folder);
    else if (status == ERR_BUSY)
        cli_hint(cli, status,
                 "choose another port with --rpc-port, or end the program that "
                 "has it");
    running.status = status;
    server_run(&running.server);
    return *running.failure ? explain_failure(cli, &running, folder)
                            : running.status;
}

/* --check and --init end by themselves; everything else serves. Of several,
 * --check counts first, then --init. */
static int run(struct cli *cli, const void *values)
{
    const struct validator_values *given = values;

    if ((given->validators || given->genesis) && !given->init)
        return err_set(ERR_INVALID, "--validators and --genesis need --init");
    if (given->validators && given->genesis)
        return err_set(ERR_INVALID,
                       "--validators makes a network and --genesis joins one: "
                       "give one of them");
    char *folder = given->folder ? mem_text(given->folder)
                                 : settings_data_path("validator");
    int status = 0;

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
        status = serve(cli, given, folder);
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
