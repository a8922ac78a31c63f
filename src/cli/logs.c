/*
 * pond task logs and pond node logs: what a task and its node wrote.
 *
 * The files in the node's folder are read, not the node asked: a log is wanted
 * most when the node does not run, and one that is followed costs the node
 * nothing. Rotation is the reader's business (log_reader.h).
 *
 * Both commands take the same options: which lines, how many, where to. Lines
 * without a head of their own, such as those of a stack, go with the line that
 * has one.
 *
 * Status 3 where there is no log.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/node_face.h"
#include "cli/task.h"
#include "node/task/log_reader.h"

#include <regex.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Lines that are printed where no other number is asked for: a few screens. */
#define LINES_DEFAULT 200
#define LINES_MAX 10000000
/* Between two looks at a log that is followed. */
#define LOOK_MS 250

struct logs_values {
    uint64_t lines;
    const char *since, *grep, *export_path;
    bool follow, ignore_case;
};

#define VALUE(member) offsetof(struct logs_values, member)

static const struct option logs_options[] = {
    {"follow", 'f', OPTION_FLAG, VALUE(follow), NULL,
     "print what comes, until Ctrl-C", 0, 0},
    {"lines", 'n', OPTION_NUMBER, VALUE(lines), "N",
     "the last N lines; 0: all (200; all with --since, --grep or --export)", 0,
     LINES_MAX},
    {"since", 0, OPTION_TEXT, VALUE(since), "WHEN",
     "what is as new: 90s, 10m, 2h, 3d, or a time, 2026-01-31T12:00:00Z", 0, 0},
    {"grep", 'g', OPTION_TEXT, VALUE(grep), "PATTERN",
     "what has a match of this extended regular expression", 0, 0},
    {"ignore-case", 'i', OPTION_FLAG, VALUE(ignore_case), NULL,
     "letters match in either case", 0, 0},
    {"export", 0, OPTION_TEXT, VALUE(export_path), "FILE",
     "write it to a new file instead", 0, 0},
    {0},
};

/* The table's number for "none was given". */
#define LINES_UNSET UINT64_MAX
static const struct logs_values defaults = {.lines = LINES_UNSET};

/* ---- which lines ---- */

struct filter {
    uint64_t since_ms;
    bool has_pattern, was_taken;
    regex_t pattern;
};

/* "90s", "10m", "2h", "3d": milliseconds; 0 for what is none. */
static uint64_t read_duration(const char *text)
{
    static const struct {
        char unit;
        uint64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    size_t size = strlen(text);
    char number[16];
    uint64_t count;

    if (size < 2 || size > sizeof(number))
        return 0;
    memcpy(number, text, size - 1);
    number[size - 1] = 0;
    if (options_number(number, &count) || count > UINT32_MAX)
        return 0;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (text[size - 1] == units[i].unit)
            return count * units[i].ms;
    return 0;
}

/* In UTC, as the log is: a date, or a date and a time. */
static int read_since(const char *text, uint64_t *out)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%SZ",
                                        "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
                                        "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"};
    uint64_t ago_ms = read_duration(text), now_ms = clock_unix_ms();

    if (ago_ms) {
        *out = now_ms > ago_ms ? now_ms - ago_ms : 0;
        return 0;
    }
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct tm tm = {0};
        const char *end = strptime(text, forms[i], &tm);
        time_t seconds = end && !*end ? timegm(&tm) : -1;

        if (seconds >= 0) {
            *out = (uint64_t)seconds * 1000;
            return 0;
        }
    }
    return err_set(ERR_INVALID,
                   "--since takes 90s, 10m, 2h, 3d or a time in UTC such as "
                   "2026-01-31T12:00:00Z, not '%.80s'",
                   text);
}

static int filter_make(const struct logs_values *given, struct filter *out)
{
    char words[200];
    int status = 0;

    *out = (struct filter){0};
    if (given->since)
        status = read_since(given->since, &out->since_ms);
    if (status || !given->grep)
        return status;
    int error = regcomp(&out->pattern, given->grep,
                        REG_EXTENDED | REG_NOSUB |
                            (given->ignore_case ? REG_ICASE : 0));
    if (error) {
        regerror(error, &out->pattern, words, sizeof(words));
        return err_set(ERR_INVALID, "--grep '%.200s': %s", given->grep, words);
    }
    out->has_pattern = true;
    return 0;
}

