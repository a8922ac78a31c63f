/* How a command speaks to its user; errors are main.c's. */
#include "cli/cli.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"

#include <stdarg.h>
#include <unistd.h>

/* The code passes through so that a failing call and its hint make one return
 * statement. The text is cut at the size of cli->hint. */
int cli_hint(struct cli *cli, int code, const char *format, ...)
{
    CHECK(code < 0);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(cli->hint, sizeof(cli->hint), format, arguments);
    va_end(arguments);
    return code;
}

int cli_choose_network(struct cli *cli, const char *given)
{
    settings_free(&cli->network);
    int status = settings_network(given, &cli->network);

    cli->place.network = cli->network.value;
    cli->place.network_source = cli->network.source;
    cli->place.is_near = given;
    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status, "`pond network add NAME URL` makes one known");
    return status;
}

static void print_progress(unsigned step, unsigned of, const char *format,
                           va_list arguments)
{
    char text[512];
    struct buffer line = {0};
    struct json_writer writer = json_writer_make(&line);

    vsnprintf(text, sizeof(text), format, arguments);
    json_open_object(&writer);
    json_name(&writer, "doing");
    json_write_bytes(&writer, bytes_text(text));
    if (of) {
        json_field_u64(&writer, "step", step);
        json_field_u64(&writer, "of", of);
    }
    json_close_object(&writer);
    fprintf(stderr, "%s\n", buffer_string(&line));
    buffer_free(&line);
}

void cli_step(const struct cli *cli, unsigned step, unsigned of,
              const char *format, ...)
{
    va_list arguments;

    if (!cli->progress || cli->quiet)
        return;
    va_start(arguments, format);
    print_progress(step, of, format, arguments);
    va_end(arguments);
}

/* Remarks go to stderr: stdout holds the result alone, whether it is read by a
 * person or by a program. */
void cli_say(const struct cli *cli, const char *format, ...)
{
    va_list arguments;

    if (cli->quiet || (cli->output.json && !cli->progress))
        return;
    va_start(arguments, format);
    if (cli->progress) {
        print_progress(0, 0, format, arguments);
    } else {
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
    }
    va_end(arguments);
}

/* A pipe or a file gets none: carriage returns there are noise. */
bool cli_shows_progress(const struct cli *cli)
{
    return !cli->quiet && !cli->output.json && isatty(STDERR_FILENO) == 1;
}
