/* _describe for the words of commands, _arguments for their options. */
#include "cli/completion_words.h"

#include <stdio.h>
#include <string.h>

static void zsh_option(const struct option *option)
{
    static const char *const actions[] = {[VALUE_ANY] = " ",
                                          [VALUE_FILE] = "_files",
                                          [VALUE_FOLDER] = "_files -/",
                                          [VALUE_LEVEL] = ("(" LEVELS ")")};
    enum value_kind kind = completion_value(option);
    const char *again = option->kind == OPTION_LIST ? "*" : "";

    for (int form = option->letter ? 0 : 1; form < 2; form++) {
        fputs(" \\\n            ", stdout);
        if (form)
            printf("'%s--%s%s'", again, option->name, kind ? "=" : "");
        else
            printf("'%s-%c%s'", again, option->letter, kind ? "+" : "");
        fputs("'['", stdout);
        completion_quote(option->help, "[]:\\");
        fputs("']'", stdout);
        if (kind)
            printf("':%s:%s'", option->argument, actions[kind]);
    }
}

static void zsh_command(const struct command *command)
{
    const struct option *option;
    struct completion_walk walk;

    printf("    '%s')\n        _arguments -S", command->name);
    completion_begin(&walk, command);
    while ((option = completion_next(&walk)))
        zsh_option(option);
    if (completion_arguments(command))
        fputs(" \\\n            '*:file:_files'", stdout);
    else if (*command->arguments)
        fputs(" \\\n            '*: : '", stdout);
    fputs(" ;;\n", stdout);
}

static void zsh_word(const char *word, size_t size, const char *summary)
{
    printf("            '%.*s:'", (int)size, word);
    completion_quote(summary, ":\\");
    putchar('\n');
}

static void zsh_seconds(const struct command *const *table, const char *first,
                        size_t size)
{
    printf("    %.*s)\n        list=(\n", (int)size, first);
    for (; *table; table++) {
        const char *second = completion_second(*table);

        if (completion_is_of(*table, first, size))
            zsh_word(second, strlen(second), (*table)->summary);
    }
    fputs("        ) ;;\n", stdout);
}

void completion_zsh(const struct command *const *table)
{
    fputs("#compdef pond\n"
          "# Completion of pond for zsh; made by `pond completion zsh`.\n"
          "_pond() {\n"
          "    local command=${words[2]} two=\"${words[2]} ${words[3]}\"\n"
          "    local -a list\n"
          "    if (( CURRENT == 2 )); then\n"
          "        list=(\n",
          stdout);
    for (size_t i = 0; table[i]; i++)
        if (completion_is_new(table, i))
            zsh_word(table[i]->name, completion_first_size(table[i]),
                     completion_summary(table[i]));
    fputs("        )\n"
          "        _describe command list\n"
          "        return\n"
          "    fi\n"
          "    if (( CURRENT == 3 )); then\n"
          "        case $command in\n",
          stdout);
    for (size_t i = 0; table[i]; i++) {
        size_t size = completion_first_size(table[i]);

        if (completion_is_new(table, i) &&
            completion_is_group(table, table[i]->name, size))
            zsh_seconds(table, table[i]->name, size);
    }
    fputs("        esac\n"
          "        (( $#list )) && _describe command list\n"
          "    fi\n"
          "    if (( CURRENT > 3 )); then\n"
          "        case $two in\n"
          "        ",
          stdout);
    for (size_t i = 0, count = 0; table[i]; i++)
        if (completion_second(table[i]))
            printf("%s'%s'", count++ ? "|" : "", table[i]->name);
    fputs(")\n"
          "            command=$two\n"
          "            shift words\n"
          "            (( CURRENT-- )) ;;\n"
          "        esac\n"
          "    fi\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $command in\n",
          stdout);
    for (size_t i = 0; table[i]; i++)
        zsh_command(table[i]);
    fputs("    esac\n"
          "}\n"
          "if [[ $funcstack[1] == _pond ]]; then\n"
          "    _pond \"$@\"\n"
          "else\n"
          "    compdef _pond pond\n"
          "fi\n",
          stdout);
}