static void filter_free(struct filter *filter)
{
    if (filter->has_pattern)
        regfree(&filter->pattern);
}

static bool matches(const struct filter *filter, struct bytes text)
{
    regmatch_t range = {.rm_so = 0, .rm_eo = (regoff_t)text.size};

    return !regexec(&filter->pattern, (const char *)text.data, 1, &range,
                    REG_STARTEND);
}

/* A line without a head is taken if it matches itself, or if the line that it
 * belongs to was. */
static bool takes(struct filter *filter, const struct log_line *line)
{
    bool taken = line->time_ms >= filter->since_ms;

    if (taken && filter->has_pattern)
        taken = matches(filter, line->whole) ||
                (!line->has_head && filter->was_taken);
    filter->was_taken = taken;
    return taken;
}

/* ---- what is done with them ---- */

/* The last `most` lines, each ready to be printed. */
struct kept_lines {
    struct buffer *lines;
    size_t most, room, count, next;
};

static void write_time(uint64_t time_ms, struct buffer *out)
{
    char text[CLOCK_TEXT_SIZE];

    buffer_text(out, clock_text(time_ms, text));
}

static void write_json(const struct log_line *line, struct buffer *out)
{
    static const char *const levels[] = {[LOG_ERROR] = "error",
                                         [LOG_WARN] = "warn",
                                         [LOG_INFO] = "info",
                                         [LOG_DEBUG] = "debug"};
    struct json_writer writer = json_writer_make(out);
    struct buffer time = {0};

    json_open_object(&writer);
    if (line->time_ms) {
        write_time(line->time_ms, &time);
        json_field_text(&writer, "time", buffer_string(&time));
    } else {
        json_field_null(&writer, "time");
    }
    json_field_text(&writer, "level", levels[line->level]);
    json_name(&writer, "text");
    json_write_bytes(&writer, line->text);
    json_close_object(&writer);
    buffer_text(out, "\n");
    buffer_free(&time);
}

/* The node keeps C0 controls out of a log, but C1 and what is no UTF-8 may be
 * in it, and the task writes what it likes. */
static void write_line(const struct cli *cli, const struct log_line *line,
                       struct buffer *out)
{
    if (cli->output.json) {
        write_json(line, out);
        return;
    }
    output_harmless(line->whole, "\t", out);
    buffer_text(out, "\n");
}

static void keep(struct kept_lines *kept, const struct cli *cli,
                 const struct log_line *line)
{
    if (kept->count < kept->most && kept->count == kept->room) {
        kept->room = kept->room ? 2 * kept->room : 256;
        if (kept->room > kept->most)
            kept->room = kept->most;
        kept->lines =
            mem_resize(kept->lines, kept->room * sizeof(*kept->lines));
        memset(kept->lines + kept->count, 0,
               (kept->room - kept->count) * sizeof(*kept->lines));
    }
    struct buffer *place = &kept->lines[kept->next];

    buffer_clear(place);
    write_line(cli, line, place);
    kept->next = (kept->next + 1) % kept->most;
    if (kept->count < kept->most)
        kept->count++;
}

static void give_kept(struct kept_lines *kept, struct buffer *out)
{
    size_t first = kept->count < kept->most ? 0 : kept->next;

    for (size_t i = 0; i < kept->count; i++)
        buffer_bytes(out, buffer_view(&kept->lines[(first + i) % kept->most]));
    for (size_t i = 0; i < kept->count; i++)
        buffer_free(&kept->lines[i]);
    free(kept->lines);
    *kept = (struct kept_lines){0};
}

static void print(struct buffer *text)
{
    fwrite(text->data, 1, text->size, stdout);
    fflush(stdout);
    buffer_clear(text);
}

