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
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
        doctor_say(doctor, "endpoint", BAD, "%s", err_text());
        return;
    }
    if (session_open(doctor->cli, &session) < 0) {
        doctor_say(doctor, "endpoint", BAD, "%s (from %s)", err_text(),
                   url.source);
    } else {
        int status = client_slot_wait(session.client, CLIENT_PROCESSED, &slot);

        if (!status)
            doctor_say(doctor, "endpoint", GOOD,
                       "%s is at slot %" PRIu64 " (%s)",
                       client_shown_url(session.client), slot, url.source);
        else if (status != ERR_NETWORK && status != ERR_TIMEOUT)
            doctor_say(doctor, "endpoint", WARNING,
                       "%s (%s) is not a settlement "
                       "endpoint: %s",
                       client_shown_url(session.client), url.source,
                       err_text());
        else
            doctor_say(doctor, "endpoint", WARNING,
                       "%s (%s) does not answer; `pond up` starts a network",
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
                   status == ERR_NOT_FOUND ? "%s; `pond wallet new` makes one"
                                           : "%s",
                   err_text());
        return;
    }
    doctor_say(doctor, "wallet", GOOD, "%s in %s, %s", PUBKEY_TEXT(&wallet),
               path.value,
               is_sealed ? "sealed"
                         : "which is not sealed; `pond wallet seal` puts it "
                           "under a passphrase");
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
        doctor_say(doctor, "disk", BAD, "%s", err_text());
    } else {
        progress_size(free_bytes, &size);
        doctor_say(doctor, "disk",
                   free_bytes < DISK_COMFORTABLE ? WARNING : GOOD,
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
        doctor_say(doctor, "esbuild", GOOD, "tasks can be bundled");
    else
        doctor_say(
            doctor, "esbuild", WARNING,
            "not found: needed to bundle tasks (apt-get install esbuild)");
    free(esbuild);
}

/* A warning leaves the status 0, so that scripts can use this to ask whether
 * tasks will run at all. Hints and texts of the single checks are taken back,
 * as their lines hold them. */
static int run(struct cli *cli, const void *values)
{
    struct doctor doctor = {.cli = cli};

    output_list(&cli->output, "nothing was checked");
    /* As a node does, so that what it could have shows. */
    server_make_room();
    uv_loop_init(&doctor.loop);
    doctor_check_worker(&doctor);
    doctor_check_programs(&doctor);
    check_disk(&doctor);
    check_wallet(&doctor);
    check_endpoint(&doctor);
    check_tools(&doctor);
    uv_loop_close(&doctor.loop);
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
    .uses = COMMAND_RPC | COMMAND_KEY,
    .run = run,
};
