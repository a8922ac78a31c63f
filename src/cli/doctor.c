/*
 * pond doctor: what this machine has for running tasks, and what is missing.
 *
 * Everything is tried rather than looked up, because a kernel that offers
 * Landlock may have it switched off, a seccomp filter may be refused inside a
 * container, a settings file may name a wallet that is gone.
 *
 * The checks do not depend on each other, and one that fails does not end the
 * others: the user wants the whole list.
 *
 * The order is from what nothing works without to what is good to have: worker,
 * disk, wallet, endpoint, tools. Something bad makes the exit status 1,
 * warnings don't.
 *
 * Nothing is left behind but the folder of data, which is made if need be: the
 * worker's folder under /tmp goes when it has ended.
 */
#include "cli/doctor.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/program.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/server.h"
#include "cli/session.h"
#include "cli/settings.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct doctor_values {
    bool machine, of_node;
};

#define VALUE(member) offsetof(struct doctor_values, member)

static const struct option doctor_options[] = {
    {"machine", 0, OPTION_FLAG, VALUE(machine), NULL,
     "leave out disk, wallet and endpoint, which a node has of its own", 0, 0},
    {"of-node", 0, OPTION_FLAG, VALUE(of_node), NULL,
     "have the node look at its machine, its endpoint and its folder, as its "
     "page shows it",
     0, 0},
    {0},
};

/* What progress is told of. */
#define STEPS 4

/* Bytes. Below this a store soon refuses what it is given: it does at a tenth
 * (STORE_FREE_FLOOR). */
#define DISK_COMFORTABLE (5ull << 30)

/* No endpoint is no fault of the machine: most people run this before they
 * start a network. A settings file that can't be read is a fault, and so is a
 * text that is not a URL. */
static void check_endpoint(struct doctor *doctor)
{
    struct settings_found url;
    struct session session;
    uint64_t slot;

    if (settings_rpc(&doctor->cli->place, &url) < 0) {
        doctor_say(doctor, "endpoint", BAD, NULL, "%s", err_text());
        return;
    }
    if (session_open(doctor->cli, &session) < 0) {
        doctor_say(doctor, "endpoint", BAD, NULL, "%s (from %s)", err_text(),
                   url.source);
    } else {
        int status = client_slot_wait(session.client, CLIENT_PROCESSED, &slot);

        if (!status)
            doctor_say(doctor, "endpoint", GOOD, NULL,
                       "%s is at slot %" PRIu64 " (%s)",
                       client_shown_url(session.client), slot, url.source);
        else if (status != ERR_NETWORK && status != ERR_TIMEOUT)
            doctor_say(doctor, "endpoint", WARNING, NULL,
                       "%s (%s) is not a settlement "
                       "endpoint: %s",
                       client_shown_url(session.client), url.source,
                       err_text());
        else
            doctor_say(doctor, "endpoint", WARNING,
                       "`pond up` starts a network", "%s (%s) does not answer",
                       client_shown_url(session.client), url.source);
        session_close(&session);
    }
    settings_free(&url);
}

/* Where the wallet was found matters as much as which one it is: a file of
 * another program may stand in for the user's own. A node has keys of its own,
 * so a missing wallet is a warning only. */
static void check_wallet(struct doctor *doctor)
{
    struct settings_found path;
    struct pubkey wallet;
    bool is_sealed = false;
    int status = session_key_file(doctor->cli, &path, &wallet, &is_sealed);

    if (status) {
        doctor_say(doctor, "wallet", WARNING,
                   status == ERR_NOT_FOUND ? "`pond wallet new` makes one"
                                           : NULL,
                   "%s", err_text());
        return;
    }
    doctor_say(doctor, "wallet", GOOD,
               is_sealed ? NULL
                         : "`pond wallet seal` puts it under a passphrase",
               "%s in %s, %s", PUBKEY_TEXT(&wallet), path.value,
               is_sealed ? "sealed" : "which is not sealed");
    settings_free(&path);
}

/* The folder is made if need be, so that its own file system is looked at. */
static void check_disk(struct doctor *doctor)
{
    char *folder = settings_data_path("");
    struct buffer size = {0};
    uint64_t free_bytes = 0;

    if (file_make_folder(folder, 0700) < 0 ||
        file_free_bytes(folder, &free_bytes) < 0) {
        doctor_say(doctor, "disk", BAD, NULL, "%s", err_text());
    } else {
        progress_size(free_bytes, &size);
        doctor_say(doctor, "disk",
                   free_bytes < DISK_COMFORTABLE ? WARNING : GOOD, NULL,
                   "%s free for %s", buffer_string(&size), folder);
    }
    buffer_free(&size);
    free(folder);
}

/* What is only needed to make tasks, and not to run them, is never more than a
 * warning. */
static void check_tools(struct doctor *doctor)
{
    char *esbuild = program_find("esbuild", getenv("PATH"));

    if (esbuild)
        doctor_say(doctor, "esbuild", GOOD, NULL, "tasks can be bundled");
    else
        doctor_say(doctor, "esbuild", WARNING, "apt-get install esbuild",
                   "not found: needed to bundle tasks");
    free(esbuild);
}

static void look(struct doctor *doctor, bool machine_only)
{
    const struct cli *cli = doctor->cli;

    /* As a node does, so that what it could have shows. */
    server_make_room();
    uv_loop_init(&doctor->loop);
    cli_step(cli, 1, STEPS, "a worker and its sandbox");
    doctor_check_worker(doctor);
    cli_step(cli, 2, STEPS, "a program and its sandbox");
    doctor_check_programs(doctor);
    if (!machine_only) {
        cli_step(cli, 3, STEPS, "disk, wallet and endpoint");
        check_disk(doctor);
        check_wallet(doctor);
        check_endpoint(doctor);
    }
    cli_step(cli, 4, STEPS, "what is installed");
    check_tools(doctor);
    uv_loop_close(&doctor->loop);
}

/* A warning leaves the status 0, so that scripts can use this to ask whether
 * tasks will run at all. Hints and texts of the single checks are taken back,
 * as their lines hold them. */
static int run(struct cli *cli, const void *values)
{
    const struct doctor_values *given = values;
    struct doctor doctor = {.cli = cli};
    int status = 0;

    if (given->machine && given->of_node)
        return err_set(ERR_INVALID, "--machine is about this machine alone, "
                                    "--of-node about the node's: one of the "
                                    "two");
    output_list(&cli->output, "nothing was checked");
    if (given->of_node)
        status = doctor_of_node(&doctor);
    else
        look(&doctor, given->machine);
    if (status)
        return status;
    output_print(&cli->output);
    *cli->hint = 0;
    if (doctor.failures)
        return err_set(ERR_STATE, "%u checks failed", doctor.failures);
    err_clear();
    return 0;
}

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "say what this machine has for running tasks, and what not",
    .details = "Ends with status 1 if something is missing that nothing works "
               "without.",
    .options = doctor_options,
    .values_size = sizeof(struct doctor_values),
    .uses = COMMAND_RPC | COMMAND_KEY | COMMAND_NODE,
    .run = run,
};
