/*
 * What a user sees of a validator that runs: the ready line when it answers,
 * the log on stderr, and, after an end by itself, the reason and what to do
 * about it. Status 0 after a signal.
 *
 * Thread: all of it is called on the loop, which is the main thread's; the
 * validator's own threads (settlement/validator/validator.h) are not seen here.
 */
#include "cli/validator_serve.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

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

/* It makes no more blocks by then, so it is stopped at once. */
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
 * because it harms nothing. Where the others went on without this one, the disk
 * is well. After any other failure the ledger should be checked before it is
 * trusted. */
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
    if (running->status == ERR_STATE)
        return cli_hint(cli, running->status,
                        "compare its version with the other validators'; if "
                        "they agree among themselves, begin again from a "
                        "snapshot of one of them (`pond snapshot restore`)");
    return cli_hint(cli, running->status,
                    "check the disk of %s, then the ledger with `pond "
                    "validator --check --dir %s`, and start it again",
                    folder, folder);
}

/* If the genesis is there, a key or a part of the ledger is missing, which a
 * new network would not bring back. */
bool validator_serve_has_network(const char *folder)
{
    char *path = mem_format("%s/genesis.json", folder);
    bool is_there = file_exists(path);

    free(path);
    return is_there;
}

int validator_serve_restart(const char *text, struct validator_options *out)
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
int validator_serve(struct cli *cli, const struct validator_values *given,
                    const char *folder)
{
    struct running running = {0};
    struct validator_options options = {
        .folder = folder,
        .address = given->listen,
        .rpc_port = (uint16_t)given->rpc_port,
        .peer_port = given->peer_port == VALIDATOR_NO_PORT
                         ? VALIDATOR_PEER_PORT
                         : (uint16_t)given->peer_port,
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
    int status = validator_serve_restart(given->restart_from, &options);

    CHECK(!status); /* check_given() */
    status = server_open(&running.server, stop, &running);
    if (status)
        return status;
    status =
        validator_start(&running.server.loop, &options, &running.validator);
    if (!status) {
        server_ready(&running.server);
        print_ready(cli, given->listen, running.validator);
        if (given->peer_port != VALIDATOR_NO_PORT &&
            !validator_peer_port(running.validator))
            log_warn("validator",
                     "nothing listens at --peer-port: the network in %s has "
                     "one validator",
                     folder);
    } else {
        server_release(&running.server);
    }
    if (status == ERR_NOT_FOUND && !validator_serve_has_network(folder))
        cli_hint(cli, status,
                 "make a private network there first: `pond validator --init "
                 "--dir %s`",
                 folder);
    else if (status == ERR_BUSY)
        cli_hint(cli, status,
                 "choose another port (--rpc-port for clients, --peer-port for "
                 "other validators), or end the program that has it");
    running.status = status;
    server_run(&running.server);
    return *running.failure ? explain_failure(cli, &running, folder)
                            : running.status;
}
