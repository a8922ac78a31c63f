#include "node/node_conditions.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/node_internal.h"
#include "node/owner/condition_watch.h"
#include "node/owner/setting_write.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Between two readings. Some batteries are slow to ask. */
#define READ_EVERY_MS 5000
/* What a crash makes the node forget of the traffic. */
#define TRAFFIC_EVERY_MS 60000

/* The rows of their kind. */
static const char settings_name[] = "conditions";
static const char traffic_name[] = "traffic";

/* A reading under way. It outlives a node that is stopped meanwhile. */
struct reading {
    uv_work_t work;
    struct node *node; /* NULL: nobody wants to know */
    char *root, *folder;
    struct machine_reading machine;
};

struct node_conditions {
    struct conditions set;     /* as it is written down */
    struct conditions ordered; /* the same, or on its way there */
    struct condition_watch watch;
    struct reading *reading;        /* NULL: none is under way */
    uint64_t read_ms, traffic_ms;   /* monotonic: when it was done last */
    uint64_t traffic_bytes_written; /* of the month */
    uint32_t used_percent;          /* by all tasks, of one processor */
    uint64_t used_bytes;
};

/* ---- what is kept ---- */

static int take_row(struct node_conditions *conditions, const char *name,
                    struct json_object *value)
{
    if (!strcmp(name, settings_name))
        return conditions_read(value, &conditions->set);
    if (!strcmp(name, traffic_name))
        return traffic_book_read(value, &conditions->watch.traffic);
    return 0;
}

static int on_row(void *user, const char *name, struct bytes value)
{
    struct json_object *tree = NULL;
    int status = json_parse(value, &tree);

    if (!status)
        status = take_row(user, name, tree);
    json_object_put(tree);
    if (status)
        log_error("node", "the owner's %s can't be read: %s", name, err_text());
    return 0;
}

static void write_settings(struct node *node, const struct conditions *set,
                           setting_written *done, void *user)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    conditions_write(set, &writer);
    setting_write(node->parts.settings_writer, JOURNAL_CONDITION, settings_name,
                  buffer_view(&text), done, user);
    buffer_free(&text);
}

static void on_logged(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
}

static void write_traffic(struct node *node, uint64_t now_ms)
{
    struct node_conditions *conditions = node->conditions;
    const struct traffic_book *book = &conditions->watch.traffic;
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    if (book->month_bytes == conditions->traffic_bytes_written ||
        (conditions->traffic_ms &&
         now_ms - conditions->traffic_ms < TRAFFIC_EVERY_MS))
        return;
    conditions->traffic_ms = now_ms;
    conditions->traffic_bytes_written = book->month_bytes;
    traffic_book_write(book, &writer);
    setting_write(node->parts.settings_writer, JOURNAL_CONDITION, traffic_name,
                  buffer_view(&text), on_logged, NULL);
    buffer_free(&text);
}

/* ---- settings ---- */

/* "NAME=VALUE", as the node's command line has it. */
static int set_given(struct conditions *set, const char *given)
{
    enum condition condition = CONDITION_BATTERY;
    const char *equals = strchr(given, '=');
    int status;

    if (!equals)
        return err_set(ERR_INVALID, "a condition is NAME=VALUE, not \"%.60s\"",
                       given);
    char *name = mem_format("%.*s", (int)(equals - given), given);

    status = condition_find(name, &condition);
    free(name);
    if (status)
        return ERR_INVALID;
    return condition_set(set, condition, equals + 1);
}

/* What the options say is as good as what was set at run time, and stays. */
static int take_options(struct node *node)
{
    const char *const *given = node->options.conditions;
    struct conditions set = node->conditions->set;
    int status = 0;

    if (!*given)
        return 0;
    for (; !status && *given; given++)
        status = set_given(&set, *given);
    if (status)
        return status;
    node->conditions->set = set;
    write_settings(node, &set, on_logged, NULL);
    return 0;
}

