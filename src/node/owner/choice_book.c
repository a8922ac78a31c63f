#include "node/owner/choice_book.h"

#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/url.h"
#include "node/owner/notice_book.h"
#include "node/reach/peer_url.h"
#include "settlement/format/task_instruction.h"

#include <stdlib.h>
#include <string.h>

/* A row's value is {"value":text, "given":text or null}. */

/* MiB: a number that `pond node --store-limit` takes, too. */
#define STORE_MIB_MAX (1u << 30)

/* given, chosen, at: NULL is none. used is what counted at the start; chosen is
 * kept beside what was given when it was chosen. */
struct chosen {
    char *given, *chosen, *at, *used;
    unsigned turn; /* counts its changes */
};

/* A change on its way, and what holds again if it can't be written. */
struct change {
    struct choice_book *book;
    enum choice choice;
    char *chosen, *at;
    unsigned turn;
    setting_written *done;
    void *user;
};

struct choice_book {
    struct journal_writer *writer;
    struct chosen list[CHOICES];
};

static const struct {
    const char *name;
    bool is_live; /* taken up at once */
} kinds[CHOICES] = {
    [CHOICE_NETWORK] = {"network", false},
    [CHOICE_PUBLIC_URL] = {"public-url", false},
    [CHOICE_PORT] = {"port", false},
    [CHOICE_STORE_LIMIT] = {"store-limit", false},
    [CHOICE_GATEWAYS] = {"gateways", false},
    [CHOICE_WEBHOOK] = {"webhook", true},
    [CHOICE_QUIET] = {"quiet", true},
};

const char *choice_name(enum choice choice)
{
    CHECK(choice < CHOICES);
    return kinds[choice].name;
}

int choice_parse(const char *name, enum choice *out)
{
    struct buffer names = {0};

    for (size_t i = 0; i < CHOICES; i++) {
        if (!strcmp(kinds[i].name, name)) {
            *out = (enum choice)i;
            buffer_free(&names);
            return 0;
        }
        buffer_format(&names, "%s%s", i ? ", " : "", kinds[i].name);
    }
    int status =
        err_set(ERR_NOT_FOUND, "there is no setting '%.40s'; there are %s",
                name, buffer_string(&names));
    buffer_free(&names);
    return status;
}

/* ---- values ---- */

static int check_number(const char *value, uint64_t low, uint64_t high,
                        const char *what)
{
    char *end;
    unsigned long long number = strtoull(value, &end, 10);

    if (*value < '0' || *value > '9' || *end || number < low || number > high)
        return err_set(ERR_INVALID, "%s is a number from %llu to %llu", what,
                       (unsigned long long)low, (unsigned long long)high);
    return 0;
}

static int check_public_url(const char *value)
{
    int status = peer_url_check(value);

    if (!status && strlen(value) > TASK_TEXT_SIZE)
        status = err_set(ERR_INVALID,
                         "the public URL is longer than %d bytes, which is "
                         "what a stake holds",
                         TASK_TEXT_SIZE);
    return status;
}

static int check_web_url(struct bytes text)
{
    struct url url;
    int status = url_parse(text, &url);

    if (!status && strncmp(url.scheme, "http", 4) != 0)
        status =
            err_set(ERR_INVALID, "the URL begins with http:// or https://");
    return status;
}

static int check_gateways(const char *value)
{
    size_t count = 0;

    while (*value) {
        size_t size = strcspn(value, " ");
        int status = check_web_url(bytes_make(value, size));

        if (status)
            return status;
        if (++count > CHOICE_GATEWAYS_MAX)
            return err_set(ERR_LIMIT, "there are %d gateways at most",
                           CHOICE_GATEWAYS_MAX);
        value += size + strspn(value + size, " ");
    }
    return 0;
}

/* Kinds with blanks between them. */
static int check_quiet(const char *value)
{
    while (*value) {
        size_t size = strcspn(value, " ");
        enum notice_kind kind;

        if (notice_kind_parse(bytes_make(value, size), &kind))
            return ERR_INVALID;
        value += size + strspn(value + size, " ");
    }
    return 0;
}

int choice_check(enum choice choice, const char *value)
{
    if (strlen(value) > CHOICE_SIZE_MAX)
        return err_set(ERR_LIMIT, "a value has at most %d bytes",
                       CHOICE_SIZE_MAX);
    switch (choice) {
    case CHOICE_PUBLIC_URL:
        return check_public_url(value);
    case CHOICE_PORT:
        return check_number(value, 0, UINT16_MAX, "the port");
    case CHOICE_STORE_LIMIT:
        return check_number(value, 1, STORE_MIB_MAX, "the limit in MiB");
    case CHOICE_GATEWAYS:
        return check_gateways(value);
    case CHOICE_WEBHOOK:
        return *value ? check_web_url(bytes_text(value)) : 0;
    case CHOICE_NETWORK:
        return *value ? 0 : err_set(ERR_INVALID, "a network has a name");
    case CHOICE_QUIET:
        return check_quiet(value);
    case CHOICES:
        break;
    }
    return 0;
}

