/*
 * pond service: a node or a validator that the machine starts by itself.
 *
 * install writes a unit for systemd (service_unit.h), uninstall takes it back,
 * status says what systemd says. A unit that somebody else wrote is never
 * changed and never removed: ours begin with a line that says so.
 *
 * The server's own options follow "--" and are checked now, so that a slip of
 * the finger shows here and not in a log at the next boot.
 *
 * Status 3 where there is no unit, 1 where systemctl fails, with its words.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/service_unit.h"
#include "cli/service_words.h"
#include "cli/settings.h"
#include "cli/systemctl.h"

#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

/* Bytes. A unit is two thousand, and what is larger is not ours. */
#define UNIT_SIZE_MAX 65536

struct service_values {
    const char *name, *run_as, *passphrase_file;
    bool user, dry_run, now;
};

#define VALUE(member) offsetof(struct service_values, member)

#define USER_OPTION                                                            \
    {                                                                          \
        "user", 0, OPTION_FLAG, VALUE(user), NULL,                             \
            "of this user's own systemd, not the machine's", 0, 0              \
    }
#define NAME_OPTION                                                            \
    {                                                                          \
        "name", 0, OPTION_TEXT, VALUE(name), "NAME",                           \
            "the unit's (pond-node or pond-validator)", 0, 0                   \
    }
#define DRY_RUN_OPTION(what)                                                   \
    {                                                                          \
        "dry-run", 0, OPTION_FLAG, VALUE(dry_run), NULL, what, 0, 0            \
    }

static const struct option install_options[] = {
    USER_OPTION,
    NAME_OPTION,
    DRY_RUN_OPTION("print the unit, and change nothing"),
    {"now", 0, OPTION_FLAG, VALUE(now), NULL,
     "start it at once, and at each start of the machine", 0, 0},
    {"run-as", 0, OPTION_TEXT, VALUE(run_as), "USER",
     "whom the machine's unit runs as (one made for it)", 0, 0},
    {"passphrase-file", 0, OPTION_TEXT, VALUE(passphrase_file), "FILE",
     "handed to the node as a credential, to open its wallets", 0, 0},
    {0},
};
static const struct option uninstall_options[] = {
    USER_OPTION, NAME_OPTION, DRY_RUN_OPTION("say what would be removed"), {0}};
static const struct option status_options[] = {USER_OPTION, NAME_OPTION, {0}};

/* ---- what it is about ---- */

/* A unit: names belong to it. */
struct unit_place {
    const char *role;
    char *name; /* "pond-node.service" */
    char *path;
};

static void place_free(struct unit_place *place)
{
    free(place->name);
    free(place->path);
}

/* The characters of a unit's name (systemd.unit(5)), without those of paths and
 * templates. */
static int check_name(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    if (!size || name[size] || size > 200 || *name == '.' || *name == '-')
        return err_set(ERR_INVALID,
                       "--name takes letters, digits, '_', '.' and '-', not "
                       "'%.80s'",
                       name);
    return 0;
}

static int place_of(const struct cli *cli, const struct service_values *given,
                    struct unit_place *out)
{
    *out = (struct unit_place){.role = service_words_role(cli)};
    if (strcmp(out->role, "node") != 0 && strcmp(out->role, "validator") != 0)
        return err_set(ERR_INVALID, "'%.80s' is no service: node or validator",
                       out->role);
    int status = given->name ? check_name(given->name) : 0;
    if (status)
        return status;
    out->name = given->name ? mem_format("%s.service", given->name)
                            : mem_format("pond-%s.service", out->role);
    if (given->user) {
        char *rest = mem_format("systemd/user/%s", out->name);
        out->path = settings_config_path(rest);
        free(rest);
    } else {
        out->path = mem_format("/etc/systemd/system/%s", out->name);
    }
    return 0;
}

/* 0 if there is a unit of ours, ERR_NOT_FOUND, or ERR_EXISTS for another's. */
static int look(struct cli *cli, const struct unit_place *place)
{
    struct buffer text = {0};
    int status = file_read(place->path, UNIT_SIZE_MAX, &text);

    if (!status && strncmp(buffer_string(&text), SERVICE_UNIT_MARK,
                           sizeof(SERVICE_UNIT_MARK) - 1)) {
        status = err_set(ERR_EXISTS, "%s was not written by pond", place->path);
        cli_hint(cli, status,
                 "it is left as it is: name another unit with --name, or "
                 "remove it yourself");
    } else if (status == ERR_NOT_FOUND) {
        status = err_set(ERR_NOT_FOUND, "no unit %s is installed", place->name);
        cli_hint(cli, status, "`pond service install` writes one");
    }
    buffer_free(&text);
    return status;
}