int node_conditions_open(struct node *node)
{
    node->conditions = mem_zero(1, sizeof(*node->conditions));
    int status = journal_setting_each(node->parts.settings, JOURNAL_CONDITION,
                                      on_row, node->conditions);

    if (!status)
        status = take_options(node);
    node->conditions->ordered = node->conditions->set;
    return status;
}

/* What is to hold once it is written down. */
struct change {
    struct node *node;
    struct conditions set;
    node_control_done *done;
    void *user;
};

static void on_written(void *user, int status)
{
    struct change *change = user;
    struct node_conditions *conditions = change->node->conditions;

    if (status) {
        conditions->ordered = conditions->set;
    } else {
        conditions->set = change->set;
        condition_watch_change(&conditions->watch, &conditions->set,
                               clock_monotonic_ms());
    }
    change->done(change->user, status);
    free(change);
}

static void order_change(struct node *node, const struct conditions *set,
                         node_control_done *done, void *user)
{
    struct change *change = mem_zero(1, sizeof(*change));

    *change = (struct change){node, *set, done, user};
    node->conditions->ordered = *set;
    write_settings(node, set, on_written, change);
}

int node_conditions_set(struct node *node, const char *name, const char *text,
                        node_control_done *done, void *user)
{
    enum condition condition = CONDITION_BATTERY;
    struct conditions set = node->conditions->ordered;
    int status = condition_find(name, &condition);

    if (!status)
        status = condition_set(&set, condition, text);
    if (!status)
        order_change(node, &set, done, user);
    return status;
}

int node_conditions_change(struct node *node, struct json_object *changes,
                           node_control_done *done, void *user)
{
    struct conditions set = node->conditions->ordered;
    int status = conditions_change(changes, &set, NULL);

    if (!status)
        order_change(node, &set, done, user);
    return status;
}

/* ---- readings ---- */

static void read_machine(uv_work_t *work)
{
    struct reading *reading = work->data;

    machine_read(reading->root, reading->folder, &reading->machine);
}

/* By the machine's own calendar, as tariffs have it. */
static uint32_t today(void)
{
    time_t now = (time_t)(clock_unix_ms() / 1000);
    struct tm local = {0};

    (void)localtime_r(&now, &local);
    return (uint32_t)((local.tm_year + 1900) * 10000 +
                      (local.tm_mon + 1) * 100 + local.tm_mday);
}

/* Processor time of this process and of all tasks', ms. */
static uint64_t own_time(const struct node *node)
{
    struct timespec used = {0};
    uint64_t sum;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    sum = (uint64_t)used.tv_sec * 1000 + (uint64_t)used.tv_nsec / 1000000;
    for (size_t i = 0; i < node->runner_count; i++)
        sum += task_runner_use(node->runners[i]).cpu_ms;
    return sum;
}

static void take_reading(struct node *node,
                         const struct machine_reading *machine)
{
    struct node_conditions *conditions = node->conditions;
    uint64_t now_ms = clock_monotonic_ms();
    enum condition was = CONDITIONS, is = CONDITIONS;

    (void)condition_watch_rests(&conditions->watch, &was);
    condition_watch_look(&conditions->watch, &conditions->set, machine,
                         own_time(node), today(), now_ms);
    (void)condition_watch_rests(&conditions->watch, &is);
    if (is != was)
        log_info("node", "tasks %s%s", is == CONDITIONS ? "go on" : "rest: ",
                 is == CONDITIONS ? "" : condition_words(is));
    write_traffic(node, now_ms);
}

static void on_read(uv_work_t *work, int status)
{
    struct reading *reading = work->data;

    if (reading->node) {
        reading->node->conditions->reading = NULL;
        if (!status)
            take_reading(reading->node, &reading->machine);
    }
    free(reading->root);
    free(reading->folder);
    free(reading);
}

