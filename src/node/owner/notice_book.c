/*
 * An array in the order of ids. Five hundred are few: looking through all of
 * them costs less than an index would.
 *
 * In the journal each has a name of its id and a JSON object as its value.
 */
#include "node/owner/notice_book.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/owner/setting_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MAGIC 0x4e4f5449u
#define HOUR_MS 3600000u

/*
 * Invariants:
 *
 * 1. notices[0 .. count) are in ascending order of their ids, all below
 *    next_id.
 * 2. There is at most one open one of a kind and task.
 */
struct notice_book {
    unsigned magic;
    struct journal_writer *writer;
    bool sends;
    bool quiet[NOTICE_KINDS]; /* not sent */
    struct notice notices[NOTICES_MAX];
    size_t count;
    uint64_t next_id;
};

/* Names are an interface: webhooks and scripts act on them. */
static const struct {
    const char *name, *variant;
    bool is_trouble;
} kinds[NOTICE_KINDS] = {
    [NOTICE_BALANCE_LOW] = {"balance_low", "WARNING", true},
    [NOTICE_BALANCE_CRITICAL] = {"balance_critical", "ERROR", true},
    [NOTICE_STAKING_CRITICAL] = {"staking_critical", "ERROR", true},
    [NOTICE_ENDPOINT_AWAY] = {"endpoint_away", "WARNING", true},
    [NOTICE_DISK_LOW] = {"disk_low", "ERROR", true},
    [NOTICE_SIGNER_AWAY] = {"signer_away", "ERROR", true},
    [NOTICE_UNREACHABLE] = {"unreachable", "WARNING", true},
    [NOTICE_SANDBOX_WEAK] = {"sandbox_weak", "WARNING", true},
    [NOTICE_TASK_FAILED] = {"task_failed", "ERROR", true},
    [NOTICE_PROOF_MISSED] = {"proof_missed", "WARNING", true},
    [NOTICE_PROOFS_MISSED] = {"proofs_missed", "ERROR", true},
    [NOTICE_ACCUSED] = {"accused", "ERROR", true},
    [NOTICE_TASK_INACTIVE] = {"task_inactive", "WARNING", true},
    [NOTICE_TASK_UPGRADE] = {"task_upgrade", "INFO", true},
    [NOTICE_BOUNTY_LOW] = {"bounty_low", "WARNING", true},
    [NOTICE_BOUNTY_EMPTY] = {"bounty_empty", "WARNING", true},
    [NOTICE_EXECUTABLE_CHANGED] = {"executable_changed", "WARNING", false},
    [NOTICE_SLASHED] = {"slashed", "ERROR", false},
    [NOTICE_REWARD_CLAIMED] = {"reward_claimed", "SUCCESS", false},
    [NOTICE_TASK_NOTE] = {"task_note", "INFO", false},
};

const char *notice_kind_name(enum notice_kind kind)
{
    CHECK(kind < NOTICE_KINDS);
    return kinds[kind].name;
}

int notice_kind_parse(struct bytes name, enum notice_kind *out)
{
    for (enum notice_kind kind = 0; kind < NOTICE_KINDS; kind++)
        if (bytes_equal(bytes_text(kinds[kind].name), name)) {
            *out = kind;
            return 0;
        }
    return err_set(ERR_NOT_FOUND, "there are no notifications of the kind %.*s",
                   (int)(name.size < 40 ? name.size : 40),
                   (const char *)name.data);
}

bool notice_name_is_trouble(const char *name)
{
    for (size_t i = 0; i < NOTICE_KINDS; i++)
        if (!strcmp(kinds[i].name, name))
            return kinds[i].is_trouble;
    return false;
}

static void free_notice(struct notice *notice)
{
    free(notice->task);
    free(notice->about);
    free(notice->text);
    free(notice->facts);
}

/* ---- in the journal ---- */

static void name_of(uint64_t id, char out[24])
{
    snprintf(out, 24, "%020" PRIu64, id);
}

static void on_written(void *user, int status)
{
    if (status)
        log_error("notice", "a notification is not written down: %s",
                  err_text());
}

static void write_facts(const struct notice *notice, struct json_writer *writer)
{
    if (!*notice->facts)
        return;
    json_name(writer, "facts");
    json_write_raw(writer, bytes_text(notice->facts));
}