/* Until a signal ends it, or nobody reads what is printed. */
static int follow(struct cli *cli, struct log_reader *reader,
                  struct filter *filter)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    struct buffer text = {0};
    struct log_line line;
    int status = 0;

    while (!ferror(stdout)) {
        status = log_reader_next(reader, &line);
        if (status < 0 && status != ERR_NOT_FOUND)
            break;
        if (status == 1) {
            if (takes(filter, &line))
                write_line(cli, &line, &text);
            if (text.size < 65536)
                continue;
        }
        if (text.size)
            print(&text);
        if (status != 1)
            nanosleep(&pause, NULL);
        status = 0;
    }
    buffer_free(&text);
    return status;
}

static int export_to(struct cli *cli, const char *path, struct bytes text,
                     uint64_t lines)
{
    if (file_exists(path)) {
        int status = err_set(ERR_EXISTS, "%s is there already", path);
        return cli_hint(cli, status, "name a file that is not");
    }
    /* For the eyes of one user, as the log is. */
    int status = file_replace(path, text, 0600);

    if (!status) {
        output_text(&cli->output, "file", path);
        output_u64(&cli->output, "lines", lines);
        output_u64(&cli->output, "bytes", text.size);
        output_record(&cli->output);
        output_print(&cli->output);
    }
    return status;
}

/* A number that was given counts; else what is searched for is wanted whole. */
static size_t lines_wanted(const struct logs_values *given)
{
    if (given->lines == LINES_UNSET)
        return given->since || given->grep || given->export_path
                   ? LINES_MAX
                   : LINES_DEFAULT;
    return given->lines ? (size_t)given->lines : LINES_MAX;
}

static int show(struct cli *cli, const struct logs_values *given,
                const char *path)
{
    struct kept_lines kept = {.most = lines_wanted(given)};
    struct log_reader *reader = log_reader_new(path);
    struct buffer text = {0};
    struct filter filter;
    struct log_line line;
    int status = filter_make(given, &filter);

    while (!status && (status = log_reader_next(reader, &line)) == 1) {
        status = 0;
        if (takes(&filter, &line))
            keep(&kept, cli, &line);
    }
    if (status == ERR_NOT_FOUND && given->follow)
        status = 0;
    size_t count = kept.count;
    give_kept(&kept, &text);
    if (!status && given->export_path) {
        status = export_to(cli, given->export_path, buffer_view(&text), count);
    } else if (!status) {
        print(&text);
        if (given->follow)
            status = follow(cli, reader, &filter);
    }
    buffer_free(&text);
    filter_free(&filter);
    log_reader_free(reader);
    return status;
}

static int check(const struct logs_values *given)
{
    if (given->follow && given->export_path)
        return err_set(ERR_INVALID,
                       "--export writes what is there, --follow waits for "
                       "more: one of the two");
    return 0;
}

static int run_task(struct cli *cli, const void *values)
{
    struct pubkey task;
    int status = cli_task_key(cli, &task);

    if (!status)
        status = check(values);
    if (status)
        return status;
    char *folder = node_face_folder(cli);
    char *path =
        mem_format("%s/namespace/%s/task.log", folder, PUBKEY_TEXT(&task));

    status = show(cli, values, path);
    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 "the task never ran on this node; --node-dir names the folder "
                 "of another (a node of `pond up` is DIR/node-1 and so on)");
    free(path);
    free(folder);
    return status;
}

static int run_node(struct cli *cli, const void *values)
{
    int status = check(values);

    if (status)
        return status;
    char *folder = node_face_folder(cli);
    char *path = mem_format("%s/node.log", folder);

    status = show(cli, values, path);
    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 "no node ran with the folder %s; --node-dir names another",
                 folder);
    free(path);
    free(folder);
    return status;
}

const struct command command_task_logs = {
    .name = "task logs",
    .arguments = "TASK",
    .summary = "print a task's log on the node",
    .details = "What the task and its node wrote, the last 200 lines of at "
               "most ten megabytes that are kept. The node need not run.",
    .options = logs_options,
    .values_size = sizeof(struct logs_values),
    .defaults = &defaults,
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_task,
};

const struct command command_node_logs = {
    .name = "node logs",
    .arguments = "",
    .summary = "print the node's own log",
    .options = logs_options,
    .values_size = sizeof(struct logs_values),
    .defaults = &defaults,
    .uses = COMMAND_NODE,
    .run = run_node,
};
