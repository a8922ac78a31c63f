#include "node/page/doctor.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/page/own_command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A worker and a program are started, each within some seconds. */
#define LIMIT_MS 60000
#define OUTPUT_MAX (256u << 10)
#define LINES_MAX 100

struct doctor {
    struct own_commands *commands;
    void (*examine)(void *user, struct json_object *items);
    void *user;
    bool is_running;
    char doing[128];
    char error[ERR_TEXT_SIZE];
    uint64_t at_ms;            /* Unix; 0: no run has ended well */
    struct json_object *items; /* of that run */
};

struct doctor *
doctor_new(struct own_commands *commands,
           void (*examine)(void *user, struct json_object *items), void *user)
{
    struct doctor *doctor = mem_zero(1, sizeof(*doctor));

    doctor->commands = commands;
    doctor->examine = examine;
    doctor->user = user;
    return doctor;
}

void doctor_free(struct doctor *doctor)
{
    CHECK(!doctor->is_running);
    json_object_put(doctor->items);
    free(doctor);
}

/* ---- lines ---- */

static void add_text(struct json_object *object, const char *name,
                     const char *text)
{
    json_object_object_add(object, name, json_object_new_string(text));
}

void doctor_add(struct json_object *items, const char *id, const char *level,
                const char *fix, const char *format, ...)
{
    struct json_object *item = json_object_new_object();
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    add_text(item, "id", id);
    add_text(item, "level", level);
    add_text(item, "text", text);
    if (fix)
        add_text(item, "fix", fix);
    json_object_array_add(items, item);
}

static bool is_level(const char *word)
{
    return !strcmp(word, "good") || !strcmp(word, "warning") ||
           !strcmp(word, "bad");
}

static bool read_line(struct bytes line, struct json_object *items)
{
    struct json_object *tree = NULL;
    const char *check, *verdict, *text, *fix = NULL;
    bool is_line = !json_parse(line, &tree) &&
                   !json_get_text(tree, "check", &check) &&
                   !json_get_text(tree, "verdict", &verdict) &&
                   !json_get_text(tree, "text", &text) && is_level(verdict);

    if (is_line) {
        if (json_get_text(tree, "fix", &fix))
            fix = NULL;
        doctor_add(items, check, verdict, fix, "%s", text);
    }
    json_object_put(tree);
    err_clear();
    return is_line;
}

size_t doctor_read(struct bytes output, struct json_object *items)
{
    size_t count = 0;

    while (output.size && count < LINES_MAX) {
        const uint8_t *end = memchr(output.data, '\n', output.size);
        size_t size = end ? (size_t)(end - output.data) : output.size;

        count += read_line((struct bytes){output.data, size}, items);
        size += end != NULL;
        output = (struct bytes){output.data + size, output.size - size};
    }
    return count;
}

/* ---- a run ---- */

static void on_said(void *user, const struct own_command_progress *progress)
{
    struct doctor *doctor = user;

    snprintf(doctor->doing, sizeof(doctor->doing), "%s", progress->doing);
}

/* A check that failed is a line, and its command ends with an error for it. */
static void on_ended(void *user, const struct own_command_end *end)
{
    struct doctor *doctor = user;
    struct json_object *items = json_object_new_array();

    doctor->is_running = false;
    *doctor->doing = *doctor->error = 0;
    if (end->status == ERR_CANCELLED) { /* the node stops */
        json_object_put(items);
        return;
    }
    if (!doctor_read(end->output, items)) {
        snprintf(doctor->error, sizeof(doctor->error), "%s",
                 end->status ? err_text() : "it printed nothing");
        json_object_put(items);
        return;
    }
    doctor->examine(doctor->user, items);
    json_object_put(doctor->items);
    doctor->items = items;
    doctor->at_ms = clock_unix_ms();
}

int doctor_start(struct doctor *doctor)
{
    static const char *const words[] = {"doctor", "--machine", NULL};
    static const struct own_command_events events = {on_said, on_ended};
    const struct own_command_order order = {
        .words = words, .output_max = OUTPUT_MAX, .limit_ms = LIMIT_MS};

    if (doctor->is_running)
        return err_set(ERR_BUSY, "it is looking already");
    int status =
        own_command_start(doctor->commands, &order, &events, doctor, NULL);
    doctor->is_running = !status;
    return status;
}

struct json_object *doctor_write(const struct doctor *doctor)
{
    struct json_object *out = json_object_new_object();

    add_text(out, "state",
             doctor->is_running ? "running"
             : *doctor->error   ? "failed"
             : doctor->at_ms    ? "done"
                                : "none");
    if (*doctor->doing)
        add_text(out, "doing", doctor->doing);
    if (*doctor->error)
        add_text(out, "error", doctor->error);
    if (doctor->at_ms) {
        json_object_object_add(out, "at",
                               json_object_new_uint64(doctor->at_ms));
        json_object_object_add(out, "items", json_object_get(doctor->items));
    }
    return out;
}