/* ---- install ---- */

static int check_install(const struct service_values *given, const char *role)
{
    if (given->user && given->run_as)
        return err_set(ERR_INVALID,
                       "--run-as is for the machine's unit: a user's runs as "
                       "that user");
    if (given->run_as && !getpwnam(given->run_as))
        return err_set(ERR_NOT_FOUND, "there is no user '%.80s'",
                       given->run_as);
    if (given->passphrase_file && strcmp(role, "node") != 0)
        return err_set(ERR_INVALID, "only a node has wallets to open");
    if (given->passphrase_file && *given->passphrase_file != '/')
        return err_set(ERR_INVALID, "--passphrase-file: give an absolute path");
    return 0;
}

static int make_unit(struct cli *cli, const struct service_values *given,
                     const char *role, struct buffer *out)
{
    char program[PATH_MAX];
    size_t size = sizeof(program);
    struct service_words words = {0};
    int status = check_install(given, role);

    if (!status)
        status = service_words_read(cli, role, given->user, &words);
    if (!status && words.folder && !given->user && !given->run_as)
        status = err_set(ERR_INVALID,
                         "--run-as is missing: the user that owns %.200s",
                         words.folder);
    if (!status && uv_exepath(program, &size) != 0)
        status = err_set(ERR_IO, "this program's own path can't be found");
    if (!status) {
        const struct service_unit unit = {
            .role = role,
            .program = program,
            .words = words.words,
            .word_count = words.count,
            .is_user = given->user,
            .run_as = given->run_as,
            .folder = words.folder,
            .state_folder = words.state_folder,
            .passphrase_file = given->passphrase_file,
        };
        service_unit_write(&unit, out);
    }
    service_words_free(&words);
    return status;
}

static int write_unit(struct cli *cli, const struct unit_place *place,
                      struct bytes text)
{
    int status = look(cli, place);

    if (status == ERR_EXISTS)
        return status;
    err_clear();
    *cli->hint = 0;
    char *folder = file_parent(place->path);
    status = file_make_folder(folder, 0755);
    free(folder);
    if (!status)
        status = file_replace(place->path, text, 0644);
    if (status && geteuid() != 0)
        cli_hint(cli, status,
                 "the machine's units are root's: use sudo, or install one of "
                 "your own with --user");
    return status;
}

/* systemd-logind keeps a file for each user whose services outlive sessions
 * (loginctl(1), enable-linger). */
static bool lingers(void)
{
    const struct passwd *who = getpwuid(geteuid());
    char *path =
        mem_format("/var/lib/systemd/linger/%s", who ? who->pw_name : "");
    bool is_there = who && file_exists(path);

    free(path);
    return is_there;
}

/* One that runs is started anew: with --now its options count now, too. */
static int enable(const struct cli *cli, const struct service_values *given,
                  const struct unit_place *place)
{
    const char *const words[] = {"enable", place->name, NULL};
    const char *const restart[] = {"restart", place->name, NULL};

    if (!given->now) {
        cli_say(cli,
                "start it, and with it each time: systemctl %senable "
                "--now %s; one that runs takes its new options at a restart",
                given->user ? "--user " : "", place->name);
        return 0;
    }
    int status = systemctl(given->user, words, NULL);
    return status ? status : systemctl(given->user, restart, NULL);
}

/* Where systemd does not run, in a container or an image that is being built,
 * the unit is written all the same. */
static int put_to_work(struct cli *cli, const struct service_values *given,
                       const struct unit_place *place)
{
    const char *const reload[] = {"daemon-reload", NULL};

    if (!systemctl_is_there()) {
        cli_say(cli, "systemd does not run here: the unit counts from the "
                     "next start of a machine that has it");
        return 0;
    }
    int status = systemctl(given->user, reload, NULL);
    if (!status)
        status = enable(cli, given, place);
    if (!status && given->user && !lingers())
        cli_say(cli, "a user's services end with the last session, unless: "
                     "loginctl enable-linger");
    return status;
}

static void print_unit(struct cli *cli, const struct unit_place *place,
                       struct buffer *text)
{
    if (!cli->output.json) {
        printf("# %s\n%s", place->path, buffer_string(text));
        return;
    }
    output_text(&cli->output, "path", place->path);
    output_text(&cli->output, "unit", buffer_string(text));
    output_record(&cli->output);
    output_print(&cli->output);
}

static void print_place(struct cli *cli, const struct unit_place *place,
                        const char *state)
{
    output_text(&cli->output, "service", place->name);
    output_text(&cli->output, "path", place->path);
    output_text(&cli->output, "state", state);
    output_record(&cli->output);
    output_print(&cli->output);
}

