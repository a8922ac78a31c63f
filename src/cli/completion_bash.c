/* bash has no descriptions: words and options, by the command. */
#include "cli/completion_words.h"

#include <stdio.h>
#include <string.h>

static const char bash_head[] =
    "# Completion of pond for bash; made by `pond completion bash`.\n"
    "_pond() {\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} "
    "previous=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local command= words= options= files= folders= levels= any=\n"
    "    local arguments=\n"
    "    # \"--name=value\" comes as three words.\n"
    "    if [[ $current == = ]]; then\n"
    "        current=\n"
    "    elif [[ $previous == = ]]; then\n"
    "        previous=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n"
    "    ((COMP_CWORD > 1)) && command=${COMP_WORDS[1]}\n"
    "    if ((COMP_CWORD > 2)); then\n"
    "        case \"$command ${COMP_WORDS[2]}\" in\n";

static const char bash_tail[] =
    "    esac\n"
    "    COMPREPLY=()\n"
    "    if [[ \" $files \" == *\" $previous \"* ]]; then\n"
    "        compopt -o filenames\n"
    "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
    "    elif [[ \" $folders \" == *\" $previous \"* ]]; then\n"
    "        compopt -o filenames\n"
    "        COMPREPLY=($(compgen -d -- \"$current\"))\n"
    "    elif [[ \" $levels \" == *\" $previous \"* ]]; then\n"
    "        COMPREPLY=($(compgen -W \"" LEVELS "\" -- \"$current\"))\n"
    "    elif [[ \" $any \" == *\" $previous \"* ]]; then\n"
    "        return\n"
    "    elif [[ $current == -* ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
    "    else\n"
    "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
    "        if [[ -n $arguments ]]; then\n"
    "            compopt -o filenames\n"
    "            COMPREPLY+=($(compgen -f -- \"$current\"))\n"
    "        fi\n"
    "    fi\n"
    "}\n"
    "complete -F _pond pond\n";

/* Options whose values are of this kind, as both of their spellings. */
static void bash_values(const struct command *command, enum value_kind kind,
                        const char *name)
{
    const struct option *option;
    struct completion_walk walk;

    printf(" %s=\"", name);
    completion_begin(&walk, command);
    while ((option = completion_next(&walk))) {
        if (completion_value(option) != kind)
            continue;
        printf("--%s ", option->name);
        if (option->letter)
            printf("-%c ", option->letter);
    }
    putchar('"');
}

static void bash_options(const struct command *command)
{
    const struct option *option;
    struct completion_walk walk;

    fputs(" options=\"", stdout);
    completion_begin(&walk, command);
    while ((option = completion_next(&walk)))
        printf("--%s ", option->name);
    putchar('"');
    bash_values(command, VALUE_FILE, "files");
    bash_values(command, VALUE_FOLDER, "folders");
    bash_values(command, VALUE_LEVEL, "levels");
    bash_values(command, VALUE_ANY, "any");
    if (completion_arguments(command))
        fputs(" arguments=files", stdout);
}

/* The words behind a first one; only there. */
static void bash_seconds(const struct command *const *table, const char *first,
                         size_t size)
{
    fputs(" ((COMP_CWORD == 2)) && words=\"", stdout);
    for (; *table; table++)
        if (completion_is_of(*table, first, size))
            printf("%s ", completion_second(*table));
    fputs("--help\";", stdout);
}

void completion_bash(const struct command *const *table)
{
    fputs(bash_head, stdout);
    for (size_t i = 0; table[i]; i++)
        if (completion_second(table[i]))
            printf("        \"%s\") command=\"%s\" ;;\n", table[i]->name,
                   table[i]->name);
    fputs("        esac\n"
          "    fi\n"
          "    case $command in\n"
          "    '') words=\"",
          stdout);
    for (size_t i = 0; table[i]; i++)
        if (completion_is_new(table, i))
            printf("%.*s ", (int)completion_first_size(table[i]),
                   table[i]->name);
    fputs("help\" options=\"--help --version\" ;;\n", stdout);
    for (size_t i = 0; table[i]; i++) {
        size_t size = completion_first_size(table[i]);

        if (completion_is_new(table, i) &&
            completion_is_group(table, table[i]->name, size)) {
            printf("    %.*s)", (int)size, table[i]->name);
            bash_seconds(table, table[i]->name, size);
            if (!completion_second(table[i]))
                bash_options(table[i]);
            fputs(" ;;\n", stdout);
            if (!completion_second(table[i]))
                continue;
        }
        printf("    '%s')", table[i]->name);
        bash_options(table[i]);
        fputs(" ;;\n", stdout);
    }
    fputs(bash_tail, stdout);
}
