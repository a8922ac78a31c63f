/*
 * Four walls, each for what the others can't do: namespaces for what exists at
 * all (sandbox_namespace.c), rlimits and capabilities for amounts and
 * privileges, Landlock for paths (sandbox_landlock.c), seccomp for the kernel's
 * surface (sandbox_filter.h). An attacker who breaks out of the engine has to
 * get through all of them.
 *
 * The walls do not limit time, nor, without a cgroup, memory: the worker's main
 * thread and the node watch those. The node checks what goes through the
 * socket.
 */
#include "runtime/sandbox/sandbox.h"
#include "base/check.h"
#include "base/error.h"
#include "runtime/sandbox/sandbox_filter.h"
#include "runtime/sandbox/sandbox_internal.h"
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Paths of a description that is taken in steps, with the folder `later`. */
#define SANDBOX_PATHS_MAX 16

/* The soft and the hard limit are set, so neither can be raised again. */
static bool limit_resource(int resource, uint64_t value)
{
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return !setrlimit(resource, &limit);
}

/* Before Linux 5.14 RLIMIT_NPROC counts all processes of the user on the
 * machine, and would keep a task from making any. */
static bool counts_by_namespace(void)
{
    unsigned major = 0, minor = 0;
    struct utsname kernel;
    if (uname(&kernel) || sscanf(kernel.release, "%u.%u", &major, &minor) != 2)
        return false;
    return major > 5 || (major == 5 && minor >= 14);
}

/* RLIMIT_AS can't be set: both engines reserve gigabytes. */
static bool limit_resources(const struct sandbox *sandbox, bool has_own_user)
{
    /* A write beyond RLIMIT_FSIZE must fail with EFBIG and not kill. */
    signal(SIGXFSZ, SIG_IGN);
    return limit_resource(RLIMIT_CORE, 0) &&
           limit_resource(RLIMIT_FSIZE, sandbox->file_bytes) &&
           limit_resource(RLIMIT_NOFILE, sandbox->open_files) &&
           limit_resource(RLIMIT_MEMLOCK, 0) &&
           limit_resource(RLIMIT_MSGQUEUE, 0) &&
           (!sandbox->processes || !has_own_user || !counts_by_namespace() ||
            limit_resource(RLIMIT_NPROC, sandbox->processes));
}

/* This matters to a node that was started as root, and to the privileges that
 * the user namespace gave. The user stays who it was and owns the task's
 * folder. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    /* Without CAP_SETPCAP (an ordinary user) the bounding set stays as it is,
     * which no_new_privs makes harmless. */
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        /* A number that this kernel doesn't know fails, which is harmless. */
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return !syscall(SYS_capset, &header, none);
}

/* Landlock and seccomp come after no_new_privs, without which an ordinary user
 * may set neither. seccomp is last, because it forbids the calls of the
 * others. */
static void confine(const struct sandbox *sandbox, bool has_threads,
                    struct confinement *report)
{
    CHECK(sandbox->file_bytes > 0 && sandbox->open_files >= 8);
    report->resource_limits = limit_resources(sandbox, report->own_user);
    report->capabilities_dropped = drop_capabilities();
    /* Other processes of the user can neither trace it nor read its memory. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    report->no_new_privileges = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!(sandbox->without & SANDBOX_NO_LANDLOCK))
        sandbox_confine_paths(sandbox, report);
    if (!(sandbox->without & SANDBOX_NO_FILTER))
        report->seccomp = sandbox->calls == SANDBOX_CALLS_PROGRAM
                              ? sandbox_filter_load_for_program(report->group)
                              : sandbox_filter_load(has_threads);
}

void sandbox_confine(const struct sandbox *sandbox, struct confinement *report)
{
    confine(sandbox, false, report);
}

void sandbox_apply(const struct sandbox *sandbox, struct confinement *report)
{
    memset(report, 0, sizeof(*report));
    if (!(sandbox->without & SANDBOX_NO_NAMESPACES))
        sandbox_isolate(sandbox, false, report);
    sandbox_confine(sandbox, report);
}

/* ---- in three steps ---- */

/* This process can not be traced from here on, though it keeps the privileges
 * that its namespace gave. */
int sandbox_prepare(const struct sandbox *sandbox, const char *later,
                    struct confinement *report)
{
    memset(report, 0, sizeof(*report));
    if (sandbox->without & SANDBOX_NO_NAMESPACES)
        return err_set(ERR_UNSUPPORTED, "no namespaces are wanted");
    sandbox_isolate_names(sandbox, report);
    if (!report->own_user)
        return err_set(ERR_UNSUPPORTED, "this machine gives no user namespace");
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return sandbox_begin_root(sandbox, later, report);
}

/* What the kernel keeps for each thread. The folder `later` is of the root that
 * step 1 made, where nothing is below it but what step 3 puts there. */
void sandbox_confine_thread(const struct sandbox *sandbox, const char *later,
                            struct confinement *report)
{
    struct sandbox_path paths[SANDBOX_PATHS_MAX];
    struct sandbox own = *sandbox;
    size_t count = 0;
    CHECK(sandbox->path_count < SANDBOX_PATHS_MAX);
    for (size_t i = 0; i < sandbox->path_count; i++)
        if (!sandbox_is_below(sandbox->paths[i].path, later))
            paths[count++] = sandbox->paths[i];
    paths[count++] =
        (struct sandbox_path){.path = later, .access = SANDBOX_WRITE};
    own.paths = paths;
    own.path_count = count;
    report->own_root = true;
    report->capabilities_dropped = drop_capabilities();
    report->no_new_privileges = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!(sandbox->without & SANDBOX_NO_LANDLOCK))
        sandbox_confine_paths(&own, report);
}

/* Landlock forbids to mount, so this thread takes it on last. */
int sandbox_finish(const struct sandbox *sandbox, const char *later,
                   struct confinement *report)
{
    int status = sandbox_end_root(sandbox, later);
    if (!status)
        confine(sandbox, true, report);
    return status;
}
