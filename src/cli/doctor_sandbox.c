/*
 * What protects this machine from tasks. A real worker is started with an empty
 * task, and a real program in its sandbox; they report what they found
 * themselves in, which is what a task would find, and not what the kernel might
 * be able to do. For each wall that is missing, the text says what an attack
 * could do without it.
 *
 * The folders under /tmp go when the processes have ended.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/doctor.h"
#include "cli/server.h"
#include "runtime/host/host.h"
#include "runtime/koii/koii_process.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Who can't do without a layer. */
enum { FOR_WORKER = 1, FOR_PROGRAMS = 2 };

static const struct layer {
    const char *name;
    size_t offset; /* of a bool in struct confinement */
    int needed;
    const char *keeps;   /* if it holds */
    const char *without; /* what an attack could do */
    const char *remedy;
} layers[] = {
#define LAYER(name, field, needed, keeps, without, remedy)                     \
    {                                                                          \
        name, offsetof(struct confinement, field), needed, keeps, without,     \
            remedy                                                             \
    }
#define CONTAINER                                                              \
    "a container may forbid it; `pond node --no-sandbox` runs tasks all the "  \
    "same"
#define NAMESPACES                                                             \
    "it needs user namespaces: sysctl user.max_user_namespaces, "              \
    "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_"              \
    "unprivileged_userns"
    LAYER("no-new-privs", no_new_privileges, FOR_WORKER | FOR_PROGRAMS,
          "a task can't gain privileges by running another program",
          "a set-user-id program could make a task root", CONTAINER),
    LAYER("seccomp", seccomp, FOR_WORKER | FOR_PROGRAMS,
          "a task can make only the system calls it needs",
          "a task that breaks out of the engine could start programs, make "
          "sockets and try the rarely used parts of the kernel",
          CONTAINER),
    LAYER("landlock", landlock, FOR_WORKER,
          "a task can touch only its own folder",
          "a task that breaks out of the engine could read what this user can "
          "read, wallets and the folders of other tasks among it, unless there "
          "is a mount namespace",
          "it needs Linux 5.13 with \"landlock\" in /sys/kernel/security/lsm "
          "(boot with lsm=landlock,...); `pond node --no-landlock` does "
          "without it"),
    LAYER("capabilities", capabilities_dropped, FOR_WORKER | FOR_PROGRAMS,
          "a task has no capabilities",
          "a task of a node that runs as root could do what root can",
          CONTAINER),
    LAYER("rlimits", resource_limits, FOR_WORKER | FOR_PROGRAMS,
          "files and descriptors of a task are limited",
          "a task could write a file as large as the disk, or leave secrets in "
          "a core dump",
          CONTAINER),
    LAYER("user-namespace", own_user, FOR_PROGRAMS,
          "privileges inside a task mean nothing outside",
          "a task has one wall less, and the namespaces below need root",
          NAMESPACES),
    LAYER("mount-namespace", own_root, FOR_PROGRAMS,
          "for a task other files do not exist",
          "a task could learn which paths exist; without Landlock, read what "
          "this user can read",
          NAMESPACES),
    LAYER("network-namespace", own_network, FOR_PROGRAMS,
          "for a task there is no network but its node's",
          "a program of the engine `node` could reach this machine's services, "
          "its local network and a cloud's metadata, past every rule",
          NAMESPACES),
    LAYER("ipc-namespace", own_ipc, FOR_PROGRAMS,
          "a task shares no memory or queue with others",
          "a program could read the shared memory of this user's other "
          "programs",
          NAMESPACES),
    LAYER("pid-namespace", own_processes, FOR_PROGRAMS,
          "a program sees and signals its own processes only, and all end with "
          "it",
          "a program could end this user's other programs, read their "
          "environment and arguments, and leave processes behind",
          NAMESPACES),
    LAYER("cgroup", group, 0,
          "the kernel limits memory and processes of a program and all that "
          "it starts",
          "a program can take more than its memory for some milliseconds "
          "before its warden ends it, and memory without a process is refused",
          "run the node where it may make cgroups: as a service (`pond service "
          "install`) or by `systemd-run --user --scope -p Delegate=yes`"),
};
#define LAYERS (sizeof(layers) / sizeof(*layers))

/* What nothing runs without is bad; what another wall stands behind is a
 * warning. */
static void report(struct doctor *doctor, const struct confinement *found,
                   int who, const struct layer *layer)
{
    const bool *holds = (const bool *)((const char *)found + layer->offset);
    const char *for_whom = who == FOR_PROGRAMS ? "program-" : "";
    char *name = mem_format("%s%s", for_whom, layer->name);

    if (*holds)
        doctor_say(doctor, name, GOOD, NULL, "%s", layer->keeps);
    else
        doctor_say(doctor, name,
                   who == FOR_WORKER && layer->needed & who ? BAD : WARNING,
                   layer->remedy, "does not hold: %s", layer->without);
    free(name);
}

/* ---- a worker ---- */

struct trial {
    struct doctor *doctor;
    bool is_ready;
    struct confinement found;
    char *end_text;
};