bool choice_has_word(const char *list, const char *word)
{
    size_t size = strlen(word);

    while (*list) {
        size_t length = strcspn(list, " ");

        if (length == size && !memcmp(list, word, size))
            return true;
        list += length + strspn(list + length, " ");
    }
    return false;
}

/* ---- the file ---- */

static char *copy(const char *text)
{
    return text ? mem_text(text) : NULL;
}

static bool is_same(const char *one, const char *other)
{
    return one && other ? !strcmp(one, other) : one == other;
}

static int take_row(struct choice_book *book, const char *name,
                    struct bytes value)
{
    struct json_object *tree = NULL;
    const char *chosen, *at = NULL;
    enum choice choice;
    int status = choice_parse(name, &choice);

    if (!status)
        status = json_parse(value, &tree);
    if (!status)
        status = json_get_text(tree, "value", &chosen);
    if (!status)
        status = choice_check(choice, chosen);
    if (!status) {
        if (json_get_text(tree, "given", &at))
            err_clear();
        book->list[choice].chosen = mem_text(chosen);
        book->list[choice].at = copy(at);
    }
    json_object_put(tree);
    return status;
}

static int on_row(void *user, const char *name, struct bytes value)
{
    if (take_row(user, name, value))
        log_error("node", "the setting %.60s can't be read: %s", name,
                  err_text());
    return 0;
}

int choice_book_open(struct journal *journal, struct journal_writer *writer,
                     struct choice_book **out)
{
    *out = mem_zero(1, sizeof(**out));
    (*out)->writer = writer;
    return journal_setting_each(journal, JOURNAL_CHOICE, on_row, *out);
}

void choice_book_close(struct choice_book *book)
{
    for (size_t i = 0; book && i < CHOICES; i++) {
        free(book->list[i].given);
        free(book->list[i].chosen);
        free(book->list[i].at);
        free(book->list[i].used);
    }
    free(book);
}

/* ---- what counts ---- */

static const char *counting(const struct chosen *one)
{
    return one->chosen ? one->chosen : one->given;
}

static void forget(struct chosen *one)
{
    free(one->chosen);
    free(one->at);
    one->chosen = one->at = NULL;
}

static void on_forgotten(void *user, int status)
{
    if (status)
        log_error("journal", "a setting is not forgotten: %s", err_text());
}

void choice_book_drop(struct choice_book *book, enum choice choice)
{
    forget(&book->list[choice]);
    setting_write(book->writer, JOURNAL_CHOICE, choice_name(choice),
                  (struct bytes){0}, on_forgotten, NULL);
}

const char *choice_book_settle(struct choice_book *book, enum choice choice,
                               const char *given)
{
    struct chosen *one = &book->list[choice];

    CHECK(!one->given && !one->used);
    one->given = copy(given);
    if (one->chosen && !is_same(one->at, given)) {
        log_info("node",
                 "%s is as it was given now, and no longer as it was chosen",
                 choice_name(choice));
        choice_book_drop(book, choice);
    }
    one->used = copy(counting(one));
    return one->used;
}

/* Unless it has been changed again meanwhile. */
static void on_written(void *user, int status)
{
    struct change *change = user;
    struct chosen *one = &change->book->list[change->choice];

    if (status && one->turn == change->turn) {
        forget(one);
        one->chosen = change->chosen;
        one->at = change->at;
    } else {
        free(change->chosen);
        free(change->at);
    }
    change->done(change->user, status);
    free(change);
}

static void write_row(const struct chosen *one, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    json_open_object(&writer);
    json_field_text(&writer, "value", one->chosen);
    if (one->at)
        json_field_text(&writer, "given", one->at);
    json_close_object(&writer);
}

int choice_book_set(struct choice_book *book, enum choice choice,
                    const char *value, setting_written *done, void *user)
{
    struct chosen *one = &book->list[choice];
    struct buffer text = {0};
    int status = value ? choice_check(choice, value) : 0;

    if (status)
        return status;
    struct change *change = mem_zero(1, sizeof(*change));

    *change = (struct change){.book = book,
                              .choice = choice,
                              .chosen = one->chosen,
                              .at = one->at,
                              .turn = ++one->turn,
                              .done = done,
                              .user = user};
    one->chosen = copy(value);
    one->at = value ? copy(one->given) : NULL;
    if (value)
        write_row(one, &text);
    setting_write(book->writer, JOURNAL_CHOICE, choice_name(choice),
                  buffer_view(&text), on_written, change);
    buffer_free(&text);
    return 0;
}

struct choice_view choice_book_look(const struct choice_book *book,
                                    enum choice choice)
{
    const struct chosen *one = &book->list[choice];

    return (struct choice_view){.value = counting(one),
                                .used = kinds[choice].is_live ? counting(one)
                                                              : one->used,
                                .given = one->given,
                                .is_chosen = one->chosen != NULL};
}

bool choice_book_waits(const struct choice_book *book)
{
    for (size_t i = 0; i < CHOICES; i++) {
        struct choice_view view = choice_book_look(book, (enum choice)i);

        if (!is_same(view.value, view.used))
            return true;
    }
    return false;
}
