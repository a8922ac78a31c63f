/*
 * Two sorted lists, because there are few of either, they are shown in order,
 * and a walk over all pairings is what most questions are.
 *
 * The book in memory is what is on disk: a change is written first and made
 * here when that has succeeded. Writes end in their order, so it does not
 * matter that several may be under way. What a check has found can be undone by
 * a change that was ordered before it: a pairing may so outlive its label,
 * which is the same as none to a task.
 */
#include "node/owner/variable_book.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/owner/setting_write.h"
#include "node/owner/value_seal.h"
#include "node/owner/variable_form.h"

#include <stdlib.h>

/* One row of either list; texts are owned. */
struct row {
    char *name;           /* a label; or TASK/VARIABLE */
    char *label;          /* of a pairing; NULL in the other list */
    struct buffer sealed; /* of a variable */
};

/* Sorted by name, each name once. */
struct rows {
    struct row *items;
    size_t count;
};

struct variable_book {
    struct journal_writer *writer;
    struct value_seal seal;
    struct rows variables, pairings;
};

/* ---- rows ---- */

static void row_free(struct row *row)
{
    free(row->name);
    free(row->label);
    buffer_free(&row->sealed);
}

/* Where name stands, or would: true if it does. */
static bool find(const struct rows *rows, const char *name, size_t *place)
{
    size_t low = 0, high = rows->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(rows->items[middle].name, name);

        if (!order) {
            *place = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *place = low;
    return false;
}

static bool has(const struct rows *rows, const char *name)
{
    size_t place;

    return find(rows, name, &place);
}

/* The row is moved in, in place of one of its name. */
static void put(struct rows *rows, struct row *row)
{
    size_t place;

    if (find(rows, row->name, &place)) {
        row_free(&rows->items[place]);
    } else {
        rows->items =
            mem_resize(rows->items, (rows->count + 1) * sizeof(*rows->items));
        memmove(rows->items + place + 1, rows->items + place,
                (rows->count - place) * sizeof(*rows->items));
        rows->count++;
    }
    rows->items[place] = *row;
}

static void take_out(struct rows *rows, const char *name)
{
    size_t place;

    if (!find(rows, name, &place))
        return;
    row_free(&rows->items[place]);
    rows->count--;
    memmove(rows->items + place, rows->items + place + 1,
            (rows->count - place) * sizeof(*rows->items));
}

static void rows_free(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        row_free(&rows->items[i]);
    free(rows->items);
}

/* ---- names ---- */

static char *pairing_name(const struct pubkey *task, const char *name)
{
    return mem_format("%s/%s", PUBKEY_TEXT(task), name);
}

/* The variable's name in a row of pairings, if it is that task's. */
static const char *name_for(const struct row *row, const char *task)
{
    size_t size = strlen(task);

    return !strncmp(row->name, task, size) && row->name[size] == '/'
               ? row->name + size + 1
               : NULL;
}

/* ---- life ---- */

static int read_variable(void *user, const char *name, struct bytes value)
{
    struct variable_book *book = user;
    struct row row = {.name = mem_text(name)};

    buffer_bytes(&row.sealed, value);
    put(&book->variables, &row);
    return 0;
}

static int read_pairing(void *user, const char *name, struct bytes value)
{
    struct variable_book *book = user;
    struct row row = {.name = mem_text(name)};

    row.label = mem_alloc(value.size + 1);
    memcpy(row.label, value.data, value.size);
    row.label[value.size] = 0;
    put(&book->pairings, &row);
    return 0;
}

int variable_book_open(const char *folder, struct journal *journal,
                       struct journal_writer *writer,
                       struct variable_book **out)
{
    struct variable_book *book = mem_zero(1, sizeof(*book));
    int status;

    book->writer = writer;
    if ((status = value_seal_open(folder, &book->seal)) < 0 ||
        (status = journal_setting_each(journal, JOURNAL_VARIABLE, read_variable,
                                       book)) < 0 ||
        (status = journal_setting_each(journal, JOURNAL_PAIRING, read_pairing,
                                       book)) < 0) {
        variable_book_close(book);
        return status;
    }
    *out = book;
    return 0;
}

void variable_book_close(struct variable_book *book)
{
    if (!book)
        return;
    rows_free(&book->variables);
    rows_free(&book->pairings);
    value_seal_wipe(&book->seal);
    free(book);
}

/* ---- changes ---- */

/* A change on its way to the disk: a row to be put, or to be taken out. */
struct change {
    struct variable_book *book;
    struct rows *rows;
    struct row row;
    bool is_removal;
    variable_book_done *done; /* or NULL */
    void *user;
};

static void on_change(void *user, int status)
{
    struct change *change = user;

    if (!status && change->is_removal)
        take_out(change->rows, change->row.name);
    else if (!status)
        put(change->rows, &change->row);
    if (status || change->is_removal)
        row_free(&change->row);
    if (change->done)
        change->done(change->user, status);
    free(change);
}

/* row is moved in. */
static void start_change(struct variable_book *book, enum journal_setting kind,
                         struct row *row, bool is_removal,
                         variable_book_done *done, void *user)
{
    struct change *change = mem_zero(1, sizeof(*change));
    struct bytes value = {0};

    change->book = book;
    change->rows =
        kind == JOURNAL_VARIABLE ? &book->variables : &book->pairings;
    change->row = *row;
    change->is_removal = is_removal;
    change->done = done;
    change->user = user;
    if (!is_removal)
        value = row->label ? bytes_text(row->label) : buffer_view(&row->sealed);
    setting_write(book->writer, kind, row->name, value, on_change, change);
}

int variable_book_set(struct variable_book *book, const char *label,
                      struct bytes value, variable_book_done *done, void *user)
{
    struct row row = {0};
    int status;

    if ((status = variable_form_label(label)) < 0 ||
        (status = variable_form_value(value)) < 0)
        return status;
    if (!has(&book->variables, label) &&
        book->variables.count >= VARIABLES_OF_NODE_MAX)
        return err_set(ERR_LIMIT, "a node has at most %d variables",
                       VARIABLES_OF_NODE_MAX);
    row.name = mem_text(label);
    value_seal_close(&book->seal, label, value, &row.sealed);
    start_change(book, JOURNAL_VARIABLE, &row, false, done, user);
    return 0;
}

int variable_book_remove(struct variable_book *book, const char *label,
                         variable_book_done *done, void *user)
{
    struct row row = {0};

    if (!has(&book->variables, label))
        return err_set(ERR_NOT_FOUND, "there is no variable %s", label);
    for (size_t i = 0; i < book->pairings.count; i++)
        if (!strcmp(book->pairings.items[i].label, label))
            return err_set(ERR_STATE, "%s is in use, as %s: unpair it first",
                           label, book->pairings.items[i].name);
    row.name = mem_text(label);
    start_change(book, JOURNAL_VARIABLE, &row, true, done, user);
    return 0;
}

int variable_book_pair(struct variable_book *book, const struct pubkey *task,
                       const char *name, const char *label,
                       variable_book_done *done, void *user)
{
    struct row row = {0};
    int status = variable_form_name(name);

    if (status)
        return status;
    if (!has(&book->variables, label))
        return err_set(ERR_NOT_FOUND, "there is no variable %s", label);
    row.name = pairing_name(task, name);
    if (!has(&book->pairings, row.name) &&
        book->pairings.count >= PAIRINGS_OF_NODE_MAX) {
        row_free(&row);
        return err_set(ERR_LIMIT, "a node has at most %d pairings",
                       PAIRINGS_OF_NODE_MAX);
    }
    row.label = mem_text(label);
    start_change(book, JOURNAL_PAIRING, &row, false, done, user);
    return 0;
}

int variable_book_unpair(struct variable_book *book, const struct pubkey *task,
                         const char *name, variable_book_done *done, void *user)
{
    struct row row = {.name = pairing_name(task, name)};

    if (!has(&book->pairings, row.name)) {
        row_free(&row);
        return err_set(ERR_NOT_FOUND,
                       "the variable %s of task %s is not paired", name,
                       PUBKEY_TEXT(task));
    }
    start_change(book, JOURNAL_PAIRING, &row, true, done, user);
    return 0;
}

static void on_logged(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
}

void variable_book_copy_pairs(struct variable_book *book,
                              const struct pubkey *from,
                              const struct pubkey *to)
{
    struct pubkey_text task = pubkey_text(from);

    for (size_t i = 0; i < book->pairings.count; i++) {
        const struct row *item = &book->pairings.items[i];
        const char *name = name_for(item, task.text);
        struct row row = {0};

        if (!name)
            continue;
        row.name = pairing_name(to, name);
        if (has(&book->pairings, row.name)) {
            row_free(&row);
            continue;
        }
        row.label = mem_text(item->label);
        start_change(book, JOURNAL_PAIRING, &row, false, on_logged, NULL);
    }
}

/* The rows stay until it is written. */
void variable_book_unpair_all(struct variable_book *book,
                              const struct pubkey *task)
{
    struct pubkey_text text = pubkey_text(task);

    for (size_t i = 0; i < book->pairings.count; i++) {
        const struct row *item = &book->pairings.items[i];
        struct row row = {0};

        if (!name_for(item, text.text))
            continue;
        row.name = mem_text(item->name);
        start_change(book, JOURNAL_PAIRING, &row, true, on_logged, NULL);
    }
}

/* ---- questions ---- */

bool variable_book_has(const struct variable_book *book,
                       const struct pubkey *task, const char *name)
{
    char *whole = pairing_name(task, name);
    size_t place;
    bool is_there = find(&book->pairings, whole, &place) &&
                    has(&book->variables, book->pairings.items[place].label);

    free(whole);
    return is_there;
}

/* A pairing whose variable is gone is left out, as a name that was never
 * paired. */
static int write_value(const struct variable_book *book, const char *name,
                       const char *label, struct json_writer *writer)
{
    struct buffer text = {0};
    size_t place;

    if (!find(&book->variables, label, &place))
        return 0;
    int status = value_seal_read(
        &book->seal, label, buffer_view(&book->variables.items[place].sealed),
        &text);
    if (status)
        status = err_add(status, "the variable %s", label);
    else
        json_field_text(writer, name, buffer_string(&text));
    buffer_wipe(&text);
    return status;
}

int variable_book_resolve(const struct variable_book *book,
                          const struct pubkey *task, const char *given,
                          struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    struct pubkey_text text = pubkey_text(task);
    struct json_object *own = NULL;
    int status = given ? json_parse(bytes_text(given), &own) : 0;

    if (status)
        return status;
    json_open_object(&writer);
    if (own) {
        json_object_object_foreach(own, key, value)
            json_field_text(&writer, key, json_object_get_string(value));
    }
    for (size_t i = 0; i < book->pairings.count && !status; i++) {
        const struct row *row = &book->pairings.items[i];
        const char *name = name_for(row, text.text);

        if (name && !json_object_object_get_ex(own, name, NULL))
            status = write_value(book, name, row->label, &writer);
    }
    json_object_put(own);
    if (!status)
        json_close_object(&writer);
    return status;
}

static void write_users(const struct variable_book *book, const char *label,
                        struct json_writer *writer)
{
    json_open_array(writer);
    for (size_t i = 0; i < book->pairings.count; i++) {
        const struct row *row = &book->pairings.items[i];
        const char *slash = strchr(row->name, '/');

        if (!slash || strcmp(row->label, label) != 0)
            continue;
        json_open_object(writer);
        json_name(writer, "task");
        json_write_bytes(writer,
                         bytes_make(row->name, (size_t)(slash - row->name)));
        json_field_text(writer, "variable", slash + 1);
        json_close_object(writer);
    }
    json_close_array(writer);
}

void variable_book_write(const struct variable_book *book,
                         struct json_writer *writer)
{
    json_open_array(writer);
    for (size_t i = 0; i < book->variables.count; i++) {
        const char *label = book->variables.items[i].name;

        json_open_object(writer);
        json_field_text(writer, "label", label);
        json_name(writer, "used_by");
        write_users(book, label, writer);
        json_close_object(writer);
    }
    json_close_array(writer);
}

void variable_book_values(const struct variable_book *book,
                          struct json_writer *writer)
{
    for (size_t i = 0; i < book->variables.count; i++) {
        const char *label = book->variables.items[i].name;

        if (write_value(book, label, label, writer))
            err_clear();
    }
}