void node_conditions_look(struct node *node, uint64_t now_ms)
{
    struct node_conditions *conditions = node->conditions;

    if (conditions->reading ||
        (conditions->read_ms && now_ms - conditions->read_ms < READ_EVERY_MS))
        return;
    conditions->read_ms = now_ms;
    struct reading *reading = mem_zero(1, sizeof(*reading));

    reading->work.data = reading;
    reading->node = node;
    reading->root = mem_text(node->options.machine_root);
    reading->folder = mem_text(node->options.folder);
    CHECK(!uv_queue_work(node->parts.loop, &reading->work, read_machine,
                         on_read));
    conditions->reading = reading;
}

void node_conditions_stop(struct node *node)
{
    if (node->conditions && node->conditions->reading)
        node->conditions->reading->node = NULL;
}

void node_conditions_close(struct node *node)
{
    free(node->conditions);
    node->conditions = NULL;
}

/* ---- what comes of it ---- */

bool node_conditions_rest(const struct node *node, enum condition *out)
{
    return condition_watch_rests(&node->conditions->watch, out);
}

/* The machine's own count where it can't be read as others are. */
static uint64_t processors(const struct node *node)
{
    const struct machine_reading *reading = &node->conditions->watch.reading;
    long count = reading->knows_processors ? (long)reading->processors
                                           : sysconf(_SC_NPROCESSORS_ONLN);

    return count > 0 ? (uint64_t)count : 1;
}

uint32_t node_conditions_cpu(const struct node *node)
{
    uint64_t percent =
        node->conditions->set.numbers[CONDITION_CPU] * processors(node);

    return percent < UINT32_MAX ? (uint32_t)percent : UINT32_MAX;
}

void node_conditions_note_use(struct node *node, uint32_t cpu_percent,
                              uint64_t memory_bytes)
{
    node->conditions->used_percent = cpu_percent;
    node->conditions->used_bytes = memory_bytes;
}

uint64_t node_conditions_memory(const struct node *node)
{
    return node->conditions->set.numbers[CONDITION_MEMORY] << 20;
}

/* What all tasks take together, in the share's own unit. */
static void write_share(const struct node *node, enum condition condition,
                        struct json_writer *writer)
{
    const struct node_conditions *conditions = node->conditions;

    json_field_u64(writer, "now",
                   condition == CONDITION_CPU
                       ? conditions->used_percent / processors(node)
                       : conditions->used_bytes >> 20);
}

static void write_one(const struct node *node, enum condition condition,
                      struct json_writer *writer)
{
    const struct node_conditions *conditions = node->conditions;
    char value[CONDITION_TEXT_SIZE], reading[CONDITION_READING_SIZE];

    json_open_object(writer);
    json_field_text(writer, "name", condition_name(condition));
    if (conditions->set.numbers[condition])
        json_field_text(writer, "value",
                        condition_text(&conditions->set, condition, value));
    else
        json_field_null(writer, "value");
    json_field_text(writer, "unit", condition_unit(condition));
    json_field_text(
        writer, "reading",
        condition_watch_reading(&conditions->watch, condition, reading));
    json_field_bool(writer, "rests",
                    condition < CONDITIONS_TO_REST &&
                        conditions->watch.holds[condition].is_on);
    if (condition < CONDITIONS_TO_REST)
        condition_watch_write(&conditions->watch, condition, writer);
    else
        write_share(node, condition, writer);
    json_close_object(writer);
}

void node_conditions_write(const struct node *node, struct json_writer *writer)
{
    enum condition rests = CONDITION_BATTERY;

    json_open_object(writer);
    if (node_conditions_rest(node, &rests))
        json_field_text(writer, "rests",
                        task_reason_code(condition_reason(rests)));
    else
        json_field_null(writer, "rests");
    json_name(writer, "conditions");
    json_open_array(writer);
    for (enum condition i = 0; i < CONDITIONS; i++)
        write_one(node, i, writer);
    json_close_array(writer);
    json_close_object(writer);
}
