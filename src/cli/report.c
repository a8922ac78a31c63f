/*
 * stderr and not stdout, so that what a script reads from stdout is data only.
 * Texts may hold words of an endpoint, a program or the command line: they go
 * to the terminal made harmless.
 */
#include "cli/report.h"
#include "base/error.h"
#include "base/json.h"
#include "base/redact.h"

#include <stdio.h>
#include <string.h>

/* A line of JSON; fields that are NULL are left out. */
static void print_json(const char *error, const char *message, const char *hint,
                       const char *usage)
{
    struct buffer line = {0};
    struct json_writer writer = json_writer_make(&line);

    json_open_object(&writer);
    json_field_text(&writer, "error", error);
    json_field_text(&writer, "message", message);
    if (hint)
        json_field_text(&writer, "hint", hint);
    if (usage)
        json_field_text(&writer, "usage", usage);
    json_close_object(&writer);
    fprintf(stderr, "%s\n", buffer_string(&line));
    buffer_free(&line);
}

/* The text behind what is before it, harmless. */
static void print_line(const char *before, const char *text)
{
    struct buffer line = {0};

    output_harmless(bytes_text(text), "\n\t", &line);
    fprintf(stderr, "%s%s\n", before, buffer_string(&line));
    buffer_free(&line);
}

/* What a server reports is kept by whoever started it: as in its log, no URL
 * has a secret in it. A code without a text is a mistake of what returned it;
 * its name is better than an empty line. */
void report_error(const struct cli *cli, int code)
{
    const char *words = *err_text() ? err_text() : err_name(code);
    char text[REDACT_SIZE_MAX], hint[REDACT_SIZE_MAX];

    redact_urls(words, strlen(words), REDACT_QUERIES, text, sizeof(text));
    redact_urls(cli->hint, strlen(cli->hint), REDACT_QUERIES, hint,
                sizeof(hint));
    if (cli->output.json) {
        print_json(err_name(code), text, *hint ? hint : NULL, NULL);
        return;
    }
    print_line("pond: ", text);
    if (*hint)
        print_line("      ", hint);
}

/* Kept to three lines: what is wrong, what would be right, and where more is
 * said. */
void report_usage(bool json, const struct command *command)
{
    struct buffer name = {0}, usage = {0}, hint = {0};

    buffer_format(&name, "pond %s: ", command->name);
    buffer_format(&usage, "pond %s [OPTION]...%s%s", command->name,
                  *command->arguments ? " " : "", command->arguments);
    buffer_format(&hint, "`pond %s --help` says more", command->name);
    if (json) {
        print_json("usage", err_text(), buffer_string(&hint),
                   buffer_string(&usage));
    } else {
        print_line(buffer_string(&name), err_text());
        fprintf(stderr, "Usage: %s\n%s\n", buffer_string(&usage),
                buffer_string(&hint));
    }
    buffer_free(&name);
    buffer_free(&usage);
    buffer_free(&hint);
}

void report_unknown(bool json, const char *given, const char *nearest)
{
    static const char hint[] = "`pond --help` lists them";
    struct buffer text = {0};

    buffer_format(&text, "there is no command '%s'", given);
    if (nearest)
        buffer_format(&text, "; did you mean `pond %s`?", nearest);
    if (json) {
        print_json("usage", buffer_string(&text), hint, NULL);
    } else {
        print_line("pond: ", buffer_string(&text));
        fprintf(stderr, "      %s\n", hint);
    }
    buffer_free(&text);
}

void report_text(bool json, const char *text)
{
    if (json)
        print_json("error", text, NULL, NULL);
    else
        print_line("pond: ", text);
}
