#include "cli/completion_words.h"

#include <stdio.h>
#include <string.h>

static bool has_word(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strstr(text, *words))
            return true;
    return false;
}

static enum value_kind kind_of_name(const char *name)
{
    static const char *const folders[] = {"DIR", "FOLDER", "STORE", NULL};
    static const char *const files[] = {"FILE", "PATH", "CONFIG", NULL};

    if (has_word(name, folders))
        return VALUE_FOLDER;
    if (has_word(name, files))
        return VALUE_FILE;
    return strcmp(name, "LEVEL") ? VALUE_ANY : VALUE_LEVEL;
}

enum value_kind completion_value(const struct option *option)
{
    return option->argument ? kind_of_name(option->argument) : VALUE_NONE;
}

/* Does the command take files as arguments? */
enum value_kind completion_arguments(const struct command *command)
{
    enum value_kind kind = kind_of_name(command->arguments);

    return kind == VALUE_FILE || kind == VALUE_FOLDER ? VALUE_FILE : VALUE_NONE;
}

void completion_begin(struct completion_walk *walk,
                      const struct command *command)
{
    *walk = (struct completion_walk){0};
    /* Nothing is parsed into the values. */
    walk->sets = command_sets(command, &walk->common, &walk->common);
}

static bool is_hidden(const struct completion_walk *walk, const char *name)
{
    for (size_t i = 0; i < walk->set; i++)
        for (const struct option *at = walk->sets.sets[i].options; at->name;
             at++)
            if (!strcmp(at->name, name))
                return true;
    return false;
}

const struct option *completion_next(struct completion_walk *walk)
{
    while (walk->set < walk->sets.count) {
        const struct option *option =
            &walk->sets.sets[walk->set].options[walk->at++];

        if (!option->name) {
            walk->set++;
            walk->at = 0;
        } else if (!is_hidden(walk, option->name)) {
            return option;
        }
    }
    return NULL;
}

/* ---- words of commands ---- */

size_t completion_first_size(const struct command *command)
{
    return strcspn(command->name, " ");
}

/* The second word; NULL if there is none. */
const char *completion_second(const struct command *command)
{
    size_t size = completion_first_size(command);

    return command->name[size] ? command->name + size + 1 : NULL;
}

/* Does no command before this one begin with the same word? */
bool completion_is_new(const struct command *const *table, size_t index)
{
    size_t size = completion_first_size(table[index]);

    for (size_t i = 0; i < index; i++)
        if (completion_first_size(table[i]) == size &&
            !memcmp(table[i]->name, table[index]->name, size))
            return false;
    return true;
}

/* Is it of the group that this first word names? */
bool completion_is_of(const struct command *command, const char *first,
                      size_t size)
{
    return completion_first_size(command) == size &&
           !memcmp(command->name, first, size) && completion_second(command);
}

bool completion_is_group(const struct command *const *table, const char *first,
                         size_t size)
{
    for (; *table; table++)
        if (completion_is_of(*table, first, size))
            return true;
    return false;
}

/* What a group's name alone says in a list. */
const char *completion_summary(const struct command *command)
{
    return completion_second(command) ? "commands of it follow"
                                      : command->summary;
}

/* In single quotes, with a backslash before what is special to the reader of
 * the text itself. */
void completion_quote(const char *text, const char *special)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\'", stdout);
        else if (strchr(special, *text))
            putchar('\\');
        putchar(*text);
    }
    putchar('\'');
}
