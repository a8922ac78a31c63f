/*
 * Rows of pins: the key is kind (1 byte), task (32; but for PIN_USER), round
 * (8, big-endian; PIN_ROUND, PIN_DAYS), binary CID. So all pins of a task and
 * kind stand together, by round. The value is time (u64le), rounds or days
 * (u32le), name, a zero byte, the DAG's bytes (u64le) and its sketch. Early
 * versions ended it with the name.
 *
 * The rows are in the index and not in a file of their own, so that a pin and
 * the rows of its blocks are in one LMDB environment with one order of commits:
 * if a pin exists, its blocks exist.
 *
 * There are no indirect pins: a block below a root is kept because a collection
 * walks there from the root. So adding costs a walk, removing none, and there
 * is no count that could be wrong. The price is that "is this block pinned?"
 * has no cheap answer.
 */
#include "storage/keep/pin.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/keep/dag_sketch.h"
#include "storage/keep/dag_walk.h"
#include "storage/store/store_state.h"

#include <inttypes.h>
#include <stdlib.h>

/* Time and rounds, before the name. */
#define VALUE_SIZE_MIN 12

/* The beginning of a key. Its length follows from the kind, so a key can be
 * read back without separators. */
static void write_owner(const struct pin_owner *owner, struct buffer *out)
{
    CHECK(owner->kind >= PIN_USER && owner->kind <= PIN_DAYS);
    buffer_u8(out, (uint8_t)owner->kind);
    if (owner->kind != PIN_USER)
        buffer_append(out, owner->task.bytes, sizeof(owner->task.bytes));
    if (owner->kind >= PIN_ROUND)
        buffer_u64be(out, owner->round);
}

/* CHECKed against LMDB's limit: 41 bytes of owner and the longest CID are under
 * 200. */
static void write_key(const struct cid *root, const struct pin_owner *owner,
                      struct buffer *out)
{
    write_owner(owner, out);
    cid_write(root, out);
    CHECK(out->size <= ROWS_KEY_SIZE_MAX);
}

/* The name and what comes after it. A name that is too long is left out. */
static void read_name(struct bytes text, struct pin *out)
{
    const uint8_t *end = text.size ? memchr(text.data, 0, text.size) : NULL;
    size_t size = end ? (size_t)(end - text.data) : text.size;

    if (size <= PIN_NAME_MAX)
        memcpy(out->name, text.data, size);
    if (end && text.size - size > 8) {
        out->bytes = u64le_read(end + 1);
        out->sketch = bytes_make(end + 9, text.size - size - 9);
    }
}

/* A row as a pin. Anything odd is ERR_CORRUPT: only write_key() and pin_add()
 * make rows. */
static int read_row(struct bytes key, struct bytes value, struct pin *out)
{
    struct reader reader = reader_make(key);
    uint8_t kind;

    memset(out, 0, sizeof(*out));
    int status = reader_u8(&reader, &kind);
    if (!status && (kind < PIN_USER || kind > PIN_DAYS))
        status = err_set(ERR_CORRUPT, "a pin of kind %u", kind);
    out->owner.kind = (enum pin_kind)kind;
    if (!status && kind != PIN_USER)
        status = reader_copy(&reader, out->owner.task.bytes, 32);
    if (!status && kind >= PIN_ROUND)
        status = reader_u64be(&reader, &out->owner.round);
    if (!status)
        status = cid_decode(reader.left, &out->root);
    reader = reader_make(value);
    if (!status)
        status = reader_u64le(&reader, &out->unix_ms);
    if (!status)
        status = reader_u32le(&reader, &out->owner.rounds);
    if (!status)
        read_name(reader.left, out);
    return status ? err_add(ERR_CORRUPT, "reading a pin") : 0;
}

/* What is being pinned. */
struct adding {
    const struct pin_owner *owner;
    /* Notes of the DAG's blocks, and their sum. */
    struct buffer noted;
    uint64_t bytes;
    /* The limit on all pins of the owner's task; UINT64_MAX for none. */
    uint64_t limit_bytes;
};

static int sum_task(struct rows_view *view, const struct pubkey *task,
                    uint64_t *sum);

/* The write transaction keeps others from adding a pin meanwhile. A pin that is
 * added again counts once. */
static int check_limit(struct rows_view *view, struct bytes key,
                       const struct adding *adding)
{
    uint64_t sum = 0;
    struct bytes value;
    struct pin old;

    if (adding->limit_bytes == UINT64_MAX)
        return 0;
    int status = sum_task(view, &adding->owner->task, &sum);
    if (!status && !rows_get(view, TABLE_PINS, key, &value) &&
        !read_row(key, value, &old))
        sum -= old.bytes;
    if (!status && (sum > adding->limit_bytes ||
                    adding->bytes > adding->limit_bytes - sum))
        status = err_set(ERR_FULL,
                         "the task keeps %" PRIu64 " bytes here; %" PRIu64
                         " more are over its limit of %" PRIu64,
                         sum, adding->bytes, adding->limit_bytes);
    return status;
}

