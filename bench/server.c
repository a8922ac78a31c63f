#include "server.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "measure.h"
#include "settlement/validator/validator.h"
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void run(const struct server *server, const char *pond, int cpu,
                unsigned threads, int out)
{
    char text[16];
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu >= 0) {
        CPU_SET(cpu, &set);
        CHECK(!sched_setaffinity(0, sizeof(set), &set));
    }
    snprintf(text, sizeof(text), "%u", threads);
    dup2(out, STDOUT_FILENO);
    execl(pond, pond, "validator", "--dir", server->folder, "--rpc-port", "0",
          "--threads", text, "--log-level", "warn", NULL);
    _exit(127);
}

void server_start(struct server *server, const char *pond, int cpu,
                  unsigned threads)
{
    const struct validator_network network = {0};
    int ends[2];
    server->folder = mem_text("/var/tmp/pond-bench-XXXXXX");
    CHECK(mkdtemp(server->folder));
    must(validator_create(server->folder, &network), "genesis");
    CHECK(pipe(ends) == 0);
    server->started_ns = clock_monotonic_ns();
    server->pid = fork();
    CHECK(server->pid >= 0);
    if (server->pid == 0)
        run(server, pond, cpu, threads, ends[1]);
    close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    unsigned port;
    CHECK(fscanf(out, "ready rpc=%127s", server->url) == 1);
    fclose(out);
    CHECK(sscanf(server->url, "http://127.0.0.1:%u", &port) == 1);
    server->port = (uint16_t)port;
}

void server_stop(struct server *server)
{
    kill(server->pid, SIGINT);
    waitpid(server->pid, NULL, 0);
    file_remove_tree(server->folder);
    free(server->folder);
}

uint64_t server_cpu_ns(const struct server *server)
{
    clockid_t clock;
    struct timespec now;
    CHECK(!clock_getcpuclockid(server->pid, &clock));
    CHECK(!clock_gettime(clock, &now));
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