static void put(struct notice_book *book, const struct notice *notice)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    char name[24];

    json_open_object(&writer);
    json_field_u64(&writer, "time", notice->time_ms);
    json_field_text(&writer, "kind", kinds[notice->kind].name);
    json_field_text(&writer, "task", notice->task);
    json_field_text(&writer, "about", notice->about);
    json_field_text(&writer, "text", notice->text);
    write_facts(notice, &writer);
    json_field_bool(&writer, "read", notice->is_read);
    json_field_bool(&writer, "open", notice->is_open);
    json_field_bool(&writer, "hidden", notice->is_hidden);
    json_field_bool(&writer, "unsent", notice->is_unsent);
    json_close_object(&writer);
    name_of(notice->id, name);
    setting_write(book->writer, JOURNAL_NOTICE, name, buffer_view(&text),
                  on_written, NULL);
    buffer_free(&text);
}

static bool flag_of(struct json_object *tree, const char *name)
{
    bool value;

    return json_get_bool(tree, name, &value) == 0 && value;
}

static bool read_kind(struct json_object *tree, enum notice_kind *out)
{
    const char *name;

    if (json_get_text(tree, "kind", &name))
        return false;
    for (enum notice_kind kind = 0; kind < NOTICE_KINDS; kind++) {
        if (!strcmp(kinds[kind].name, name)) {
            *out = kind;
            return true;
        }
    }
    return false;
}

static char *copy_of(struct json_object *tree, const char *name)
{
    const char *text;

    return mem_text(json_get_text(tree, name, &text) ? "" : text);
}

static char *facts_of(struct json_object *tree)
{
    struct json_object *facts;
    struct buffer text = {0};

    if (json_get_object(tree, "facts", &facts))
        return mem_text("");
    json_text(facts, &text);
    char *copy = mem_text(buffer_string(&text));
    buffer_free(&text);
    return copy;
}

/* What a newer version wrote, or a hand, is left alone and not shown. */
static int take(void *user, const char *name, struct bytes value)
{
    struct notice_book *book = user;
    struct json_object *tree = NULL;
    struct notice notice = {.id = strtoull(name, NULL, 10)};

    if (notice.id < book->next_id || notice.id >= INT64_MAX ||
        book->count == NOTICES_MAX || json_parse(value, &tree) ||
        !read_kind(tree, &notice.kind)) {
        json_object_put(tree);
        return 0;
    }
    (void)json_get_u64(tree, "time", &notice.time_ms);
    notice.task = copy_of(tree, "task");
    notice.about = copy_of(tree, "about");
    notice.text = copy_of(tree, "text");
    notice.facts = facts_of(tree);
    notice.is_read = flag_of(tree, "read");
    notice.is_open = flag_of(tree, "open");
    notice.is_hidden = flag_of(tree, "hidden");
    notice.is_unsent = flag_of(tree, "unsent") && book->sends;
    json_object_put(tree);
    book->notices[book->count++] = notice;
    book->next_id = notice.id + 1;
    return 0;
}

int notice_book_open(struct journal *journal, struct journal_writer *writer,
                     bool sends, struct notice_book **out)
{
    struct notice_book *book = mem_zero(1, sizeof(*book));

    book->magic = MAGIC;
    book->writer = writer;
    book->sends = sends;
    book->next_id = 1;
    int status = journal_setting_each(journal, JOURNAL_NOTICE, take, book);
    if (status) {
        notice_book_close(book);
        return status;
    }
    *out = book;
    return 0;
}

void notice_book_close(struct notice_book *book)
{
    if (!book)
        return;
    CHECK_MAGIC(book, MAGIC);
    for (size_t i = 0; i < book->count; i++)
        free_notice(&book->notices[i]);
    book->magic = 0;
    free(book);
}

/* ---- what comes in ---- */

static void drop_first(struct notice_book *book)
{
    char name[24];

    name_of(book->notices[0].id, name);
    setting_write(book->writer, JOURNAL_NOTICE, name, (struct bytes){0},
                  on_written, NULL);
    free_notice(&book->notices[0]);
    book->count--;
    memmove(book->notices, book->notices + 1,
            book->count * sizeof(book->notices[0]));
}

/* An empty text is one that is only remembered. Strangers' words may be in it:
 * no more than fits, and no half a character. */
static char *cut_text(const char *text)
{
    size_t size = strlen(text);

    if (size <= NOTICE_TEXT_MAX)
        return mem_text(text);
    size = NOTICE_TEXT_MAX;
    while (size && ((uint8_t)text[size] & 0xc0) == 0x80)
        size--;
    return mem_format("%.*s…", (int)size, text);
}