/* One row in a transaction of its own: on disk when it returns. */
static int write_pin(struct store *store, struct bytes key, struct bytes value,
                     const struct adding *adding)
{
    struct rows_view *view;
    int status = rows_write(store->rows, &view);

    if (status)
        return status;
    status = check_limit(view, key, adding);
    if (!status)
        status = rows_put(view, TABLE_PINS, key, value);
    if (status) {
        rows_abort(view);
        return status;
    }
    return rows_commit(view);
}

/* dag_walk() calls this. */
static int note_block(void *user, const struct dag_block *block)
{
    struct adding *adding = user;
    struct multihash_key key;

    multihash_key(&block->cid->hash, &key);
    dag_sketch_note(bytes_make(key.data, key.size), &adding->noted);
    adding->bytes += block->size;
    return 0;
}

/* The walk makes a pin a promise: the whole DAG is in the store. It reads the
 * nodes (not the leaves) once. */
int pin_add_within(struct store *store, const struct cid *root,
                   const struct pin_owner *owner, const char *name,
                   uint64_t limit_bytes)
{
    struct adding adding = {.owner = owner, .limit_bytes = limit_bytes};
    struct buffer key = {0}, value = {0};
    struct store_hold *hold;

    CHECK_MAGIC(store, STORE_MAGIC);
    if (store->read_only)
        return err_set(ERR_DENIED, "the store %s is open for reading only",
                       store->path);
    /* Rather than cutting it: a cut name may be another's. */
    if (name && strlen(name) > PIN_NAME_MAX)
        return err_set(ERR_LIMIT, "the name of a pin has at most %d bytes",
                       PIN_NAME_MAX);
    write_key(root, owner, &key);
    buffer_u64le(&value, clock_unix_ms());
    buffer_u32le(&value, owner->rounds);
    buffer_text(&value, name ? name : "");
    buffer_u8(&value, 0);
    /* No collection may come between finding the blocks and the pin's row. Its
     * mark begins either before this hold, which then protects what the walk
     * finds, or after the row was written. */
    hold = store_hold(store);
    int status = dag_walk(store, root, note_block, &adding);
    buffer_u64le(&value, adding.bytes);
    dag_sketch_make(buffer_view(&adding.noted), &value);
    if (!status)
        /* The blocks are on disk before the row that promises them. */
        status = store_sync(store);
    if (!status)
        status =
            write_pin(store, buffer_view(&key), buffer_view(&value), &adding);
    store_release(hold);
    buffer_free(&key);
    buffer_free(&value);
    buffer_free(&adding.noted);
    return status;
}

int pin_add(struct store *store, const struct cid *root,
            const struct pin_owner *owner, const char *name)
{
    return pin_add_within(store, root, owner, name, UINT64_MAX);
}

/* Exactly one owner's pin: others of the same root stay. */
int pin_remove(struct store *store, const struct cid *root,
               const struct pin_owner *owner)
{
    struct buffer key = {0};
    struct rows_view *view;

    CHECK_MAGIC(store, STORE_MAGIC);
    if (store->read_only)
        return err_set(ERR_DENIED, "the store %s is open for reading only",
                       store->path);
    write_key(root, owner, &key);
    int status = rows_write(store->rows, &view);
    if (!status) {
        status = rows_delete(view, TABLE_PINS, buffer_view(&key));
        if (!status) {
            status = rows_commit(view);
        } else {
            rows_abort(view);
            if (status == ERR_NOT_FOUND)
                err_set(ERR_NOT_FOUND, "%s is not pinned that way",
                        CID_TEXT(root));
        }
    }
    buffer_free(&key);
    return status;
}

/* Walk the pins whose key begins with prefix (empty: all). Runs inside the
 * caller's transaction, so each sees one state; each must not begin another
 * write, which would wait for itself. */
static int each_under(struct rows_view *view, struct bytes prefix,
                      int (*each)(void *user, const struct pin *pin),
                      void *user)
{
    struct rows_cursor *cursor;
    struct bytes key, value;
    int status = rows_cursor_open(view, TABLE_PINS, prefix, &cursor);

    if (status)
        return status;
    while (!(status = rows_cursor_next(cursor, &key, &value))) {
        struct pin pin;

        if (!bytes_begin_with(key, prefix))
            break;
        status = read_row(key, value, &pin);
        if (!status)
            status = each(user, &pin);
        if (status)
            break;
    }
    rows_cursor_close(cursor);
    return status == ERR_NOT_FOUND ? 0 : status;
}

static int add_bytes(void *user, const struct pin *pin)
{
    *(uint64_t *)user += pin->bytes;
    return 0;
}

