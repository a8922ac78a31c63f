/*
 * pond: finds the command, reads its options, runs it, and says how it went.
 *
 * This is the one place that reports errors and chooses exit statuses. A
 * command returns an error code with its text in err_text() and, where there
 * is something the user can do, a hint; here both become two lines on stderr,
 * or one JSON object.
 *
 * Commands are found by their words ("task create"), the longest match first.
 * command_options.h has the options of each. Nothing is parsed twice and no
 * command parses anything itself.
 *
 * The order of things in one run, and what the user sees if it fails:
 *
 * 1. --help, help and --version as the first word: text on stdout, status 0.
 * 2. The command is looked for. None: the nearest name, or the group's list; 2.
 * 3. The options are parsed, the arguments counted, the log set up. A mistake:
 *    what is wrong, the usage line and where more is said; 2.
 * 4. The command runs. An error of its own: its text and a hint, with the
 *    status that exit_status() gives it. An argument that only the command can
 *    judge (an amount, an address) is such an error and ends with 1, not 2.
 * 5. stdout is flushed. If something of it was not written: 1, if all else went
 *    well.
 *
 * Everything that was allocated is freed at the end, so that a leak checker
 * sees the leaks of commands.
 *
 * Threads: this one. Servers start others inside run(), and none of them comes
 * here.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/command_options.h"
#include "cli/report.h"
#include "cli/server.h"
#include "crypto/key.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* A mistyped command nearer than this to a known one, in letters to be changed,
 * is worth asking about: two are a slip of the finger, three another word. */
#define NEAR_ENOUGH 3

/* Several codes share a status on purpose: scripts act on few distinctions, and
 * these few are promised in the man page. What has no number of its own is 1: a
 * script can't do anything else about a full disk than about a corrupt one.
 * ERR_CLOSED is 4 because it is what a child or a connection that went away
 * gives. */
static int exit_status(int code)
{
    CHECK(code <= 0);
    switch (code) {
    case 0:
        return STATUS_OK;
    case ERR_NOT_FOUND:
        return STATUS_NOT_FOUND;
    case ERR_NETWORK:
    case ERR_CLOSED:
        return STATUS_NETWORK;
    case ERR_REMOTE:
        return STATUS_REFUSED;
    case ERR_TIMEOUT:
        return STATUS_TIMEOUT;
    case ERR_BUSY:
        return STATUS_BUSY;
    case ERR_CANCELLED:
        return STATUS_INTERRUPTED;
    default:
        return STATUS_FAILED;
    }
}

/* Made from the tables that the parser uses, so the help can't name an option
 * that is not there or leave one out. Nothing is parsed here, so common stands
 * in for the command's own values, too: it is not written to. */
static void print_help(const struct command *command)
{
    CHECK(command);
    struct command_common common;
    struct command_sets all = command_sets(command, &common, &common);
    struct buffer text = {0};

    buffer_format(&text, "Usage: pond %s [OPTION]...%s%s\n\n", command->name,
                  *command->arguments ? " " : "", command->arguments);
    buffer_format(&text, "%c%s.\n", toupper((uint8_t)*command->summary),
                  command->summary + 1);
    if (command->details) {
        buffer_text(&text, "\n");
        options_wrap(command->details, 0, &text);
    }
    buffer_text(&text, "\nOptions:\n");
    options_help(all.sets, all.count, &text);
    fputs(buffer_string(&text), stdout);
    buffer_free(&text);
}

/* The commands whose names begin with this word; NULL: all. */
static void print_commands(FILE *stream, const char *group)
{
    size_t size = group ? strlen(group) : 0;

    for (const struct command *const *at = commands; *at; at++) {
        const struct command *command = *at;

        if (!group || (!strncmp(command->name, group, size) &&
                       command->name[size] == ' '))
            fprintf(stream, "  %-20s  %s\n", command->name, command->summary);
    }
}

/* On stdout when it was asked for, on stderr when it stands in for a missing
 * command. */
static void print_overview(FILE *stream)
{
    fputs("Usage: pond COMMAND [OPTION]... [ARGUMENT]...\n"
          "\n"
          "A network of task nodes: programs in JavaScript that many devices "
          "run, proofs\non a blockchain, evidence in content-addressed "
          "storage.\n"
          "\n"
          "Commands:\n",
          stream);
    print_commands(stream, NULL);
    fputs("\n`pond COMMAND --help` says more about each; `pond --version` "
          "prints the version.\n"
          "Exit status: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 no "
          "connection,\n5 refused by the other side, 6 timed out, 7 in use "
          "by another program,\n130 interrupted.\n",
          stream);
}