static void add(struct notice_book *book, uint64_t now_ms,
                enum notice_kind kind, const char *task, const char *about,
                const char *text, const char *facts, bool is_open)
{
    bool is_hidden = !*text;

    if (book->count == NOTICES_MAX)
        drop_first(book);
    struct notice *notice = &book->notices[book->count++];

    *notice = (struct notice){.id = book->next_id++,
                              .time_ms = now_ms,
                              .kind = kind,
                              .task = mem_text(task),
                              .about = mem_text(about),
                              .text = cut_text(text),
                              .facts = mem_text(facts ? facts : ""),
                              .is_open = is_open,
                              .is_read = is_hidden,
                              .is_hidden = is_hidden,
                              .is_unsent = book->sends && !is_hidden &&
                                           !book->quiet[kind]};
    put(book, notice);
}

static struct notice *find_open(struct notice_book *book, enum notice_kind kind,
                                const char *task)
{
    for (size_t i = book->count; i-- > 0;) {
        struct notice *notice = &book->notices[i];

        if (notice->is_open && notice->kind == kind &&
            !strcmp(notice->task, task))
            return notice;
    }
    return NULL;
}

void notice_book_raise(struct notice_book *book, uint64_t now_ms,
                       enum notice_kind kind, const char *task,
                       const char *text, const char *facts)
{
    CHECK_MAGIC(book, MAGIC);
    CHECK(kinds[kind].is_trouble);
    if (!find_open(book, kind, task))
        add(book, now_ms, kind, task, "", text, facts, true);
}

void notice_book_renew(struct notice_book *book, uint64_t now_ms,
                       enum notice_kind kind, const char *task,
                       const char *about, const char *text, const char *facts)
{
    CHECK_MAGIC(book, MAGIC);
    CHECK(kinds[kind].is_trouble);
    struct notice *notice = find_open(book, kind, task);

    if (!notice || strcmp(notice->about, about) != 0) {
        notice_book_end(book, kind, task);
        add(book, now_ms, kind, task, about, text, facts, true);
        return;
    }
    char *cut = cut_text(text);

    if (!strcmp(notice->text, cut)) {
        free(cut);
        return;
    }
    free(notice->text);
    free(notice->facts);
    notice->text = cut;
    notice->facts = mem_text(facts ? facts : "");
    put(book, notice);
}

const char *notice_book_renewed(struct notice_book *book, enum notice_kind kind,
                                const char *task)
{
    CHECK_MAGIC(book, MAGIC);
    const struct notice *notice = find_open(book, kind, task);

    return notice ? notice->about : NULL;
}

void notice_book_end(struct notice_book *book, enum notice_kind kind,
                     const char *task)
{
    CHECK_MAGIC(book, MAGIC);
    struct notice *notice = find_open(book, kind, task);

    if (!notice)
        return;
    notice->is_open = false;
    put(book, notice);
}

void notice_book_tell(struct notice_book *book, uint64_t now_ms,
                      enum notice_kind kind, const char *task,
                      const char *about, const char *text, const char *facts)
{
    CHECK_MAGIC(book, MAGIC);
    CHECK(!kinds[kind].is_trouble);
    for (size_t i = book->count; i-- > 0;) {
        const struct notice *notice = &book->notices[i];

        if (notice->kind == kind && !strcmp(notice->task, task) &&
            !strcmp(notice->about, about))
            return;
    }
    add(book, now_ms, kind, task, about, text, facts, false);
}

const char *notice_book_last(const struct notice_book *book,
                             enum notice_kind kind, const char *task)
{
    CHECK_MAGIC(book, MAGIC);
    for (size_t i = book->count; i-- > 0;) {
        const struct notice *notice = &book->notices[i];

        if (notice->kind == kind && !strcmp(notice->task, task))
            return notice->about;
    }
    return NULL;
}

void notice_book_remember(struct notice_book *book, uint64_t now_ms,
                          enum notice_kind kind, const char *task,
                          const char *about)
{
    CHECK_MAGIC(book, MAGIC);
    add(book, now_ms, kind, task, about, "", NULL, false);
}