/* All of a task's pins stand under three prefixes. */
static int sum_task(struct rows_view *view, const struct pubkey *task,
                    uint64_t *sum)
{
    static const enum pin_kind kinds[] = {PIN_TASK, PIN_ROUND, PIN_DAYS};
    int status = 0;

    *sum = 0;
    for (size_t i = 0; i < 3 && !status; i++) {
        struct buffer prefix = {0};

        buffer_u8(&prefix, (uint8_t)kinds[i]);
        buffer_append(&prefix, task->bytes, sizeof(task->bytes));
        status = each_under(view, buffer_view(&prefix), add_bytes, sum);
        buffer_free(&prefix);
    }
    return status;
}

int pin_task_bytes(struct store *store, const struct pubkey *task,
                   uint64_t *bytes)
{
    struct rows_view *view;
    int status = rows_read(store->rows, &view);

    if (status)
        return status;
    status = sum_task(view, task, bytes);
    rows_abort(view);
    return status;
}

/* Pins to take away: gathered in one walk, deleted after it. */
struct ending {
    const struct pubkey *task;
    uint64_t current_round, now_ms;
    /* All pins of the task end, those of its code, too. */
    bool forgotten;
    /* Gathered; free()d by end_pins(). */
    struct pin *pins;
    size_t count;
};

/* each_under() calls this to keep a copy of a pin that ends. The list grows by
 * one, because a round ends a handful of pins. */
static int gather(void *user, const struct pin *pin)
{
    struct ending *ending = user;

    if (!ending->forgotten &&
        !retention_has_ended(&pin->owner, ending->task,
                             ending->current_round) &&
        ending->now_ms < retention_until_ms(&pin->owner, pin->unix_ms))
        return 0;
    ending->pins =
        mem_resize(ending->pins, (ending->count + 1) * sizeof(*ending->pins));
    ending->pins[ending->count++] = *pin;
    return 0;
}

/* All of a task's pins of one kind stand under kind and task. */
static int gather_kind(struct rows_view *view, enum pin_kind kind,
                       struct ending *ending)
{
    struct buffer prefix = {0};

    buffer_u8(&prefix, (uint8_t)kind);
    buffer_append(&prefix, ending->task->bytes, sizeof(ending->task->bytes));
    int status = each_under(view, buffer_view(&prefix), gather, ending);
    buffer_free(&prefix);
    return status;
}

/* One write transaction for looking and deleting, so no pin added meanwhile can
 * slip in between. Takes ending over. */
static int end_pins(struct store *store, struct ending *ending, uint64_t *ended)
{
    struct rows_view *view;

    CHECK_MAGIC(store, STORE_MAGIC);
    CHECK(!ending->count);
    if (ended)
        *ended = 0;
    if (store->read_only)
        return err_set(ERR_DENIED, "the store %s is open for reading only",
                       store->path);
    int status = rows_write(store->rows, &view);
    if (status)
        return status;
    /* Pins of a task's rounds stand in order, but each has its own number of
     * rounds: all are looked at. */
    status = gather_kind(view, PIN_ROUND, ending);
    if (!status)
        status = gather_kind(view, PIN_DAYS, ending);
    if (!status && ending->forgotten)
        status = gather_kind(view, PIN_TASK, ending);
    for (size_t i = 0; i < ending->count && !status; i++) {
        struct buffer key = {0};

        write_key(&ending->pins[i].root, &ending->pins[i].owner, &key);
        status = rows_delete(view, TABLE_PINS, buffer_view(&key));
        buffer_free(&key);
    }
    /* A node calls this every round, mostly in vain: no empty commit. */
    if (status || !ending->count)
        rows_abort(view);
    else
        status = rows_commit(view);
    if (ended && !status)
        *ended = ending->count;
    free(ending->pins);
    return status;
}

int pin_round_began(struct store *store, const struct pubkey *task,
                    uint64_t current_round, uint64_t now_ms, uint64_t *ended)
{
    struct ending ending = {
        .task = task, .current_round = current_round, .now_ms = now_ms};

    return end_pins(store, &ending, ended);
}

int pin_task_forgotten(struct store *store, const struct pubkey *task,
                       uint64_t *ended)
{
    struct ending ending = {.task = task, .forgotten = true};

    return end_pins(store, &ending, ended);
}

/* One read transaction over all pins; the caller's each should be quick, or
 * copy (collection.c does). */
int pin_each(struct store *store,
             int (*each)(void *user, const struct pin *pin), void *user)
{
    struct rows_view *view;
    int status = rows_read(store->rows, &view);

    if (status)
        return status;
    status = each_under(view, bytes_make(NULL, 0), each, user);
    rows_abort(view);
    return status;
}

int pin_sketch(struct store *store, const struct cid *root,
               const struct pin_owner *owner, struct buffer *out)
{
    struct buffer key = {0};
    struct rows_view *view;
    struct bytes value;
    struct pin pin;
    int status = rows_read(store->rows, &view);

    if (status)
        return status;
    write_key(root, owner, &key);
    status = rows_get(view, TABLE_PINS, buffer_view(&key), &value);
    if (!status)
        status = read_row(buffer_view(&key), value, &pin);
    if (!status)
        buffer_bytes(out, pin.sketch);
    rows_abort(view);
    buffer_free(&key);
    return status;
}
