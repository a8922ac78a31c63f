#include "node/node_book.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/earning_form.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_MS 86400000u

/* Units of one day: KOII, and the tokens of tasks. */
#define UNITS_MAX 64

/* Texts: 10^18 and more do not fit the numbers of JavaScript. */
static void amount(struct json_writer *writer, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    json_field_text(writer, name, text);
}

/* ---- entries ---- */

struct listing {
    struct json_writer writer;
    int64_t last;
    uint64_t count;
};

static int list_entry(void *user, const struct journal_earning *earning,
                      uint64_t fee)
{
    struct listing *listing = user;

    json_open_object(&listing->writer);
    earning_form_write(earning, fee, &listing->writer);
    json_close_object(&listing->writer);
    listing->last = earning->id;
    listing->count++;
    return 0;
}

/* A page that is full may have one after it, which is perhaps empty. */
int node_book_entries(struct journal *journal,
                      const struct journal_earning_query *query,
                      struct buffer *out)
{
    struct listing listing = {.writer = json_writer_make(out)};
    struct json_writer *writer = &listing.writer;
    char next[24];

    json_open_object(writer);
    json_name(writer, "items");
    json_open_array(writer);
    int status = journal_earning_each(journal, query, list_entry, &listing);
    json_close_array(writer);
    snprintf(next, sizeof(next), "%" PRId64, listing.last);
    if (listing.count == query->limit)
        json_field_text(writer, "next", next);
    else
        json_field_null(writer, "next");
    json_close_object(writer);
    return status;
}

/* No field has a comma, a quote or a line's end in it: numbers, keys, and words
 * of the program. */
static int csv_entry(void *user, const struct journal_earning *earning,
                     uint64_t fee)
{
    struct buffer *out = user;
    char at[CLOCK_TEXT_SIZE], signature[BASE58_SIGNATURE_SIZE], round[24] = "";

    earning_form_signature(earning, signature);
    if (earning->round < JOURNAL_EARNING_NO_ROUND)
        snprintf(round, sizeof(round), "%" PRIu64, earning->round);
    buffer_format(out,
                  "%" PRId64 ",%s,%" PRIu64 ",%s,%s,%s,%s,%" PRIu64 ",%" PRIu64
                  ",%s,%s\r\n",
                  earning->id, clock_text(earning->at_ms, at), earning->slot,
                  journal_earning_name(earning->kind),
                  earning_form_has_task(earning) ? PUBKEY_TEXT(&earning->task)
                                                 : "",
                  round, earning->unit, earning->amount, fee, signature,
                  earning->reason ? earning->reason : "");
    return 0;
}

int node_book_csv(struct journal *journal,
                  const struct journal_earning_query *query, struct buffer *out)
{
    buffer_text(out, "id,time,slot,kind,task,round,unit,amount,fee,signature,"
                     "reason\r\n");
    return journal_earning_each(journal, query, csv_entry, out);
}

/* ---- days ---- */

struct figures {
    char unit[JOURNAL_UNIT_SIZE];
    uint64_t rewards, losses, fees, paid, missed;
};

/* The day that is open, and what it has of each unit. */
struct days {
    struct json_writer writer;
    uint64_t day;
    struct figures units[UNITS_MAX];
    size_t count;
};

static int add(uint64_t *to, uint64_t by)
{
    if (__builtin_add_overflow(*to, by, to))
        return err_set(ERR_RANGE, "a sum of the account book is more than "
                                  "2^64 - 1");
    return 0;
}

static void close_day(struct days *days)
{
    struct json_writer *writer = &days->writer;
    char text[CLOCK_TEXT_SIZE];

    clock_text(days->day * DAY_MS, text);
    text[sizeof("2026-11-30") - 1] = 0;
    for (size_t i = 0; i < days->count; i++) {
        const struct figures *figures = &days->units[i];

        json_open_object(writer);
        json_field_text(writer, "day", text);
        json_field_text(writer, "unit", figures->unit);
        amount(writer, "rewards", figures->rewards);
        amount(writer, "losses", figures->losses);
        amount(writer, "fees", figures->fees);
        json_field_u64(writer, "paid", figures->paid);
        json_field_u64(writer, "missed", figures->missed);
        json_close_object(writer);
    }
    days->count = 0;
}

static struct figures *figures_of(struct days *days, const char *unit)
{
    for (size_t i = 0; i < days->count; i++)
        if (!strcmp(days->units[i].unit, unit))
            return &days->units[i];
    if (days->count == UNITS_MAX)
        return NULL;
    struct figures *figures = &days->units[days->count++];
    *figures = (struct figures){0};
    snprintf(figures->unit, sizeof(figures->unit), "%s", unit);
    return figures;
}

static int add_day(void *user, const struct journal_earning_day *day)
{
    struct days *days = user;

    if (days->count && days->day != day->day)
        close_day(days);
    days->day = day->day;
    bool is_counted =
        day->kind <= JOURNAL_PENALTY || day->kind == JOURNAL_MISSED;
    struct figures *figures = is_counted ? figures_of(days, day->unit) : NULL;

    if (!figures)
        return 0;
    switch (day->kind) {
    case JOURNAL_REWARD:
        figures->paid += day->count;
        return add(&figures->rewards, day->sum);
    case JOURNAL_FEE:
        return add(&figures->fees, day->sum);
    case JOURNAL_MISSED:
        figures->missed += day->count;
        return 0;
    case JOURNAL_SLASH:
        figures->paid += day->count;
        return add(&figures->losses, day->sum);
    default:
        return add(&figures->losses, day->sum);
    }
}

int node_book_days(struct journal *journal, const struct pubkey *task,
                   uint64_t from_day, uint64_t to_day, struct buffer *out)
{
    struct days *days = mem_zero(1, sizeof(*days));

    days->writer = json_writer_make(out);
    json_open_object(&days->writer);
    json_name(&days->writer, "items");
    json_open_array(&days->writer);
    int status = task ? journal_earning_each_day(journal, task, from_day,
                                                 to_day, add_day, days)
                      : journal_earning_each_sum(journal, from_day, to_day,
                                                 add_day, days);
    close_day(days);
    json_close_array(&days->writer);
    json_field_null(&days->writer, "next");
    json_close_object(&days->writer);
    free(days);
    return status;
}