bool notice_book_note(struct notice_book *book, uint64_t now_ms,
                      const char *task, const char *text)
{
    size_t count = 0;

    CHECK_MAGIC(book, MAGIC);
    for (size_t i = 0; i < book->count; i++) {
        const struct notice *notice = &book->notices[i];

        count += notice->kind == NOTICE_TASK_NOTE &&
                 !strcmp(notice->task, task) &&
                 notice->time_ms + HOUR_MS > now_ms;
    }
    if (count >= NOTICE_NOTES_HOUR_MAX)
        return false;
    add(book, now_ms, NOTICE_TASK_NOTE, task, "", text, NULL, false);
    return true;
}

/* ---- what goes out ---- */

void notice_write(const struct notice *notice, struct json_writer *writer)
{
    char time[CLOCK_TEXT_SIZE];

    json_open_object(writer);
    json_field_u64(writer, "id", notice->id);
    json_field_text(writer, "time", clock_text(notice->time_ms, time));
    json_field_text(writer, "variant", kinds[notice->kind].variant);
    json_field_text(writer, "kind", kinds[notice->kind].name);
    if (*notice->task)
        json_field_text(writer, "task", notice->task);
    else
        json_field_null(writer, "task");
    json_field_text(writer, "text", notice->text);
    write_facts(notice, writer);
    json_field_bool(writer, "read", notice->is_read);
    json_field_bool(writer, "open", notice->is_open);
    json_close_object(writer);
}

void notice_book_write(const struct notice_book *book, uint64_t after,
                       struct json_writer *writer)
{
    uint64_t unread = 0;

    CHECK_MAGIC(book, MAGIC);
    json_open_object(writer);
    json_name(writer, "notifications");
    json_open_array(writer);
    for (size_t i = 0; i < book->count; i++) {
        const struct notice *notice = &book->notices[i];

        if (notice->is_hidden)
            continue;
        unread += !notice->is_read;
        if (notice->id > after)
            notice_write(notice, writer);
    }
    json_close_array(writer);
    json_field_u64(writer, "unread", unread);
    json_field_u64(writer, "last", book->next_id - 1);
    json_close_object(writer);
}

void notice_book_read(struct notice_book *book, uint64_t last)
{
    CHECK_MAGIC(book, MAGIC);
    for (size_t i = 0; i < book->count; i++) {
        struct notice *notice = &book->notices[i];

        if (notice->is_read || (last && notice->id > last))
            continue;
        notice->is_read = true;
        put(book, notice);
    }
}

int notice_book_read_one(struct notice_book *book, uint64_t id)
{
    CHECK_MAGIC(book, MAGIC);
    for (size_t i = 0; i < book->count; i++) {
        struct notice *notice = &book->notices[i];

        if (notice->id != id || notice->is_hidden)
            continue;
        if (!notice->is_read) {
            notice->is_read = true;
            put(book, notice);
        }
        return 0;
    }
    return err_set(ERR_NOT_FOUND, "there is no such notification");
}

void notice_book_clear(struct notice_book *book, uint64_t last)
{
    CHECK_MAGIC(book, MAGIC);
    for (size_t i = 0; i < book->count; i++) {
        struct notice *notice = &book->notices[i];

        if (notice->is_hidden || (last && notice->id > last))
            continue;
        notice->is_read = notice->is_hidden = true;
        put(book, notice);
    }
}

void notice_book_send(struct notice_book *book, bool sends,
                      const bool quiet[NOTICE_KINDS])
{
    CHECK_MAGIC(book, MAGIC);
    book->sends = sends;
    memcpy(book->quiet, quiet, sizeof(book->quiet));
    for (size_t i = 0; !sends && i < book->count; i++)
        if (book->notices[i].is_unsent) {
            book->notices[i].is_unsent = false;
            put(book, &book->notices[i]);
        }
}

size_t notice_book_unsent_count(const struct notice_book *book)
{
    size_t count = 0;

    CHECK_MAGIC(book, MAGIC);
    for (size_t i = 0; i < book->count; i++)
        count += book->notices[i].is_unsent;
    return count;
}

const struct notice *notice_book_unsent(const struct notice_book *book)
{
    CHECK_MAGIC(book, MAGIC);
    for (size_t i = 0; i < book->count; i++)
        if (book->notices[i].is_unsent)
            return &book->notices[i];
    return NULL;
}

void notice_book_sent(struct notice_book *book, uint64_t id)
{
    CHECK_MAGIC(book, MAGIC);
    for (size_t i = 0; i < book->count; i++) {
        struct notice *notice = &book->notices[i];

        if (notice->id == id && notice->is_unsent) {
            notice->is_unsent = false;
            put(book, notice);
        }
    }
}