static void on_ready(void *user, struct host *worker,
                     const struct host_ready *ready)
{
    struct trial *trial = user;

    CHECK(ready->sandbox);
    trial->is_ready = true;
    trial->found = *ready->sandbox;
    doctor_say(trial->doctor, "worker", GOOD, NULL, "starts in %" PRIu32 " ms",
               ready->start_ms);
    host_stop(worker);
}

/* A worker that was ready ended because it was asked to; one that was not has
 * its reason in the text. */
static void on_worker_ended(void *user, struct host *worker,
                            const struct host_end *end)
{
    struct trial *trial = user;

    if (!trial->is_ready)
        doctor_say(trial->doctor, "worker", BAD, NULL, "does not start: %s",
                   end->text);
}

/* A worker is one process that can neither make another nor name one, so a PID
 * namespace and a group are not for it. */
static bool is_for_worker(const struct layer *layer)
{
    return layer->offset != offsetof(struct confinement, own_processes) &&
           layer->offset != offsetof(struct confinement, group);
}

void doctor_check_worker(struct doctor *doctor)
{
    static const struct host_events host = {.ready = on_ready,
                                            .ended = on_worker_ended};
    struct trial trial = {.doctor = doctor};
    char folder[] = "/tmp/pond-doctor-XXXXXX";
    char *program = server_program("pond-worker");
    struct memory *memory = memory_new(1u << 20);
    struct host *worker;
    struct host_options options = {
        .program = program,
        /* 32 zero bytes: a key that no task has. */
        .task_id = "11111111111111111111111111111111",
        .task_name = "doctor",
        .folder = folder,
        /* Whatever there is, so that every layer is reported. */
        .confinement = CONFINEMENT_ANY,
        .source = bytes_text("module.exports = {};"),
        .memory = memory,
    };

    if (!mkdtemp(folder)) {
        doctor_say(doctor, "worker", BAD, NULL,
                   "can't make a folder under /tmp");
        goto done;
    }
    if (host_start(&doctor->loop, &options, &host, &trial, &worker) < 0)
        doctor_say(doctor, "worker", BAD, NULL, "%s", err_text());
    uv_run(&doctor->loop, UV_RUN_DEFAULT);
    for (size_t i = 0; trial.is_ready && i < LAYERS; i++)
        if (is_for_worker(&layers[i]))
            report(doctor, &trial.found, FOR_WORKER, &layers[i]);
    if (!geteuid())
        doctor_say(doctor, "user", WARNING, "run the node as a user of its own",
                   "this is root: a task that gets through every wall is root "
                   "on this machine");
    file_remove_tree(folder);
done:
    memory_free(memory);
    free(program);
}

/* ---- a program ---- */

static void on_confined(void *user, struct koii_process *process,
                        const struct confinement *confinement)
{
    struct trial *trial = user;

    trial->is_ready = true;
    trial->found = *confinement;
}

static void on_program_ended(void *user, struct koii_process *process,
                             const struct koii_end *end)
{
    struct trial *trial = user;

    trial->end_text = mem_text(end->text);
}

/* Which of the namespaces are missing decides whether the engine `node` runs.
 */
static void report_programs(struct doctor *doctor, const struct trial *trial)
{
    const char *missing =
        confinement_missing_for_program(&trial->found, CONFINEMENT_WHOLE);

    if (!trial->is_ready) {
        doctor_say(doctor, "program", WARNING, NULL, "can't be confined: %s",
                   trial->end_text ? trial->end_text : "nothing was reported");
        return;
    }
    if (missing)
        doctor_say(doctor, "program", WARNING,
                   "`pond node --no-sandbox` runs them all the same",
                   "tasks of the engine `node` are refused: this machine has "
                   "no %s",
                   missing);
    else
        doctor_say(doctor, "program", GOOD, NULL,
                   "tasks of the engine `node` can be confined");
    for (size_t i = 0; i < LAYERS; i++)
        report(doctor, &trial->found, FOR_PROGRAMS, &layers[i]);
}

void doctor_check_programs(struct doctor *doctor)
{
    static const struct koii_events events = {.confined = on_confined,
                                              .ended = on_program_ended};
    struct trial trial = {.doctor = doctor};
    char folder[] = "/tmp/pond-doctor-XXXXXX";
    char *launcher = server_program_at("pond-launch", "runtime/launch");
    struct koii_process *process;
    /* Any program will do; this one ends at once. */
    struct koii_launch launch = {
        .launcher = launcher,
        .confinement = CONFINEMENT_ANY,
        .program = "/bin/true",
        .executable = folder,
        .folder = folder,
        .task_name = "doctor",
        .task_id = "11111111111111111111111111111111",
        .task_port = 20000,
        .main_account = "",
        .secret = "",
        .rpc_url = "",
        .node_port = 30017,
    };

    if (!mkdtemp(folder)) {
        doctor_say(doctor, "program", WARNING, NULL,
                   "can't make a folder under /tmp");
        goto done;
    }
    if (koii_process_start(&doctor->loop, &launch, &events, &trial, &process))
        trial.end_text = mem_text(err_text());
    uv_run(&doctor->loop, UV_RUN_DEFAULT);
    report_programs(doctor, &trial);
    file_remove_tree(folder);
done:
    free(trial.end_text);
    free(launcher);
}