/* `pond wallet` alone names no command but is no mistake either: it gets the
 * list of its commands. */
static bool is_group(const char *word)
{
    size_t size = strlen(word);

    for (const struct command *const *at = commands; *at; at++) {
        if (!strncmp((*at)->name, word, size) && (*at)->name[size] == ' ')
            return true;
    }
    return false;
}

/* The command whose words argv begins with (after the program's name); *words
 * is how many those are. The longest match counts. Words are compared whole:
 * "task" and "task creat" find nothing, and no abbreviation is ever taken,
 * because it could mean another command in the next version. */
static const struct command *find_command(int argc, char **argv, int *words)
{
    const struct command *found = NULL;

    *words = 0;
    for (const struct command *const *at = commands; *at; at++) {
        const char *rest = (*at)->name;
        int used = 0;

        while (rest && used + 1 < argc) {
            size_t size = strcspn(rest, " ");

            if (strlen(argv[used + 1]) != size ||
                memcmp(argv[used + 1], rest, size))
                break;
            used++;
            rest = rest[size] ? rest + size + 1 : NULL;
        }
        if (!rest && used > *words) {
            *words = used;
            found = *at;
        }
    }
    return found;
}

/* Before anything is parsed, and where parsing has failed: was JSON asked for?
 * The value of an option may be the same word; then an error is in JSON that
 * need not be. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (!strcmp(argv[i], "--json"))
            return true;
    }
    return false;
}

/* A word that begins commands and is none itself: the list of those commands
 * stands in for an error's text. A wrong second word is an error like another.
 */
static int group_alone(int argc, char **argv, bool json)
{
    bool asked =
        argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h"));
    bool named = argc > 2 && !asked && strcmp(argv[2], "--json") != 0;
    char given[80];

    snprintf(given, sizeof(given), "%s%s%s", argv[1], named ? " " : "",
             named ? argv[2] : "");
    if (json && !asked) {
        report_unknown(json, given, NULL);
        return STATUS_USAGE;
    }
    if (named)
        fprintf(stderr, "pond: there is no command '%s'\n", given);
    fprintf(asked ? stdout : stderr,
            "Usage: pond %s COMMAND [OPTION]...\n\nCommands:\n", argv[1]);
    print_commands(asked ? stdout : stderr, argv[1]);
    return asked ? STATUS_OK : STATUS_USAGE;
}

/* Asks about the nearest name, because most unknown commands are a slip of the
 * finger. Only first words are compared: where the first word is right, the
 * short list of its commands is printed. 2 in either case, but for `pond wallet
 * --help`. */
static int unknown_command(int argc, char **argv)
{
    CHECK(argc > 1);
    const char *nearest_name = NULL;
    unsigned nearest = NEAR_ENOUGH;
    bool json = wants_json(argc, argv);
    char given[80];

    if (is_group(argv[1]))
        return group_alone(argc, argv, json);
    snprintf(given, sizeof(given), "%s", argv[1]);
    for (const struct command *const *at = commands; *at; at++) {
        char first[32];
        unsigned distance;

        snprintf(first, sizeof(first), "%.*s", (int)strcspn((*at)->name, " "),
                 (*at)->name);
        distance = options_distance(given, first);
        if (distance < nearest) {
            nearest = distance;
            nearest_name = (*at)->name;
        }
    }
    report_unknown(json, given, nearest_name);
    return STATUS_USAGE;
}

/* How many arguments there may be stands in the table, so no command counts
 * them itself. The limits are the table's (command.h); err_text() is for
 * report_usage(). */
static int check_arguments(const struct command *command, const struct cli *cli)
{
    CHECK(command);

    if (cli->argument_count < command->arguments_min)
        return err_set(ERR_INVALID, "%s",
                       cli->argument_count ? "an argument is missing"
                                           : "what it is about is missing");
    if (cli->argument_count > command->arguments_max)
        return err_set(ERR_INVALID, "'%s' is one argument too many",
                       cli->arguments[command->arguments_max]);
    return 0;
}

/* Servers log what they do. Other commands log only what went wrong, because
 * their result says the rest. An empty POND_LOG counts as none. A wrong one is
 * reported as a wrong --log-level. */
