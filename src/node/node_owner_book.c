/*
 * The operator's questions about the account book. Read on the thread pool: a
 * book of years is longer than a round may wait.
 */
#include "node/node_owner_internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/journal_writer.h"
#include "node/node_book.h"
#include "node/node_earnings.h"

#include <stdlib.h>
#include <time.h>

#define DAY_MS 86400000u
#define DAYS_DEFAULT 30
#define DAYS_MAX 36500

#define ENTRIES_DEFAULT 50
#define ENTRIES_MAX 200
/* Of one file: above a year of many tasks. */
#define ENTRIES_CSV_MAX 1000000

/* What is asked, and the answer. */
struct asking {
    struct pubkey task;
    bool has_task;
    struct journal_earning_query query;
    uint64_t from, to; /* days */
    int (*read)(struct journal *journal, struct asking *asking);
    struct buffer answer;
    node_control_answered *answered;
    void *user;
};

static int on_pool(struct journal *journal, void *user)
{
    struct asking *asking = user;

    return asking->read(journal, asking);
}

static void on_read(void *user, int status)
{
    struct asking *asking = user;

    asking->answered(asking->user, status, &asking->answer);
    buffer_free(&asking->answer);
    free(asking);
}

static const struct pubkey *task_of(const struct asking *asking)
{
    return asking->has_task ? &asking->task : NULL;
}

static int begin(const struct order *order, const struct asking *wanted)
{
    struct asking *asking = mem_zero(1, sizeof(*asking));

    *asking = *wanted;
    asking->query.task = task_of(asking);
    asking->answered = order->answered;
    asking->user = order->user;
    journal_writer_run(order->node->parts.writer, on_pool, on_read, asking);
    return 0;
}

/* ---- fields of a query, which are texts ---- */

/* Absent: what it was. */
static int number_in(struct json_object *body, const char *name, uint64_t max,
                     uint64_t *value)
{
    const char *text;
    char *end;
    int status = json_get_text(body, name, &text);

    if (status)
        return status == ERR_NOT_FOUND ? 0 : status;
    *value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || !*value || *value > max)
        return err_set(ERR_INVALID, "%s is a number from 1 to %llu", name,
                       (unsigned long long)max);
    return 0;
}

static int day_in(struct json_object *body, const char *name, uint64_t *day)
{
    const char *text, *end;
    struct tm at = {0};
    int status = json_get_text(body, name, &text);

    if (status)
        return status == ERR_NOT_FOUND ? 0 : status;
    end = strptime(text, "%Y-%m-%d", &at);
    time_t seconds = end && !*end ? timegm(&at) : -1;

    if (seconds < 0)
        return err_set(ERR_INVALID, "%s is a day as 2026-11-30", name);
    *day = (uint64_t)seconds / (DAY_MS / 1000);
    return 0;
}

static int task_in(struct json_object *body, struct asking *asking)
{
    int status = node_owner_task_in(body, &asking->task);

    asking->has_task = !status;
    return status == ERR_NOT_FOUND ? 0 : status;
}

static int kind_in(struct json_object *body, struct asking *asking)
{
    const char *text;
    int status = json_get_text(body, "kind", &text);

    if (status)
        return status == ERR_NOT_FOUND ? 0 : status;
    asking->query.kind = journal_earning_kind(text);
    return asking->query.kind
               ? 0
               : err_set(ERR_INVALID, "there are no entries of the kind %.40s",
                         text);
}

/* ---- questions ---- */

static int read_entries(struct journal *journal, struct asking *asking)
{
    return node_book_entries(journal, &asking->query, &asking->answer);
}

static int read_csv(struct journal *journal, struct asking *asking)
{
    return node_book_csv(journal, &asking->query, &asking->answer);
}

static int read_days(struct journal *journal, struct asking *asking)
{
    return node_book_days(journal, task_of(asking), asking->from, asking->to,
                          &asking->answer);
}

static int ask_entries(const struct order *order, uint64_t limit, uint64_t max,
                       int (*read)(struct journal *journal,
                                   struct asking *asking))
{
    struct asking asking = {.read = read, .query = {.limit = limit}};
    int status = task_in(order->body, &asking);

    if (!status)
        status = kind_in(order->body, &asking);
    if (!status)
        status = number_in(order->body, "limit", max, &asking.query.limit);
    if (!status)
        status =
            number_in(order->body, "before", INT64_MAX, &asking.query.before);
    return status ? status : begin(order, &asking);
}

int node_owner_ask_book(const struct order *order)
{
    return ask_entries(order, ENTRIES_DEFAULT, ENTRIES_MAX, read_entries);
}

int node_owner_ask_book_csv(const struct order *order)
{
    return ask_entries(order, ENTRIES_CSV_MAX, ENTRIES_CSV_MAX, read_csv);
}

int node_owner_ask_book_days(const struct order *order)
{
    struct asking asking = {.read = read_days, .to = clock_unix_ms() / DAY_MS};
    int status = day_in(order->body, "to", &asking.to);

    asking.from = asking.to < DAYS_DEFAULT ? 0 : asking.to + 1 - DAYS_DEFAULT;
    if (!status)
        status = day_in(order->body, "from", &asking.from);
    if (!status)
        status = task_in(order->body, &asking);
    if (!status &&
        (asking.from > asking.to || asking.to - asking.from >= DAYS_MAX))
        status = err_set(ERR_INVALID, "from is a day before to");
    return status ? status : begin(order, &asking);
}

int node_owner_ask_earnings(const struct order *order)
{
    uint64_t days = DAYS_DEFAULT;
    struct asking asking = {0};
    int status = number_in(order->body, "days", DAYS_MAX, &days);

    if (!status)
        status = task_in(order->body, &asking);
    if (status)
        return status;
    node_earnings_ask(order->node->parts.writer, task_of(&asking), days,
                      clock_unix_ms(), order->answered, order->user);
    return 0;
}
