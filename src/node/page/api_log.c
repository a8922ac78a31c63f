/*
 * Logs of the node and of its tasks: lines of the past by pages, newer ones as
 * they come. Files are read on threads of the pool.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "node/page/api.h"
#include "node/task/log_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A longer line is cut: a task may write one of megabytes. */
#define LINE_MAX_BYTES 4096

/* Lines of one millisecond that "before" can step over. */
#define SAME_TIME_MAX 10000

/* ---- lines ---- */

/* id "": the node's own. ERR_NOT_FOUND for what is no task's id, so that no id
 * can lead to another file. */
static int path_of(const struct api *api, const char *id, char **out)
{
    struct pubkey task;

    if (*id && pubkey_parse(bytes_text(id), &task))
        return err_set(ERR_NOT_FOUND, "that is no task's id");
    *out = *id ? mem_format("%s/namespace/%s/task.log", api_folder(api), id)
               : mem_format("%s/node.log", api_folder(api));
    return 0;
}

/* Whole characters of the first bytes. */
static struct bytes cut(struct bytes text)
{
    if (text.size <= LINE_MAX_BYTES)
        return text;
    text.size = LINE_MAX_BYTES;
    while (text.size && (text.data[text.size] & 0xc0) == 0x80)
        text.size--;
    return text;
}

static void write_line(struct json_writer *writer, uint64_t time_ms,
                       enum log_level level, struct bytes text)
{
    static const char *const levels[] = {[LOG_ERROR] = "error",
                                         [LOG_WARN] = "warn",
                                         [LOG_INFO] = "info",
                                         [LOG_DEBUG] = "debug"};

    json_open_array(writer);
    json_write_u64(writer, time_ms);
    json_write_text(writer, levels[level]);
    json_write_bytes(writer, cut(text));
    json_close_array(writer);
}

/* ---- the past ---- */

struct kept {
    uint64_t time_ms;
    enum log_level level;
    char *text;
};

/* A question on its way through the pool. */
struct search {
    struct api_request *request;
    uv_work_t work;
    char *path, *match; /* match NULL: any */
    enum log_level level;
    size_t limit;
    uint64_t before_ms; /* UINT64_MAX: from the end */
    size_t skip;        /* lines of that time that are known */
    int status;
    char trouble[ERR_TEXT_SIZE];

    /* A ring of the last lines that fit. */
    struct kept *ring;
    size_t room, count, at;
};

static bool fits(const struct search *search, const struct log_line *line)
{
    return line->time_ms <= search->before_ms && line->level <= search->level &&
           (!search->match || memmem(line->text.data, line->text.size,
                                     search->match, strlen(search->match)));
}

static void keep(struct search *search, const struct log_line *line)
{
    struct kept *place = &search->ring[search->at];
    struct bytes text = cut(line->text);

    free(place->text);
    *place =
        (struct kept){line->time_ms, line->level,
                      mem_format("%.*s", (int)text.size,
                                 text.size ? (const char *)text.data : "")};
    search->at = (search->at + 1) % search->room;
    if (search->count < search->room)
        search->count++;
}

static void read_past(uv_work_t *work)
{
    struct search *search = work->data;
    struct log_reader *reader = log_reader_new(search->path);
    struct log_line line = {.level = LOG_INFO};
    int got;

    while ((got = log_reader_next(reader, &line)) == 1)
        if (fits(search, &line))
            keep(search, &line);
    if (got < 0 && got != ERR_NOT_FOUND) {
        search->status = got;
        snprintf(search->trouble, sizeof(search->trouble), "%s", err_text());
    }
    log_reader_free(reader);
}

/* The place of the i-th of those kept, the oldest first. */
static const struct kept *kept_at(const struct search *search, size_t i)
{
    return &search->ring[(search->at + search->room - search->count + i) %
                         search->room];
}

/* The time of the oldest line, and how many of that time are known by now. */
static void write_next(const struct search *search, size_t first, size_t end,
                       struct json_writer *writer)
{
    size_t same = 0;
    char text[48];

