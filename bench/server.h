/*
 * A `pond validator` process of its own, for the benchmarks that look at the
 * program from outside.
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

/* Made in a new folder and started; back when it answers. cpu: the only one it
 * may run on, -1 for any. threads: that answer RPC. */
void server_start(struct server *server, const char *pond, int cpu,
                  unsigned threads);

/* In order; the folder is removed. */
void server_stop(struct server *server);

/* Its processor time so far. */
uint64_t server_cpu_ns(const struct server *server);

#endif