static int configure_log(const struct command *command,
                         const struct command_common *common)
{
    const char *level = common->log_level;

    if (!level)
        level = getenv("POND_LOG");
    if (!level || !*level)
        level = command->uses & COMMAND_SERVER ? "info" : "warn";
    if (log_configure(level) < 0)
        return err_set(ERR_INVALID,
                       "--log-level takes error, warn, info, debug or quiet, "
                       "not '%s'",
                       level);
    return 0;
}

/* A process with keys or passphrases in its memory leaves no core, and no other
 * process of the user looks into it. */
static void keep_secrets(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void take_common(struct cli *cli, const struct command_common *common)
{
    cli->output.json = common->json;
    cli->quiet = common->quiet;
    cli->progress = common->progress;
    cli->place.rpc = common->rpc;
    cli->key_path = common->key_path;
    cli->node_folder = common->node_folder;
    cli->passphrase.file = common->passphrase_file;
    cli->passphrase.may_ask = true;
}

/* Values of options live as long as the command runs and are zeros or the
 * command's defaults before parsing. --help wins over every mistake that is
 * made after it or with the arguments; at an option before it that can't be
 * read, parsing has ended. */
static int run(const struct command *command, int argc, char **argv)
{
    CHECK(command->run);
    struct cli cli = {.commands = commands};
    struct command_common common = {0};
    struct passphrase said = {0};
    /* A byte more, so that a command without options has values, too. */
    void *values = mem_zero(1, command->values_size + 1);
    char *credential = NULL;
    struct command_sets all = command_sets(command, values, &common);
    int status, code;

    if (command->defaults)
        memcpy(values, command->defaults, command->values_size);
    cli.arguments = mem_zero((size_t)argc, sizeof(*cli.arguments));
    status = options_parse(all.sets, all.count, argc, argv, cli.arguments,
                           &cli.argument_count);
    if (common.help) {
        print_help(command);
        code = STATUS_OK;
        goto done;
    }
    if (status || check_arguments(command, &cli) < 0 ||
        configure_log(command, &common) < 0) {
        report_usage(wants_json(argc, argv), command);
        code = STATUS_USAGE;
        goto done;
    }
    take_common(&cli, &common);
    /* A server keeps no copy of it for as long as it runs. */
    if (!(command->uses & COMMAND_SERVER))
        cli.passphrase.said = &said;
    if (command->uses & COMMAND_SECRET && !common.passphrase_file)
        cli.passphrase.file = credential = passphrase_credential();
    if (command->uses & COMMAND_SECRET && !(command->uses & COMMAND_SERVER))
        keep_secrets();

    /* For every command, because it takes no time. */
    crypto_init();
    status = server_tie_to_parent();
    if (!status && command->uses & COMMAND_OF_NETWORK)
        status = cli_choose_network(&cli, common.network);
    if (!status)
        status = command->run(&cli, values);
    CHECK(status <= 0);
    code = exit_status(status);
    if (status)
        report_error(&cli, status);
done:
    output_drop(&cli.output);
    settings_free(&cli.network);
    passphrase_wipe(&said);
    free(credential);
    free(cli.arguments);
    free(values);
    return code;
}

/* A full disk or a closed pipe at the end of stdout is a failure, too,
 * whichever write failed: commands flush as they go, and stdio does not try
 * again here what it could not write then. A failure with a reason of its own
 * has been reported. */
static int finish(int code, bool json)
{
    bool failed = fflush(stdout) != 0;

    if ((!failed && !ferror(stdout)) || code != STATUS_OK)
        return code;
    report_text(json, "the output could not be written");
    return STATUS_FAILED;
}

/* Without a command there is nothing to do, which is an error for a script and
 * a request for help from a person. The three words that are no command
 * (--help, help, --version) count in the first place only; after a command they
 * are its options or arguments. */
int main(int argc, char **argv)
{
    int words;
    bool json = wants_json(argc, argv);

    /* Before anything has been freed (memory.h). */
    mem_give_back();
    if (argc < 2) {
        print_overview(stderr);
        return STATUS_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
        !strcmp(argv[1], "help")) {
        print_overview(stdout);
        return finish(STATUS_OK, json);
    }
    if (!strcmp(argv[1], "--version")) {
        puts("pond " POND_VERSION);
        return finish(STATUS_OK, json);
    }
    const struct command *command = find_command(argc, argv, &words);
    if (!command)
        return finish(unknown_command(argc, argv), json);
    return finish(run(command, argc - words, argv + words), json);
}