    json_name(writer, "next");
    if (first == end || first == 0) {
        json_write_null(writer);
        return;
    }
    uint64_t time_ms = kept_at(search, first)->time_ms;

    for (size_t i = first; i < search->count; i++)
        same += kept_at(search, i)->time_ms == time_ms;
    snprintf(text, sizeof(text), "%" PRIu64 "-%zu", time_ms, same);
    json_write_text(writer, text);
}

static void answer_past(const struct search *search)
{
    size_t end = search->count, first, skip = search->skip;
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    while (skip && end &&
           kept_at(search, end - 1)->time_ms == search->before_ms) {
        end--;
        skip--;
    }
    first = end > search->limit ? end - search->limit : 0;
    json_open_object(&writer);
    json_name(&writer, "items");
    json_open_array(&writer);
    for (size_t i = first; i < end; i++) {
        const struct kept *line = kept_at(search, i);

        write_line(&writer, line->time_ms, line->level, bytes_text(line->text));
    }
    json_close_array(&writer);
    write_next(search, first, end, &writer);
    json_close_object(&writer);
    api_answer(search->request, &answer);
}

static void on_past(uv_work_t *work, int cancelled)
{
    struct search *search = work->data;

    CHECK(!cancelled);
    if (search->status) {
        err_set(search->status, "%s", search->trouble);
        api_answer_error(search->request, search->status);
    } else {
        answer_past(search);
    }
    for (size_t i = 0; i < search->room; i++)
        free(search->ring[i].text);
    free(search->ring);
    free(search->path);
    free(search->match);
    free(search);
}

/* "MS-N": older than this time, but for the last N lines of it. */
static int parse_before(const char *text, struct search *search)
{
    char *end;

    search->before_ms = UINT64_MAX;
    if (!text)
        return 0;
    errno = 0;
    search->before_ms = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '-' && end[1] >= '0' &&
        end[1] <= '9') {
        search->skip = strtoul(end + 1, &end, 10);
        if (!*end && !errno && search->skip <= SAME_TIME_MAX)
            return 0;
    }
    return err_set(ERR_INVALID, "before is the \"next\" of another answer");
}

static int parse_level(const char *text, enum log_level *out)
{
    static const struct {
        const char *name;
        enum log_level level;
    } names[] = {{"error", LOG_ERROR},
                 {"warn", LOG_WARN},
                 {"info", LOG_INFO},
                 {"debug", LOG_DEBUG}};

    *out = LOG_DEBUG;
    for (size_t i = 0; text && i < sizeof(names) / sizeof(*names); i++)
        if (!strcmp(text, names[i].name)) {
            *out = names[i].level;
            return 0;
        }
    return text ? err_set(ERR_INVALID, "level is error, warn, info or debug")
                : 0;
}

static void get_log(struct api_request *request, const char *id)
{
    struct search search = {.request = request};
    const char *before, *match = api_query(request, "match");
    int status = api_list(request, &search.limit, &before);

    if (!status)
        status = parse_before(before, &search);
    if (!status)
        status = parse_level(api_query(request, "level"), &search.level);
    if (!status)
        status = path_of(request->api, id, &search.path);
    if (status) {
        api_answer_error(request, status);
        return;
    }
    /* One more says whether there are older ones. */
    search.room = search.limit + search.skip + 1;
    search.ring = mem_zero(search.room, sizeof(*search.ring));
    search.match = match && *match ? mem_text(match) : NULL;
    struct search *copy = mem_copy(&search, sizeof(search));

    copy->work.data = copy;
    CHECK(!uv_queue_work(api_loop(request->api), &copy->work, read_past,
                         on_past));
}

static void get_node_log(struct api_request *request)
{
    get_log(request, "");
}

static void get_task_log(struct api_request *request)
{
    get_log(request, request->parts[0]);
}

/* ---- as a file ---- */

/* Bytes: both files of a task, or of the node, and a little more. */
#define FILE_SIZE_MAX (12u << 20)

