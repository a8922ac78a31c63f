#include "node/page/attention.h"

#include "node/owner/notice_book.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What each notification is on the page, which has a sentence and an action for
 * every kind. fact: without it the notification is told by its own text. */
static const struct {
    const char *notice, *kind, *fact;
} kinds[] = {
    {"balance_low", "fees_low", "amount"},
    {"balance_critical", "fees_out", "amount"},
    {"staking_critical", "key_low", "amount"},
    {"endpoint_away", "settlement_away", NULL},
    {"disk_low", "disk_low", "mib"},
    {"signer_away", "signer_away", NULL},
    {"unreachable", "unreachable", NULL},
    {"sandbox_weak", "sandbox_weak", NULL},
    {"task_failed", "failed", "reason"},
    {"proof_missed", "missed", "n"},
    {"proofs_missed", "missed", "n"},
    {"accused", "accused", NULL},
    {"task_inactive", "inactive", NULL},
    {"task_upgrade", "migrated", NULL},
    {"bounty_low", "bounty_low", "n"},
    {"bounty_empty", "bounty_empty", NULL},
    {"executable_changed", "code_changed", NULL},
    {"slashed", "slashed", "amount"},
    {"task_note", "said", NULL},
    {"reward_claimed", NULL, NULL}, /* no matter of attention */
};

static const char *text_of(struct json_object *object, const char *name)
{
    const char *text;

    return json_get_text(object, name, &text) ? "" : text;
}

/* "2026-11-30T12:00:00.000Z" (clock_text()). */
static uint64_t time_of(const char *text)
{
    struct tm when = {0};
    unsigned ms = 0;

    if (sscanf(text, "%d-%d-%dT%d:%d:%d.%u", &when.tm_year, &when.tm_mon,
               &when.tm_mday, &when.tm_hour, &when.tm_min, &when.tm_sec,
               &ms) != 7)
        return 0;
    when.tm_year -= 1900;
    when.tm_mon--;
    return (uint64_t)timegm(&when) * 1000 + ms;
}

/* What goes on by itself for now can wait, and a new version does not. */
static const char *level_of(const char *kind, const char *variant)
{
    if (!strcmp(kind, "restarting") || !strcmp(kind, "migrated"))
        return "amber";
    return !strcmp(variant, "ERROR")     ? "red"
           : !strcmp(variant, "WARNING") ? "amber"
                                         : "info";
}

/* False: it is left out. One that is started again is no failure yet. */
static bool kind_of(const char *notice, struct json_object *facts,
                    const char **out)
{
    *out = "told";
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (strcmp(kinds[i].notice, notice) != 0)
            continue;
        if (!kinds[i].kind)
            return false;
        if (!kinds[i].fact ||
            json_object_object_get_ex(facts, kinds[i].fact, NULL))
            *out = kinds[i].kind;
        if (!strcmp(*out, "failed") &&
            json_object_object_get_ex(facts, "n", NULL))
            *out = "restarting";
    }
    return true;
}

/* A trouble that is over needs nobody. */
static bool is_settled(struct json_object *notice)
{
    bool is_read = false, is_open = false;

    (void)json_get_bool(notice, "read", &is_read);
    (void)json_get_bool(notice, "open", &is_open);
    return is_read ||
           (!is_open && notice_name_is_trouble(text_of(notice, "kind")));
}

static void add_text(struct json_object *row, const char *name,
                     const char *text)
{
    if (*text)
        json_object_object_add(row, name, json_object_new_string(text));
}

static void add_facts(struct json_object *row, struct json_object *facts)
{
    if (!facts)
        return;
    json_object_object_foreach(facts, name, fact)
        json_object_object_add(row, name, json_object_get(fact));
}

struct json_object *attention_row(struct json_object *notice, char id[24])
{
    struct json_object *row, *facts = NULL;
    uint64_t number;
    const char *kind;

    (void)json_get_object(notice, "facts", &facts);
    if (json_get_u64(notice, "id", &number) ||
        !kind_of(text_of(notice, "kind"), facts, &kind))
        return NULL;
    snprintf(id, 24, "n%" PRIu64, number);
    row = json_object_new_object();
    add_facts(row, facts);
    add_text(row, "kind", kind);
    add_text(row, "level", level_of(kind, text_of(notice, "variant")));
    json_object_object_add(
        row, "at", json_object_new_uint64(time_of(text_of(notice, "time"))));
    add_text(row, "task", text_of(notice, "task"));
    add_text(row, "text", text_of(notice, "text"));
    json_object_object_add(row, "read",
                           json_object_new_boolean(is_settled(notice)));
    return row;
}

static void add_lock(struct json_object *rows)
{
    struct json_object *row = json_object_new_object();

    add_text(row, "kind", "locked");
    add_text(row, "level", "red");
    json_object_object_add(rows, ATTENTION_LOCKED, row);
}

struct json_object *attention_rows(struct json_object *notices, bool is_locked,
                                   size_t max)
{
    struct json_object *rows = json_object_new_object();
    size_t count = 0;

    if (is_locked)
        add_lock(rows);
    for (size_t i = json_object_array_length(notices);
         i-- > 0 && count < max;) {
        struct json_object *notice = json_object_array_get_idx(notices, i);
        char id[24];
        struct json_object *row =
            is_settled(notice) ? NULL : attention_row(notice, id);
        if (!row)
            continue;
        json_object_object_add(rows, id, row);
        count++;
    }
    return rows;
}

void attention_add_sessions(const struct sessions *sessions,
                            struct json_object *rows)
{
    const struct session *session;
    char id[24];

    if (!sessions_at(sessions, 1))
        return;
    for (size_t i = 0; (session = sessions_at(sessions, i)); i++) {
        if (session->is_known)
            continue;
        struct json_object *row = json_object_new_object();

        snprintf(id, sizeof(id), "s%" PRIu64, session->id);
        add_text(row, "kind", "session_new");
        add_text(row, "level", "info");
        json_object_object_add(row, "at",
                               json_object_new_uint64(session->made_ms));
        add_text(row, "text", session->agent);
        json_object_object_add(row, "read", json_object_new_boolean(false));
        json_object_object_add(rows, id, row);
    }
}

bool attention_number(const char *id, char letter, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = *id == letter ? strtoull(id + 1, &end, 10) : 0;
    return *id == letter && id[1] >= '1' && id[1] <= '9' && !*end && !errno;
}
