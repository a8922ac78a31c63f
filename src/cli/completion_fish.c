/* A line for each word and option, with the condition under which it counts. */
#include "cli/completion_words.h"

#include <stdio.h>
#include <string.h>

static const char fish_head[] =
    "# Completion of pond for fish; made by `pond completion fish`.\n"
    "complete -c pond -f\n"
    "# Do the words behind pond begin with these?\n"
    "function __pond_at\n"
    "    set -l given (commandline -opc)\n"
    "    set -e given[1]\n"
    "    set -l size (count (string split ' ' -- $argv[1]))\n"
    "    test (count $given) -ge $size; or return 1\n"
    "    test \"$given[1..$size]\" = \"$argv[1]\"\n"
    "end\n"
    "function __pond_alone\n"
    "    test (count (commandline -opc)) -eq $argv[1]\n"
    "end\n";

/* The words of a command that is also a group's name stand for it only where
 * none of the group does. */
static void fish_condition(const struct command *const *table,
                           const struct command *command)
{
    printf(" -n \"__pond_at '%s'", command->name);
    for (; !completion_second(command) && *table; table++)
        if (completion_is_of(*table, command->name, strlen(command->name)))
            printf("; and not __pond_at '%s'", (*table)->name);
    putchar('"');
}

static void fish_command(const struct command *const *table,
                         const struct command *command)
{
    static const char *const actions[] = {
        [VALUE_NONE] = "",
        [VALUE_ANY] = " -x",
        [VALUE_FILE] = " -r -F",
        [VALUE_FOLDER] = " -x -a '(__fish_complete_directories)'",
        [VALUE_LEVEL] = (" -x -a '" LEVELS "'")};
    const struct option *option;
    struct completion_walk walk;

    completion_begin(&walk, command);
    while ((option = completion_next(&walk))) {
        fputs("complete -c pond", stdout);
        fish_condition(table, command);
        printf(" -l %s", option->name);
        if (option->letter)
            printf(" -s %c", option->letter);
        printf("%s -d ", actions[completion_value(option)]);
        completion_quote(option->help, "\\");
        putchar('\n');
    }
    if (completion_arguments(command)) {
        fputs("complete -c pond", stdout);
        fish_condition(table, command);
        fputs(" -F\n", stdout);
    }
}

void completion_fish(const struct command *const *table)
{
    fputs(fish_head, stdout);
    for (size_t i = 0; table[i]; i++) {
        size_t size = completion_first_size(table[i]);
        const char *second = completion_second(table[i]);

        if (completion_is_new(table, i)) {
            printf("complete -c pond -n '__pond_alone 1' -a %.*s -d ",
                   (int)size, table[i]->name);
            completion_quote(completion_summary(table[i]), "\\");
            putchar('\n');
        }
        if (second) {
            printf("complete -c pond -n \"__pond_alone 2; and __pond_at "
                   "'%.*s'\" -a %s -d ",
                   (int)size, table[i]->name, second);
            completion_quote(table[i]->summary, "\\");
            putchar('\n');
        }
    }
    for (size_t i = 0; table[i]; i++)
        fish_command(table, table[i]);
}