/* A whole log on its way through the pool. */
struct copy {
    struct api_request *request;
    uv_work_t work;
    char *path;
    struct buffer text;
    int status;
    char trouble[ERR_TEXT_SIZE];
};

/* NAME.1, if there is one, and NAME: as they were written. A task may put
 * anything at the names of its log. */
static void read_whole(uv_work_t *work)
{
    struct copy *copy = work->data;
    char *older = mem_format("%s.1", copy->path);

    if (file_read_plain(older, FILE_SIZE_MAX, &copy->text))
        buffer_clear(&copy->text);
    copy->status = file_read_plain(copy->path, FILE_SIZE_MAX, &copy->text);
    if (copy->status == ERR_NOT_FOUND)
        copy->status = 0;
    if (copy->status)
        snprintf(copy->trouble, sizeof(copy->trouble), "%s", err_text());
    err_clear();
    free(older);
}

static void on_whole(uv_work_t *work, int cancelled)
{
    struct copy *copy = work->data;

    CHECK(!cancelled);
    if (copy->status) {
        err_set(copy->status, "%s", copy->trouble);
        buffer_free(&copy->text);
        api_answer_error(copy->request, copy->status);
    } else {
        api_answer_text(copy->request, "text/plain; charset=utf-8",
                        &copy->text);
    }
    free(copy->path);
    free(copy);
}

static void get_text(struct api_request *request, const char *id)
{
    struct copy *copy = mem_zero(1, sizeof(*copy));
    int status = path_of(request->api, id, &copy->path);

    if (status) {
        free(copy);
        api_answer_error(request, status);
        return;
    }
    copy->request = request;
    copy->work.data = copy;
    CHECK(!uv_queue_work(api_loop(request->api), &copy->work, read_whole,
                         on_whole));
}

static void get_node_text(struct api_request *request)
{
    get_text(request, "");
}

static void get_task_text(struct api_request *request)
{
    get_text(request, request->parts[0]);
}

/* ---- what comes ---- */

struct feed {
    struct log_reader *reader;
    struct log_line line;
    bool has_begun;
};

static int open_feed(struct api *api, const char *id, void **out)
{
    struct feed *feed;
    char *path;
    int status = path_of(api, id, &path);

    if (status)
        return status;
    feed = mem_zero(1, sizeof(*feed));
    feed->reader = log_reader_new(path);
    feed->line.level = LOG_INFO;
    free(path);
    *out = feed;
    return 0;
}

static void close_feed(void *user)
{
    struct feed *feed = user;

    log_reader_free(feed->reader);
    free(feed);
}

/* What was there before is asked for by pages. A file that is not there yet has
 * no lines. */
static int read_feed(void *user, size_t count, bool is_last,
                     struct json_writer *lines, size_t *read, uint64_t *dropped)
{
    struct feed *feed = user;
    int got = 1;

    while (!feed->has_begun && got == 1)
        got = log_reader_next(feed->reader, &feed->line);
    feed->has_begun = true;
    while (*read < count && got == 1 &&
           (got = log_reader_next(feed->reader, &feed->line)) == 1) {
        write_line(lines, feed->line.time_ms, feed->line.level,
                   feed->line.text);
        ++*read;
    }
    while (is_last && got == 1 &&
           (got = log_reader_next(feed->reader, &feed->line)) == 1)
        ++*dropped;
    return got < 0 && got != ERR_NOT_FOUND ? got : 0;
}

static const struct live_feed feed = {open_feed, read_feed, close_feed};

static const struct api_row rows[] = {
    {"GET", "log", API_READ, get_node_log},
    {"GET", "tasks/*/log", API_READ, get_task_log},
    {"GET", "log.txt", API_READ, get_node_text},
    {"GET", "tasks/*/log.txt", API_READ, get_task_text},
};

static const struct live_kind topics[] = {
    {.name = "log", .feed = &feed},
    {.name = "log/", .feed = &feed},
};

const struct api_area api_area_log = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .topics = topics,
    .topic_count = sizeof(topics) / sizeof(*topics),
};