static int run_install(struct cli *cli, const void *values)
{
    const struct service_values *given = values;
    struct unit_place place;
    struct buffer text = {0};
    int status = place_of(cli, given, &place);

    if (!status)
        status = make_unit(cli, given, place.role, &text);
    if (!status && given->dry_run) {
        print_unit(cli, &place, &text);
    } else if (!status) {
        status = write_unit(cli, &place, buffer_view(&text));
        if (!status)
            status = put_to_work(cli, given, &place);
        if (!status)
            print_place(cli, &place, "installed");
    }
    buffer_free(&text);
    place_free(&place);
    return status;
}

const struct command command_service_install = {
    .name = "service install",
    .arguments = "[node|validator] [-- OPTION...]",
    .summary = "write a systemd unit for a node or a validator",
    .details = "What follows -- are options of `pond node` or `pond "
               "validator`. The unit takes from the server what it does not "
               "need. A unit of the same name that pond did not write is left "
               "alone.",
    .options = install_options,
    .values_size = sizeof(struct service_values),
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .run = run_install,
};

/* ---- uninstall ---- */

/* The server is ended first: systemd forgets how, once the unit is gone. */
static int run_uninstall(struct cli *cli, const void *values)
{
    const struct service_values *given = values;
    struct unit_place place;
    int status = place_of(cli, given, &place);

    if (!status)
        status = look(cli, &place);
    if (!status && !given->dry_run) {
        const char *const disable[] = {"disable", "--now", place.name, NULL};
        const char *const reload[] = {"daemon-reload", NULL};

        if (systemctl_is_there())
            status = systemctl(given->user, disable, NULL);
        if (!status && unlink(place.path) != 0)
            status = err_errno("can't remove %s", place.path);
        if (!status && systemctl_is_there())
            status = systemctl(given->user, reload, NULL);
    }
    if (!status)
        print_place(cli, &place,
                    given->dry_run ? "would be removed" : "removed");
    place_free(&place);
    return status;
}

const struct command command_service_uninstall = {
    .name = "service uninstall",
    .arguments = "[node|validator]",
    .summary = "stop the service and remove its unit",
    .details = "Wallets, stakes and what is stored stay as they are.",
    .options = uninstall_options,
    .values_size = sizeof(struct service_values),
    .arguments_max = 1,
    .run = run_uninstall,
};

/* ---- status ---- */

/* "Name=value" lines of `systemctl show`; "" for one that is not there. The
 * value ends the line in place. */
static const char *property(char *text, const char *name)
{
    size_t size = strlen(name);

    for (char *line = text; *line; line += strlen(line) + 1) {
        if (!strncmp(line, name, size) && line[size] == '=')
            return line + size + 1;
    }
    return "";
}

static int print_status(struct cli *cli, const struct service_values *given,
                        const struct unit_place *place)
{
    const char *const show[] = {
        "show", "-p",
        ("ActiveState,SubState,UnitFileState,MainPID,StatusText,"
         "NRestarts,Result"),
        place->name, NULL};
    struct buffer text = {0};
    int status = systemctl(given->user, show, &text);

    if (!status) {
        char *lines = mem_zero(1, text.size + 2);

        memcpy(lines, text.data, text.size);
        for (char *at = lines; *at; at++)
            *at = *at == '\n' ? 0 : *at;
        output_text(&cli->output, "service", place->name);
        output_text(&cli->output, "path", place->path);
        output_text(&cli->output, "state", property(lines, "ActiveState"));
        output_text(&cli->output, "sub_state", property(lines, "SubState"));
        output_text(&cli->output, "enabled", property(lines, "UnitFileState"));
        output_text(&cli->output, "pid", property(lines, "MainPID"));
        output_text(&cli->output, "restarts", property(lines, "NRestarts"));
        output_text(&cli->output, "result", property(lines, "Result"));
        output_text(&cli->output, "says", property(lines, "StatusText"));
        output_record(&cli->output);
        output_print(&cli->output);
        free(lines);
    }
    buffer_free(&text);
    return status;
}

static int run_status(struct cli *cli, const void *values)
{
    const struct service_values *given = values;
    struct unit_place place;
    int status = place_of(cli, given, &place);

    if (!status)
        status = look(cli, &place);
    if (!status && systemctl_is_there())
        status = print_status(cli, given, &place);
    else if (!status)
        print_place(cli, &place, "installed, systemd does not run here");
    place_free(&place);
    return status;
}

const struct command command_service_status = {
    .name = "service status",
    .arguments = "[node|validator]",
    .summary = "print what systemd says of the service",
    .options = status_options,
    .values_size = sizeof(struct service_values),
    .arguments_max = 1,
    .run = run_status,
};
