/*
 * The part of the machine that programs find: what a distribution installs, the
 * names that libc and OpenSSL read, devices without a state. Nothing of the
 * operator's is in it. Users, hosts and resolver are texts of this file's own,
 * because those of the machine say who its people and neighbours are.
 */
#include "base/memory.h"
#include "runtime/launch/launch.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct sandbox_path system_paths[] = {
    {.path = "/usr", .access = SANDBOX_EXECUTE},
    {.path = "/bin", .access = SANDBOX_EXECUTE},
    {.path = "/sbin", .access = SANDBOX_EXECUTE},
    {.path = "/lib", .access = SANDBOX_EXECUTE},
    {.path = "/lib32", .access = SANDBOX_EXECUTE},
    {.path = "/lib64", .access = SANDBOX_EXECUTE},
    {.path = "/etc/alternatives", .access = SANDBOX_READ},
    /* What Debian's start script of Chromium reads; Chrome's own place. */
    {.path = "/etc/chromium", .access = SANDBOX_READ},
    {.path = "/etc/chromium.d", .access = SANDBOX_READ},
    {.path = "/opt/google/chrome", .access = SANDBOX_EXECUTE},
    {.path = "/etc/fonts", .access = SANDBOX_READ},
    {.path = "/etc/ld.so.cache", .access = SANDBOX_READ},
    {.path = "/etc/ld.so.conf", .access = SANDBOX_READ},
    {.path = "/etc/ld.so.conf.d", .access = SANDBOX_READ},
    {.path = "/etc/localtime", .access = SANDBOX_READ},
    {.path = "/etc/mime.types", .access = SANDBOX_READ},
    {.path = "/etc/os-release", .access = SANDBOX_READ},
    /* Certificates; /etc/ssl/private is not among them. */
    {.path = "/etc/ca-certificates.conf", .access = SANDBOX_READ},
    {.path = "/etc/pki/ca-trust/extracted", .access = SANDBOX_READ},
    {.path = "/etc/pki/tls/certs", .access = SANDBOX_READ},
    {.path = "/etc/ssl/cert.pem", .access = SANDBOX_READ},
    {.path = "/etc/ssl/certs", .access = SANDBOX_READ},
    {.path = "/etc/ssl/openssl.cnf", .access = SANDBOX_READ},
    {.path = "/dev/null", .access = SANDBOX_DEVICE},
    {.path = "/dev/zero", .access = SANDBOX_DEVICE},
    {.path = "/dev/full", .access = SANDBOX_DEVICE},
    {.path = "/dev/random", .access = SANDBOX_DEVICE},
    {.path = "/dev/urandom", .access = SANDBOX_DEVICE},
};
#define SYSTEM_PATHS (sizeof(system_paths) / sizeof(*system_paths))
#define FILES 6

/* Of memory: Chromium wants some tens of MB there. */
#define SHARED_MEMORY_PART 8

static const struct sandbox_path *make_paths(const struct launch_start *start,
                                             size_t *count)
{
    struct sandbox_path *paths =
        mem_zero(SYSTEM_PATHS + LAUNCH_PATHS_MAX + 2, sizeof(*paths));
    size_t i = 0;
    for (; i < SYSTEM_PATHS; i++)
        paths[i] = system_paths[i];
    /* Before the task's folder, which may lie below. */
    paths[i++] =
        (struct sandbox_path){.path = "/tmp",
                              .access = SANDBOX_OWN,
                              .source = mem_format("%s/tmp", start->folder)};
    for (size_t j = 0; j < LAUNCH_PATHS_MAX && start->readable[j]; j++)
        if (!sandbox_is_below(start->readable[j], start->folder))
            paths[i++] = (struct sandbox_path){.path = start->readable[j],
                                               .access = SANDBOX_EXECUTE};
    paths[i++] =
        (struct sandbox_path){.path = start->folder, .access = SANDBOX_OWN};
    *count = i;
    return paths;
}

static const struct sandbox_file *make_files(const struct launch_start *start)
{
    struct sandbox_file *files = mem_zero(FILES, sizeof(*files));
    files[0] = (struct sandbox_file){
        "/etc/passwd", mem_format("task:x:%u:%u::%s:/bin/sh\n", getuid(),
                                  getgid(), start->folder)};
    files[1] = (struct sandbox_file){"/etc/group",
                                     mem_format("task:x:%u:\n", getgid())};
    files[2] = (struct sandbox_file){"/etc/hosts",
                                     "127.0.0.1 localhost\n::1 localhost\n"};
    files[3] = (struct sandbox_file){
        "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"};
    files[4] = (struct sandbox_file){"/etc/resolv.conf", ""};
    files[5] = (struct sandbox_file){LAUNCH_PRELOAD_PATH, start->preload};
    return files;
}

void launch_view(struct launch *launch)
{
    const struct launch_start *start = &launch->start;
    launch->view = (struct sandbox){
        .files = make_files(start),
        .file_count = FILES,
        .calls = SANDBOX_CALLS_PROGRAM,
        .shared_memory_bytes = start->limits.memory_bytes / SHARED_MEMORY_PART,
        .file_bytes = start->limits.file_bytes,
        .open_files = start->limits.open_files,
        .processes = start->limits.processes,
    };
    launch->view.paths = make_paths(start, &launch->view.path_count);
}
