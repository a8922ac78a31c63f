#include "crash_server.h"

#include "transfers.h"

#include "base/check.h"
#include "base/log.h"
#include "settlement/validator/validator.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its arguments: --serve READY FOLDER KEEP_SLOTS PEER_PORT… */
#define FIXED_ARGUMENTS 5
#define TEXT_MAX 32

struct ports {
    uint16_t rpc;
    uint16_t peer;
};

/* ---- The server's process ---- */

static void on_failed(void *user, int status)
{
    transfers_die("the validator failed");
}

static void serve(int ready, const struct validator_options *options)
{
    uv_loop_t loop;
    struct validator *validator;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not outlive the test */
    log_configure("warn");
    CHECK(uv_loop_init(&loop) == 0);
    if (validator_start(&loop, options, &validator))
        transfers_die("start");
    const struct ports ports = {.rpc = validator_rpc_port(validator),
                                .peer = validator_peer_port(validator)};
    CHECK(write(ready, &ports, sizeof(ports)) == sizeof(ports));
    close(ready);
    uv_run(&loop, UV_RUN_DEFAULT);
}

void crash_server_main(int argc, char **argv)
{
    char texts[CRASH_SERVER_PEERS_MAX][TEXT_MAX];
    const char *entrypoints[CRASH_SERVER_PEERS_MAX];
    if (argc < FIXED_ARGUMENTS || strcmp(argv[1], "--serve"))
        return;
    size_t count = (size_t)(argc - FIXED_ARGUMENTS);
    CHECK(count <= CRASH_SERVER_PEERS_MAX);
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[i], TEXT_MAX, "127.0.0.1:%s", argv[FIXED_ARGUMENTS + i]);
        entrypoints[i] = texts[i];
    }
    const struct validator_options options = {.folder = argv[3],
                                              .keep_slots =
                                                  strtoull(argv[4], NULL, 10),
                                              .entrypoints = entrypoints,
                                              .entrypoint_count = count,
                                              .failed = on_failed};
    serve(atoi(argv[2]), &options);
    exit(0);
}

/* ---- Its owner ---- */

static void become(const struct crash_server *server, int ready,
                   const uint16_t *peers, size_t count)
{
    char texts[2 + CRASH_SERVER_PEERS_MAX][TEXT_MAX];
    char *arguments[FIXED_ARGUMENTS + CRASH_SERVER_PEERS_MAX + 1] = {NULL};
    if (server->log) {
        int log = open(server->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        CHECK(log >= 0 && dup2(log, STDERR_FILENO) == STDERR_FILENO);
        close(log);
    }
    snprintf(texts[0], TEXT_MAX, "%d", ready);
    snprintf(texts[1], TEXT_MAX, "%" PRIu64, server->keep_slots);
    arguments[0] = program_invocation_name;
    arguments[1] = "--serve";
    arguments[2] = texts[0];
    arguments[3] = (char *)server->folder;
    arguments[4] = texts[1];
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[2 + i], TEXT_MAX, "%u", peers[i]);
        arguments[FIXED_ARGUMENTS + i] = texts[2 + i];
    }
    execv("/proc/self/exe", arguments);
    _exit(127);
}

void crash_server_start(struct crash_server *server, const uint16_t *peers,
                        size_t count)
{
    int ends[2];
    CHECK(count <= CRASH_SERVER_PEERS_MAX);
    CHECK(pipe(ends) == 0);
    /* Servers that start later must not hold this end. */
    CHECK(fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0);
    server->pid = fork();
    CHECK(server->pid >= 0);
    if (server->pid == 0)
        become(server, ends[1], peers, count);
    close(ends[1]);
    server->ready = ends[0];
}

void crash_server_wait(struct crash_server *server)
{
    struct ports ports;
    char url[64];
    if (read(server->ready, &ports, sizeof(ports)) != sizeof(ports))
        transfers_die("the validator did not start");
    close(server->ready);
    server->ready = -1;
    server->peer_port = ports.peer;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", ports.rpc);
    if (client_new(server->loop, url, &server->client))
        transfers_die("client");
}

void crash_server_kill(struct crash_server *server)
{
    int status;
    CHECK(kill(server->pid, SIGKILL) == 0);
    CHECK(waitpid(server->pid, &status, 0) == server->pid);
    if (!WIFSIGNALED(status))
        transfers_die("the validator had ended by itself");
    if (server->ready >= 0)
        close(server->ready);
    client_close(server->client, NULL, NULL);
    server->client = NULL;
    server->ready = -1;
    server->pid = 0;
}
