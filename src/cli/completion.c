/*
 * pond completion: what a shell needs to complete the command line.
 *
 * The scripts are made from the tables that the parser and the help read
 * (command.h, command_options.h), so they know every command and every option
 * and no other. They hold it all: a shell asks no program at each Tab.
 *
 * A command is the first word or the first two, as main() finds it; the longest
 * counts. Behind it come its options, and files where an option or an argument
 * takes one.
 */
#include "base/check.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/completion_words.h"

#include <string.h>

static int run(struct cli *cli, const void *values)
{
    static const struct {
        const char *name;
        void (*write)(const struct command *const *table);
    } shells[] = {{"bash", completion_bash},
                  {"zsh", completion_zsh},
                  {"fish", completion_fish}};

    CHECK(cli->commands);
    for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
        if (!strcmp(cli->arguments[0], shells[i].name)) {
            shells[i].write(cli->commands);
            return 0;
        }
    }
    return err_set(ERR_INVALID,
                   "'%.80s' is no shell that this knows: bash, "
                   "zsh or fish",
                   cli->arguments[0]);
}

const struct command command_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .summary = "print what makes a shell complete pond's commands",
    .details = "An installation has it in place. By hand: source <(pond "
               "completion bash); the same with zsh; pond completion fish | "
               "source.",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
