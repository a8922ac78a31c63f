/*
 * Read on the thread pool: a book of years is longer than a round may wait.
 */
#include "node/node_earnings.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/journal_earning.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DAY_MS 86400000u

/* Units of one answer: KOII, and the tokens of tasks. */
#define UNITS_MAX 64

/* Sums of one row, or of one unit. */
struct figures {
    uint64_t rewards, slashed, losses, fees;
    uint64_t paid, transactions;
};

struct unit {
    char name[JOURNAL_UNIT_SIZE];
    struct figures figures;
};

/* The row that is open: of a day, a task and a unit. */
struct report {
    struct json_writer writer;
    bool is_open;
    uint64_t day;
    struct pubkey task;
    char unit[JOURNAL_UNIT_SIZE];
    struct figures figures;
    struct unit units[UNITS_MAX];
    size_t unit_count;
};

/* ---- sums ---- */

static int add(uint64_t *to, uint64_t amount)
{
    if (__builtin_add_overflow(*to, amount, to))
        return err_set(ERR_RANGE, "a sum of the account book is more than "
                                  "2^64 - 1");
    return 0;
}

static int count(struct figures *figures, const struct journal_earning_day *day)
{
    switch (day->kind) {
    case JOURNAL_REWARD:
        figures->paid += day->count;
        return add(&figures->rewards, day->sum);
    case JOURNAL_SLASH:
        figures->paid += day->count;
        if (add(&figures->slashed, day->sum))
            return ERR_RANGE;
        return add(&figures->losses, day->sum);
    case JOURNAL_LOSS:
    case JOURNAL_PENALTY:
        return add(&figures->losses, day->sum);
    case JOURNAL_FEE:
        figures->transactions += day->count;
        return add(&figures->fees, day->sum);
    default: /* coins that moved are still the owner's */
        return 0;
    }
}

static struct figures *unit_of(struct report *report, const char *name)
{
    for (size_t i = 0; i < report->unit_count; i++)
        if (!strcmp(report->units[i].name, name))
            return &report->units[i].figures;
    if (report->unit_count == UNITS_MAX)
        return NULL;
    struct unit *unit = &report->units[report->unit_count++];
    snprintf(unit->name, sizeof(unit->name), "%s", name);
    return &unit->figures;
}

/* ---- writing ---- */

/* Texts: 10^18 and more do not fit the numbers of JavaScript. */
static void amount(struct json_writer *writer, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    json_field_text(writer, name, text);
}

/* What is left of the rewards, perhaps below 0. */
static void net(struct json_writer *writer, const struct figures *figures)
{
    __int128 value =
        (__int128)figures->rewards - figures->losses - (__int128)figures->fees;
    unsigned __int128 size =
        value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    char text[48], *at = text + sizeof(text) - 1;

    *at = 0;
    do
        *--at = (char)('0' + (int)(size % 10));
    while (size /= 10);
    if (value < 0)
        *--at = '-';
    json_field_text(writer, "net", at);
}

static void write_figures(struct json_writer *writer,
                          const struct figures *figures)
{
    amount(writer, "rewards", figures->rewards);
    amount(writer, "losses", figures->losses);
    amount(writer, "slashed", figures->slashed);
    amount(writer, "fees", figures->fees);
    net(writer, figures);
    json_field_u64(writer, "paid", figures->paid);
    json_field_u64(writer, "transactions", figures->transactions);
}

static void write_day(struct json_writer *writer, const char *name,
                      uint64_t day)
{
    time_t seconds = (time_t)(day * (DAY_MS / 1000));
    char text[16] = "?";
    struct tm at;

    if (gmtime_r(&seconds, &at))
        strftime(text, sizeof(text), "%Y-%m-%d", &at);
    json_field_text(writer, name, text);
}

static void close_row(struct report *report)
{
    struct json_writer *writer = &report->writer;

    if (!report->is_open)
        return;
    json_open_object(writer);
    write_day(writer, "day", report->day);
    json_field_text(writer, "task", PUBKEY_TEXT(&report->task));
    json_field_text(writer, "unit", report->unit);
    write_figures(writer, &report->figures);
    json_close_object(writer);
    report->is_open = false;
}

static int on_day(void *user, const struct journal_earning_day *day)
{
    struct report *report = user;
    struct figures *sums = unit_of(report, day->unit);
    int status;

    if (report->is_open &&
        (report->day != day->day || !pubkey_equal(&report->task, &day->task) ||
         strcmp(report->unit, day->unit) != 0))
        close_row(report);
    if (!report->is_open) {
        report->is_open = true;
        report->day = day->day;
        report->task = day->task;
        snprintf(report->unit, sizeof(report->unit), "%s", day->unit);
        report->figures = (struct figures){0};
    }
    status = count(&report->figures, day);
    return status || !sums ? status : count(sums, day);
}

int node_earnings_write(struct journal *journal, const struct pubkey *task,
                        uint64_t days, uint64_t now_ms, struct buffer *out)
{
    struct report *report = mem_zero(1, sizeof(*report));
    struct json_writer *writer = &report->writer;
    uint64_t today = now_ms / DAY_MS;
    uint64_t from = days > today ? 0 : today + 1 - days;
    int status;

    CHECK(days > 0);
    *writer = json_writer_make(out);
    json_open_object(writer);
    write_day(writer, "from", from);
    write_day(writer, "to", today);
    json_name(writer, "days");
    json_open_array(writer);
    status =
        journal_earning_each_day(journal, task, from, today, on_day, report);
    close_row(report);
    json_close_array(writer);
    json_name(writer, "totals");
    json_open_array(writer);
    for (size_t i = 0; i < report->unit_count; i++) {
        json_open_object(writer);
        json_field_text(writer, "unit", report->units[i].name);
        write_figures(writer, &report->units[i].figures);
        json_close_object(writer);
    }
    json_close_array(writer);
    json_close_object(writer);
    free(report);
    return status;
}

/* ---- on the pool ---- */

struct asking {
    struct pubkey task;
    bool has_task;
    uint64_t days, now_ms;
    struct buffer answer;
    node_control_answered *answered;
    void *user;
};

static int read_book(struct journal *journal, void *user)
{
    struct asking *asking = user;

    return node_earnings_write(journal, asking->has_task ? &asking->task : NULL,
                               asking->days, asking->now_ms, &asking->answer);
}

static void on_read(void *user, int status)
{
    struct asking *asking = user;

    asking->answered(asking->user, status, &asking->answer);
    buffer_free(&asking->answer);
    free(asking);
}

void node_earnings_ask(struct journal_writer *writer, const struct pubkey *task,
                       uint64_t days, uint64_t now_ms,
                       node_control_answered *answered, void *user)
{
    struct asking *asking = mem_zero(1, sizeof(*asking));

    asking->has_task = task != NULL;
    if (task)
        asking->task = *task;
    asking->days = days;
    asking->now_ms = now_ms;
    asking->answered = answered;
    asking->user = user;
    journal_writer_run(writer, read_book, on_read, asking);
}
