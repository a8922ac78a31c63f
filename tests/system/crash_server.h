/*
 * A validator as a process of its own, which can be killed and started again
 * on its folder: the program that uses it, run once more. What goes wrong ends
 * the program, as transfers.h does.
 */
#ifndef POND_TESTS_SYSTEM_CRASH_SERVER_H
#define POND_TESTS_SYSTEM_CRASH_SERVER_H

#include "client/client.h"
#include <sys/types.h>

/* Other validators that one is told of. */
#define CRASH_SERVER_PEERS_MAX 16

struct crash_server {
    uv_loop_t *loop;    /* of the client */
    const char *folder; /* borrowed */
    const char *log;    /* its stderr is appended to it; NULL: this program's */
    uint64_t keep_slots;   /* of history; 0: all */
    pid_t pid;             /* 0: it does not run */
    int ready;             /* says the ports; -1: it has */
    struct client *client; /* of its endpoint, once it is ready */
    uint16_t peer_port;
};

/* main() calls it first. Does not return where this process is a server. */
void crash_server_main(int argc, char **argv);

/* Start it; the others listen at those ports of 127.0.0.1. */
void crash_server_start(struct crash_server *server, const uint16_t *peers,
                        size_t count);

/* Wait until it answers. */
void crash_server_wait(struct crash_server *server);

/* kill -9. That it has ended by itself is an error. What the client was asked
 * and did not answer is cancelled by the loop. */
void crash_server_kill(struct crash_server *server);

#endif
