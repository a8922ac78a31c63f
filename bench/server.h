/*
 * A `pond validator` process, for the benchmarks that measure the program from
 * outside.
 */
#ifndef POND_BENCH_SERVER_H
#define POND_BENCH_SERVER_H

#include <stdint.h>
#include <sys/types.h>

struct server {
    pid_t pid;
    char *folder;
    char url[128];
    uint16_t port;
    uint64_t started_ns; /* monotonic: before the process was made */
};

/* Make a network in a new folder and start its validator; returns when it
 * answers. cpu: the only one that it may run on, -1 for any. threads: those
 * that answer RPC. */
void server_start(struct server *server, const char *pond, int cpu,
                  unsigned threads);

/* Stop it in order and remove the folder. */
void server_stop(struct server *server);

/* Its processor time so far. */
uint64_t server_cpu_ns(const struct server *server);

#endif
